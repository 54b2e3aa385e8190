"""GET for sources: bounded in time, size and redirects, paced, and to public addresses only unless allowed."""

import codecs
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version

import httpcore
import httpx

from ingest.model import SourceError
from ingest.sources.addresses import Deadline, GuardedTransport, PrivateAddress

AGENT = "Frontdesk"
MOST_REDIRECTS = 5
LONGEST_WAIT = 60.0  # seconds that a server may have us wait before it is asked again
MOST_ATTEMPTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TYPES_ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/plain": ".txt",
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
}
_VAGUE = frozenset({"", "application/octet-stream", "binary/octet-stream", "text/plain"})


class FetchError(SourceError):
    """A URL could not be had, this time: nothing is known about what it holds. The text has no URL in it."""


class TooLarge(FetchError):
    """It is there, and is more than is read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`url` is where redirects led, and `status` never a redirect's, unless it led where it may not be followed: then
    `url` is that place. `body` is decoded, and empty where the type was not wanted."""

    url: str
    status: int
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    body: bytes = b""

    @property
    def refused(self) -> bool:
        return self.status in _REDIRECTS


def no_headers(_: str) -> Mapping[str, str]:
    return {}


@dataclass(slots=True)
class Web:
    """One at a time. `interval`: seconds between requests. `deadline`: seconds for one, all of its redirects apart."""

    allow_private: bool = False
    interval: float = 0.0
    deadline: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    _last: float = field(default=0.0, init=False)
    _clock: Deadline = field(default_factory=Deadline, init=False)
    _client: httpx.Client | None = field(default=None, init=False)

    def get(
        self,
        url: str,
        *,
        most: int,
        headers: Callable[[str], Mapping[str, str]] = no_headers,
        follow: Callable[[str], bool] = lambda _: True,
        wanted: Callable[[str, str], bool] = lambda _url, _type: True,
    ) -> Reply:
        """The reply where the redirects end. `most`: bytes of a body. `headers` are asked for at each hop's URL,
        `follow` whether a redirect may go there, `wanted` whether a body of this URL and type is to be read.

        Raises FetchError for what is not a reply: no connection, a redirect in circles, half a body, one too large or
        too slow, a server that is still too busy after some waiting.
        """
        for _ in range(MOST_REDIRECTS + 1):
            reply, location = self._ask(url, headers(url), most, wanted)
            if location is None:
                return reply
            try:
                url = str(httpx.URL(url).join(location))
            except (httpx.InvalidURL, ValueError) as error:
                raise FetchError("It redirects to what is no address.") from error
            if not url.startswith(("http://", "https://")) or not follow(url):
                return Reply(url, reply.status)
        raise FetchError(f"It redirects more than {MOST_REDIRECTS} times.")

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask(
        self, url: str, headers: Mapping[str, str], most: int, wanted: Callable[[str, str], bool]
    ) -> tuple[Reply, str | None]:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            self._pace()
            self._clock.set(self.deadline)
            try:
                with self._opened().stream("GET", url, headers=headers) as response:
                    wait = _retry_after(response)
                    if wait is None or attempt == MOST_ATTEMPTS:
                        return self._reply(url, response, most, wanted)
            except PrivateAddress as error:
                raise FetchError(f"{error}; set allow_private = true if this is meant.") from error
            except (httpx.TimeoutException, httpcore.TimeoutException) as error:
                raise FetchError(f"The server did not finish its answer within {self.deadline:g} seconds.") from error
            except httpcore.RemoteProtocolError as error:
                if attempt > 1:  # once may be a kept connection that the server had closed
                    raise FetchError(f"The server broke off its answer or sent a damaged one ({error}).") from error
            except (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, httpcore.ProtocolError) as error:
                raise FetchError(f"The server can't be reached ({str(error) or type(error).__name__}).") from error
            else:
                self.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _reply(
        self, url: str, response: httpx.Response, most: int, wanted: Callable[[str, str], bool]
    ) -> tuple[Reply, str | None]:
        status, location = response.status_code, response.headers.get("location")
        if status in _REDIRECTS and location:
            return Reply(url, status), location
        if status == 429 or status >= 500 or (status in _REDIRECTS):
            raise FetchError(f"The server answered {status}.")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = self._body(response, kind, most) if status == 200 and wanted(url, kind) else b""
        etag, modified = response.headers.get("etag", ""), response.headers.get("last-modified", "")
        return Reply(url, status, kind, etag, modified, body), None

    def _body(self, response: httpx.Response, kind: str, most: int) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip", ""):
            raise FetchError("The server compressed its answer in a way that was not asked for.")
        raw = response.iter_raw()
        body = bounded(inflated(raw, most) if encoding.endswith("gzip") else raw, most)
        charset = response.charset_encoding or ""
        return _as_utf8(body, charset) if kind.startswith("text/") or kind.endswith("/xhtml+xml") else body

    def _pace(self) -> None:
        wait = self._last + self.interval - time.monotonic()
        if wait > 0:
            self.sleep(wait)
        self._last = time.monotonic()

    def _opened(self) -> httpx.Client:
        if self._client is None:
            agent = f"{AGENT}/{version('frontdesk')} (reads documents for a support assistant)"
            self._client = httpx.Client(
                transport=GuardedTransport(self._clock, allow_private=self.allow_private),
                headers={"User-Agent": agent, "Accept-Encoding": "gzip"},
                timeout=httpx.Timeout(self.deadline, connect=min(self.deadline, 10.0)),
            )
            self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return self._client


def bounded(parts: Iterable[bytes], most: int) -> bytes:
    """All of it. Raises FetchError as soon as it is too large."""
    kept, size = list[bytes](), 0
    for part in parts:
        size += len(part)
        if size > most:
            raise TooLarge(f"It is larger than {most / 2**20:.3g} MiB.")
        kept.append(part)
    return b"".join(kept)


def inflated(parts: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Decompressed in small steps, so that a bomb is stopped early. Raises FetchError for what is damaged or half."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for part in parts:
            waiting = part
            while waiting and not inflater.eof:
                yield inflater.decompress(waiting, min(most + 1, 2**20))
                waiting = inflater.unconsumed_tail
    except zlib.error as error:
        raise FetchError(f"The server sent damaged compressed data ({error}).") from error
    if not inflater.eof:
        raise FetchError("The server sent compressed data without its end.")


def _as_utf8(body: bytes, charset: str) -> bytes:
    """Parsers are not told the charset of the header: text in another one than UTF-8 becomes UTF-8 and says so."""
    try:
        name = codecs.lookup(charset).name if charset else "utf-8"
        return body if name == "utf-8" else codecs.BOM_UTF8 + body.decode(name, "replace").encode()
    except (LookupError, ValueError):
        return body


def ending_of(path: str, content_type: str, body: bytes) -> str | None:
    """The ending that names the format: by the type that the server states, where that says little by the path's own
    ending and the first bytes. None: not a kind of document that is known."""
    if body.startswith(b"%PDF-"):
        return ".pdf"
    dot = path.rfind(".", path.rfind("/") + 1)
    own = path[dot:].lower() if dot > 0 else ""
    if content_type in _VAGUE and own.isascii() and 2 <= len(own) <= 9:
        return own
    if content_type == "" and b"<html" in body[:2048].lower():
        return ".html"
    return _TYPES_ENDINGS.get(content_type)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds after which to ask again; None: don't."""
    stated = response.headers.get("retry-after", "")
    if response.status_code not in (429, 503) or not stated:
        return None
    seconds = float(stated) if stated.isascii() and stated.isdigit() else None
    if seconds is None and (date := parse_date(stated)):
        seconds = max(0.0, (date - datetime.now(UTC)).total_seconds())
    return seconds if seconds is not None and seconds <= LONGEST_WAIT else None


def parse_date(value: str) -> datetime | None:
    """An HTTP date, in UTC; None for anything else."""
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
