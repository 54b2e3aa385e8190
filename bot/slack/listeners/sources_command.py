"""/sources WORDS: a private list of what the documents say about them; Share shows it to the channel. `sync`, `status`,
`quiet` and `help` are commands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.desk.audience import UNKNOWN_READERS, may_read
from bot.desk.errors import DeskError
from bot.desk.model import Desk, FoundSources, Readable
from bot.desk.ports import Clock
from bot.desk.sources_request import Help, Quiet, Status, SyncNow, read_request
from bot.slack.asked_privately import AboutMessage
from bot.slack.blocks import SHARE_IN_THREAD, Message, found
from bot.slack.client import SlackClients, SlackRefused
from bot.slack.desks import Desks
from bot.slack.inbound import Identity, clean
from bot.slack.listeners.quiet import QuietButtons
from bot.slack.listeners.sync_command import SyncCommand
from bot.slack.mrkdwn import escape
from bot.slack.offers import Covers
from bot.slack.people import People
from bot.slack.shared_posts import SharedPosts

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

HELP = (
    "Type `/sources` and a few words, such as `/sources return without receipt`, to see what the documents say.\n"
    "`/sources status` says how fresh they are; admins bring them up to date with `/sources sync` or"
    " `/sources sync NAME`.\n"
    "`/sources quiet` keeps me quiet in a thread of this channel."
)
_WORDS = 300


class LookUpSources(Covers, Protocol):
    def __call__(self, words: str, desk: Desk, readable: Sequence[str]) -> Awaitable[FoundSources]: ...


class SourcesCommand:
    def __init__(
        self,
        look_up: LookUpSources,
        desks: Desks,
        clients: SlackClients,
        me: Identity,
        clock: Clock,
        people: People,
        posts: SharedPosts,
        quiet: QuietButtons,
        syncs: SyncCommand | None = None,
    ) -> None:
        """Without `syncs` every word is searched for."""
        self._look_up = look_up
        self._desks = desks
        self._clients = clients
        self._me = me
        self._clock = clock
        self._people = people
        self._quiet = quiet
        self._posts = posts
        self._syncs = syncs

    async def run(self, ack: Ack, body: Body) -> None:
        """Acked at once; the list follows through the response_url and only its asker sees it."""
        words = clean(str(body.get("text") or ""), self._me)[:_WORDS]
        match read_request(words, self._syncs.sources if self._syncs else ()), self._syncs:
            case Help(), _:
                await ack(response_type="ephemeral", text=HELP)
            case Quiet(), _:
                await self._quiet.choose(ack, body)
            case Status(), SyncCommand() as syncs:
                await syncs.status(ack, body)
            case SyncNow(sources), SyncCommand() as syncs:
                await syncs.sync(ack, body, sources)
            case _:
                await ack()
                channel, user = str(body.get("channel_id")), str(body.get("user_id"))
                await self._respond(body, await self._private(words, channel, user), response_type="ephemeral")

    async def share(self, ack: Ack, body: Body) -> None:
        """Search again for those who will see it (rule 6), and post that once, in the channel or the thread, under the
        sharer's name. What the sharer alone may read is not posted, and then nothing is: a part of the list would pass
        for the whole."""
        await ack()
        value, user = str(body["actions"][0].get("value") or ""), str(body["user"]["id"])
        thread_ts, words = None, value[:_WORDS]
        if body["actions"][0].get("action_id") == SHARE_IN_THREAD:
            thread_ts, _, words = value.partition(" ")
        channel = str((body.get("channel") or {}).get("id") or "")
        message = await self._to_share(words, channel, user)
        if isinstance(message, str):  # an outage, "nothing found" or a refusal is for the sharer alone
            await self._respond(body, Message(message), response_type="ephemeral", replace_original=False)
            return
        listing = str((body.get("container") or {}).get("message_ts") or "")
        try:
            key = f"sources:{channel}:{listing}:{user}"
            if not await self._posts.post(key, user, channel, thread_ts, [message]):
                return  # pressed twice
        except SlackRefused as error:
            # Where the bot is no member only the command's own response reaches the channel.
            log.info("sharing through the response_url in %s: %s", channel, error.code)
            there = {"thread_ts": thread_ts} if thread_ts else {}
            await self._respond(body, message, response_type="in_channel", replace_original=False, **there)
        except DeskError as error:
            log.warning("sharing failed: %s", error)
            await self._respond(body, Message(escape(error.public) + " Please share it again in a minute."))
            return
        where = "the thread" if thread_ts else "this channel"
        await self._respond(body, Message(f"Shared in {where}."), replace_original=True)

    async def about_message(self, body: Body, text: str, about: AboutMessage) -> None:
        """The twin of the command for a message, in whose thread it is shown and shared."""
        words = text[:_WORDS]
        message = await self._private(words, about.channel, str(body["user"]["id"]), about.thread_ts)
        there = {"thread_ts": about.in_thread} if about.in_thread else {}
        await self._respond(body, message, response_type="ephemeral", **there)

    async def _private(self, words: str, channel: str, user: str, thread_ts: str | None = None) -> Message:
        """What the asker may read, for them alone, and how much more there is."""
        try:
            own = await self._people.own(user, self._me.team)
            result = await self._look_up(words, self._desks.of(channel), own.keywords)
        except DeskError as error:
            return Message(self._failed(error, user))
        notice = " ".join(filter(None, (_withheld(result.withheld), "" if own.known else UNKNOWN_READERS)))
        if not result.hits:
            help = "" if thread_ts else f"\n{HELP}"  # who asks about a message has typed nothing
            return Message(" ".join(filter(None, (_nothing(words), escape(notice)))) + help)
        return found(result.hits, words, self._clock(), share=words, thread_ts=thread_ts, notice=notice)

    async def _to_share(self, words: str, channel: str, user: str) -> Message | str:
        """What may be posted in the channel, or why nothing may, as mrkdwn."""
        desk, people = self._desks.of(channel), self._people
        try:
            own, there = await asyncio.gather(
                people.own(user, self._me.team), people.readable_by(channel, user, self._me.team)
            )
            seen, result = await asyncio.gather(
                self._look_up(words, desk, own.keywords), self._look_up(words, desk, there.keywords)
            )
        except DeskError as error:
            return self._failed(error, user)
        if not_there := [hit for hit in seen.hits if not may_read(hit.audience, there.keywords)]:
            return _refused(len(not_there), len(seen.hits), there)
        return found(result.hits, words, self._clock(), by=user) if result.hits else _nothing(words)

    def _failed(self, error: DeskError, user: str) -> str:
        log.error("/sources by %s failed: %s", user, error)
        return escape(error.public) + " Please try again in a minute."

    async def _respond(self, body: Body, message: Message, **options: object) -> None:
        payload = {"text": message.text, "blocks": list(message.blocks), **options}
        try:
            await self._clients.respond(str(body["response_url"]), payload)
        except DeskError as error:
            log.error("the answer to /sources could not be shown: %s", error)


def _nothing(words: str) -> str:
    return escape(f"No document says anything about “{words}”. Try other words.")


def _withheld(count: int) -> str:
    if not count:
        return ""
    return (
        "1 more document fits, which you may not read."
        if count == 1
        else (f"{count} more documents fit, which you may not read.")
    )


def _refused(count: int, of: int, there: Readable) -> str:
    if not there.known:
        return "Nothing was shared: I can't see who is in this conversation, and part of this list is not public."
    return (
        f"Nothing was shared: {count} of these {of} sections may not be read by everybody who can see this channel. "
        "Search with words that find only what they may read, or send the links to those who may."
    )
