"""Where the time of an answer went, in milliseconds."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from time import perf_counter

# What others take: the index ("search", a part of "retrieve"), the model that looks at pictures, interprets and writes,
# and the place where the answer is shown.
_OTHERS = ("search", "look", "interpret", "write", "show")


class Timer:
    def __init__(self) -> None:
        self._start = perf_counter()
        self._spent: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; the same name adds up."""
        began = perf_counter()
        try:
            yield
        finally:
            self.add(name, (perf_counter() - began) * 1000)

    async def waiting(self, name: str, work: Awaitable[None]) -> None:
        with self.stage(name):
            await work

    def add(self, name: str, ms: float) -> None:
        self._spent[name] = self._spent.get(name, 0.0) + ms

    def first(self, name: str) -> None:
        """Note how long it took to get here, the first time only."""
        self._spent.setdefault(name, (perf_counter() - self._start) * 1000)

    def report(self) -> dict[str, float]:
        """Each stage, "total", and "own": all but embedding, Qdrant, the model and the stage."""
        total = (perf_counter() - self._start) * 1000
        own = total - sum(self._spent.get(name, 0.0) for name in _OTHERS)
        return {name: round(ms, 3) for name, ms in (self._spent | {"total": total, "own": max(own, 0.0)}).items()}
