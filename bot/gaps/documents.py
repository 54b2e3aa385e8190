"""Which documents are near to what was asked in vain."""

from collections import defaultdict
from collections.abc import Sequence

from bot.desk.gaps import NearDocument
from bot.desk.words import flat
from ingest.index import SearchIndex

# Cosine from which a document is about the same. Decision 0018 has the figures.
NEAR = 0.45
_LOOKED_UP = 3  # of the most central questions
_HITS = 8
_SHOWN = 3


class Documents:
    """Blocks. Raises IndexUnavailable."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    def titles(self, questions: Sequence[str], sources: Sequence[str], readers: Sequence[str]) -> set[str]:
        """Of what a search for the first questions finds for `readers`, however near."""
        searches = (
            self._index.search(question, audience=readers, sources=sources, limit=_HITS)
            for question in questions[:_LOOKED_UP]
        )
        return {hit.payload.title for hits in searches for hit in hits}

    def near(
        self, questions: Sequence[str], sources: Sequence[str], readers: Sequence[str]
    ) -> tuple[tuple[NearDocument, ...], int]:
        """The nearest documents of those that `readers` (audience keywords) may read, best first, and how many more
        there are. `questions`: the most central first. What a document has of only some of them is less near."""
        asked = questions[:_LOOKED_UP]
        best: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        sections: dict[tuple[str, str], tuple[float, str]] = {}
        for question in asked:
            of_question: dict[tuple[str, str], float] = {}
            for hit in self._index.search(question, audience=readers, sources=sources, limit=_HITS):
                document, like = (hit.payload.source, flat(hit.payload.title)), hit.similarity or 0.0
                of_question[document] = max(like, of_question.get(document, 0.0))
                sections[document] = max((like, flat(hit.payload.section)), sections.get(document, (0.0, "")))
            for document, like in of_question.items():
                best[document].append(like)
        means = {document: sum(likes) / len(asked) for document, likes in best.items()}
        ranked = sorted(means, key=lambda document: (-means[document], document))
        near = [NearDocument(one[1], sections[one][1], means[one]) for one in ranked if means[one] >= NEAR]
        restricted = self._index.withheld(asked[0], audience=readers, sources=sources, limit=_HITS, floor=NEAR)
        return tuple(near[:_SHOWN]), restricted
