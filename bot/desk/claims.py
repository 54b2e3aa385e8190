"""Whether what a sentence cites supports it: figures, days, what is joined to it, and whether "not" was lost. Pure.

Words are compared, not meanings: what is told apart here is told for sure. A sentence that says the same in other words
passes.
"""

import re
from collections.abc import Callable, Sequence

from bot.desk.figures import Figure, Stated, stated
from bot.desk.leads import without_lead
from bot.desk.model import Citation, Passage
from bot.desk.past import about_the_past
from bot.desk.places import countries
from bot.desk.sentences import split_passage, split_sentences
from bot.desk.words import codes, content_words, flat

_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|without|none|neither|nor|nothing)\b|n't\b|\bnon-(?=\w)|\b(?:excludes?|excluded|refuses?)\b",
    re.IGNORECASE,
)
# With these a "not" may stand or be left out and the sense is kept: "within 30 days", "not after 30 days".
_TURNS = re.compile(
    r"\b(?:after|within|until|unless|only|except|if|before|than|beyond|but|instead|when|while|outside|over|under|longer"
    r"|later|earlier|otherwise|still|yet|any more|anymore|however|either|other|both|exclud\w*|apart|fail\w*|avoid\w*"
    r"|problem|doubt|need not|just|void\w*|den\w+|missing|lack\w*)\b",
    re.IGNORECASE,
)
_ANSWERED = re.compile(r"^(?:yes|no)[,.!:;]\s*", re.IGNORECASE)
_JOINED = re.compile(r";\s|\s—\s|,\s(?:and|but|so|plus)\s|,?\s(?:because|as well as)\s", re.IGNORECASE)
_OFFERS = re.compile(
    r"\b(?:human|colleague|connect|hand|couldn't|can't find|don't know|not sure|documents?|pages?)\b", re.IGNORECASE
)
_LOWER = r"(?:from|at least|starting (?:at|from)|minimum(?: of)?|as little as|earliest|no less than|more than|or more)"
_UPPER = (
    r"(?:up to|within|at most|maximum(?: of)?|no more than|not more than|less than|by|latest|until|as much as"
    r"|as long as|or less|in|under)"
)
_QUALIFIED = {
    "low": re.compile(rf"\b{_LOWER}\W+(?:\w+\W+){{0,2}}$", re.IGNORECASE),
    "high": re.compile(rf"\b{_UPPER}\W+(?:\w+\W+){{0,2}}$", re.IGNORECASE),
}
_PART = re.compile(
    r"\b(?:half|twice|double[ds]?|triple[ds]?|a third|two thirds|a quarter|three quarters)\b", re.IGNORECASE
)
# Words that promise much, and how else a source may say the same.
_STRONG = tuple(
    (re.compile(word, re.IGNORECASE), re.compile(f"{word}|{same}", re.IGNORECASE))
    for word, same in (
        (
            r"(?<!feel )(?<!toll-)\bfree\b(?! to\b| up\b)",
            r"no (?:extra )?(?:charge|cost|fee)|[$€£]0\b|complimentary|gratis|included",
        ),
        (r"\bunlimited\b", r"no limit|without (?:a )?limit|as many|as much"),
        (r"\b(?:lifetime|for life|forever|for ever)\b", r"no expiry|never expires?|does not expire"),
        (r"\b(?:guarantee[sd]?|promise[sd]?)\b", r"\bwarrant"),
        (r"\b(?:instantly|immediately|at once|right away)\b", r"same day|immediate|instant"),
    )
)
_LEAST_KNOWN = 0.3  # the share of a sentence's words that stand in what it cites or in the question
_MOSTLY, _FEW = 0.6, 3  # the share of a clause's words, and how many, by which a statement is about the same
_PAST = re.compile(
    r"\b(?:supersed\w*|old(?:er)?|previous(?:ly)?|former(?:ly)?|earlier|no longer|used to|replaced|before|was|were"
    r"|until|past|history|changed?|since|v\d)\b|\b20\d\d\b",
    re.IGNORECASE,
)


def unsupported(
    body: str,
    claimed: Sequence[Figure],
    citations: Sequence[Citation],
    cited: Sequence[Passage],
    question: str,
    *,
    english: bool = True,
) -> list[str]:
    """What of a sentence no cited passage supports. In another language its words can't be compared, only figures."""
    texts = ["\n".join((passage.title, passage.section, passage.version or "", passage.text)) for passage in cited]
    sources = [stated(text) for text in texts]
    found = [
        f"no cited passage states {figure.shown}{f' a {figure.per}' if figure.per else ''}"
        for figure in claimed
        if not any(source.holds(figure) for source in sources)
        and (english or not any(source.holds(_bare(figure)) for source in sources))
    ]
    found += [f"{figure.shown} is one end of a range" for figure in claimed if _narrowed(figure, body, sources)]
    quoted = _is_quoted(body, citations)
    for names in () if quoted else (codes, countries):
        found += _of_another(body, claimed, texts, names)
    if any(passage.superseded for passage in cited) and all(passage.superseded for passage in cited):
        found += _as_if_in_force(body, question)
    if found or not english:
        return list(dict.fromkeys(found))
    everything = content_words(" ".join(texts))
    there = content_words(" ".join(f"{one.title} {one.section} {one.quote}" for one in citations))
    if not claimed and (words := content_words(body)) and words.isdisjoint(there):
        found.append("its citation is about something else")
    found += [f"no cited passage says {part!r}" for part in _PART.findall(body) if not _says_part(part, texts)]
    found += [f"no cited passage says {match[0]!r}" for match in _promised(body, texts)]
    found += _beside_the_point(body, everything)
    known = everything | content_words(question)
    unknown = [word for word in content_words(body) if word not in known and "'" not in word]
    if not claimed and len(unknown) > 3 and len(unknown) > (1 - _LEAST_KNOWN) * len(content_words(body)):
        found.append("most of it stands in no cited passage")
    return found if quoted else found + _turned_round(body, citations)


def _is_quoted(body: str, citations: Sequence[Citation]) -> bool:
    """Whether it is what a source says, word for word, behind nothing but that source's own headings: of whom it says
    that, and whether, is the source's own."""
    said = flat(body)
    for citation in citations:
        quote = flat(citation.quote).rstrip(" .")
        bare = (without_lead(said, lead) for lead in ("", citation.title, *citation.section.split(" > ")))
        if quote in (one.rstrip(" .") for one in bare):
            return True
    return False


def _bare(figure: Figure) -> Figure:
    """In another language the words that follow a number can't be compared."""
    return Figure(figure.value, figure.unit, figure.shown, figure.end)


def _narrowed(figure: Figure, body: str, sources: Sequence[Stated]) -> bool:
    ends = {end for source in sources if (end := source.narrows(figure))}
    if not ends or any(source.holds(figure) and not source.narrows(figure) for source in sources):
        return False
    plain = flat(body)
    before = plain[: plain.find(figure.shown)] if figure.shown in plain else plain
    return not any(_QUALIFIED[end].search(before) for end in ends)


def _of_another(
    body: str, claimed: Sequence[Figure], texts: Sequence[str], names: Callable[[str], frozenset[str]]
) -> list[str]:
    """A figure that stands only in lines about other products, or countries, than those that the sentence names."""
    named = names(body)
    figures = [figure for figure in claimed if figure.unit not in ("code", "version", "weekday")]
    if not named or not figures:
        return []
    lines = [(names(unit), stated(unit)) for text in texts for unit in split_passage(text)]
    known = frozenset().union(*(of for of, _ in lines)) if lines else frozenset()
    if named.isdisjoint(known):
        return []
    found = []
    for figure in figures:
        holding = [of for of, line in lines if line.holds(figure)]
        if holding and all(of and of.isdisjoint(named) for of in holding):
            found.append(f"{figure.shown} is said there of {min(holding[0])}, not of {min(named)}")
    return found


def _as_if_in_force(body: str, question: str) -> list[str]:
    """The sentence says that it was so, or the question asks for it; a past word of the asker's about something else
    says nothing."""
    if _PAST.search(body) or about_the_past(question):
        return []
    return ["it gives what a superseded document says as if that were in force"]


def _says_part(part: str, texts: Sequence[str]) -> bool:
    whole = " ".join(texts).lower()
    same = {"half": ("50%", "50 %", "50 percent"), "twice": ("two times", "2x", "double"), "double": ("twice", "2x")}
    return part.lower() in whole or any(one in whole for one in same.get(part.lower(), ()))


def _promised(body: str, texts: Sequence[str]) -> list[re.Match[str]]:
    whole = flat(" ".join(texts))
    return [match for word, same in _STRONG if (match := word.search(body)) and not same.search(whole)]


def _beside_the_point(body: str, everything: frozenset[str]) -> list[str]:
    """A clause of which not one word stands in what is cited: a second fact that rides along."""
    clauses = [clause.strip() for clause in _JOINED.split(flat(body))]
    return [
        f"no cited passage says {clause!r}"
        for clause in clauses
        if len(clauses) > 1
        and len(words := content_words(clause)) >= 2
        and words.isdisjoint(everything)
        and not _OFFERS.search(clause)
    ]


def _turned_round(body: str, citations: Sequence[Citation]) -> list[str]:
    """It says with "not" what the quote says without, in the same words, or the other way round. The heading or the
    cited line that the quote stands under may be said before it: that "not" is the source's own."""
    for citation in citations:
        said = _ANSWERED.sub("", flat(body))
        for lead in (citation.section.rsplit(" > ", 1)[-1], *(other.quote for other in citations)):
            said = without_lead(said, lead) if lead != citation.quote else said
        words = content_words(said)
        for quote in split_sentences(flat(citation.quote)):
            unit = _ANSWERED.sub("", quote).replace("_", " ")
            if _TURNS.search(said) or _TURNS.search(unit):
                continue
            part = _nearest(said, words, unit)
            if (part or _alike(words, content_words(unit))) and _denies(said) != _denies(part or unit):
                return [f"the source says the opposite: {unit.strip()[:80]!r}"]
    return []


def _alike(words: frozenset[str], quoted: frozenset[str]) -> bool:
    shared = len(words & quoted)
    least, most = sorted((len(words), len(quoted)))
    return shared >= max(min(2, least), 0.75 * least) and most <= max(2, 1.5 * shared)


def _denies(text: str) -> bool:
    return len(_NEGATION.findall(text)) % 2 == 1


def _nearest(said: str, words: frozenset[str], quote: str) -> str:
    """Of the clauses that a quote joins the one that a single statement is about, all else in it being of the quote,
    too; "" for none. "A isn't covered, and b doesn't change that" denies twice and affirms nothing."""
    parts = _JOINED.split(quote)
    if len(parts) < 2 or len(_JOINED.split(said)) > 1 or len(words & content_words(quote)) < 0.75 * len(words):
        return ""
    nearest = max(parts, key=lambda part: _met(part, words))
    return nearest if _met(nearest, words) >= _MOSTLY else ""


def _met(part: str, words: frozenset[str]) -> float:
    """The share of a clause's words that the statement has; 0 where they are too few to tell."""
    there = {word for word in content_words(part) if "'" not in word}
    shared = len(there & words)
    return shared / len(there) if shared >= _FEW else 0.0
