"""`frontdesk triage`: the record and nothing else as JSON, the rest for people."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import main

ELECTROMART = Path(__file__).parents[3] / "ops" / "demo" / "electromart" / "frontdesk.toml"
BILLED = "You took the money for order EM-118402 from my card twice."


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["--config", str(ELECTROMART), "triage", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_is_the_four_fields() -> None:
    record = json.loads(said(BILLED, "--json"))
    assert list(record) == ["complaint", "category", "severity", "requires_escalation"]
    assert (record["complaint"], record["category"]) == (BILLED, "BILLING_PAYMENT")


def test_people_are_told_the_rest_too() -> None:
    told = said(BILLED)
    assert "BILLING_PAYMENT, severity" in told
    assert "order: EM-118402" in told
    assert "by classifier" in told


def test_what_is_no_complaint_is_null() -> None:
    assert json.loads(said("How long can I return a laptop?", "--json")) is None
    assert "No complaint" in said("How long can I return a laptop?")
