"""Each format as people write it, to title, sections and blocks."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.model import Block, Content, Document, Listed, ParseError
from ingest.parsing import ParserProcess
from ingest.parsing.formats import parse
from ingest.parsing.parsed import Parsed
from ingest.parsing.stated import stated_version

from .files import docx, line, pdf, ruled_table

MARKDOWN = """\
---
title: Front matter wins
version: 7.1
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

CSV = "sku;product;price\nA1;Lamp, tall;9,99\nA2;Chair;19,00\n"

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
    assert (parsed.title, parsed.version) == ("Front matter wins", "7.1")
    assert _blocks("policy.md", MARKDOWN.encode()) == [
        ("text", (), "Intro with a link, bold and code. Second line."),
        ("list", ("What counts",), "- one\n- two\n  1. nested\n  2. again"),
        ("table", ("What counts",), "Option | Price\nExpress | $14.99"),
        ("code", ("What counts",), "# no heading\nrun --fast"),
        ("text", ("What counts", "Deep"), "Text."),
        ("text", (), "Bare heading"),
    ]


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


def test_csv() -> None:
    """Any delimiter; a row is a block, titled by the column that names things."""
    assert _blocks("catalogue.csv", CSV.encode()) == [
        ("row", ("Lamp, tall",), "sku: A1\nproduct: Lamp, tall\nprice: 9,99"),
        ("row", ("Chair",), "sku: A2\nproduct: Chair\nprice: 19,00"),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,store,city\nS1,Boston One,Boston\nS2,Boston Two,Boston\n", ["Boston One", "Boston Two"]),
        ("1,2\n3,4\n", ["1", "3"]),
        ("only,header\n", ["only"]),
    ],
)
def test_csv_names_of_rows(content: str, expected: list[str]) -> None:
    """Words before codes; a table without a header keeps its first row."""
    assert [block.section[0] for block in one("x.csv", content.encode()).blocks] == expected


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
        ("a.txt", b"\x7fELF\x00\x01\x02", "not text"),
        ("a.docx", b"PK no zip", "not a Word document"),
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
        ("Rates (superseded)", "Old rates.", "superseded"),
        ("Rates", "These were of version 1.4 (effective February 2025), superseded by version 2.0.",
         "v1.4, February 2025 (superseded by v2.0)"),
        ("FAQ", "Last reviewed in November 2026, for returns policy version 3.2.", None),
        ("Policy", "Version 3.2. The old v2.1 was superseded by version 3.2 on 1 March 2026.", "v3.2"),
        ("Wi-Fi", "Needs Bluetooth 5.3 and version control.", None),
    ],
)  # fmt: skip
def test_stated_version(title: str, text: str, version: str | None) -> None:
    """The document's own version and end, not those that it mentions."""
    assert stated_version(title, [Block(text)]) == version


def parsed_by(parser: ParserProcess, listed: Listed, data: bytes) -> Document:
    [document] = parser.parse(listed, Content(data, listed.uri)).documents
    return document


def _listed(name: str) -> Listed:
    return Listed(f"docs:{name}", name, "1", datetime(2026, 11, 23, tzinfo=UTC))


def test_the_worker_gives_what_the_parser_gives(parser: ParserProcess) -> None:
    """Nothing is lost between the processes, broken characters aside."""
    document = parsed_by(parser, _listed("policy.md"), MARKDOWN.encode())
    assert list(document.blocks) == list(one("policy.md", MARKDOWN.encode()).blocks)
    assert (document.document_id, document.uri, document.title) == ("docs:policy.md", "policy.md", "Front matter wins")


def test_a_document_that_crashes_its_worker_costs_only_itself() -> None:
    """A sentence for it, and a new worker for the next; the worker is gone at the end."""
    with ParserProcess(memory_limit=400) as parser:
        good = parsed_by(parser, _listed("a.md"), b"Text.")
        first = parser._worker
        with pytest.raises(ParseError, match="memory"):
            parsed_by(parser, _listed("huge.txt"), b"a word\n\n" * 2**24)
        assert parsed_by(parser, _listed("a.md"), b"Text.") == good
        worker = parser._worker
        assert worker is not None
        worker.kill()
        with pytest.raises(ParseError, match="crashed"):
            parsed_by(parser, _listed("b.md"), b"Text.")
        assert parsed_by(parser, _listed("a.md"), b"Text.") == good
        last = parser._worker
    assert first is not None
    assert last is not None
    assert last.poll() is not None


def test_a_document_that_takes_too_long_is_given_up() -> None:
    """The limit is the document's; the next one has a worker again."""
    with ParserProcess(time_limit=0.01) as parser:
        with pytest.raises(ParseError, match=r"longer than 0\.01 seconds"):
            parsed_by(parser, _listed("a.md"), b"Text.")
        parser._time_limit = 60
        assert parsed_by(parser, _listed("a.md"), b"Text.").blocks == [Block("Text.")]


REAL = Path(os.environ.get("FRONTDESK_TEST_DOCUMENTS", "-"))


@pytest.mark.skipif(not REAL.is_dir(), reason="FRONTDESK_TEST_DOCUMENTS names no folder of real files")
def test_real_files_are_read_or_refused_with_a_sentence(parser: ParserProcess) -> None:
    """No file of the wild breaks the worker."""
    reasons = []
    for path in sorted(REAL.rglob("*.*")):
        if path.suffix in {".docx", ".pdf", ".html", ".csv", ".md"}:
            try:
                parsed_by(parser, _listed(path.name), path.read_bytes())
            except ParseError as error:
                reasons.append(str(error))
    assert {reason[:15] for reason in reasons} <= {"It has no text."}
