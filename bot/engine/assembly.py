"""A streamed answer to cited sentences. Pure.

Text arrives in blocks, each block's citations at any time before it closes. A sentence may span blocks: it has the
citations of every block that it has text in. However the stream is cut, the same sentences come out.
"""

from collections.abc import Iterator, Sequence

from bot.desk.model import Citation, DraftSentence
from bot.desk.sentences import split_sentences


class SentenceAssembler:
    """Feed text as it comes, close each block with its citations; every call yields the sentences that are complete."""

    def __init__(self) -> None:
        self._text = ""  # not yet yielded
        self._open_at = 0  # where in it the open block begins
        self._blocks: list[tuple[int, int, tuple[Citation, ...]]] = []  # closed ones, as ranges of _text

    def feed(self, text: str) -> Iterator[DraftSentence]:
        """Text of the open block."""
        self._text += text
        yield from self._complete()

    def close_block(self, citations: Sequence[Citation]) -> Iterator[DraftSentence]:
        self._blocks.append((self._open_at, len(self._text), tuple(citations)))
        self._open_at = len(self._text)
        yield from self._complete()

    def finish(self, *, cut: bool = False) -> Iterator[DraftSentence]:
        """What is left. With `cut` the stream broke off: a sentence without its end is dropped."""
        whole = not cut or self._text.rstrip(" \n\"'”’)]*_`").endswith((".", "!", "?", "…"))
        if cut and self._open_at < len(self._text):
            whole = False  # its citations never came
        if whole and self._text.strip():
            yield self._take(len(self._text))

    def _complete(self) -> Iterator[DraftSentence]:
        """All but the last piece, which may go on; and of those only what closed blocks hold."""
        while len(pieces := split_sentences(self._text)) > 1 and len(pieces[0].rstrip()) <= self._open_at:
            yield self._take(len(pieces[0]))

    def _take(self, length: int) -> DraftSentence:
        text, self._text = self._text[:length], self._text[length:]
        visible = len(text.rstrip())
        indent = len(text) - len(text.lstrip())
        citations = [
            citation
            for start, end, cited in self._blocks
            if start < visible and end > indent and text[max(start, 0) : min(end, visible)].strip()
            for citation in cited
        ]
        self._blocks = [(start - length, end - length, cited) for start, end, cited in self._blocks if end > length]
        self._open_at = max(self._open_at - length, 0)
        return DraftSentence(text, tuple(dict.fromkeys(citations)))
