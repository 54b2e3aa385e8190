"""What somebody is told, alone, who addresses the bot where a human has the thread. Pure."""

from bot.desk.model import Accepted
from bot.slack.blocks import Block, Message, button, rich, span

ANSWER_ANYWAY = "answer_anyway"
KEEPS_QUIET = "A colleague has this thread, so I keep quiet here until it is resolved."
PASSED_ON = "I have passed this on to the colleague who has your request."


def quiet_note(item: Accepted, *, noted: bool) -> Message:
    """With the way around it. `noted`: its owner is told that this was written; in a direct message they get it whole,
    for only the asker sees that."""
    said = PASSED_ON if noted and item.kind == "dm" else KEEPS_QUIET
    press = button("Answer me anyway", ANSWER_ANYWAY, f"{item.thread_ts or item.ts} {item.ts}")
    actions: Block = {"type": "actions", "elements": [press]}
    return Message(said, (rich(span(said)), actions))
