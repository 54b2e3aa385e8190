"""A catalogue feed from a file or a URL: whole, or not at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.model import Source, SourceError
from ingest.sources.feed import FeedSettings
from tests.fakes.web import WebSite, bomb, half, redirect, served, status, tagged

CSV = "sku,name,price\n1,Kettle,20\n2,Pan,30\n"
Make = Callable[..., Source]


@pytest.fixture
def make(site: WebSite, tmp_path: Path) -> Make:
    def make(at: str = "/catalogue.csv", **settings: Any) -> Source:
        place = {} if "path" in settings else {"url": site.url + at}
        given = {"allow_private": True, "deadline_s": 5.0, **place, **settings}
        return FeedSettings(kind="feed", **given).make("shop", tmp_path / "state")

    return make


def test_a_file_is_one_item_with_its_columns(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_text(CSV)
    source = make(path=path, id_column="sku", title_column="name")
    [listed] = source.list().items
    content = source.read(listed)
    assert (listed.item_id, listed.uri, content.name) == ("shop:catalogue.csv", "catalogue.csv", "catalogue.csv")
    assert (content.data.decode(), dict(content.options)) == (CSV, {"id": "sku", "title": "name"})
    path.write_text(CSV + "3,Pot,40\n")
    assert source.list().items[0].fingerprint != listed.fingerprint
    path.unlink()
    with pytest.raises(SourceError, match=r"catalogue\.csv.*no such file.*check the path"):
        source.list()
    with pytest.raises(SourceError, match="can't be read"):
        source.read(listed)


def test_a_url_is_fetched_when_it_is_another(site: WebSite, make: Make) -> None:
    """Reading asks for nothing; a 304 keeps what there is; the same bytes under another tag are no change."""
    site.pages["/catalogue.csv"] = tagged(CSV, "text/csv")
    source = make()
    [listed] = source.list().items
    assert source.read(listed).data.decode() == CSV
    assert source.list().items == [listed]
    assert "If-None-Match" in site.requests[1][1]
    assert len(site.requests) == 2
    site.pages["/catalogue.csv"] = served(CSV, "text/csv", etag='"other"')
    assert source.list().items == [listed]
    site.pages["/catalogue.csv"] = tagged(CSV.replace("20", "21"), "text/csv")
    [changed] = source.list().items
    assert (changed.item_id, changed.fingerprint != listed.fingerprint) == (listed.item_id, True)
    assert "21" in source.read(changed).data.decode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(500), "answered 500"),
        (status(404), "answered 404"),
        (half(b"sku,name\n1,Ket"), "broke off"),
        (half(b"sku,name\n1,Ket", chunked=True), "broke off"),
        (redirect("/catalogue.csv"), "redirects more than"),
        (served("<html>Sign in</html>"), "a web page, not a feed"),
        (served(" \n<!doctype html>", "text/csv"), "a web page, not a feed"),
    ],
)
def test_a_feed_that_cannot_be_had_is_an_error(site: WebSite, make: Make, answer: Any, said: str) -> None:
    """Nothing is removed then, and what was there can still be read."""
    site.pages["/catalogue.csv"] = tagged(CSV, "text/csv")
    source = make()
    [listed] = source.list().items
    site.pages["/catalogue.csv"] = answer
    with pytest.raises(SourceError, match=rf'feed "http.*catalogue\.csv" of source "shop": .*{said}'):
        source.list()
    assert source.read(listed).data.decode() == CSV


def test_a_slow_or_swollen_feed_is_given_up(site: WebSite, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages["/catalogue.csv"] = site.slow()
    with pytest.raises(SourceError, match=r"within 0\.3 seconds"):
        make(deadline_s=0.3).list()
    monkeypatch.setattr("ingest.sources.feed.LARGEST_FEED", 2**20)
    site.pages["/catalogue.csv"] = bomb(16)
    with pytest.raises(SourceError, match="larger than 1 MiB"):
        make().list()


@pytest.mark.parametrize(
    ("path", "content_type", "settings", "name"),
    [
        ("/items.json", "application/json", {}, "items.json"),
        ("/items.ndjson", "text/plain", {}, "items.jsonl"),
        ("/export?kind=all", "text/csv", {}, "export.csv"),
        ("/export", "application/x-ndjson", {}, "export.jsonl"),
        ("/export.php", "text/html; charset=utf-8", {}, None),
        ("/export", "application/octet-stream", {}, None),
        ("/export", "application/octet-stream", {"format": "tsv"}, "export.tsv"),
        ("/", "application/json", {}, "feed.json"),
    ],
)
def test_the_format_is_told_by_setting_name_or_type(
    site: WebSite, make: Make, path: str, content_type: str, settings: Any, name: str | None
) -> None:
    site.pages[path] = served('[{"sku": 1}]', content_type)
    source = make(path, **settings)
    if name is None:
        with pytest.raises(SourceError):
            source.list()
    else:
        assert source.read(source.list().items[0]).name == name


def test_json_that_is_none_is_an_error(site: WebSite, make: Make) -> None:
    site.pages["/items.json"] = served("maintenance", "application/json")
    with pytest.raises(SourceError, match="not JSON"):
        make("/items.json").list()


def test_a_private_feed_needs_leave(site: WebSite, make: Make) -> None:
    with pytest.raises(SourceError, match="allow_private = true"):
        make(allow_private=False).list()
    assert site.requests == []


def test_a_file_that_only_was_touched_is_listed_as_other(tmp_path: Path, make: Make) -> None:
    """The ledger's hash of its content then says that nothing changed."""
    path = tmp_path / "items.jsonl"
    path.write_text('{"sku": 1}\n')
    source = make(path=path)
    before = source.list().items[0]
    os.utime(path, (1, 1))
    assert source.list().items[0].fingerprint != before.fingerprint
