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
_SAYS_AUDIENCE = re.compile(r"(?im)^\s*['\"]?audience['\"]?\s*:")
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def parse(content: bytes) -> Parsed:
    text = decode(content)
    front: Mapping[str, str] = {}
    stated: tuple[str, ...] = ()
    above = 0  # lines of front matter
    if matter := _MATTER.match(text):
        loaded = _loaded(matter[1])
        stated = _audience(loaded, matter[1])
        if loaded is not None:
            front, text, above = _plain(loaded), text[matter.end() :], matter[0].count("\n")
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet(SOURCE_LINE, str(token.map[0] + 1 + above))
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    parsed = parse_html(f"<html><body>{html}</body></html>")
    about = "\n".join(front[name] for name in ("title", "description") if front.get(name))
    blocks = parsed.blocks or ([Block(about)] if about else [])  # a page that is only its front matter
    return Parsed(front.get("title") or parsed.title, blocks, _version(front), audience=stated)


def _loaded(text: str) -> dict[str, object] | None:
    """Front matter; None: it was none but text between two rules."""
    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):  # ValueError: a date that is none
        return None
    return {str(name).lower(): value for name, value in loaded.items()} if isinstance(loaded, dict) else None


def _plain(front: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value).strip() for name, value in front.items() if isinstance(value, str | int | float | date)}


def _audience(front: Mapping[str, object] | None, text: str) -> tuple[str, ...]:
    """What it states of its readers, unchecked. Whatever can't be read is stated all the same: it must not be lost."""
    if front is None:
        return ("front matter that is not YAML",) if _SAYS_AUDIENCE.search(text) else ()
    if "audience" not in front:
        return ()
    written = front["audience"]
    several = (
        written
        if isinstance(written, list)
        else re.split(r"[,\s]+", written)
        if isinstance(written, str)
        else [written]
    )
    return tuple(str(one) for one in several if one != "") or ("",)


def _version(front: Mapping[str, str]) -> str | None:
    """What front matter states; of a date alone it is not known whether it is one of effect."""
    if not (version := front.get("version")):
        return None
    stated = f"v{version}" if version[:1].isdigit() else version
    on = next((front[name] for name in _DATES if front.get(name)), None)
    return f"{stated}, {on}" if on else stated
