"""The way into a website: what its robots.txt allows, and its first page."""

from urllib.parse import urljoin, urlsplit

from protego import Protego

from ingest.model import SourceError
from ingest.sources.http import AGENT, FetchError, Reply, Web

LARGEST_PAGE = 32 * 2**20  # bytes
LARGEST_ROBOTS = 512 * 2**10


def read_robots(web: Web, url: str) -> Protego:
    """What the site's robots.txt allows; no such file allows all. Raises SourceError when that can't be known."""
    try:
        reply = web.get(urljoin(url, "/robots.txt"), most=LARGEST_ROBOTS)
    except FetchError as error:
        raise SourceError(f"Its robots.txt can't be read, so nothing was fetched. {error}") from error
    text = reply.body.decode("utf-8-sig", "replace") if reply.status == 200 else ""
    return Protego.parse(text)


def first_reply(web: Web, url: str, robots: Protego) -> Reply:
    """The start page's or sitemap's. A redirect may add or drop a "www." and make it https."""

    def follow(target: str) -> bool:
        return _host(target).removeprefix("www.") == _host(url).removeprefix("www.")

    if not robots.can_fetch(url, AGENT):
        raise SourceError(f"Its robots.txt does not allow {AGENT} to read this address.")
    reply = web.get(url, most=LARGEST_PAGE, follow=follow)
    if reply.refused:
        raise SourceError(f"It redirects to {reply.url}; if that is the site you mean, put this address in `url`.")
    if reply.status != 200:
        raise SourceError(f"The server answered {reply.status}.")
    return reply


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
