"""How much the desk takes of whom: of people by limits that admins don't have, of listed bots so little that no loop
goes on."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from bot.desk.model import Accepted, Allowance
from bot.settings import LimitSettings, SlackSettings

BOTS_S = 60.0  # in a channel, bots have as many answers in such a time as in a thread in all


@dataclass(frozen=True, slots=True)
class Manners:
    """`bots`: ids of the bots, apps and bots' users whose messages are questions."""

    limits: LimitSettings = field(default_factory=LimitSettings)
    admins: Collection[str] = ()
    bots: Collection[str] = ()

    def allowance(self, item: Accepted) -> Allowance | None:
        """None: without limits. A bot has another one, which loses what is over it: nobody there could be told."""
        if item.by_bot or item.user in self.admins:
            return None
        limits = self.limits
        return Allowance(
            limits.per_user_per_minute,
            limits.per_user_per_day,
            limits.per_channel_per_minute,
            timedelta(seconds=limits.longest_delay_s),
        )


def manners_of(limits: LimitSettings, slack: SlackSettings) -> Manners:
    return Manners(limits, frozenset(slack.admins), frozenset(slack.listens_to_bots))
