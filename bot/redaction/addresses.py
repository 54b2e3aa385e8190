"""Addresses: of mailboxes, of machines, private links, and of houses in the forms that some countries write. Pure."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from bot.redaction.found import Found, Kind

_EMAIL = re.compile(
    r"(?<![\w.+%'-])[\w.+%'-]{0,63}[\w+%-](?:@|\s?[\[(]at[\])]\s?)(?:[\w-]+\.)+[^\W\d_]{2,}", re.IGNORECASE
)
_URL = re.compile(r"https?://[^\s<>|\"')\]]+", re.IGNORECASE)
# What makes a link somebody's own: who they are, or a key that opens something of theirs.
_PRIVATE = re.compile(
    r"//[^/\s]*@|[?&#;](?:[\w-]*(?:token|key|sig|signature|session|sid|auth|code|otp|email|mail|user|uid|customer"
    r"|account|order|password|pwd|name|phone)[\w-]*)=|/(?:reset|verify|invite|magic|unsubscribe|track(?:ing)?|orders?"
    r"|accounts?|users?|customers?|u)/[\w.~%-]*[\d@]|[0-9a-f]{24,}|[\w-]{36,}",
    re.IGNORECASE,
)
_IP = re.compile(
    r"(?<![\w.:-])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{1,4}:|:){2,7}(?::|[0-9a-f]{1,4}))(?![\w:]|\.\d)", re.I
)
_VERSION_BEFORE = re.compile(r"(?:\bv|version|firmware|build|release|update|driver|app|os|software)[\s:v]{0,3}\Z", re.I)
_MAC = re.compile(r"(?<![\w:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\w:-])", re.IGNORECASE)

_UP = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
_WORDS = rf"{_UP}(?:[ ]{_UP}){{0,3}}"
_UNIT = r"(?:,?\s+(?:apt|apartment|unit|suite|ste|flat|floor|#)\.?\s*#?\w{1,5}\b)?"
_US_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]"
    r"|UT|V[AT]|W[AIVY])"
)
_CITY = (
    rf"(?:,?\s+(?:{_UP}[ ]?){{1,3}},?\s+(?:{_US_STATE}|NSW|VIC|QLD|ON|BC|QC)\.?(?:\s+\d{{4,5}}(?:-\d{{4}})?)?"
    rf"|,?\s+(?:[A-Z]-)?\d{{4,5}}\s+{_WORDS}|,\s+{_WORDS}(?:,?\s+[A-Z]{{1,2}}\d[A-Z\d]?\s\d[A-Z]{{2}})?"
    r"|,?\s+\d{4}\s?[A-Z]{2}\b(?:\s[A-Z][\w-]+)?)?"
)
_STREET_END = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Terrace|Parkway|Pkwy|Highway|Hwy"
    r"|Crescent"
    r"|Close|Gardens|Grove|Hill|Mews|Row|Circle|Cir|Way|Place|Square|Sq|Walk|Marg|Nagar)"
)
_STREETS = (
    rf"\b(?:(?:Flat|Apt\.?|Apartment|Unit"
    rf"|Suite)\s?\w{{1,4}},\s+)?\d{{1,5}}[a-zA-Z]?(?:[-/]\d{{1,4}})?,?\s+(?:(?:N|S|E|W|NE|NW|SE|SW|North|South"
    rf"|East|West)\.?\s+)?"
    rf"(?:{_UP}|\d{{1,3}}(?:st|nd|rd|th))(?:\s+{_UP}){{0,2}}?\s+{_STREET_END}\b\.?"
    rf"(?:\s(?:N|S|E|W|NE|NW|SE|SW)\b)?{_UNIT}{_CITY}",
    rf"\b{_UP}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein|gracht|kade|singel|gatan"
    rf"|vägen|vej)\s+\d{{1,4}}\s?[a-zA-Z]?\b(?:-\d{{1,3}})?{_CITY}",
    rf"\b(?:Am|An der|Auf der|Unter den|Zum|Zur|Alte|Neue)\s+{_UP}\s+\d{{1,4}}[a-z]?\b{_CITY}",
    rf"\b\d{{1,4}}(?:\s?(?:bis|ter))?,?\s+(?:rue|avenue|boulevard|place|chemin|allée|quai|impasse"
    rf"|cours)\s+(?:(?:de|du|des"
    rf"|la|le|les|d'|l'|de l')\s*)*{_WORDS}{_CITY}",
    rf"\b(?:Calle|C/|Avenida|Avda\.?|Plaza|Paseo|Rua|Av\.|Travessa|Via|Viale|Piazza|Corso|Largo|ul\.|ulica|Jalan)\s+"
    rf"(?:(?:de|del|da|do|dos|das|la|las|los|della|delle"
    rf"|dei)\s+)*{_WORDS},?\s+(?:n[º°.]?\s?)?\d{{1,4}}\b(?:,?\s*\d[º°]\s?\w?)?{_CITY}",
    r"\bP\.?\s?O\.?\s?Box\s+\d+\b" + _CITY,
)
_STREET = tuple(re.compile(pattern) for pattern in _STREETS)
_TOWN = (
    rf"\b{_UP}(?:\s{_UP})?,\s+{_US_STATE}\s+\d{{5}}(?:-\d{{4}})?\b",
    r"\b(?!\w+ \d(?:GB|TB|MB|HZ)\b)[A-PR-UWYZ][A-HJ-Y]?\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2}\b",
    r"\b(?i:zip|zip code|postcode|postal code|postleitzahl|plz)(?i:\s+is|:)?\s+(?P<it>\d{4,6}(?:-\d{4})?\b"
    r"|\d{4}\s?[A-Z]{2}\b)",
)
_TOWNS = tuple(re.compile(pattern) for pattern in _TOWN)


def addresses(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield Found(*match.span(), Kind.EMAIL)
    for match in _URL.finditer(text):
        if _PRIVATE.search(match[0]):
            yield Found(match.start(), match.start() + len(match[0].rstrip(".,;:!?")), Kind.LINK)
    for match in _IP.finditer(text):
        if _is_ip(match[0]) and not _VERSION_BEFORE.search(text[: match.start()]):
            yield Found(*match.span(), Kind.NETWORK)
    for match in _MAC.finditer(text):
        yield Found(*match.span(), Kind.NETWORK)
    for pattern in _STREET:
        for match in pattern.finditer(text):
            yield Found(*match.span(), Kind.ADDRESS)
    for pattern in _TOWNS:
        for match in pattern.finditer(text):
            yield Found(*match.span("it" if "it" in match.groupdict() else 0), Kind.ADDRESS)


def _is_ip(written: str) -> bool:
    try:
        return ip_address(written) is not None
    except ValueError:
        return False
