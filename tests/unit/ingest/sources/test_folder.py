"""What a folder lists, and refuses to."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.model import SourceError
from ingest.sources import folder as module
from ingest.sources.folder import FolderSource


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    root.mkdir()
    return root


def _source(root: Path, url: str | None = None) -> FolderSource:
    return FolderSource("docs", root, url, ("everyone",))


def _names(root: Path) -> list[str]:
    return sorted(listed.item_id for listed in _source(root).list().items)


def test_documents_below_are_listed_and_the_rest_is_left_out(root: Path) -> None:
    """Hidden entries, Word's lock files and unknown kinds are no documents."""
    for name in ("b.MD", "a/c.pdf", "a/.hidden.md", ".git/x.md", "~$a.docx", "x.exe", "none"):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert _names(root) == ["docs:a/c.pdf", "docs:b.MD"]


def test_links_to_documents(root: Path) -> None:
    """A prefix makes a link, with odd characters quoted; without one people see the path in the folder."""
    (root / "a b?.md").write_text("x")
    assert _source(root).list().items[0].uri == "a b?.md"
    assert _source(root, "https://x.example/docs").list().items[0].uri == "https://x.example/docs/a%20b%3F.md"


def test_a_link_out_of_the_folder_is_refused(root: Path, tmp_path: Path) -> None:
    """Listed or read: a file that is swapped for a link after the listing is not read either."""
    secret = tmp_path / "secret.md"
    secret.write_text("secret")
    (root / "a.md").write_text("x")
    listed = _source(root).list().items[0]
    (root / "a.md").unlink()
    (root / "a.md").symlink_to(secret)
    (root / "folder").symlink_to(tmp_path)
    (root / "nowhere.md").symlink_to(root / "missing.md")
    listing = _source(root).list()
    assert listing.items == []
    assert listing.complete
    assert len(listing.problems) == 3
    with pytest.raises(SourceError, match="outside"):
        _source(root).read(listed)


def test_links_inside_make_no_loop_and_no_copy(root: Path) -> None:
    """Only a link to a hidden file is followed, as Kubernetes mounts its files."""
    (root / "..data").mkdir()
    (root / "..data" / "mounted.md").write_text("x")
    (root / "mounted.md").symlink_to("..data/mounted.md")
    (root / "loop").symlink_to(root)
    (root / "self.md").symlink_to("self.md")
    (root / "a.md").write_text("x")
    (root / "latest.md").symlink_to("a.md")
    assert _names(root) == ["docs:a.md", "docs:mounted.md"]


def test_a_subfolder_that_cannot_be_read_makes_the_listing_incomplete(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is listed, with the problem."""
    (root / "locked").mkdir()
    (root / "a.md").write_text("x")
    scandir = os.scandir

    def locked(path: str | Path) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(module.os, "scandir", locked)
    listing = _source(root).list()
    assert [listed.uri for listed in listing.items] == ["a.md"]
    assert (listing.complete, listing.problems) == (False, ['"locked" can\'t be listed (permission denied).'])


def test_a_name_that_is_no_text_is_left_out(root: Path) -> None:
    """Linux allows any bytes; the ledger does not."""
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.md")).write_text("x")
    listing = _source(root).list()
    assert listing.items == []
    assert "UTF-8" in listing.problems[0]


def test_a_missing_folder_is_an_error(root: Path) -> None:
    """With the path, and what was kept."""
    with pytest.raises(SourceError, match=r"nowhere.*can't be read.*check the path"):
        _source(root / "nowhere").list()


def test_a_huge_file_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be held in memory whole."""
    monkeypatch.setattr(module, "LARGEST_FILE", 2**20)
    (root / "a.txt").write_bytes(b"x" * (2**20 + 1))
    source = _source(root)
    with pytest.raises(SourceError, match="larger than 1 MiB"):
        source.read(source.list().items[0])
