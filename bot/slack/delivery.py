"""Puts an answer into Slack, once: as a stream, as a message that is updated, or continued after a crash (rule 2)."""

import asyncio
import logging
import time
from dataclasses import replace

from bot.desk.grounding import Numbering
from bot.desk.model import NOBODY, Answer, DraftSentence, Outcome, Posted, Question
from bot.desk.ports import Posts
from bot.slack.blocks import TEXT_LIMIT, Message, answer_messages, closing_blocks, links_of
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.inbound import Identity
from bot.slack.mrkdwn import is_linkable, safe_markdown
from bot.slack.thread_posts import ThreadPosts, metadata

log = logging.getLogger(__name__)

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
_BUFFER = 256  # characters: appendStream is limited a workspace, so a short sentence waits for the next
_UPDATE_EVERY_S = 3.0


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
        self._messages = ThreadPosts(delivery.clients, delivery.posts, question, me)
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
        self._ts = self._earlier.ts or await self._messages.find()
        if self._ts is None and self._earlier.kind == "stream":
            self._ts = await self._messages.find_stream()
        if self._ts is not None and self._earlier.kind == "stream":
            await self._stop_quietly()

    async def progress(self, text: str) -> None:
        if self._status is None or self._status.done():
            self._status = asyncio.create_task(self._set_status(text))
        if not self._streams and self._ts is None and self._opening is None:
            self._opening = asyncio.create_task(self._open())

    async def sentence(self, sentence: DraftSentence) -> None:
        self._sentences.append(sentence)
        self._links.update(one.uri for one in sentence.citations if is_linkable(one.uri))
        markdown = safe_markdown(self._text(), self._links)
        if self._resumed or len(markdown) > TEXT_LIMIT or not markdown.startswith(self._shown):
            return  # finish() shows the rest
        if self._streaming:
            await self._append(markdown)
        elif self._streams and self._ts is None:
            await self._start_stream(markdown)
        elif self._ts is not None and time.monotonic() - self._updated_at > _UPDATE_EVERY_S:
            await self._update_quietly(markdown)

    @property
    def _streams(self) -> bool:
        """A stream in a channel is somebody's: a bot's question has none."""
        return self._delivery.streaming and self._question.asker != NOBODY

    def _text(self) -> str:
        return "".join(one.text for one in self._sentences).strip()

    async def _set_status(self, text: str) -> None:
        try:
            with slack_errors():
                await self._clients.once.assistant_threads_setStatus(
                    channel_id=self._question.place.channel,
                    thread_ts=self._question.thread_ts,
                    status=text,
                    loading_messages=loading(text),
                )
        except (SlackRefused, SlackUnavailable) as error:
            log.debug("no status shown: %s", error)

    async def _open(self) -> None:
        self._ts = await self._messages.post(Message("…"))
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
                shown = Message("…", ({"type": "markdown", "text": markdown},))
                await self._clients.once.chat_update(**self._messages.body(shown), ts=str(self._ts))
        except (SlackRefused, SlackUnavailable) as error:
            log.debug("an update in between was dropped: %s", error)

    # -- the end

    def with_shown(self, answer: Answer) -> Answer:
        """A failure as people will see it: after the sentences that were shown, with their sources."""
        shown = self._text()
        if answer.outcome is not Outcome.FAILED or not shown or answer.text.startswith(shown):
            return answer
        numbering = Numbering()
        for sentence in self._sentences:
            numbering.mark(sentence)
        return replace(
            answer,
            text=f"{shown}\n\n{answer.text}",
            sentences=tuple(self._sentences),
            citations=tuple(numbering.citations),
        )

    async def finish(self, answer: Answer) -> None:
        """Show the whole answer. Raises SlackUnavailable and SlackRefused; it is safe to call again."""
        await self._settle()
        messages = answer_messages(answer, self._question.key)
        if self._earlier is not None and self._ts is None:
            await self.resume()
        if not (self._streaming and await self._stop(answer, len(messages) == 1)):
            self._ts = await self._messages.put(self._ts, messages[0], answer)
        for part, message in enumerate(messages[1:], 1):
            if not (self._resumed and await self._messages.find(part)):
                await self._messages.post(message, part)
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


def loading(status: str) -> list[str]:
    """What Slack shows in turns while a step lasts: the step itself, and what comes of it."""
    return [status, "Comparing what the documents say", "Checking each sentence against them"]
