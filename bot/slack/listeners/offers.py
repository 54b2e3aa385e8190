"""The buttons of a private offer: answer here, only for me, no."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.desk.errors import DeskError
from bot.desk.model import Accepted, question_key
from bot.desk.ports import Clock, Posts
from bot.slack.attached import read_again
from bot.slack.blocks import Block, Message
from bot.slack.client import SlackClients, SlackRefused
from bot.slack.direct_posts import DirectPosts
from bot.slack.inbound import Heard, Identity, read
from bot.slack.intake import Intake

log = logging.getLogger(__name__)
Ack = Callable[..., Awaitable[Any]]
Body = Mapping[str, Any]

GONE = "That message is gone, so there is nothing to answer."
NOT_NOW = "I could not do that just now. Please press again in a minute."
IN_DM = "I answer you in our direct messages."


class OfferButtons:
    """A press makes the message a question that was put to the desk, as it stands now."""

    def __init__(self, intake: Intake, posts: Posts, clients: SlackClients, me: Identity, clock: Clock) -> None:
        self._intake = intake
        self._posts = posts
        self._direct = DirectPosts(clients)
        self._clients = clients
        self._me = me
        self._clock = clock

    async def here(self, ack: Ack, body: Body) -> None:
        await ack()
        await self._accept(body, private=False)

    async def me(self, ack: Ack, body: Body) -> None:
        await ack()
        await self._accept(body, private=True)

    async def no(self, ack: Ack, body: Body) -> None:
        await ack()
        await self._answer(body, "")

    async def _accept(self, body: Body, *, private: bool) -> None:
        try:
            item = await self._asked(body)
            if item is None:
                await self._answer(body, GONE)
                return
            await (self._accept_in_dm(item) if private else self._intake.take(item))
            await self._answer(body, IN_DM if private else "")
        except DeskError as error:
            log.error("an offer could not be kept: %s", error)
            await self._answer(body, NOT_NOW, replace_original=False)

    async def _asked(self, body: Body) -> Accepted | None:
        """The message, read again; None when it is gone."""
        team, channel, user = self._me.team, str(body["channel"]["id"]), str(body["user"]["id"])
        ts, now = str(body["actions"][0].get("value") or ""), self._clock()
        offered = Accepted(question_key(team, channel, ts), team, channel, ts, user, "channel", "", {}, now)
        try:
            message = await read_again(self._clients, offered)
        except SlackRefused as error:
            if error.code != "thread_not_found":
                raise
            message = None
        heard = read({**message, "type": "message", "channel": channel}, self._me, now) if message else None
        return heard.item if isinstance(heard, Heard) and heard.item.user == user else None

    async def _accept_in_dm(self, item: Accepted) -> bool:
        """As one of their direct messages, in the thread of a message of ours that repeats it. False: it is there."""
        key = f"{item.key}:offered"
        earlier = await self._posts.of(key)
        if earlier is not None and earlier.final:
            return False
        there = await self._direct.found(item.user, key, item.ts) if earlier is not None else {}
        await self._posts.started(key, item.user, "message")
        repeated = Message(f"You asked in <#{item.channel}>", tuple(_repeated(item)))
        post = there.get(0) or await self._direct.post(item.user, key, repeated, item.ts)
        dm, ts = post.channel, post.ts
        asked = replace(item, key=question_key(item.team, dm, ts), channel=dm, ts=ts, kind="dm", thread_ts=None)
        accepted = await self._intake.take(asked)
        await self._posts.posted(key, ts, final=True)
        return accepted

    async def _answer(self, body: Body, text: str, *, replace_original: bool = True) -> None:
        """In place of the offer; without a text it only goes away."""
        said: dict[str, object] = {"text": text, "replace_original": replace_original} if text else {}
        try:
            await self._clients.respond(str(body["response_url"]), said or {"delete_original": True})
        except DeskError as error:
            log.info("the offer stays as it is: %s", error)


def _repeated(item: Accepted) -> list[Block]:
    channel: Block = {"type": "channel", "channel_id": item.channel}
    said = {"type": "text", "text": item.text[:2_500]}
    asked = {"type": "rich_text_section", "elements": [{"type": "text", "text": "You asked in "}, channel]}
    return [{"type": "rich_text", "elements": [asked, {"type": "rich_text_quote", "elements": [said]}]}]
