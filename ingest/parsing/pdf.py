"""PDF: lines by their place on the page, headings by their size, tables by their rules."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import PdfminerException

from ingest.model import Block, ParseError
from ingest.parsing.columns import Line, cells_of, in_columns
from ingest.parsing.parsed import Outline, Parsed, as_table
from ingest.parsing.stated import stated_version

MOST_PAGES = 2_000

_BULLET = re.compile(r"(?:[•▪◦‣·●○■*–-]|\(?\d{1,2}[.)]|[a-z][.)]) ")
_PAGE_NUMBER = re.compile(r"^0(?: (?:of|/) 0)?$|\bpage 0(?: (?:of|/) 0)?$")
_JUNK_TITLE = re.compile(r"(?i)untitled|microsoft (?:word|powerpoint)|.*\.(?:docx?|pdf|indd|pptx?|tex)$|document\d*$")


def parse(content: bytes) -> Parsed:
    """Raises ParseError for one with a password, a damaged one, and one of too many pages."""
    try:
        with pdfplumber.open(io.BytesIO(content)) as pdf:
            stated = (pdf.metadata or {}).get("Title")
            if not pdf.pages:
                raise ParseError("It has no page that can be read: it is empty, damaged or cut off.")
            if len(pdf.pages) > MOST_PAGES:
                raise ParseError(
                    f"It has {len(pdf.pages):,} pages, more than the {MOST_PAGES:,} that are read; split it."
                )
            pages = []
            for page in pdf.pages:
                pages.append(sorted(_lines(page), key=lambda line: line.top))
                page.close()  # frees what the page has cached
    except PdfminerException as error:
        if any(isinstance(cause, PDFPasswordIncorrect) for cause in (*error.args, error.__cause__)):
            raise ParseError("It is protected by a password; save it without one.") from error
        raise ParseError(f"It is not a PDF, or a damaged one ({str(error)[:200]}).") from error
    lines = _without_furniture(pages)
    parsed = _outlined(lines, stated if isinstance(stated, str) else "")
    # A header or a footer is no part of the text, but often where the version is.
    margins = "\n".join(line.text for line in (pages[0] if pages else []) if line.margin)
    version = stated_version(parsed.title or "", parsed.blocks) or stated_version("", [Block(margins)])
    return Parsed(parsed.title, parsed.blocks, version)


def _lines(page: Page) -> Iterator[Line]:
    number: int = page.page_number
    height = page.height
    for table in page.find_tables():
        rows = table.extract()
        if _is_table(rows):
            text = as_table([[" ".join((cell or "").split()) for cell in row] for row in rows])
            yield Line(text, 0, False, table.bbox[1], table.bbox[3], number, False, kind="table")
            page = page.outside_bbox(table.bbox)
    if len({(char["text"], round(char["x0"]), round(char["top"])) for char in page.chars}) < len(page.chars):
        page = page.dedupe_chars()  # letters drawn twice to look bold
    found = page.extract_text_lines(return_chars=True, x_tolerance_ratio=0.15)
    right = max((line["x1"] for line in found), default=0.0)
    for line in found:
        text = " ".join(line["text"].split())
        if re.search(r"\w", text):
            chars = line["chars"]
            size = Counter(round(char["size"], 1) for char in chars).most_common(1)[0][0]
            bold = sum("bold" in char["fontname"].lower() for char in chars) > len(chars) * 0.8
            margin = line["bottom"] < 0.09 * height or line["top"] > 0.91 * height
            room = right - line["x1"]
            yield Line(text, size, bold, line["top"], line["bottom"], number, margin, room, cells=cells_of(chars))


def _is_table(rows: Sequence[Sequence[str | None]]) -> bool:
    """Ruled boxes around a paragraph are found as tables too."""
    return len(rows) > 1 and sum(len([cell for cell in row if cell]) > 1 for row in rows) * 2 >= len(rows)


def _without_furniture(pages: Sequence[Sequence[Line]]) -> list[Line]:
    """Leave out page numbers, and the headers and footers that come again on most pages."""
    times: Counter[str] = Counter()
    for lines in pages:
        times.update({_pattern(line) for line in lines if line.margin})
    repeated = {pattern for pattern, pages_with in times.items() if pages_with > max(1, len(pages) / 2)}
    return [
        line
        for lines in pages
        for line in lines
        if not line.margin or not (_pattern(line) in repeated or _PAGE_NUMBER.search(_pattern(line)))
    ]


def _pattern(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text.lower())


def _outlined(lines: Sequence[Line], stated: str) -> Parsed:
    if not lines:
        return Parsed(stated or None, [])
    body = _body_size(lines)
    lines = list(in_columns(lines, lambda line: _is_heading(line, body)))
    sizes = sorted({line.size for line in lines if _is_heading(line, body)}, reverse=True)
    outline = Outline(title=_title(lines, stated, body))
    for kind, group in _groups(lines, body):
        text = "\n".join(_joined(item) for item in group)
        text = text if kind in ("list", "table", "text") else text.replace("\n", " ")
        if kind == "heading" and text != outline.title:
            outline.heading(sizes.index(group[0][0].size) + 2, text, group[0][0].page)
        elif kind != "heading":
            outline.add(text, kind, group[0][0].page)
    return Parsed(outline.title, outline.finish())


def _groups(lines: Sequence[Line], body: float) -> Iterator[tuple[str, list[list[Line]]]]:
    """Lines that belong together: a heading, a table, a paragraph, or the items of a list."""
    kind, group = "", list[list[Line]]()
    for line in lines:
        bullet = bool(_BULLET.match(line.text))
        of_kind = line.kind if line.kind == "table" else "heading" if _is_heading(line, body) else "text"
        follows = group and of_kind != "table" and of_kind == kind.replace("list", "text")
        if follows and _continues(group[-1][-1], line):
            group[-1].append(line)
        elif follows and kind == "list" and bullet:
            group.append([line])
        else:
            if group:
                yield kind, group
            kind, group = "list" if bullet and of_kind == "text" else of_kind, [[line]]
    if group:
        yield kind, group


def _body_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        if line.kind == "text":
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _is_heading(line: Line, body: float) -> bool:
    if line.kind != "text" or len(line.text) > 120 or not re.search(r"[^\W\d]", line.text):
        return False
    if line.size >= body * 1.15:
        return True
    return line.bold and line.size >= body and len(line.text) <= 80 and not line.text.endswith((".", ":", ",", ";"))


def _continues(above: Line, line: Line) -> bool:
    """The same paragraph or heading: the next line of the same size, close below, and no new item of a list."""
    if line.page != above.page:
        return above.size == line.size and not above.text.endswith((".", "!", "?", ":")) and line.text[:1].islower()
    close = line.top - above.bottom <= 0.7 * max(above.size, line.size)
    return close and abs(above.size - line.size) < 0.6 and above.bold == line.bold and not _BULLET.match(line.text)


def _joined(lines: Sequence[Line]) -> str:
    """One text; a line's end is kept where the next word would have fitted in, as in addresses and receipts."""
    text = lines[0].text
    for above, line in pairwise(lines):
        word = line.text.split(" ", 1)[0]
        if above.room > (len(word) + 3) * 0.6 * line.size:
            text += f"\n{line.text}"
        elif re.search(r"\w-$", text):  # the hyphen stays: "same-day" must not become "sameday"
            text += line.text
        else:
            text += f" {line.text}"
    return text


def _title(lines: Sequence[Line], stated: str, body: float) -> str | None:
    """The stated title where the first page shows its words or has no headline; else the first page's largest line."""
    stated = "" if _JUNK_TITLE.match(stated.strip()) else stated.strip()
    first = [line for line in lines if lines[0].page == line.page and line.kind == "text"]
    top = max((line.size for line in first), default=0.0)
    if not first or top < body * 1.15:
        return stated or None
    at = next(number for number, line in enumerate(first) if line.size == top)
    headline = [first[at]]
    for line in first[at + 1 :]:
        if line.size != top or not _continues(headline[-1], line):
            break
        headline.append(line)
    text = _joined(headline).replace("\n", " ")
    shown = {word for line in first for word in re.findall(r"\w+", line.text.lower())}
    if stated and set(re.findall(r"\w+", stated.lower())) <= shown and len(stated) >= len(text):
        return stated
    return text if len(text) <= 160 else stated or None
