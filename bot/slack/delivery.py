"""Puts an answer into Slack, once: as a stream, as a message that is updated, or continued after a crash (rule 2)."""

import asyncio
import logging
import time
from dataclasses import replace

from bot.desk.grounding import Numbering
from bot.desk.model import NOBODY, Answer, DraftSentence, Outcome, Posted, Question
from bot.desk.ports import Posts
from bot.slack.blocks import TEXT_LIMIT, Message
from bot.slack.client import SlackBusy, SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.forms import Part, answer_parts
from bot.slack.inbound import Identity
from bot.slack.mrkdwn import is_linkable, safe_markdown
from bot.slack.spoken import spoken
from bot.slack.stream import Offered, Stream
from bot.slack.thread_posts import ThreadPosts

log = logging.getLogger(__name__)

_UPDATE_EVERY_S = 3.0


class Delivery:
    """What all answers share: the clients, the record of posts, and what this workspace has of streaming."""

    def __init__(self, clients: SlackClients, posts: Posts) -> None:
        self.clients = clients
        self.posts = posts
        self.offered = Offered()

    def stage(self, question: Question, me: Identity, earlier: Posted | None, *, humans: bool) -> "SlackStage":
        """A stage for one question; `earlier` is what a run before this one posted, or may have; `humans`: its desk has
        somebody who can be called."""
        return SlackStage(self, question, me, earlier, humans=humans)


class SlackStage:
    """bot.desk.ports.Stage in a thread. finish() and withdraw() end it.

    Answers go first: the status, the steps, the placeholder and the updates in between are dropped when Slack's pace
    leaves no room for them, and a stream that can't begin now is none.
    """

    def __init__(
        self, delivery: Delivery, question: Question, me: Identity, earlier: Posted | None, *, humans: bool
    ) -> None:
        self._delivery = delivery
        self._clients = delivery.clients
        self._question = question
        self._messages = ThreadPosts(delivery.clients, delivery.posts, question, me)
        self._stream = Stream(delivery.clients, question, delivery.offered)
        self._earlier = earlier
        self._humans = humans
        self._resumed = earlier is not None
        self._ts: str | None = None
        self._plain = False  # no stream could be begun
        self._sentences: list[DraftSentence] = []
        self._links: set[str] = set()
        self._updated_at = 0.0
        self._opening: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    # -- while the answer is made

    async def resume(self) -> None:
        """Find what an earlier run posted, so that it is finished in place."""
        if self._earlier is None:
            return
        self._ts = self._earlier.ts or await self._messages.find()
        if self._ts is None and self._earlier.kind == "stream":
            self._ts = await self._messages.find_stream()
        if self._ts is not None and self._earlier.kind == "stream":
            self._stream.ts = self._ts
            await self._stream.stop_quietly()

    async def progress(self, text: str) -> None:
        """Begin to be seen, or go on. It does not wait for Slack."""
        self._stream.steps.begin(text)
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(text))
        elif self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell(text))

    async def sentence(self, sentence: DraftSentence) -> None:
        self._sentences.append(sentence)
        self._links.update(one.uri for one in sentence.citations if is_linkable(one.uri))
        if begun := [one for one in (self._opening, self._telling) if one is not None]:
            await asyncio.wait(begun)  # what went wrong there is finish()'s, and a deadline here ends neither
        markdown = safe_markdown(self._text(), self._links)
        if self._resumed or len(markdown) > TEXT_LIMIT or not markdown.startswith(self._stream.shown):
            return  # finish() shows the rest
        if self._stream.open:
            await self._stream.show(markdown)
        elif self._may_stream():
            await self._start_stream(markdown)
        elif self._ts is not None and time.monotonic() - self._updated_at > _UPDATE_EVERY_S:
            await self._update_quietly(markdown)

    def _text(self) -> str:
        return "".join(one.text for one in self._sentences).strip()

    def _may_stream(self) -> bool:
        """A stream in a channel is somebody's: a bot's question has none."""
        offered = self._delivery.offered.streams and self._question.asker != NOBODY
        return offered and self._ts is None and not (self._plain or self._resumed)

    async def _open(self, text: str) -> None:
        if self._may_stream() and self._stream.shows_steps:
            await self._start_stream()
        if self._stream.open:
            return
        await self._set_status(text)
        if self._ts is None and not self._resumed and not self._may_stream():
            await self._post_placeholder(text)

    async def _tell(self, text: str) -> None:
        if self._opening is not None:
            await self._opening
        if self._stream.open:
            await self._stream.tell_steps()
        else:
            await self._set_status(text)

    async def _set_status(self, text: str) -> None:
        if self._ts is not None:
            return  # a post ends it, and an update would not
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

    async def _post_placeholder(self, text: str) -> None:
        """It costs an update more than the answer alone, so it is posted where there is room for both."""
        channel, pace = self._question.place.channel, self._clients.pace
        if not (pace.has_room("chat.postMessage", channel) and pace.has_room("chat.update")):
            return
        try:
            self._ts = await self._messages.post(Message(f"{text}…"))
        except SlackRefused as error:  # the answer is tried all the same, in each of its forms
            log.info("no placeholder for %s: %s", self._question.key, error)
            return
        self._updated_at = time.monotonic()

    async def _start_stream(self, markdown: str = "") -> None:
        place = self._question.place
        if not self._clients.pace.has_room("chat.startStream"):
            self._plain = True
            return
        await self._delivery.posts.started(self._question.key, place.channel, "stream")
        # Until its reply is here the stream may exist or not: finish() would look for it before posting.
        self._earlier = Posted(self._question.key, place.channel, None, "stream", final=False)
        try:
            await self._stream.start(markdown)
        except (SlackRefused, SlackBusy) as error:
            log.info("no stream for %s: %s", self._question.key, error)
            self._earlier, self._plain = None, True
            return
        except SlackUnavailable as error:
            log.info("no stream now (%s)", error)
            self._resumed = True
            return
        self._earlier, self._ts = None, self._stream.ts
        await self._delivery.posts.posted(self._question.key, str(self._ts), final=False)

    async def _update_quietly(self, markdown: str) -> None:
        self._updated_at = time.monotonic()
        try:
            with slack_errors():
                shown = Message(spoken(markdown), ({"type": "markdown", "text": markdown},))
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
        parts = answer_parts(answer, self._question.key, humans=self._humans)
        if self._earlier is not None and self._ts is None:
            await self.resume()
        if not (self._stream.open and await self._stop(answer, parts)):
            self._ts = await self._messages.put(self._ts, parts[0])
        for number, part in enumerate(parts[1:], 1):
            if not (self._resumed and await self._messages.find(number)):
                await self._messages.put(None, part, number)
        await self._delivery.posts.posted(self._question.key, str(self._ts), final=True)

    async def _stop(self, answer: Answer, parts: list[Part]) -> bool:
        """Whether the stream holds all of the first message."""
        if len(parts) > 1 or not parts[0].is_markdown:
            await self._stream.stop_quietly()
            return False
        failed = answer.outcome is Outcome.FAILED
        return await self._stream.stop(parts[0].markdown, parts[0].closing, failed=failed)

    async def withdraw(self) -> None:
        """The question was deleted: take back what was begun. Best effort."""
        try:
            await self._settle()
            if self._ts is None:
                return
            if self._stream.open:
                await self._stream.stop_quietly()
            with slack_errors():
                await self._clients.web.chat_delete(channel=self._question.place.channel, ts=self._ts)
        except (SlackRefused, SlackUnavailable) as error:
            log.info("the begun answer to %s stays: %s", self._question.key, error)

    async def _settle(self) -> None:
        for begun in (self._opening, self._telling):
            if begun is not None:
                await begun


def loading(status: str) -> list[str]:
    """What Slack shows in turns while a step lasts: the step itself, and what comes of it."""
    return [status, "Comparing what the documents say", "Checking each sentence against them"]
