"""The products that the index knows, kept until it is another."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from bot.desk.products import Products
from ingest.index import IndexUnavailable, TableRow

log = logging.getLogger(__name__)

AGAIN_S = 60.0  # how long nobody asks whether the index is another: while a source is synced it is one all the time


class Listing(Protocol):
    """What a catalogue needs of ingest.index.SearchIndex."""

    def listed(self) -> list[TableRow]: ...

    def version(self) -> int: ...


class Catalogue:
    """Blocks where it is to be read anew, at most once in AGAIN_S. From any thread."""

    def __init__(self, index: Listing, now: Callable[[], float] = time.monotonic) -> None:
        self._index = index
        self._now = now
        self._reading = Lock()
        self._asked: float | None = None
        self._version: int | None = None
        self._products = Products()

    def product(self, text: str) -> str | None:
        """The one that the text names; "": what has a code there is no product. Never raises: while the index is away,
        of those that were known last."""
        with self._reading:
            if self._asked is None or self._now() - self._asked >= AGAIN_S:
                self._asked = self._now()
                self._read()
            products = self._products
        return products.within(text)

    def _read(self) -> None:
        try:
            version = self._index.version()
            if version != self._version:
                rows = self._index.listed()
                products = [(one.key, one.title) for one in rows if one.is_product]
                self._products = Products(products, [one.key for one in rows if not one.is_product])
                self._version = version
        except IndexUnavailable as error:
            log.warning("the products are not read anew: %s", error)
