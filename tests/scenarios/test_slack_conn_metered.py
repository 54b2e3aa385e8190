"""What the meter hears of a desk at work: calls of Slack, its waits, first signs, the model's tokens and failures."""

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from bot.desk.errors import ModelUnavailable
from bot.desk.model import Outcome
from bot.engine.claude_api import ClaudeApi, Deadline
from bot.settings import ModelSettings
from ops.monitoring.meter import PrometheusMeter
from ops.workspace.server import LocalWorkspace
from tests.fakes.claude import KEY, ClaudeDouble, HttpError
from tests.scenarios.conftest import MakeBot

ASK = "@frontdesk how long do I have to return something?"


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    return registry.get_sample_value(f"frontdesk_{name}", labels) or 0.0


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_answer_is_timed(workspace: LocalWorkspace, make_bot: MakeBot, streaming: bool) -> None:
    """Once for its first sign, its first sentence and its end, in this order; by desk and outcome."""
    workspace.streaming = streaming
    meter = PrometheusMeter()
    bot = await make_bot(meter=meter)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    await bot.stop()
    registry = meter.registry
    assert value(registry, "questions_total", desk="support", outcome="answered") == 1
    times = [value(registry, f"{name}_seconds_sum") for name in ("first_sign", "first_sentence", "answer")]
    assert [value(registry, f"{name}_seconds_count") for name in ("first_sign", "first_sentence", "answer")] == [
        1,
        1,
        1,
    ]
    assert times == sorted(times)
    assert times[0] > 0


async def test_slacks_refusals_and_waits_are_counted(workspace: LocalWorkspace, make_bot: MakeBot) -> None:
    """By method and error; a wait that Slack asked for has its seconds."""
    workspace.streaming = False
    meter = PrometheusMeter()
    workspace.fail("chat.postMessage", error="ratelimited", status=429, headers={"Retry-After": "1"})
    workspace.fail("assistant.threads.setStatus", error="channel_not_found", times=9)
    bot = await make_bot(meter=meter)
    ts = await workspace.say("dana", "support", ASK)
    assert await bot.ended(ts) is Outcome.ANSWERED
    await bot.stop()
    registry = meter.registry
    assert value(registry, "slack_waits_total", method="chat.postMessage") == 1
    assert value(registry, "slack_wait_seconds_total", method="chat.postMessage") >= 1
    assert value(registry, "slack_calls_total", method="assistant.threads.setStatus", error="channel_not_found") >= 1
    assert value(registry, "slack_calls_total", method="chat.postMessage", error="") >= 1


async def test_the_models_tokens_and_dollars_are_counted() -> None:
    """Of a call that ended, in its prices."""
    meter = PrometheusMeter()
    async with ClaudeDouble() as claude:
        await _call(claude, meter)
    registry, model = meter.registry, ModelSettings().name
    used = [value(registry, "model_tokens_total", model=model, kind=kind) for kind in ("input", "output")]
    assert min(used) > 0
    dollars = value(registry, "model_dollars_total", model=model)
    assert dollars == pytest.approx((used[0] * 3 + used[1] * 15) / 1_000_000)


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate_limited"), (529, "overloaded"), (500, "server_error"), (401, "key_refused")]
)
async def test_the_models_failures_are_counted_by_kind(status: int, kind: str) -> None:
    meter = PrometheusMeter()
    async with ClaudeDouble() as claude:
        claude.script([HttpError(status)])
        with pytest.raises(ModelUnavailable):
            await _call(claude, meter)
    assert value(meter.registry, "model_errors_total", kind=kind) == 1


async def test_a_refusal_that_asks_for_too_long_a_wait_is_counted_for_what_it_is() -> None:
    """Once, and not as a timeout: nothing was waited for."""
    meter = PrometheusMeter()
    async with ClaudeDouble() as claude:
        claude.script([HttpError(429, retry_after=600)])
        with pytest.raises(ModelUnavailable, match="600 s"):
            await _call(claude, meter, retries=2)
    assert value(meter.registry, "model_errors_total", kind="rate_limited") == 1
    assert value(meter.registry, "model_errors_total", kind="timeout") == 0


async def _call(claude: ClaudeDouble, meter: PrometheusMeter, retries: int = 0) -> None:
    settings = ModelSettings(
        api_key=SecretStr(KEY),
        base_url=claude.url,
        retries=retries,
        price_input=3,
        price_output=15,
        price_cache_read=0,
        price_cache_write=0,
    )
    api = ClaudeApi(settings, meter)
    messages = [{"role": "user", "content": "hello"}]
    try:
        async for _ in api.events(Deadline.after(5), model=settings.name, max_tokens=50, messages=messages):
            pass
    finally:
        await api.close()
