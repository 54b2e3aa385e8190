"""An answer for one person alone, and the same as they show it to others, in Block Kit. Pure.

Each comes in two forms, for a Slack that refuses the first: the second has only what every Slack has, and the same
buttons.
"""

from collections.abc import Callable, Sequence

from bot.desk.model import Answer, Outcome
from bot.slack.asked_privately import AboutMessage
from bot.slack.blocks import (
    FEEDBACK,
    Block,
    Message,
    button,
    evidence,
    feedback_buttons,
    plainer,
    rich,
    span,
    why_button,
    with_closing,
)
from bot.slack.mrkdwn import split

SHARE_ANSWER = "answer_share"
_SECTION = 2_900  # characters; a section takes 3,000
Form = Callable[[], list[Message]]


def private_forms(answer: Answer, key: str, about: AboutMessage) -> Sequence[Form]:
    """`about` is the message that was asked about."""
    author: list[Block] = [{"type": "user", "user_id": about.author}] if about.author else [span("an app")]
    opening = rich(span("About the message of "), *author, span(". Only you can see this."))
    by = f"<@{about.author}>" if about.author else "an app"
    told = f"About the message of {by}. Only you can see this."
    return _forms(answer, key, opening, told, _share(answer, key))


def shared_forms(answer: Answer, key: str, by: str) -> Sequence[Form]:
    """`by` is the id of who shared it."""
    said = "asked me about this and shares my answer:"
    return _forms(answer, key, rich({"type": "user", "user_id": by}, span(f" {said}")), f"<@{by}> {said}", [])


def closing(answer: Answer, key: str) -> list[Block]:
    """What ends a private answer that comes by direct message."""
    return [*evidence(answer), *_looked_into(answer, key, _share(answer, key))]


def _share(answer: Answer, key: str) -> list[Block]:
    return [button("Share in the thread", SHARE_ANSWER, key)] if answer.outcome is Outcome.ANSWERED else []


def _forms(answer: Answer, key: str, opening: Block, told: str, buttons: list[Block]) -> Sequence[Form]:
    def best() -> list[Message]:
        messages = with_closing(answer, [*evidence(answer), *_looked_into(answer, key, buttons)])
        return [Message(messages[0].text, (opening, *messages[0].blocks)), *messages[1:]]

    def plain() -> list[Message]:
        whole = plainer(answer, 6_000).text
        sections = [_section(one) for one in (told, *split(whole, _SECTION))]
        return [Message(f"{told}\n{whole}"[:3_000], (*sections, *_ordinary(answer, key, buttons)))]

    return (best, plain)


def _looked_into(answer: Answer, key: str, buttons: list[Block]) -> list[Block]:
    """No way to a human: calling one would tell the whole thread that somebody had asked."""
    if answer.outcome not in (Outcome.ANSWERED, Outcome.ABSTAINED):
        return []
    return [feedback_buttons(key), {"type": "actions", "elements": [*buttons, why_button(key)]}]


def _ordinary(answer: Answer, key: str, buttons: list[Block]) -> list[Block]:
    if answer.outcome not in (Outcome.ANSWERED, Outcome.ABSTAINED):
        return []
    thumbs = [
        button("Helpful", f"{FEEDBACK}_positive", f"up {key}"),
        button("Not helpful", f"{FEEDBACK}_negative", f"down {key}"),
    ]
    return [{"type": "actions", "elements": [*thumbs, *buttons, why_button(key)]}]


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:3_000] or "…"}}
