"""A web server that misbehaves as told: slow, failing, redirecting, breaking off, lying about types.

Each path answers with what `pages` holds for it: text or bytes (a page), or a function of the request. It keeps what
was asked in `requests`.
"""

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class WebSite:
    port: int = 0
    pages: dict[str, str | bytes | Answer] = field(default_factory=dict)
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, path: str) -> int:
        return sum(path == asked for asked, _ in self.requests)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append((request.path, dict(request.headers)))
        page = self.pages.get(request.path)
        if page is None:
            status(404)(request)
        elif callable(page):
            page(request)
        else:
            served(page)(request)

    def slow(self, headers_too: bool = False) -> Answer:
        """A byte now and then, for ever: of the headers, or after them."""

        def drip(request: BaseHTTPRequestHandler) -> None:
            start = (
                b"HTTP/1.1 200 OK\r\nX-Drip: " if headers_too else b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"
            )
            try:
                request.wfile.write(start)
                request.wfile.flush()
                while not self.closing.wait(0.02):
                    request.wfile.write(b"x")
                    request.wfile.flush()
            except OSError:
                pass  # the client has had enough
            request.close_connection = True

        return drip


def page(title: str = "A page", *links: str, head: str = "", text: str = "Some text.", footer: str = "") -> str:
    anchors = "".join(f'<a href="{link}">{link}</a> ' for link in links)
    return (
        f"<html><head><title>{title}</title>{head}</head><body><nav>menu</nav><main><h1>{title}</h1><p>{text}</p>"
        f"<p>{anchors}</p></main><footer>{footer}</footer></body></html>"
    )


def served(body: str | bytes, content_type: str = "text/html; charset=utf-8", **headers: str) -> Answer:
    """200 with this body; `etag="x"` and `last_modified="..."` become headers, and an equal validator gets a 304."""
    data = body.encode() if isinstance(body, str) else body

    def answer(request: BaseHTTPRequestHandler) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        same = (named.get("etag") and request.headers.get("If-None-Match") == named["etag"]) or (
            named.get("last-modified") and request.headers.get("If-Modified-Since") == named["last-modified"]
        )
        send(request, 304 if same else 200, b"" if same else data, {"Content-Type": content_type, **named})

    return answer


def tagged(body: str, content_type: str = "text/html") -> Answer:
    return served(body, content_type, etag=f'"{sha256(body.encode()).hexdigest()[:8]}"')


def status(code: int, **headers: str) -> Answer:
    return lambda request: send(request, code, b"sorry", {k.replace("_", "-"): v for k, v in headers.items()})


def redirect(to: str, code: int = 302) -> Answer:
    return lambda request: send(request, code, b"", {"Location": to})


def half(body: bytes = b"<html><body>half a page", *, chunked: bool = False) -> Answer:
    """More is promised than comes: by Content-Length, or by a chunk that is not the last."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        size = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % (2 * len(body))
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + size + b"\r\n\r\n")
        request.wfile.write(b"%x\r\n%s\r\n" % (len(body), body) if chunked else body)
        request.close_connection = True

    return answer


def bomb(mebibytes: int) -> Answer:
    """Zeros, well compressed."""
    data = gzip.compress(bytes(mebibytes * 2**20), 9)
    return lambda request: send(request, 200, data, {"Content-Type": "text/html", "Content-Encoding": "gzip"})


def in_turn(*answers: Answer) -> Answer:
    """One answer after the other; the last stays."""
    left = list(answers)
    return lambda request: (left.pop(0) if len(left) > 1 else left[0])(request)


def send(request: BaseHTTPRequestHandler, code: int, body: bytes, headers: Mapping[str, str]) -> None:
    request.send_response(code)
    for name, value in headers.items():
        request.send_header(name, value)
    if code != 304:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body if code != 304 else b"")


@contextmanager
def serving() -> Iterator[WebSite]:
    site = WebSite()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet
        timeout = 10

        def do_GET(self) -> None:
            try:
                site.answer(self)
            except OSError:  # the client has had enough
                self.close_connection = True

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()

        def log_message(self, format: str, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
