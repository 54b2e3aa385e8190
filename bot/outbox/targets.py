"""Who is told, by the settings."""

from collections.abc import Mapping

from bot.desk.outgoing import Subscription, Target
from bot.desk.ports import Clock
from bot.outbox.email import Email
from bot.outbox.webhook import Webhook
from bot.outgoing_settings import EmailSettings
from bot.settings import BotSettings

EMAIL = "email"  # the name of the one target that is no webhook


def subscriptions_of(settings: BotSettings) -> tuple[Subscription, ...]:
    """For whom events are written."""
    hooks = tuple(
        Subscription(hook.name, desks=frozenset(hook.desks), moves=frozenset(hook.events)) for hook in settings.webhooks
    )
    return hooks + (_mailboxes(settings.email) if settings.email else ())


def _mailboxes(email: EmailSettings) -> tuple[Subscription, ...]:
    """One a mailbox: what one of them does not take, the others get all the same."""
    moves = frozenset(email.events)
    if not isinstance(email.to, dict):
        return tuple(Subscription(EMAIL, mailbox, moves=moves) for mailbox in dict.fromkeys(email.to))
    by_mailbox: dict[str, set[str]] = {}
    for desk, mailboxes in email.to.items():
        for mailbox in mailboxes:
            by_mailbox.setdefault(mailbox, set()).add(desk)
    return tuple(Subscription(EMAIL, one, desks=frozenset(desks), moves=moves) for one, desks in by_mailbox.items())


def targets_of(settings: BotSettings, clock: Clock) -> Mapping[str, Target]:
    targets: dict[str, Target] = {hook.name: Webhook(hook, clock) for hook in settings.webhooks}
    if settings.email:
        targets[EMAIL] = Email(settings.email)
    return targets
