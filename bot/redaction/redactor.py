"""Everything that is looked for, in one text."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk.order_numbers import OrderNumbers
from bot.redaction.addresses import addresses
from bot.redaction.found import Found, Kind, merged, replaced
from bot.redaction.names import introduced, known_names
from bot.redaction.numbers import numbers, phones


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of those who had to do with a thread: names, handles and addresses, as they are spelled."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redactor:
    """`orders` knows how the company's order numbers look; None: only what is called one is."""

    orders: OrderNumbers | None = None

    def found(self, text: str, known: Known = Known()) -> Sequence[Found]:
        """In order, none within another."""
        return merged(
            (
                *addresses(text),
                *numbers(text),
                *phones(text),
                *introduced(text),
                *known_names(text, known.names),
                *(Found(start, end, Kind.ORDER) for start, end in (self.orders.spans(text) if self.orders else ())),
            )
        )

    def redact(self, text: str, known: Known = Known()) -> str:
        """The text with each of them replaced by what it is: "[name]"."""
        return replaced(text, self.found(text, known))
