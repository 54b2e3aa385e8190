"""Which paths a source takes: globs as people know them from .gitignore."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Globs:
    """`*` and `?` stay within a folder, `**` crosses folders; a pattern without "/" is about the last name alone."""

    include: Sequence[str] = ()  # none: all
    exclude: Sequence[str] = ()

    def allow(self, path: str) -> bool:
        return self.included(path) and not self.excluded(path)

    def included(self, path: str) -> bool:
        return not self.include or any(_matches(pattern, path) for pattern in self.include)

    def excluded(self, path: str) -> bool:
        return any(_matches(pattern, path) for pattern in self.exclude)


def _matches(pattern: str, path: str) -> bool:
    if "/" not in pattern:
        path = path.rsplit("/", 1)[-1]
    return _compiled(pattern.lstrip("/")).fullmatch(path.lstrip("/")) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = {"**/": "(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", pattern)
    return re.compile("".join(pieces.get(part) or re.escape(part) for part in parts), re.DOTALL)
