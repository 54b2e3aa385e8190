"""The weekly digest as a message: within Slack's limits, nothing in it acts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.gaps import Gap, GapsNotice, NearDocument, RatedDocument, WeekNumbers
from bot.slack.gaps_blocks import gaps_message, numbers_line
from ops.workspace.block_kit import check_blocks, strings
from ops.workspace.mentions import links, mentions

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
text = st.text(max_size=300) | st.sampled_from(["<!channel> <@U1>", "@here", "https://evil.example", "x" * 4000, ""])
count = st.integers(0, 10**6)
share = st.floats(0, 10**5)
near = st.lists(st.builds(NearDocument, text, text, share), max_size=3).map(tuple)
rated = st.lists(st.builds(RatedDocument, text, st.sampled_from(["wrong", "outdated"]), count), max_size=4).map(tuple)
gap = st.builds(Gap, text, text.filter(bool), text, count, count, share, share, count, near, count, rated)
numbers = st.builds(
    WeekNumbers, count, st.dictionaries(st.sampled_from(["answered", "abstained", "failed", "open"]), count), count
)


def notice(*gaps: Gap, more: int = 0, numbers: WeekNumbers | None = None) -> GapsNotice:
    return GapsNotice("gaps", MONDAY, MONDAY - timedelta(days=7), numbers or WeekNumbers(0), gaps, 4, more)


@settings(max_examples=60, deadline=None)
@given(st.lists(gap, max_size=5), numbers, count)
def test_no_message_passes_a_limit_mentions_anybody_or_links(gaps: list[Gap], week: WeekNumbers, more: int) -> None:
    message = gaps_message(notice(*gaps, numbers=week, more=more))
    check_blocks(list(message.blocks))
    assert len(message.text) <= 4_000
    assert mentions({"text": message.text, "blocks": list(message.blocks)}) == []
    assert links({"text": "", "blocks": list(message.blocks)}) == []


def test_the_numbers_of_a_week_in_words() -> None:
    week = WeekNumbers(48, {"answered": 36, "abstained": 9, "escalated": 2, "failed": 1}, 1, 12, 3)
    assert numbers_line(week) == (
        "48 questions: 36 answered, 9 without an answer, 2 that wanted a human, 1 failed. "
        "1 request for a human was opened. Ratings: 12 good, 3 bad."
    )


def test_a_gap_says_what_it_costs_and_what_to_do() -> None:
    one = Gap(
        "support", "gift wrapping", "Do you wrap gifts?", 6, 4, 1.5, 0.5, 6, (NearDocument("Gift cards", "", 0.6),)
    )
    message = gaps_message(notice(one, more=3))
    said = "".join(strings(list(message.blocks)))
    assert "The desk's week, 23 Nov 2026 to 30 Nov 2026" in said
    assert "1.5 questions a week, by 4 people, rising ↑ · support" in said
    assert "“Do you wrap gifts?”" in said
    assert "→ “Gift cards” is near, but doesn't say it: extend it." in said
    assert "3 more: all of them by " in said
    assert "Gaps: 1. gift wrapping." in message.text


def test_a_week_without_gaps() -> None:
    assert "Nothing went unanswered in the last 4 weeks." in "".join(strings(list(gaps_message(notice()).blocks)))
