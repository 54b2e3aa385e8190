"""Rows that are things: CSV, JSON and catalogue-like sheets, and sheets that stay whole."""

import io
import json
from datetime import date, datetime

import openpyxl
import pytest

from ingest.model import ParseError
from ingest.parsing.formats import parse
from ingest.parsing.parsed import Parsed

from .files import xlsx


def rows(name: str, content: str | bytes, **options: str) -> list[Parsed]:
    return parse(name, content if isinstance(content, bytes) else content.encode(), options).documents


def named(name: str, content: str | bytes, **options: str) -> list[tuple[str, str | None]]:
    return [(row.key, row.title) for row in rows(name, content, **options)]


def test_a_row_is_a_document() -> None:
    """Any delimiter; it has its title, its id, its line, and a text that says which column is which."""
    found = rows("catalogue.csv", 'sku;product;price\nA1;"Lamp, tall\n(new)";9,99\nA2;Chair;\n')
    assert [(row.key, row.title, row.blocks[0].line, row.blocks[0].kind, row.blocks[0].text) for row in found] == [
        ("A1", "Lamp, tall (new)", 2, "row", "sku: A1\nproduct: Lamp, tall\n(new)\nprice: 9,99"),
        ("A2", "Chair", 4, "row", "sku: A2\nproduct: Chair"),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,store,city\nS1,Boston One,Boston\nS2,Boston Two,Boston\n", [("S1", "Boston One"), ("S2", "Boston Two")]),
        ("code,city\nS1,Boston\nS1,Bath\n", [("Boston", "Boston"), ("Bath", "Bath")]),
        ("Product ID|Width\n77|10\n78|20\n", [("77", "Prices 2026: 77"), ("78", "Prices 2026: 78")]),
        ("1,2\n3,4\n", [("1", "Prices 2026: 1"), ("3", "Prices 2026: 3")]),
        ("only,header\n", [("only", "only")]),
    ],
)
def test_ids_and_titles_of_rows(content: str, expected: list[tuple[str, str]]) -> None:
    """The id column tells rows apart, else the title; words are titles before codes; a number says of what table."""
    assert named("prices-2026.csv", content) == expected


def test_a_row_that_nothing_names() -> None:
    """It goes by its table and its first cells."""
    content = "zone,area,service,price\nA,North,Standard,5\nA,North,Express,\nB,South,Standard,5\n"
    assert [title for _, title in named("shipping_zones.csv", content)] == [
        "Shipping zones: A, North, Standard",
        "Shipping zones: A, North, Express",
        "Shipping zones: B, South, Standard",
    ]


def test_a_new_row_renames_no_other() -> None:
    """By id, by title, or by content: what is inserted above changes no key below."""
    for head, first, second in (
        ("sku,name", "A1,Lamp", "A2,Lamp"),
        ("name,city", "One,Bath", "Two,Bath"),
        ("city,price", "Bath,5", "Bath,7"),
    ):
        before = {row.key for row in rows("a.csv", f"{head}\n{first}\n{second}\n")}
        after = {row.key for row in rows("a.csv", f"{head}\nX9,Bath\n{first}\n{second}\n")}
        assert len(before) == 2
        assert before < after


def test_equal_rows_and_ids_that_come_twice() -> None:
    """Each is kept, under a key of its own."""
    keys = [row.key for row in rows("a.csv", "city,price\nBath,5\nBath,5\n")]
    assert keys[1] == f"{keys[0]} (2)"
    assert [key for key, _ in named("a.csv", "n,t\nA,1\nA,2\n,3\n", id="n")][:2] == ["A", "A (2)"]


def test_columns_that_options_name() -> None:
    """They decide the id, the title and the link; a missing one is named beside those that there are."""
    [row] = rows("a.csv", "id,nr,label,link\n1,N7,Lamp,https://x.example/7\n", id="nr", title="label", url="link")
    assert (row.key, row.title, row.url) == ("N7", "Lamp", "https://x.example/7")
    with pytest.raises(ParseError, match='no column "sku"; it has: id, nr'):
        rows("a.csv", "id,nr\n1,2\n", id="sku")


def test_shift_jis() -> None:
    """A Japanese table as Excel saves it."""
    content = "名前,年齢,住所\r\n佐藤太郎,30,東京\r\n髙橋淳,35,名古屋\r\n".encode("cp932")
    assert [row.blocks[0].text for row in rows("a.csv", content)] == [
        "名前: 佐藤太郎\n年齢: 30\n住所: 東京",
        "名前: 髙橋淳\n年齢: 35\n住所: 名古屋",
    ]


RECORDS = [
    {"sku": "A1", "name": "Lamp", "size": {"w": 10, "h": 2.5}, "tags": ["red", "new"], "old": None},
    {"sku": "A2", "name": "Chair", "ok": True},
]


@pytest.mark.parametrize(
    "content",
    [json.dumps(RECORDS), "\n".join(map(json.dumps, RECORDS)), json.dumps({"total": 2, "products": RECORDS})],
)
def test_json(content: str) -> None:
    """A list of records, bare, one a line or inside an object; what is nested is spelled out."""
    found = rows("feed.json", content, id="sku")
    assert [(row.key, row.title, row.blocks[0].text) for row in found] == [
        ("A1", "Lamp", "sku: A1\nname: Lamp\nsize.w: 10\nsize.h: 2.5\ntags: red, new"),
        ("A2", "Chair", "sku: A2\nname: Chair\nok: true"),
    ]


def test_broken_json_says_where() -> None:
    with pytest.raises(ParseError, match="line 2"):
        rows("feed.jsonl", '{"a": 1}\n{"a": \n')
    with pytest.raises(ParseError, match="no list of records"):
        rows("feed.json", "[1, 2]")


def test_a_workbook_stays_together() -> None:
    """A sheet is a section, its tables whole and as they are shown; hidden sheets are left out."""
    content = xlsx(
        {
            "Rates": [
                ["Zone", "From", "Price"],
                ["A", date(2026, 3, 1), 9.5],
                [None, datetime(2026, 3, 1, 9, 30), 0.125],  # noqa: DTZ001 - Excel knows no zones
                [],
                ["Prices are without tax."],
            ],
            "Contacts": [[None, "Who"], [None, "Anna"]],
            "Secret": [["x"]],
        },
        merged=["A2:A3"],
        hidden="Secret",
    )
    [parsed] = rows("rates_2026.xlsx", content)
    assert (parsed.key, parsed.title) == ("", "Rates 2026")
    assert [(block.kind, block.section, block.text) for block in parsed.blocks] == [
        ("table", ("Rates",), "Zone | From | Price\nA | 2026-03-01 | 9.5\nA | 2026-03-01 09:30 | 0.125"),
        ("text", ("Rates",), "Prices are without tax."),
        ("text", ("Contacts",), "Who\nAnna"),
    ]


def test_figures_as_a_sheet_shows_them() -> None:
    """A percentage, a currency and decimals are in a cell's format, not in its value."""
    workbook = openpyxl.Workbook()
    for cell, value, shown_as in (
        ("A1", 0.08, "0%"),
        ("B1", 9.5, '"$"#,##0.00'),
        ("C1", 3.0, "General"),
        ("D1", 0.155, "0.0%"),
    ):
        workbook.active[cell], workbook.active[cell].number_format = value, shown_as
    made = io.BytesIO()
    workbook.save(made)
    assert rows("a.xlsx", made.getvalue())[0].blocks[0].text == "8% | $9.50 | 3 | 15.5%"


def test_a_catalogue_in_a_workbook() -> None:
    """A sheet of things with ids is a document a row, kept by id; other sheets stay a document of their own."""
    content = xlsx(
        {"Parts": [["SKU", "Name", "Price"], ["A1", "Lamp", 5], ["A2", "Chair", 7]], "Notes": [["Ask Anna."]]}
    )
    found = rows("parts.xlsx", content)
    assert [(row.key, row.title, [block.text for block in row.blocks]) for row in found] == [
        ("", "Parts", ["Ask Anna."]),
        ("Parts/A1", "Lamp", ["SKU: A1\nName: Lamp\nPrice: 5"]),
        ("Parts/A2", "Chair", ["SKU: A2\nName: Chair\nPrice: 7"]),
    ]


def test_a_sheet_with_one_cell_far_away() -> None:
    """Its emptiness costs nothing."""
    workbook = openpyxl.Workbook()
    workbook.active["A1"], workbook.active["XFD60000"] = "near", "far"
    made = io.BytesIO()
    workbook.save(made)
    assert [block.text[:4] for block in rows("a.xlsx", made.getvalue())[0].blocks] == ["near", "far"]


def test_a_quotation_mark_that_is_never_closed_is_reported() -> None:
    """The rows below it would be one cell of one row; inches and feet are no quotation."""
    with pytest.raises(ParseError, match="never closed"):
        parse("x.csv", b'sku,name\nS1,"Beta\n,Gamma\nS2,Delta\n', {})
    rows = parse("x.csv", b'sku,name\nS1,Screen 15"\nS2,Delta\n', {}).documents
    assert len(rows) == 2
