"""Any listing against any ledger."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.change_detection import detect_changes, document_hash, mark_of
from ingest.ledger import Item
from ingest.model import Block, ChangeKind, Document, Listed, Listing
from ingest.sources.folder import FolderSettings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
names = st.sampled_from("abcdefgh")
states = st.dictionaries(names, st.sampled_from(["1", "2", ""]))
known_states = st.dictionaries(names, st.tuples(st.sampled_from(["1", "2"]), st.integers(0, 3), st.booleans()))


def _listing(state: dict[str, str], complete: bool = True) -> Listing:
    return Listing([Listed(name, name, fingerprint, NOW) for name, fingerprint in state.items()], complete)


def _known(state: dict[str, tuple[str, int, bool]]) -> dict[str, Item]:
    return {
        name: Item(name, f"mark {fingerprint}", "", documents, "bad" if broken else "")
        for name, (fingerprint, documents, broken) in state.items()
    }


@given(states, known_states, st.booleans())
def test_every_item_is_accounted_for_once(
    listed: dict[str, str], state: dict[str, tuple[str, int, bool]], complete: bool
) -> None:
    """A listed item is added, changed or unchanged; another one gone, or safe from a partial view."""
    known = _known(state)
    plan = detect_changes(_listing(listed, complete), known, "mark ")
    kinds = {change.listed.item_id: change.kind for change in plan.changes}
    for name, fingerprint in listed.items():
        if name not in known:
            assert kinds[name] is ChangeKind.ADDED
        elif fingerprint == state[name][0]:
            assert name not in kinds
        else:  # another one, or one that is not known
            assert kinds[name] is ChangeKind.CHANGED
    same = known.keys() & listed.keys() - kinds.keys()
    assert plan.unchanged == sum(known[name].documents for name in same)
    assert {failure.uri for failure in plan.broken} == {name for name in same if known[name].error}
    assert {item.item_id for item in plan.gone} == (known.keys() - listed.keys() if complete else set())
    assert kinds.keys() <= listed.keys()


@pytest.mark.parametrize(
    ("changed", "read_again"),
    [
        ({"audience": ("members",)}, True),
        ({"url": "https://docs.example.com/"}, True),
        ({"schedule": "1h", "shrink_limit": 0.9, "stale_after": "9d"}, False),
    ],
)
def test_settings_that_change_what_is_stored_have_every_item_read_again(
    changed: dict[str, str], read_again: bool
) -> None:
    """The link and who may read it count; when it is synced does not."""
    settings = FolderSettings(kind="folder", path=Path("/docs"))
    assert (mark_of(settings) != mark_of(settings.model_copy(update=changed))) is read_again


def test_a_document_is_another_when_its_text_title_link_or_version_is() -> None:
    """Not when it was merely saved again, or when a row was inserted above it."""
    document = Document("a", "a.csv", "Kettle", [Block("price: 20", kind="row", line=2)], NOW, "v1")
    before = document_hash(document, "m")
    moved = replace(document, changed_at=NOW.replace(year=2027), blocks=[Block("price: 20", kind="row", line=3)])
    assert document_hash(moved, "m") == before
    others = [
        replace(document, uri="b.csv"),
        replace(document, title="Pot"),
        replace(document, version="v2"),
        replace(document, blocks=[Block("price: 21", kind="row", line=2)]),
        replace(document, blocks=[Block("price: 20", line=2)]),
    ]
    assert len({before, document_hash(document, "n"), *(document_hash(other, "m") for other in others)}) == 7
