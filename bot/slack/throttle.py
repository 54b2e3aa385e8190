"""How many questions are worked on at once: fewer while the event loop is late. Acks, buttons and the answers that are
streaming wait in that same loop, and a question that waits in the inbox costs nobody anything."""

import asyncio

FEWEST = 8  # so many always go on: a machine that is slow by itself still answers
TICK_S = 0.05
_LATE_S, _EASY_S = 0.02, 0.01  # of a timer, smoothed: an ack takes some twenty turns of the loop
_SMOOTH = 0.3  # what the latest tick counts


class Throttle:
    """`allowed` is at most `most`. It falls by a tenth a tick while the loop is late, and grows by one while it is not
    and all that is allowed is used."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._late_s = 0.0
        self.allowed = most

    def tick(self, late_s: float, running: int) -> None:
        """A timer came so late, while so many questions were worked on."""
        self._late_s += _SMOOTH * (late_s - self._late_s)
        if self._late_s > _LATE_S:
            self.allowed = max(min(self.allowed, int(running * 0.9)), min(FEWEST, self._most))
        elif self._late_s < _EASY_S and running >= self.allowed:
            self.allowed = min(self.allowed + 1, self._most)

    async def sleep(self) -> float:
        """One tick: by how much it was late."""
        loop = asyncio.get_running_loop()
        due = loop.time() + TICK_S
        await asyncio.sleep(TICK_S)
        return max(loop.time() - due, 0.0)
