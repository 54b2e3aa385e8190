"""Finds prompts/NAME/VERSION.md, says which version is live, refuses one that is not what was released."""

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.desk.errors import PromptInvalid
from bot.desk.model import Prompt, PromptRef, Rules

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class _Rules(BaseModel):
    """A rule's number may be the name of a variable: then text and rule can't differ."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_words: int | str | None = None
    paragraphs: int | str | None = None
    language: Literal["question"] | None = None


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    summary: str
    date: date
    variables: dict[str, str | int]
    rules: _Rules = _Rules()


class _Release(BaseModel):
    """[NAME] in releases.toml: which version is live, and the sha256 of each released one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    live: str
    sha256: dict[str, str]


@dataclass(frozen=True, slots=True)
class ListedPrompt:
    name: str
    version: str
    summary: str
    date: date
    released: bool
    live: bool


class PromptLibrary:
    """Prompts of several folders; a name in an earlier one hides the same name in a later one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._live: dict[str, Prompt] = {}

    def live(self, name: str) -> Prompt:
        """The released version of a prompt, read once a process. Raises PromptInvalid."""
        if name not in self._live:
            self._live[name] = self.load(name)
        return self._live[name]

    def load(self, name: str, version: str | None = None) -> Prompt:
        """A version (default: the live one), rendered. Raises PromptInvalid when it is not what was released."""
        folder = self._folder(name)
        release = _releases(folder).get(name)
        if version is None:
            if release is None:
                raise PromptInvalid(f'prompts/releases.toml has no [{name}]; example: live = "1.0.0"')
            version = release.live
        path = folder / name / f"{version}.md"
        front, text, digest = _read(path)
        if (front.name, front.version) != (name, version):
            raise PromptInvalid(f"{path}: its front matter says {front.name} {front.version}")
        recorded = release.sha256.get(version) if release else None
        if release and version == release.live and recorded is None:
            raise PromptInvalid(f'{name} {version} is live without a recorded hash; add "{version}" = "{digest}"')
        if recorded not in (None, digest):
            raise PromptInvalid(
                f"{name} {version} was changed after its release; put it back and add a new version instead"
            )
        return Prompt(PromptRef(name, version, digest), text, _rules(path, front))

    def list(self) -> list[ListedPrompt]:
        return sorted(self._listed(), key=lambda one: (one.name, _order(one.version)))

    def _listed(self) -> Iterator[ListedPrompt]:
        seen: set[str] = set()
        for folder in self._folders:
            releases = _releases(folder) if folder.is_dir() else {}
            names = {path.parent.name for path in folder.glob("*/*.md") if _is_version(path)} - seen
            for name in names:
                release = releases.get(name)
                for path in filter(_is_version, (folder / name).glob("*.md")):
                    front, _, _ = _read(path)
                    yield ListedPrompt(
                        name,
                        path.stem,
                        front.summary,
                        front.date,
                        released=release is not None and path.stem in release.sha256,
                        live=release is not None and path.stem == release.live,
                    )
            seen |= names

    def diff(self, name: str, old: str, new: str) -> str:
        """A unified diff of two versions as they are rendered."""
        before, after = self.load(name, old), self.load(name, new)
        lines = difflib.unified_diff(
            before.text.splitlines(keepends=True),
            after.text.splitlines(keepends=True),
            f"{name} {old}",
            f"{name} {new}",
        )
        return "".join(lines)

    def _folder(self, name: str) -> Path:
        for folder in self._folders:
            if any(map(_is_version, (folder / name).glob("*.md"))):
                return folder
        places = " and ".join(str(folder) for folder in self._folders)
        raise PromptInvalid(f"there is no prompt {name!r} in {places}")


def _is_version(path: Path) -> bool:
    return re.fullmatch(r"\d+\.\d+\.\d+", path.stem) is not None


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _read(path: Path) -> tuple[_FrontMatter, str, str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PromptInvalid(f"{path} can't be read ({error.strerror})") from error
    parts = _FRONT_MATTER.match(content.decode("utf-8", "replace"))
    if parts is None:
        raise PromptInvalid(f"{path} has no front matter between two lines of ---")
    try:
        front = _FrontMatter.model_validate(yaml.safe_load(parts[1]))
    except (ValidationError, yaml.YAMLError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": "it is not YAML"}
        raise PromptInvalid(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    return front, _render(path, front, parts[2]), hashlib.sha256(content).hexdigest()


def _render(path: Path, front: _FrontMatter, text: str) -> str:
    used = set(_VARIABLE.findall(text))
    if unknown := used - front.variables.keys():
        raise PromptInvalid(f"{path} uses {{{{{min(unknown)}}}}}, which its variables do not name")
    if unused := front.variables.keys() - used:
        raise PromptInvalid(f"{path} names the variable {min(unused)}, which its text does not use")
    return _VARIABLE.sub(lambda match: str(front.variables[match[1]]), text).strip() + "\n"


def _rules(path: Path, front: _FrontMatter) -> Rules:
    words, paragraphs = (
        front.variables.get(value) if isinstance(value, str) else value
        for value in (front.rules.max_words, front.rules.paragraphs)
    )
    for name, said, value in (
        ("max_words", front.rules.max_words, words),
        ("paragraphs", front.rules.paragraphs, paragraphs),
    ):
        if said is not None and (not isinstance(value, int) or value < 1):
            raise PromptInvalid(f"{path}: rules.{name}: {said} is neither a number above 0 nor a variable that is one")
    return Rules(
        words if isinstance(words, int) else None,
        paragraphs if isinstance(paragraphs, int) else None,
        front.rules.language,
    )


def _releases(folder: Path) -> dict[str, _Release]:
    path = folder / "releases.toml"
    if not path.exists():
        return {}
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _Release.model_validate(entry) for name, entry in raw.items()}
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise PromptInvalid(f"{path}: {str(error).splitlines()[0]}") from error
