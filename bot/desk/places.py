"""Countries and states by the other names that people give them: a people, a city, a postal code. Data, and a look-up.

Of cities only those that name their country or state to everybody. "US" counts in capitals only: "us" is a pronoun.
"""

import re
from functools import lru_cache

from bot.desk.words import content_words, flat

_COUNTRIES = """
    Germany: german germans berlin hamburg munich frankfurt cologne
    Ireland: irish dublin cork galway
    Netherlands: dutch holland amsterdam rotterdam utrecht
    United States: american americans usa austin
    Canada: canadian canadians toronto vancouver montreal
    United Kingdom: british uk britain england london
    France: french paris lyon
    Spain: spanish madrid barcelona
    Italy: italian rome milan
    Portugal: portuguese lisbon
    Austria: austrian vienna
    Switzerland: swiss zurich geneva
    Belgium: belgian brussels
    Poland: polish warsaw krakow
    Sweden: swedish stockholm
    Denmark: danish copenhagen
    Norway: norwegian oslo
    Finland: finnish helsinki
    India: indian mumbai delhi bangalore
    Japan: japanese tokyo
    Australia: australian sydney melbourne
    Mexico: mexican
    Brazil: brazilian
    Alaska: alaskan anchorage fairbanks juneau
    Hawaii: hawaiian honolulu maui
"""
_NAMED = {
    row.split(":")[0].strip(): frozenset([row.split(":")[0].strip().lower(), *row.split(":")[1].split()])
    for row in _COUNTRIES.strip().splitlines()
}
_WORDS: frozenset[str] = frozenset().union(*_NAMED.values())
_US = re.compile(r"\bU\.?S\.?(?:A\.?)?(?!\w)")


@lru_cache(maxsize=4096)
def countries(text: str) -> frozenset[str]:
    """The countries that a text names, and the states that have rules of their own."""
    plain = flat(text)
    words = set(re.findall(r"[^\W\d_]+", plain.lower()))
    found = {country for country, names in _NAMED.items() if names & words}
    if _US.search(plain) or "united states" in plain.lower():
        found.add("United States")
    if "united kingdom" in plain.lower():
        found.add("United Kingdom")
    return frozenset(found)


def without_places(text: str) -> str:
    """A question without the countries that it names, where something else is left to compare."""
    plain = _US.sub(" ", flat(text))
    kept = re.sub(
        rf"(?:\b(?:in|from|for|to|at|the|our)\s+)*\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b",
        " ",
        plain,
        flags=re.I,
    )
    return " ".join(kept.split()) if len(content_words(kept)) > 1 else text
