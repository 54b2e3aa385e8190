"""GET against a server that misbehaves: each fault is one sentence, soon, and never half a body."""

import gzip
import socket
from collections.abc import Callable

import pytest

from ingest.sources import addresses
from ingest.sources.addresses import is_public
from ingest.sources.http import FetchError, Web, ending_of
from tests.fakes.web import Answer, WebSite, bomb, half, in_turn, redirect, send, served, status

MIB = 2**20


@pytest.fixture
def web() -> Web:
    return Web(allow_private=True, deadline=5.0, sleep=lambda _: None)


def _odd_gzip(request) -> None:  # type: ignore[no-untyped-def]
    whole = gzip.compress(b"text " * 1000)
    send(request, 200, whole[:-20], {"Content-Encoding": "gzip", "Content-Type": "text/html"})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(500), "answered 500"),
        (status(503), "answered 503"),
        (half(), "broke off"),
        (half(chunked=True), "broke off"),
        (_odd_gzip, "without its end"),
        (served(b"not gzip", content_encoding="gzip"), "damaged compressed data"),
        (served(b"x", content_encoding="br"), "not asked for"),
        (bomb(64), "larger than 1 MiB"),
        (served(bytes(2 * MIB)), "larger than 1 MiB"),
        (redirect("/page"), "redirects more than 5 times"),
        (redirect("http://[::1"), "Invalid URL in location"),
        (redirect("http://127.0.0.1:1/"), "can't be reached"),
        (status(302), "answered 302"),
    ],
)
def test_a_fault_is_one_sentence(site: WebSite, web: Web, answer: Answer, said: str) -> None:
    site.pages["/page"] = answer
    with pytest.raises(FetchError, match=said) as error:
        web.get(site.url + "/page", most=MIB)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("headers_too", [True, False])
def test_a_server_that_drips_is_left_at_the_deadline(site: WebSite, headers_too: bool) -> None:
    """Each byte comes in time; all of them never would."""
    site.pages["/"] = site.slow(headers_too)
    with pytest.raises(FetchError, match=r"within 0\.3 seconds"):
        Web(allow_private=True, deadline=0.3).get(site.url + "/", most=MIB)


def test_a_broken_connection_is_tried_once_more(site: WebSite, web: Web) -> None:
    """A kept connection may have been closed by the server at the moment of asking."""
    site.pages["/"] = in_turn(half(), served("whole"))
    assert web.get(site.url + "/", most=MIB).body == b"whole"


def test_a_busy_server_is_waited_for_as_it_asks(site: WebSite) -> None:
    """Within bounds: an hour is an answer for today."""
    waited: list[float] = []
    web = Web(allow_private=True, sleep=waited.append)
    site.pages["/"] = in_turn(status(429, retry_after="7"), status(503, retry_after="9"), served("done"))
    assert web.get(site.url + "/", most=MIB).body == b"done"
    assert waited == [7.0, 9.0]
    site.pages["/"] = status(429, retry_after="3600")
    with pytest.raises(FetchError, match="429"):
        web.get(site.url + "/", most=MIB)
    assert waited == [7.0, 9.0]


def test_requests_are_paced(site: WebSite) -> None:
    waited: list[float] = []
    site.pages["/"] = "x"
    web = Web(allow_private=True, interval=30.0, sleep=waited.append)
    for _ in range(3):
        web.get(site.url + "/", most=MIB)
    assert len(waited) == 2
    assert all(29 < wait <= 30 for wait in waited)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "0.0.0.0", "169.254.169.254"]
)
def test_a_private_address_is_refused_before_a_connection(site: WebSite, host: str) -> None:
    """However it is spelt, and the metadata service of clouds."""
    with pytest.raises(FetchError, match="public address"):
        Web(deadline=5).get(f"http://{host}:{site.port}/", most=MIB)
    assert site.requests == []


def _resolve(*found: str) -> Callable[..., list[tuple[object, ...]]]:
    answers = list(found)

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return getaddrinfo


def test_a_name_of_a_private_address_is_refused(site: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that rebinds gains nothing: the address that was checked is the one that is connected to."""
    asked: list[str] = []
    monkeypatch.setattr(addresses.socket, "getaddrinfo", _resolve("127.0.0.1"))
    with pytest.raises(FetchError, match=r"docs\.example\.com is at 127\.0\.0\.1"):
        Web(deadline=5).get(f"http://docs.example.com:{site.port}/", most=MIB)

    def connect(self: object, host: str, *_: object) -> None:
        asked.append(host)
        raise addresses.httpcore.ConnectError("no route")

    monkeypatch.setattr(addresses.socket, "getaddrinfo", _resolve("93.184.216.34", "127.0.0.1"))
    monkeypatch.setattr(addresses.httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(FetchError, match="can't be reached"):
        Web(deadline=5).get("http://rebinding.example.com/", most=MIB)
    assert asked == ["93.184.216.34"]


def test_a_redirect_to_a_private_address_is_refused(site: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address is public (here: said to be); the second is not."""
    site.pages["/"] = redirect(f"http://localhost:{site.port}/secret")
    site.pages["/secret"] = "secret"
    monkeypatch.setattr(addresses, "is_public", lambda address: len(site.requests) == 0)
    with pytest.raises(FetchError, match=r"localhost is at .*not a public address"):
        Web(deadline=5).get(site.url + "/", most=MIB)
    assert site.asked("/secret") == 0


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_no_cookie_and_an_honest_name(site: WebSite, web: Web) -> None:
    site.pages["/"] = served("x", set_cookie="id=1")
    web.get(site.url + "/", most=MIB)
    web.get(site.url + "/", most=MIB)
    assert site.requests[1][1]["User-Agent"].startswith("Frontdesk/")
    assert "Cookie" not in site.requests[1][1]


def test_text_in_another_charset_becomes_utf8(site: WebSite, web: Web) -> None:
    """The header says which; the parser is not told."""
    site.pages["/"] = served("Größe".encode("latin-1"), "text/html; charset=iso-8859-1")
    assert web.get(site.url + "/", most=MIB).body.decode("utf-8-sig") == "Größe"
    site.pages["/"] = served("Größe".encode(), "text/html; charset=nonsense")
    assert web.get(site.url + "/", most=MIB).body.decode() == "Größe"


@pytest.mark.parametrize(
    ("path", "content_type", "body", "ending"),
    [
        ("/a", "text/html", b"<html>", ".html"),
        ("/a.php", "text/html", b"<html>", ".html"),
        ("/a", "text/html", b"%PDF-1.7", ".pdf"),
        ("/a.docx", "application/octet-stream", b"PK", ".docx"),
        ("/a.md", "text/plain", b"# A", ".md"),
        ("/a", "text/plain", b"x", ".txt"),
        ("/a", "image/png", b"x", None),
        ("/v1.2/a", "", b"<!doctype html><HTML>", ".html"),
        ("/v1.2/a", "", b"?", None),
    ],
)
def test_the_ending_names_the_format(path: str, content_type: str, body: bytes, ending: str | None) -> None:
    assert ending_of(path, content_type, body) == ending
