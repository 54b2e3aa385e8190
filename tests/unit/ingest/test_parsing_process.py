"""The worker process: what it hands over, and what a file that breaks it costs."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Block, Content, Document, Listed, ParseError
from ingest.parsing import SUFFIXES, ParserProcess
from ingest.parsing.formats import parse

from .files import docx, eml, line, pdf, pptx, xlsx, zipped
from .test_parsing import MARKDOWN, one


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
        assert parsed_by(parser, _listed("a.md"), b"Text.").blocks == [Block("Text.", line=1)]


def test_a_reply_names_what_could_not_be_read(parser: ParserProcess) -> None:
    """One broken member costs itself; the others are documents with ids of their own."""
    content = zipped({"a.md": b"# A\n\nText.", "in/b.pdf": b"no pdf", "c.csv": b"sku,name\nX1,Lamp\n"})
    parsing = parser.parse(_listed("all.zip"), Content(content, "all.zip"))
    assert [(document.document_id, document.title, document.uri) for document in parsing.documents] == [
        ("docs:all.zip#a.md", "A", "all.zip"),
        ("docs:all.zip#c.csv#X1", "Lamp", "all.zip"),
    ]
    assert [problem.uri for problem in parsing.problems] == ["all.zip#in/b.pdf"]


def test_a_mail_changed_when_it_was_sent(parser: ParserProcess) -> None:
    assert parsed_by(parser, _listed("a.eml"), eml()).changed_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_the_worker_stands_back_and_starts_without_the_libraries_of_other_formats() -> None:
    """A running bot comes first, and a changed Markdown file does not wait for PDF's or Office's libraries."""
    loaded = (
        "import sys, ingest.parsing.worker; from ingest.parsing.formats import parse; parse('a.md', b'Text.', {}); "
    )
    heavy = (
        "print([name for name in ('pdfplumber', 'pptx', 'openpyxl', 'mammoth', 'email.parser') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", loaded + heavy], text=True).strip() == "[]"
    with ParserProcess() as parser:
        parsed_by(parser, _listed("a.md"), b"Text.")
        assert parser._worker is not None
        assert os.getpriority(os.PRIO_PROCESS, parser._worker.pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)


def test_a_worker_that_has_grown_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one large file took is not held for the rest of a sync."""
    monkeypatch.setattr("ingest.parsing.process._GROWN", 0)
    with ParserProcess() as parser:
        assert parsed_by(parser, _listed("a.md"), b"Text.").blocks
        assert parser._worker is None


SAMPLES = {
    ".pdf": pdf(line("Text", 700)),
    ".docx": docx(("", "Text.")),
    ".pptx": pptx(),
    ".xlsx": xlsx({"A": [["a", "b"], [1, 2]]}),
    ".zip": zipped({"a.md": b"Text."}),
    ".eml": eml(attachments={"a.csv": b"a,b\n1,2\n"}),
}


@given(st.sampled_from(sorted(SUFFIXES | {".json"})), st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_documents_or_a_sentence(suffix: str, content: bytes) -> None:
    """Nothing but ParseError comes out of a file, whatever is in it."""
    _parse_or_refuse(f"a{suffix}", content)


@given(st.sampled_from(sorted(SAMPLES)), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_gives_documents_or_a_sentence(suffix: str, data: st.DataObject) -> None:
    """A file of its format with some bytes overwritten, or its end missing."""
    content = bytearray(SAMPLES[suffix])
    at = data.draw(st.integers(0, len(content) - 1))
    patch = data.draw(st.binary(max_size=20))
    content[at : at + len(patch)] = patch
    _parse_or_refuse(f"a{suffix}", bytes(content[: data.draw(st.integers(1, len(content)))]))


def _parse_or_refuse(name: str, content: bytes) -> None:
    try:
        found = parse(name, content, {})
    except ParseError:
        return
    assert found.documents
    assert len({parsed.key for parsed in found.documents}) == len(found.documents)
    assert all(parsed.title and parsed.blocks for parsed in found.documents)


REAL = Path(os.environ.get("FRONTDESK_TEST_DOCUMENTS", "-"))


@pytest.mark.skipif(not REAL.is_dir(), reason="FRONTDESK_TEST_DOCUMENTS names no folder of real files")
def test_real_files_are_read_or_refused_with_a_sentence(parser: ParserProcess) -> None:
    """No file of the wild breaks the worker."""
    reasons = []
    for path in sorted(REAL.rglob("*.*")):
        if path.suffix in SUFFIXES:
            try:
                assert not parser.parse(_listed(path.name), Content(path.read_bytes(), path.name)).problems
            except ParseError as error:
                reasons.append(str(error))
    assert {reason[:15] for reason in reasons} <= {"It has no text."}
