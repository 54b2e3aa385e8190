"""How fresh something is, in words, and what the words after /sources mean."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.freshness import ago, freshness, stale_notice
from bot.desk.model import Citation
from bot.desk.sources_request import Help, Quiet, Search, Status, SyncNow, read_request

NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
CITED = Citation(0, "q", "Returns", "https://docs.example/r", "", datetime(2026, 3, 1, tzinfo=UTC), "handbook")


def cited(version: str | None = None, hours: float | None = None, *, stale: bool = False) -> Citation:
    at = None if hours is None else NOW - timedelta(hours=hours)
    return Citation(0, "q", "Returns", "", "", CITED.changed_at, "handbook", version, at, stale)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (cited("v3.2, March 2026", 5 / 60), "v3.2, March 2026 · changed 1 Mar 2026 · checked 5 min ago"),
        (cited(hours=23.9), "changed 1 Mar 2026 · checked 23 h ago"),
        (cited(hours=24), "changed 1 Mar 2026 · checked 11 Mar 2026"),
        (cited(hours=-1), "changed 1 Mar 2026 · checked just now"),
        (cited(), "changed 1 Mar 2026 · not checked yet"),
        (cited("x" * 100), "x" * 59 + "… · changed 1 Mar 2026 · not checked yet"),
        (cited("v1\n\nsecond  line"), "v1 second line · changed 1 Mar 2026 · not checked yet"),
    ],
)
def test_the_line_of_a_source(one: Citation, said: str) -> None:
    assert freshness(one, NOW) == said


def test_without_a_moment_only_dates_are_said() -> None:
    """ "5 min ago" would be wrong as soon as it is read later."""
    assert freshness(cited(hours=1)) == "changed 1 Mar 2026 · checked 12 Mar 2026"


def test_a_stale_source_is_named_once() -> None:
    """However many of its documents are cited; sources that are fresh are not named."""
    old = cited(hours=75, stale=True)
    assert stale_notice([old, old, cited(hours=1)], NOW) == "The documents of “handbook” were last checked 3 days ago."
    assert stale_notice([cited(hours=1), cited()], NOW) == ""
    assert ago(NOW - timedelta(hours=30), NOW) == "1 day ago"


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("sync", SyncNow(("Docs", "faq"))),
        (" SYNC  docs ", SyncNow(("Docs",))),
        ("sync policy", Search("sync policy")),
        ("sync docs now", Search("sync docs now")),
        ("status", Status()),
        ("status of my order", Search("status of my order")),
        ("Quiet", Quiet()),
        ("quiet hours", Search("quiet hours")),
        ("help", Help()),
        ("help with returns", Search("help with returns")),
        ("", Help()),
        ("?!", Help()),
    ],
)
def test_only_the_exact_words_are_commands(words: str, meaning: object) -> None:
    assert read_request(words, ("Docs", "faq")) == meaning


def test_without_sources_to_sync_the_word_is_a_search() -> None:
    assert read_request("sync", ()) == Search("sync")
