"""`frontdesk escalations` over a store without a running bot."""

import asyncio
import csv
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.desk.human_path import Escalation, EscalationState, Move
from bot.desk.model import Answer, Outcome, Person, Place, Question
from bot.desk.triage import Triage, TriageRecord
from bot.store import Store, open_store
from bot.store.escalation_log import _PAGE
from ingest.schedule import utc_now
from ops.cli import main
from ops.config import load_config
from tests.fakes.moves import moved, transition

CONFIG = """
[desks.support]
prompt = "support"
hours = { zone = "Europe/Berlin", mon = "00:00-24:00", tue = "00:00-24:00", wed = "00:00-24:00", thu = "00:00-24:00", \
fri = "00:00-24:00", sat = "00:00-24:00", sun = "00:00-24:00" }
sla = { first_response = { 3 = "2h" } }

[sources.docs]
kind = "folder"
path = "docs"
"""
NOW = utc_now().replace(microsecond=0)
HOUR = timedelta(hours=1)


def escalation(number: int, question: str, hours_ago: int, severity: int | None = None) -> Escalation:
    return Escalation(
        f"E-{number}", "support", "T1", "C1", f"{number}.0", "U1", question, None, EscalationState.OPEN,
        NOW - hours_ago * HOUR, severity=severity,
    )  # fmt: skip


async def fill(store: Store) -> None:
    records = store.escalations
    await records.create(escalation(1, "Where is it?", 3))
    await records.create(escalation(2, "=HYPERLINK(1)", 1, severity=5))
    await moved(records, "E-2", Move.CLAIM, "U2", NOW - HOUR / 2)
    await records.create(escalation(3, "", 50))
    await moved(records, "E-3", Move.CLAIM, "U2", NOW - 49 * HOUR)
    one = await records.get("E-3")
    assert one is not None
    await records.move(transition(one, Move.REPLY, "U2", NOW - 49 * HOUR, text="+49 30 1234\nis ours"))
    await moved(records, "E-3", Move.CLOSE, "U2", NOW - 10 * HOUR)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "frontdesk.toml").write_text(CONFIG)
    return tmp_path


def stored(folder: Path, work: Any = fill) -> None:
    async def run() -> None:
        store = await open_store(load_config(folder / "frontdesk.toml").store_url, utc_now)
        await work(store)
        await store.close()

    asyncio.run(run())


def frontdesk(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(folder / "frontdesk.toml"), "escalations", *words])


def test_what_is_open_is_listed_with_when_it_is_due(folder: Path) -> None:
    stored(folder)
    first, asked, second, _ = frontdesk(folder).stdout.splitlines()
    assert first.startswith("E-1: open; 3 hours old; nobody has it; desk support; severity 3; OVERDUE, answer due 20")
    assert first.endswith(("CET", "CEST"))
    assert asked == "  Where is it?"
    assert second.startswith("E-2: claimed; 1 hour old; owner U2; desk support; severity 5; OVERDUE, answer due 20")
    everything = frontdesk(folder, "--all").stdout
    assert everything.startswith("E-3: closed; 2 days old; owner U2; desk support; severity 3\n")
    assert "E-3" not in frontdesk(folder, "--all", "--days", "1").stdout


def test_nothing_open_is_said(folder: Path) -> None:
    assert frontdesk(folder).stdout == "No request for a human is open.\n"
    assert frontdesk(folder, "--stats").stdout == "Nobody has asked for a human.\n"
    assert json.loads(frontdesk(folder, "--json").stdout) == []


def test_a_csv_has_a_row_an_event_and_no_formulas(folder: Path) -> None:
    stored(folder)
    done = frontdesk(folder, "--csv", str(folder / "all.csv"))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"3 requests written to {folder / 'all.csv'}\n")
    with (folder / "all.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    moves = [(row["id"], row["event_number"], row["event_move"]) for row in rows]
    assert moves[:4] == [("E-3", "1", "call"), ("E-3", "2", "claim"), ("E-3", "3", "reply"), ("E-3", "4", "close")]
    assert len(rows) == 7
    assert rows[2]["event_text"] == "'+49 30 1234\nis ours"
    assert {row["question"] for row in rows if row["id"] == "E-2"} == {"'=HYPERLINK(1)"}


def test_json_has_everything(folder: Path) -> None:
    stored(folder)
    over, late, urgent = json.loads(frontdesk(folder, "--json").stdout)
    assert [one["id"] for one in (over, late, urgent)] == ["E-3", "E-1", "E-2"]
    assert [event["move"] for event in over["events"]] == ["call", "claim", "reply", "close"]
    assert (over["due"], late["due"]["what"]) == (None, "response")
    assert (late["severity"], late["counts_as_severity"], urgent["severity"]) == (None, 3, 5)
    assert frontdesk(folder, "--json", str(folder / "all.json")).stdout == ""
    assert json.loads((folder / "all.json").read_text()) == [over, late, urgent]


def test_exports_have_the_triage(folder: Path) -> None:
    """Of the gravest complaint in the thread; nothing where there is none."""

    async def fill_and_triage(store: Store) -> None:
        await fill(store)
        place = Place("T1", "C1", "channel", "2.0")
        for number, severity, product in ((1, 5, "Orrin 9"), (2, 2, None)):
            asked = Question(f"T1:C1:{number}", "=it smokes", Person("U1"), place, f"2.{number}", NOW)
            await store.answers.save(asked, "support", Answer(Outcome.ANSWERED, "So."))
            await store.triages.want(asked.key)
            [waits] = await store.triages.claim(1, 60)
            made = Triage(complaint="It smokes.", category="SAFETY_HAZARD", severity=severity, requires_escalation=True)
            await store.triages.keep(waits, TriageRecord(made, "German", "EM-1", product, 0.9, "classifier"))

    stored(folder, fill_and_triage)
    over, _, urgent = json.loads(frontdesk(folder, "--json").stdout)
    assert over["triage"] is None
    assert urgent["triage"] == {
        "category": "SAFETY_HAZARD",
        "requires_escalation": True,
        "language": "German",
        "order": "EM-1",
        "product": "Orrin 9",
        "confidence": 0.9,
        "made_by": "classifier",
    }
    frontdesk(folder, "--csv", str(folder / "all.csv"))
    with (folder / "all.csv").open(newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert (rows["E-2"]["triage_category"], rows["E-2"]["triage_product"]) == ("SAFETY_HAZARD", "Orrin 9")
    assert (rows["E-3"]["triage_category"], rows["E-3"]["event_move"]) == ("", "close")


def test_stats_say_how_long_things_took(folder: Path) -> None:
    stored(folder)
    shown = frontdesk(folder, "--stats").stdout.splitlines()
    assert shown[0] == "desk support: 3 requests: 1 of 3 answered in time (33%)"
    assert "    claimed after 30 minutes (median), 1 hour (90th percentile)" in shown
    assert "    answered after 1 hour (median), 1 hour (90th percentile)" in shown
    assert [line for line in shown if "severity" in line] == [
        "  severity 5: 1 request: 0 of 1 answered in time (0%)",
        "  severity 3: 2 requests: 1 of 2 answered in time (50%)",
    ]
    [desk, fifth, third] = json.loads(frontdesk(folder, "--stats", "--json").stdout)
    assert desk["to_close"] == {"count": 1, "median_s": 40 * 3600, "p90_s": 40 * 3600}
    assert (fifth["severity"], third["severity"]) == (5, 3)


def test_what_does_not_go_together_or_can_t_be_written_is_said(folder: Path) -> None:
    assert frontdesk(folder, "--csv", "x", "--stats").exit_code == 2
    failed = frontdesk(folder, "--csv", str(folder / "no" / "such" / "place"))
    assert failed.exit_code == 1
    assert "can't be written" in failed.stderr


def test_more_than_a_page_is_read_whole_and_once(folder: Path) -> None:
    async def many(store: Store) -> None:
        for number in range(_PAGE + 3):  # most were called at the same moment
            await store.escalations.create(replace(escalation(number, "?", 1), created_at=NOW - (number % 2) * HOUR))

    stored(folder, many)
    ids = [one["id"] for one in json.loads(frontdesk(folder, "--json").stdout)]
    assert (len(ids), len(set(ids))) == (_PAGE + 3, _PAGE + 3)
