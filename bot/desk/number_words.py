"""Numbers in words, read as a whole: "two hundred and fifty" is 250, and neither 200 nor 50. Pure."""

from decimal import Decimal

_ONES = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: number for number, word in enumerate(f"zero {_ONES} {_TEENS}".split())}
_SMALL |= {word: 10 * number for number, word in enumerate(_TENS.split(), start=2)}
_LARGE = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_TIMES = {"hundred": 100, "dozen": 12}
SCALES = {"k": 1_000, **_TIMES, **_LARGE}  # what may follow a number in digits

_ONE, _TEEN, _TEN = (words.replace(" ", "|") for words in (_ONES, _TEENS, _TENS))
_BELOW_100 = rf"(?:(?:{_TEN})(?:[\s-](?:{_ONE}))?|{_TEEN}|{_ONE}|zero)(?![a-z])"
_MORE = rf"(?:[\s-](?:and[\s-])?{_BELOW_100}(?![\s-](?:hundred|thousand|million|billion|dozen)\b))?"
_BELOW_1000 = rf"(?:(?:(?:{_BELOW_100}|an?)[\s-])?hundred{_MORE}|{_BELOW_100})"
# A regular expression, to be used without regard to case.
NUMBER = (
    rf"(?:(?:(?:{_BELOW_1000}|an?)[\s-])?(?:thousand|million|billion)(?:,?[\s-](?:and[\s-])?{_BELOW_1000})?"
    rf"|(?:(?:{_BELOW_100}|an?)[\s-])?dozen|{_BELOW_1000})(?:\sand\sa\shalf)?"
)


def value_of(words: str) -> Decimal:
    """The value of a text that NUMBER matches."""
    whole, part = Decimal(0), Decimal(0)
    for word in words.lower().replace(",", " ").replace("-", " ").split():
        if word in _SMALL:
            part += _SMALL[word]
        elif word in _TIMES:
            part = (part or Decimal(1)) * _TIMES[word]
        elif word in _LARGE:
            whole, part = whole + (part or Decimal(1)) * _LARGE[word], Decimal(0)
        elif word == "half":
            part += Decimal("0.5")
    return whole + part
