"""A stream of blocks to cited sentences."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.desk.model import Citation, DraftSentence
from bot.desk.sentences import split_sentences
from bot.engine.assembly import SentenceAssembler

NOW = datetime(2026, 11, 23, tzinfo=UTC)
Block = tuple[str, tuple[Citation, ...]]


def cite(number: int) -> Citation:
    return Citation(number, f"quote {number}", "", "", "", NOW)


TEXTS = st.text(st.sampled_from("abY.!?\n -1:"), min_size=0, max_size=24)
BLOCKS = st.lists(
    st.tuples(TEXTS, st.lists(st.integers(0, 3), max_size=2).map(lambda at: tuple(map(cite, at)))), max_size=6
)


def assembled(blocks: list[Block], cuts: list[int]) -> list[DraftSentence]:
    """Feed the blocks in deltas whose lengths go round in `cuts`."""
    assembler = SentenceAssembler()
    found: list[DraftSentence] = []
    step = 0
    for text, citations in blocks:
        at = 0
        while at < len(text):
            length = cuts[step % len(cuts)]
            found += assembler.feed(text[at : at + length])
            at, step = at + length, step + 1
        found += assembler.close_block(citations)
    return [*found, *assembler.finish()]


@given(BLOCKS, st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_any_cut_of_the_stream_gives_the_same_sentences(blocks: list[Block], cuts: list[int]) -> None:
    """Text and citations of a sentence do not depend on how the network delivered it; nothing is lost."""
    sentences = assembled(blocks, cuts)
    assert sentences == assembled(blocks, [1000])
    whole = "".join(text for text, _ in blocks)
    if whole.strip():
        assert [one.text for one in sentences] == split_sentences(whole)


@given(BLOCKS)
def test_a_sentence_has_the_citations_of_the_blocks_it_has_text_in(blocks: list[Block]) -> None:
    owners = [citations for text, citations in blocks for _ in text]
    whole = "".join(text for text, _ in blocks)
    at = 0
    for sentence in assembled(blocks, [3]):
        expected = {
            citation
            for place in range(at, at + len(sentence.text))
            if not whole[place].isspace()
            for citation in owners[place]
        }
        assert set(sentence.citations) == expected
        at += len(sentence.text)


def test_a_sentence_comes_with_its_block() -> None:
    """It is complete when its block is closed and the next begins, not when the message ends."""
    assembler = SentenceAssembler()
    assert list(assembler.feed("You have 30 days. And ")) == []
    assert [one.text for one in assembler.close_block([cite(1)])] == ["You have 30 days. "]
    assert list(assembler.feed("a receipt.")) == []
    assert list(assembler.close_block([])) == []
    assert [one.text for one in assembler.feed("\n\nNext")] == ["And a receipt.\n\n"]


def test_a_cut_drops_what_was_not_finished() -> None:
    """Half a sentence, or one whose citations never came, is not shown; a finished one is."""

    def cut(text: str, *, closed: bool) -> list[str]:
        assembler = SentenceAssembler()
        list(assembler.feed(text))
        if closed:
            list(assembler.close_block([cite(1)]))
        return [one.text for one in assembler.finish(cut=True)]

    assert cut("It is free.", closed=True) == ["It is free."]
    assert cut("It is fr", closed=True) == []
    assert cut("It is free.", closed=False) == []
