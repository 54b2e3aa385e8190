"""A Git repository: what its branch holds, since when, and where to read it; and what becomes of odd ones."""

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import ValidationError

from ingest.model import Listing, SourceError
from ingest.sources import git as module
from ingest.sources.git import GitSettings, GitSource
from ingest.sources.git_command import Clone
from ingest.sources.git_links import Links

Make = Callable[..., GitSource]


@dataclass
class Repository:
    path: Path
    year: int = 2020

    def git(self, *arguments: str) -> str:
        date = f"{self.year}-06-01T12:00:00Z"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment = inherited | {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date}
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"]
        ran = subprocess.run([*command, *arguments], cwd=self.path, env=environment, check=True, capture_output=True)
        return ran.stdout.decode().strip()

    def commit(self, year: int, **files: str | bytes | None) -> str:
        """`a__b_md` is a/b.md; None deletes."""
        self.year = year
        for name, text in files.items():
            path = self.path / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.path.mkdir()
    repository.git("init", "--quiet", "-b", "main")
    return repository


@pytest.fixture
def make(repository: Repository, tmp_path: Path) -> Make:
    def make(**settings: Any) -> GitSource:
        given = {"path": repository.path, **settings}
        return GitSettings(kind="git", **given).make("handbook", tmp_path / "state")  # type: ignore[return-value]

    return make


def told(listing: Listing) -> dict[str, int]:
    """Path -> the year of its last change."""
    return {item.item_id.removeprefix("handbook:"): item.changed_at.year for item in listing.items}


def test_documents_of_the_branch_with_the_dates_of_their_last_change(repository: Repository, make: Make) -> None:
    """Not what is hidden, of no known kind, or uncommitted."""
    repository.commit(2020, a_md="a", guide__b_md="b", _github__c_md="no", d_bin="no")
    repository.commit(2021, guide__b_md="b, changed")
    (repository.path / "e.md").write_text("not committed")
    source = make()
    listing = source.list()
    assert told(listing) == {"a.md": 2020, "guide/b.md": 2021}
    assert (listing.complete, listing.problems) == (True, [])
    contents = [source.read(item) for item in listing.items]
    assert [(content.name, content.data) for content in contents] == [("a.md", b"a"), ("b.md", b"b, changed")]
    assert listing.items[0].changed_at == datetime(2020, 6, 1, 12, tzinfo=UTC)


def test_only_what_changed_has_another_fingerprint(repository: Repository, make: Make) -> None:
    """Also across a merge, a rewritten history and a clone that was lost."""
    repository.commit(2020, a_md="a", b_md="b", c_md="c")
    source = make()
    first = source.list()
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit(2021, b_md="b2")
    repository.git("checkout", "--quiet", "main")
    repository.commit(2022, d_md="d")
    repository.git("merge", "--quiet", "--no-edit", "side")
    second = source.list()
    assert told(second) == {"a.md": 2020, "b.md": 2021, "c.md": 2020, "d.md": 2022}
    prints = {item.item_id: item.fingerprint for item in first.items}
    assert [i.item_id for i in second.items if prints.get(i.item_id) != i.fingerprint] == [
        "handbook:b.md",
        "handbook:d.md",
    ]
    repository.git("checkout", "--quiet", "--orphan", "fresh")
    repository.commit(2023, c_md=None)
    repository.git("branch", "--quiet", "-M", "fresh", "main")
    third = source.list()
    assert told(third) == {"a.md": 2023, "b.md": 2023, "d.md": 2023}
    assert {i.fingerprint for i in third.items} < {i.fingerprint for i in second.items}


def test_a_change_made_in_a_merge_has_the_merges_date(repository: Repository, make: Make) -> None:
    repository.commit(2020, a_md="a")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit(2021, b_md="b")
    repository.git("checkout", "--quiet", "main")
    repository.commit(2022, c_md="c")
    repository.git("merge", "--quiet", "--no-commit", "side")
    repository.commit(2023, a_md="changed while merging")
    assert told(make().list()) == {"a.md": 2023, "b.md": 2021, "c.md": 2022}


def test_nothing_new_costs_no_fetch_and_no_history(
    repository: Repository, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(2020, a_md="a")
    make().list()
    ran: list[str] = []
    run = Clone.run
    monkeypatch.setattr(Clone, "run", lambda self, *a, **k: (ran.append(a[0]), run(self, *a, **k))[1])
    make().list()
    assert ran == ["ls-remote", "rev-parse", "rev-parse", "ls-tree", "show"]


def test_branch_folder_and_globs(repository: Repository, make: Make) -> None:
    """Paths are told below the folder; links from the repository's root."""
    repository.commit(2020, docs__a_md="a", docs__x__b_md="b", docs__x__c_txt="c", other_md="o")
    repository.git("checkout", "--quiet", "-b", "release/1")
    repository.commit(2021, docs__new_md="n")
    repository.git("checkout", "--quiet", "main")
    assert told(make(folder="docs/", include=["**/*.md"], exclude=["x/**"]).list()) == {"a.md": 2020}
    source = make(
        branch="release/1", folder="docs", link="https://git.example/{branch}/{path}#n{line}", include=["new.*"]
    )
    [item] = source.list().items
    assert (item.uri, source.line_anchor) == ("https://git.example/release/1/docs/new.md", "#n{line}")
    with pytest.raises(SourceError, match='has no folder "dosc"'):
        make(folder="dosc").list()
    with pytest.raises(SourceError, match="has no branch next"):
        make(branch="next").list()


def test_odd_entries_are_left_out(repository: Repository, make: Make) -> None:
    """A symbolic link, a submodule, a name that is no text, a pointer to large file storage, a huge file."""
    repository.commit(2020, a_md="a")
    repository.git("submodule", "--quiet", "add", str(repository.path), "sub")
    (repository.path / "link.md").symlink_to("/etc/passwd")
    Path(os.fsdecode(os.fsencode(repository.path) + b"/\xff.md")).write_text("x")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    repository.commit(2021, lfs_md=pointer, b_md="b")
    source = make()
    listing = source.list()
    assert told(listing) == {"a.md": 2020, "b.md": 2021, "lfs.md": 2021}
    assert len(listing.problems) == 2
    assert any('"sub" is a submodule' in problem for problem in listing.problems)
    lfs = next(item for item in listing.items if item.item_id.endswith("lfs.md"))
    with pytest.raises(SourceError, match="Git LFS"):
        source.read(lfs)


def test_a_file_that_is_too_large_does_not_stop_the_rest(
    repository: Repository, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_FILE", 2**20)
    repository.commit(2020, a_md=bytes(2**20 + 1), b_md="b")
    source = make()
    huge, small = source.list().items
    with pytest.raises(SourceError, match="larger than 1 MiB"):
        source.read(huge)
    assert source.read(small).data == b"b"


def test_a_repository_that_cannot_be_reached_is_an_error(repository: Repository, make: Make) -> None:
    """With what git says, without the address's secrets, and nothing is removed; what was fetched can be read."""
    repository.commit(2020, a_md="a")
    source = make()
    [item] = source.list().items
    repository.path.rename(repository.path.with_name("moved"))
    with pytest.raises(
        SourceError, match=r'repository ".*repository" of source "handbook": `git ls-remote` failed'
    ) as error:
        source.list()
    assert "\n" not in str(error.value)
    assert source.read(item).data == b"a"
    unreachable = make(path=None, url="http://127.0.0.1:1/r.git", time_limit_s=20.0)
    with pytest.raises(SourceError, match="ls-remote"):
        unreachable.list()
    with pytest.raises(SourceError, match="ls-remote"):
        unreachable.probe()


def test_an_empty_repository_is_an_error(make: Make) -> None:
    with pytest.raises(SourceError, match="It is empty"):
        make().list()


@pytest.mark.parametrize("damage", ["lock", "objects", "head"])
def test_a_damaged_clone_is_made_anew(repository: Repository, make: Make, tmp_path: Path, damage: str) -> None:
    """As a kill in the middle of a fetch, or a bad disk, leaves it."""
    repository.commit(2020, a_md="a")
    first = make().list()
    clone = tmp_path / "state" / "clone.git"
    if damage == "lock":
        (clone / "refs" / "frontdesk" / "tip.lock").touch()
    elif damage == "head":
        (clone / "HEAD").write_bytes(b"\0\0")
    else:
        for path in (clone / "objects").rglob("*"):
            if path.is_file():
                path.chmod(0o600)
                path.write_bytes(b"")
    repository.commit(2021, b_md="b")
    source = make()
    listing = source.list()
    assert told(listing) == {"a.md": 2020, "b.md": 2021}
    assert listing.items[0] == first.items[0]
    assert source.read(listing.items[1]).data == b"b"


def test_one_process_fetches_at_a_time(repository: Repository, make: Make) -> None:
    repository.commit(2020, a_md="a")
    with make()._clone.held(), pytest.raises(SourceError, match="Another process"):
        make().list()


def test_a_git_that_hangs_is_ended_with_its_children(
    repository: Repository, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transport that never answers costs its time limit and leaves nothing running."""
    pid = tmp_path / "pid"
    monkeypatch.setenv("GIT_SSH_COMMAND", f"sh -c 'echo $$ > {pid}; exec sleep 600'")
    with pytest.raises(SourceError, match=r"took longer than 1 second"):
        make(path=None, url="git@git.example.com:o/r.git", time_limit_s=1.0).list()
    end = time.monotonic() + 10
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(int(pid.read_text())).status() != "zombie":
            assert time.monotonic() < end


def test_hooks_and_settings_of_others_are_not_run(
    repository: Repository, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of the repository that the command is started in nor of the environment."""
    repository.commit(2020, a_md="a")
    monkeypatch.chdir(repository.path)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    ran = tmp_path / "ran"
    hook = repository.path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    assert told(make().list()) == {"a.md": 2020}
    assert not ran.exists()


def test_a_token_is_sent_and_never_shown(repository: Repository, make: Make, tmp_path: Path) -> None:
    """In git's environment, not among its arguments, and for its host alone."""
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    clone = make(path=None, url="https://git.example.com/o/r.git", token_file=token)._clone
    environment = clone._environment()
    assert environment["GIT_CONFIG_KEY_0"] == "http.https://git.example.com/.extraHeader"
    assert environment["GIT_CONFIG_VALUE_0"].startswith("Authorization: Basic ")
    assert (
        clone._readable(b"remote: x\nfatal: unable to access 'https://me:s3cret@h/': no\n")
        == "unable to access 'https://h/': no"
    )
    token.unlink()
    with pytest.raises(SourceError, match="token_file"):
        clone.run("version")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "--upload-pack=touch /tmp/x",
            "ext::sh -c touch",
            "-oProxyCommand=x@h:p",
            "file:///etc",
            "ssh://-oProxyCommand=x/y",
        ),
        *(
            "https://me:pw@h/r",
            "https://token@h/r",
            "/srv/r.git",
            "h",
            "https:///r",
            "https://h/r\nx",
            "x::y",
            "fd::17",
        ),
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        GitSettings(kind="git", url=url)


@pytest.mark.parametrize(
    ("url", "uri", "anchor"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r/blob/main/d/a%20b.md", "?plain=1#L{line}"),
        ("git@github.com:o/r.git", "https://github.com/o/r/blob/main/d/a%20b.md", "?plain=1#L{line}"),
        ("ssh://git@gitlab.example.com:2222/o/p/r.git", "https://gitlab.example.com/o/p/r/-/blob/main/d/a%20b.md", "?plain=1#L{line}"),
        ("https://bitbucket.org/o/r", "https://bitbucket.org/o/r/src/main/d/a%20b.md", "#lines-{line}"),
        ("https://codeberg.org/o/r/", "https://codeberg.org/o/r/src/branch/main/d/a%20b.md", "?display=source#L{line}"),
        ("https://git.example.com/r.git", "d/a b.md", ""),
    ],
)  # fmt: skip
def test_links_to_the_file_at_its_host(url: str, uri: str, anchor: str) -> None:
    GitSettings(kind="git", url=url)
    links = Links(url, None)
    assert (links.to("main", "d/a b.md"), links.line_anchor) == (uri, anchor)


def test_what_doctor_asks(repository: Repository, make: Make, tmp_path: Path) -> None:
    """The remote alone; nothing is cloned."""
    commit = repository.commit(2020, a_md="a")
    assert make().probe() == f"branch main is at {commit[:10]}"
    assert not (tmp_path / "state").exists()
