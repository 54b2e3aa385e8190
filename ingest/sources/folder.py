"""A folder of documents on this machine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import Field

from ingest.model import Content, Listed, Listing, SourceError, path_id, path_of
from ingest.parsing import SUFFIXES
from ingest.source_settings import SourceSettings

LARGEST_FILE = 64 * 2**20  # bytes; a larger one is no document


class FolderSettings(SourceSettings):
    kind: Literal["folder"] = Field(examples=["folder"])
    path: Path = Field(examples=["docs"])
    url: str | None = Field(None, examples=["https://docs.example.com/"])  # the prefix of the documents' links

    def make(self, name: str, state_dir: Path) -> "FolderSource":
        return FolderSource(name, self.path, self.url, self.audience)


@dataclass(slots=True)
class _Walk:
    """What one listing has come across."""

    root: Path
    items: list[Listed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    complete: bool = True


class FolderSource:
    line_anchor = ""

    def __init__(self, name: str, path: Path, url: str | None, audience: tuple[str, ...]) -> None:
        self.name = name
        self.audience = audience
        self._path = path
        self._url = url

    def list(self) -> Listing:
        """Every document in the folder and below, unopened. Hidden entries are left out.

        Raises SourceError when the folder itself cannot be read: then nothing is known, and nothing is removed.
        """
        try:
            walk = _Walk(self._path.resolve(strict=True))
            first = list(os.scandir(walk.root))
        except OSError as error:
            raise SourceError(
                f'The folder "{self._path}" of source "{self.name}" can\'t be read ({_reason(error)}); '
                "check the path and its permissions."
            ) from error
        self._descend(walk, first, "")
        return Listing(walk.items, walk.complete, walk.problems)

    def read(self, listed: Listed) -> Content:
        inside = path_of(self.name, listed.item_id)
        path = self._path / inside
        try:
            if not path.resolve(strict=True).is_relative_to(self._path.resolve()):
                raise SourceError("It is a link to a place outside the folder, so it was not read.")
            with path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise SourceError(f"It can't be read ({_reason(error)}).") from error
        if len(content) > LARGEST_FILE:
            raise SourceError(f"It is larger than {LARGEST_FILE // 2**20} MiB; split it.")
        return Content(content, path.name)

    def _descend(self, walk: _Walk, entries: Sequence[os.DirEntry[str]], above: str) -> None:
        """Runs over every file of every sync: strings and system calls only, no Path and no needless stat."""
        for entry in entries:
            name = entry.name
            if name[0] == "." or name.startswith("~$"):  # hidden; Word's lock files
                continue
            inside = above + name
            try:
                if not name.isascii():
                    name.encode()
                if not entry.is_file(follow_symlinks=False):
                    if entry.is_symlink() and not _followed(walk, entry, inside):
                        continue
                    if entry.is_dir():
                        self._descend(walk, list(os.scandir(entry.path)), f"{inside}/")
                        continue
                if name[name.rfind(".") :].lower() in SUFFIXES and entry.is_file():
                    walk.items.append(self._listed(inside, entry.stat()))
            except UnicodeEncodeError:
                walk.problems.append(f"{inside!a} was left out: its name is not valid UTF-8.")
            except FileNotFoundError:  # deleted while we looked
                continue
            except OSError as error:
                walk.problems.append(f'"{inside}" can\'t be listed ({_reason(error)}).')
                walk.complete = False

    def _listed(self, inside: str, stat: os.stat_result) -> Listed:
        return Listed(
            path_id(self.name, inside),
            self._url.rstrip("/") + "/" + quote(inside) if self._url else inside,
            # Not mtime: an edit may keep it. A restored backup is read once more, and not embedded.
            f"{stat.st_size}-{stat.st_ctime_ns}",
            datetime.fromtimestamp(stat.st_mtime, UTC),
        )


def _followed(walk: _Walk, link: os.DirEntry[str], inside: str) -> bool:
    """Only a link to a hidden file inside the folder is followed (Kubernetes mounts files so). Another target inside is
    listed by its own path, so a loop or a second copy cannot come about; one outside is refused."""
    try:
        target = Path(link.path).resolve(strict=True)
        within = target.relative_to(walk.root)
    except (OSError, RuntimeError, ValueError):  # dangling; a loop; outside
        walk.problems.append(f'"{inside}" is a link that leads nowhere or out of the folder; it was left out.')
        return False
    return target.is_file() and any(part.startswith(".") for part in within.parts)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
