"""Files in files, files that are not what they are named, and files that are made to hurt."""

import io
import zipfile
from types import SimpleNamespace

import pytest

from ingest.model import ParseError
from ingest.parsing.formats import parse

from .files import docx, eml, encrypted_zip, line, pdf, pptx, rezipped, xlsx, zipped


def refused(name: str, content: bytes) -> str:
    with pytest.raises(ParseError) as error:
        parse(name, content, {})
    return str(error.value)


def test_an_archive_is_its_readable_members() -> None:
    """By their paths; a broken or encrypted one is reported, other formats and hidden files are left out."""
    found = parse(
        "all.zip",
        zipped(
            {
                "docs/a.md": b"# A\n\nText.",
                "../../etc/b.txt": b"Outside?",
                "C:\\c\\d.txt": b"Windows.",
                "logo.png": b"\x89PNG\r\n\x1a\n",
                "__MACOSX/._a.md": b"junk",
                "e.docx": b"broken",
                "f.zip": zipped({"g.txt": b"Inner."}),
                "h.zip": zipped({"i.zip": zipped({"j.txt": b"Too deep."})}),
            }
        ),
        {},
    )
    assert [(parsed.key, parsed.title) for parsed in found.documents] == [
        ("docs/a.md", "A"),
        ("etc/b.txt", "B"),
        ("c/d.txt", "D"),
        ("f.zip#g.txt", "G"),
    ]
    assert [key for key, _ in found.problems] == ["e.docx", "h.zip"]
    assert "inside others" in found.problems[1][1]


def test_archives_that_cannot_be_read() -> None:
    """Encrypted, empty of documents, cut off: each says so."""
    assert "protected by a password" in refused("a.zip", encrypted_zip("a.txt"))
    assert "no file in a format" in refused("a.zip", zipped({"a.exe": b"x"}))
    assert "ZIP" in refused("a.zip", zipped({"a.txt": b"x" * 999})[:60])


def test_an_archive_that_takes_too_long_keeps_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than losing all of it to the worker's time limit."""
    clock = iter((0.0, 1.0, 100.0))
    monkeypatch.setattr("ingest.parsing.archive.time", SimpleNamespace(monotonic=lambda: next(clock)))
    found = parse("a.zip", zipped({"a.txt": b"In time.", "b.txt": b"Too late."}), {})
    assert [parsed.key for parsed in found.documents] == ["a.txt"]
    assert found.problems == [("b.txt", "The files before it took 80 seconds to read; unpack the archive.")]


def test_bombs() -> None:
    """Ten gigabytes, a million files or entities without end are refused before they are unpacked."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.txt", "w") as member:
        for _ in range(40):
            member.write(bytes(2**20))
    assert "would unpack from 0.0 MiB to 40.0 MiB" in refused("a.zip", made.getvalue())
    assert "would unpack" in refused("a.docx", rezipped(docx(("", "x")), {"word/x.xml": bytes(40 * 2**20)}))
    assert "10,001 files" in refused("a.zip", zipped({f"{n}.txt": b"" for n in range(10_001)}, zipfile.ZIP_STORED))
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    for name, content, part in (
        ("a.docx", docx(("", "x")), "word/document.xml"),
        ("a.xlsx", xlsx({"A": [["x"]]}), "xl/workbook.xml"),
        ("a.pptx", pptx(), "ppt/slides/slide1.xml"),
    ):
        assert "declares entities" in refused(name, rezipped(content, {part: laughs}))
        assert "declares entities" in refused(name, rezipped(content, {part: laughs.decode().encode("utf-16")}))


def test_html_that_is_made_to_hurt() -> None:
    """Entities are not expanded, deep nesting is read, and what is deeper than any page is refused."""
    entities = b'<!DOCTYPE html [<!ENTITY a "ha">]><p>Text &a;</p>'
    assert "haha" not in parse("a.html", entities, {}).documents[0].blocks[0].text
    assert parse("a.html", b"<div>" * 150 + b"deep", {}).documents[0].blocks[0].text == "deep"
    assert "nested too deeply" in refused("a.html", b"<div>" * 5000 + b"deep")


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("terms.pdf", docx(("Title", "Terms"), ("", "Text.")), "Terms"),
        ("terms.docx", pdf(line("Terms", 720, 20) + line("Text of the terms, in a line.", 600)), "Terms"),
        ("rates.docx", xlsx({"Sheet1": [["a", "b"], [1, 2]]}), "Rates"),
        ("a.md", b"# Reading\n\nA PDF begins with %PDF-1.4 and a number.", "Reading"),
        ("page.txt", b"<!DOCTYPE html><html><body><h1>Page</h1><p>Text.", "Page"),
    ],
)
def test_a_file_is_read_as_what_it_is(name: str, content: bytes, title: str) -> None:
    """Whatever its name says, where its first bytes say for sure."""
    assert parse(name, content, {}).documents[0].title == title


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", zipped({"a.txt": b"x"}), "It is named .pdf but holds a ZIP archive."),
        ("a.docx", b"<html><body>Sign in", "It is named .docx but holds a web page"),
        ("a.txt", b"\x89PNG\r\n\x1a\n", "It is named .txt but holds a PNG picture."),
        ("a.csv", b"\x1f\x8b\x08", "It is named .csv but holds a gzip archive."),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        ("a.docx", OLE + "WordDocument".encode("utf-16-le"), "before 2007"),
        ("a.docx", zipped({"mimetype": b"application/epub+zip"}), "an OpenDocument file or an e-book"),
        ("a.docx", docx(("", "x"))[:-40], "damaged"),
        ("a.pdf", b"Just text.", "not a PDF"),
        ("a.pdf", pdf(), "no page that can be read"),
        ("a.eml", b"Just text, no mail.", "not an e-mail"),
        ("a.xyz", b"Text.", "not read"),
    ],
)
def test_what_cannot_be_read_says_what_it_is(name: str, content: bytes, reason: str) -> None:
    assert reason in refused(name, content)


def test_a_mail() -> None:
    """Its headers and text, and each readable attachment as a document of its own."""
    found = parse("a.eml", eml(attachments={"prices.csv": b"sku,name\nA1,Lamp\n", "x.ics": b"x", "b.pdf": b"no"}), {})
    mail, row = found.documents
    assert (mail.key, mail.title, mail.changed_at) == ("", "Größe of the part", "2026-03-02T09:00:00+00:00")
    assert [block.text for block in mail.blocks] == [
        "From: Bo Ek <bo@example.com>\nTo: anna@example.com\nDate: Mon, 02 Mar 2026 10:00:00 +0100\n"
        "Subject: Größe of the part",
        "Hello Anna,",
        "the part is in stock.",
    ]
    assert (row.key, row.title) == ("prices.csv#A1", "Lamp")
    assert [key for key, _ in found.problems] == ["b.pdf"]


def test_a_mail_of_html_and_a_forwarded_one() -> None:
    """HTML where there is no plain text; a mail in a mail is a document."""
    mail = parse("a.eml", eml(text="", html="<p>Dear <b>Anna</b>"), {}).documents[0]
    assert mail.blocks[-1].text == "Dear Anna"
    both = parse("a.eml", eml(html="<p>In HTML"), {}).documents[0]
    assert both.blocks[-1].text == "the part is in stock."
    found = parse("a.eml", eml(attachments={"old.eml": eml(text="What was said before.")}), {})
    assert [(parsed.key, parsed.blocks[-1].text) for parsed in found.documents][1] == (
        "old.eml",
        "What was said before.",
    )


def test_too_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is on what an item gives, however little it is packed."""
    monkeypatch.setattr("ingest.parsing.parsed.MOST_TEXT", 1000)
    for name, content in (
        ("a.md", b"word\n\n" * 999),
        ("a.csv", b"a,b\n" + b"one,two\n" * 999),
        ("a.xlsx", xlsx({"A": [["a long text", "another"]] * 99})),
        ("a.zip", zipped({f"{n}.txt": b"a text of some length " * 9 for n in range(9)})),
    ):
        assert "characters of text" in refused(name, content)
