"""What leaves for other systems: webhooks and e-mail, from the outbox in the store."""

from bot.outbox.deliveries import Deliveries
from bot.outbox.given_up import GivenUpWarnings
from bot.outbox.targets import subscriptions_of, targets_of

__all__ = ["Deliveries", "GivenUpWarnings", "subscriptions_of", "targets_of"]
