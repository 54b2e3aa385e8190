"""Stages that overlap: each makes its results in a thread of its own, a few before they are asked for."""

from collections.abc import Generator, Iterable
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], depth: int) -> Generator[T]:
    """The same items in the same order, at most `depth` (2 or more) ahead. What making them raises is raised here.

    Close it (contextlib.closing) when it is not read to the end: that waits for the item in the making.
    """
    made: Queue[tuple[T] | BaseException | None] = Queue(depth)
    stopping = Event()

    def make() -> None:
        end: BaseException | None = None
        try:
            for item in items:
                made.put((item,))
                if stopping.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by whoever reads
            end = error
        made.put(end)

    maker = Thread(target=make, daemon=True, name="ahead")
    maker.start()
    try:
        while isinstance(one := made.get(), tuple):
            yield one[0]
        if one is not None:
            raise one
    finally:
        stopping.set()
        with suppress(Empty):
            while True:
                made.get_nowait()  # room for what the maker holds in its hand
        maker.join()
