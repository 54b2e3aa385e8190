"""The rules of a prompt that can be checked: how long, how many paragraphs, in which language. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.desk.abstention import plain
from bot.desk.model import Citation, DraftSentence, Rules
from bot.desk.words import content_words, flat

_CODE_BLOCK = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_NAMED = 240  # characters of a place
_MARK = re.compile(r"\[\d{1,3}\]")
_BREAK = re.compile(r"\n[ \t]*\n\s*$")
_BELONGS = re.compile(r"\s*(?:[-*•|>]|\d{1,3}[.)]\s|```)")  # to the paragraph before: a list, a block of code

# Words that hold sentences together and are rare in the other languages here.
_LITTLE = {
    "English": "the is are you your of to and for with can on not be this that have do my what how when if within it",
    "German": "der die das und ist nicht ein eine mit für auf zu den von ich wie kann es haben sind wir dem lange kein",
    "French": "le les des et est une un pour vous dans que pas sur avec je comment du au votre nous la combien jours",
    "Spanish": "el los las y es que un una para con su puede por en se cómo de la dentro días cuánto tengo debe",
    "Italian": "il lo gli di e che un una per con non è sono come posso del della entro la giorni quanto ho dal",
    "Portuguese": "os as e é que um uma para com não por em se pode como do da dentro você dias quanto tenho seu",
    "Dutch": "de het een en van voor niet dat op te ik u je kan hoe binnen dagen zijn met om aan lang moet",
}
_WORDS = {language: frozenset(words.split()) for language, words in _LITTLE.items()}
_SCRIPTS = (
    ("Cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("Greek", re.compile(r"[\u0370-\u03ff]")),
    ("Hebrew", re.compile(r"[\u0590-\u05ff]")),
    ("Arabic", re.compile(r"[\u0600-\u06ff]")),
    ("Devanagari", re.compile(r"[\u0900-\u097f]")),
    ("Thai", re.compile(r"[\u0e00-\u0e7f]")),
    ("Korean", re.compile(r"[\uac00-\ud7af]")),
    ("Japanese", re.compile(r"[\u3040-\u30ff]")),
    ("Chinese", re.compile(r"[\u4e00-\u9fff]")),
)
_BY_SCRIPT = {name: name for name, _ in _SCRIPTS} | {
    "Russian": "Cyrillic",
    "Ukrainian": "Cyrillic",
    "Bulgarian": "Cyrillic",
    "Persian": "Arabic",
    "Urdu": "Arabic",
    "Hindi": "Devanagari",
}
_ENGLISH = re.compile(r"\b(?:the|is|are|can|you|we|of|to|with|it|not|for|and|within|in)\b", re.IGNORECASE)
_ASKS_FOR_A_LANGUAGE = re.compile(
    r"\b(?:in|into|auf|en|em|på|translate\w*)\s(?:\w+\s)?(?:english|german|deutsch|french|français|spanish|español"
    r"|italian[oa]?|portugu[eê]s\w*|dutch|nederlands|polish|japanese|chinese|korean|russian|arabic|anglais|englisch"
    r"|inglés|inglese|engels)\b",
    re.IGNORECASE,
)


def language_of(text: str) -> str | None:
    """The language, where the text is long enough to tell it."""
    letters = sum(char.isalpha() for char in text)
    for language, script in _SCRIPTS:
        if letters and len(script.findall(text)) > 0.3 * letters:
            return language
    words = re.findall(r"[^\W\d_]+", flat(text).lower())
    counts = sorted(((sum(word in known for word in words), name) for name, known in _WORDS.items()), reverse=True)
    (best, language), (second, _) = counts[:2]
    return language if best >= 2 and best > 1.5 * second else None


def wrong_language(text: str, citations: Sequence[Citation], question: str, language: str = "") -> str:
    """Which language a sentence is in although another is due: `language` where that is known, else the question's; ""
    when that is fine. A quote stays as it is written, and who asks for another language gets it."""
    due, said = _as_told(language) if language else language_of(question), language_of(text)
    if due is None or said in (None, due) or (not language and _ASKS_FOR_A_LANGUAGE.search(question)):
        return ""
    wanted = f"and is to be in {language}" if language else f"the question in {due}"
    return "" if is_quote(text, citations) else f"it is in {said}, {wanted}"


def spoken(text: str, question: str, language: str = "") -> str | None:
    """The language of a sentence; one that does not show it is in the one that is due. None: nobody knows."""
    due, said = language or language_of(question), language_of(text)
    if due in (None, "English"):
        return "English" if _ENGLISH.search(text) else said
    return due if said is None or _as_told(due) is None else said


def _as_told(language: str) -> str | None:
    """What language_of() calls a text in that language; None: it can't tell."""
    return language if language in _LITTLE else _BY_SCRIPT.get(language)


def is_quote(text: str, citations: Sequence[Citation]) -> bool:
    """Whether it says no word that what it cites does not say."""
    quoted = content_words(" ".join(f"{one.title} {one.section} {one.quote}" for one in citations))
    return bool(citations) and content_words(text) <= quoted


def count_words(text: str) -> int:
    """Without code and without our marks."""
    return len(_MARK.sub("", _CODE_BLOCK.sub(" ", text)).split())


def problems(sentences: Sequence[DraftSentence], rules: Rules) -> list[str]:
    """What is wrong with an answer as a whole, in words that a writer understands."""
    text = "".join(sentence.text for sentence in sentences)
    said = count_words(text)
    if rules.max_words and said > rules.max_words:
        return [f"The answer has {said} words; at most {rules.max_words} are allowed."]
    return []


def shortened(sentences: Sequence[DraftSentence], rules: Rules) -> list[DraftSentence]:
    """As many from the first on as there is room for, the first always."""
    kept: list[DraftSentence] = []
    room = rules.max_words or 10**6
    for sentence in sentences:
        room -= count_words(sentence.text)
        if kept and room < 0:
            break
        kept.append(sentence)
    return kept


def arranged(sentences: Sequence[DraftSentence], paragraphs: int | None) -> list[DraftSentence]:
    """The same sentences in that many paragraphs: too many are joined at the end, too few are parted after the first.
    An answer of one sentence gets a last paragraph that says where it stands."""
    if paragraphs is None or not any(sentence.citations for sentence in sentences):
        return list(sentences)
    placed = [sentence for sentence in sentences if sentence.text.strip()]
    code = [sum(one.text.count("```") for one in placed[:at]) % 2 == 1 for at in range(len(placed))]
    cuts = [at for at in range(1, len(placed)) if not code[at] and _parts(placed[at - 1], placed[at])][: paragraphs - 1]
    free = [at for at in range(1, len(placed)) if not (at in cuts or code[at] or _BELONGS.match(placed[at].text))]
    while len(cuts) < paragraphs - 1 and free:
        cuts.append(free.pop(0))
    if len(cuts) < paragraphs - 1 and paragraphs > 1:
        placed.append(_where(next(sentence for sentence in placed if sentence.citations)))
        cuts.append(len(placed) - 1)
        code.append(False)
    last = len(placed) - 1
    return [
        one
        if at < last and code[at + 1]
        else replace(
            one,
            text=one.text.rstrip() + ("" if at == last else "\n\n" if at + 1 in cuts else _gap(one, placed[at + 1])),
        )
        for at, one in enumerate(placed)
    ]


def _parts(before: DraftSentence, after: DraftSentence) -> bool:
    return bool(_BREAK.search(before.text)) and not _BELONGS.match(after.text)


def _gap(before: DraftSentence, after: DraftSentence) -> str:
    line = "\n" in before.text[len(before.text.rstrip()) :] and not _BREAK.search(before.text)
    return "\n" if line or _BELONGS.match(before.text) or _BELONGS.match(after.text) else " "


def _where(sentence: DraftSentence) -> DraftSentence:
    cited = sentence.citations[0]
    place = " › ".join(part for part in (cited.title, cited.section.split(" > ")[-1]) if part)
    return DraftSentence(f"You can read it in full in “{plain(place, _NAMED)}”.", (cited,))
