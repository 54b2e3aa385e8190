"""The steps of an answer as the tasks of a stream's plan: searching, reading, checking. Slack folds it once all are
done, so that the answer comes first. Pure."""

from typing import Any

Chunk = dict[str, Any]
MODE = "plan"
TITLE = "Steps to this answer"
CHECKING = "Checking each sentence against its source"
_TITLE = 256  # characters


class Steps:
    """One step at a time: the next one completes it. What Slack was not told yet waits, each step once."""

    def __init__(self) -> None:
        self._waiting: dict[str, Chunk] = {"": {"type": "plan_update", "title": TITLE}}  # by the task's id
        self._current: Chunk | None = None
        self._count = 0

    def begin(self, title: str) -> None:
        """The same step again is no new one."""
        title = title[:_TITLE]
        if self._current is not None and self._current["title"] == title:
            return
        self.end()
        self._count += 1
        self._set({"type": "task_update", "id": f"step-{self._count}", "title": title, "status": "in_progress"})

    def end(self, *, failed: bool = False) -> None:
        """No step is left in progress."""
        if self._current is not None and self._current["status"] == "in_progress":
            self._set(self._current | {"status": "error" if failed else "complete"})

    def _set(self, chunk: Chunk) -> None:
        self._current = self._waiting[chunk["id"]] = chunk

    def waiting(self) -> list[Chunk]:
        """What Slack is to be told."""
        return list(self._waiting.values()) if self._count else []

    def told(self, chunks: list[Chunk]) -> None:
        """Slack has these."""
        for chunk in chunks:
            name = chunk.get("id", "")
            if self._waiting.get(name) is chunk:
                del self._waiting[name]
