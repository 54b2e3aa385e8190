"""The brief of an escalation as a message: what a human needs to take over, how it stands, and what they may do. Pure.

What people and documents wrote goes into rich_text and plain_text, which have no syntax.
"""

import re

from bot.desk.categories import category_in_words
from bot.desk.human_path import QUIET, Brief, EscalationState, HandoverReason, Move, PastMove
from bot.desk.reasons import WHY_CALLED, given_reason
from bot.desk.words import has_code
from bot.slack.blocks import Block, Message, button, cited, fits, note, rich, source_list, span, when
from bot.slack.mrkdwn import escape, moment, plain
from bot.slack.plainer import plainer
from bot.slack.quoting import lines, quoted
from bot.slack.snoozing import SNOOZES

CLAIM, REPLY, HAND_OVER = "human_claim", "human_reply", "human_hand_over"
RESOLVE, MORE_MOVES = "human_resolve", "human_more"
WITH_REASON = "resolve"  # an entry of the menu, beside those of SNOOZES
WITHHELD = "The bot answered from documents that not everybody here may read, so its answer is left out."
_MOST_MOVES = 12
_STATE = {
    EscalationState.OPEN: "Waiting for somebody to claim it",
    EscalationState.CLAIMED: "Claimed by {owner}",
    EscalationState.WAITING: "{owner} asked {asker} something and waits for the answer",
    EscalationState.ANSWERED: "Answered by {owner}; {asker} has not said yet whether that solved it",
    EscalationState.CONFIRMED: "{asker} says that it is solved",
    EscalationState.CLOSED: "Resolved by {by}",
    EscalationState.REOPENED: "Reopened, and waiting for somebody to claim it",
    EscalationState.EXPIRED: "Expired: {asker} did not answer",
}
_DID = {
    Move.CALL: "asked for a human",
    Move.CLAIM: "took it",
    Move.REPLY: "replied",
    Move.WAIT: "asked the asker something",
    Move.ASKER_WROTE: "wrote in the thread",
    Move.HAND_OVER: "handed it over to {owner}",
    Move.CONFIRM: "said that it is solved",
    Move.NOT_YET: "said that it is not solved yet",
    Move.CLOSE: "resolved it",
    Move.REOPEN: "reopened it",
    Move.SNOOZE: "snoozed it",
    Move.WAKE: "took it up again",
    Move.EXPIRE: "let it expire",
}


def brief_message(brief: Brief) -> Message:
    """Within Slack's limits whatever it holds; its text alone tells who, what and how it stands."""
    one = brief.escalation
    state = state_line(brief)
    blocks: list[Block] = [{"type": "rich_text", "elements": _question(brief)}]
    blocks += [rich(span("In short: ", bold=True), span(short))] if (short := plain(brief.summary, 600)) else []
    blocks += [{"type": "rich_text", "elements": answered}] if (answered := _answered(brief)) else []
    blocks += [source_list("Sources", cited(brief.sources, one.created_at))] if brief.sources else []
    blocks += [note(line) for line in _triage(brief)]
    blocks += [_history(brief)] if len(brief.history) > 1 else []
    blocks += [rich(span("Answer due: ", bold=True), when(brief.due))] if brief.due else []
    blocks.append(_standing(brief))
    blocks += [{"type": "actions", "elements": buttons}] if (buttons := _buttons(brief)) else []
    until = f", snoozed until {moment(one.snoozed_until)}" if one.snoozed_until else ""
    said = escape(f"{brief.asker} asks for a human: {plain(one.question, 500)} ({state}")
    return Message(f"{said}{until})", tuple(blocks))


def brief_forms(brief: Brief) -> list[list[Message]]:
    """The best first. A plainer one has no answer and no history, and still the way to the thread."""
    url = brief.thread_url if brief.thread_url and fits(brief.thread_url) else ""
    there = f"<{escape(url)}|Open the thread>" if url and not brief.escalation.channel.startswith("D") else ""
    return plainer(brief_message(brief), there)


def state_line(brief: Brief) -> str:
    one, last = brief.escalation, brief.history[-1] if brief.history else None
    by = last.by if last and last.move is Move.CLOSE else brief.owner or "an agent"
    said = _STATE[one.state].format(owner=brief.owner or "An agent", asker=brief.asker, by=by or "itself")
    if one.state is EscalationState.CLOSED and last and (why := plain(given_reason(last.move, last.reason), 200)):
        said += f": {why}"
    return said


def _standing(brief: Brief) -> Block:
    """With times that stay true however long nobody moves it."""
    one = brief.escalation
    snoozed = [span(", snoozed until "), when(one.snoozed_until)] if one.snoozed_until else []
    return rich(span(state_line(brief)), *snoozed, span(" · asked "), when(one.created_at))


def _question(brief: Brief) -> list[Block]:
    one = brief.escalation
    asked = [span(f"{plain(brief.asker, 100)} asks for a human. ", bold=True)]
    if one.channel.startswith("D"):  # nobody else can see a DM
        asked += [span("It was a direct message, so reply as the desk, or write to ")]
        asked += [{"type": "user", "user_id": one.asker}, span(".")]
    else:
        asked += [span("It is in "), {"type": "channel", "channel_id": one.channel}, span(". ")]
        if brief.thread_url and fits(brief.thread_url):
            asked.append({"type": "link", "url": brief.thread_url, "text": "Open the thread"})
    rule = f": {plain(brief.rule, 100)}" if brief.rule else ""
    why = [span(f"\nWhy: {WHY_CALLED[one.reason]}{rule}")] if one.reason is not HandoverReason.ASKED else []
    before = [span(f"\nBefore that they asked: {plain(brief.earlier, 200)}")] if brief.earlier else []
    question: list[Block] = [span(lines(one.question, 2_500) or "(no question in words)")]
    return [
        {"type": "rich_text_section", "elements": [*asked, *why, *before]},
        {"type": "rich_text_quote", "elements": question},
    ]


def _answered(brief: Brief) -> list[Block]:
    parts: list[list[Block]] = []
    if said := quoted(brief.answered, 2_500):
        parts.append([span("The bot answered:\n", bold=True), span(said)])
    elif brief.withheld:
        parts.append([span(WITHHELD)])
    if private := quoted(brief.private, 2_000):
        parts.append([span("Their order, of which the thread is not told:\n", bold=True), span(private)])
    return [{"type": "rich_text_section", "elements": elements} for elements in parts]


def _triage(brief: Brief) -> list[str]:
    if brief.triage is None:
        return []
    made = brief.triage
    needs = "needs a human" if made.requires_escalation else "may not need a human"
    needs = "" if brief.escalation.reason.is_theirs and not made.requires_escalation else needs
    order = f"order {made.order}" if made.order and _may_name(made.order, brief) else ""
    product = made.product if made.product and _may_name(made.product, brief) else ""
    language = made.language if made.language != "English" else ""
    shown = (category_in_words(made.category), f"severity {made.severity} of 5", needs, product, order, language)
    return [" · ".join(filter(None, shown))]


def _may_name(found: str, brief: Brief) -> bool:
    """What is written like an order, and not in the question itself, is told as orders are."""
    return (
        brief.sees_orders or not re.search(r"\d{3}", found) or has_code(brief.escalation.question, frozenset((found,)))
    )


def _history(brief: Brief) -> Block:
    past = brief.history[-_MOST_MOVES:]
    earlier = [span(f"\n{len(brief.history) - len(past)} earlier moves")] if len(past) < len(brief.history) else []
    lines = [element for one in past for element in (span("\n"), when(one.at), span(f" · {_did(one)}"))]
    return rich(span("What happened", bold=True), *earlier, *lines)


def _did(one: PastMove) -> str:
    if one.move is Move.EXPIRE or (one.move is Move.CLOSE and not one.by):
        said = "It expired" if one.move is Move.EXPIRE else "It was closed"
    else:
        who = plain(one.by, 60) or "The desk"
        said = f"{who} {_DID[one.move].format(owner=plain(one.owner, 60) or 'somebody')}"
    reason = plain(given_reason(one.move, one.reason), 150) if one.move is not Move.CALL else ""
    return f"{said}: {reason}" if reason else said


def _buttons(brief: Brief) -> list[Block]:
    one = brief.escalation
    resolve = button("Resolve", RESOLVE, one.id)
    hand_over = button("Hand over", HAND_OVER, one.id)
    if one.state in (EscalationState.OPEN, EscalationState.REOPENED):
        claim, reply = button("Claim", CLAIM, one.id, "primary"), button("Reply as the desk", REPLY, one.id)
        return [claim, reply, hand_over, resolve]
    if one.state in QUIET:
        return [button("Reply as the desk", REPLY, one.id, "primary"), hand_over, resolve, _more(one.id)]
    return [button("Resolve", RESOLVE, one.id, "primary")] if one.state is EscalationState.CONFIRMED else []


def _more(escalation_id: str) -> Block:
    entries = {**SNOOZES, WITH_REASON: "Resolve with a reason"}
    options = [
        {"text": {"type": "plain_text", "text": label}, "value": f"{name} {escalation_id}"}
        for name, label in entries.items()
    ]
    placeholder = {"type": "plain_text", "text": "More"}
    return {"type": "static_select", "action_id": MORE_MOVES, "placeholder": placeholder, "options": options}
