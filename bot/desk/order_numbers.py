"""Order numbers as people write them, and whether a message is about the asker's own orders. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.desk.asking import asks
from bot.desk.words import content_words, flat

_THING = r"(?:orders?|packages?|parcels?|deliver(?:y|ies)|shipments?|purchases?|stuff|boxe?s?|things?|items?|refunds?)"
_MY = rf"my\s+(?:[\w'-]+\s+){{0,2}}?{_THING}\b"
_ON_ITS_WAY = (
    r"(?:ship(?:ped|ping)?|sent|arriv\w+|deliver\w*|dispatch\w*|c[ao]me|coming|left|here|stuck|lost|late|ready"
    r"|packed|paid|delayed|held up|missing|overdue"
    r"|gone|go(?:ne)? through|show(?:n|ed)? up|on (?:its|their|the) way|out for|moved|processed|refunded|cancell?ed)"
)
_MINE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:where(?:'s|s| is| are)?|track|tracking|status|list|show|see|view|check|find|look up|history|update on"
        rf"|what(?:'s| is| are| happened)|eta)\b(?!.{{0,30}}\b(?:can|could|should|do|may|must) i\b).{{0,40}}?\b{_MY}",
        rf"\bwhen\s+(?:will|does|do|is|are|should)\b.{{0,20}}?\b{_MY}",
        rf"\b(?:has|have|did|is|was|were|will|are|does)\b.{{0,15}}?\b{_MY}.{{0,30}}?\b{_ON_ITS_WAY}\b",
        rf"\b{_MY}.{{0,30}}?\b(?:has not|hasn't|have not|haven't|did not|didn't|is not|isn't|are not|aren't|never"
        rf"|still)\b.{{0,20}}?\b{_ON_ITS_WAY}\b",
        rf"(?<!\bif )(?<!\bwhen )(?<!\bcase )\b{_MY}\s+(?:is|are|was|were|seems|has been|got|must be)\s+"
        r"(?:\w+\s+){0,2}?(?:late|delayed|held up|lost|stuck|missing|overdue|gone)\b",
        r"^\W*(?:(?:hi|hello|hey|please|show|check|me|the|my)\W+)*(?:order|package|parcel|delivery|shipment)\W+"
        r"(?:status|tracking|updates?|history)(?:\W+(?:please|pls|now))?\W*$",
        r"^\W*(?:(?:hi|hello|hey|please|show|list|me|all)\W+)*my\s+(?:\w+\s+)?(?:orders?|packages?|parcels?)"
        r"(?:\W+(?:please|now|status|history))*\W*$",
        r"\bwhat\s+(?:did|have|had)\s+i\s+(?:recently\s+|last\s+)?(?:order|buy|ordered|bought|purchased?)\b",
        rf"\bi\s+(?:\w+\s+)?(?:ordered|bought|purchased)\b.{{0,60}}?(?:\b(?:has|have|did) (?:it|they)\b.{{0,15}}?"
        rf"\b{_ON_ITS_WAY}\b|\bwhere(?:'s| is| are) (?:it|they)\b)",
        rf"\b(?:where|when|has|have|did|is|are)\b.{{0,30}}?\b(?:that |which )?i\s+(?:\w+\s+)?"
        rf"(?:ordered|bought|purchased)\b.{{0,40}}?(?:\b{_ON_ITS_WAY}\b|\?|$)",
    )
)
# What a message that only asks how an order stands is made of.
_STATUS_WORDS = content_words(
    "order package parcel delivery shipment purchase stuff box thing item number no nr num status track tracking ship"
    " shipped shipping sent send arrive arrived arriving arrival deliver delivered come came coming expect expected yet"
    " still already here there dispatch dispatched list show see view check find look search update updates news eta"
    " history recent recently latest last first pending open current all way out today tomorrow yesterday week"
    " day month ago"
    " going stuck know happen happened happening hi hello hey dear thank thanks please kindly okay long take left move"
    " moved again another mine placed place made make buy bought ordered purchase process processed info information"
    " detail details tell say help put where's when's hasn't haven't didn't isn't aren't wasn't doesn't don't never"
    " delayed late overdue missing cost price total paid carrier"
)
_COST = content_words("cost price total")
_CARRIAGE = re.compile(r"\b(?:shipping|delivery)\b", re.IGNORECASE)  # what that costs stands in the documents
_ORDER_BEFORE = r"(?:\borders?\b(?:\s+(?:number|no|nr|num|id))?|\bnumber\b|\bno\b|\bnr\b|#)[\s.:#]{0,3}(?:is\s+)?"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What a message wants of orders: these numbers, or (`mine`) whatever the asker has ordered. `more`: it asks for
    something that only documents can answer too. `asks`: it asks something by itself, and does not only name them."""

    numbers: tuple[str, ...]
    mine: bool
    more: bool
    asks: bool


@dataclass(frozen=True)
class OrderNumbers:
    """Numbers by their masks, in which # is a digit: "EM-######"."""

    masks: tuple[str, ...]

    @cached_property
    def _patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple((mask, re.compile(_pattern(mask), re.IGNORECASE)) for mask in self.masks)

    def within(self, text: str) -> tuple[str, ...]:
        """The numbers of a text, spelled as their mask is, each once, in their order."""
        plain = flat(text)
        found = [
            (match.start(), _filled(mask, match[0]))
            for mask, pattern in self._patterns
            for match in pattern.finditer(plain)
        ]
        return tuple(dict.fromkeys(number for _, number in sorted(found)))

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where they stand in the text as it was written."""
        return tuple(match.span() for _, pattern in self._patterns for match in pattern.finditer(text))

    def without(self, text: str) -> str:
        plain = flat(text)
        for _, pattern in self._patterns:
            plain = pattern.sub(" ", plain)
        return " ".join(re.sub(r"#(?=\s|$)", " ", plain).split())

    def request(self, text: str, earlier: Sequence[str] = (), *, follows: bool = False) -> OrderRequest | None:
        """What `text` wants of orders; None: nothing. `earlier` are the asker's messages before it; where it `follows`
        them, the number that was last named there is meant."""
        numbers, rest = self.within(text), self.without(text)
        mine = not numbers and any(pattern.search(part) for part in _clauses(text) for pattern in _MINE)
        if not numbers and not mine and follows:
            numbers = next((named for one in reversed(earlier) if (named := self.within(one))), ())
        if not numbers and not mine:
            return None
        return OrderRequest(numbers, mine, more=not asks_status(rest), asks=bool(content_words(rest)) and asks(rest))


def asks_status(text: str) -> bool:
    """Whether a text asks for no more than how an order stands, so that no document answers it."""
    words = content_words(text)
    return words <= _STATUS_WORDS and not (words & _COST and _CARRIAGE.search(text))


def _clauses(text: str) -> list[str]:
    """A message, and its clauses: what the second one asks must not hide what the first one does."""
    plain = flat(text)
    return [plain, *re.split(r"[.;?!]+\s|,?\s(?:and|but|plus|or|so)\s", plain)]


def _pattern(mask: str) -> str:
    """A mask's number in any spelling: separators and case do not count, and after "order" its digits are enough."""
    parts = re.findall(r"#+|[A-Za-z]+|[0-9]+|.", mask)
    spelled = [_digits(len(part)) if part[0] == "#" else re.escape(part) for part in parts if part[0] not in "-_./"]
    whole = r"[\s\-_./]{0,3}#?".join(spelled)
    digits = rf"\d{{{mask.count('#')}}}"
    if mask.strip("#") == "":
        return rf"(?<![\w$€£.,+-]){digits}(?![\w-]|[.,]\d)"
    spellings = [rf"(?<![\w-]){whole}(?![\w-])"]
    if not re.search(r"\d|#[^#]+#", mask):
        spellings += [rf"{_ORDER_BEFORE}{digits}(?![\w-]|[.,]\d)", rf"^\W*{digits}\W*$"]
    return "|".join(spellings)


def _digits(count: int) -> str:
    """So many digits, also in groups of two or three: 100129, 100 129, 10-01-29."""
    sizes = [size for size in (count, 2, 3) if count % size == 0]
    return "(?:" + "|".join(rf"\d{{{size}}}(?:[ .-]\d{{{size}}}){{{count // size - 1}}}" for size in sizes) + ")"


def _filled(mask: str, written: str) -> str:
    digits = iter(re.findall(r"\d", written)[-sum(letter == "#" or letter.isdigit() for letter in mask) :])
    return "".join(next(digits) if letter == "#" or letter.isdigit() else letter for letter in mask)
