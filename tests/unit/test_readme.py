"""README is true: its commands exist, its paths exist, its tables name exactly the settings there are."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Annotated, get_args

import click
import pytest
from pydantic import BaseModel, Field, TypeAdapter

from bot.desk.human_path import Escalation, EscalationState, Move, Transition
from bot.desk.outgoing import PEOPLE, event_of, with_whereabouts
from bot.gaps_settings import GapsSettings
from bot.handover_settings import HandoverSettings
from bot.human_time_settings import HoursSettings, SlaSettings
from bot.outgoing_settings import EmailSettings, WebhookSettings
from bot.settings import (
    AnsweringSettings,
    CustomerColumns,
    DeskSettings,
    HistoryColumns,
    ItemColumns,
    LearningSettings,
    LimitSettings,
    ModelSettings,
    MonitoringSettings,
    OrdersSettings,
    SlackSettings,
)
from bot.triage_settings import TriageSettings
from ingest.model import SourceError
from ingest.parsing import ParserProcess
from ingest.settings import IndexSettings, SourceSettings
from ingest.sources import AnySource, make_source
from ops.cli import main
from ops.config import load_config
from ops.environment import Environment

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "desks.NAME": DeskSettings,
    "desks.NAME.hours": HoursSettings,
    "desks.NAME.sla": SlaSettings,
    "desks.NAME.handover": HandoverSettings,
    "sources.NAME": SourceSettings,
    "slack": SlackSettings,
    "monitoring": MonitoringSettings,
    "model": ModelSettings,
    "answering": AnsweringSettings,
    "limits": LimitSettings,
    "learning": LearningSettings,
    "triage": TriageSettings,
    "gaps": GapsSettings,
    "webhooks": WebhookSettings,
    "email": EmailSettings,
    "orders": OrdersSettings,
    "orders.customers": CustomerColumns,
    "orders.items": ItemColumns,
    "orders.history": HistoryColumns,
    "index": IndexSettings,
}


def commands(group: click.Group, prefix: str = "") -> set[str]:
    names: set[str] = set()
    for name, command in group.commands.items():
        names |= commands(command, f"{prefix}{name} ") if isinstance(command, click.Group) else {prefix + name}
    return names


def all_of(command: click.Command) -> list[click.Command]:
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return [command, *(each for one in below for each in all_of(one))]


def test_the_table_of_commands_is_the_command() -> None:
    table = README[README.index("| command |") : README.index("While `serve` runs")]
    rows = re.findall(r"^\| ((?:`[a-z ]+`(?:, )?)+) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([a-z ]+)`", row)} == commands(main)


def test_every_option_that_is_named_exists() -> None:
    options = {option for command in all_of(main) for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) <= options


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README + (ROOT / "CONTRIBUTING.md").read_text()))
    assert named <= targets
    assert {"try", "test", "check", "fmt", "bench", "soak"} <= targets


@pytest.mark.parametrize("text", ["README.md", "CONTRIBUTING.md"])
def test_every_path_that_is_named_exists(text: str) -> None:
    content = (ROOT / text).read_text(encoding="utf-8")
    named = set(re.findall(r"[`(]((?:ops|prompts|tests|bot|ingest)/[\w./-]*)[`)]", content))
    own = {"prompts/", "prompts/support/1.0.0.md"}  # beside the user's own frontdesk.toml
    assert named
    assert {path for path in named - own if not (ROOT / path).exists()} == set()


def test_the_table_of_settings_is_the_settings() -> None:
    """A setting without a row, or a row without a setting, is a lie by omission."""
    from_environment = {"bot_token", "app_token", "signing_secret", "api_url", "api_key", "base_url"}
    from_environment |= {"qdrant_url", "qdrant_api_key", "secret", "password"}
    real = {"data_dir", "retention_days", "sources.NAME.kind"} | {
        f"{section}.{field}"
        for section, model in SECTIONS.items()
        for field in model.model_fields
        if field not in from_environment and f"{section}.{field}" not in SECTIONS
    }
    table = README[README.index("| setting |") : README.index("Secrets and addresses")]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for cell in first_cells for name in re.findall(r"`([\w.]+)`", cell)} == real


def test_the_variables_are_the_variables() -> None:
    real = {name.upper() for name in Environment.model_fields}
    told = README[README.index("Secrets and addresses") :]
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", told)) - {"NAME_FILE", "FRONTDESK_WEBHOOK_SECRET_NAME"} == real
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert real <= set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)=", example))


def test_the_five_lines_are_enough(tmp_path: Path) -> None:
    snippet, more, times = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "frontdesk.toml"
    path.write_text(snippet)
    assert list(load_config(path).bot.desks) == ["support"]
    path.write_text(snippet + more)
    assert set(load_config(path).ingest.sources) == {"docs", "handbook", "site", "shop"}
    path.write_text(snippet + times)
    assert load_config(path).bot.desks["support"].sla is not None


def test_the_table_of_kinds_is_the_kinds_and_their_settings() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]+) \|", README[README.index("| kind |") : README.index("Globs are")], re.MULTILINE
    )
    real = {
        get_args(kind.model_fields["kind"].annotation)[0]: kind.model_fields.keys()
        - SourceSettings.model_fields
        - {"kind"}
        for kind in get_args(AnySource)
    }
    assert {kind: set(re.findall(r"`(\w+)`", settings)) for kind, settings in rows} == real


def test_the_example_of_a_new_kind_of_source_works(tmp_path: Path) -> None:
    """Configured by its kind, listed and read; a change is another fingerprint, a broken database one sentence."""
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    example = ModuleType("helpdesk")
    exec(code, example.__dict__)
    with closing(sqlite3.connect(tmp_path / "help.db")) as database, database:
        database.execute("CREATE TABLE articles (id, url, changed, markdown)")
        row = ("1", "https://help.example.com/1", "2026-03-01T10:00:00+00:00", "# Returns\n\nWithin 30 days.")
        database.execute("INSERT INTO articles VALUES (?, ?, ?, ?)", row)
    registered = TypeAdapter(Annotated[AnySource | example.HelpdeskSettings, Field(discriminator="kind")])
    settings = registered.validate_python({"kind": "helpdesk", "path": tmp_path / "help.db", "schedule": "1h"})
    source = make_source("help", settings, tmp_path / "state")
    [listed] = source.list().items
    assert (listed.item_id, listed.fingerprint) == ("help:1", "2026-03-01T10:00:00+00:00")
    with ParserProcess() as parser:
        [document] = parser.parse(listed, source.read(listed)).documents
    assert (document.title, document.blocks[0].text) == ("Returns", "Within 30 days.")
    (tmp_path / "help.db").write_bytes(b"not a database")
    for ask in (source.list, lambda: source.read(listed)):
        with pytest.raises(SourceError, match="can't be read"):
            ask()


def test_the_example_of_an_event_is_an_event() -> None:
    [example] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    told = json.loads(example)
    data = told["data"]
    thread = data["thread"]
    one = Escalation(
        data["escalation"], data["desk"], thread["team"], thread["channel"], thread["ts"], data["asker"]["id"],
        data["question"], None, EscalationState(data["after"]), datetime.fromisoformat(told["timestamp"]),
    )  # fmt: skip
    step = Transition(
        one.id, data["number"], EscalationState(data["before"]), one.state, Move(data["move"]), data["by"]["id"],
        data["owner"]["id"], data["reason"], one.created_at,
    )  # fmt: skip
    names = {data[role]["id"]: data[role]["name"] for role in PEOPLE}
    assert with_whereabouts(event_of(one, step), names, data["links"]["thread"]) == told
