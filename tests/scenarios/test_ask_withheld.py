"""`frontdesk ask` at a terminal, where nobody's rights in Slack hold: it says that there is more for those who have some."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import main

CONFIG = """
[desks.people]
prompt = "people"
[sources.handbook]
kind = "folder"
path = "docs"
audience = "members"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "leave.md").write_text("# Annual leave\n\nEverybody has 30 days of annual leave a year.\n")
    (tmp_path / "frontdesk.toml").write_text(CONFIG)
    for name in ("ANTHROPIC_API_KEY", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "frontdesk.toml"


@pytest.mark.parametrize(("asked", "withheld"), [("How many days of annual leave do I have?", True), ("hello", False)])
def test_it_says_how_many_documents_it_may_not_show(home: Path, asked: str, withheld: bool) -> None:
    def run(*words: str) -> str:
        return CliRunner().invoke(main, ["--config", str(home), *words], catch_exceptions=False).stdout

    run("sync")
    said = run("ask", asked)
    assert ("Documents that fit, but are not for everybody: 1." in said) is withheld
    assert "30 days" not in said
