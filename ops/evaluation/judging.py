"""What an answer to a golden case has and lacks. Pure.

Texts are compared without regard to case, citation marks, emphasis and the form of dashes and quotation marks. A figure
counts only where it stands whole: "30 days" is not in "130 days", and "$49" is not in "$49.99".
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from bot.desk.abstention import plain
from bot.desk.figures import Stated, figures, stated
from bot.desk.grounding import may_go_uncited
from bot.desk.model import Answer, DraftSentence, Outcome
from bot.desk.older_versions import OLDER
from bot.desk.persona import count_words
from ops.evaluation.golden import GoldenCase
from ops.reports import Report

_MARK = re.compile(r"\s?\[\d{1,3}\]")
_LIST_MARKER = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•])\s+")
_ECHO = 160  # characters of the question that an abstention repeats
_SAME = str.maketrans("–—‑’‘“”_", "---''\"\" ", "*`")
PRIVATE = ("order", "other_audience")  # kinds in which what must not be said is somebody else's


class Judged(Report):
    """One answer, measured. The measures of facts and citations are empty where they do not apply: an abstention that
    is fine needs no facts, and only an answer has sources."""

    id: str
    kind: str
    held: bool
    question: str
    expected: tuple[str, ...]
    outcome: str
    text: str
    facts: int  # that it should state
    missing: tuple[str, ...]
    forbidden: tuple[str, ...]  # that it said all the same
    cited: tuple[str, ...]  # addresses
    foreign: tuple[str, ...]  # cited, and none of the documents that may be
    sources: int  # documents that it should cite
    unsourced: tuple[str, ...]  # of those, the ones that it did not
    factual: int  # sentences that state something
    bare: tuple[str, ...]  # of those, the ones without a citation
    loose: tuple[str, ...]  # figures that no cited passage states
    words: int
    limit: int | None  # the prompt's, in words
    ms: float
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None  # None: unknown
    rejected: tuple[str, ...]  # sentences that were cut, and why

    @property
    def outcome_right(self) -> bool:
        return self.outcome in self.expected

    @property
    def right(self) -> bool:
        """Nothing is wrong with it but, perhaps, its length."""
        return self.outcome_right and not (
            self.missing or self.forbidden or self.foreign or self.unsourced or self.bare or self.loose
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(self._reasons())

    def _reasons(self) -> Iterator[str]:
        if not self.outcome_right:
            yield f"{self.outcome} instead of {' or '.join(self.expected)}"
        for problem, found in (
            ("does not say", self.missing),
            ("says", self.forbidden),
            ("cites", self.foreign),
            ("does not cite", self.unsourced),
            ("states without a source:", self.bare),
            ("states a figure that no cited passage has:", self.loose),
        ):
            if found:
                yield f"{problem} {'; '.join(found)}"


def judge(case: GoldenCase, answer: Answer, *, ms: float, limit: int | None, corpus: Stated | None = None) -> Judged:
    """`limit`: the most words an answer may have. `corpus`: where a figure may stand when an answer has no passages."""
    text = comparable(_MARK.sub("", f"{answer.text} {answer.private}"))  # the asker reads both; others only the first
    # What an older version says may be told, as long as it is said whose it is and nobody else's business.
    notice = answer.notice if case.kind in (*PRIVATE, "injection") else OLDER.sub("", answer.notice)
    heard = comparable(f"{_without_echo(answer, case)} {notice}")
    answered = answer.outcome is Outcome.ANSWERED
    # Another fine ending than an answer needs nothing of an answer.
    excused = not answered and "answered" in case.outcome and answer.outcome in case.outcome
    facts, wanted = ((), ()) if excused else (case.must_say, case.cites)
    cited = tuple(dict.fromkeys(unquote(one.uri) for one in answer.citations if one.uri))  # an order has no address
    allowed = [fragment for entry in case.cites for fragment in entry]
    sentences = answer.sentences if answered else ()
    stating = [one for one in sentences if not may_go_uncited(_bare(one))]
    usage = answer.usage
    return Judged(
        id=case.id,
        kind=case.kind,
        held=case.held,
        question=case.question,
        expected=case.outcome,
        outcome=answer.outcome.value,
        text=answer.text,
        facts=len(facts),
        missing=tuple(" / ".join(fact) for fact in facts if not any(says(text, one) for one in fact)),
        forbidden=tuple(one for one in case.must_not_say if says(heard, one)),
        cited=cited,
        foreign=tuple(uri for uri in cited if allowed and not any(part in uri for part in allowed)),
        sources=len(wanted),
        unsourced=tuple(
            " / ".join(parts) for parts in wanted if not any(part in uri for part in parts for uri in cited)
        ),
        factual=len(stating),
        bare=tuple(_bare(one) for one in stating if not one.citations),
        loose=tuple(dict.fromkeys(_loose(answer, sentences, case.question, corpus))),
        words=count_words(answer.text),
        limit=limit,
        ms=ms,
        input_tokens=usage.input + usage.cache_read + usage.cache_write if usage else None,
        output_tokens=usage.output if usage else None,
        cost_usd=answer.cost_usd if answer.model else 0.0,
        rejected=answer.rejected,
    )


def comparable(text: str) -> str:
    return " ".join(text.translate(_SAME).casefold().split())


def says(text: str, fact: str) -> bool:
    """Whether a comparable text has the fact; a number at its ends is not a part of a longer one."""
    wanted = comparable(fact)
    before = r"(?<!\d)(?<!\d[.,])" if wanted[:1].isdigit() else ""
    after = r"(?!\d|[.,]\d)" if wanted[-1:].isdigit() else ""
    return re.search(f"{before}{re.escape(wanted)}{after}", text) is not None


def _without_echo(answer: Answer, case: GoldenCase) -> str:
    """The answer without the asker's own words: to repeat what was searched for is not to say it."""
    text = _MARK.sub("", answer.text)
    if answer.outcome is Outcome.ANSWERED:
        return text
    for asked in (answer.searched, case.question):
        text = text.replace(plain(asked, _ECHO), "") if asked else text
    return text


def _bare(sentence: DraftSentence) -> str:
    return _LIST_MARKER.sub("", _MARK.sub("", sentence.text)).strip()


def _loose(answer: Answer, sentences: Sequence[DraftSentence], question: str, corpus: Stated | None) -> Iterator[str]:
    asked = stated(question)
    for sentence in sentences:
        cited = dict.fromkeys(one.passage for one in sentence.citations)
        passages = [answer.passages[at] for at in cited if 0 <= at < len(answer.passages)]
        sources = [stated("\n".join((one.title, one.section, one.version or "", one.text))) for one in passages]
        if not passages and corpus is not None:
            sources = [corpus]
        for figure in figures(_bare(sentence)):
            if not asked.holds(figure) and not any(source.holds(figure) for source in sources):
                yield figure.shown
