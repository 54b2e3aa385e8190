"""HTML, and with it Markdown and Word, which their libraries turn into HTML."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from ingest.parsing.parsed import Outline, Parsed, as_table

SOURCE_LINE = "data-source-line"  # the attribute by which an element says on which line of its source it begins

_FURNITURE = frozenset(
    ["script", "style", "noscript", "template", "nav", "aside", "footer", "button", "select", "svg", "iframe"]
)
_FURNITURE_ROLES = frozenset(["navigation", "banner", "contentinfo", "search", "dialog", "alertdialog"])
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form h1 "
        "h2 h3 h4 h5 h6 header hr html li main ol p pre search section summary table tbody td tfoot th thead tr ul",
    )
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LEAST_SHARE = 0.3  # of a page's text that its main part has at least
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")  # soft hyphens, zero-width spaces, joiners, byte order marks


def parse(content: bytes | str) -> Parsed:
    """The main part of a page, without navigation, header, footer, forms and scripts."""
    soup = BeautifulSoup(content, "lxml", multi_valued_attributes=None)
    page_title = _inline(soup.title) if soup.title else ""
    # A pass of our own: CSS selectors took a quarter of all the time of parsing.
    for element in [element for element in soup.find_all(True) if _is_furniture(element)]:
        element.extract()
    outline = Outline()
    _walk(_main_part(soup), outline)
    blocks = outline.finish()
    title = outline.title or page_title.rsplit(" | ", 1)[0]
    return Parsed(title or None, blocks)


def parse_page(content: bytes) -> Parsed:
    """A page of a website: its main text, without what its site puts on every page."""
    import trafilatura  # noqa: PLC0415 - only websites need it

    whole = parse(content)
    main = trafilatura.extract(
        content, output_format="html", include_tables=True, include_links=True, include_formatting=True,
        include_comments=False, favor_precision=True,
    )  # fmt: skip
    if main is None:
        return whole
    parsed = parse(main)
    if _length(parsed) < _length(whole) * _LEAST_SHARE:
        return whole  # it took lists and cards for navigation
    return Parsed(whole.title or parsed.title, parsed.blocks)


def _length(parsed: Parsed) -> int:
    return sum(len(block.text) for block in parsed.blocks)


def _is_furniture(element: Tag) -> bool:
    if element.name in _FURNITURE:
        return True
    attributes = element.attrs
    return bool(attributes) and (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or str(attributes.get("role", "")).lower() in _FURNITURE_ROLES
    )


def _main_part(soup: BeautifulSoup) -> Tag:
    mains = soup.find_all("main") or soup.find_all(role="main") or soup.find_all("article")
    part = mains[0] if len(mains) == 1 else (soup.body or soup)
    for header in part.find_all("header"):
        if header.find_parent(["main", "article"]) is None:  # an article's own header holds its heading
            header.decompose()
    for form in part.find_all("form"):
        if len(form.get_text()) < len(part.get_text()) / 2:  # some servers wrap the whole page in a form
            form.decompose()
    return part


def _walk(element: Tag, outline: Outline) -> None:
    """Blocks in reading order; text directly inside a container is a paragraph."""
    loose: list[str] = []

    def flush() -> None:
        outline.add(_tidy("".join(loose)), line=_line(element))
        loose.clear()

    for child in list(element.children):
        if not isinstance(child, Tag):
            loose.append(_string(child))
        elif child.name in _BLOCKS or any(isinstance(each, Tag) and each.name in _BLOCKS for each in child.descendants):
            flush()
            _block(child, outline)
        else:
            loose.append(_raw_inline(child))
    flush()


def _block(element: Tag, outline: Outline) -> None:
    line = _line(element)
    if element.name in _HEADINGS:
        outline.heading(int(element.name[1]), _inline(element).replace("\n", " "), line=line)
    elif element.name == "pre":
        outline.add(element.get_text().rstrip(), "code", line=line)
    elif element.name in ("ul", "ol", "dl") and not element.find(["table", "pre", *_HEADINGS]):
        lines = _terms(element) if element.name == "dl" else _items(element)
        outline.add("\n".join(lines), "list", line=line)
    elif element.name == "table" and _is_data(element):
        if element.caption:
            outline.add(_inline(element.caption), line=line)
        outline.add(as_table(_grid(element)), "table", line=line)
    else:
        _walk(element, outline)


def _line(element: Tag) -> int | None:
    marked = element.code if element.name == "pre" and element.code else element  # as Markdown's renderer marks them
    line = str(marked.get(SOURCE_LINE, ""))
    return int(line) if line.isdecimal() and len(line) < 10 else None


def _items(element: Tag, depth: int = 0) -> Iterator[str]:
    start = str(element.get("start", "1"))
    number = int(start) if start.isdigit() else 1
    for item in element.find_all("li", recursive=False):
        nested = [child.extract() for child in item.find_all(["ul", "ol"]) if child.find_parent("li") is item]
        marker = f"{number}." if element.name == "ol" else "-"
        number += 1
        if text := _inline(item):
            yield "  " * depth + f"{marker} " + text.replace("\n", " ")
        for child in nested:
            yield from _items(child, depth + 1)


def _terms(element: Tag) -> Iterator[str]:
    term = ""
    for child in element.find_all(["dt", "dd"]):
        if child.name == "dt":
            term = _inline(child)
        else:
            yield f"{term}: {_inline(child)}".removeprefix(": ").replace("\n", " ")


def _is_data(table: Tag) -> bool:
    """Not a table that only lays out a page."""
    if table.find(["table", *_HEADINGS]):
        return False
    if not table.find("th") and any(
        len(cell.get_text()) > 300 for cell in table.find_all("td") if cell.find(["ul", "ol"])
    ):
        return False
    return max((len(row.find_all(["td", "th"])) for row in table.find_all("tr")), default=0) > 1


def _grid(table: Tag) -> list[list[str]]:
    """The cells' texts, a cell that spans rows repeated in each, one that spans columns followed by empty ones."""
    grid: list[list[str]] = []
    spanning: dict[int, tuple[int, str]] = {}  # column -> rows left, text
    for row in table.find_all("tr"):
        cells: list[str] = []
        waiting = row.find_all(["td", "th"], recursive=False)
        while waiting or len(cells) in spanning:
            column = len(cells)
            if column in spanning:
                left, text = spanning.pop(column)
                cells.append(text)
                if left > 1:
                    spanning[column] = (left - 1, text)
                continue
            cell = waiting.pop(0)
            text = _inline(cell).replace("\n", " ")
            if (rows := _span(cell, "rowspan")) > 1:
                spanning[column] = (rows - 1, text)
            cells += [text] + [""] * (_span(cell, "colspan") - 1)
        grid.append(cells)
    return grid


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1"))
    return min(int(value), 100) if value.isdigit() else 1


def _inline(element: Tag) -> str:
    return _tidy(_raw_inline(element))


def _raw_inline(element: Tag) -> str:
    if element.name == "br":
        return "\n"
    parts = [_raw_inline(child) if isinstance(child, Tag) else _string(child) for child in element.children]
    if element.name in ("ul", "ol"):  # inside a table's cell
        return " " + "; ".join(part.strip() for part in parts if part.strip()) + " "
    text = "".join(parts)
    return f" {text} " if element.name in _BLOCKS else text


def _string(node: object) -> str:
    if isinstance(node, NavigableString) and not isinstance(node, PreformattedString):  # comments are preformatted
        return re.sub(r"\s+", " ", _INVISIBLE.sub("", node))
    return ""


def _tidy(text: str) -> str:
    return re.sub(r" *\n[ \n]*", "\n", re.sub(r"[ \xa0]+", " ", text)).strip()
