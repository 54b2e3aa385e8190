"""Files to documents with headings. Formats' libraries are imported by the worker process alone: process.py."""

from ingest.parsing.formats import FILES as SUFFIXES
from ingest.parsing.process import ParserProcess, Parsing

# Raise it when a parser or the chunker gives other text than before: every document is then read again, once.
PARSER_VERSION = 4

__all__ = ["PARSER_VERSION", "SUFFIXES", "ParserProcess", "Parsing"]
