"""Which desk a channel belongs to, how it takes part there, and whether it answers at all."""

from collections.abc import Sequence
from datetime import datetime

from bot.desk.desk_settings import ChannelSetting, Mode, Pause, SetInSlack
from bot.desk.model import Accepted, Desk, ThreadState
from bot.desk.ports import DeskSettings
from bot.slack.viewing import viewed_channel


class Desks:
    """What admins set in Slack goes before the configuration; a channel that neither names is the first desk's.

    It answers from memory, because every message of every channel asks it: refresh() reads what another process, or a
    run before this one, has set. What is set here holds at once.
    """

    def __init__(self, all: Sequence[Desk], settings: DeskSettings) -> None:
        self.all = tuple(all)
        self._settings = settings
        self._set = SetInSlack()

    async def refresh(self, team: str) -> None:
        """Raises StoreUnavailable; then what was known before still holds."""
        self._set = await self._settings.all(team)

    def of(self, channel: str) -> Desk:
        given = self._set.channels.get(channel)
        chosen = next((desk for desk in self.all if given and desk.name == given.desk), None)
        return chosen or self.configured(channel)

    def asked(self, item: Accepted, state: ThreadState) -> Desk:
        """Whose question it is, in that thread. In a direct message it is the desk of the channel that the asker looks
        at, whose questions were suggested to them, and a thread stays with its desk."""
        if item.kind != "dm":
            return self.of(item.channel)
        begun = next((desk for desk in self.all if desk.name == state.desk), None)
        return begun or self.of(viewed_channel(item.payload.get("app_context")))

    def configured(self, channel: str) -> Desk:
        return next((desk for desk in self.all if channel in desk.channels), self.all[0])

    def mode(self, channel: str) -> Mode:
        given = self._set.channels.get(channel)
        return given.mode if given else Mode.MENTIONS

    @property
    def pause(self) -> Pause | None:
        return self._set.pause

    @property
    def given(self) -> Sequence[ChannelSetting]:
        """What is set for channels and differs from what they are without, the latest first."""
        set_apart = [one for one in self._set.channels.values() if one.desk or one.mode is not Mode.MENTIONS]
        return sorted(set_apart, key=lambda one: one.changed_at, reverse=True)

    # By admins. Raises StoreUnavailable, with nothing changed.

    async def set_channel(self, team: str, channel: str, mode: Mode, desk: str | None, by: str, at: datetime) -> None:
        await self._settings.set_channel(team, ChannelSetting(channel, mode, desk, by, at))
        await self.refresh(team)

    async def pause_for(self, team: str, by: str) -> None:
        await self._settings.pause(team, by)
        await self.refresh(team)

    async def resume(self, team: str) -> None:
        await self._settings.resume(team)
        await self.refresh(team)
