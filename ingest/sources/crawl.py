"""One listing of a website. `Crawl.pages` is the table of contents.

What can't be had is never taken for gone: the listing is then incomplete, which removes nothing. A listing that is cut
short, or killed, is gone on with by the next one.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from urllib.parse import unquote, urljoin, urlsplit

from protego import Protego

from ingest.model import SourceError
from ingest.sources.entrance import LARGEST_PAGE, first_reply, read_robots
from ingest.sources.fetched import is_document, page_of
from ingest.sources.globs import Globs
from ingest.sources.http import AGENT, FetchError, Reply, TooLarge, Web
from ingest.sources.page import normalised
from ingest.sources.page_cache import Page, PageCache
from ingest.sources.sitemap import Sitemaps, end_of

LONGEST_CRAWL_DELAY = 30.0  # seconds
MOST_PROBLEMS = 20  # told of one listing
FAILURES_IN_A_ROW = 10  # then the server is down, and is left alone
SITEMAP_TRUSTED = timedelta(days=7)  # for so long a sitemap's unchanged date stands for an unchanged page
ROUND = timedelta(days=1)  # a listing that was cut short longer ago begins anew
_ROUND = "round"
_NO_DOCUMENT = re.compile(
    r"(?i)\.(?:png|jpe?g|gif|svg|webp|ico|css|m?js|map|woff2?|ttf|mp[34]|webm|exe|dmg|iso|t?gz|7z)$"
)
_SITEMAP = re.compile(r"(?i)\.xml(?:\.gz)?$")


@dataclass(slots=True)
class Crawl:
    url: str
    globs: Globs
    max_pages: int
    time_limit: timedelta
    web: Web
    cache: PageCache
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    complete: bool = True
    problems: list[str] = field(default_factory=list)
    _robots: Protego = field(init=False)
    _root: str = field(init=False)  # what every page's address begins with
    _round: datetime = field(init=False)  # pages checked since then are not asked for again
    _waiting: deque[tuple[str, str]] = field(default_factory=deque)  # address, its date in the sitemap
    _seen: set[str] = field(default_factory=set)
    _found: dict[str, Page] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)
    _in_a_row: int = 0
    _crowded: bool = False

    def pages(self) -> list[Page]:
        """The pages there are. See `complete` and `problems` afterwards."""
        self._robots = read_robots(self.web, self.url)
        delay = self._robots.crawl_delay(AGENT) or 0.0
        self.web.interval = max(self.web.interval, min(delay, LONGEST_CRAWL_DELAY))
        self._begin_round()
        self._seed()
        cut = self._visit_all()
        found = self._without_copies()
        if not cut:
            self.cache.note(_ROUND, None)
        if self.complete:
            self.cache.keep(self._found.keys())
        if len(self.problems) > MOST_PROBLEMS:
            rest = len(self.problems) - MOST_PROBLEMS
            self.problems[MOST_PROBLEMS:] = [f"There are {rest} more problems of this kind."]
        return found

    def _begin_round(self) -> None:
        noted, now = self.cache.recall(_ROUND), self.now()
        began = datetime.fromisoformat(noted) if noted else now
        self._round = began if now - began < ROUND else now
        self.cache.note(_ROUND, self._round.isoformat())

    def _seed(self) -> None:
        """The first addresses: the sitemap's, or the start page and what the site's own sitemaps name."""
        url = normalised(self.url) or self.url
        sitemaps = Sitemaps(self.web)
        if self._is_sitemap:
            self._root = url[: url.rindex("/") + 1]
            self._enqueue(sitemaps.entries(url))
            if not self._seen and not sitemaps.failed:
                raise SourceError(f"The sitemap names no page below {self._root}.")
        else:
            reply = first_reply(self.web, url, self._robots)
            start = normalised(reply.url) or url
            self._root = start[: urlsplit(start)._replace(query="").geturl().rindex("/") + 1]
            self._seen |= {url, start}
            for sitemap in self._robots.sitemaps:
                try:
                    self._enqueue(sitemaps.entries(urljoin(url, sitemap)))
                except FetchError as error:
                    sitemaps.failed.append(f"The sitemap {sitemap} can't be read. {error}")
            self._received(start, "", self.cache.page(start), reply)
            if start not in self._found:
                raise SourceError(f"It is {reply.content_type or 'of no type that is known'}, which is no page.")
        for failed in sitemaps.failed:
            self._incomplete(failed)

    @property
    def _is_sitemap(self) -> bool:
        return _SITEMAP.search(urlsplit(self.url).path) is not None

    def _enqueue(self, addresses: Iterable[tuple[str, str]]) -> None:
        for address, date in addresses:
            url = self._at_home(address)
            if url in self._seen or not self._wanted(url):
                continue
            if len(self._seen) >= self.max_pages:
                self._crowded = True
                return
            self._seen.add(url)
            self._waiting.append((url, date))

    def _at_home(self, url: str) -> str:
        """With the site's own scheme, as old links have http:// where the site has https://."""
        return urljoin(self._root, urlsplit(url)._replace(scheme="").geturl())

    def _wanted(self, url: str) -> bool:
        path = unquote(urlsplit(url).path)
        below = url.startswith(self._root) and not _NO_DOCUMENT.search(path)
        return below and self.globs.allow(path) and self._robots.can_fetch(url, AGENT)

    def _visit_all(self) -> bool:
        """Whether it was cut short."""
        end = monotonic() + self.time_limit.total_seconds()
        while self._waiting:
            if monotonic() > end:
                self._incomplete(
                    f"The time limit was reached with {len(self._waiting)} pages left; the next sync goes on with them."
                )
                return True
            if self._in_a_row >= FAILURES_IN_A_ROW:
                self._incomplete(f"{self._in_a_row} pages in a row could not be had, so the rest was not asked for.")
                return True
            self._visit(*self._waiting.popleft())
        if self._crowded:
            self._incomplete(f"There are more pages than max_pages = {self.max_pages}; the rest was left out.")
        return False

    def _visit(self, url: str, date: str) -> None:
        known = self.cache.page(url)
        if known and (known.checked_at >= self._round or self._same_in_sitemap(known, date)):
            self._take(known)
            return
        try:
            reply = self.web.get(
                url, most=LARGEST_PAGE, headers=self._validators, follow=self._follow(url), wanted=is_document
            )
        except FetchError as error:
            if isinstance(error, TooLarge) and not known:
                self.problems.append(f"{url} was left out. {error}")
            else:
                self._fail(url, str(error))
            return
        self._in_a_row = 0
        final = self._at_home(normalised(reply.url) or url)
        if final != url:
            if reply.refused or final in self._found or final in self._failed:
                return
            self._seen.add(final)
            known = self.cache.page(final)
        self._received(final, date, known, reply)

    def _validators(self, url: str) -> dict[str, str]:
        known = self.cache.page(self._at_home(normalised(url) or url))
        return known.validators() if known else {}

    def _follow(self, start: str) -> Callable[[str], bool]:
        def follow(target: str) -> bool:
            url = self._at_home(normalised(target) or target)
            return self._wanted(url) and (url == start or url not in self._found)

        return follow

    def _same_in_sitemap(self, known: Page, date: str) -> bool:
        if not date or date != known.sitemap_date or self.now() - known.checked_at > SITEMAP_TRUSTED:
            return False
        end = end_of(date)
        return end is not None and end < known.checked_at

    def _received(self, url: str, date: str, known: Page | None, reply: Reply) -> None:
        now = self.now()
        if reply.status == 304 and known:
            self._keep(replace(known, checked_at=now, sitemap_date=date), None)
        elif reply.status == 200:
            page = page_of(reply, url, date, now)
            if page is None:
                said = reply.content_type or "no type that is known"
                self.problems.append(f"{url} was left out: it is {said}, which is no kind of document.")
            elif known and (known.digest, known.name) == (page.digest, page.name):
                # The body that was read first stays, so that a new footer is no new content.
                self._keep(replace(page, changed_at=known.changed_at), None)
            else:
                self._keep(page, reply.body)
        elif reply.status not in (404, 410):
            if known:
                self._fail(url, f"The server answered {reply.status}.")
            else:
                self.problems.append(f"{url} was left out: the server answered {reply.status}.")

    def _keep(self, page: Page, body: bytes | None) -> None:
        self.cache.put(page, body)
        self._take(page)

    def _take(self, page: Page) -> None:
        self._found[page.url] = page
        if not self._is_sitemap:
            self._enqueue((link, "") for link in page.links)
        if page.canonical:
            self._enqueue([(page.canonical, "")])

    def _without_copies(self) -> list[Page]:
        """A page that names another as its canonical one is that one's copy, unless the other is not there."""
        found = []
        for page in self._found.values():
            # The start page may be there for its links only.
            if self._is_original(page) and self.globs.included(unquote(urlsplit(page.url).path)):
                found.append(page)
        return found

    def _is_original(self, page: Page) -> bool:
        at, passed = page, {page.url}
        while at.canonical and (canonical := self._at_home(at.canonical)) != at.url:
            other = self._found.get(canonical)
            if other is None:
                missed = canonical in self._failed or any(canonical == url for url, _ in self._waiting)
                return at is page and not missed  # what is there and only not to be had now is the original still
            if other.url in passed:  # in circles
                return True
            at = other
            passed.add(at.url)
        return at is page

    def _fail(self, url: str, reason: str) -> None:
        self._failed.add(url)
        self._in_a_row += 1
        if known := self.cache.page(url):
            self._take(known)
        self._incomplete(f"{url} could not be had. {reason}")

    def _incomplete(self, problem: str) -> None:
        self.complete = False
        self.problems.append(problem)
