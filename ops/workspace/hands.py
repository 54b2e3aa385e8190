"""The workspace in a test's hands: people by name who act, and looks at what is there."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from ops.workspace.actions import action_on
from ops.workspace.people import People, addressed
from ops.workspace.state import BOT, Channel, Json, State, User, UserGroup
from ops.workspace.views import stack


class Hands:
    """People and channels are given by id or name. Raises Refused where Slack's client would refuse."""

    def __init__(self, state: State, people: People) -> None:
        self.state, self.people = state, people

    # People, by name or id

    def add_user(self, name: str, real_name: str, email: str = "", **traits: Any) -> str:
        """Somebody more, in #support and #general; traits as of state.User, such as is_restricted=True. Their id."""
        user = User(f"U0{name.upper()}", name, real_name, email, **traits)
        self.state.team.users[user.id] = user
        for channel in ("support", "general"):
            self.state.channel(channel).members.append(user.id)
        return user.id

    def add_channel(self, name: str, members: Sequence[str], kind: Literal["channel", "private", "mpim"]) -> str:
        """A channel more, or a group DM; the bot is in it. Its id."""
        people = [self.state.user(one).id for one in members]
        channel = Channel(f"C0{name.upper()}", name, kind, [*people, BOT])
        self.state.team.channels[channel.id] = channel
        self.state.messages[channel.id] = {}
        return channel.id

    def share_channel(self, channel: str, *, shared: bool = True) -> None:
        """Slack Connect: another workspace is in the channel from now on, or no more."""
        known = self.state.channel(channel)
        known.is_ext_shared = shared
        self.people.events.shared(known)

    def set_group(self, handle: str, users: Sequence[str]) -> str:
        """A user group with these people. Its id."""
        group = UserGroup(f"S0{handle.replace('-', '').upper()}", handle, [self.state.user(one).id for one in users])
        self.state.team.groups[group.id] = group
        return group.id

    async def say(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> str:
        """Write a message; "@frontdesk" in it is a mention. Its ts. "dm" as channel is the person's DM with the bot.
        `files` are ids that upload() gave."""
        person = self.state.user(user)
        return str(self.people.say(person, self._channel(user, channel), addressed(text), thread_ts, files)["ts"])

    def upload(self, user: str, name: str, content: bytes, **fields: Any) -> str:
        """A file for say(). `fields` replace what Slack would say of it: mimetype, mode, is_external, file_access,
        url_private_download, ... Its id."""
        return str(self.people.upload(self.state.user(user), name, content, **fields)["id"])

    async def say_as_bot(self, bot: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Another app's message; its bot joins the channel for it."""
        member, place = self.state.user(bot), self.state.channel(channel)
        if member.id not in place.members:
            place.members.append(member.id)
        return await self.say(bot, channel, text, thread_ts)

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        self.people.edit(self.state.user(user), self._channel(user, channel), ts, addressed(text))

    async def delete(self, user: str, channel: str, ts: str) -> None:
        self.people.delete(self.state.user(user), self._channel(user, channel), ts)

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        self.people.react(self.state.user(user), self._channel(user, channel), ts, name)

    async def join(self, user: str, channel: str) -> None:
        self.people.join(self.state.user(user), self.state.channel(channel))

    def leave(self, user: str, channel: str) -> None:
        self.state.channel(channel).members.remove(self.state.user(user).id)

    async def command(self, user: str, channel: str, command: str, text: str = "") -> None:
        await self.people.command(self.state.user(user), self._channel(user, channel), command, text)

    async def click(
        self,
        user: str,
        channel: str = "",
        ts: str = "",
        action_id: str = "",
        value: str | None = None,
        *,
        view_id: str = "",
        values: Json | None = None,
    ) -> None:
        """Use an element of a message that `user` sees, or of a view (`view_id`).

        `value` chooses one: a feedback button, an option, a user, a day. `values`: what stands in the inputs beside it.
        """
        person = self.state.user(user)
        view = self.state.view(person.id, view_id) if view_id else None
        message = None if view_id else self.state.visible(person.id, self._channel(user, channel).id, ts)
        action = action_on((view or message or {}).get("blocks", []), action_id, value)
        await self.people.action(person, action, message=message, view=view, state=values or {})

    async def submit(self, view_id: str, user: str, values: Json) -> Json:
        """Send a modal with these values. The fields' errors by block_id; {} when it was taken."""
        return await self.people.submit(self.state.user(user), view_id, values)

    async def close(self, view_id: str, user: str) -> None:
        await self.people.close(self.state.user(user), view_id)

    async def shortcut(self, user: str, callback_id: str, channel: str, ts: str) -> None:
        await self.people.shortcut(self.state.user(user), callback_id, self._channel(user, channel), ts)

    async def look_at(self, user: str, channel: str) -> None:
        """Have a channel open beside the agent."""
        self.people.look_at(self.state.user(user), self._channel(user, channel), beside_app=True)

    async def open_home(self, user: str, tab: str = "home") -> None:
        self.people.open_home(self.state.user(user), tab)

    async def deliver(self, event: Json, *, event_id: str | None = None, times: int = 1) -> None:
        """Tell the app of any event, as often as wanted."""
        for _ in range(times):
            self.people.events.tell(event, event_id)

    def _channel(self, user: str, channel: str) -> Channel:
        if channel in ("dm", "@frontdesk"):
            return self.state.dm(self.state.user(user).id, BOT)
        return self.state.channel(channel)

    # Looking

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """The messages of a channel (its id or name; "dm:NAME" is that person's DM with the bot) or of a thread.

        Beside Slack's fields each has `mentions` and `links`: whom it notifies, and where it leads.
        """
        name = channel.removeprefix("dm:")
        held = self.state.channel(channel) if name == channel else self._channel(name, "dm")
        every = sorted(self.state.messages[held.id].values(), key=lambda one: float(one["ts"]))
        return [one for one in every if thread_ts is None or thread_ts in (one["ts"], one.get("thread_ts"))]

    def ephemerals(self, user: str) -> list[Json]:
        return self.state.ephemerals[self.state.user(user).id]

    def views(self, user: str) -> list[Json]:
        """A person's open modals, the top last."""
        return stack(self.state, self.state.user(user).id)

    def home(self, user: str) -> Json | None:
        return self.state.homes.get(self.state.user(user).id)

    def status(self, channel: str, thread_ts: str) -> str:
        """What the bot says it is doing in a thread; "" when nothing, or too long ago."""
        held = self.state.status(self.state.channel(channel).id, thread_ts)
        return str(held["status"]) if held else ""

    @property
    def calls(self) -> Sequence[Json]:
        """The wire log, oldest first."""
        return list(self.state.wire)

    def called(self, method: str) -> list[Json]:
        """What the app sent to this method."""
        return [entry for entry in self.state.wire if entry["kind"] == "web_api" and entry["name"] == method]

    async def wait_for(self, condition: Callable[[], Any], timeout: float = 10) -> Any:  # noqa: ASYNC109
        """Until the condition holds: its value. Looked at again after every change. Raises TimeoutError."""
        return await self.state.wait_for(condition, timeout)

    def set_notice(self, notice: Json | None) -> None:
        """The banner of the page: {"text", "done"?, "total"?}."""
        self.state.notice = notice
        self.state.publish({"type": "notice", "notice": notice})
