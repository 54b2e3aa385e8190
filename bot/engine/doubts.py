"""How sure it is that the document of the best unit answers a question: a logistic regression, whose weights were
fitted on questions with known answers and on such as have none (`python -m ops.evaluation.fit`).

Documents that are near a question mostly speak of its subject; whether they answer it shows in what the question asks
of that: a number, a name, a colour, a version that stands in none of their passages.
"""

import re
from collections.abc import Mapping, Sequence

from bot.desk.asking import focus
from bot.desk.figures import figures, units_of_word
from bot.desk.light_words import says_little, weighty
from bot.desk.model import Passage
from bot.desk.number_words import NUMBER
from bot.desk.places import without_places
from bot.desk.synonyms import concepts
from bot.desk.words import flat, means_nothing, without_codes
from bot.engine.quotable import Unit
from ingest.index.contract import Likeness

LONG = 30  # words of a question, beyond which one more says nothing
NEAR = 0.6  # how near the nearest word piece is to a word that a document speaks of
APART = 0.3  # how near the nearest word of a record's field is at most where it speaks of something else
FAR = 1.6  # what all words of a question fall short of that; one more of a long story says nothing

_COUNT = re.compile(
    r"\bhow many (?:more |other |different |of the )?(?!(?:can|could|may|do|does|did|is|are|will|would|should|must|have"
    r"|has|of|in|at|per|for|times)\b)([a-z]+)",
    re.IGNORECASE,
)
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
    r"(?<![\w$€£.,-])(?:v?\d+(?:\.\d+){1,2}|20[12]\d(?! [a-z]+s\b)"
    r"|(?!(?:in|to|for|at|of|by|on|or|and)\d)[a-z]{1,4}-?\d{1,5}[a-z]?)"
    r"(?![\w%]|[.,]\d)",
    re.IGNORECASE,
)
_COLOUR = re.compile(  # as a thing has it: in "theres one white dot on it" it is none of the answer's
    r"\b(?:(?:in|colou?rs?|come|have|the|a)(?: (?:a|the|plain|all))?:? |(?=\w+\W*$))"
    r"(black|white|red|green|blue|pink|purple|yellow|orange|brown|silver|gold)\b"
    r"(?! (?:light|lines?|box|dot|screen|page|ink|friday|card|paper|list|book)\b)",
    re.IGNORECASE,
)
_MODEL = re.compile(r"\b([a-z]{3,}) (\d{1,3})\b(?![.,]\d)")
_IN_WORDS = re.compile(NUMBER, re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?<![\w-])[A-Z]{3,5}(?=s?(?![\w-]))")  # of two letters most are everyday words


def doubts(
    asked: str, unit: Unit, share: float, best: Mapping[str, float], passages: Sequence[Passage]
) -> dict[str, float]:
    """What speaks for the document of the best unit, and against it, by name.

    `share`: of that document, of all that speaks for one; `best`: the features of the unit.
    """
    return {
        **best,
        "one": 1.0,
        "asked": min(len(asked.split()), LONG) / LONG,
        "share": share,
        "left": _left(asked, passages[unit.passage]),
        "literal": float(_lacks(asked, passages[unit.passage], passages)),
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
    asked = _asked(like.words, subjects)
    nearest = {document: [0.0] * len(asked) for document in documents}
    for document, met in zip(documents, like.met, strict=True):
        nearest[document] = [max(pair) for pair in zip(nearest[document], (met[at] for at in asked), strict=True)]
    far = {document: sum(max(0.0, NEAR - met) for met in found) for document, found in nearest.items()}
    return {document: min(one, FAR) for document, one in far.items()}


def apart(words: Sequence[str], met: Sequence[float], own: Passage) -> bool:
    """Whether a field of a record is near none of the words of the question, those aside that name the record: the
    address of a shop says nothing of the weather in its town."""
    return max((met[at] for at in _asked(words, concepts(own.title))), default=1.0) < APART


def _asked(words: Sequence[str], subjects: frozenset[str]) -> list[int]:
    """Where the words of a question stand that an answer has to speak of, the names of the `subjects` aside."""
    return [
        at
        for at, word in enumerate(words)
        if not (means_nothing(word) or says_little(word) or (concepts(word) and concepts(word) <= subjects))
    ]


def _left(asked: str, own: Passage) -> float:
    """Of what is asked of the document's subject, the share that its passage has no word for."""
    words = weighty(without_codes(without_places(asked))) - concepts(own.title)
    return len(words - concepts(own.whole)) / len(words) if words else 0.0


def _lacks(asked: str, own: Passage, passages: Sequence[Passage]) -> bool:
    """Whether a year, a version, a colour or a short code of the question stands nowhere in the passage's document, or
    an abbreviation or the number of a model in no passage."""
    everywhere = " ".join(one.whole for one in passages)
    here = " ".join(one.whole for one in passages if one.document_id == own.document_id)
    literals = {_run_together(one).removeprefix("v") for one in _LITERAL.findall(flat(asked))}
    literals |= {one.lower() for one in _COLOUR.findall(focus(asked))}
    if any(one not in _run_together(here) for one in literals):
        return True
    if any(one not in _run_together(everywhere) for one in _other_models(asked, own.title)):
        return True
    known, initials = concepts(everywhere), "".join(word[0] for word in re.findall(r"[a-z]+", here))
    return not asked.isupper() and any(
        not concepts(one) <= known and one.lower() not in initials
        for one in _ABBREVIATION.findall(asked)
        if not (means_nothing(one) or says_little(one) or _IN_WORDS.fullmatch(one))
    )


def _run_together(text: str) -> str:
    return re.sub(r"[\s-]", "", flat(text).lower())


def _other_models(asked: str, title: str) -> set[str]:
    """What the question calls by the title's word and another number: "Orrin 10" where the title says "Orrin 9"."""
    ours, theirs = ({(word, number) for word, number in _MODEL.findall(flat(text).lower())} for text in (title, asked))
    return {word + number for word, number in theirs - ours if any(word == our for our, _ in ours)}


def _uncounted(asked: str, text: str) -> bool:
    """Whether a number of something is asked for that the text does not state."""
    counted = _COUNT.search(asked)
    if counted is None:
        return False
    if units := units_of_word(counted[1]):
        return not any(figure.unit in units for figure in figures(text))
    return not re.search(_NUMBER + re.escape(counted[1][:_ROOT].lower()), text, re.IGNORECASE)


SURE: Mapping[str, float] = {
    "one": -2.55, "asked": 3.48, "share": 2.02, "named": 1.31, "unnamed": -4.13, "near": 3.59, "figure": 0.48,
    "missed": -2.96, "left": -1.43, "literal": -2.43, "uncounted": -2.44, "name": -2.56, "identifier": -0.83,
    "plan": -1.5,
    "pair": 4.0, "apart": -2.0,  # not fitted: few questions name two products, or find a field that is apart
}  # fmt: skip
