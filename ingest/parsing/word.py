"""Word, by way of HTML."""

import io
import zipfile

import mammoth
from lxml import etree  # type: ignore[import-untyped]

from ingest.model import ParseError
from ingest.parsing.archive import open_package
from ingest.parsing.html import parse as parse_html
from ingest.parsing.parsed import Parsed

_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def parse(content: bytes) -> Parsed:
    with open_package(content) as package:
        stated = core_title(package)
        try:
            html = mammoth.convert_to_html(
                io.BytesIO(content),
                style_map=_STYLES,
                convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
            ).value
        except KeyError as error:
            raise ParseError("It is not a Word document, or a damaged one.") from error
    parsed = parse_html(f"<html><body>{html}</body></html>")
    return Parsed(parsed.title or stated, parsed.blocks)


def core_title(package: zipfile.ZipFile) -> str | None:
    """The title in an Office file's properties, unless it is the one that the program gave."""
    if "docProps/core.xml" not in package.namelist():
        return None
    properties = etree.fromstring(package.read("docProps/core.xml"), etree.XMLParser(resolve_entities=False))
    title = str(properties.findtext("{http://purl.org/dc/elements/1.1/}title") or "").strip()
    return None if title.lower() in ("", "word document", "powerpoint presentation") else title
