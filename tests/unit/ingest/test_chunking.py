"""Chunks for any document: nothing lost, never too long, always the same."""

import re
from collections import Counter
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.chunking import Chunker
from ingest.model import Block, Document
from tests.fakes.index import WordEmbedder

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EMBEDDER = WordEmbedder(max_tokens=40)

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
texts = st.lists(st.one_of(words, st.sampled_from([". ", ", ", "\n", " "])), min_size=1, max_size=120).map(" ".join)
sections = st.lists(st.one_of(words, st.just("word " * 30)), max_size=3).map(tuple)
blocks = st.builds(
    Block, texts.filter(str.strip), sections, st.sampled_from(["text", "list", "code", "row"]), st.none() | st.just(2)
)
documents = st.builds(
    Document,
    st.just("docs:a.md"),
    st.just("a.md"),
    st.one_of(words, st.just("A very long title " * 20)),
    st.lists(blocks, min_size=1, max_size=6),
    st.just(NOW),
)


def _letters(texts: list[str]) -> Counter[str]:
    return Counter(re.sub(r"\s", "", "".join(texts)))


@settings(max_examples=150, deadline=None)
@given(documents)
def test_no_text_is_lost_and_no_window_exceeded(document: Document) -> None:
    """Every character of every block is in a chunk, and each chunk fits the model with its title and section."""
    chunks = Chunker(EMBEDDER).chunks(document)
    assert _letters([chunk.text for chunk in chunks]) == _letters([block.text for block in document.blocks])
    assert all(EMBEDDER.count_tokens(chunk.embedded_text) <= EMBEDDER.max_tokens for chunk in chunks)
    assert [chunk.position for chunk in chunks] == list(range(len(chunks)))


@settings(max_examples=30, deadline=None)
@given(documents)
def test_ids_are_the_same_every_time_and_differ_from_each_other(document: Document) -> None:
    """A function of place and content."""
    first, second = Chunker(EMBEDDER).chunks(document), Chunker(EMBEDDER).chunks(document)
    assert first == second
    assert len({chunk.id for chunk in first}) == len(first)


def _chunked(*given: Block, title: str = "T") -> list[tuple[str, str]]:
    document = Document("docs:a.md", "a.md", title, given, NOW)
    return [(chunk.section, chunk.text) for chunk in Chunker(EMBEDDER).chunks(document)]


def test_chunks_stay_under_one_heading() -> None:
    """Short sections are not merged; blocks of one section are, while they fit."""
    assert _chunked(
        Block("One."), Block("Two."), Block("Three.", ("A",)), Block("Four.", ("A", "B")), Block("Five.", ("A",))
    ) == [("", "One.\n\nTwo."), ("A", "Three."), ("A > B", "Four."), ("A", "Five.")]


def test_a_table_stays_whole_or_repeats_its_header() -> None:
    """It moves to a new chunk rather than being cut; too long for any, each part has the header."""
    small = Block("Option | Price\nExpress | 14", (), "table")
    assert _chunked(Block("word " * 30), small) == [("", "word " * 30), ("", small.text)]
    rows = [f"Option {number} | {number}" for number in range(12)]
    parts = [text for _, text in _chunked(Block("\n".join(["Name | Price", *rows]), (), "table"))]
    assert len(parts) > 1
    assert all(part.startswith("Name | Price\nOption") for part in parts)
    assert [row for part in parts for row in part.split("\n")[1:]] == rows


def test_rows_are_chunks_of_their_own() -> None:
    """Two rows of a catalogue never share a chunk, not even under the same name."""
    assert _chunked(Block("name: A", ("A",), "row"), Block("name: A", ("A",), "row")) == [
        ("A", "name: A"),
        ("A", "name: A"),
    ]


def test_long_text_is_cut_between_sentences() -> None:
    """And between words only where a sentence is longer than the window."""
    sentence = "This sentence has a number of words, namely ten."
    parts = [text for _, text in _chunked(Block(" ".join([sentence] * 9)))]
    assert len(parts) > 1
    assert all(part.endswith("ten.") and part.startswith("This") for part in parts)


def test_pages_become_part_of_the_link() -> None:
    """A browser opens a PDF where the passage begins."""
    document = Document(
        "docs:a.pdf", "https://x.example/a.pdf", "T", [Block("One.", page=3), Block("Two.", page=4)], NOW
    )
    assert [chunk.uri for chunk in Chunker(EMBEDDER).chunks(document)] == ["https://x.example/a.pdf#page=3"]


def test_a_chunk_knows_its_line_and_can_be_opened_there() -> None:
    """The first block's; in a later part of a long list or table, the part's own; of a paragraph, the paragraph's."""
    items = "\n".join(f"- item number {number}" for number in range(20))
    blocks = [
        Block("One.", line=3),
        Block("Two.", line=5),
        Block(items, ("A",), "list", line=9),
        Block("Word after word. " * 20, ("B",), line=40),
    ]
    document = Document("docs:a.md", "https://x.example/a.md", "T", blocks, NOW)
    chunks = Chunker(EMBEDDER).chunks(document, "#L{line}")
    assert chunks[0].uri == "https://x.example/a.md#L3"
    listed = [chunk for chunk in chunks if chunk.section == "A"]
    assert len(listed) > 1
    assert all(chunk.line == 9 + int(chunk.text.split("\n")[0].split()[-1]) for chunk in listed)
    assert {chunk.line for chunk in chunks if chunk.section == "B"} == {40}
    assert [chunk.uri for chunk in Chunker(EMBEDDER).chunks(document)] == ["https://x.example/a.md"] * len(chunks)


def test_the_window_is_used() -> None:
    """A long word after a long word, without a sentence in sight, still fills its chunks."""
    parts = [text for _, text in _chunked(Block("word " * 200))]
    assert all(len(part.split()) > 25 for part in parts[:-1])


def test_code_keeps_its_indentation() -> None:
    lines = ["def answer():", *(f"    step_{number}(first, second)" for number in range(12))]
    parts = [text for _, text in _chunked(Block("\n".join(lines), (), "code"))]
    assert len(parts) > 1
    assert "\n".join(parts).split("\n") == lines


class NewlinesCost(WordEmbedder):
    """As some tokenizers: a text counts more than its parts."""

    def count_tokens(self, text: str) -> int:
        return super().count_tokens(text) + 3 * text.count("\n\n")


BLANK_FIRST = Document(
    "docs:a.md", "a.md", "A very long title " * 20, [Block("\n " + "0 " * 22, ("0:0:",), "text", None)], NOW
)


@settings(max_examples=20, deadline=None)
@given(documents)
@example(BLANK_FIRST)
def test_the_window_holds_where_tokens_do_not_add_up(document: Document) -> None:
    embedder = NewlinesCost(max_tokens=40)
    chunks = Chunker(embedder).chunks(document)
    assert _letters([chunk.text for chunk in chunks]) == _letters([block.text for block in document.blocks])
    assert all(embedder.count_tokens(chunk.embedded_text) <= 40 for chunk in chunks)
