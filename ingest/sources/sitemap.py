"""Sitemaps: the addresses that a site lists itself, with the dates of their last change."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lxml import etree  # type: ignore[import-untyped]

from ingest.sources.http import FetchError, Web, bounded, inflated
from ingest.sources.page import normalised

LARGEST = 50 * 2**20  # bytes, decompressed: the protocol's own limit
MOST_SITEMAPS = 500
_DEEPEST = 3


@dataclass(slots=True)
class Sitemaps:
    """The addresses in some sitemaps and in those that they name. `failed` says which could not be read."""

    web: Web
    failed: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def entries(self, url: str, depth: int = 0) -> Iterator[tuple[str, str]]:
        """(address, date as stated or ""). Raises FetchError for the first sitemap alone; see `failed`."""
        if url in self._seen:
            return
        self._seen.add(url)
        for kind, address, date in _parsed(self._fetched(url)):
            found = normalised(address, url)
            if found is None:
                continue
            if kind == "url":
                yield found, date
            elif depth >= _DEEPEST or len(self._seen) >= MOST_SITEMAPS:
                self.failed.append(f"The sitemap {found} was left out: there are too many of them.")
            else:
                try:
                    yield from self.entries(found, depth + 1)
                except FetchError as error:
                    self.failed.append(f"The sitemap {found} can't be read. {error}")

    def _fetched(self, url: str) -> bytes:
        reply = self.web.get(url, most=LARGEST)
        if reply.status != 200:
            raise FetchError(f"The server answered {reply.status}.")
        return bounded(inflated([reply.body], LARGEST), LARGEST) if reply.body[:2] == b"\x1f\x8b" else reply.body


def _parsed(body: bytes) -> Iterator[tuple[str, str, str]]:
    """(url or sitemap, address, date). Nothing outside the file is loaded and no entity expanded."""
    try:
        events = etree.iterparse(io.BytesIO(body), resolve_entities=False, load_dtd=False, no_network=True)
        for _, element in events:
            kind = _name(element)
            if kind in ("url", "sitemap"):
                texts = {_name(child): (child.text or "").strip() for child in element}
                yield kind, texts.get("loc", ""), texts.get("lastmod", "")
                element.clear()
        if _name(events.root) not in ("urlset", "sitemapindex"):
            raise FetchError("It is not a sitemap.")
    except etree.XMLSyntaxError as error:
        raise FetchError("It is not a sitemap, or a damaged one.") from error


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""  # a comment's tag is a function


def end_of(date: str) -> datetime | None:
    """The end of the time that a sitemap's date names: of the day, where it names a day."""
    try:
        parsed = datetime.fromisoformat(date)
    except ValueError:
        return None
    if len(date) <= 10:
        parsed += timedelta(days=1)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
