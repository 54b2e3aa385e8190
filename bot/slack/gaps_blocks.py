"""How the admins' channel hears of a week and of what the documents lack. Pure."""

from datetime import datetime

from bot.desk.gaps import Gap, GapsNotice, WeekNumbers, advice
from bot.slack.blocks import Block, Message, rich, span
from bot.slack.mrkdwn import escape, plain

_OTHERS = {"asked": "asked back", "failed": "failed", "open": "not finished"}
_TREND = {"new": "new", "rising": "rising ↑", "falling": "falling ↓", "steady": "steady"}


def gaps_message(notice: GapsNotice) -> Message:
    """The numbers, then a block a gap, then where the rest is."""
    title = f"The desk's week, {_day(notice.begin)} to {_day(notice.since)}"
    numbers = numbers_line(notice.numbers)
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": title}},
        rich(span(numbers)),
        {"type": "divider"},
    ]
    if notice.gaps:
        heading = f"What the documents lack, by the last {notice.weeks} weeks"
        blocks.append(rich(span(heading, bold=True)))
        blocks += [_gap(number, gap) for number, gap in enumerate(notice.gaps, 1)]
    else:
        blocks.append(rich(span(f"Nothing went unanswered in the last {notice.weeks} weeks.")))
    more = f"{notice.more} more: " if notice.more else ""
    command = {"style": {"code": True}}
    blocks.append(rich(span(f"{more}all of them by "), span("frontdesk gaps") | command))
    names = "; ".join(f"{number}. {plain(gap.name, 80)}" for number, gap in enumerate(notice.gaps, 1))
    return Message(escape(f"{title}: {numbers}" + (f" Gaps: {names}." if names else "")), tuple(blocks))


def numbers_line(numbers: WeekNumbers) -> str:
    """ "48 questions: 37 answered, 9 without an answer, 2 that wanted a human. 3 requests ..." """
    counts = numbers.outcomes
    parts = [
        f"{counts.get('answered', 0)} answered",
        f"{counts.get('abstained', 0)} without an answer",
        f"{counts.get('escalated', 0)} that wanted a human",
    ]
    parts += [f"{counts[name]} {said}" for name, said in _OTHERS.items() if counts.get(name)]
    asked = "1 question" if numbers.asked == 1 else f"{numbers.asked} questions"
    called = (
        "1 request for a human was" if numbers.handed_over == 1 else f"{numbers.handed_over} requests for a human were"
    )
    rated = f"Ratings: {numbers.up} good, {numbers.down} bad."
    return f"{asked}: {', '.join(parts)}. {called} opened. {rated}"


def _gap(number: int, gap: Gap) -> Block:
    week = "1 question a week" if gap.per_week == 1 else f"{gap.per_week:.2g} questions a week"
    people = "1 person" if gap.askers == 1 else f"{gap.askers} people"
    elements = [
        span(f"{number}. {plain(gap.name, 80)}", bold=True),
        span(f"\n{week}, by {people}, {_TREND[gap.trend]} · {plain(gap.desk, 40)}"),
    ]
    if gap.sample:
        elements.append(span(f"\n“{plain(gap.sample, 200)}”") | {"style": {"italic": True}})
    elements += [span(f"\n→ {plain(one, 300)}") for one in advice(gap)]
    return rich(*elements)


def _day(moment: datetime) -> str:
    return f"{moment:%d %b %Y}".removeprefix("0")
