"""/sources WORDS: a private list of what the documents say about them; Share shows it to the channel. `sync`, `status`
and `help` are commands."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.desk.errors import DeskError
from bot.desk.model import Desk, Place, SourceHit
from bot.desk.ports import Clock
from bot.desk.sources_request import Help, Status, SyncNow, read_request
from bot.slack.answering import Desks
from bot.slack.blocks import Message, found
from bot.slack.client import SlackClients, SlackRefused, slack_errors
from bot.slack.inbound import Identity, clean
from bot.slack.listeners.sync_command import SyncCommand
from bot.slack.mrkdwn import escape

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

HELP = (
    "Type `/sources` and a few words, such as `/sources return without receipt`, to see what the documents say.\n"
    "`/sources status` says how fresh they are; admins bring them up to date with `/sources sync` or"
    " `/sources sync NAME`."
)
_WORDS = 300


class LookUpSources(Protocol):
    def __call__(self, words: str, desk: Desk, place: Place) -> Awaitable[Sequence[SourceHit]]: ...


class SourcesCommand:
    def __init__(
        self,
        look_up: LookUpSources,
        desks: Desks,
        clients: SlackClients,
        me: Identity,
        clock: Clock,
        syncs: SyncCommand | None = None,
    ) -> None:
        """Without `syncs` every word is searched for."""
        self._look_up = look_up
        self._desks = desks
        self._clients = clients
        self._me = me
        self._clock = clock
        self._syncs = syncs

    async def run(self, ack: Ack, body: Body) -> None:
        """Acked at once; the list follows through the response_url and only its asker sees it."""
        words = clean(str(body.get("text") or ""), self._me)[:_WORDS]
        match read_request(words, self._syncs.sources if self._syncs else ()), self._syncs:
            case Help(), _:
                await ack(response_type="ephemeral", text=HELP)
            case Status(), SyncCommand() as syncs:
                await syncs.status(ack, body)
            case SyncNow(sources), SyncCommand() as syncs:
                await syncs.sync(ack, body, sources)
            case _:
                await ack()
                channel, user = str(body.get("channel_id")), str(body.get("user_id"))
                message, _ = await self._found(words, channel, user, share=words)
                await self._respond(body, message, response_type="ephemeral")

    async def share(self, ack: Ack, body: Body) -> None:
        """Search again for those who will see it (rule 6), and post that under the sharer's name."""
        await ack()
        words, user = str(body["actions"][0].get("value") or "")[:_WORDS], str(body["user"]["id"])
        channel = str((body.get("channel") or {}).get("id") or "")
        message, any_hits = await self._found(words, channel, user, by=user)
        if not any_hits:  # an outage or "nothing found" is for the sharer alone
            await self._respond(body, message, response_type="ephemeral", replace_original=False)
            return
        try:
            with slack_errors():
                await self._clients.poster.chat_postMessage(
                    channel=channel,
                    text=message.text,
                    blocks=list(message.blocks) or None,
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except SlackRefused as error:
            # Where the bot is no member only the command's own response reaches the channel.
            log.info("sharing through the response_url in %s: %s", channel, error.code)
            await self._respond(body, message, response_type="in_channel", replace_original=False)
        except DeskError as error:
            log.warning("sharing failed: %s", error)
            await self._respond(body, Message(escape(error.public) + " Please share it again in a minute."))
            return
        await self._respond(body, Message("Shared in this channel."), replace_original=True)

    async def _found(
        self, words: str, channel: str, user: str, *, share: str | None = None, by: str | None = None
    ) -> tuple[Message, bool]:
        """What to show, and whether there is a hit in it."""
        place = Place(self._me.team, channel, "dm" if channel.startswith("D") else "channel")
        try:
            hits = await self._look_up(words, self._desks.of(channel), place)
        except DeskError as error:
            log.error("/sources by %s failed: %s", user, error)
            return Message(escape(error.public) + " Please try again in a minute."), False
        if not hits:
            return Message(escape(f"No document says anything about “{words}”. Try other words.")), False
        return found(hits, words, self._clock(), share=share, by=by), True

    async def _respond(self, body: Body, message: Message, **options: object) -> None:
        payload = {"text": message.text, "blocks": list(message.blocks), **options}
        try:
            await self._clients.respond(str(body["response_url"]), payload)
        except DeskError as error:
            log.error("the answer to /sources could not be shown: %s", error)
