"""Messages about the sources' upkeep: within Slack's limits, nothing in them acts, no secret gets out."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.model import SourceNotice, SourceStatus, SyncResult
from bot.slack.sync_blocks import notice_message, outcome, status
from ops.workspace.block_kit import check_blocks
from ops.workspace.mentions import mentions

NOW = datetime(2026, 3, 12, tzinfo=UTC)
text = st.text(max_size=300) | st.sampled_from(["<!channel> <@U1>", "@here", "x" * 4000, ""])
name = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=80)
failed = st.lists(st.tuples(text, text), max_size=30).map(tuple)
count = st.integers(0, 10**6)
result = st.builds(
    SyncResult, name, st.sampled_from(["success", "partial", "failed"]), count, count, count, count, failed, count, text,
    st.floats(0, 9999),
)  # fmt: skip
known = st.builds(
    SourceStatus, name, count, st.sampled_from([None, "success", "partial", "failed"]), st.none() | st.just(NOW),
    st.booleans(), st.booleans(), count, st.none() | st.just(NOW), text, failed,
    st.just(("everyone",)),
)  # fmt: skip
notice = st.builds(
    SourceNotice, text, name, st.sampled_from(["stale", "held"]), st.booleans(), st.just(NOW), st.none() | st.just(NOW),
    text, count,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(name, result | text), min_size=1, max_size=50), st.lists(known, max_size=60), notice)
def test_no_message_passes_a_limit_or_mentions_anybody(
    results: list[tuple[str, SyncResult | str]], sources: list[SourceStatus], one: SourceNotice
) -> None:
    for message in (outcome(results), status(sources, NOW, admin=True), notice_message(one, NOW)):
        check_blocks(list(message.blocks))
        assert len(message.text) <= 4_000
        assert mentions({"text": message.text, "blocks": list(message.blocks)}) == []


def ended(**more: object) -> SyncResult:
    values = {"state": "success", "added": 0, "changed": 0, "removed": 0, "unchanged": 3, "failed": (), "held": 0}
    return SyncResult(**({"source": "docs", "problem": "", "seconds": 1.2} | values | more))  # type: ignore[arg-type]


def test_how_a_sync_ended() -> None:
    assert outcome([("docs", ended())]).text == "docs: Success: nothing new, 3 unchanged (1.2 s)"
    many = tuple((f"f{number}.pdf", "It has a password.") for number in range(13))
    partial = outcome([("docs", ended(state="partial", added=2, failed=many))]).text
    assert "Partial: 2 added, 3 unchanged" in partial
    assert "13 documents could not be read: • f0.pdf: It has a password." in partial
    assert partial.endswith("and 3 more")
    assert "Failed" in outcome([("docs", ended(state="failed", problem="The folder is gone."))]).text
    assert outcome([("docs", "“docs” is being synced already.")]).text == "docs: “docs” is being synced already."


def test_held_removals_come_with_a_button_that_asks() -> None:
    """Its label says how many of what, its value what is approved."""
    message = outcome([("docs", ended(state="partial", held=12)), ("faq", ended(source="faq"))])
    [button] = message.blocks[-1]["elements"]
    assert button["text"]["text"] == "Remove 12 documents of docs"
    code = [one["text"] for one in message.blocks[0]["elements"][0]["elements"] if one.get("style") == {"code": True}]
    assert code == ["frontdesk sync docs --approve"]
    assert (button["value"], button["confirm"]["confirm"]["text"]) == ("12 docs", "Remove")
    assert "frontdesk sync docs --approve" in message.text


def test_what_everybody_sees_and_what_admins_see() -> None:
    """Why something failed may hold paths and names: it is for admins."""
    one = SourceStatus(
        "docs", 1234, "partial", NOW - timedelta(minutes=5), False, False, 2, NOW + timedelta(minutes=10), "The disk.",
        (("secret-plan.pdf", "It has a password."),), ("everyone",),
    )  # fmt: skip
    everyone, admin = status([one], NOW, admin=False), status([one], NOW, admin=True)
    assert "1,234 documents · checked 5 min ago · 1 document can't be read, 2 removals wait" in everyone.text
    assert "secret-plan" not in str(everyone.blocks)
    assert "The disk" not in str(everyone.blocks)
    assert "secret-plan.pdf: It has a password." in admin.text
    assert "Next sync: 12 Mar, 00:10 UTC" in admin.text
    assert [block["type"] for block in admin.blocks][-1] == "actions"
    assert "actions" not in [block["type"] for block in everyone.blocks]


def test_a_notice_shows_no_secret() -> None:
    """An address in an error may carry a password or a token."""
    problem = "https://bot:hunter2@host.example/feed.csv?token=s3cret was refused (401)."
    one = SourceNotice("k", "docs", "stale", False, NOW, NOW - timedelta(days=3), problem)
    said = str(notice_message(one, NOW))
    assert "hunter2" not in said
    assert "s3cret" not in said
    assert "host.example/feed.csv" in said
    assert "Last checked 3 days ago" in said
