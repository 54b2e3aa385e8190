"""What a complaint names besides what it is about: its language, an order, a product. Pure, but for who knows the
products."""

from collections.abc import Callable
from typing import NamedTuple

from bot.desk.languages import language_of
from bot.desk.order_numbers import OrderNumbers
from bot.desk.words import codes


class Beside(NamedTuple):
    language: str  # "" where it is not English, and cannot be told
    order: str | None  # the first that is named
    product: str | None  # as the catalogue spells it, or a code such as it has, the first that is none of the orders


def beside(text: str, orders: OrderNumbers | None, product: Callable[[str], str | None] = lambda _: None) -> Beside:
    """`product`: the one of a catalogue that a text names; "": what has a code there is none."""
    numbers = orders.within(text) if orders else ()
    rest = orders.without(text) if orders else text
    known = product(rest)
    coded = sorted((one for one in codes(rest) if "-" in one), key=rest.lower().find)
    named = coded[0].upper() if coded and known is None else known
    return Beside(language_of(text), numbers[0] if numbers else None, named or None)
