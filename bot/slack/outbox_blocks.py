"""How the admins' channel hears of what another system did not get. Pure."""

from bot.desk.model import OutboxNotice
from bot.slack.blocks import Message, rich, span


def outbox_message(notice: OutboxNotice) -> Message:
    events = "An event" if notice.events == 1 else f"{notice.events} events"
    title = f"{notice.target} is not told"
    said = f"{events} for it could not be delivered, and I have given up. The last error: {notice.error}."
    code = {"style": {"code": True}}
    lines = (
        span(f"\n{said}\n"),
        span("frontdesk outbox") | code,
        span(" lists them, "),
        span("frontdesk outbox retry --all") | code,
        span(" tries again."),
    )
    return Message(f"{title}: {said}", (rich(span(title, bold=True), *lines),))
