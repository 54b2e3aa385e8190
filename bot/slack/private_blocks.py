"""An answer for one person alone, and the same as they show it to others, in Block Kit. Pure."""

from bot.desk.model import Answer, Outcome
from bot.slack.asked_privately import AboutMessage
from bot.slack.blocks import Block, button, evidence, feedback_buttons, rich, span, why_button
from bot.slack.forms import Forms, Frame, whole_forms

SHARE_ANSWER = "answer_share"


def private_forms(answer: Answer, key: str, about: AboutMessage) -> Forms:
    """`about` is the message that was asked about."""
    author: list[Block] = [{"type": "user", "user_id": about.author}] if about.author else [span("an app")]
    opening = rich(span("About the message of "), *author, span(". Only you can see this."))
    by = f"<@{about.author}>" if about.author else "an app"
    told = f"About the message of {by}. Only you can see this."
    return whole_forms(answer, Frame(closing(answer, key), [opening], told))


def shared_forms(answer: Answer, key: str, by: str) -> Forms:
    """`by` is the id of who shared it."""
    said = "asked me about this and shares my answer:"
    opening = rich({"type": "user", "user_id": by}, span(f" {said}"))
    shown = [*evidence(answer), *_looked_into(answer, key, [])]
    return whole_forms(answer, Frame(shown, [opening], f"<@{by}> {said}"))


def closing(answer: Answer, key: str) -> list[Block]:
    """What ends a private answer."""
    return [*evidence(answer), *_looked_into(answer, key, _share(answer, key))]


def _share(answer: Answer, key: str) -> list[Block]:
    return [button("Share in the thread", SHARE_ANSWER, key)] if answer.outcome is Outcome.ANSWERED else []


def _looked_into(answer: Answer, key: str, buttons: list[Block]) -> list[Block]:
    """No way to a human: calling one would tell the whole thread that somebody had asked."""
    if answer.outcome not in (Outcome.ANSWERED, Outcome.ABSTAINED):
        return []
    return [feedback_buttons(key), {"type": "actions", "elements": [*buttons, why_button(key)]}]
