"""The brief and what is told of each move: within Slack's limits, mentioning nobody but the owner, for any text."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.categories import category_in_words
from bot.desk.human_path import (
    DESK,
    TIMER,
    Brief,
    Escalation,
    EscalationState,
    HandoverReason,
    Move,
    PastMove,
    Transition,
)
from bot.desk.model import Citation
from bot.desk.reasons import reason_of
from bot.slack.announcements import announcement, word_to_owner
from bot.slack.blocks import Message
from bot.slack.brief_blocks import brief_forms, brief_message
from bot.slack.human_modals import hand_over_modal, reply_modal, resolve_modal
from bot.slack.snoozing import until
from bot.triage_settings import CATEGORIES
from ops.workspace.block_kit import check_blocks
from ops.workspace.mentions import mentions
from ops.workspace.views import check_view

from .test_blocks import KEY, WHEN, citation, text, url

S, M = EscalationState, Move
NAMES = {"U1": "Dana", "U2": "Alex", "U3": "Priya"}


@dataclass(frozen=True)
class Record:
    category: str = "SHIPPING_ISSUE"
    severity: int = 4
    requires_escalation: bool = True
    language: str = "English"
    order: str | None = None
    product: str | None = None


def one(state: EscalationState = S.OPEN, question: str = "Where is it?", channel: str = "C1") -> Escalation:
    owner = None if state in (S.OPEN, S.REOPENED) else "U2"
    return Escalation("E-1", "support", "T1", channel, "1.2", "U1", question, KEY, state, WHEN, owner, "C9", "7.0")


def past(*moves: tuple[Move, str], reason: str = "") -> tuple[PastMove, ...]:
    return tuple(
        PastMove(move, by, "Priya", reason, WHEN + timedelta(minutes=at)) for at, (move, by) in enumerate(moves)
    )


def shown(brief: Brief) -> str:
    return str(brief_message(brief).blocks)


def buttons(brief: Brief) -> list[str]:
    blocks = [block for block in brief_message(brief).blocks if block["type"] == "actions"]
    return [(each.get("text") or each["placeholder"])["text"] for block in blocks for each in block["elements"]]


past_moves = st.lists(st.builds(PastMove, st.sampled_from(Move), text, text, text, st.just(WHEN)), max_size=20).map(
    tuple
)


@settings(max_examples=60, deadline=None)
@given(text, text, text, st.lists(citation, max_size=12).map(tuple), url, st.sampled_from(S), past_moves)
def test_no_brief_passes_a_limit(
    question: str,
    answered: str,
    name: str,
    sources: tuple[Citation, ...],
    link: str,
    state: EscalationState,
    history: tuple[PastMove, ...],
) -> None:
    """A brief of anything is a message that Slack takes and that notifies nobody."""
    brief = Brief(one(state, question), name, link, answered, sources, name, private=answered, history=history)
    for [message] in brief_forms(replace(brief, triage=Record(), summary=answered)):
        check_blocks(list(message.blocks))
        assert mentions({"text": message.text, "blocks": list(message.blocks)}) == []


@settings(max_examples=100, deadline=None)
@given(text | st.text(min_size=2_000, max_size=3_000), text, st.sampled_from(Move), st.sampled_from(["C1", "D1"]))
def test_no_announcement_passes_a_limit_or_mentions_anybody_but_the_owner(
    written: str, name: str, move: Move, channel: str
) -> None:
    """Whatever an agent or an asker writes."""
    brief = Brief(one(S.CLAIMED, channel=channel), name, None, names={"U1": name, "U2": name})
    transition = Transition("E-1", 2, S.OPEN, S.CLAIMED, move, "U1", "U2", written[:300], WHEN, written)
    for message in (announcement(brief, transition), word_to_owner(brief, transition)):
        if message is not None:
            check_blocks(list(message.blocks))
            assert len(message.text) <= 40_000
            told = mentions({"text": message.text, "blocks": list(message.blocks)})
            assert set(told) <= {"<@U2>", "<@U1>"}
            assert "<@U1>" not in told or move is M.CLOSE, "a lead who closed it"


@pytest.mark.parametrize(
    ("state", "labels"),
    [
        (S.OPEN, ["Claim", "Reply as the desk", "Hand over", "Resolve"]),
        (S.REOPENED, ["Claim", "Reply as the desk", "Hand over", "Resolve"]),
        (S.CLAIMED, ["Reply as the desk", "Hand over", "Resolve", "More"]),
        (S.WAITING, ["Reply as the desk", "Hand over", "Resolve", "More"]),
        (S.ANSWERED, ["Reply as the desk", "Hand over", "Resolve", "More"]),
        (S.CONFIRMED, ["Resolve"]),
        (S.CLOSED, []),
        (S.EXPIRED, []),
    ],
)
def test_the_buttons_of_a_brief_follow_its_state(state: EscalationState, labels: list[str]) -> None:
    assert buttons(Brief(one(state), "Dana", None, owner="Alex")) == labels


@pytest.mark.parametrize(
    ("state", "last", "said"),
    [
        (S.OPEN, (M.CALL, "Dana"), "Waiting for somebody to claim it"),
        (S.CLAIMED, (M.CLAIM, "Alex"), "Claimed by Alex"),
        (S.WAITING, (M.WAIT, "Alex"), "Alex asked Dana something and waits for the answer"),
        (S.CLOSED, (M.CLOSE, "Priya"), "Resolved by Priya: done"),
        (S.CLOSED, (M.CLOSE, ""), "Resolved by itself: done"),
        (S.EXPIRED, (M.EXPIRE, ""), "Expired: Dana did not answer"),
    ],
)
def test_a_brief_says_how_it_stands(state: EscalationState, last: tuple[Move, str], said: str) -> None:
    """Since when, as a time: nobody updates "just now"."""
    brief = Brief(one(state), "Dana", None, owner="Alex")
    message = brief_message(replace(brief, history=past((M.CALL, "Dana"), last, reason="done")))
    [standing] = [block["elements"][0]["elements"] for block in message.blocks if " · asked " in str(block)]
    assert [element.get("text") or element["timestamp"] for element in standing] == [
        said,
        " · asked ",
        int(WHEN.timestamp()),
    ]


def test_a_brief_tells_who_where_why_and_what_happened() -> None:
    """With the triage, what only the asker was told of an order, and each move with its time."""
    brief = Brief(
        replace(
            one(S.CLAIMED), reason=HandoverReason.ABSTAINED_TWICE, snoozed_until=datetime(2026, 3, 13, 9, tzinfo=UTC)
        ),
        "Dana",
        "https://slack.example/x",
        private="Order EM-1 was shipped.",
        owner="Priya",
        history=past((M.CALL, ""), (M.CLAIM, "Alex"), (M.HAND_OVER, "Alex")),
        triage=Record(),
    )
    said = shown(brief)
    for part in (
        "'channel_id': 'C1'",
        "https://slack.example/x",
        "Why: the bot found no answer, twice",
        "Shipping · severity 4 of 5 · needs a human",
        "Order EM-1 was shipped.",
        "The desk asked for a human",
        "Alex handed it over to Priya",
        f"'timestamp': {int(WHEN.timestamp()) + 60}",
        f"snoozed until '}}, {{'type': 'date', 'timestamp': {int(datetime(2026, 3, 13, 9, tzinfo=UTC).timestamp())}",
    ):
        assert part in said, part
    assert "write to" in shown(replace(brief, escalation=one(channel="D1")))


@pytest.mark.parametrize(
    ("question", "sees", "product", "said"),
    [
        ("Where is it?", False, "Orrin 9", "needs a human · Orrin 9 · German"),
        ("Where is em 118402?", False, "Orrin 9", "needs a human · Orrin 9 · order EM-118402 · German"),
        ("Where is it?", True, "XY-123-RED", "needs a human · XY-123-RED · order EM-118402 · German"),
        ("Where is my XY-123-RED?", False, "XY-123-RED", "needs a human · XY-123-RED · German"),
        ("Where is it?", False, "XY-123-RED", "needs a human · German"),  # it may be an order's number as well
    ],
)
def test_a_brief_tells_what_stands_beside_the_triage(question: str, sees: bool, product: str, said: str) -> None:
    """An order that is not in the question only where who reads it may see the asker's orders."""
    record = Record(language="German", order="EM-118402", product=product)
    assert f"{said}'" in shown(Brief(one(question=question), "Dana", None, sees_orders=sees, triage=record))


@pytest.mark.parametrize(
    ("reason", "requires", "said"),
    [
        (HandoverReason.ASKED, False, "Shipping · severity 4 of 5'"),
        (HandoverReason.FEEDBACK, False, "Shipping · severity 4 of 5'"),
        (HandoverReason.ASKED, True, "severity 4 of 5 · needs a human"),
        (HandoverReason.ABSTAINED_TWICE, False, "severity 4 of 5 · may not need a human"),
    ],
)
def test_who_called_a_human_is_not_doubted(reason: HandoverReason, requires: bool, said: str) -> None:
    triage = Record(requires_escalation=requires)
    assert said in shown(Brief(replace(one(), reason=reason), "Dana", None, triage=triage))


def test_the_default_categories_are_told_in_words_and_others_as_they_are_written() -> None:
    assert not {name for name in CATEGORIES if category_in_words(name) == name}
    assert "PET_FOOD · severity" in shown(Brief(one(), "Dana", None, triage=Record("PET_FOOD")))


def test_a_brief_names_the_rule_and_what_a_follow_up_goes_on_from() -> None:
    policy = replace(one(question="and for my earbuds?"), reason=HandoverReason.POLICY)
    said = shown(Brief(policy, "Dana", None, rule="safety", earlier="How long can I return a laptop?"))
    assert "Why: the desk's rules say so: safety" in said
    assert "Before that they asked: How long can I return a laptop?" in said


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (
            "I couldn't find an answer to that.\n\nThe nearest pages I have:\n- Parking › Visitors (checked today)\n"
            "- Offices (no date)\n\nPress *Talk to a human* and somebody takes it from here.",
            "I couldn't find an answer to that.\nThe nearest pages I have:\n• Parking › Visitors (checked today)\n"
            "• Offices (no date)\nPress Talk to a human and somebody takes it from here.",
        ),
        ("## Returns\nWithin **30 days** [1], _not_ 2 * 3 * 4 snake_case_name.",
         "Returns\nWithin 30 days [1], not 2 * 3 * 4 snake_case_name."),
        ("| Kind | Days |\n| --- | --- |\n| TV | 15 |", "• Kind: TV; Days: 15"),
        ("x" * 3_000, "x" * 2_499 + "…"),
    ],
)  # fmt: skip
def test_the_answer_is_quoted_with_its_lines_and_without_its_marks(answered: str, said: str) -> None:
    [_, block, *_] = brief_message(Brief(one(), "Dana", None, answered)).blocks
    heading, quote = block["elements"][-1]["elements"]
    assert (heading["text"], quote["text"]) == ("The bot answered:\n", said)


@pytest.mark.parametrize(
    ("move", "by", "owner", "channel", "told", "beside"),
    [
        (M.CALL, "U1", None, "C1", "I have asked a human to help.", None),
        (M.CALL, "U1", None, "D1", "What you write in this thread is passed on to them.", None),
        (M.CALL, DESK, None, "C1", "I've also asked a colleague to look at this.", None),
        (M.CLAIM, "U2", "U2", "C1", "<@U2> has taken this and will answer here", None),
        (M.CLAIM, "U2", "U2", "D1", "What you write in this thread is passed on to them.", None),
        (M.HAND_OVER, "U2", "U3", "C1", "<@U3> has this now", "<@U3> Alex has handed this over to you"),
        (M.HAND_OVER, "U3", "U3", "C1", "<@U3> has this now", None),  # took it over
        (M.REPLY, "U2", "U2", "C1", "Alex (support): 10% off", None),
        (M.REPLY, "U2", "U2", "D1", "Alex (support): 10% off", "Alex replied:\n&gt; 10%"),
        (M.WAIT, "U2", "U2", "D1", "Alex (support): 10% off", "Alex asked Dana:\n&gt; 10%"),
        (M.ASKER_WROTE, "U1", "U2", "C1", None, "<@U2> Dana has written in the thread."),
        (M.NOT_YET, "U1", "U2", "C1", "I have told <@U2>", "<@U2> Dana says that this is not solved yet."),
        (M.CONFIRM, "U1", "U2", "C1", "Good to hear.", "<@U2> Dana says that this is solved."),
        (M.CLOSE, "U2", "U2", "C1", "<@U2> has marked this as resolved.", None),
        (M.CLOSE, "U3", "U2", "C1", "<@U3> has marked this as resolved.", "<@U2> Priya has closed this."),
        (M.CLOSE, "U1", "U2", "C1", "You need no human any more", "<@U2> Dana has closed this."),
        (M.CLOSE, TIMER, "U2", "C1", "I have heard nothing more of this", "<@U2> This was closed"),
        (M.REOPEN, "U1", None, "C1", "I have asked for a human again.", "Dana asks for more help here."),
        (M.EXPIRE, TIMER, "U2", "C1", "their question to you was not answered", "<@U2> Dana did not answer"),
        (M.SNOOZE, "U2", "U2", "C1", None, None),
        (M.WAKE, TIMER, "U2", "C1", None, "<@U2> You put this off until now. Dana still waits for you."),
    ],
)
def test_who_is_told_what_of_a_move(
    move: Move, by: str, owner: str | None, channel: str, told: str | None, beside: str | None
) -> None:
    brief = Brief(one(S.CLAIMED, channel=channel), "Dana", None, names=NAMES)
    text = "10% off" if move in (M.REPLY, M.WAIT) else ""
    transition = Transition("E-1", 2, S.OPEN, S.CLAIMED, move, by, owner, "", WHEN, text)
    for message, expected in ((announcement(brief, transition), told), (word_to_owner(brief, transition), beside)):
        assert (message is None) == (expected is None)
        assert expected is None or expected in message.text  # type: ignore[union-attr]


@pytest.mark.parametrize("move", [one for one in M if one is not M.CALL])
@pytest.mark.parametrize("by", ["U1", "U2", "U3", TIMER])
def test_a_reason_is_shown_where_somebody_gave_one(move: Move, by: str) -> None:
    """The usual one, which is stored of each move, would say once more what the move says; old rows have none."""

    def told(reason: str) -> list[Message | None]:
        history = (*past((M.CALL, "Dana")), PastMove(move, NAMES.get(by, ""), "Alex", reason, WHEN))
        brief = Brief(one(S.CLOSED if move is M.CLOSE else S.CLAIMED), "Dana", None, names=NAMES, history=history)
        step = Transition("E-1", 2, S.OPEN, S.CLAIMED, move, by, "U2", reason, WHEN)
        return [brief_message(brief), announcement(brief, step), word_to_owner(brief, step)]

    usual = reason_of(move, "")
    assert usual
    assert told(usual) == told("")
    assert "because of drones" in str(told("because of drones")[0])


def test_what_they_asked_keeps_its_lines_and_its_summary_follows_it() -> None:
    brief = Brief(one(question="My TV *is* dead.\n\n  Order: EM-1\n"), "Dana", None, "So.", summary="A dead TV.")
    question, summary, answered, *_ = brief_message(brief).blocks
    assert question["elements"][-1]["elements"][0]["text"] == "My TV *is* dead.\nOrder: EM-1"
    assert "In short: " in str(summary)
    assert "The bot answered:" in str(answered)


def test_a_reply_is_forgotten_with_its_asker() -> None:
    """What is left of it is not posted."""
    brief = Brief(one(S.ANSWERED), "Dana", None, names=NAMES)
    assert announcement(brief, Transition("E-1", 2, S.OPEN, S.ANSWERED, M.REPLY, "U2", "U2", "", WHEN, "")) is None


def test_the_windows_are_ones_that_slack_takes() -> None:
    for view in (reply_modal("E-1"), hand_over_modal("E-1"), resolve_modal("E-1")):
        check_view(view, "modal")


@pytest.mark.parametrize(
    ("choice", "now", "hours", "ends"),
    [
        ("hour", "2026-11-27 16:30", 0, "2026-11-27 17:30"),
        ("tomorrow", "2026-11-27 16:30", 1, "2026-11-28 08:00"),  # nine in Berlin
        ("tomorrow", "2026-11-27 23:30", 1, "2026-11-29 08:00"),  # it is Saturday there already
        ("week", "2026-11-27 16:30", -5, "2026-11-30 14:00"),  # Monday in New York
        ("week", "2026-11-30 08:00", 0, "2026-12-07 09:00"),  # a Monday: the next one
    ],
)
def test_it_is_put_off_by_the_agents_own_clock(choice: str, now: str, hours: int, ends: str) -> None:
    began = datetime.fromisoformat(f"{now}+00:00")
    assert until(choice, began, timedelta(hours=hours)) == datetime.fromisoformat(f"{ends}+00:00")
