"""Puts an answer into Slack, once: as a stream, as a message that is updated, or continued after a crash (rule 2)."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.desk.model import Answer, DraftSentence, Outcome, Posted, Question
from bot.desk.ports import Posts
from bot.slack.blocks import TEXT_LIMIT, Message, answer_messages, closing_blocks, links_of, plainer
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.inbound import Identity
from bot.slack.mrkdwn import is_linkable, safe_markdown

log = logging.getLogger(__name__)

EVENT_TYPE = "frontdesk_answer"
NO_STREAMS = frozenset(
    {
        "unknown_method",
        "not_allowed",
        "feature_not_enabled",
        "not_allowed_token_type",
        "missing_scope",
        "method_deprecated",
    }
)
TOO_MUCH = frozenset(
    {
        "msg_too_long",
        "msg_blocks_too_long",
        "invalid_blocks",
        "invalid_blocks_format",
        "too_many_blocks",
        "invalid_chunks",
    }
)
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_BUFFER = 256  # characters: appendStream is limited a workspace, so a short sentence waits for the next
_UPDATE_EVERY_S = 3.0


def metadata(key: str, part: int = 0) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key, "part": part}}


class Delivery:
    """What all answers share: the clients, the record of posts, and whether this workspace streams."""

    def __init__(self, clients: SlackClients, posts: Posts, *, streaming: bool = True) -> None:
        self.clients = clients
        self.posts = posts
        self.streaming = streaming

    def stage(self, question: Question, me: Identity, earlier: Posted | None = None) -> "SlackStage":
        """A stage for one question; `earlier` is what a run before this one posted, or may have."""
        return SlackStage(self, question, me, earlier)


class SlackStage:
    """bot.desk.ports.Stage in a thread. finish(), fail() and withdraw() end it."""

    def __init__(self, delivery: Delivery, question: Question, me: Identity, earlier: Posted | None) -> None:
        self._delivery = delivery
        self._clients = delivery.clients
        self._question = question
        self._me = me
        self._earlier = earlier
        self._resumed = earlier is not None
        self._ts: str | None = None
        self._streaming = False
        self._unsure = False  # an append was begun and its reply never came
        self._shown = ""  # Markdown that the stream has taken
        self._sentences: list[DraftSentence] = []
        self._links: set[str] = set()
        self._updated_at = 0.0
        self._opening: asyncio.Task[None] | None = None
        self._status: asyncio.Task[None] | None = None

    # -- while the answer is made

    async def resume(self) -> None:
        """Find what an earlier run posted, so that it is finished in place."""
        if self._earlier is None:
            return
        self._ts = self._earlier.ts or await self._find(0)
        if self._ts is None and self._earlier.kind == "stream":
            self._ts = await self._find_stream()
        if self._ts is not None and self._earlier.kind == "stream":
            await self._stop_quietly()

    async def progress(self, text: str) -> None:
        if self._status is None or self._status.done():
            self._status = asyncio.create_task(self._set_status(text))
        if not self._delivery.streaming and self._ts is None and self._opening is None:
            self._opening = asyncio.create_task(self._open())

    async def sentence(self, sentence: DraftSentence) -> None:
        self._sentences.append(sentence)
        self._links.update(one.uri for one in sentence.citations if is_linkable(one.uri))
        markdown = safe_markdown(self._text(), self._links)
        if self._resumed or len(markdown) > TEXT_LIMIT or not markdown.startswith(self._shown):
            return  # finish() shows the rest
        if self._streaming:
            await self._append(markdown)
        elif self._delivery.streaming and self._ts is None:
            await self._start_stream(markdown)
        elif self._ts is not None and time.monotonic() - self._updated_at > _UPDATE_EVERY_S:
            await self._update_quietly(markdown)

    def _text(self) -> str:
        return "".join(one.text for one in self._sentences).strip()

    async def _set_status(self, text: str) -> None:
        try:
            with slack_errors():
                await self._clients.once.assistant_threads_setStatus(
                    channel_id=self._question.place.channel, thread_ts=self._question.thread_ts, status=text
                )
        except (SlackRefused, SlackUnavailable) as error:
            log.debug("no status shown: %s", error)

    async def _open(self) -> None:
        self._ts = await self._post(Message("…"), 0)
        self._updated_at = time.monotonic()

    async def _start_stream(self, markdown: str) -> None:
        place = self._question.place
        await self._delivery.posts.started(self._question.key, place.channel, "stream")
        in_channel = place.kind != "dm"
        # Until its reply is here the stream may exist or not: finish() would look for it before posting.
        self._earlier = Posted(self._question.key, place.channel, None, "stream", final=False)
        try:
            with slack_errors():
                response = await self._clients.once.chat_startStream(
                    channel=place.channel,
                    thread_ts=self._question.thread_ts,
                    markdown_text=markdown,
                    recipient_team_id=place.team if in_channel else None,
                    recipient_user_id=self._question.asker.user_id if in_channel else None,
                )
            self._ts = str(response["ts"])
        except SlackRefused as error:
            if error.code in NO_STREAMS:
                self._delivery.streaming = False
                log.info("this workspace does not stream (%s); answers are posted and updated", error.code)
            else:
                log.warning("a stream was refused (%s); the answer is posted instead", error.code)
            self._earlier = None
            self._opening = asyncio.create_task(self._open())
            return
        except SlackUnavailable as error:
            log.info("no stream now (%s)", error)
            self._resumed = True
            return
        self._earlier, self._streaming, self._shown = None, True, markdown
        await self._delivery.posts.posted(self._question.key, self._ts, final=False)

    async def _append(self, markdown: str) -> None:
        new = markdown[len(self._shown) :]
        if len(new) < _BUFFER:
            return
        self._unsure = True
        try:
            with slack_errors():
                await self._clients.poster.chat_appendStream(
                    channel=self._question.place.channel, ts=str(self._ts), markdown_text=new
                )
            self._shown, self._unsure = markdown, False
        except (SlackRefused, SlackUnavailable) as error:
            # Slack ends a stream after some minutes; a lost reply leaves us unsure of what it shows.
            log.info("the stream of %s ended early (%s); it is finished by an update", self._question.key, error)
            self._streaming = False
            await self._stop_quietly()

    async def _update_quietly(self, markdown: str) -> None:
        self._updated_at = time.monotonic()
        try:
            with slack_errors():
                await self._clients.once.chat_update(
                    **self._body(Message("…", ({"type": "markdown", "text": markdown},)), 0), ts=str(self._ts)
                )
        except (SlackRefused, SlackUnavailable) as error:
            log.debug("an update in between was dropped: %s", error)

    # -- the end

    async def finish(self, answer: Answer) -> None:
        """Show the whole answer. Raises SlackUnavailable and SlackRefused; it is safe to call again."""
        await self._settle()
        shown = self._text()
        if answer.outcome is Outcome.FAILED and shown and not answer.text.startswith(shown):
            answer = replace(answer, text=f"{shown}\n\n{answer.text}")
        messages = answer_messages(answer, self._question.key)
        if self._earlier is not None and self._ts is None:
            await self.resume()
        if not (self._streaming and await self._stop(answer, len(messages) == 1)):
            self._ts = await self._put(messages[0], answer)
        for part, message in enumerate(messages[1:], 1):
            if not (self._resumed and await self._find(part)):
                await self._post(message, part)
        await self._delivery.posts.posted(self._question.key, str(self._ts), final=True)

    async def withdraw(self) -> None:
        """The question was deleted: take back what was begun. Best effort."""
        await self._settle()
        if self._ts is None:
            return
        try:
            await self._stop_quietly()
            with slack_errors():
                await self._clients.web.chat_delete(channel=self._question.place.channel, ts=self._ts)
        except (SlackRefused, SlackUnavailable) as error:
            log.info("the begun answer to %s stays: %s", self._question.key, error)

    async def _settle(self) -> None:
        if self._status is not None:
            await self._status
        if self._opening is not None:
            await self._opening

    async def _stop(self, answer: Answer, whole: bool) -> bool:
        """End the stream with what is missing. False: it needs an update."""
        full = safe_markdown(answer.text, links_of(answer))
        if self._unsure or not whole or not full.startswith(self._shown):
            await self._stop_quietly()
            return False
        rest = full[len(self._shown) :]
        try:
            with slack_errors():
                await self._clients.poster.chat_stopStream(
                    channel=self._question.place.channel,
                    ts=str(self._ts),
                    markdown_text=rest or None,
                    blocks=closing_blocks(answer, self._question.key),
                    metadata=metadata(self._question.key),
                )
        except (SlackRefused, SlackUnavailable) as error:
            log.warning("the stream of %s could not be ended (%s); it is updated", self._question.key, error)
            await self._stop_quietly()
            return False
        return True

    async def _stop_quietly(self) -> None:
        self._streaming = False
        try:
            with slack_errors():
                await self._clients.web.chat_stopStream(channel=self._question.place.channel, ts=str(self._ts))
        except (SlackRefused, SlackUnavailable) as error:
            log.debug("not streaming any more: %s", error)

    async def _put(self, message: Message, answer: Answer) -> str:
        """Update what stands there, or post; a form that Slack refuses is replaced by a plainer one."""
        try:
            return await self._update_or_post(message)
        except SlackRefused as error:
            if error.code not in TOO_MUCH:
                raise
            log.warning("Slack refused the form of %s (%s); posting it plainer", self._question.key, error.code)
        try:
            return await self._update_or_post(plainer(answer))
        except SlackRefused as error:
            if error.code not in TOO_MUCH:
                raise
            return await self._update_or_post(plainer(answer, 3_000))

    async def _update_or_post(self, message: Message) -> str:
        if self._ts is None:
            return await self._post(message, 0)
        try:
            with slack_errors():
                await self._clients.web.chat_update(**self._body(message, 0), ts=self._ts)
            return self._ts
        except SlackRefused as error:
            if error.code not in GONE:
                raise
            return await self._post(message, 0)

    async def _post(self, message: Message, part: int) -> str:
        key, place = self._question.key, self._question.place
        if part == 0:
            await self._delivery.posts.started(key, place.channel, "message")
        for last in (False, True):
            try:
                with slack_errors():
                    response = await self._clients.poster.chat_postMessage(
                        **self._body(message, part), thread_ts=self._question.thread_ts
                    )
                ts = str(response["ts"])
                break
            except SlackUnavailable:
                # Its reply was lost, and it may be there: look before posting again.
                found = await self._find(part)
                if found is not None:
                    ts = found
                    break
                if last:
                    raise
        if part == 0:
            await self._delivery.posts.posted(key, ts, final=False)
        return ts

    def _body(self, message: Message, part: int) -> dict[str, Any]:
        return {
            "channel": self._question.place.channel,
            "text": message.text,
            "blocks": list(message.blocks),
            "metadata": metadata(self._question.key, part),
            "unfurl_links": False,
            "unfurl_media": False,
        }

    # -- recovery

    async def _ours(self) -> list[Mapping[str, Any]]:
        try:
            with slack_errors():
                response = await self._clients.web.conversations_replies(
                    channel=self._question.place.channel,
                    ts=self._question.thread_ts,
                    oldest=self._question.ts,
                    include_all_metadata=True,
                    limit=200,
                )
        except SlackRefused as error:
            if error.code != "thread_not_found":
                raise
            return []
        messages: list[Mapping[str, Any]] = response.get("messages") or []
        mine = [one for one in messages if one.get("user") == self._me.user_id or self._is_bot(one)]
        return [one for one in mine if float(one["ts"]) > float(self._question.ts)]

    def _is_bot(self, message: Mapping[str, Any]) -> bool:
        return bool(self._me.bot_id) and message.get("bot_id") == self._me.bot_id

    async def _find(self, part: int) -> str | None:
        for one in await self._ours():
            payload = (one.get("metadata") or {}).get("event_payload") or {}
            if payload.get("key") == self._question.key and int(payload.get("part", 0)) == part:
                return str(one["ts"])
        return None

    async def _find_stream(self) -> str | None:
        # A stream carries no metadata until it is stopped, and a thread has one question at a time.
        return next((str(one["ts"]) for one in await self._ours() if not one.get("metadata")), None)


def failed(incident: str, what: str) -> Answer:
    """The visible notice of a question that could not be answered."""
    text = f"{what} Your question is recorded; please ask again in a few minutes, or ask for a human."
    return Answer(outcome=Outcome.FAILED, text=text, incident=incident)
