"""What a website lists, against a server of ours that does what real ones do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Listing, SourceError
from ingest.sources import crawl as module
from ingest.sources.entrance import LARGEST_PAGE
from ingest.sources.page import examine, normalised
from ingest.sources.website import WebsiteSettings, WebsiteSource
from tests.fakes.web import WebSite, half, in_turn, page, redirect, served, status, tagged

Make = Callable[..., WebsiteSource]


@pytest.fixture
def make(site: WebSite, tmp_path: Path) -> Make:
    def make(path: str = "/", **settings: Any) -> WebsiteSource:
        given = {"allow_private": True, "requests_per_second": 1000, "deadline_s": 5.0, **settings}
        return WebsiteSettings(kind="website", url=site.url + path, **given).make("docs", tmp_path / "state")

    return make


def paths(listing: Listing) -> list[str]:
    return [urlsplit(item.uri).path for item in listing.items]


def sitemap(site: WebSite, *entries: tuple[str, str]) -> str:
    urls = "".join(f"<url><loc>{site.url}{path}</loc><lastmod>{date}</lastmod></url>" for path, date in entries)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def test_pages_are_found_by_their_links_and_each_once(site: WebSite, make: Make) -> None:
    """Fragments, tracking and old schemes are no other page; other hosts, folders above and pictures are not ours."""
    site.pages |= {
        "/docs/": page(
            "Start", "a.html", "a.html#top", "a.html?utm_source=x", "/above", "https://other.example/", "p.png"
        ),
        "/docs/a.html": page("A", "/docs/", "./b/../b/", "mailto:x@y.example", "javascript:void(0)", "//["),
        "/docs/b/": page("B", "../b/?page=2"),
        "/docs/b/?page=2": page("B, page 2"),
        "/above": page("Above"),
    }
    listing = make("/docs/").list()
    assert [item.item_id for item in listing.items] == [
        f"docs:{site.url}{path}" for path in ("/docs/", "/docs/a.html", "/docs/b/", "/docs/b/?page=2")
    ]
    assert (listing.complete, listing.problems) == (True, [])
    assert site.asked("/docs/a.html") == 1
    assert site.asked("/above") == site.asked("/docs/p.png") == 0


def test_a_page_is_read_without_asking_the_server_again(site: WebSite, make: Make) -> None:
    site.pages["/"] = served(page("Start", "guide.pdf"), last_modified="Mon, 02 Mar 2026 10:00:00 GMT")
    site.pages["/guide.pdf"] = served(b"%PDF-1.7 ...", "application/pdf")
    source = make()
    start, guide = source.list().items
    asked = len(site.requests)
    content = source.read(start)
    assert (content.name, content.options) == ("127.0.0.1.html", {"extract": "main"})
    assert content.data.decode() == page("Start", "guide.pdf")
    assert start.changed_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert (source.read(guide).name, source.read(guide).options) == ("guide.pdf", {})
    assert len(site.requests) == asked


def test_only_what_is_new_is_transferred(site: WebSite, make: Make) -> None:
    """A 304 needs no body, its links are known; what changed has another fingerprint, the rest the same."""
    for path, links in (("/", ("a", "b")), ("/a", ("c",)), ("/b", ()), ("/c", ())):
        site.pages[path] = tagged(page(path, *links))
    before = make().list()
    site.pages["/a"] = tagged(page("/a", "c", text="Another text."))
    site.requests.clear()
    after = make().list()
    assert paths(before) == paths(after) == ["/", "/a", "/b", "/c"]
    changed = [new.uri for old, new in zip(before.items, after.items, strict=True) if old != new]
    assert changed == [site.url + "/a"]
    assert all("If-None-Match" in headers for path, headers in site.requests if path in ("/a", "/b", "/c"))


def test_a_new_footer_or_script_is_no_change(site: WebSite, make: Make) -> None:
    """Neither for the fingerprint nor for the bytes that are read; a word or a heading is one."""
    site.pages["/"] = page("Start", footer="made in 12 ms", head="<script nonce=1>a()</script>")
    source = make()
    [before] = source.list().items
    content = source.read(before)
    site.pages["/"] = page("Start", footer="made in 99 ms", head="<script nonce=2>b()</script>")
    [same] = source.list().items
    assert (same, source.read(same)) == (before, content)
    site.pages["/"] = page("Start", text="Some other text.")
    [other] = source.list().items
    assert other.fingerprint != before.fingerprint
    assert b"Some other text." in source.read(other).data


def test_robots_txt_is_obeyed(site: WebSite, make: Make) -> None:
    site.pages["/robots.txt"] = served("User-agent: *\nDisallow: /private/\n", "text/plain")
    site.pages |= {"/": page("Start", "/private/a", "/b"), "/private/a": page("No"), "/b": page("B")}
    assert paths(make().list()) == ["/", "/b"]
    assert site.asked("/private/a") == 0
    site.pages["/robots.txt"] = served("User-agent: Frontdesk\nDisallow: /\n", "text/plain")
    with pytest.raises(SourceError, match=r"robots.txt does not allow Frontdesk"):
        make().list()


@pytest.mark.parametrize("answer", [status(500), status(429), half(), redirect("/robots.txt")])
def test_without_a_word_from_robots_txt_nothing_is_fetched(site: WebSite, make: Make, answer: Any) -> None:
    site.pages |= {"/robots.txt": answer, "/": page("Start")}
    with pytest.raises(SourceError, match=r'website "http.* of source "docs": Its robots.txt can\'t be read'):
        make().list()
    assert site.asked("/") == 0


def test_a_crawl_delay_slows_us_down(site: WebSite, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to a bound."""
    waited: list[float] = []
    monkeypatch.setattr("ingest.sources.http.time.sleep", waited.append)
    source = make()
    monkeypatch.setattr(source, "_web", lambda web=source._web: _sleeping(web(), waited))
    site.pages |= {"/robots.txt": served("User-agent: *\nCrawl-delay: 7\n"), "/": page("Start", "/a"), "/a": page("A")}
    source.list()
    assert len(waited) == 2
    assert all(6 < wait <= 7 for wait in waited)


def _sleeping(web: Any, waited: list[float]) -> Any:
    web.sleep = waited.append
    return web


@pytest.mark.parametrize("answer", [status(500), status(403), half(), half(chunked=True), redirect("/a")])
def test_a_page_that_fails_is_kept_and_the_listing_incomplete(site: WebSite, make: Make, answer: Any) -> None:
    """With what it linked to. Gone is only what the server says is gone."""
    site.pages |= {"/": page("Start", "/a"), "/a": page("A", "/b"), "/b": page("B")}
    assert make().list().complete
    site.pages["/a"] = answer
    listing = make().list()
    assert paths(listing) == ["/", "/a", "/b"]
    assert not listing.complete
    assert f"{site.url}/a could not be had" in listing.problems[0]


@pytest.mark.parametrize("code", [404, 410])
def test_a_page_that_is_gone_is_gone(site: WebSite, make: Make, code: int) -> None:
    site.pages |= {"/": page("Start", "/a"), "/a": page("A", "/b"), "/b": page("B")}
    assert paths(make().list()) == ["/", "/a", "/b"]
    site.pages["/a"] = status(code)
    listing = make().list()
    assert (paths(listing), listing.complete, listing.problems) == (["/"], True, [])


def test_slow_pages_do_not_hold_up_the_rest(site: WebSite, make: Make) -> None:
    site.pages |= {"/": page("Start", "/slow", "/a"), "/slow": site.slow(), "/a": page("A")}
    listing = make(deadline_s=0.3).list()
    assert (paths(listing), listing.complete) == (["/", "/a"], False)


def test_wrong_types_and_refusals_are_left_out_with_a_word(site: WebSite, make: Make) -> None:
    """They never were pages, so nothing is missing."""
    site.pages |= {
        "/": page("Start", "/feed", "/members", "/huge", "/big-type"),
        "/feed": served("<rss/>", "application/rss+xml"),
        "/members": status(401),
        "/huge": served(b"x" * (LARGEST_PAGE + 1)),
    }
    listing = make().list()
    assert (paths(listing), listing.complete) == (["/"], True)
    assert len(listing.problems) == 3
    assert "application/rss+xml, which is no kind of document" in listing.problems[0]


def test_a_start_page_that_cannot_be_had_is_an_error(site: WebSite, make: Make) -> None:
    """Nothing is known then, and nothing removed."""
    with pytest.raises(SourceError, match="answered 404"):
        make().list()
    site.pages["/"] = served("{}", "application/x-thing")
    with pytest.raises(SourceError, match="application/x-thing, which is no page"):
        make().list()
    site.pages["/"] = redirect("http://elsewhere.example/login")
    with pytest.raises(SourceError, match=r"redirects to http://elsewhere\.example/login; if that is the site"):
        make().list()


def test_redirects_lead_to_one_page(site: WebSite, make: Make) -> None:
    """In circles they lead nowhere; out of the site they are not followed."""
    site.pages |= {
        "/": page("Start", "/old", "/new", "/circle", "/out"),
        "/old": redirect("/older", 301),
        "/older": redirect("/new", 308),
        "/new": page("New"),
        "/circle": redirect("/circle2"),
        "/circle2": redirect("/circle"),
        "/out": redirect("http://127.0.0.1:1/"),
    }
    listing = make().list()
    assert paths(listing) == ["/", "/new"]
    assert not listing.complete
    assert "redirects more than 5 times" in listing.problems[0]


def test_copies_are_one_page_with_its_canonical_address(site: WebSite, make: Make) -> None:
    """Also when the original is linked nowhere. One that names a missing page, or goes in circles, stays itself."""

    def canonical(path: str) -> str:
        return f'<link rel="canonical" href="{path}">'

    site.pages |= {
        "/": page("Start", "/print", "/lost", "/x", "/y", "/chain"),
        "/print": page("Page", head=canonical("/page")),
        "/page": page("Page", head=canonical("/page")),
        "/chain": page("Page", head=canonical("/print")),
        "/lost": page("Lost", head=canonical("/nowhere")),
        "/x": page("X", head=canonical("/y")),
        "/y": page("Y", head=canonical("/x")),
    }
    assert paths(make().list()) == ["/", "/lost", "/x", "/y", "/page"]
    site.pages["/page"] = status(500)
    listing = make().list()
    assert "/print" not in paths(listing)


def test_more_pages_than_allowed_are_an_incomplete_listing(site: WebSite, make: Make) -> None:
    """The same ones each time."""
    site.pages["/"] = page("Start", *(f"/p{number}" for number in range(50)))
    site.pages |= {f"/p{number}": page(str(number), "/q") for number in range(50)}
    first, second = make(max_pages=10).list(), make(max_pages=10).list()
    assert len(first.items) == 10
    assert (paths(first), first.complete) == (paths(second), False)
    assert "max_pages = 10" in first.problems[0]


def test_a_listing_cut_short_is_gone_on_with(site: WebSite, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for before is not asked for again, so that in the end all is seen."""
    site.pages["/"] = page("Start", *(f"/p{number}" for number in range(6)))
    site.pages |= {f"/p{number}": page(str(number)) for number in range(6)}
    ticks = iter(range(1000))
    monkeypatch.setattr(module, "monotonic", lambda: next(ticks))
    listing = make(time_limit="3s").list()
    assert not listing.complete
    assert "time limit was reached" in listing.problems[0]
    seen = {path for path, _ in site.requests}
    monkeypatch.setattr(module, "monotonic", lambda: 0.0)
    site.requests.clear()
    assert make().list().complete
    again = {path for path, _ in site.requests} & seen
    assert again == {"/robots.txt", "/"}
    site.requests.clear()
    make().list()
    assert len(site.requests) == 8


def test_a_server_that_is_down_is_left_alone(site: WebSite, make: Make) -> None:
    site.pages["/"] = page("Start", *(f"/p{number}" for number in range(50)))
    site.pages |= {f"/p{number}": status(502) for number in range(50)}
    listing = make().list()
    assert not listing.complete
    assert len(site.requests) == 2 + module.FAILURES_IN_A_ROW
    assert len(listing.problems) <= module.MOST_PROBLEMS + 1


def test_include_and_exclude(site: WebSite, make: Make) -> None:
    """The start page leads on, also when it is not wanted itself."""
    site.pages |= {
        "/": page("Start", "/guide/a", "/blog/b", "/guide/old/c"),
        "/guide/a": page("A"),
        "/blog/b": page("B"),
        "/guide/old/c": page("C"),
    }
    assert paths(make(include=["/guide/**"], exclude=["**/old/**"]).list()) == ["/guide/a"]
    assert site.asked("/blog/b") == site.asked("/guide/old/c") == 0


def test_a_sitemap_is_the_list_of_pages(site: WebSite, make: Make) -> None:
    """Links are not followed; an index, compression and what is not ours are understood."""
    import gzip

    index = (
        f"<sitemapindex><sitemap><loc>{site.url}/one.xml.gz</loc></sitemap><sitemap><loc>/two.xml</loc></sitemap>"
        f"<sitemap><loc>{site.url}/sitemap.xml</loc></sitemap></sitemapindex>"
    )
    site.pages |= {
        "/sitemap.xml": served(index, "application/xml"),
        "/one.xml.gz": served(gzip.compress(sitemap(site, ("/a", "2026-01-01")).encode()), "application/gzip"),
        "/two.xml": served(
            sitemap(site, ("/b", "")).replace("</urlset>", "<url><loc>http://x.example/</loc></url></urlset>")
        ),
        "/a": page("A", "/linked"),
        "/b": page("B"),
        "/linked": page("Linked"),
    }
    listing = make("/sitemap.xml").list()
    assert (paths(listing), listing.complete, listing.problems) == (["/a", "/b"], True, [])
    site.pages["/two.xml"] = status(500)
    listing = make("/sitemap.xml").list()
    assert (paths(listing), listing.complete) == (["/a"], False)
    site.pages["/sitemap.xml"] = "<html>a page that says sorry</html>"
    with pytest.raises(SourceError, match="not a sitemap"):
        make("/sitemap.xml").list()


def test_a_page_whose_date_in_the_sitemap_is_the_same_is_not_asked_for(
    site: WebSite, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a week: some sitemaps never change their dates. Today's date may hide a change later today."""
    today = datetime.now(UTC).date().isoformat()
    entries = [("/old", "2026-01-01"), ("/new", "2026-01-01"), ("/today", today), ("/undated", "")]
    site.pages |= {path: page(path) for path, _ in entries}
    site.pages["/sitemap.xml"] = sitemap(site, *entries)
    make("/sitemap.xml").list()
    entries[1] = ("/new", "2026-02-02")
    site.pages["/sitemap.xml"] = sitemap(site, *entries)
    site.requests.clear()
    assert paths(make("/sitemap.xml").list()) == ["/old", "/new", "/today", "/undated"]
    assert [path for path, _ in site.requests] == ["/robots.txt", "/sitemap.xml", "/new", "/today", "/undated"]
    monkeypatch.setattr(module, "SITEMAP_TRUSTED", timedelta(0))
    make("/sitemap.xml").list()
    assert site.asked("/old") == 1


def test_a_hostile_sitemap_loads_nothing_and_ends(site: WebSite, make: Make) -> None:
    """No entity is expanded, no file read."""
    site.pages["/sitemap.xml"] = (
        '<!DOCTYPE u [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "&a;" * 10}">' for n in range(9))
        + "]><urlset><url><loc>/&f;</loc></url><url><loc>/&a8;</loc></url></urlset>"
    )
    with pytest.raises(SourceError):
        make("/sitemap.xml").list()
    assert [path for path, _ in site.requests] == ["/robots.txt", "/sitemap.xml"]


def test_the_sites_own_sitemap_adds_to_the_crawl(site: WebSite, make: Make) -> None:
    """A page that nothing links to is found; a sitemap that fails may have named more."""
    site.pages |= {
        "/robots.txt": served(f"Sitemap: {site.url}/map.xml\n"),
        "/map.xml": sitemap(site, ("/orphan", "2026-01-01")),
        "/": page("Start", "/a"),
        "/orphan": page("Orphan"),
        "/a": page("A"),
    }
    assert sorted(paths(make().list())) == ["/", "/a", "/orphan"]
    site.pages["/map.xml"] = status(500)
    assert not make().list().complete


def test_a_private_site_needs_leave(site: WebSite, make: Make) -> None:
    site.pages["/"] = page("Start")
    with pytest.raises(SourceError, match="set allow_private = true"):
        make(allow_private=False).list()
    assert site.requests == []


@pytest.mark.parametrize("damage", [b"not a database", b""])
def test_a_lost_or_damaged_cache_is_fetched_again(site: WebSite, make: Make, tmp_path: Path, damage: bytes) -> None:
    """With the same fingerprints, so that nothing is indexed again."""
    site.pages["/"] = page("Start")
    source = make()
    [before] = source.list().items
    for path in (tmp_path / "state").iterdir():
        path.unlink()
    (tmp_path / "state" / "pages.sqlite3").write_bytes(damage)
    with pytest.raises(SourceError, match="fetches it again"):
        source.read(before)
    assert source.list().items[0].fingerprint == before.fingerprint


def test_what_doctor_asks(site: WebSite, make: Make) -> None:
    """One page, not the whole site."""
    site.pages["/"] = in_turn(served(page("Start", "/a")), status(500))
    assert make().probe() == f"{site.url}/ answers"
    assert len(site.requests) == 2
    with pytest.raises(SourceError, match="answered 500"):
        make().probe()


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: f"<html><a href='{text}'>{text}".encode(errors="ignore"))
)
def test_any_body_can_be_examined(body: bytes) -> None:
    assert examine(body, "http://x.example/").digest


def test_a_deep_page_is_examined_to_its_end() -> None:
    """What a parser would pass over would be a change that is never seen."""
    deep = "<div>" * 1000 + "{}" + "</div>" * 1000
    one, two = (examine(f"<html><body>{deep.format(word)}<p>x".encode(), "http://x.example/") for word in ("a", "b"))
    assert one.digest != two.digest


@given(st.text(max_size=60))
def test_a_normal_address_stays_as_it_is(text: str) -> None:
    for url in (text, f"http://x.example/{text}"):
        if found := normalised(url, "http://x.example/docs/"):
            assert normalised(found) == found
