"""One answer as a message that grows: Slack's streaming, where the workspace has it."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from bot.desk.model import Question
from bot.slack.blocks import Block
from bot.slack.client import SlackBusy, SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.steps import CHECKING, MODE, Steps
from bot.slack.thread_posts import metadata

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
NO_CHUNKS = frozenset({"invalid_chunks", "invalid_arguments", "no_text", "markdown_text_required"})
_BUFFER = 256  # characters: appendStream is limited a workspace, so a short sentence waits for the next
_ASK_AGAIN_S = 900.0  # what a workspace lacks it may have by then


class Offered:
    """What this workspace has of streaming, as its refusals told; asked again after a while, not at each answer."""

    def __init__(self) -> None:
        self._streams_from = 0.0
        self._steps_from = 0.0

    @property
    def streams(self) -> bool:
        return time.monotonic() >= self._streams_from

    @property
    def steps(self) -> bool:
        """Whether a stream takes chunks, and so the steps of an answer."""
        return time.monotonic() >= self._steps_from

    def refused(self, code: str, *, with_chunks: bool) -> None:
        """A start was refused."""
        if code in NO_STREAMS:
            self._streams_from = time.monotonic() + _ASK_AGAIN_S
            log.info("this workspace does not stream (%s); answers are posted and updated", code)
        elif with_chunks and code in NO_CHUNKS:
            self._steps_from = time.monotonic() + _ASK_AGAIN_S
            log.info("streams show no steps in this workspace (%s)", code)
        else:
            log.warning("a stream was refused (%s); the answer is posted instead", code)


class Stream:
    """`ts` is its message. `open` until it ends, `unsure` when an append was begun and its reply never came."""

    def __init__(self, clients: SlackClients, question: Question, offered: Offered) -> None:
        self._clients = clients
        self._question = question
        self._offered = offered
        self._chunks = offered.steps
        self.steps = Steps()
        self.ts: str | None = None
        self.open = False
        self.unsure = False
        self.shown = ""  # Markdown that it has taken

    @property
    def shows_steps(self) -> bool:
        return self._chunks

    async def start(self, markdown: str = "") -> None:
        """Begin it. Raises SlackRefused and SlackBusy: there is no message; SlackUnavailable: nobody knows."""
        place = self._question.place
        in_channel = place.kind != "dm"
        chunks = self.steps.waiting()
        try:
            with slack_errors():
                response = await self._clients.once.chat_startStream(
                    channel=place.channel,
                    thread_ts=self._question.thread_ts,
                    recipient_team_id=place.team if in_channel else None,
                    recipient_user_id=self._question.asker.user_id if in_channel else None,
                    task_display_mode=MODE if self._chunks else None,
                    **self._content(chunks, markdown),
                )
        except SlackRefused as error:
            self._offered.refused(error.code, with_chunks=self._chunks)
            raise
        self.ts, self.open, self.shown = str(response["ts"]), True, markdown
        self.steps.told(chunks)

    async def tell_steps(self) -> None:
        """Show the steps now, if Slack's pace allows; else they go with the next sentence."""
        chunks = self.steps.waiting()
        if self.open and self._chunks and chunks:
            await self._append(chunks, "")

    async def show(self, markdown: str) -> None:
        """Go on to `markdown`, which begins with what is shown. A little of it waits for more, and so does all of it
        when appendStream's tier is used up."""
        new = markdown[len(self.shown) :]
        if self.shown and len(new) < _BUFFER:
            return
        if not self.shown:
            self.steps.begin(CHECKING)
        await self._append(self.steps.waiting(), new)

    async def _append(self, chunks: list[dict[str, Any]], new: str) -> None:
        self.unsure = True  # also when the answer's deadline ends this call
        try:
            with slack_errors():
                await self._clients.once.chat_appendStream(
                    channel=self._question.place.channel, ts=str(self.ts), **self._content(chunks, new)
                )
        except SlackBusy:
            self.unsure = False
            return
        except (SlackRefused, SlackUnavailable) as error:
            # Slack ends a stream after some minutes; a lost reply leaves us unsure of what it shows.
            log.info("the stream of %s ended early (%s); it is finished by an update", self._question.key, error)
            await self.stop_quietly()
            return
        self.unsure = False
        self.shown += new
        self.steps.told(chunks)

    async def stop(self, markdown: str, blocks: Sequence[Block], *, failed: bool) -> bool:
        """End it with what is missing. False: it has ended and needs an update. Raises SlackBusy."""
        if self.unsure or not markdown.startswith(self.shown):
            await self.stop_quietly()
            return False
        self.steps.end(failed=failed)
        try:
            with slack_errors():
                await self._clients.poster.chat_stopStream(
                    channel=self._question.place.channel,
                    ts=str(self.ts),
                    blocks=list(blocks),
                    metadata=metadata(self._question.key),
                    **self._content(self.steps.waiting(), markdown[len(self.shown) :]),
                )
        except SlackBusy:
            raise
        except (SlackRefused, SlackUnavailable) as error:
            log.warning("the stream of %s could not be ended (%s); it is updated", self._question.key, error)
            await self.stop_quietly()
            return False
        self.open = False
        return True

    async def stop_quietly(self) -> None:
        """Whatever it shows, it streams no more. Best effort: Slack ends it by itself after some minutes."""
        self.open = False
        try:
            with slack_errors():
                await self._clients.web.chat_stopStream(channel=self._question.place.channel, ts=str(self.ts))
        except (SlackRefused, SlackUnavailable) as error:
            log.debug("not streaming any more: %s", error)

    def _content(self, chunks: list[dict[str, Any]], markdown: str) -> dict[str, Any]:
        """A stream takes either chunks or text, the same all the time."""
        if not self._chunks:
            return {"markdown_text": markdown or None}
        text = [{"type": "markdown_text", "text": markdown}] if markdown else []
        return {"chunks": [*chunks, *text] or None}
