"""The products of a whole desk: what its sources list, as the classifier's records name it."""

from pathlib import Path
from unittest.mock import patch

import pytest

from bot.engine import catalogue
from ops.composition import LocalOperations, open_operations
from ops.config import Config, load_config
from ops.control import serve_control
from ops.reports import SyncRequest
from ops.triage import triaged

CONFIG = """
[desks.support]
prompt = "electromart"
[sources.docs]
kind = "folder"
path = "docs"
"""
HEADER = "sku,name,price_usd\n"
COMPLAINT = "My lumio 4 arrived with a cracked screen and nobody answers me"


async def product(operations: LocalOperations) -> str | None:
    record = await operations.bot.classifier.triage(COMPLAINT, escalated=True)
    assert record is not None
    return record.product


async def at_a_terminal(config: Config) -> str | None:
    record = await triaged(config, "You took the money for my order, a lumio 4, from my card twice, I want it back!.")
    assert record is not None
    return record.product


async def test_a_product_is_known_by_name_after_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_FILE", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "docs").mkdir()
    rows = tmp_path / "docs" / "catalogue.csv"
    rows.write_text(f'{HEADER}LUM-3-RED,"Lumio 3 lamp, red",10\nLUM-3-BLU,"Lumio 3 lamp, blue",10\n')
    (tmp_path / "frontdesk.toml").write_text(CONFIG)
    config = load_config(tmp_path / "frontdesk.toml")
    assert await at_a_terminal(config) is None
    assert not config.data_dir.exists(), "it asked for an index and made none"
    with patch.object(catalogue, "AGAIN_S", 0.0):
        async with open_operations(config) as operations:
            await operations.sync(SyncRequest(), lambda _: None)
            assert await product(operations) is None
            rows.write_text(f'{rows.read_text()}LUM-4-RED,"Lumio 4 lamp, red",12\n')
            await operations.sync(SyncRequest(), lambda _: None)
            assert await product(operations) == "Lumio 4"
            assert await at_a_terminal(config) is None, "the index is another process's, which has no socket yet"
            async with serve_control(operations, config.data_dir):
                assert await at_a_terminal(config) == "Lumio 4"
    assert await at_a_terminal(config) == "Lumio 4"
