"""Names of people: those who are known to have been there, and those that a text introduces. Pure.

Without a model of language a name is known by what stands before it: "my name is", "Regards,", "Mrs". A product is
announced in other ways, and what is followed by a number is one.
"""

import re
from collections.abc import Iterable, Iterator

from bot.redaction.found import Found, Kind

_PART = r"(?:[A-ZÀ-ÖØ-ÞŁŚŻČŠŽĐ][^\W\d_]*(?:['’-][^\W\d_]+)*\.?)"
_BETWEEN = r"(?:van der|van den|van|von|de la|de|del|della|da|dos|das|do|di|der|den|bin|ibn|al|el|le|la|ter|y)"
_FULL = rf"{_PART}(?:[ ](?:{_BETWEEN}[ ])?{_PART}){{0,3}}"
_TWO = rf"{_PART}(?:[ ](?:{_BETWEEN}[ ])?{_PART}){{1,3}}"
_ANY = (
    r"[^\W\d_]+(?:['’-][^\W\d_]+)*(?:(?: [A-Z]\.)? (?!(?:and|but|from|my|i|und|et|y|with|here|speaking|the|on"
    r"|in|at|or)\b)[^\W\d_]+(?:['’-][^\W\d_]+)*){0,2}"
)

_SAID = (  # whatever its case
    r"(?:my|the|his|her|their) (?:full |last |first |maiden |sur)?name(?:'s| is| was|:)|name on (?:the"
    r"|my) (?:card|order|account|account is"
    r"|invoice|parcel)(?: is| was|:)|i(?:'m| am) called|mein name ist|ich hei(?:ß|ss)e|je m'appelle|mon nom est"
    r"|me llamo"
    r"|mi nombre es|mi chiamo|ik heet|mijn naam is|meu nome é|jag heter|nazywam się|registered to"
    r"|account holder(?: is|:)?"
)
_TITLES = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Herrn?|Frau|Mme|Mlle|M|Monsieur|Madame|Señora?|Sra?|Sig|Signora?"
    r"|Mevr|Dhr|Pan|Pani)\.?"
)
_GREETING = (
    r"(?:Hi|Hello|Hey|Dear|Hallo|Liebe[rs]?|Sehr geehrte[rs]?|Bonjour|Cher|Chère|Hola|Querid[oa]"
    r"|Estimad[oa]|Ciao|Gentile|Beste|Good (?:morning|afternoon|evening)|Welcome(?: back)?|Thanks"
    r"|Thank you|Sorry|Cheers)"
)
_ENDING = (
    r"(?:(?:kind|best|warm|many|with kind|with best|my best)? ?(?:regards|wishes|thanks)|best|thanks|thank you"
    r"|many thanks|cheers"
    r"|sincerely|yours(?: (?:sincerely|truly|faithfully))?|all the best|take care|love|greetings"
    r"|mit freundlichen grüßen|freundliche grüße"
    r"|viele grüße|liebe grüße|beste grüße|mfg|lg|vg|cordialement|bien à vous|saludos|un saludo|atentamente"
    r"|cordiali saluti|groeten"
    r"|met vriendelijke groet|atenciosamente|abraços|pozdrawiam|hälsningar)"
)
_WHO = (  # after which somebody is named, in capitals
    r"(?:[Tt]his is|[Ii]t's|[Ii] am|[Ii]'m|[Ss]igned (?:for )?by|[Ss]igned|[Ss]poke (?:to|with)|[Tt]alked (?:to"
    r"|with)|[Ss]peak (?:to|with)|[Aa]sk for|[Oo]n behalf of|"
    r"[Cc]\/o|[Aa]ttn:?|[Aa]ttention:?|[Cc]ustomer|[Aa]gent|[Cc]olleague|[Mm]anager|[Nn]eighbou?r|[Ww]ife"
    r"|[Hh]usband|[Pp]artner|[Ss]on|"
    r"[Dd]aughter|[Mm]other|[Ff]ather|[Mm]um|[Mm]om|[Dd]ad|[Ss]ister|[Bb]rother|[Ff]riend|[Bb]oss|[Aa]ssistant"
    r"|[Nn]amed|[Cc]alled|[Bb]elongs to|"
    r"[Ss]hip(?:ped)? (?:it )?to|[Dd]eliver(?:ed)? (?:it )?to|[Aa]ddressed to|[Ss]ent (?:it )?to|[Rr]efund (?:to"
    r"|for)|[Ii]n the name of|"
    r"[Uu]nder the name(?: of)?|[Gg]ift for|[Ii]nvoice to|[Mm]ade out to|(?:[Ww]ent|[Gg]oes|[Gg]one) to"
    r"|(?:[Ff]orward|[Hh]and|[Gg]ive|[Gg]ave)(?:ed)? (?:it|them|this)"
    r" to|[Ll](?:eft|eave) (?:it|them) with|[Ff]rom)"
)
_CUES = (
    (re.compile(rf"\b(?:{_SAID}) *:? *(?P<it>{_ANY})", re.IGNORECASE), False),
    (re.compile(rf"(?<![\w.]){_TITLES} (?:(?:Dr|Prof)\.? )?(?P<it>{_FULL})"), False),
    (re.compile(rf"(?:^|[\n.!?] *){_GREETING},? (?:{_TITLES} )?(?P<it>{_FULL})(?=[ ]*(?:[,!.:\n–—-]|$| for ))"), False),
    (re.compile(rf"(?:^|[\n.!?,;] *)(?i:{_ENDING})[,!.]?(?:[ ]*\n+[ ]*|,? +)(?P<it>{_FULL})[ .]*(?=$|\n|, )"), False),
    (re.compile(rf"(?:\n|[.!?] +|^)[–—~-]{{1,2}} ?(?P<it>{_FULL})[ .]*(?=$|\n)"), False),
    (re.compile(rf"\b{_WHO} (?P<it>{_TWO})"), True),
    (
        re.compile(
            rf"\b(?:[Tt]his is|[Ii]t's|[Ii] am|[Ii]'m) (?P<it>{_PART})(?= (?:here|speaking|from|again|at the)\b"
            rf"|[,.!] )|"
            rf"\b(?:[Mm]y (?:wife|husband|partner|son|daughter|mother|father|mum|mom|dad|sister|brother|friend"
            rf"|boss|assistant|"
            rf"neighbou?r|colleague|manager)|(?:[Aa]gent|[Cc]olleague) called|[Yy]our (?:colleague|agent)|named"
            rf"|[Aa]sk for"
            rf"|[Ss]poke (?:to|with)|[Tt]alked to|[Cc]hatted with),? (?P<one>{_PART})(?![\w-]| ?\d)"
        ),
        True,
    ),
)
_DOES = re.compile(
    r"(?:'s|’s)? (?:did|said|says|told|has|had|is|was|wrote|replied|asked|does|will|can|confirmed|called)\b"
)
_MENTION = re.compile(r"(?<![\w.@])@(?!(?:channel|here|everyone|group)\b)[\w.-]*[\w-]")
# Capitals that begin what is no name, wherever they stand.
_CAPITALS = """
    a all an and any anyone apple are at both but can could customer customers dear desk do does electromart
    everybody everyone folks for from frontdesk google guys happy here hope how i if in is it just ladies gentlemen
    madam maam me microsoft my new no not of ok okay on one or our please ps samsung sir so somebody someone sony
    sorry store support team techflow thank thanks that the their there they this to us very was we well what when
    where which who why will with yes you your again monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december christmas easter germany
    france spain italy england london paris berlin europe america customs service sales returns billing warehouse
    accounting marketing engineering hr finance dhl ups fedex usps hermes amazon paypal visa mastercard amex klarna
    wifi bluetooth hdmi usb english german french spanish italian premium pro plus standard express bot slack help
    home office damen herren zusammen
"""
_NO_NAMES = frozenset(_CAPITALS.split())
# First names that are words: without a capital, or where every word has one, they are those.
_WORDS_TOO = """
    will mark may grace rose art bill hope frank drew summer june april august dawn faith joy jack rob sue pat chase
    grant rich dale cliff clay reed miles max case chance chip dean earl ivy lance lane page penny ray sandy skip
    stone sky van wade ward read said king young long short price brown green white black gray silver gold stock
    bush field west north east south
"""
_ALSO_WORDS = frozenset(_WORDS_TOO.split())


def introduced(text: str) -> Iterator[Found]:
    for pattern, doubtful in _CUES:
        for match in pattern.finditer(text):
            group = "one" if "one" in match.groupdict() and match["one"] else "it"
            start, end = match.span(group)
            end = start + len(_name_in(match[group]))
            if end > start and not (
                doubtful and (_is_numbered(text, end) or match[group][: end - start].lower() in _ALSO_WORDS)
            ):
                yield Found(start, end, Kind.NAME)
    for match in _MENTION.finditer(text):
        yield Found(*match.span(), Kind.NAME)


def _name_in(written: str) -> str:
    """Up to the first word that is no name: "Dana Thanks" ends with Dana."""
    kept: list[str] = []
    for word in written.split(" "):
        if word.strip(".'’").lower() in _NO_NAMES or (kept and word in ("and", "but", "from")):
            break
        kept.append(word)
    while kept and kept[-1].islower() and re.fullmatch(_BETWEEN, kept[-1]) and written[:1].isupper():
        kept.pop()
    return " ".join(kept).rstrip(".")


def _is_numbered(text: str, end: int) -> bool:
    """ "this is the Nimbra Air 13": what has a number after it is a product."""
    return bool(re.match(r"(?:[ -](?:[A-Z][\w+-]* ){0,2}[A-Z]{0,4}-?\d|[\w-]*\d)", text[end:]))


def known_names(text: str, names: Iterable[str]) -> Iterator[Found]:
    """`names` as profiles have them, whole or a part, and as they stand in addresses: "dana.whitfield"."""
    for pattern in _spellings(names):
        for match in pattern.finditer(text):
            if match[0].lower() not in _ALSO_WORDS or _is_meant(text, match):
                yield Found(*match.span(), Kind.NAME)


def _spellings(names: Iterable[str]) -> Iterator[re.Pattern[str]]:
    parts: set[str] = set()
    for name in names:
        words = [word for word in re.split(r"[\s._-]+", name.strip()) if word]
        if len(words) > 1:
            yield re.compile(rf"(?<!\w){r'[ ._-]+'.join(map(re.escape, words))}(?!\w)", re.IGNORECASE)
        parts |= {
            word
            for word in words
            if len(word) > 2 and not word.isdigit() and word.lower() not in _NO_NAMES - _ALSO_WORDS
        }
    for part in sorted(parts, key=len, reverse=True):
        yield re.compile(rf"(?<!\w){re.escape(part)}(?!\w)", re.IGNORECASE)


def _is_meant(text: str, match: re.Match[str]) -> bool:
    """Of a name that is a word: with a capital where a word would have none, or before what only somebody does."""
    before = text[: match.start()].rstrip(" ")
    within = bool(before) and before[-1] not in ".!?\n:•*-"
    return match[0][0].isupper() and (within or bool(_DOES.match(text, match.end())))
