"""An answer for one person alone, and the same as they show it to others, in Block Kit. Pure."""

from bot.desk.model import Answer, Outcome
from bot.slack.asked_privately import AboutMessage
from bot.slack.blocks import Block, Message, button, evidence, feedback_buttons, rich, span, why_button, with_closing

SHARE_ANSWER = "answer_share"


def private_messages(answer: Answer, key: str, about: AboutMessage) -> list[Message]:
    """`about` is the message that was asked about."""
    author: list[Block] = [{"type": "user", "user_id": about.author}] if about.author else [span("an app")]
    opening = rich(span("About the message of "), *author, span(". Only you can see this."))
    messages = with_closing(answer, closing(answer, key))
    return [Message(messages[0].text, (opening, *messages[0].blocks)), *messages[1:]]


def closing(answer: Answer, key: str) -> list[Block]:
    """No way to a human: calling one would tell the whole thread that somebody had asked."""
    buttons = [button("Share in the thread", SHARE_ANSWER, key)] if answer.outcome is Outcome.ANSWERED else []
    return [*evidence(answer), *_looked_into(answer, key, buttons)]


def shared_messages(answer: Answer, key: str, by: str) -> list[Message]:
    """`by` is the id of who shared it."""
    opening = rich({"type": "user", "user_id": by}, span(" asked me about this and shares my answer:"))
    messages = with_closing(answer, [*evidence(answer), *_looked_into(answer, key, [])])
    return [Message(messages[0].text, (opening, *messages[0].blocks)), *messages[1:]]


def _looked_into(answer: Answer, key: str, buttons: list[Block]) -> list[Block]:
    if answer.outcome not in (Outcome.ANSWERED, Outcome.ABSTAINED):
        return []
    return [feedback_buttons(key), {"type": "actions", "elements": [*buttons, why_button(key)]}]
