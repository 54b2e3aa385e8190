"""Small real files: made by hand where a format's writer is not installed."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

import openpyxl
from pptx import Presentation
from pptx.util import Inches

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(*paragraphs: tuple[str, str] | Sequence[Sequence[str]], core_title: str = "") -> bytes:
    """A Word file of (style, text) paragraphs and tables (rows of cells)."""
    body = "".join(_paragraph(*item) if isinstance(item, tuple) else _table(item) for item in paragraphs)
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
        for name in ("Title", "heading 1", "heading 2", "List Paragraph")
    )
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        ' Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        'styles" Target="styles.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
        "docProps/core.xml": '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        f'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{core_title}</dc:title></cp:coreProperties>',
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return made.getvalue()


def _paragraph(style: str, text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style.replace(" ", "")}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


def _table(rows: Sequence[Sequence[str]]) -> str:
    cells = ["".join(f"<w:tc>{_paragraph('', cell)}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def pdf(*pages: str, title: str = "", encrypt: str = "") -> bytes:
    """A PDF whose pages are the given content streams, with Helvetica as /F1 and its bold as /F2."""
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        font.format("Helvetica"),
        font.format("Helvetica-Bold"),
    ]
    for number, content in enumerate(pages):
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> "
            f"/Contents {6 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects.append(f"<< /Title ({title}) >>")
    made, places = "%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{item}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"<< /Size {size} /Root 1 0 R /Info {len(objects)} 0 R {encrypt} >>"
    made += (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{made.rindex('endobj') + 7}\n%%EOF"
    )
    return made.encode("latin-1")


def line(text: str, y: int, size: int = 10, x: int = 72, font: str = "F1") -> str:
    """A line of text in a PDF's content stream; `y` points from the bottom of 792."""
    return f"BT /{font} {size} Tf {x} {y} Td ({text}) Tj ET\n"


def ruled_table(rows: Sequence[Sequence[str]], top: int, width: int = 120, height: int = 20) -> str:
    """A table with lines around its cells."""
    drawn = ""
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            x, y = 72 + column * width, top - (at + 1) * height
            drawn += f"{x} {y} {width} {height} re S\n" + line(cell, y + 6, x=x + 4)
    return drawn


def zipped(members: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def rezipped(content: bytes, changed: Mapping[str, bytes]) -> bytes:
    """An Office file with other parts."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()} | dict(changed))


def encrypted_zip(name: str) -> bytes:
    """A ZIP whose only member says that it is encrypted."""
    made = bytearray(zipped({name: b"x" * 20}, zipfile.ZIP_STORED))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(magic) + offset] |= 1
    return bytes(made)


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]], merged: Sequence[str] = (), hidden: str = "") -> bytes:
    """A workbook; the merged ranges are in its first sheet."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if title == hidden else "visible"
    for area in merged:
        workbook.worksheets[0].merge_cells(area)
    made = io.BytesIO()
    workbook.save(made)
    return made.getvalue()


def pptx() -> bytes:
    """Two slides: a title with notes; a table, a group and a list, placed against their order in the file."""
    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[5])
    first.shapes.title.text = "Warranty plans"
    first.notes_slide.notes_text_frame.text = "Mention the discount."
    second = deck.slides.add_slide(deck.slide_layouts[1])
    second.shapes.title.text = "Prices"
    second.placeholders[1].text_frame.text = "Per year"
    second.placeholders[1].text_frame.add_paragraph().text = "Without tax"
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(6), Inches(3), Inches(1)).text_frame.text = "In a group"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(0.5)).table
    for at, text in enumerate(("Plan", "Price", "Basic", "$9")):
        table.cell(at // 2, at % 2).text = text
    made = io.BytesIO()
    deck.save(made)
    return made.getvalue()


def eml(
    text: str = "Hello Anna,\n\nthe part is in stock.", html: str = "", attachments: Mapping[str, bytes] | None = None
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Bo Ek <bo@example.com>", "anna@example.com"
    message["Subject"], message["Date"] = "Größe of the part", "Mon, 02 Mar 2026 10:00:00 +0100"
    if text:
        message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html") if text else message.set_content(html, subtype="html")
    for name, content in (attachments or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
