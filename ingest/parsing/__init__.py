"""Files to text with headings. The formats' libraries are imported by the worker process alone (see process.py)."""

from ingest.parsing.process import ParserProcess

SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".pdf", ".docx", ".csv", ".txt", ".text"})

# Raise it when a parser or the chunker gives other text than before: every document is then read again, once.
PARSER_VERSION = 1

__all__ = ["PARSER_VERSION", "SUFFIXES", "ParserProcess"]
