"""Word, by way of HTML."""

import io
import re
import zipfile

import mammoth
from lxml import etree  # type: ignore[import-untyped]

from ingest.model import Block, ParseError
from ingest.parsing.archive import open_package
from ingest.parsing.html import parse as parse_html
from ingest.parsing.parsed import Parsed
from ingest.parsing.stated import stated_version

_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_BODY = "word/document.xml"
_SAFE = etree.XMLParser(resolve_entities=False)


def parse(content: bytes) -> Parsed:
    with open_package(content) as package:
        stated = core_title(package)
        margins = _margins(package)
        if _BODY in package.namelist() and b":oMath>" in package.read(_BODY):
            content = _with_plain_equations(package)
    try:
        html = mammoth.convert_to_html(
            io.BytesIO(content),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
        ).value
    except KeyError as error:
        raise ParseError("It is not a Word document, or a damaged one.") from error
    parsed = parse_html(f"<html><body>{html}</body></html>")
    title = parsed.title or stated
    version = stated_version(title or "", parsed.blocks) or stated_version("", [Block(margins)])
    return Parsed(title, parsed.blocks, version)


def core_title(package: zipfile.ZipFile) -> str | None:
    """The title in an Office file's properties, unless it is the one that the program gave."""
    if "docProps/core.xml" not in package.namelist():
        return None
    properties = etree.fromstring(package.read("docProps/core.xml"), _SAFE)
    title = str(properties.findtext("{http://purl.org/dc/elements/1.1/}title") or "").strip()
    return None if title.lower() in ("", "word document", "powerpoint presentation") else title


def _margins(package: zipfile.ZipFile) -> str:
    """What stands above and below each page: no part of the text, but often where the version is."""
    lines = []
    for name in sorted(package.namelist()):
        if re.fullmatch(r"word/(?:header|footer)\d*\.xml", name):
            for paragraph in etree.fromstring(package.read(name), _SAFE).iter(f"{_W}p"):
                lines.append("".join(text.text or "" for text in paragraph.iter(f"{_W}t")))
    return "\n".join(lines)


def _with_plain_equations(package: zipfile.ZipFile) -> bytes:
    """The document with its equations as text, "x^2/(a + b)"; mammoth would leave them out, and their figures."""
    root = etree.fromstring(package.read(_BODY), _SAFE)
    for kind in ("oMathPara", "oMath"):  # the first holds several of the second
        for equation in list(root.iter(f"{_M}{kind}")):
            run = etree.Element(f"{_W}r")
            etree.SubElement(run, f"{_W}t").text = f" {_linear(equation)} "
            run.tail = equation.tail
            if (above := equation.getparent()) is not None:
                above.replace(equation, run)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in package.namelist():
            archive.writestr(name, etree.tostring(root) if name == _BODY else package.read(name))
    return made.getvalue()


def _linear(element: etree._Element) -> str:
    kind = str(element.tag).removeprefix(_M)
    if kind == "t":
        return str(element.text or "")
    parts = [_linear(child) for child in element if isinstance(child.tag, str)]
    parts = [part for part in parts if part]
    bare = [f"({part})" if re.search(r"[\s+−=/-]", part) and len(part) > 1 else part for part in parts]
    joint = {"f": "/", "sSup": "^", "sSub": "_"}.get(kind)
    return joint.join(bare) if joint else f"√{''.join(bare)}" if kind == "rad" else "".join(parts)
