"""What `frontdesk doctor` says of the database."""

from pathlib import Path

import pytest

from ops.config import load_config
from ops.doctor import _database
from tests.postgres import Postgres

CONFIG = '[desks.a]\nprompt = "electromart"\n[sources.docs]\nkind = "folder"\npath = "docs"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "frontdesk.toml"
    path.write_text(CONFIG)
    return path


async def test_sqlite_is_the_default(path: Path) -> None:
    [check] = [one async for one in _database(load_config(path))]
    assert (check.verdict, check.said) == ("ok", "SQLite, 0 questions wait to be answered")


async def test_postgres_alone_is_for_one_process(
    path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works, and replicas would each have an index: that is said before somebody starts them."""
    monkeypatch.setenv("DATABASE_URL", postgres.database())
    [check] = [one async for one in _database(load_config(path))]
    assert check.verdict == "warning"
    assert check.said.startswith("Postgres, 0 questions wait")
    assert "QDRANT_URL" in check.said
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:1")
    config = load_config(path)
    assert [one.verdict async for one in _database(config)] == ["ok"]
    assert config.ingest.ledger == config.store_url, "the ledger is shared then"


async def test_a_server_that_is_away_is_one_line_without_its_password(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://desk:s3cret@127.0.0.1:1/x")
    [check] = [one async for one in _database(load_config(path))]
    assert check.verdict == "failed"
    assert "check DATABASE_URL" in check.said
    assert "s3cret" not in check.said
