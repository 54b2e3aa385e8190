"""What a resolved thread taught, as its resolver sees it: the offer, the window to edit it, how it stands. Pure.

A draft is made of what people wrote, so it goes into rich_text and plain_text, which have no syntax.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.desk.audience import EVERYONE, MEMBERS, PUBLIC
from bot.desk.freshness import day
from bot.desk.goodwill import reads_like_an_offer
from bot.desk.learning import Edited, Learning, LearningState
from bot.slack.blocks import Block, Message, button, note, rich, span
from bot.slack.mrkdwn import plain

View = dict[str, Any]
APPROVE, EDIT, DISCARD = "learning_approve", "learning_edit", "learning_discard"
RENEW, RETIRE = "learning_renew", "learning_retire"
SAVED = "learning_saved"  # the window's callback id
QUESTION, ANSWER, AUDIENCE, EXPIRY, OWNER = "question", "answer", "audience", "expiry", "owner"  # its blocks
MOST_QUESTION, MOST_ANSWER = 300, 3_000  # characters
MONTHS = {3: "For 3 months", 6: "For 6 months", 12: "For a year", 0: "Until somebody retires it"}
OFFER = (
    "This reads like an offer to one person. Approved as it stands, I tell it to everybody who asks: edit it into the"
    " rule, or discard it."
)
_THREAD = "thread"
_WIDER = {
    MEMBERS: "All members of this workspace",
    EVERYONE: "Everyone in this workspace, guests too",
    PUBLIC: "Everybody, in channels shared with others too",
}


def offer_message(one: Learning, months: int) -> Message:
    """What was learnt, and what may be done with it; once that is decided, what was."""
    if one.state is LearningState.OFFERED:
        heading = "You resolved a thread. Save what was learnt?"
        good = f"good {MONTHS[months][0].lower()}{MONTHS[months][1:]}"
        told = f"Approved as it stands, I answer with it where {_who(one.thread_audience)} read it, {good}."
        warning = [rich(span(OFFER, bold=True))] if reads_like_an_offer(one.answer) else []
        blocks = [
            *_entry(heading, one),
            *warning,
            note("Names, addresses and numbers of people were taken out. " + told),
        ]
        approve, edit = button("Approve", APPROVE, one.id, "primary"), button("Edit", EDIT, one.id)
        buttons = [approve, edit, button("Discard", DISCARD, one.id)]
        return Message(heading, (*blocks, {"type": "actions", "elements": buttons}))
    heading = _stands(one)
    if one.state is not LearningState.APPROVED:
        return Message(heading, (note(heading),))
    retire = {"type": "actions", "elements": [button("Retire", RETIRE, one.id)]}
    return Message(heading, (*_entry(heading, one), note(_until(one)), retire))


def warning_message(one: Learning) -> Message:
    ends = day(one.expires_at) if one.expires_at else "soon"
    heading = f"I answer from this until {ends}. Is it still right?"
    buttons = [button("Renew", RENEW, one.id, "primary"), button("Retire", RETIRE, one.id)]
    return Message(heading, (*_entry(heading, one), {"type": "actions", "elements": buttons}))


def edit_modal(one: Learning, user: str, months: int) -> View:
    good_for: Block = {"type": "static_select", "action_id": EXPIRY, "options": _options(MONTHS)}
    good_for["initial_option"] = next(each for each in good_for["options"] if each["value"] == str(months))
    audience: Block = {"type": "static_select", "action_id": AUDIENCE, "options": _options(_audiences(one))}
    audience["initial_option"] = audience["options"][0]
    owner: Block = {"type": "users_select", "action_id": OWNER, "initial_user": user}
    return {
        "type": "modal",
        "callback_id": SAVED,
        "private_metadata": one.id,
        "title": _text("Save what was learnt"),
        "submit": _text("Approve"),
        "close": _text("Cancel"),
        "blocks": [
            _input(QUESTION, "The question", _written(QUESTION, one.question, MOST_QUESTION)),
            _input(ANSWER, "The answer", _written(ANSWER, one.answer, MOST_ANSWER, multiline=True)),
            _input(AUDIENCE, "Who may read it", audience, "Let more people read it only if nothing is confidential."),
            _input(EXPIRY, "How long it is good", good_for),
            _input(OWNER, "Who looks after it", owner, "They hear of it a week before it ends."),
        ],
    }


def submitted(view: Mapping[str, Any]) -> tuple[str, Edited]:
    """The draft's id, and what stands in the window that was sent."""
    values = (view.get("state") or {}).get("values") or {}

    def of(name: str) -> Mapping[str, Any]:
        return (values.get(name) or {}).get(name) or {}

    chosen = str((of(AUDIENCE).get("selected_option") or {}).get("value") or _THREAD)
    months = str((of(EXPIRY).get("selected_option") or {}).get("value") or "")
    return str(view.get("private_metadata") or ""), Edited(
        question=" ".join(_typed(of(QUESTION), MOST_QUESTION).split()),
        answer=_typed(of(ANSWER), MOST_ANSWER),
        audience=chosen if chosen in _WIDER else None,
        months=int(months) if months.isdigit() and int(months) in MONTHS else min(set(MONTHS) - {0}),
        owner=str(of(OWNER).get("selected_user") or ""),
    )


def _entry(heading: str, one: Learning) -> list[Block]:
    quoted: Block = {"type": "rich_text_quote", "elements": [span(plain(one.question, MOST_QUESTION), bold=True)]}
    answer: Block = {"type": "rich_text_section", "elements": [span(one.answer[:MOST_ANSWER] or " ")]}
    return [rich(span(heading, bold=True)), {"type": "rich_text", "elements": [quoted, answer]}]


def _stands(one: Learning) -> str:
    match one.state:
        case LearningState.APPROVED if one.ready:
            return "Saved: I answer with this from now on."
        case LearningState.APPROVED:
            return "Saved. It is being indexed, and in a minute I answer with it."
        case LearningState.RETIRED:
            return "Retired: nothing is answered from this any more."
        case _:
            return "Discarded: nothing of that thread was saved."


def _until(one: Learning) -> str:
    until = f"Until {day(one.expires_at)}" if one.expires_at else "Until somebody retires it"
    return f"{until}. {_who(one.audience).capitalize()} read it."


def _who(audience: Sequence[str]) -> str:
    """As the subject of "read it"."""
    if PUBLIC in audience:
        return "everybody may"
    if EVERYONE in audience:
        return "everyone in this workspace may"
    if MEMBERS in audience:
        return "members of this workspace may"
    return "only people of one channel may" if audience else "nobody may"


def _audiences(one: Learning) -> Mapping[str, str]:
    wide = [word for word in _WIDER if word in one.thread_audience]
    wider = list(_WIDER)[list(_WIDER).index(wide[-1]) + 1 :] if wide else list(_WIDER)
    here = _who(one.thread_audience).removesuffix(" may")
    return {_THREAD: f"Who can see the thread: {here}"} | {word: _WIDER[word] for word in wider}


def _options(given: Mapping[Any, str]) -> list[Block]:
    return [{"text": _text(label), "value": str(value)} for value, label in given.items()]


def _written(name: str, text: str, most: int, *, multiline: bool = False) -> Block:
    return {
        "type": "plain_text_input",
        "action_id": name,
        "initial_value": text[:most],
        "multiline": multiline,
        "max_length": most,
    }


def _input(name: str, label: str, element: Block, hint: str = "") -> Block:
    block: Block = {"type": "input", "block_id": name, "label": _text(label), "element": element}
    return block | ({"hint": _text(hint)} if hint else {})


def _typed(field: Mapping[str, Any], most: int) -> str:
    return str(field.get("value") or "").replace("\x00", "").strip()[:most]


def _text(text: str) -> Block:
    return {"type": "plain_text", "text": plain(text, 150)}
