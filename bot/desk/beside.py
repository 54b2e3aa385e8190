"""What a complaint names besides what it is about: its language, an order, a product. Pure."""

from typing import NamedTuple

from bot.desk.languages import is_english
from bot.desk.order_numbers import OrderNumbers
from bot.desk.words import codes


class Beside(NamedTuple):
    language: str  # "" where it is not English and nobody has said which it is
    order: str | None  # the first that is named
    product: str | None  # a code as the catalogue has them, the first that is none of the orders


def beside(text: str, orders: OrderNumbers | None) -> Beside:
    numbers = orders.within(text) if orders else ()
    rest = orders.without(text) if orders else text
    named = sorted((one for one in codes(rest) if "-" in one), key=rest.lower().find)
    return Beside(
        "English" if is_english(text) else "", numbers[0] if numbers else None, named[0].upper() if named else None
    )
