"""A Git repository: the documents of one branch, from a bare clone of our own that each listing brings up to date."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from ingest.model import Content, Listed, Listing, Source, SourceError, path_id
from ingest.parsing import SUFFIXES
from ingest.source_settings import SourceSettings
from ingest.sources.git_command import Clone, remote_address
from ingest.sources.git_links import Links
from ingest.sources.globs import Globs

LARGEST_FILE = 64 * 2**20  # bytes
_LFS = b"version https://git-lfs.github.com/spec/"


class GitSettings(SourceSettings):
    kind: Literal["git"] = Field(examples=["git"])
    url: Annotated[str, AfterValidator(remote_address)] | None = Field(
        None, examples=["https://github.com/example/handbook.git"]
    )
    path: Path | None = Field(None, examples=["handbook"])  # a repository on this machine instead
    branch: str | None = Field(None, pattern=r"^\w[\w./+@#-]*$", examples=["main"])
    folder: str = Field("", pattern=r"^[^:]*$", examples=["docs"])  # only what is below
    include: tuple[str, ...] = Field((), examples=[["**/*.md"]])
    exclude: tuple[str, ...] = Field((), examples=[["drafts/**"]])
    link: str | None = Field(
        None, pattern=r"^https?://.*\{path\}", examples=["https://git.example.com/{branch}/{path}"]
    )
    token_file: Path | None = Field(None, examples=["secrets/git-token"])  # for https: a file that holds the token
    time_limit_s: float = Field(900.0, gt=0, examples=[900.0])  # of one git command

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError('needs either url or path; example: url = "https://github.com/example/handbook.git"')
        return self

    def make(self, name: str, state_dir: Path) -> Source:
        return GitSource(name, self, state_dir)


class GitSource:
    """The fingerprint of a file is its blob's id: whatever happened to the history, the same text is the same."""

    def __init__(self, name: str, settings: GitSettings, state_dir: Path) -> None:
        self.name = name
        self.audience: tuple[str, ...] = settings.audience
        self._settings = settings
        self._links = Links(settings.url, settings.link)
        self.line_anchor = self._links.line_anchor
        self._globs = Globs(settings.include, settings.exclude)
        self._folder = settings.folder.strip("/")
        self._dates_file = state_dir / "dates.json"
        remote = settings.url or str(settings.path)
        self._clone = Clone(state_dir / "clone.git", remote, settings.token_file, settings.time_limit_s)
        weakref.finalize(self, self._clone.close)

    def list(self) -> Listing:
        """Raises SourceError when the repository can't be fetched: then nothing is known, and nothing is removed."""
        try:
            with self._clone.held():
                branch, ref, commit = self._clone.remote_tip(self._settings.branch)
                try:
                    entries, dates, tip = self._looked_up(ref, commit)
                except SourceError:
                    if self._clone.is_sound():
                        raise
                    self._clone.discard()
                    entries, dates, tip = self._looked_up(ref, commit)
        except SourceError as error:
            place = self._settings.url or self._settings.path
            raise SourceError(f'The repository "{place}" of source "{self.name}": {error}') from error
        items, problems = list[Listed](), list[str]()
        for kind, oid, raw in entries:
            try:
                inside = raw.decode()
            except UnicodeDecodeError:
                problems.append(f"{raw!a} was left out: its name is not valid UTF-8.")
                continue
            if kind == "commit" and self._globs.allow(inside):
                problems.append(f'"{inside}" is a submodule and was left out; make it a source of its own.')
            elif kind == "blob" and self._is_document(inside):
                below = self._below(inside)
                changed = datetime.fromtimestamp(dates.get(below, tip), UTC)
                items.append(Listed(path_id(self.name, inside), self._links.to(branch, below), oid, changed))
        return Listing(items, True, problems)

    def read(self, listed: Listed) -> Content:
        data = self._clone.blob(listed.fingerprint, LARGEST_FILE)
        if data.startswith(_LFS) and len(data) < 1024:
            raise SourceError("It is kept in Git LFS, and the repository holds only a pointer to it.")
        return Content(data, listed.item_id.rsplit("/", 1)[-1].removeprefix(f"{self.name}:"))

    def probe(self) -> str:
        """Whether the branch can be reached. Raises SourceError."""
        branch, _, commit = self._clone.remote_tip(self._settings.branch)
        return f"branch {branch} is at {commit[:10]}"

    def _looked_up(self, ref: str, commit: str) -> tuple[Sequence[tuple[str, str, bytes]], Mapping[str, float], float]:
        """The branch's entries, when each was last changed, and when the branch was; fetched if need be."""
        commit = self._clone.update(ref, commit)
        return list(self._entries(commit)), self._dates(commit), self._clone.commit_date(commit)

    def _entries(self, commit: str) -> Iterator[tuple[str, str, bytes]]:
        """(blob or commit, id, path below the folder) of files and submodules; symbolic links are not followed."""
        tree = f"{commit}:{self._folder}" if self._folder else commit
        if self._folder and self._clone.run("cat-file", "-t", tree, check=False).strip() != b"tree":
            raise SourceError(f'It has no folder "{self._folder}".')
        for line in self._clone.run("ls-tree", "-r", "-z", tree).split(b"\0"):
            if line:
                about, _, path = line.partition(b"\t")
                mode, kind, oid = about.decode().split(" ")
                if mode != "120000":
                    yield kind, oid, path

    def _is_document(self, inside: str) -> bool:
        name = inside.rsplit("/", 1)[-1]
        hidden = any(part.startswith((".", "~$")) for part in inside.split("/"))
        return not hidden and name[name.rfind(".") :].lower() in SUFFIXES and self._globs.allow(inside)

    def _below(self, inside: str) -> str:
        return f"{self._folder}/{inside}" if self._folder else inside

    def _dates(self, commit: str) -> Mapping[str, float]:
        """When each path was last changed. Only the commits since the last listing are looked through."""
        known = self._known_dates()
        if known and known.commit == commit:
            return known.dates
        if known and self._clone.is_ancestor(known.commit, commit):
            dates = {**known.dates, **self._clone.changes(f"{known.commit}..{commit}", self._folder)}
        else:
            dates = self._clone.changes(commit, self._folder)
        temporary = self._dates_file.with_suffix(".new")
        try:
            temporary.write_text(_Dates(commit=commit, folder=self._folder, dates=dates).model_dump_json())
            temporary.replace(self._dates_file)
        except OSError as error:
            raise SourceError(f"{temporary} can't be written ({error.strerror}); check the disk.") from error
        return dates

    def _known_dates(self) -> "_Dates | None":
        try:
            known = _Dates.model_validate_json(self._dates_file.read_bytes())
        except (OSError, ValueError):
            return None
        return known if known.folder == self._folder else None


class _Dates(BaseModel):
    commit: str
    folder: str
    dates: dict[str, float]
