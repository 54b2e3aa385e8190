"""Why an escalation was moved, in words: each move is stored with a reason, also where nobody gave one. Pure."""

from collections.abc import Mapping

from bot.desk.human_path import HandoverReason, Move

WHY_CALLED: Mapping[str, str] = {
    HandoverReason.ASKED: "they asked for it",
    HandoverReason.ABSTAINED_TWICE: "the bot found no answer, twice",
    HandoverReason.POLICY: "the desk's rules say so",
    HandoverReason.TRIAGE: "it looks like a case for a human",
    HandoverReason.FEEDBACK: "they said that the answer was wrong",
}
# True of each such move, whoever made it. A CALL has a HandoverReason.
_USUAL: Mapping[Move, str] = {
    Move.CLAIM: "an agent takes care of it",
    Move.REPLY: "there is an answer for the asker",
    Move.WAIT: "something is needed from the asker",
    Move.ASKER_WROTE: "the asker has more to say",
    Move.HAND_OVER: "somebody else is to take care of it",
    Move.CONFIRM: "the asker has what they need",
    Move.NOT_YET: "the answer did not solve it",
    Move.CLOSE: "nothing is left to do",
    Move.REOPEN: "the asker needs more help",
    Move.SNOOZE: "it can wait until then",
    Move.WAKE: "it was put off until now",
    Move.EXPIRE: "the asker did not answer",
}


def reason_of(move: Move, given: str) -> str:
    """What is stored of a move for which somebody gave this reason, or "" where nobody did."""
    return given.strip() or _USUAL.get(move, "")


def given_reason(move: Move, stored: str) -> str:
    """What somebody said of it, in words; "": nobody did, and the move speaks for itself."""
    return "" if stored == _USUAL.get(move) else in_words(move, stored)


def in_words(move: str, stored: str) -> str:
    """A stored reason for people."""
    return WHY_CALLED.get(stored, stored) if move == Move.CALL else stored
