"""Any listing against any ledger."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ingest.change_detection import detect_changes, marked
from ingest.ledger import Entry
from ingest.model import ChangeKind, Listed, Listing

NOW = datetime(2026, 11, 23, tzinfo=UTC)
names = st.sampled_from("abcdefgh")
states = st.dictionaries(names, st.sampled_from(["1", "2"]))
known_states = st.dictionaries(names, st.tuples(st.sampled_from(["1", "2"]), st.booleans(), st.booleans()))


def _listing(state: dict[str, str], complete: bool = True) -> Listing:
    return Listing([Listed(name, name, fingerprint, NOW) for name, fingerprint in state.items()], complete)


def _known(state: dict[str, tuple[str, bool, bool]]) -> dict[str, Entry]:
    return {
        name: Entry(name, "docs", name, fingerprint, "", 1 if shown else None, 1, False, NOW, "bad" if broken else "")
        for name, (fingerprint, shown, broken) in state.items()
    }


@given(states, known_states, st.booleans(), st.booleans(), st.floats(0, 1))
def test_every_document_is_accounted_for_once(
    listed: dict[str, str],
    state: dict[str, tuple[str, bool, bool]],
    complete: bool,
    approve: bool,
    limit: float,
) -> None:
    """Listed documents are added, changed, broken or unchanged; the others removed, held, or safe from a partial view."""
    known = _known(state)
    plan = detect_changes(_listing(listed, complete), known, shrink_limit=limit, approve=approve)
    touched = plan.count(ChangeKind.ADDED) + plan.count(ChangeKind.CHANGED)
    assert touched + len(plan.broken) + plan.unchanged == len(listed)
    gone = known.keys() - listed.keys()
    removed = {change.document_id for change in plan.changes if change.kind is ChangeKind.REMOVED}
    if not complete:
        assert not removed
        assert not plan.held
    else:
        assert (removed, plan.held) == ((gone, 0) if approve or len(gone) <= limit * len(known) else (set(), len(gone)))
    for change in plan.changes:
        if change.kind is ChangeKind.CHANGED:
            assert known[change.document_id].fingerprint != listed[change.document_id]


@given(states)
def test_nothing_changes_when_nothing_changed(state: dict[str, str]) -> None:
    """The ledger of a finished sync against the same listing."""
    known = _known({name: (fingerprint, True, False) for name, fingerprint in state.items()})
    plan = detect_changes(_listing(state), known, shrink_limit=0)
    assert (plan.changes, plan.unchanged) == ([], len(state))


def test_what_is_stored_beside_the_content_marks_the_fingerprint() -> None:
    """Link and audience count, the time of the change does not."""
    document = Listed("a", "a", "1", NOW)

    def fingerprint(listed: Listed, *audience: str) -> str:
        return marked(Listing([listed]), audience).items[0].fingerprint

    assert fingerprint(document, "everyone") == fingerprint(document, "everyone")
    assert fingerprint(document, "everyone") != fingerprint(document, "staff")
    assert fingerprint(document) != fingerprint(Listed("a", "https://x/a", "1", NOW))
