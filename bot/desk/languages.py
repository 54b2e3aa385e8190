"""Whether a message is in English, and in what else. Pure; by script and by the commonest words, so that it needs no
model.

Short texts are in doubt English: names, codes and single words must not be taken for another language.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from bot.desk.words import flat

# The words that nearly every sentence of a language has, without those that English has too.
_COMMON = {
    "German": "der die das und ist nicht ich ein eine wie viel lange mein meine für mit auf kann habe wann wo gibt"
    " es im den dem von zu nach bei wird werden sind bitte welche warum muss",
    "French": "le la les des est et une un je ne pas que qui pour dans combien comment puis mon ma mes quand où"
    " sur avec vous nous quel quelle du au par coûte sont",
    "Spanish": "el la los las es y un una que de para con cuánto cuanto cómo como mi puedo cuándo cuando dónde donde"
    " en por qué se su cuesta tengo días hay está",
    "Portuguese": "o a os as é e um uma que de para com quanto como meu minha posso quando onde em por não se custa"
    " do da dos das tenho dias está",
    "Italian": "il lo la gli le è e un una che di per con quanto come mio mia posso quando dove in non si costa del"
    " della dei ho giorni sono",
    "Dutch": "de het een en is niet ik hoe veel lang mijn voor met op kan heb wanneer waar er van naar bij wordt"
    " zijn dat dit welke waarom moet",
    "Polish": "jest nie się na do jak ile czy mogę kiedy gdzie mój moja z w i to co za od jaki jaka są",
    "Swedish": "är och en ett jag inte hur mycket länge min för med på kan har när var det till som av",
    "Danish": "er og en et jeg ikke hvor meget lang min for med på kan har hvornår det til som af",
}
_ENGLISH_WORDS = """
    the is are a an of to in on for and or not i my me you your we our it its do does did can could will would how what
    when where which who why much many long have has had be was were this that with if from by at there any get am about
    need want please as so but they them up out no yes just after before
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_OTHER = {name: frozenset(words.split()) for name, words in _COMMON.items()}
_FOREIGN = frozenset().union(*_OTHER.values()) - _ENGLISH
_SPANISH = re.compile(r"[¿¡]\w")  # no other language has these marks
# ISO 639-1. A model's word for a language counts only if it is one of these.
LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_NAMES = re.compile(r"\"[^\"]*\"|<[^>]*>|\S*[\d@/_]\S*")  # what is quoted, and codes and addresses
# The letters beside a to z that a language is written with: a text with others is in none of these.
_LETTERS = {
    "German": "äöüß", "French": "àâæçéèêëîïôœùûüÿ", "Spanish": "áéíñóúü", "Portuguese": "áâãàçéêíóôõúü",
    "Italian": "àèéìíîòóùú", "Dutch": "áèéêëíïóöúü", "Polish": "ąćęłńóśźż", "Swedish": "àäåéö", "Danish": "åæéøö",
    "Norwegian": "åæéèêøòóô",
}  # fmt: skip
# Norwegian is so near to Danish that without words of its own it would be taken for it.
_APART = {
    "Danish": "mig sig have nu blev uden hvad af",
    "Norwegian": "er og en et jeg ikke hvor mye lenge min for med på kan har når det til som av meg seg ha nå ble uten"
    " hva",
}
_NAMED = _OTHER | {name: _OTHER.get(name, frozenset()) | set(words.split()) for name, words in _APART.items()}
# Scripts that one of the languages has for itself, by the first word of their letters' Unicode names. Japanese and
# Korean have Chinese characters too.
_SCRIPTS = {
    "GREEK": "Greek", "HEBREW": "Hebrew", "THAI": "Thai", "TAMIL": "Tamil", "HANGUL": "Korean", "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese", "CJK": "Chinese",
}  # fmt: skip


def is_english(text: str) -> bool:
    """False only when it clearly is something else."""
    return language_of(text) == "English"


def is_familiar(text: str, known: Callable[[str], bool]) -> bool:
    """Whether a text that may be English reads like it; `known`: whether a word is one of the language, or of the
    documents. Most of its words must be, where no word such as "the" or "how" tells, or an accent speaks against it.

    Short words count only where they are another language's: each one has "a", "to" or "do".
    """
    words = re.findall(r"[^\W\d_]{2,}", _NAMES.sub(" ", flat(text)).lower())
    words = [word for word in words if len(word) > 2 or word in _FOREIGN]
    accents = not all(map(str.isascii, words))
    if len(words) < (2 if accents else 3) or (not accents and any(word in _ENGLISH for word in words)):
        return True
    right = sum(word in _ENGLISH or (word not in _FOREIGN and known(word)) for word in words)
    return 2 * right > len(words) - (not accents)


def language_of(text: str) -> str:
    """Its name as in LANGUAGES; "" where it clearly is not English, and cannot be told."""
    plain = _NAMES.sub(" ", flat(text))
    letters = [letter for letter in plain if letter.isalpha()]
    if len(letters) < 2:
        return "English"
    strange = [script for script in map(_script, letters) if script != "LATIN"]
    if 2 * len(strange) > len(letters):
        return _by_script(strange)
    if _SPANISH.search(plain):
        return "Spanish"
    words = re.findall(r"[^\W\d_]+", plain.lower())
    english = sum(word in _ENGLISH for word in words)
    other = max(sum(word in common for word in words) for common in _OTHER.values())
    return "English" if len(words) < 3 or other < 2 or other <= english else _by_words(words)


def _script(letter: str) -> str:
    return re.split(r"[ -]", unicodedata.name(letter, ""), maxsplit=1)[0]


def _by_script(scripts: Sequence[str]) -> str:
    """That of most letters. Cyrillic, Arabic and some more are of many languages."""
    written = Counter(_SCRIPTS.get(script, "") for script in scripts)
    for name in ("Japanese", "Korean"):
        if written[name]:
            written[name] += written.pop("Chinese", 0)
    return written.most_common(1)[0][0]


def _by_words(words: Sequence[str]) -> str:
    """That of most words, which has all the letters; "" where two have as many."""
    accents = {letter for word in words for letter in word if not letter.isascii()}
    counts = {
        name: sum(word in common for word in words)
        for name, common in _NAMED.items()
        if accents.issubset(_LETTERS[name])
    }
    most = max(counts.values(), default=0)
    named = [name for name, count in counts.items() if count == most]
    return named[0] if most > 1 and len(named) == 1 else ""
