"""A catalogue feed: one file of rows, from this machine or from a URL. The parser makes each row a document."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, model_validator

from ingest.model import Content, Listed, Listing, Source, SourceError
from ingest.source_settings import SourceSettings, WebAddress

if TYPE_CHECKING:
    from ingest.sources.http import Reply
    from ingest.sources.page_cache import Page

LARGEST_FEED = 256 * 2**20  # bytes
_FORMATS = ("csv", "tsv", "json", "jsonl")
_ALIASES = {".ndjson": ".jsonl", ".tab": ".tsv", ".txt": ".csv"}


class FeedSettings(SourceSettings):
    kind: Literal["feed"] = Field(examples=["feed"])
    path: Path | None = Field(None, examples=["catalogue.csv"])
    url: WebAddress | None = Field(None, examples=["https://shop.example.com/catalogue.csv"])
    format: Literal["csv", "tsv", "json", "jsonl"] | None = Field(None, examples=["csv"])  # None: by name or type
    id_column: str | None = Field(None, min_length=1, examples=["sku"])
    title_column: str | None = Field(None, min_length=1, examples=["name"])
    url_column: str | None = Field(None, min_length=1, examples=["link"])
    deadline_s: float = Field(300.0, gt=0, examples=[300.0])  # of the whole download
    allow_private: bool = Field(False, examples=[True])

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError('needs either path or url; example: path = "catalogue.csv"')
        return self

    def make(self, name: str, state_dir: Path) -> Source:
        return FileFeed(name, self, self.path) if self.path else WebFeed(name, self, self.url or "", state_dir)


class _Feed:
    line_anchor = ""

    def __init__(self, name: str, settings: FeedSettings) -> None:
        self.name = name
        self.audience: tuple[str, ...] = settings.audience
        self._settings = settings

    @property
    def _options(self) -> Mapping[str, str]:
        settings = self._settings
        columns = {"id": settings.id_column, "title": settings.title_column, "url": settings.url_column}
        return {name: column for name, column in columns.items() if column}

    def _named(self, name: str, ending: str | None = None) -> str:
        """The file's name with the ending that says its format. Raises SourceError when nothing tells it."""
        stem, own = PurePosixPath(name).stem or "feed", PurePosixPath(name).suffix.lower()
        for candidate in (f".{self._settings.format}" if self._settings.format else "", own, ending or ""):
            known = _ALIASES.get(candidate, candidate)
            if known.removeprefix(".") in _FORMATS:
                return stem + known
        raise SourceError(f'Nothing says which format the feed of source "{self.name}" has; set format = "csv".')


class FileFeed(_Feed):
    def __init__(self, name: str, settings: FeedSettings, path: Path) -> None:
        super().__init__(name, settings)
        self._path = path

    def list(self) -> Listing:
        self._named(self._path.name)
        try:
            stat = self._path.stat()
        except OSError as error:
            raise SourceError(
                f'The feed "{self._path}" of source "{self.name}" can\'t be read ({_reason(error)}); check the path.'
            ) from error
        changed_at = datetime.fromtimestamp(stat.st_mtime, UTC)
        fingerprint = f"{stat.st_size}-{stat.st_mtime_ns}"
        return Listing([Listed(f"{self.name}:{self._path.name}", self._path.name, fingerprint, changed_at)])

    def read(self, listed: Listed) -> Content:
        try:
            with self._path.open("rb") as file:
                data = file.read(LARGEST_FEED + 1)
        except OSError as error:
            raise SourceError(f"It can't be read ({_reason(error)}).") from error
        if len(data) > LARGEST_FEED:
            raise SourceError(f"It is larger than {LARGEST_FEED // 2**20} MiB; split it.")
        return Content(data, self._named(self._path.name), options=self._options)


class WebFeed(_Feed):
    """Listing downloads the feed when it is another; reading opens no connection."""

    def __init__(self, name: str, settings: FeedSettings, url: str, state_dir: Path) -> None:
        super().__init__(name, settings)
        self._url = url
        self._state_dir = state_dir

    def list(self) -> Listing:
        """Raises SourceError when the feed can't be had whole, or is a web page: then nothing is removed."""
        from ingest.sources.page_cache import open_cache  # noqa: PLC0415 - lxml and httpx load when they are needed

        with open_cache(self._state_dir) as cache:
            known = cache.page(self._url)
            try:
                reply = self._fetched(known)
                page = self._page(reply, known)
            except SourceError as error:
                raise SourceError(f'The feed "{self._url}" of source "{self.name}": {error}') from error
            cache.put(page, reply.body if reply.status == 200 else None)
            cache.keep({self._url})
        item_id = f"{self.name}:{unquote(urlsplit(self._url).path).rsplit('/', 1)[-1] or 'feed'}"
        return Listing([Listed(item_id, self._url, f"{page.digest}-{page.name}", page.changed_at)])

    def read(self, listed: Listed) -> Content:
        from ingest.sources.page_cache import open_cache  # noqa: PLC0415 - as above

        with open_cache(self._state_dir) as cache:
            page, body = cache.page(self._url), cache.body(self._url)
        if page is None or body is None:
            raise SourceError("What was fetched of it is gone from the data folder; the next sync fetches it again.")
        return Content(body, page.name, page.changed_at, self._options)

    def _fetched(self, known: "Page | None") -> "Reply":
        from ingest.sources.http import Web  # noqa: PLC0415 - as above

        web = Web(self._settings.allow_private, deadline=self._settings.deadline_s)
        try:
            reply = web.get(self._url, most=LARGEST_FEED, headers=lambda _: known.validators() if known else {})
        finally:
            web.close()
        if reply.status != 200 and not (reply.status == 304 and known):
            raise SourceError(f"The server answered {reply.status}.")
        return reply

    def _page(self, reply: "Reply", known: "Page | None") -> "Page":
        from ingest.sources.http import ending_of, parse_date  # noqa: PLC0415 - as above
        from ingest.sources.page_cache import Page  # noqa: PLC0415 - as above

        now = datetime.now(UTC)
        path = unquote(urlsplit(self._url).path).rsplit("/", 1)[-1]
        if reply.status == 304 and known:
            name = self._named(known.name)
            return Page(known.url, name, known.digest, known.changed_at, now, known.etag, known.last_modified)
        beginning = reply.body[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
        if "html" in reply.content_type or beginning.startswith(b"<"):
            raise SourceError("It is a web page, not a feed; nothing was changed.")
        name = self._named(path, ending_of(path, reply.content_type, reply.body))
        if name.endswith(".json") and not beginning.startswith((b"[", b"{")):
            raise SourceError("It is not JSON; nothing was changed.")
        digest = sha256(reply.body).hexdigest()[:32]
        changed_at = known.changed_at if known and known.digest == digest else parse_date(reply.last_modified) or now
        return Page(self._url, name, digest, min(changed_at, now), now, reply.etag, reply.last_modified)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
