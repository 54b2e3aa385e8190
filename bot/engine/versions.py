"""Which of the documents that were found is an older version of another one that was found, though it does not say so.

Sure enough only where all speaks for it: one source, one audience, one title, versions or dates that can be compared,
the newer one in force by now, and texts that are mostly the same words about the same countries and products.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from llama_index.core.schema import NodeWithScore

from bot.desk.figures import figures
from bot.desk.places import countries
from bot.desk.words import codes, content_words, flat

_LEAST_SHARE = 0.5  # of the words of the shorter text
_NUMBER = re.compile(r"^v(\d+(?:\.\d+)*)", re.IGNORECASE)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*"
_AT_THE_END = re.compile(
    r"[\s,:;(-]+(?:version|revision|rev|v)\.? ?\d+(?:\.\d+)*"
    rf"(?:[\s,(]+(?:effective|valid|from|of|as of|{_MONTH}|\d{{1,2}}|20\d\d))*\W*$"
)


@dataclass(frozen=True, slots=True)
class _Document:
    nodes: tuple[NodeWithScore, ...]
    text: str
    version: str
    number: tuple[int, ...]  # empty: it states none
    date: str  # sorts; "": it states none


def with_older_told(nodes: Sequence[NodeWithScore]) -> Sequence[NodeWithScore]:
    """The nodes. Those of an older version say by what they are superseded, as documents do that know it."""
    for group in _of_one_title(nodes):
        for older in group:
            later = [one for one in group if _is_later(one, older) and _about_the_same(one, older)]
            if later:
                newest = max(later, key=lambda one: (one.number, one.date))
                by = newest.version if newest.number else f"the one of {newest.version.split(' ', 1)[-1]}"
                for node in older.nodes:
                    node.node.metadata["version"] = f"{older.version} (superseded by {by})"
    return nodes


def _of_one_title(nodes: Sequence[NodeWithScore]) -> list[list[_Document]]:
    """Documents that state a version and do not say that it is superseded, by what they are called."""

    def called(node: NodeWithScore) -> tuple[str, tuple[str, ...], str]:
        data = node.metadata
        return data["source"], tuple(sorted(data["audience"])), _AT_THE_END.sub("", flat(data["title"]).lower())

    def document(node: NodeWithScore) -> str:
        return str(node.metadata["document_id"])

    stating = [
        node for node in nodes if node.metadata["version"] and "superseded" not in node.metadata["version"].lower()
    ]
    titles = (list(group) for _, group in groupby(sorted(stating, key=called), key=called))
    return [
        [_document(tuple(own)) for _, own in groupby(sorted(title, key=document), key=document)]
        for title in titles
        if len({document(node) for node in title}) > 1
    ]


def _document(nodes: tuple[NodeWithScore, ...]) -> _Document:
    version = str(nodes[0].metadata["version"])
    number = _NUMBER.match(version)
    dates = [figure.value for figure in figures(version) if figure.unit == "date"]
    return _Document(
        nodes,
        "\n".join(node.text for node in nodes),
        version,
        tuple(int(part) for part in number[1].split(".")) if number else (),
        max(dates, default=""),
    )


def _is_later(one: _Document, other: _Document) -> bool:
    """By number and by date, where both have them; and it must not begin in the future."""
    dated = bool(one.date and other.date)
    if one.date > f"{datetime.now(UTC):%Y-%m-%d}" or (dated and one.date < other.date):
        return False
    if one.number and other.number and one.number != other.number:
        return one.number > other.number
    return dated and one.date > other.date


def _about_the_same(one: _Document, other: _Document) -> bool:
    ours, theirs = content_words(one.text), content_words(other.text)
    if len(ours & theirs) < _LEAST_SHARE * min(len(ours), len(theirs)):
        return False
    named = ((countries(one.text), countries(other.text)), (codes(one.text), codes(other.text)))
    return not any(here and there and here.isdisjoint(there) for here, there in named)
