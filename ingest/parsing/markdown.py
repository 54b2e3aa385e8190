"""Markdown, by way of HTML, with the line where each block begins."""

import re
from collections.abc import Mapping
from datetime import date

import yaml
from markdown_it import MarkdownIt

from ingest.model import Block
from ingest.parsing.html import SOURCE_LINE
from ingest.parsing.html import parse as parse_html
from ingest.parsing.parsed import Parsed
from ingest.parsing.text import decode

_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_DATES = ("effective", "effective_date", "effective-date", "valid_from", "date", "updated", "last_updated", "lastmod")
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def parse(content: bytes) -> Parsed:
    text = decode(content)
    front: Mapping[str, str] = {}
    above = 0  # lines of front matter
    if (matter := _MATTER.match(text)) and (stated := _front_matter(matter[1])) is not None:
        front, text, above = stated, text[matter.end() :], matter[0].count("\n")
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet(SOURCE_LINE, str(token.map[0] + 1 + above))
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    parsed = parse_html(f"<html><body>{html}</body></html>")
    about = "\n".join(front[name] for name in ("title", "description") if front.get(name))
    blocks = parsed.blocks or ([Block(about)] if about else [])  # a page that is only its front matter
    return Parsed(front.get("title") or parsed.title, blocks, _version(front))


def _front_matter(text: str) -> dict[str, str] | None:
    """Its plain values; None: it was no front matter but text between two rules."""
    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):  # ValueError: a date that is none
        return None
    if not isinstance(loaded, dict):
        return None
    plain = {str(name).lower(): value for name, value in loaded.items() if isinstance(value, str | int | float | date)}
    return {name: str(value).strip() for name, value in plain.items()}


def _version(front: Mapping[str, str]) -> str | None:
    """What front matter states; of a date alone it is not known whether it is one of effect."""
    if not (version := front.get("version")):
        return None
    stated = f"v{version}" if version[:1].isdigit() else version
    on = next((front[name] for name in _DATES if front.get(name)), None)
    return f"{stated}, {on}" if on else stated
