"""What a crawler needs of a page: its links, its canonical address, and whether its text is another than before.

Addresses are compared in one spelling (`normalised`), so that a page is one item however it is linked.
"""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from lxml import etree, html  # type: ignore[import-untyped]

_TRACKING = re.compile(r"(?i)utm_\w+|gclid|dclid|fbclid|msclkid|mc_[ce]id|_ga|_gl|igshid|yclid|phpsessid|jsessionid")
_SESSION = re.compile(r"(?i);jsessionid=[^/?#]*")
_PORTS = {"http": 80, "https": 443}
LONGEST_URL = 2000
# What changes on every page when one page is added, or at every request. Headers and asides stay: articles have them.
_FURNITURE = (
    "//script | //style | //noscript | //template | //svg | //iframe | //nav | //footer | //*[@role='navigation'] | "
    "//*[@role='contentinfo'] | //div[@id='footer' or @class='footer'] | //input | //select"
)


@dataclass(frozen=True, slots=True)
class Examined:
    links: tuple[str, ...]
    canonical: str  # "" where the page states none
    digest: str


def normalised(url: str, base: str = "") -> str | None:
    """The address without fragment, tracking and session parameters, default port and dots; None if it is none."""
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        host, port = (parts.hostname or "").encode("idna").decode() if parts.hostname else "", parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        return None
    if ":" in host:
        host = f"[{host}]"
    if port not in (None, _PORTS[parts.scheme]):
        host = f"{host}:{port}"
    path = quote(_SESSION.sub("", parts.path) or "/", safe="/%:@!$&'()*+,;=~-._")
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _TRACKING.fullmatch(pair.split("=")[0]))
    found = urlunsplit((parts.scheme, host, path, quote(query, safe="/%:@!$&'()*+,;=?~-._[]"), ""))
    return found if len(found) <= LONGEST_URL else None


def examine(body: bytes, url: str) -> Examined:
    """`digest` is of the text and its structure, not of attributes, scripts, navigation and footer."""
    # huge_tree: libxml2 would otherwise pass over what is nested deeply, and a change there would not be seen.
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True, encoding=_stated(body))
    try:
        root = html.document_fromstring(body.replace(b"\0", b""), parser=parser)
    except (etree.LxmlError, ValueError):  # empty, or nothing of a page
        return Examined((), "", hashlib.sha256(body).hexdigest()[:32])
    bases = root.xpath("//base/@href")
    base = normalised(str(bases[0]), url) or url if bases else url
    hrefs = [str(href) for href in root.xpath("//a/@href | //area/@href")]
    links = dict.fromkeys(found for href in hrefs if (found := normalised(href, base)))
    stated = [str(href) for href in root.xpath("//link[translate(@rel, 'CANOIL', 'canoil')='canonical']/@href")]
    canonical = normalised(stated[0], base) or "" if stated else ""
    return Examined(tuple(links), canonical, _digest(root))


def _digest(root: html.HtmlElement) -> str:
    for element in root.xpath(_FURNITURE):
        if element.getparent() is not None:
            element.drop_tree()
    digest = hashlib.sha256()
    for element in root.iter(etree.Element):
        words = f"{element.text or ''} \x1f {element.tail or ''}".split()
        digest.update(f"<{element.tag}>{' '.join(words)}".encode(errors="replace"))
    return digest.hexdigest()[:32]


def _stated(body: bytes) -> str | None:
    """UTF-8 where a byte order mark or the bytes themselves say so; else the page's own <meta> decides."""
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return "utf-8"
