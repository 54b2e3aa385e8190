"""What somebody wants who types /sources: a search, unless the words are exactly a command. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Search:
    words: str


@dataclass(frozen=True, slots=True)
class SyncNow:
    """`sources`: the named one, or all."""

    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    pass


@dataclass(frozen=True, slots=True)
class Quiet:
    pass


@dataclass(frozen=True, slots=True)
class Help:
    pass


def read_request(words: str, sources: Sequence[str]) -> Search | SyncNow | Status | Quiet | Help:
    """`sources`: the configured ones. "sync policy" is a search, unless a source is called policy."""
    match words.lower().split():
        case ["help"]:
            return Help()
        case ["status"]:
            return Status()
        case ["quiet"]:
            return Quiet()
        case ["sync"] if sources:
            return SyncNow(tuple(sources))
        case ["sync", name] if named := tuple(one for one in sources if one.lower() == name):
            return SyncNow(named)
    return Search(words) if any(letter.isalnum() for letter in words) else Help()
