"""What people are told of a move: the asker in their thread, its owner beside the brief. Pure."""

from bot.desk.human_path import DESK, TIMER, Brief, EscalationState, Move, Transition
from bot.desk.reasons import given_reason
from bot.slack.blocks import Block, Message, button
from bot.slack.mrkdwn import escape, moment, plain, split

SOLVED, NOT_YET = "human_solved", "human_not_yet"  # the asker's buttons
NO_NEED, MORE_HELP = "human_no_need", "human_more_help"
_SECTION = 2_900  # characters of mrkdwn


def announcement(brief: Brief, move: Transition) -> Message | None:
    """For the asker's thread, as mrkdwn; None: it is of no matter there."""
    if move.move in (Move.REPLY, Move.WAIT):
        return _reply(brief, move)
    text = _told(brief, move)
    if text is None:
        return None
    buttons = _offered(move)
    return Message(text, (_section(text), {"type": "actions", "elements": buttons}) if buttons else ())


def word_to_owner(brief: Brief, move: Transition) -> Message | None:
    """For the thread of the brief, where the owner is mentioned; None: it is of no matter to them, or their own doing.
    One who has it no more is told as well. What they write into a direct message stands there too: nobody else who
    helps could read it."""
    asker, owner = escape(brief.asker), f"<@{move.owner}> " if move.owner else ""
    match move.move:
        case Move.HAND_OVER if move.by != move.owner:
            by = _name(brief, move.by)
            return Message(f"{owner}{by} has handed this over to you{_because(move)}.")
        case Move.REPLY | Move.WAIT if move.text and brief.escalation.channel.startswith("D"):
            did = "replied" if move.move is Move.REPLY else f"asked {asker}"
            return _passed_on(f"{_name(brief, move.by)} {did}", move.text)
        case Move.ASKER_WROTE:
            return _passed_on(f"{owner}{asker} has written in the thread", move.text)
        case Move.NOT_YET:
            return Message(f"{owner}{asker} says that this is not solved yet.")
        case Move.CONFIRM:
            return Message(f"{owner}{asker} says that this is solved. Resolve it when nothing is left to do.")
        case Move.REOPEN:
            return Message(f"{_name(brief, move.by)} asks for more help here. Nobody has it now.")
        case Move.CLOSE if move.by != move.owner and move.owner:
            by = "This was closed" if move.by == TIMER else f"{_name(brief, move.by)} has closed this"
            return Message(f"{owner}{by}{_because(move)}.")
        case Move.WAKE if move.by == TIMER:
            waits = f"{asker} still waits for you." if move.after is EscalationState.CLAIMED else "This is still open."
            return Message(f"{owner}You put this off until now. {waits}")
        case Move.EXPIRE:
            return Message(f"{owner}{asker} did not answer, so this has expired.")
        case _:
            return None


def _told(brief: Brief, move: Transition) -> str | None:
    who = f"<@{move.owner}>" if move.owner else "A colleague"
    in_dm = brief.escalation.channel.startswith("D")
    where, when = "answer here", f" {escape(brief.expected)}" if brief.expected else ""
    passed = " What you write in this thread is passed on to them." if in_dm else ""
    match move.move:
        case Move.CALL if move.by == DESK:
            return f"I've also asked a colleague to look at this. Somebody will {where}.{passed}{when}"
        case Move.CALL:
            return f"I have asked a human to help. Somebody will {where}.{passed}{when}"
        case Move.CLAIM:
            quiet = "I keep quiet in this thread until it is resolved."
            return f"{who} has taken this and will {where} ({moment(move.at)}). {quiet}{passed}"
        case Move.HAND_OVER:
            return f"{who} has this now and will {where} ({moment(move.at)})."
        case Move.CONFIRM:
            return "Good to hear. I answer here again."
        case Move.NOT_YET:
            return f"I have told {who}, who will {where}."
        case Move.CLOSE if move.by == TIMER and move.before is EscalationState.CONFIRMED:
            return None
        case Move.CLOSE:
            return f"{_closed(brief, move, who)} Write here or mention me if you need more."
        case Move.REOPEN:
            return f"I have asked for a human again. Somebody will {where}.{passed}{when}"
        case Move.EXPIRE:
            return "I have closed your request for a human, because their question to you was not answered."
        case _:
            return None


def _closed(brief: Brief, move: Transition, who: str) -> str:
    if move.by == brief.escalation.asker:
        return "You need no human any more, so I have closed your request."
    if move.by == TIMER:
        return "I have heard nothing more of this, so I have closed your request for a human."
    by = who if move.by == move.owner else f"<@{move.by}>"
    return f"{by} has marked this as resolved{_because(move)}."


def _offered(move: Transition) -> list[Block]:
    one = move.escalation_id
    if move.move in (Move.CALL, Move.REOPEN):
        return [button("No longer needed", NO_NEED, one)]
    if move.move in (Move.CLOSE, Move.EXPIRE):
        return [button("I still need help", MORE_HELP, one)]
    return []


def _reply(brief: Brief, move: Transition) -> Message | None:
    """Under the agent's name. What they wrote can mention nobody."""
    if not move.text:  # forgotten since
        return None
    name = _name(brief, move.by)
    blocks = [_section(part) for part in (f"*{name} (support):*", *split(escape(move.text), _SECTION))]
    if move.move is Move.WAIT:
        ask = f"{name} needs your answer to go on. Please write it here, in this thread."
        return Message(f"{name} (support): {escape(move.text)}\n{ask}", (*blocks, _section(f"_{ask}_")))
    one = move.escalation_id
    buttons = [button("That solved it", SOLVED, one, "primary"), button("Not yet", NOT_YET, one)]
    return Message(f"{name} (support): {escape(move.text)}", (*blocks, {"type": "actions", "elements": buttons}))


def _passed_on(said: str, text: str) -> Message:
    quoted = "\n".join(f"&gt; {line}" for line in escape(text[:_SECTION]).splitlines())
    return Message(f"{said}:\n{quoted}" if quoted else f"{said}.")


def _name(brief: Brief, user: str) -> str:
    """As it stands in the history, which has everybody who made a move."""
    return escape(plain(brief.names.get(user, ""), 100)).replace("*", "") or "A colleague"


def _because(move: Transition) -> str:
    given = given_reason(move.move, move.reason)
    return f": {escape(plain(given, 300)).rstrip('.')}" if given else ""


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
