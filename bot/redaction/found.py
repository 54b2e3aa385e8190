"""What was found in a text, and how it is replaced. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Of personal data; the value stands in its place, in square brackets."""

    NAME = "name"
    EMAIL = "e-mail"
    PHONE = "phone number"
    ORDER = "order number"
    ADDRESS = "address"
    CARD = "card number"
    ACCOUNT = "account number"
    NETWORK = "network address"
    LINK = "private link"
    DOCUMENT = "personal number"  # of a passport, a tax office, a device; a date of birth
    SECRET = "secret"  # noqa: S105 - the word that replaces one


class Found(NamedTuple):
    start: int
    end: int
    kind: Kind


def merged(found: Iterable[Found]) -> list[Found]:
    """In order, none within another: of two that overlap the longer one says what it is, and both are gone."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
            continue
        last = kept[-1]
        kind = one.kind if one.end - one.start > last.end - last.start else last.kind
        kept[-1] = Found(last.start, max(last.end, one.end), kind)
    return kept


def replaced(text: str, found: Iterable[Found]) -> str:
    parts, position = [], 0
    for one in merged(found):
        parts += [text[position : one.start], f"[{one.kind.value}]"]
        position = one.end
    return "".join([*parts, text[position:]])
