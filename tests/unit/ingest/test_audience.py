"""Who may read a source or a document, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.audience import keywords, stored
from ingest.parsing.markdown import parse
from tests.unit.ingest.conftest import World

KEYWORDS = ("public", "everyone", "members", "group:S0HR", "group:@people-team", "channel:C0HR", "domain:example.com")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("everyone", ("everyone",)),
        (" Members ", ("members",)),
        (["group:s0123", "channel:c0123", "group:S0123"], ("group:S0123", "channel:C0123")),
        ("group:@People-Team", ("group:@people-team",)),
        ("domain:@Example.COM", ("domain:example.com",)),
    ],
)
def test_what_is_an_audience(written: object, kept: tuple[str, ...]) -> None:
    """Case and doubles do not matter."""
    assert keywords(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "", "staff", "nobody", "group:", "group:people", "channel:#hr", "domain:example", "domain:.com", "user:U1", [],
        ["public", "staff"], None, 7, {"group": "S0123"}, "group:S0123,members", "domain:a..b", "domain:exa mple.com",
    ],
)  # fmt: skip
def test_what_is_none(written: object) -> None:
    """One sentence with examples."""
    with pytest.raises(ValueError, match='one or several of "public", "everyone"'):
        keywords(written)


@pytest.mark.parametrize(
    ("source", "stated", "expected"),
    [
        ("everyone", (), ("everyone",)),
        ("everyone", ("members", "channel:C0HR"), ("members", "channel:C0HR")),
        ("public", ("everyone",), ("everyone",)),
        ("members", ("domain:example.com",), ("domain:example.com",)),
        ("everyone", ("public",), None),
        ("members", ("group:S0HR",), None),  # a guest may be in the group
        ("group:S0HR", ("group:S0OTHER",), None),
        ("members", ("everyone",), None),
        ("everyone", ("members", "staff"), None),
        ("everyone", ("",), None),
    ],
)
def test_a_document_narrows_its_sources_audience(
    source: str, stated: tuple[str, ...], expected: tuple[str, ...] | None
) -> None:
    """What is wider, or can't be compared, is refused."""
    if expected is not None:
        assert stored((source,), stated) == expected
        return
    with pytest.raises(ValueError, match="audience"):
        stored((source,), stated)


@given(source=st.lists(st.sampled_from(KEYWORDS), min_size=1), stated=st.lists(st.sampled_from(KEYWORDS)))
def test_nobody_gains_by_what_a_document_states(source: list[str], stated: list[str]) -> None:
    """Whoever has whichever keywords: with the document's own audience they read it only if they read its source."""
    people = [  # what every sort of person has, as bot/desk/audience.py gives it out
        {"public"},
        {"public", "everyone"},
        {"public", "everyone", "group:S0HR", "channel:C0HR"},
        {"public", "everyone", "group:@people-team"},
        {"public", "everyone", "members"},
        {"public", "everyone", "members", "domain:example.com"},
        {"public", "everyone", "members", "group:S0HR", "domain:example.com", "channel:C0HR"},
    ]
    try:
        kept = set(stored(source, stated))
    except ValueError:
        return
    for person in people:
        assert not (kept & person) or set(source) & person
        if not stated:
            assert bool(kept & person) == bool(set(source) & person)


@pytest.mark.parametrize(
    ("front", "stated"),
    [
        ("title: x", ()),
        ("audience: members", ("members",)),
        ("Audience: group:S0123, domain:example.com", ("group:S0123", "domain:example.com")),
        ("audience: [members, 'channel:C0123']", ("members", "channel:C0123")),
        ("audience:", ("None",)),
        ("audience: {group: S0123}", ("{'group': 'S0123'}",)),
        ("audience: ''", ("",)),
        ("title: [broken\naudience: members", ("front matter that is not YAML",)),
    ],
)
def test_what_front_matter_states(front: str, stated: tuple[str, ...]) -> None:
    """Also where it can't be understood: it must not be taken for a document that states nothing."""
    assert parse(f"---\n{front}\n---\n# Pay\n\nBands.\n".encode()).audience == stated


def test_a_document_with_an_audience_of_its_own(world: World) -> None:
    """It is stored with each chunk, also of a file in an archive; what can't be honoured is for nobody, and is told."""
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.md", "---\naudience: members\n---\nPacked.")
    world.write("all.md", "For all.")
    world.write("some.md", "---\naudience: domain:example.com\n---\nFor some.")
    world.write("none.md", "---\naudience: staff\n---\nFor whom?")
    world.write("packed.zip", packed.getvalue())
    report = world.sync()
    audiences = {point.payload.text: point.payload.audience for point in world.collection.points.values()}
    assert audiences == {
        "For all.": ("everyone",),
        "For some.": ("domain:example.com",),
        "For whom?": ("nobody",),
        "Packed.": ("members",),
    }
    [failure] = report.failed
    assert failure.uri == "none.md"
    assert "'staff' is no audience" in failure.reason
    world.write("some.md", "---\naudience: members\n---\nFor some.")
    world.write("none.md", "---\naudience: members\n---\nFor whom?")
    assert not world.sync().failed
    assert {point.payload.audience for point in world.collection.points.values()} == {("everyone",), ("members",)}
