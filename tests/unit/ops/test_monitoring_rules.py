"""The alert rules, the dashboard and the runbook agree with each other and with what /metrics has."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from ops.monitoring.meter import PrometheusMeter

MONITORING = Path(__file__).parents[3] / "ops" / "monitoring"
RUNBOOK = MONITORING.parent / "runbook.md"
RULES: list[dict[str, Any]] = yaml.safe_load((MONITORING / "rules.yml").read_text())["groups"][0]["rules"]


def exported() -> set[str]:
    """Every name that /metrics has, with what a histogram adds."""
    text = generate_latest(PrometheusMeter().registry).decode()
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    histograms = {
        f"{name}_{part}" for name, kind in families for part in ("bucket", "sum", "count") if kind == "histogram"
    }
    return {name for name, _ in families} | histograms


def asked(expression: str) -> set[str]:
    return set(re.findall(r"\bfrontdesk_[a-z_]+\b", expression))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_is_about_something_that_is_measured_and_has_a_page(rule: dict[str, Any]) -> None:
    assert {"alert", "expr", "labels", "annotations"} <= rule.keys()
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert asked(rule["expr"]) <= exported()
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page == "ops/runbook.md"
    assert anchor == rule["alert"].lower()
    assert f"\n## {rule['alert']}\n" in RUNBOOK.read_text()


def test_the_runbook_has_no_page_without_an_alert() -> None:
    assert re.findall(r"^## (\S+)$", RUNBOOK.read_text(), re.MULTILINE) == [rule["alert"] for rule in RULES]


def test_the_dashboard_shows_what_is_measured() -> None:
    panels = json.loads((MONITORING / "grafana.json").read_text())["panels"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert all(asked(one) and asked(one) <= exported() for one in expressions)


def test_prometheus_loads_the_rules_and_finds_the_default_port() -> None:
    example = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    assert example["rule_files"] == ["rules.yml"]
    assert example["scrape_configs"][0]["static_configs"] == [{"targets": ["127.0.0.1:8485"]}]
