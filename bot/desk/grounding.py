"""Nothing ungrounded (rule 4): a sentence is shown only if its quotes, figures, links stand in what it cites. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.desk.figures import Figure, figures, stated
from bot.desk.model import Citation, DraftSentence, Passage
from bot.desk.words import codes, content_words, flat

_MENTION = re.compile(r"<[!@#]|(?<![\w.])@(?:channel|here|everyone|group)\b", re.IGNORECASE)
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|tel:)[^\s<>|)\]\"'`]+", re.IGNORECASE)
_LINK_TARGET = re.compile(r"\]\(\s*<?([^)\s>]+)|^\s*\[[^\]]+\]:\s*(\S+)|<([^>|\s]+)\|")  # in Markdown, and in mrkdwn
_HOST = re.compile(r"(?<![\w@./`-])(?:[a-z0-9-]{2,}\.)+[a-z]{2,}(?![\w@`-])(?!\.\w)", re.IGNORECASE)
_OWN_MARK = re.compile(r"\s?\[\d{1,3}\]")
_LIST_MARKER = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•])\s+")
_REFERENCE = re.compile(r"[A-Z]{1,4}-?\d{5,}")  # an order number; a product code has less of digits

# What may be said without a source: what the desk does not know, an offer, a courtesy.
_UNSOURCED = re.compile(
    r"""(?:(?:unfortunately|sorry|however|but|so|if\ not|otherwise|and|i'm\ sorry|yes|no),?\ )*(?:
    (?:sorry|apologies|i'm\ (?:so\ |very\ )?sorry|i\ apologi[sz]e|thanks|thank\ you|you're\ welcome|hello|hi|no\ problem
        |(?:i'm\ )?(?:happy|glad)\ to\ help|(?:i\ )?hope\ (?:that|this)\ helps)
        (?:\ (?:about\ that|to\ hear\ that|that\ happened|for\ (?:the|any|this|your|asking|letting)(?:\ \w+){0,3}))?$
    |i\ (?:could\ not|couldn't|can't|cannot|can\ not|don't|do\ not|didn't|did\ not|am\ not|was\ not|wasn't|am
        |found)\ (?:find|see|tell|say|confirm|know|look\ (?:it|that|this)?\ ?up|check|help\ with|sure|certain
        |able\ to\ (?:find|see|tell|say|confirm|check|look)
        |unable|nothing|no\ |have\ (?:any\ |enough\ |that\ |this\ |the\ |an?\ |access))
    |i'm\ (?:not\ (?:sure|certain|able)|unable)
    |(?:the|our|these|my)\ (?:documents|sources|pages|search\ results|documentation|passages)(?:\ (?:i\ have|here|
        i\ found|given|provided))?\ (?:don't|do\ not|doesn't|does\ not|didn't)\b
    |(?:that|this|it)\ (?:isn't|is\ not|wasn't)\ (?:covered|mentioned|stated|described)\ (?:in|by)
    |(?:i\ can|i\ could|i'll|i\ will|i'd\ be\ (?:glad|happy)\ to|let\ me|shall\ i|should\ i|would\ you\ like
        |do\ you\ want|want|may\ i)\ (?:me\ |a\ |to\ |also\ |gladly\ )*(?:connect|hand|pass|put|get|bring|fetch
        |transfer|involve|help|human|person|colleague|someone|speak|talk|know|check|look)
    |(?:please\ )?(?:press|tap|click|use|choose)\ .{0,16}talk\ to\ a\ human
    |talk\ to\ a\ human
    |(?:a\ human|an\ agent|a\ colleague|a\ person|someone|somebody|a\ team\ member)(?:\ from\ [\w\s]{1,30})?
        \ (?:can|will|could)\ (?:help|check|look|confirm|take|answer|tell|follow|get\ back|assist)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_QUESTION = re.compile(
    r"(?:(?:and|or|so|also),? )*(?:could|can|would|will|do|did|does|have|has|is|are|was|were|shall|should|may|which"
    r"|what|when|where|who|how|why)\b(?! you know that)[^?]*\?",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"(?:here|these|the following|follow|do this|steps?|next|you can|try|to [a-z]+)\b[^.]{0,60}:", re.IGNORECASE
)
_ENGLISH = re.compile(r"\b(?:the|is|are|can|you|we|of|to|with|it)\b", re.IGNORECASE)  # else words do not compare
_CLAUSES = re.compile(
    r"[;—]|:\s|\s-\s|,? \b(?:but|because|although|though|while|whereas|which|since|as)\b|, (?:and|so|who)\b"
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A sentence that is not shown. `reasons` are for the log."""

    text: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text.strip()[:200]!r}: {'; '.join(self.reasons)}"


def check(sentence: DraftSentence, passages: Sequence[Passage], question: str = "") -> DraftSentence | Rejected:
    """The sentence with the citations that hold, or why it may not be shown.

    `question` is the asker's own text: an order number in it may be said back to them.
    """
    text = _OWN_MARK.sub("", sentence.text)
    body = _LIST_MARKER.sub("", text)
    citations, dropped = _valid(sentence.citations, passages)
    cited = [passages[index] for index in dict.fromkeys(citation.passage for citation in citations)]
    problems = [f"it links to {url}, which is no cited source" for url in _foreign_links(text, cited)]
    if _MENTION.search(text):
        problems.append("it mentions people or a whole channel")
    claimed = [figure for figure in figures(_LINK.sub(" ", body)) if not _echoes(figure, question)]
    if cited:
        problems += _unsupported(body, claimed, citations, cited)
    elif claimed or not may_go_uncited(body):
        problems += dropped or ["it states something and cites nothing"]
    if problems or not body.strip():
        return Rejected(sentence.text, tuple(problems) or ("it is empty",))
    return DraftSentence(_without_bare_hosts(text, cited), citations)


def may_go_uncited(text: str) -> bool:
    """Whether a sentence says nothing about the world: only an offer, a question, a courtesy, or what is not known."""
    plain = re.sub(r"[*_`]", "", flat(text)).strip()
    if not re.search(r"\w", plain):
        return True
    if _QUESTION.fullmatch(plain):
        return True
    if _LEAD_IN.fullmatch(plain):
        return len(plain.split()) <= 8 and not re.search(
            r"\b(?:free|never|always|only|must|not|no)\b", plain, re.IGNORECASE
        )
    clauses = [clause.strip(" ,.!?") for clause in _CLAUSES.split(plain)]
    return all(_UNSOURCED.match(clause) for clause in clauses if clause)


def _valid(citations: Sequence[Citation], passages: Sequence[Passage]) -> tuple[tuple[Citation, ...], list[str]]:
    """Those whose quote stands in their passage, described as the passage is; and what was wrong with the others."""
    kept: list[Citation] = []
    reasons: list[str] = []
    for citation in citations:
        quote = flat(citation.quote)
        passage = passages[citation.passage] if 0 <= citation.passage < len(passages) else None
        if passage is None:
            reasons.append(f"it cites passage {citation.passage}, and there are {len(passages)}")
        elif not re.search(r"\w", quote) or quote not in flat(passage.text):
            reasons.append(f"its quote {quote[:80]!r} is not in passage {citation.passage}")
        else:
            kept.append(
                Citation(
                    passage=citation.passage,
                    quote=citation.quote,
                    title=passage.title,
                    uri=passage.url,
                    section=passage.section,
                    changed_at=passage.changed_at,
                    source=passage.source,
                    version=passage.version,
                    verified_at=passage.verified_at,
                    stale=passage.stale,
                )
            )
    return tuple(dict.fromkeys(kept)), reasons


def _unsupported(
    body: str, claimed: Sequence[Figure], citations: Sequence[Citation], cited: Sequence[Passage]
) -> list[str]:
    sources = [stated("\n".join((passage.title, passage.section, passage.text))) for passage in cited]
    missing = [figure for figure in claimed if not any(source.holds(figure) for source in sources)]
    if missing or claimed or not _ENGLISH.search(body):
        return [f"no cited passage states {figure.shown}" for figure in missing]
    words = content_words(body)
    quoted = content_words(" ".join(f"{one.title} {one.section} {one.quote}" for one in citations))
    return ["its citation is about something else"] if words and words.isdisjoint(quoted) else []


def _echoes(figure: Figure, question: str) -> bool:
    return figure.unit == "code" and bool(_REFERENCE.fullmatch(figure.value)) and figure.value in codes(question)


def _foreign_links(text: str, cited: Sequence[Passage]) -> list[str]:
    allowed = {_address(passage.url) for passage in cited}
    targets = [url for match in _LINK_TARGET.finditer(text) for url in match.groups() if url]
    return [url for url in dict.fromkeys([*_LINK.findall(text), *targets]) if _address(url) not in allowed]


def _address(url: str) -> str:
    return url.rstrip(".,;:!?*_").split("#")[0].rstrip("/").lower()


def _without_bare_hosts(text: str, cited: Sequence[Passage]) -> str:
    """Slack makes a link of any domain it sees. A code span stays text."""
    if "`" in text:
        return text
    linked = " ".join([*_LINK.findall(text), *(passage.url for passage in cited)]).lower()
    return _HOST.sub(lambda host: host[0] if host[0].lower() in linked else f"`{host[0]}`", text)


@dataclass(slots=True)
class Numbering:
    """Gives each cited section its number, in the order in which sentences first cite them."""

    citations: list[Citation] = field(default_factory=list)

    def mark(self, sentence: DraftSentence) -> DraftSentence:
        """The sentence with its marks, "[1]", before the white space that ends it."""
        numbers = dict.fromkeys(self._number(citation) for citation in sentence.citations)
        body = sentence.text.rstrip()
        marks = "".join(f"[{number}]" for number in sorted(numbers))
        return replace(sentence, text=f"{body} {marks}{sentence.text[len(body) :]}") if marks else sentence

    def _number(self, citation: Citation) -> int:
        for number, known in enumerate(self.citations, start=1):
            if (known.uri, known.title, known.section) == (citation.uri, citation.title, citation.section):
                return number
        self.citations.append(citation)
        return len(self.citations)
