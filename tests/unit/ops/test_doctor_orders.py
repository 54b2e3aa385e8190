"""What `frontdesk doctor` says of the order database, and that a desk with a wrong mapping does not start."""

from pathlib import Path

import pytest

from bot.orders import SqlOrders
from ops.checks import Check
from ops.config import Config, load_config
from ops.doctor import _orders
from tests.fakes.orders import DEMO


def config(tmp_path: Path, old: str = "", new: str = "") -> Config:
    text = DEMO.read_text(encoding="utf-8").replace('"orders.sqlite"', f'"{DEMO.parent / "orders.sqlite"}"')
    path = tmp_path / "frontdesk.toml"
    path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return load_config(path)


@pytest.mark.parametrize(
    ("old", "new", "verdict", "said"),
    [
        ("", "", "ok", "500 orders, numbered EM-######"),
        ('"tracking_number"', '"parcel"', "failed", "orders.tracking: the table orders has no column parcel"),
        ("orders.sqlite", "gone.sqlite", "failed", "orders.url: there is no file"),
    ],
)
async def test_a_mapping_is_checked(tmp_path: Path, old: str, new: str, verdict: str, said: str) -> None:
    [check] = [one async for one in _orders(config(tmp_path, old, new))]
    assert isinstance(check, Check)
    assert (check.name, check.verdict) == ("orders", verdict)
    assert said in check.said


async def test_without_orders_there_is_nothing_to_check(tmp_path: Path) -> None:
    text = DEMO.read_text(encoding="utf-8").split("[orders]")[0]
    (tmp_path / "frontdesk.toml").write_text(text, encoding="utf-8")
    assert [one async for one in _orders(load_config(tmp_path / "frontdesk.toml"))] == []


async def test_the_demos_mapping_fits_its_database(tmp_path: Path) -> None:
    settings = config(tmp_path).bot.orders
    assert settings is not None
    orders = SqlOrders(settings)
    await orders.prepare()
    await orders.close()
