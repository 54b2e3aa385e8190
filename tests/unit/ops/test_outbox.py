"""`frontdesk outbox`, the doctor's view of webhooks and e-mail, and what of them stands in the file."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.desk.human_path import Escalation, EscalationState, Move, Transition
from bot.desk.outgoing import OutboxFigures, Subscription
from bot.store import Store, open_store
from ingest.schedule import utc_now
from ops import serve
from ops.cli import main
from ops.config import Config, ConfigError, load_config
from ops.doctor import _outgoing
from ops.local import connected
from ops.monitoring.figures import _read_outgoing
from ops.monitoring.meter import PrometheusMeter
from ops.workspace.server import LocalWorkspace

VARIABLE = "FRONTDESK_WEBHOOK_SECRET_HELP_DESK"
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
MINIMAL = '[desks.support]\nprompt = "support"\n\n[sources.docs]\nkind = "folder"\npath = "docs"\n'
HOOK = '\n[[webhooks]]\nname = "help-desk"\nurl = "https://x.example.com/hook"\n'
EMAIL = '\n[email]\nhost = "smtp.example.com"\nsender = "desk@example.com"\nto = ["ops@example.com"]\n'


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (VARIABLE, f"{VARIABLE}_FILE", "SMTP_PASSWORD", "DATABASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def config(folder: Path, more: str = "") -> Config:
    path = folder / "frontdesk.toml"
    path.write_text(MINIMAL + more)
    return load_config(path)


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config(tmp_path, HOOK).bot.webhooks[0].secret is None
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    monkeypatch.setenv(f"{VARIABLE}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret")
    loaded = config(tmp_path, HOOK + EMAIL)
    secret, email = loaded.bot.webhooks[0].secret, loaded.bot.email
    assert secret is not None
    assert secret.get_secret_value() == SECRET
    assert email is not None
    assert email.password is not None
    assert SECRET not in repr(loaded)
    assert "s3cret" not in repr(loaded)
    assert config(tmp_path, HOOK).bot.email is None, "a password that others use too makes no section"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (HOOK + f'secret = "{SECRET}"\n', f"webhooks.secret belongs in the environment, as {VARIABLE}"),
        (EMAIL + 'password = "x"\n', "email.password belongs in the environment, as SMTP_PASSWORD"),
        (HOOK + 'events = ["clam"]\n', "webhooks.0.events names 'clam', which is not an event; did you mean claim?"),
        (HOOK + 'desks = ["hr"]\n', "webhooks.0.desks names 'hr', which is not a desk; known: support"),
        (EMAIL.replace("to = [", "to.hr = ["), "email.to names 'hr', which is not a desk; known: support"),
        (HOOK + HOOK, "webhooks: the name 'help-desk' is taken"),
        (HOOK.replace("help-desk", "email"), "webhooks: the name 'email' is taken"),
        (HOOK.replace("https", "http"), "webhooks.0.url: http is for this machine only; use https"),
        (HOOK.replace("url", "uri"), "webhooks.0.uri is not a setting; did you mean url?"),
        (EMAIL + 'security = "ssl"\n', "email.security: Input should be 'starttls', 'tls' or 'none'"),
    ],
)
def test_a_mistake_says_which_setting(tmp_path: Path, more: str, expected: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config(tmp_path, more)
    assert expected in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_bad_secret_is_named_and_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "hunter2")
    with pytest.raises(ConfigError, match=f"{VARIABLE} is not whsec_") as raised:
        config(tmp_path, HOOK)
    assert "hunter2" not in str(raised.value)


def test_the_doctor_misses_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(more: str) -> list[tuple[str, str]]:
        return [(check.name, check.verdict) for check in _outgoing(config(tmp_path, more))]

    assert seen("") == []
    assert seen(HOOK + EMAIL + 'username = "desk"\n') == [("webhook help-desk", "failed"), ("email", "failed")]
    monkeypatch.setenv(VARIABLE, SECRET)
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret")
    assert seen(HOOK + EMAIL + 'username = "desk"\n') == [("webhook help-desk", "ok"), ("email", "ok")]


async def test_serve_does_not_start_without_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    with pytest.raises(ConfigError, match=f"{VARIABLE} is missing"):
        async with serve.serving(config(tmp_path, HOOK), lambda step: None):
            pass


def test_what_is_tried_out_is_told_nobody_outside(tmp_path: Path) -> None:
    local = connected(config(tmp_path, HOOK + EMAIL), LocalWorkspace(0, manifest=Path("ops/slack/manifest.yaml")))
    assert (local.bot.webhooks, local.bot.email) == ((), None)


def stored(folder: Path, *numbers: int) -> None:
    """Events that a running desk has written, of which the first was given up."""

    async def write(store: Store) -> None:
        one = Escalation("E-1", "support", "T1", "C1", "1.0", "U1", "Help", None, EscalationState.OPEN, utc_now())
        for number in numbers:
            step = Transition("E-1", number, None, EscalationState.OPEN, Move.CALL, "U1", None, "", utc_now())
            async with store.database.transaction() as connection:
                await store.outbox.record(connection, one, step)
        [first] = await store.outbox.claim("help-desk", 1, 60)
        await store.outbox.give_up(first, "it answered 500")

    async def run() -> None:
        store = await open_store(
            f"sqlite:///{folder}/.frontdesk/frontdesk.sqlite3", utc_now, subscriptions=(Subscription("help-desk"),)
        )
        await write(store)
        await store.close()

    asyncio.run(run())


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(folder / "frontdesk.toml"), "outbox", *arguments])


def listed(folder: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(call(folder, "list", "--json").stdout)
    return entries


def test_what_waits_is_listed_and_tried_again(tmp_path: Path) -> None:
    config(tmp_path, HOOK)
    assert call(tmp_path).stdout == "Nothing waits.\n"
    stored(tmp_path, 1, 2)
    shown = call(tmp_path).stdout
    assert "E-1.1.help-desk: GIVEN UP after 1 attempt; written " in shown
    assert "\n  it answered 500\nE-1.2.help-desk: due now, 0 attempts so far" in shown
    assert [(one["id"], one["state"]) for one in listed(tmp_path)] == [
        ("E-1.1.help-desk", "given up"),
        ("E-1.2.help-desk", "waiting"),
    ]
    assert call(tmp_path, "retry", "E-1.1.help-desk").stdout.startswith("1 due again")
    assert [one["state"] for one in listed(tmp_path)] == ["waiting", "waiting"]
    assert call(tmp_path, "retry", "--all").stdout.startswith("1 due again"), "of the other none has failed"


def test_what_can_not_be_tried_again(tmp_path: Path) -> None:
    config(tmp_path)
    stored(tmp_path, 1)
    assert "help-desk is not in the configuration" in call(tmp_path).stdout
    wrong = call(tmp_path, "retry", "E-9.1.help-desk")
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "frontdesk: 0 of 1 are due again; the others are not in the outbox, or are delivered\n",
    )
    assert call(tmp_path, "retry").exit_code == 2
    assert call(tmp_path, "retry", "--all", "E-1.1.help-desk").exit_code == 2


def test_the_metrics_forget_what_is_done() -> None:
    gauges, now = PrometheusMeter().now, utc_now()
    _read_outgoing({"a": OutboxFigures(2, now, 1), "b": OutboxFigures(0, None, 4)}, gauges, now)
    _read_outgoing({"b": OutboxFigures(0, None, 4)}, gauges, now)
    told = {
        (sample.name, sample.labels["target"]): sample.value
        for gauge in (gauges.outbox_waiting, gauges.outbox_oldest, gauges.outbox_given_up)
        for metric in gauge.collect()
        for sample in metric.samples
    }
    assert told == {
        ("frontdesk_outbox_waiting", "b"): 0,
        ("frontdesk_outbox_oldest_seconds", "b"): 0,
        ("frontdesk_outbox_given_up", "b"): 4,
    }
