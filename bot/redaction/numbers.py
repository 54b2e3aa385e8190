"""Numbers that are somebody's: cards, accounts, documents, devices, phones. What has a check digit is checked. Pure."""

import re
from collections.abc import Iterator

from bot.redaction.found import Found, Kind

_CARD = re.compile(r"(?<![\w.,$€£-])(?:\d[ -]?){13,18}\d(?![\w-]|[.,]\d)")
_ISSUED = re.compile(r"4\d{15}(?:\d{3})?|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[068]\d{12}|6\d{15,18}")
_LAST_DIGITS = re.compile(
    r"\b(?:card|visa|mastercard|amex|account)\b[^.\n]{0,30}?\b(?:end(?:s|ing|ed)? (?:in|with)|last (?:four"
    r"|4)(?: digits)?"
    r"(?: are| is)?)[ :]*(?P<it>\d{4})\b"
    r"|[*x•]{4}[ -]?(?P<masked>\d{4})\b",
    re.IGNORECASE,
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_IS = r"(?: (?:number|no\.?|nr\.?|num|id|code))?[ :#]{1,3}(?:(?:is|was|ist)[ :]{1,2})?"
_CUED = (
    (Kind.DOCUMENT, rf"\b(?:passport|driving licen[cs]e|driver'?s licen[cs]e|id card|national id|tax id|vat id|nino"
     rf"|ausweis|dni|nif|social security|ssn|imei|serial"
     rf"|seriennummer){_IS}(?P<it>(?=[\w-]*\d)[A-Z0-9][A-Z0-9 -]{{4,18}}"
     r"[A-Z0-9])\b"),
    (Kind.ACCOUNT, rf"\b(?:account|sort code|routing|bank account|konto|kontonummer|customer|member(?:ship)?|loyalty"
     rf"|kundennummer){_IS}(?P<it>(?=[\w-]*\d{{2}})[A-Z0-9][A-Z0-9-]{{4,18}}[A-Z0-9])\b"),
    (Kind.ORDER, rf"\b(?:tracking|consignment|parcel|shipment|sendungsnummer|invoice|rma|return|ticket|case|receipt)"
     rf"{_IS}(?P<it>(?=[\w-]*\d{{3}})[A-Z0-9][A-Z0-9-]{{4,28}}[A-Z0-9])\b"),
    (Kind.ORDER, r"\b(?:order|bestellung|bestellnummer|commande|pedido|ordine)(?: (?:number|no\.?|nr\.?|num|id|n°))?"
     r"[ :#]{1,3}(?:(?:is|was)[ :]{1,2})?#?(?P<it>(?:[A-Z]{1,4}-?)?\d{4,12}(?:-\d{1,7})*)\b(?![.,]\d)"),
    (Kind.DOCUMENT, r"\b(?:born(?: on)?|d\.?o\.?b\.?|date of birth|birthday|geboren am|geburtsdatum|né[e]? le)"
     r"(?: is)?[ :]{1,2}(?P<it>(?:\d{1,2}[./ -]){1,2}\d{2,4}|\d{4}-\d\d-\d\d|(?:\d{1,2}(?:st|nd|rd"
     r"|th)? )?[A-Z][a-zé]{2,9}\.?"
     r"(?: \d{1,2},?)? \d{4}|\d{1,2}\. ?[A-Z][a-zä]{2,9} \d{4})"),
    (Kind.SECRET, r"\b(?:password|passwort|passcode|pin|otp|one-time code|verification code|security code|cvv|cvc)"
     r"(?: (?:code|number))?(?: is|:| =|=) ?(?P<it>(?!(?:not|wrong|too|the|a|an|my|your|required|needed|only|in|on|at"
     r"|and|or|to|for)\b)\S*[^\s.,;!?])"),
    (Kind.SECRET, r"\b(?:gift ?card|voucher|coupon)(?: (?:code|number|no\.?))?[ :]{1,2}(?:(?:is|was) )?"
     r"(?P<it>(?=[A-Z0-9-]*\d)[A-Z0-9]{4,}(?:-[A-Z0-9]{2,})*)\b"),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _CUED)
_BARE = (
    (Kind.DOCUMENT, re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")),  # a US social security number
    (Kind.ORDER, re.compile(r"\b1Z[0-9A-Z]{16}\b")),  # a parcel of UPS
    (Kind.SECRET, re.compile(r"\b(?:sk-|xox[abpr]-|ghp_|AKIA)[\w-]{12,}")),
)
# National numbers are tried as of these; one with its country's prefix is recognised whatever that is.
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IN", "AU")
_CALLED = re.compile(
    r"\b(?:phone|mobile|cell|tel(?:ephone|efon)?|call(?: me)?|ring(?: me)?|whatsapp|text(?: me)?|reach(?: me)?"
    r"|handy|fax)\b"
    r"[^\d\n+(]{0,25}(?P<it>\+?[\d(][\d ()/.-]{5,18}\d)(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)


def numbers(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if _ISSUED.fullmatch(digits) and _luhn(digits):
            yield Found(*match.span(), Kind.CARD)
    for match in _LAST_DIGITS.finditer(text):
        yield Found(*match.span("it" if match["it"] else "masked"), Kind.CARD)
    for match in _IBAN.finditer(text):
        if length := _iban_length(match[0]):
            yield Found(match.start(), match.start() + length, Kind.ACCOUNT)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield Found(*match.span("it"), kind)
    for kind, pattern in _BARE:
        for match in pattern.finditer(text):
            yield Found(*match.span(), kind)


def phones(text: str) -> Iterator[Found]:
    if not re.search(r"\d(?:\D?\d){5}", text):
        return
    import phonenumbers  # noqa: PLC0415 - only whoever drafts needs its tables

    for region in _REGIONS:
        for match in phonenumbers.PhoneNumberMatcher(text, region):
            if _is_written_as_one(match.raw_string):
                yield Found(match.start, match.end, Kind.PHONE)
    for cued in _CALLED.finditer(text):
        if 7 <= len(re.sub(r"\D", "", cued["it"])) <= 15:
            yield Found(*cued.span("it"), Kind.PHONE)


def _is_written_as_one(raw: str) -> bool:
    """Digits without a prefix and in one piece are a product's or an article's as often as a phone's."""
    return bool(re.match(r"[+(]|00", raw) or re.search(r"\d[ ()/.-]+\d", raw) or raw.startswith("0"))


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(int(digit) * (1 + at % 2), 10)) for at, digit in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0


def _iban_length(written: str) -> int:
    """How much of it is an IBAN, by its check digits: a word after one looks like its end. 0: it is none."""
    for end in range(len(written), 14, -1):
        plain = written[:end].replace(" ", "")
        if written[end - 1] == " " or not 15 <= len(plain) <= 34:
            continue
        if int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1:
            return end
    return 0
