"""Words as they are compared: typography flattened, inflections cut, the words that carry no meaning left out. Pure."""

import re
import unicodedata
from functools import lru_cache

_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    }
)
_WORD = re.compile(r"[a-z0-9]+(?:[-'.][a-z0-9]+)*")
_CODE = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-])")
_MEASURE = re.compile(r"\d+(?:-?(?:to-)?\d+)*-?[a-z]+(?:-[a-z]+)*|v\d+", re.IGNORECASE)  # 100W, 30-day, 2-year-old, v3
_RUN = re.compile(r"[A-Za-z]+|\d+")
_EMPTY = """
    a about after all also am an and any are as at be been before but by can could did do does for from get give got had
    has have how i if in into is it its it's i'm just let long many may me might more much must my need no not of off on
    only or our out please shall should so some tell than thanks that the their them then there these they this those to
    too under until up us very want was we were what what's when where which while who why will with would yes you your
"""
_STOP = frozenset(_EMPTY.split())


def flat(text: str) -> str:
    """Typographic quotes, dashes and white space as their plain twins, one space at most."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY).split())


def stem(word: str) -> str:
    """Cut the commonest English endings, so that "returned" meets "returns". Crude on purpose."""
    word = word.removesuffix("'s")
    for ending, put, least in (
        ("ies", "y", 5), ("sses", "ss", 6), ("ing", "", 6), ("ed", "", 5), ("es", "", 6), ("s", "", 4), ("ly", "", 6),
    ):  # fmt: skip
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            word = word[: -len(ending)] + put
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "ey" else word


@lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """The stems that carry the meaning of a text."""
    words = (word for found in _WORD.findall(flat(text).lower()) for word in {found, *found.split("-")})
    return frozenset(stem(word) for word in words if word not in _STOP and len(word) > 1)


def means_nothing(word: str) -> bool:
    """Whether a word of a text only holds it together."""
    return word.lower() in _STOP or not any(letter.isalnum() for letter in word)


def codes(text: str) -> frozenset[str]:
    """Product codes, order numbers and model names, in capitals: VX-TB4-DOCK, EM-104233. Not measures such as 100W."""
    return frozenset(code.upper() for code in _CODE.findall(flat(text)) if _is_code(code))


def without_codes(text: str) -> str:
    return _CODE.sub(lambda code: " " if _is_code(code[0]) else code[0], flat(text))


def _is_code(word: str) -> bool:
    return len(word) >= 4 and not _MEASURE.fullmatch(word)


def has_code(text: str, wanted: frozenset[str]) -> bool:
    """Whether a text states one of these codes, however it is spaced: TF4031 is TF-4031, BUDS3PRO a part of
    AUR-BUDS3PRO-BLK and "Buds 3 Pro"."""
    return bool(wanted) and _spelt(wanted).search(flat(text)) is not None


@lru_cache(maxsize=512)
def _spelt(wanted: frozenset[str]) -> re.Pattern[str]:
    spellings = (r"[-\s_.]?".join(_RUN.findall(code)) for code in sorted(wanted))
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(spellings)})(?![a-z0-9])", re.IGNORECASE)


def hyphenated(text: str) -> str:
    """A text whose codes also stand with the hyphen that was left out: TF4031 TF-4031."""
    split = (re.fullmatch(r"([A-Z]{2,})(\d{3,})", code) for code in sorted(codes(text)))
    return " ".join([text, *(f"{match[1]}-{match[2]}" for match in split if match)])
