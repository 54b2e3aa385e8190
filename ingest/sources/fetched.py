"""What a website's answer says of a page."""

from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from ingest.parsing import SUFFIXES
from ingest.sources.http import Reply, ending_of, parse_date
from ingest.sources.page import Examined, examine
from ingest.sources.page_cache import Page
from ingest.sources.sitemap import end_of


def is_document(url: str, content_type: str) -> bool:
    """Whether its body is worth the transfer; of an unknown type the first bytes may tell."""
    return not content_type or ending_of(urlsplit(url).path, content_type, b"") in SUFFIXES


def page_of(reply: Reply, url: str, sitemap_date: str, now: datetime) -> Page | None:
    """The page that was answered with; None: it is no kind of document."""
    ending = ending_of(unquote(urlsplit(url).path), reply.content_type, reply.body)
    if ending not in SUFFIXES:
        return None
    digest = sha256(reply.body).hexdigest()[:32]
    examined = examine(reply.body, url) if ending == ".html" else Examined((), "", digest)
    return Page(
        *(url, _name(url, ending), examined.digest, _changed_at(reply, sitemap_date, now), now),
        *(reply.etag, reply.last_modified, sitemap_date, examined.canonical, examined.links),
    )


def _name(url: str, ending: str) -> str:
    parts = urlsplit(url)
    last = unquote(parts.path).rstrip("/").rsplit("/", 1)[-1] or (parts.hostname or "page")
    return last if last.lower().endswith(ending) else last + ending


def _changed_at(reply: Reply, sitemap_date: str, now: datetime) -> datetime:
    stated = parse_date(reply.last_modified)
    if stated is None and (ended := end_of(sitemap_date)):
        stated = ended - timedelta(days=1) if len(sitemap_date) <= 10 else ended
    return min(stated, now) if stated else now
