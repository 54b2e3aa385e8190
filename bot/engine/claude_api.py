"""The Messages API as every call of ours uses it: one client, one purse of retries, a deadline around each call.

Only the claude modules of this folder import anthropic.
"""

import asyncio
import copy
import logging
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import anthropic

from bot.desk.errors import ModelUnavailable, StoreUnavailable
from bot.desk.metering import NO_METER
from bot.desk.model import Usage
from bot.desk.ports import Meter, Spending
from bot.settings import ModelSettings

log = logging.getLogger(__name__)

# Retries of all calls come from one purse, so that an outage is not met with three times the calls.
RETRIES_SPARE = 20.0
RETRIES_EARNED = 0.2  # by a call that went well


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when something must have ended, on the loop's clock."""

    at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(asyncio.get_running_loop().time() + seconds, seconds)

    def missed(self, why: str = "") -> ModelUnavailable:
        return ModelUnavailable(f"the model did not answer within {self.seconds:g} s{why}")


@dataclass(slots=True)
class Purse:
    spare: float = RETRIES_SPARE


class ClaudeApi:
    """Shared by all that ask Claude something. Raises ValueError without a key."""

    def __init__(self, settings: ModelSettings, meter: Meter = NO_METER) -> None:
        if settings.api_key is None:
            raise ValueError("Claude needs an API key; without one the desk quotes (bot.engine.extractive)")
        self._key = settings.api_key.get_secret_value()
        self.settings = settings
        self.client = anthropic.AsyncAnthropic(api_key=self._key, base_url=settings.base_url)
        self._purse = Purse()
        self._meter = meter
        self._spending: Spending | None = None
        self._purpose = ""

    def beside_answers(self, purpose: str, spending: Spending) -> "ClaudeApi":
        """The same one, for short replies that are part of no answer: `spending` hears what they cost."""
        other = copy.copy(self)
        other._spending, other._purpose = spending, purpose
        return other

    async def paid(self, model: str, cost_usd: float | None) -> None:
        """A short reply was. Never raises: it is there, and is made use of."""
        if self._spending is None:
            return
        try:
            await self._spending.add(self._purpose, model, cost_usd)
        except StoreUnavailable as error:
            log.error("what a call cost (%s) is not counted in the day's budget: %s", self._purpose, error)

    async def close(self) -> None:
        await self.client.close()

    async def events(self, deadline: Deadline, **request: Any) -> AsyncGenerator[Any, None]:
        """A message's events as they stream in. Raises ModelUnavailable, with a text that holds no secret. It ends by
        the deadline, however long the server asks us to wait."""
        used: Usage | None = None
        try:
            async with asyncio.timeout_at(deadline.at):
                stream = await self._opened(deadline, **request)
            try:
                events = aiter(stream)
                while True:
                    # Around each wait and not around the loop: between two events the caller has the task.
                    async with asyncio.timeout_at(deadline.at):
                        event = await anext(events, None)
                    if event is None:
                        return
                    used = _used(event, used)
                    yield event
            finally:
                await stream.close()
        except ModelUnavailable:  # _opened has counted it, for what it was
            raise
        except TimeoutError as error:
            self._meter.model_failed("timeout")
            raise deadline.missed() from error
        except anthropic.APIStatusError as error:
            self._meter.model_failed(kind_of(error))
            raise ModelUnavailable(self.told(error)) from error
        except Exception as error:  # the connection, the SDK's parsing: whatever a stream can break with
            self._meter.model_failed(kind_of(error))
            raise ModelUnavailable(f"the model's answer could not be read ({type(error).__name__})") from error
        finally:
            if used is not None:
                self._meter.model_used(self.settings.name, used, cost_of(used, self.settings))

    async def _opened(self, deadline: Deadline, **request: Any) -> Any:
        """The stream of a call; one that failed at once is tried again while there is time and something to spare."""
        tried = 0
        while True:
            try:
                stream = await self.client.with_options(max_retries=0).messages.stream(**request).__aenter__()
            except (anthropic.APIConnectionError, anthropic.APIStatusError) as error:
                if tried == self.settings.retries or not _passes(error) or self._purse.spare < 1:
                    raise
                wait = _asked_to_wait(error) or min(0.5 * 2**tried, 8.0) * random.uniform(0.75, 1.0)  # noqa: S311
                self._meter.model_failed(kind_of(error))
                if asyncio.get_running_loop().time() + wait > deadline.at:
                    name = error.__class__.__name__
                    raise deadline.missed(f"; {name}, and to be tried again in {wait:g} s") from error
                tried, self._purse.spare = tried + 1, self._purse.spare - 1
                log.warning("the model did not take a call (%s), again in %.1f s", error.__class__.__name__, wait)
                await asyncio.sleep(wait)
            else:
                self._purse.spare = min(self._purse.spare + RETRIES_EARNED, RETRIES_SPARE)
                return stream

    def told(self, error: anthropic.APIStatusError) -> str:
        said = (error.api_message or "no message").replace(self._key, "***")[:300]
        hint = "; check ANTHROPIC_API_KEY" if error.status_code in (401, 403) else ""
        return f"the model answered {error.status_code} {error.type}: {said} (request {error.request_id}){hint}"


_KINDS = {401: "key_refused", 403: "key_refused", 429: "rate_limited", 529: "overloaded"}


def kind_of(error: Exception) -> str:
    """One of a few words, for counting."""
    if isinstance(error, anthropic.APITimeoutError):
        return "timeout"
    if isinstance(error, anthropic.APIStatusError):
        return _KINDS.get(error.status_code, "server_error" if error.status_code >= 500 else "request_refused")
    return "not_reached" if isinstance(error, anthropic.APIConnectionError) else "broken_off"


def _passes(error: anthropic.APIError) -> bool:
    """Whether the same call may go well a moment later."""
    if isinstance(error, anthropic.APIStatusError):
        return error.status_code in (408, 409, 429) or error.status_code >= 500
    return True


def _asked_to_wait(error: anthropic.APIError) -> float:
    """Seconds, as the server asks; 0 where it does not say."""
    headers = error.response.headers if isinstance(error, anthropic.APIStatusError) else {}
    try:
        return max(float(headers.get("retry-after", 0)), 0.0)
    except ValueError:  # a date
        return 0.0


def _used(event: Any, known: Usage | None) -> Usage | None:
    """The tokens of a message so far."""
    if event.type == "message_start":
        return usage_of(event.message.usage, Usage())
    return usage_of(event.usage, known or Usage()) if event.type == "message_delta" else known


def usage_of(reported: Any, known: Usage) -> Usage:
    """Counts so far: what an event leaves out stays."""
    return Usage(
        input=_counted(reported.input_tokens, known.input),
        output=_counted(reported.output_tokens, known.output),
        cache_read=_counted(reported.cache_read_input_tokens, known.cache_read),
        cache_write=_counted(reported.cache_creation_input_tokens, known.cache_write),
    )


def _counted(reported: int | None, known: int) -> int:
    return known if reported is None else reported


def cost_of(usage: Usage | None, settings: ModelSettings) -> float | None:
    """Dollars; None when a price that is needed is not set."""
    if usage is None:
        return None
    total = 0.0
    for tokens, price in (
        (usage.input, settings.price_input),
        (usage.output, settings.price_output),
        (usage.cache_read, settings.price_cache_read),
        (usage.cache_write, settings.price_cache_write),
    ):
        if tokens and price is None:
            return None
        total += tokens * (price or 0.0) / 1_000_000
    return total
