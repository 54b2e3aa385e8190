"""Files as text: documents through a parser's process, everything that is text as it is."""

import pytest

from bot.desk.errors import FileUnreadable
from ops.attached_files import FileTexts, text_of
from tests.unit.ingest.files import docx, line, pdf, pptx, xlsx, zipped


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.log", b"one\n\n  two\n", "one\n\n  two"),
        ("a", "größe".encode("utf-16"), "größe"),
        ("a.json", b'{"a": 1}', '{"a": 1}'),
        ("a.docx", docx(("heading 1", "Setup"), ("heading 2", "Cables"), ("", "Use the short one.")), "Setup\n\nCables\nUse the short one."),
        ("a.xlsx", xlsx({"Prices": [["Plan", "Price"], ["Basic", 9]]}), "Basic"),
        ("deck.pptx", pptx(), "Warranty plans"),
        ("a.pdf", pdf(line("Handshake failed", 700)), "Handshake failed"),
        ("a.txt", pdf(line("Handshake failed", 700)), "Handshake failed"),
        ("a.html", b"<html><body><h1>Errors</h1><p>GW-4031</p><script>x()</script></body></html>", "GW-4031"),
    ],
)  # fmt: skip
async def test_it_is_read(name: str, content: bytes, text: str) -> None:
    read = await FileTexts()(name, content)
    assert text in read
    assert "x()" not in read


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.bin", bytes(range(256)) * 9, "no text, and no document"),
        ("a.zip", zipped({"a.txt": b"a"}), "archive"),
        ("a.txt", zipped({"a.txt": b"a"}), "ZIP archive"),
        ("a.pdf", b"%PDF-1.7", "damaged"),
        ("a.pdf", pdf(""), "may be a scan"),
        ("a.txt", b" \n ", "no text"),
        ("a.docx", b"PK\x03\x04 and then nothing", "damaged"),
    ],
)
def test_why_it_is_not(name: str, content: bytes, reason: str) -> None:
    """One sentence or two for people: no library's words, and no markup."""
    with pytest.raises(FileUnreadable, match=reason) as caught:
        text_of(name, content)
    assert "Error" not in caught.value.public
    assert "(" not in caught.value.public.replace("(OCR)", "")
