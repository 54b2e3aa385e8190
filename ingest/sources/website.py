"""A website: the pages that a sitemap names, or all that can be reached from a start page without leaving its folder.

Listing asks for each page, but only for what is new since the last time; reading opens no connection.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ingest.model import Content, Listed, Listing, SourceError
from ingest.source_settings import Duration, Schedule, SourceSettings, WebAddress, interval_of
from ingest.sources.globs import Globs

if TYPE_CHECKING:
    from ingest.sources.http import Web


class WebsiteSettings(SourceSettings):
    kind: Literal["website"] = Field(examples=["website"])
    schedule: Schedule = Field("6h", examples=["6h"])  # a guest asks seldom
    url: WebAddress = Field(examples=["https://docs.example.com/"])  # a start page, or a sitemap (it ends in .xml)
    include: tuple[str, ...] = Field((), examples=[["/guide/**"]])
    exclude: tuple[str, ...] = Field((), examples=[["/blog/**"]])
    max_pages: int = Field(1000, ge=1, examples=[1000])
    requests_per_second: float = Field(2.0, gt=0, le=1000, examples=[2.0])
    time_limit: Duration = Field("1h", examples=["1h"])  # of one listing
    deadline_s: float = Field(30.0, gt=0, examples=[30.0])  # of one page
    allow_private: bool = Field(False, examples=[True])

    def make(self, name: str, state_dir: Path) -> "WebsiteSource":
        return WebsiteSource(name, self, state_dir)


class WebsiteSource:
    line_anchor = ""

    def __init__(self, name: str, settings: WebsiteSettings, state_dir: Path) -> None:
        self.name = name
        self.audience: tuple[str, ...] = settings.audience
        self._settings = settings
        self._state_dir = state_dir

    def list(self) -> Listing:
        """Every page, as its text was when we last asked. Raises SourceError when robots.txt, the start page or the
        sitemap can't be had: then nothing is known, and nothing is removed."""
        from ingest.sources.crawl import Crawl  # noqa: PLC0415 - httpx and lxml load when a website is synced
        from ingest.sources.page_cache import open_cache  # noqa: PLC0415 - as above

        settings, web = self._settings, self._web()
        try:
            with open_cache(self._state_dir) as cache:
                limit = interval_of(settings.time_limit) or timedelta(hours=1)
                globs = Globs(settings.include, settings.exclude)
                crawl = Crawl(settings.url, globs, settings.max_pages, limit, web, cache)
                pages = crawl.pages()
        except SourceError as error:
            raise SourceError(f'The website "{settings.url}" of source "{self.name}": {error}') from error
        finally:
            web.close()
        items = [Listed(f"{self.name}:{page.url}", page.url, page.digest, page.changed_at) for page in pages]
        return Listing(items, crawl.complete, crawl.problems)

    def read(self, listed: Listed) -> Content:
        from ingest.sources.page_cache import open_cache  # noqa: PLC0415 - as above

        with open_cache(self._state_dir) as cache:
            page, body = cache.page(listed.uri), cache.body(listed.uri)
        if page is None or body is None:
            raise SourceError("What was fetched of it is gone from the data folder; the next sync fetches it again.")
        options = {"extract": "main"} if page.name.endswith(".html") else {}
        return Content(body, page.name, page.changed_at, options)

    def probe(self) -> str:
        """Whether the site lets us in: robots.txt and the first page. Raises SourceError."""
        from ingest.sources.entrance import first_reply, read_robots  # noqa: PLC0415 - as above

        web = self._web()
        try:
            first_reply(web, self._settings.url, read_robots(web, self._settings.url))
        finally:
            web.close()
        return f"{self._settings.url} answers"

    def _web(self) -> "Web":
        from ingest.sources.http import Web  # noqa: PLC0415 - as above

        settings = self._settings
        return Web(settings.allow_private, 1 / settings.requests_per_second, settings.deadline_s)
