"""What a human needs in order to take over, gathered from the records. Pure."""

from bot.desk.model import Brief, Escalation, StoredAnswer

_ANSWERED_CHARS = 1_500


def brief_of(
    escalation: Escalation, answer: StoredAnswer | None, asker: str, owner: str | None, thread_url: str | None
) -> Brief:
    """`asker` and `owner` are names. A long answer is cut: the thread has all of it."""
    answered = answer.text if answer else ""
    if len(answered) > _ANSWERED_CHARS:
        answered = answered[:_ANSWERED_CHARS].rstrip() + "…"
    return Brief(
        escalation=escalation,
        asker=asker,
        thread_url=thread_url,
        answered=answered,
        sources=answer.citations if answer else (),
        owner=owner,
        audiences=answer.audiences if answer else (),
    )
