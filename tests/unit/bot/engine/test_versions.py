"""Of two versions of one document the older one counts as superseded, and nothing that may be another document."""

from typing import Any

import pytest
from llama_index.core.schema import NodeWithScore, TextNode

from bot.engine.versions import with_older_told

TEXT = "A parking space in the garage costs 40 euros a month. Requests are answered within 20 working days."
NEWER = "A parking space in the garage costs 55 euros a month. Requests are answered within 5 working days."


def node(
    name: str, version: str | None, text: str = TEXT, title: str = "Parking Policy", **other: Any
) -> NodeWithScore:
    data = {"source": "docs", "audience": ("everyone",), **other}
    metadata = {"document_id": name, "title": title, "version": version, **data}
    return NodeWithScore(node=TextNode(id_=name, text=text, metadata=metadata), score=1.0)


def versions(*nodes: NodeWithScore) -> list[str | None]:
    return [one.metadata["version"] for one in with_older_told(nodes)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("v1.0, January 2024", "v2.0, March 2026", "v1.0, January 2024 (superseded by v2.0, March 2026)"),
        ("v1.9", "v1.10", "v1.9 (superseded by v1.10)"),
        ("v2.0, January 2024", "v2.0, March 2026", "v2.0, January 2024 (superseded by v2.0, March 2026)"),
        ("effective 1 May 2024", "effective 1 March 2026", "effective 1 May 2024 (superseded by the one of 1 March 2026)"),
        ("updated January 2024", "v3, March 2026", "updated January 2024 (superseded by v3, March 2026)"),
    ],
)  # fmt: skip
def test_the_older_version_of_a_document_is_told(old: str, new: str, told: str) -> None:
    """By number and date, whichever was found first; each chunk of it."""
    assert versions(node("a", old), node("b", new, NEWER), node("a", old, "Visitors park on level 2.")) == [
        told,
        new,
        told,
    ]
    assert versions(node("b", new, NEWER), node("a", old)) == [new, told]


def test_a_version_at_the_end_of_a_title_is_none_of_its_name() -> None:
    old, new = node("a", "v1.0", title="Parking policy v1.0 (2024)"), node("b", "v2.0", NEWER)
    assert versions(old, new) == ["v1.0 (superseded by v2.0)", "v2.0"]


@pytest.mark.parametrize(
    ("why", "old", "new"),
    [
        ("the same version", node("a", "v2.0"), node("b", "v2.0", NEWER)),
        ("no version", node("a", None), node("b", "v2.0", NEWER)),
        ("nothing to compare", node("a", "v1.0"), node("b", "effective March 2026", NEWER)),
        ("number and date disagree", node("a", "v1.0, May 2026"), node("b", "v2.0, March 2026", NEWER)),
        ("not in force yet", node("a", "v1.0"), node("b", "v2.0, 1 January 2999", NEWER)),
        ("another title", node("a", "v1.0"), node("b", "v2.0", NEWER, title="Parking Policy for Visitors")),
        ("a year in the title", node("a", "v1", title="Holidays 2026"), node("b", "v2", NEWER, title="Holidays 2027")),
        ("a product's version", node("a", "v2", title="API v2 limits"), node("b", "v3", NEWER, title="API v3 limits")),
        ("another source", node("a", "v1.0"), node("b", "v2.0", NEWER, source="partners")),
        ("other readers", node("a", "v1.0"), node("b", "v2.0", NEWER, audience=("managers",))),
        ("another text", node("a", "v1.0"), node("b", "v2.0", "Bicycles stand in the yard, which is locked at night.")),
        ("another country", node("a", "v1.0", f"Germany. {TEXT}"), node("b", "v2.0", f"Ireland. {NEWER}")),
        ("another product", node("a", "v1.0", f"GW-100. {TEXT}"), node("b", "v2.0", f"GW-200. {NEWER}")),
        ("one document", node("a", "v1.0"), node("a", "v1.0", NEWER)),
    ],
)
def test_what_may_be_another_document_is_left_alone(why: str, old: NodeWithScore, new: NodeWithScore) -> None:
    before = [old.metadata["version"], new.metadata["version"]]
    assert versions(old, new) == before, why
    assert versions(new, old) == before[::-1], why


def test_what_says_itself_that_it_is_superseded_stays_as_it_says() -> None:
    gone = "v1.0 (superseded by v1.5)"
    assert versions(node("a", gone), node("b", "v2.0", NEWER)) == [gone, "v2.0"]
