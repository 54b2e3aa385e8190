"""Each format as people write it, to title, sections and blocks."""

import io
import zipfile

import pytest

from ingest.model import Block, ParseError
from ingest.parsing.formats import parse
from ingest.parsing.parsed import Parsed
from ingest.parsing.stated import stated_version

from .files import docx, line, pdf, pptx, rezipped, ruled_table

MARKDOWN = """\
---
title: Front matter wins
version: 7.1
effective: 2026-03-01
---
# Returns policy

Intro with a [link](https://example.com/x), **bold** and `code`.
Second line.

## What counts

- one
- two
  1. nested
  2. again

| Option | Price |
|---|---|
| Express | $14.99 |

```sh
# no heading
run --fast
```

### Deep

Text.

## Bare heading
"""

HTML = """\
<html><head><title>Ways to pay | Shop</title><style>.x{}</style></head><body>
<header><h1>Site</h1><nav>Menu</nav></header><div role="dialog">Cookies</div>
<main><article><header><h1>Ways <em>to</em> pay</h1></header><!-- note -->
<p>We accept<br>cards &amp; cash.</p>
<h2>Fees</h2><table><caption>All fees</caption><thead><tr><th></th><th>Price</th></tr></thead>
<tr><td rowspan=2>Card</td><td>$1</td></tr><tr><td>$2</td></tr></table>
<dl><dt>Term</dt><dd>Meaning</dd></dl><aside>Ad</aside><form><input>Sign up</form>
<pre>a  b
c</pre><ul><li>one <b>bold</b><ul><li>inner</li></ul></li><li>two</li></ul>Loose text.</article></main>
<footer>Imprint</footer><script>x()</script></body></html>"""

TEXT = """\
SALES TAX

We charge tax
by address.

HOW MUCH?

It depends.

Underlined
----------
More text.
"""


def one(name: str, content: bytes) -> Parsed:
    """What a file gives that holds one document."""
    [parsed] = parse(name, content, {}).documents
    return parsed


def _blocks(name: str, content: bytes) -> list[tuple[str, tuple[str, ...], str]]:
    return [(block.kind, block.section, block.text) for block in one(name, content).blocks]


def test_markdown() -> None:
    """Front matter is read, tables, code and lists stay whole, the first top heading is no section."""
    parsed = one("policy.md", MARKDOWN.encode())
    assert (parsed.title, parsed.version) == ("Front matter wins", "v7.1, 2026-03-01")
    assert _blocks("policy.md", MARKDOWN.encode()) == [
        ("text", (), "Intro with a link, bold and code. Second line."),
        ("list", ("What counts",), "- one\n- two\n  1. nested\n  2. again"),
        ("table", ("What counts",), "Option | Price\nExpress | $14.99"),
        ("code", ("What counts",), "# no heading\nrun --fast"),
        ("text", ("What counts", "Deep"), "Text."),
        ("text", (), "Bare heading"),
    ]


def test_a_page_that_is_only_its_front_matter() -> None:
    """What it says there can be found."""
    parsed = one("team.md", b"---\ntitle: Team\ndescription: Who does what.\nversion: [1]\n---\n")
    assert (parsed.title, parsed.version, parsed.blocks[0].text) == ("Team", None, "Team\nWho does what.")


def test_html() -> None:
    """The main part only; spanning cells are repeated; comments, navigation, forms and scripts are gone."""
    assert one("pay.html", HTML.encode()).title == "Ways to pay"
    assert _blocks("pay.html", HTML.encode()) == [
        ("text", (), "We accept\ncards & cash."),
        ("text", ("Fees",), "All fees"),
        ("table", ("Fees",), "| Price\nCard | $1\nCard | $2"),
        ("list", ("Fees",), "Term: Meaning"),
        ("code", ("Fees",), "a  b\nc"),
        ("list", ("Fees",), "- one bold\n  - inner\n- two"),
        ("text", ("Fees",), "Loose text."),
    ]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><td>A<td><ul><li>x</li><li>y <b>z</b></li></ul></table>", ["A | x; y z"]),
        ("<table><tr><td><h2>A</h2><p>Laid out</td><td><p>Right</td></tr></table>", ["Laid out", "Right"]),
        ("<form><p>All of it in a form</p></form>", ["All of it in a form"]),
        ("<p>in&shy;visible&#8203;", ["invisible"]),
        ('<meta charset="iso-8859-1"><p>caf\xe9', ["caf\xe9"]),
    ],
)
def test_awkward_html(html: str, text: list[str]) -> None:
    """Tables that lay out a page, a page inside a form, an old encoding."""
    assert [block.text for block in one("x.html", html.encode("latin-1")).blocks] == text


def test_docx() -> None:
    """Word's title, headings and tables."""
    content = docx(
        ("Title", "ElectroCare terms"),
        ("", "Version 2.2, effective 1 March 2026."),
        ("heading 1", "1. Plans"),
        [["Plan", "Price"], ["Basic", "8%"]],
        ("heading 2", "Detail"),
        ("", "Text."),
    )
    parsed = one("terms.docx", content)
    assert (parsed.title, parsed.version) == ("ElectroCare terms", "v2.2, 1 March 2026")
    assert _blocks("terms.docx", content) == [
        ("text", (), "Version 2.2, effective 1 March 2026."),
        ("table", ("1. Plans",), "Plan | Price\nBasic | 8%"),
        ("text", ("1. Plans", "Detail"), "Text."),
    ]


def test_docx_without_headings_takes_the_title_of_its_properties() -> None:
    """And else the file's name."""
    assert one("a_b.docx", docx(("", "Text."), core_title="Stated")).title == "Stated"
    assert one("x/some_old-name.docx", docx(("", "Text."))).title == "Some old name"


def test_pdf() -> None:
    """Headings by size, paragraphs by distance, ruled tables, lists, page numbers; headers and footers left out."""
    first = (
        line("Acme", 770, 8)
        + line("Shipping policy", 720, 20, font="F2")
        + line("Standard shipping takes three to five business days, and it is free for orders from $49.", 690)
        + line("It costs $5.99 below that.", 678)
        + line("Express", 650, 14)
        + ruled_table([["Option", "Price"], ["Express", "$14.99"]], 640)
        + line("\\225 first item", 570)
        + line("\\225 second item", 558)
        + line("Acme policy Page 1", 30, 8)
    )
    second = line("Acme", 770, 8) + line("On the second page.", 720) + line("Acme policy Page 2", 30, 8)
    parsed = one("policy.pdf", pdf(first, second))
    assert parsed.title == "Shipping policy"
    assert [(block.kind, block.section, block.page, block.text) for block in parsed.blocks] == [
        (
            "text",
            (),
            1,
            "Standard shipping takes three to five business days, and it is free for orders from $49. It costs $5.99 "
            "below that.",
        ),
        ("table", ("Express",), 1, "Option | Price\nExpress | $14.99"),
        ("list", ("Express",), 1, "• first item\n• second item"),
        ("text", ("Express",), 2, "On the second page."),
    ]


@pytest.mark.parametrize(
    ("stated", "title"),
    [("Shipping policy of 2026", "Shipping policy of 2026"), ("Microsoft Word - x.doc", "Policy"), ("", "Policy")],
)
def test_pdf_title(stated: str, title: str) -> None:
    """The stated title where the page shows it, and never what an office program left there."""
    page = line("Policy", 720, 20) + line("Shipping policy of 2026, the text of which is here.", 690)
    assert one("x.pdf", pdf(page, title=stated)).title == title


def test_text() -> None:
    """Capitals and underlines make headings."""
    assert one("tax.txt", TEXT.encode()).title == "SALES TAX"
    assert _blocks("tax.txt", TEXT.encode()) == [
        ("text", (), "We charge tax\nby address."),
        ("text", ("HOW MUCH?",), "It depends."),
        ("text", ("Underlined",), "More text."),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    """What Windows and Excel write is read."""
    text = "Größe, Preis und Café: alles für die Küche. Das ist ein ganz gewöhnlicher Satz."
    assert [block.text for block in one("x.txt", text.encode(encoding)).blocks] == [text]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"", "no text"),
        ("a.txt", b" \n\n ", "no text"),
        ("a.pdf", pdf(""), "OCR"),
        ("a.pdf", pdf("", title="A title"), "OCR"),
        ("a.txt", b"\x00\x01\x02\x03" * 9, "not text"),
        ("a.docx", b"PK no zip", "no such file"),
        (
            "a.pdf",
            pdf(
                line("x", 700),
                encrypt="/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 "
                f"/O <{'00' * 32}> /U <{'00' * 32}> >>",
            ),
            "password",
        ),
    ],
)
def test_what_has_no_text_says_so(name: str, content: bytes, reason: str) -> None:
    """One sentence that a support lead understands."""
    with pytest.raises(ParseError, match=reason):
        one(name, content)


@pytest.mark.parametrize(
    ("title", "text", "version"),
    [
        ("Policy", "Version 3.2, effective 1 March 2026. This version replaces v2.1 (January 2024).", "v3.2, 1 March 2026"),
        ("Policy v2.1", "SUPERSEDED. Superseded by v3.2 on 1 March 2026.", "v2.1 (superseded by v3.2, 1 March 2026)"),
        ("Policy", "v3.2, March 2026", "v3.2, March 2026"),
        ("Policy", "Version 2.1 (effective 1 January 2026)", "v2.1, 1 January 2026"),
        ("Policy", "Version: 3.2\nEffective date: 2026-03-01", "v3.2, 2026-03-01"),
        ("Policy", "Version | 3.2\nLast revised | Mar. 1st, 2026", "v3.2, Mar. 1st, 2026"),
        ("Policy", "Effective date: 2026-03-01", "effective 2026-03-01"),
        ("Policy", "Last updated: March 2026", "updated March 2026"),
        ("Policy", "These terms are in force since 1 March 2026.", "effective 1 March 2026"),
        ("Policy", "The fee, effective 1 March 2026, is $5, valid until May 2027.", None),
        ("Rates (superseded)", "Old rates.", "superseded"),
        ("Rates", "These were of version 1.4 (effective February 2025), superseded by version 2.0.",
         "v1.4, February 2025 (superseded by v2.0)"),
        ("FAQ", "Last reviewed in November 2026, for returns policy version 3.2.", None),
        ("Policy", "Version 3.2. The old v2.1 was superseded by version 3.2 on 1 March 2026.", "v3.2"),
        ("Wi-Fi", "Needs Bluetooth 5.3 and version control.", None),
        ("Bus", 'ARCHIVED. This page is no longer valid; it was replaced by "Bus 2026".', "superseded"),
        ("Bus (archived)", "It leaves at 8.", "superseded"),
        ("[Obsolete] Bus", "It leaves at 8.", "superseded"),
        ("Bus - withdrawn", "It leaves at 8.", "superseded"),
        ("Policy", "It leaves at 8.\n*** OBSOLETE ***", "superseded"),
        ("Policy", "Withdrawn on 3 March 2025.\nIt leaves at 8.", "superseded 3 March 2025"),
        ("Policy", "Version 1.0\nStatus: withdrawn", "v1.0 (superseded)"),
        ("Policy", "Version 1.0, May 2024. This policy was replaced by version 2.0 on 1 March 2026.",
         "v1.0, May 2024 (superseded by v2.0, 1 March 2026)"),
        ("Policy", "These terms have been withdrawn since 1 May 2026.", "superseded 1 May 2026"),
        ("Archived projects", "Archived projects can be read. Withdrawn applications are deleted.", None),
        ("What is archived", "Superseded policies are kept for 5 years.", None),
        ("States", "A flow has a state.\nArchived: it is stopped.", None),
        ("Policy", "Old vouchers are no longer valid. The form was replaced by Harbor.", None),
        ("Policy", "If this document is no longer valid, tell us.", None),
        ("Policy", "This policy is no longer valid after a merger.", None),
        ("Batteries", "Replaced by us within 2 days.", None),
    ],
)  # fmt: skip
def test_stated_version(title: str, text: str, version: str | None) -> None:
    """The document's own version and end, not those that it mentions."""
    assert stated_version(title, [Block(text)]) == version


def test_a_stamp_for_a_title_tells_how_the_document_stands() -> None:
    """It is not what the document is called."""
    parsed = one("bus-times.md", b"# ARCHIVED: bus\n\nIt leaves at 8.\n")
    assert (parsed.title, parsed.version) == ("Bus times", "superseded")


def test_lines() -> None:
    """Each block of Markdown and of plain text knows the line where it begins, front matter counted."""
    assert [(block.line, block.text.split("\n")[0]) for block in one("policy.md", MARKDOWN.encode()).blocks] == [
        (8, "Intro with a link, bold and code. Second line."),
        (13, "- one"),
        (18, "Option | Price"),
        (22, "# no heading"),
        (29, "Text."),
        (31, "Bare heading"),
    ]
    assert [block.line for block in one("tax.txt", TEXT.encode()).blocks] == [3, 8, 12]


def test_slides() -> None:
    """A slide is a section, its number the page; shapes are read from top to bottom, groups and notes too."""
    parsed = one("plans.pptx", pptx())
    assert parsed.title == "Warranty plans"
    assert [(block.page, block.kind, block.section, block.text) for block in parsed.blocks] == [
        (1, "text", (), "Notes: Mention the discount."),
        (2, "table", ("Prices",), "Plan | Price\nBasic | $9"),
        (2, "list", ("Prices",), "- Per year\n- Without tax"),
        (2, "text", ("Prices",), "In a group"),
    ]


def test_equations_and_headers_of_word() -> None:
    """An equation is text, with its figures; the version may stand in a page's header."""
    math = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    plain = docx(("", "Area HERE of a plate."))
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        body = archive.read("word/document.xml").decode()
    equation = (
        f"<m:oMathPara {math}><m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup>"
        "</m:sSup></m:oMath><m:oMath><m:r><m:t>=9</m:t></m:r></m:oMath></m:oMathPara>"
    )
    body = body.replace("Area HERE", f"Area</w:t></w:r>{equation}<w:r><w:t>")
    header = docx(("", "Version 4, May 2026"))
    with zipfile.ZipFile(io.BytesIO(header)) as archive:
        margin = archive.read("word/document.xml")
    parsed = one("a.docx", rezipped(plain, {"word/document.xml": body.encode(), "word/header1.xml": margin}))
    assert [block.text for block in parsed.blocks] == ["Area x^2=9 of a plate."]
    assert parsed.version == "v4, May 2026"


def test_a_table_without_rules_in_a_pdf() -> None:
    """Cells that stand below each other are a table, empty ones too; a line across it is one of its rows."""
    rows = [("SKU", "Stock", "Note"), ("A-1", "450", ""), ("", "289", "late"), ("B-2", "", "gone")]
    page = line("Stock of all the shops as it was counted in March, and what is known of the missing.", 740)
    for at, row in enumerate(rows):
        page += "".join(line(cell, 700 - 20 * at, x=72 + 150 * n) for n, cell in enumerate(row) if cell)
    page += line("What follows was counted a second time, by another shop, in the week after that.", 620)
    page += line("C-3", 600) + line("7", 600, x=222)
    page += line("A paragraph comes after the table, and it is not a part of it, being as wide as the page.", 540)
    assert [(block.kind, block.text) for block in one("a.pdf", pdf(page)).blocks][1:] == [
        (
            "table",
            "SKU | Stock | Note\nA-1 | 450 |\n| 289 | late\nB-2 |  | gone\n"
            "What follows was counted a second time, by another shop, in the week after that. |  |\nC-3 | 7 |",
        ),
        ("text", "A paragraph comes after the table, and it is not a part of it, being as wide as the page."),
    ]


def test_two_columns_of_prose_in_a_pdf() -> None:
    """They are read one after the other, not across."""
    left = [f"left line {at} of a long text in columns" for at in range(8)]
    right = [f"right line {at} of a long text in columns" for at in range(8)]
    page = "".join(line(text, 700 - 12 * at) + line(right[at], 700 - 12 * at, x=330) for at, text in enumerate(left))
    text = " ".join(block.text.replace("\n", " ") for block in one("a.pdf", pdf(page)).blocks)
    assert text == " ".join([*left, *right])


def test_a_version_in_the_margin_of_a_pdf() -> None:
    """Headers are no text, but they often say which version it is."""
    pages = [line("Returns policy, version 3.2, March 2026", 770, 8) + line(f"Text of page {n}.", 400) for n in (1, 2)]
    parsed = one("a.pdf", pdf(*pages))
    assert (parsed.version, [block.text for block in parsed.blocks]) == (
        "v3.2, March 2026",
        ["Text of page 1.", "Text of page 2."],
    )


def test_a_pdf_of_too_many_pages() -> None:
    """It is refused at once, not after the time limit."""
    with pytest.raises(ParseError, match=r"It has 2,001 pages"):
        one("a.pdf", pdf(*[line("x", 700)] * 2001))


def test_what_no_database_stores_is_left_out() -> None:
    """A NUL and control characters in a text do not make it unreadable."""
    text = b"Plates of 10\x00 mm, \x1b[1mbold\x07.\x0c" + b"More text. " * 20
    assert one("a.txt", text).blocks[0].text.startswith("Plates of 10 mm, [1mbold.\nMore text.")
    assert one("a.md", b"# T\n\nA\x00B " + b"text " * 20).blocks[0].text.startswith("AB text")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings(encoding: str) -> None:
    """With a byte order mark and without."""
    assert (
        one("a.txt", "Plates of 10 mm are in stock.".encode(encoding)).blocks[0].text == "Plates of 10 mm are in stock."
    )


PAGE = """<html><head><title>Returns | Shop</title></head><body>
<div class="menu"><a href="/">Home</a> <a href="/sale">Sale</a> <a href="/help">Help</a></div>
<div class="cookie-banner"><p>We use cookies to make this shop better for you.</p></div>
<div class="content"><h1>Returns</h1>
<p>You can send back what you bought within 30 days of its delivery, as long as you have the receipt for it.</p>
<h2>What it costs</h2><p>A return by mail costs $6.95, which we take off your refund when it reaches us.</p>
<table><tr><th>Item</th><th>Fee</th></tr><tr><td>Opened drone</td><td>15%</td></tr></table></div>
<div class="related sidebar"><p>Customers also looked at kettles, toasters and irons.</p></div>
<div class="footer"><p>Copyright Shop Incorporated</p></div></body></html>"""


def test_a_websites_page_is_its_main_text() -> None:
    """Not the menu, the cookie notice or what its site shows beside it; headings, tables and the title stay."""
    [parsed] = parse("page.html", PAGE.encode(), {"extract": "main"}).documents
    text = "\n".join(block.text for block in parsed.blocks)
    assert parsed.title == "Returns"
    assert ("What it costs",) in {block.section for block in parsed.blocks}
    for fact in ("within 30 days", "$6.95", "Opened drone | 15%"):
        assert fact in text
    for furniture in ("cookies", "Sale", "kettles", "Copyright"):
        assert furniture not in text


def test_a_page_without_a_main_text_is_read_whole() -> None:
    """A page of short cards is not taken for navigation alone."""
    cards = "".join(f"<div><a href='/{name}'>{name}</a></div>" for name in ("Kettles", "Toasters", "Irons"))
    [parsed] = parse("page.html", f"<html><body>{cards}</body></html>".encode(), {"extract": "main"}).documents
    assert "Toasters" in "\n".join(block.text for block in parsed.blocks)
