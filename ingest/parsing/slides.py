"""PowerPoint: a slide is a section, with its text, tables, charts and notes; its number is the page."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from pptx import Presentation
from pptx.exc import PythonPptxError

from ingest.model import ParseError
from ingest.parsing.archive import open_package
from ingest.parsing.parsed import Outline, Parsed, as_table
from ingest.parsing.word import core_title

_DEPTH = 20  # of groups in groups


def parse(content: bytes) -> Parsed:
    with open_package(content) as package:
        stated = core_title(package)
    try:
        slides = Presentation(io.BytesIO(content)).slides
    except (PythonPptxError, KeyError, ValueError) as error:
        raise ParseError("It is not a presentation, or a damaged one.") from error
    outline = Outline(title=stated)
    for number, slide in enumerate(slides, 1):
        if slide.element.get("show") != "0":  # hidden
            _add(slide, number, outline)
    return Parsed(outline.title, outline.finish())


def _add(slide: Any, number: int, outline: Outline) -> None:
    heading = slide.shapes.title
    title = " ".join(heading.text_frame.text.split()) if heading is not None else ""
    if number == 1 and title and outline.title in (None, title):
        outline.title = title
    else:
        outline.heading(2, title or f"Slide {number}", number)
    for shape in _in_reading_order(slide.shapes):
        if heading is None or shape.shape_id != heading.shape_id:
            kind, text = _content(shape)
            outline.add(text, kind, number)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and notes.text.strip():
        outline.add(f"Notes: {notes.text.strip()}", page=number)


def _in_reading_order(shapes: Iterable[Any], depth: int = 0) -> Iterator[Any]:
    """From top to bottom, and a group's shapes in its place."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if hasattr(shape, "shapes"):
            if depth < _DEPTH:
                yield from _in_reading_order(shape.shapes, depth + 1)
        else:
            yield shape


def _content(shape: Any) -> tuple[str, str]:
    if getattr(shape, "has_table", False):
        return "table", as_table([[_cell(cell) for cell in row.cells] for row in shape.table.rows])
    if getattr(shape, "has_chart", False):
        return "table", _chart(shape.chart)
    if not shape.has_text_frame:
        return "text", ""
    lines = [
        (paragraph.level, " ".join(paragraph.text.replace("\v", " ").split()))
        for paragraph in shape.text_frame.paragraphs
    ]
    lines = [(level, text) for level, text in lines if text]
    if len(lines) < 2 or not shape.is_placeholder:
        return "text", "\n".join(text for _, text in lines)
    return "list", "\n".join("  " * level + f"- {text}" for level, text in lines)


def _cell(cell: Any) -> str:
    return "" if cell.is_spanned else " ".join(cell.text.split())


def _chart(chart: Any) -> str:
    """A chart's figures, its categories down and its series across."""
    title = " ".join(chart.chart_title.text_frame.text.split()) if chart.has_title else ""
    lines = [title] if title else []
    for plot in chart.plots:
        series = list(plot.series)
        rows = [["", *(one.name for one in series)]]
        values = [list(one.values) for one in series]
        for at, category in enumerate(plot.categories):
            figures = [f"{one[at]:g}" if at < len(one) and one[at] is not None else "" for one in values]
            rows.append([str(category), *figures])
        lines.append(as_table(rows))
    return "\n".join(lines)
