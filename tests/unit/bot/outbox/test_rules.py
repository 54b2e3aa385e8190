"""The outbox's pure parts: signatures, pauses, who is told what."""

import base64
import hmac
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.desk.outgoing import Subscription
from bot.outbox import subscriptions_of
from bot.outbox.backoff import pause, retry_after
from bot.outbox.deliveries import plain
from bot.outbox.signing import signature
from bot.outgoing_settings import EmailSettings, WebhookSettings, signing_keys
from bot.settings import BotSettings

from .conftest import SECRET, START

HOOK = {"name": "helpdesk", "url": "https://x.example.com/hook"}
EMAIL = {"host": "smtp.example.com", "sender": "desk@example.com", "to": ["ops@example.com"]}


def test_the_specifications_own_example() -> None:
    """Of the Standard Webhooks specification, as its libraries test it."""
    keys = signing_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_sign_both() -> None:
    """So that a receiver can change from one to the next without a gap."""
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    first, second = signature(signing_keys(f"{SECRET} {other}"), "m", 1, b"{}").split(" ")
    assert [f"v1,{_by_hand(secret)}" for secret in (SECRET, other)] == [first, second]


def _by_hand(secret: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.digest(key, b"m.1.{}", "sha256")).decode()


@pytest.mark.parametrize("secret", ["", "hunter2", "whsec_c2hvcnQ=", "whsec_" + "!" * 40, SECRET[6:]])
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValidationError) as raised:
        WebhookSettings.model_validate(HOOK | {"secret": secret})
    said = raised.value.errors(include_input=False)[0]["msg"]
    assert "FRONTDESK_WEBHOOK_SECRET_HELPDESK is" in said
    assert not secret or secret not in said


@pytest.mark.parametrize(
    ("attempts", "jitter", "asked_for", "seconds"),
    [
        (1, 0, 0, 5), (1, 1, 0, 2.5), (2, 0, 0, 10), (5, 0, 0, 80), (10, 0, 0, 2560), (11, 0, 0, 3600),
        (5000, 0, 0, 3600), (5000, 1, 0, 1800), (1, 0, 60, 60), (1, 0, 7200, 7200), (11, 0, 60, 3600),
        (1, 0, 9e9, 86_400),
    ],
)  # fmt: skip
def test_the_pause_before_the_next_try(attempts: int, jitter: float, asked_for: float, seconds: float) -> None:
    assert pause(attempts, jitter, asked_for) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0), ("", 0), ("120", 120), (" 7 ", 7), ("-3", 0), ("soon", 0), ("²", 0),
        ("Mon, 23 Nov 2026 10:02:00 GMT", 120), ("Mon, 23 Nov 2026 09:00:00 GMT", 0), ("1" * 400, float("inf")),
    ],
)  # fmt: skip
def test_what_retry_after_asks_for(value: str | None, seconds: float) -> None:
    assert retry_after(value, START) == seconds
    assert pause(1, 0, retry_after(value, START)) <= timedelta(days=1)


def test_what_another_system_says_fits_a_terminal() -> None:
    assert plain("550 no\r\n\x1b[31m mailbox\u202e  here") == "550 no [31m mailbox here"
    assert len(plain("x" * 5000)) == 301


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/x", "ftp://x.example.com", "https://", "https://user:pass@x.example.com/", "hooks",
            "http://127.0.0.1.example.com/", "https://x.example.com:99999/", "https://x.example.com/a b"],
)  # fmt: skip
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        WebhookSettings.model_validate(HOOK | {"url": url})


@pytest.mark.parametrize("url", ["https://hooks.example.com/x?y=1", "http://localhost:8000/", "http://[::1]:80/h"])
def test_addresses_that_are_taken(url: str) -> None:
    assert WebhookSettings.model_validate(HOOK | {"url": url}).url == url


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "Desk <desk@example.com>"}, {"sender": "desk@example.com\nBcc: x@y.z"}, {"to": []},
        {"to": {"support": ["nobody"]}}, {"give_up_after": "0d"}, {"give_up_after": "soon"}, {"give_up_after": "40d"},
        {"username": "desk", "security": "none"},
    ],
)  # fmt: skip
def test_mail_settings_that_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EmailSettings.model_validate(EMAIL | wrong)


def test_who_is_told_what() -> None:
    by_desk = {"support": ["a@example.com", "b@example.com"], "hr": ["b@example.com"]}
    settings = BotSettings.model_validate({
        "data_dir": Path(), "prompt_dirs": (), "desks": {"support": {"prompt": "p"}, "hr": {"prompt": "p"}},
        "webhooks": [HOOK | {"desks": ["hr"]}, HOOK | {"name": "audit", "events": ["close"], "give_up_after": "12h"}],
        "email": EMAIL | {"to": by_desk, "events": ["call"]},
    })  # fmt: skip
    assert settings.webhooks[1].give_up_after == timedelta(hours=12)
    subscriptions = subscriptions_of(settings)
    told = {
        (desk, move): [f"{one.target} {one.recipient}".strip() for one in subscriptions if one.wants(desk, move)]
        for desk in ("support", "hr")
        for move in ("call", "close")
    }
    assert told == {
        ("support", "call"): ["email a@example.com", "email b@example.com"],
        ("support", "close"): ["audit"],
        ("hr", "call"): ["helpdesk", "email b@example.com"],
        ("hr", "close"): ["helpdesk", "audit"],
    }
    assert Subscription("x").wants("any", "move")
