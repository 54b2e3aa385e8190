"""Nothing ungrounded (rule 4): a sentence is shown only if its quotes, figures, links stand in what it cites. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.desk.addresses import LINK, foreign_links, foreign_names, without_bare_hosts
from bot.desk.claims import unsupported
from bot.desk.figures import Figure, figures, stated
from bot.desk.foreign_figures import in_english
from bot.desk.leaks import leaks
from bot.desk.model import Citation, DraftSentence, Passage, Prompt, Rules
from bot.desk.persona import count_words, spoken, wrong_language
from bot.desk.words import codes, flat

_MENTION = re.compile(r"<[!@#]|(?<![\w.])@(?:channel|here|everyone|group)(?![a-z0-9])", re.IGNORECASE)
_MIXED = re.compile(r"\b(?=\w*[A-Za-z])\w*[\u0400-\u04ff\u0370-\u03bb\u03bd-\u03ff]\w*")  # Cyrillic, Greek but mu
_LONGEST = 250  # words of a sentence, where the prompt sets no limit
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
        i\ found|given|provided))?\ (?:don't|do\ not|doesn't|does\ not|didn't)\ (?!(?:exclude|rule|limit|restrict
        |forbid|prohibit|require|charge|allow|permit)\b)
    |(?:that|this|it)\ (?:isn't|is\ not|wasn't)\ (?:covered|mentioned|stated|described)\ (?:in|by)
    |(?P<offer>(?:i\ can|i\ could|i'll|i\ will|i'd\ be\ (?:glad|happy)\ to|let\ me|shall\ i|should\ i|would\ you\ like
        |do\ you\ want|want|may\ i)\ (?:me\ |a\ |to\ |also\ |gladly\ )*(?:connect|hand|pass|put|get|bring|fetch
        |transfer|involve|help|human|person|colleague|someone|speak|talk|know|check|look)
    |(?:please\ )?(?:press|tap|click|use|choose)\ .{0,16}talk\ to\ a\ human
    |talk\ to\ a\ human
    |(?:a\ human|an\ agent|a\ colleague|a\ person|someone|somebody|a\ team\ member|they)(?:\ from\ [\w\s]{1,30})?
        \ (?:can|will|could)\ (?:help|check|look|confirm|take|answer|tell|follow|get\ back|assist))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_MUCH = (
    r"(?<!feel )\bfree\b|\b(?:always|never|every|unlimited|lifetime|guarantee\w*|today|tonight|tomorrow)\b"
    r"|\bto (?:claim|collect|redeem)\b"
)
# What an offer tells beside it: "a human can confirm that drops are covered"; not "a human can check that for you".
_TOLD = re.compile(
    rf"{_MUCH}|\bto (?:get|receive|have)\b(?! (?:help|in touch|an? answer|advice|more|assistance|it|this|that)\b)"
    r"|\bthat (?:(?!(?:for|with|if|when|once|whether)\b|and (?:will|can|then|tell|let)\b)[\w'-]+ ){1,8}?"
    r"(?:is|are|was|were|has|have|had|can|cannot|will|would|could|may|must|do|does|gets?|costs?|covers?|includes?|needs?"
    r"|appl(?:y|ies)|comes?|works?|lasts?|ships?|offers?|gives?|\w+n't)\b"
    r"|\bwho (?!(?:can|could|will|may) (?:help|check|look|decide|tell|answer|confirm|see|take|assist|explain|find)\b"
    r"|knows?\b|handles?\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:(?:and|or|so|also),? )*(?:could|can|would|will|do|did|does|have|has|is|are|was|were|shall|should|may|which"
    r"|what|when|where|who|how|why)\b(?! you (?:know that|aware)\b)[^?]*\?",
    re.IGNORECASE,
)
_NEWS = re.compile(r"(?:(?:and|or|so|also),? )*did you (?:know|realise|realize|hear|notice)\b", re.IGNORECASE)
_ASKED_ABROAD = re.compile(  # a question in another language; but "did you know that ...?" tells something
    r"(?!.?(?:wusst\w*|saviez|savais|sab[ií]as?|sapev[ai]|wist)\b)[^.!?;:]+\?", re.IGNORECASE
)
_LEAD_IN = re.compile(
    r"(?:here|these|the following|follow|do this|steps?|next|you can|try|to [a-z]+)\b[^.]{0,60}:", re.IGNORECASE
)
_CLAUSES = re.compile(
    r"[;—]|:\s|\s-\s|,? \b(?:but|because|although|though|while|whereas|which|since|as)\b|, (?:and|so|who)\b"
    r"| and (?=(?:they|we|you|it|there|your|our)(?:'\w+)? )"
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A sentence that is not shown. `reasons` are for the log."""

    text: str
    reasons: tuple[str, ...]
    factual: bool = True  # it cites something or states a figure

    def __str__(self) -> str:
        return f"{self.text.strip()[:200]!r}: {'; '.join(self.reasons)}"


def check(
    sentence: DraftSentence,
    passages: Sequence[Passage],
    question: str = "",
    prompt: Prompt | None = None,
    language: str = "",
) -> DraftSentence | Rejected:
    """The sentence with the citations that hold, or why it may not be shown.

    `question` is the asker's own text: an order number in it may be said back to them. `prompt`: whose text is not to
    leak and whose rules hold. `language`: to answer in, where a model told it.
    """
    text = _visible(_OWN_MARK.sub("", sentence.text))
    body = _LIST_MARKER.sub("", text)
    citations, dropped = _valid(sentence.citations, passages)
    cited = [passages[index] for index in dict.fromkeys(citation.passage for citation in citations)]
    problems = _unsafe(text, cited, prompt)
    tongue = spoken(body, question, language)
    said = in_english(LINK.sub(" ", body), tongue)
    claimed = [figure for figure in figures(said) if not _echoes(figure, question)]
    if cited:
        problems += unsupported(said, claimed, citations, cited, question, english=tongue == "English")
    elif _asserts(body, claimed, tongue, question):
        problems += dropped or ["it states something and cites nothing"]
    if prompt is not None:
        problems += _against_the_rules(body, citations, question, prompt.rules, language)
    if problems or not body.strip():
        return Rejected(sentence.text, tuple(problems) or ("it is empty",), bool(sentence.citations or claimed))
    return DraftSentence(without_bare_hosts(text, cited), citations)


def _unsafe(text: str, cited: Sequence[Passage], prompt: Prompt | None) -> list[str]:
    """What no source makes good: a foreign link or address, a mention, a leak, letters that pose as others."""
    sources = [f"{passage.title}\n{passage.section}\n{passage.text}\n{passage.url}" for passage in cited]
    problems = [f"it links to {url}, which is no cited source" for url in foreign_links(text, cited)]
    problems += [f"it names {name}, which no cited source does" for name in foreign_names(text, sources)]
    if _MENTION.search(text) or _MENTION.search(flat(text)):
        problems.append("it mentions people or a whole channel")
    if any(word not in " ".join(sources) for word in _MIXED.findall(text)):
        problems.append("it mixes alphabets within a word")
    return problems + leaks(text, prompt.text if prompt else "", cited)


def _against_the_rules(
    body: str, citations: Sequence[Citation], question: str, rules: Rules, language: str
) -> list[str]:
    words = count_words(body)
    most = rules.max_words or _LONGEST
    problems = [f"it is a sentence of {words} words; the whole answer may have {most}"] if words > most else []
    if rules.language and (wrong := wrong_language(body, citations, question, language)):
        problems.append(wrong)
    return problems


def _asserts(body: str, claimed: Sequence[Figure], tongue: str | None, question: str) -> bool:
    """Whether it needs a source. A question back may count what it asks about: which of the two docks. What is not
    known may be named as the asker named it."""
    if tongue not in (None, "English") and _ASKED_ABROAD.fullmatch(flat(body)):
        return bool(claimed)
    if body.rstrip(" \n*_").endswith("?"):
        claimed = [figure for figure in claimed if figure.unit or figure.value in body]
    asked = stated(question)
    claimed = [figure for figure in claimed if figure.unit not in ("code", "version") or not asked.holds(figure)]
    return bool(claimed) or not may_go_uncited(body)


def _visible(text: str) -> str:
    """Without the characters that show nothing; what joins an emoji stays."""
    return "".join(
        char
        for at, char in enumerate(text)
        if unicodedata.category(char) != "Cf" or (char in "\u200c\u200d" and at and ord(text[at - 1]) > 0x2FF)
    )


def may_go_uncited(text: str) -> bool:
    """Whether a sentence says nothing about the world: only an offer, a question, a courtesy, or what is not known."""
    plain = re.sub(r"[*_`]", "", flat(text)).strip()
    if not re.search(r"\w", plain):
        return True
    if _QUESTION.fullmatch(plain):
        return not (_NEWS.match(plain) or re.search(_MUCH, plain, re.IGNORECASE))
    if _LEAD_IN.fullmatch(plain):
        return len(plain.split()) <= 8 and not re.search(
            r"\b(?:free|never|always|only|must|not|no)\b", plain, re.IGNORECASE
        )
    clauses = [clause.strip(" ,.!?") for clause in _CLAUSES.split(plain)]
    return all(_says_nothing(clause) for clause in clauses if clause)


def _says_nothing(clause: str) -> bool:
    match = _UNSOURCED.match(clause)
    return match is not None and not (match["offer"] and _TOLD.search(clause, match.end()))


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


def _echoes(figure: Figure, question: str) -> bool:
    return figure.unit == "code" and bool(_REFERENCE.fullmatch(figure.value)) and figure.value in codes(question)


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
