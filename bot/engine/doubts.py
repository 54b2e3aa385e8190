"""How sure it is that the document of the best unit answers a question: a logistic regression, whose weights were
fitted on questions with known answers and on such as have none (`python -m ops.evaluation.fit`).

Documents that are near a question mostly speak of its subject; whether they answer it shows in what the question asks
of that: a number, a name, a colour, a version that stands in none of their passages.
"""

import math
import re
from collections.abc import Mapping, Sequence

from bot.desk.figures import figures
from bot.desk.places import without_places
from bot.desk.synonyms import concepts
from bot.desk.words import flat, means_nothing, without_codes
from bot.engine.quotable import Unit
from ingest.index.contract import Likeness

LONG = 30  # words of a question, beyond which one more says nothing
NEAR = 0.6  # how near the nearest word piece is to a word that a document speaks of
# Words that no document has to speak of to answer.
_SAY_LITTLE = """
    s m re t ve ll d u ur im ive dont cant one ones thing things stuff something anything everything nothing someone
    somebody anyone anybody everyone everybody nobody other another else different same new still now then just again
    ever never always yet really actually simply only even also maybe please ok okay well sure fine good great nice
    cool possible able allowed available go goes going gone went come comes came coming take takes took taken taking
    put puts get gets getting got give gives gave given giving make makes made making let lets do does done doing use
    uses used using want wants wanted like need needs needed try tries trying happen happens happened say says said
    tell tells told know knows think see look looks find found ask asked asking hear guys people folks friend friends
    wife husband son daughter sister brother mother father dad mum mom kid he she him her his hers my mine myself me
    our ours us your yours them their theirs whether here there over down up off around through between away along
    together per each every much many more most less least lot bit few several kind sort way case last next first
    since ago while meanwhile already soon whatever anyway sorry hi hello hey thanks thank lol ugh suppose supposed
    right stuck whats what's hows exactly whole actual real own owns part today tomorrow yesterday question quick
    kinda gonna wanna gotta rule rules policy policies document documents version
"""
_LIGHT = frozenset(_SAY_LITTLE.split())
_LIGHT_CONCEPTS = concepts(_SAY_LITTLE)

_COUNT = re.compile(r"\bhow many ([a-z]+)", re.IGNORECASE)
_NUMBER = (
    r"(?:\d[\d,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|no limit|unlimited|any number)"
    r"\W+(?:\w+\W+){0,2}"
)
_ROOT = 6  # letters of what is counted: "copies" and "copy" begin alike
_WHAT = r"\b(?:which|what|whats|what's) (?:\w+ ){0,2}"
_NAME = re.compile(
    r"\bnames? of\b|\ba name\b|\bwhat's .* called\b|\bwho(?:'s|se)\b"
    r"|\bwho (?:is|are|was|won|runs|makes|made|heads|chairs|leads|signs|teaches|provides|supplies|owns|founded|found)\b"
    rf"|{_WHAT}(?:company|firm|provider|insurer|agency|bank|brand|carrier|courier|vendor|supplier|maker|tool|hotel"
    r"|airline|gym|model|chip|kernel)\b",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"\b(?:phone|fax|serial|part|form|account|version) number\b|\b(?:fax|iban|whatsapp|address|e-?mail|password)\b",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"\bplanned\b|\bplan(?:ning)? to\b|\bgoing to\b|\bcoming out\b|\bopening (?:a|in|soon)\b|\bback in stock\b"
    r"|\bnext year\b|\broadmap\b|\bsuccessor\b|\bwhen (?:is|will|does) .*\b(?:launch|come|out|due|open|back)\b",
    re.IGNORECASE,
)
# What has no other wording: a year, a version, a short code; an abbreviation in capitals.
_LITERAL = re.compile(
    r"(?<![\w$€£.,-])(?:v?\d+(?:\.\d+){1,2}|(?:19|20)\d\d|(?!(?:in|to|for|at|of|by|on|or|and)\d)[a-z]{1,4}-?\d{1,5}[a-z]?)"
    r"(?![\w%]|[.,]\d)",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"(?<![\w-])[A-Z]{3,5}(?=s?(?![\w-]))")  # of two letters most are everyday words


def doubts(
    asked: str, ranked: Sequence[tuple[Unit, float]], best: Mapping[str, float], passages: Sequence[tuple[str, str]]
) -> dict[str, float]:
    """What speaks for the best unit's document, and against it, by name.

    `ranked`: units with their scores, the best first; `best`: the features of the first; `passages`: the document of
    each passage, and all that it says, its headings too.
    """
    unit, top = ranked[0]
    own, passage = passages[unit.passage]
    mass = [(math.exp(score - top), passages[one.passage][0]) for one, score in ranked]
    return {
        **best,
        "one": 1.0,
        "asked": min(len(asked.split()), LONG) / LONG,
        "share": sum(part for part, document in mass if document == own) / sum(part for part, _ in mass),
        "left": _left(asked, unit, passage),
        "literal": float(_lacks(asked, passages, own)),
        "uncounted": float(_uncounted(asked, unit.text)),
        "name": float(bool(_NAME.search(asked))),
        "identifier": float(bool(_IDENTIFIER.search(asked))),
        "plan": float(bool(_PLAN.search(asked))),
    }


def missed(like: Likeness, documents: Sequence[str], subjects: frozenset[str]) -> dict[str, float]:
    """How far what each document says stays from the words of the question, those aside that name one of the
    `subjects`.

    `documents`: the one that each text of `like` is of.
    """
    asked = [
        column
        for column, word in enumerate(like.words)
        if not (means_nothing(word) or word.lower() in _LIGHT or (concepts(word) and concepts(word) <= subjects))
    ]
    nearest = {document: [0.0] * len(asked) for document in documents}
    for document, met in zip(documents, like.met, strict=True):
        nearest[document] = [max(pair) for pair in zip(nearest[document], (met[at] for at in asked), strict=True)]
    return {document: sum(max(0.0, NEAR - met) for met in found) for document, found in nearest.items()}


def _left(asked: str, unit: Unit, passage: str) -> float:
    """Of what is asked of the document's subject, the share that its passage has no word for."""
    title = unit.heading.split(" > ")[0]
    words = concepts(without_codes(without_places(asked))) - concepts(title) - _LIGHT_CONCEPTS
    return len(words - concepts(passage)) / len(words) if words else 0.0


def _lacks(asked: str, passages: Sequence[tuple[str, str]], own: str) -> bool:
    """Whether a year, a version or a short code of the question stands nowhere in the document, or an abbreviation in
    no passage."""
    read = re.sub(r"[\s-]", "", flat(" ".join(text for document, text in passages if document == own)).lower())
    literals = (re.sub(r"[\s-]", "", one.lower()).removeprefix("v") for one in _LITERAL.findall(flat(asked)))
    if any(one not in read for one in literals):
        return True
    known = concepts(" ".join(text for _, text in passages))
    initials = "".join(word[0] for word in re.findall(r"[a-z]+", " ".join(text for at, text in passages if at == own)))
    return not asked.isupper() and any(
        not concepts(one) <= known and one.lower() not in initials for one in _ABBREVIATION.findall(asked)
    )


def _uncounted(asked: str, text: str) -> bool:
    """Whether a number of something is asked for that the text does not state."""
    counted = _COUNT.search(asked)
    if counted is None:
        return False
    units = {figure.unit for figure in figures(f"2 {counted[1]}")} - {"", "date"}  # "how many watts"
    if units:
        return not any(figure.unit in units for figure in figures(text))
    return not re.search(_NUMBER + re.escape(counted[1][:_ROOT].lower()), text, re.IGNORECASE)


SURE: Mapping[str, float] = {
    "one": -2.92, "asked": 3.63, "share": 2.26, "named": 1.48, "unnamed": -4.19, "near": 3.93, "figure": 0.44, "missed":
    -3.27, "left": -1.45, "literal": -2.87, "uncounted": -2.4, "name": -2.49, "identifier": -0.79, "plan": -1.76,
    "pair": 4.0,  # not fitted: few questions name two products
}  # fmt: skip
