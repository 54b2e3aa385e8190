"""ZIP: each member is documents of its own. Nothing is written to disk, so a member's path is only a name."""

import io
import re
import time
import zipfile
import zlib
from dataclasses import replace
from pathlib import PurePosixPath

from ingest.model import ParseError
from ingest.parsing.parsed import Found, ReadPart, bounded

MOST_MEMBERS = 10_000
MOST_BYTES = 512 * 2**20  # unpacked, all members together
PATIENCE = 80  # seconds, well below a worker's limit: what an archive gave until then is kept
_RATIO = 200  # how many times larger than packed an archive may be that is larger than _SMALL
_SMALL = 32 * 2**20
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


def open_package(content: bytes) -> zipfile.ZipFile:
    """An Office file as the archive that it is. Raises ParseError for a bomb, and for XML that declares entities: no
    office program writes it, and expanding them is how a small file fills the memory."""
    archive = open_archive(content)
    for member in archive.infolist():
        if member.filename.lower().endswith((".xml", ".rels")):
            xml = read_member(archive, member)
            plain = xml.decode("utf-16", "replace").encode() if xml[:2] in (b"\xff\xfe", b"\xfe\xff") else xml
            if _DOCTYPE.search(plain):
                raise ParseError("Its XML declares entities, as no office program does; it was not read.")
    return archive


def open_archive(content: bytes) -> zipfile.ZipFile:
    """Raises ParseError for what is no ZIP archive, and for one that is too large to unpack.

    The sizes that an archive states are checked, and they bind: zipfile gives no more of a member than its stated size.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise ParseError("It is not a ZIP archive, or a damaged one.") from error
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS:
        raise ParseError(f"It holds {len(members):,} files, more than the {MOST_MEMBERS:,} that are read.")
    if size > MOST_BYTES or size > max(_SMALL, _RATIO * len(content)):
        raise ParseError(f"It would unpack from {_mib(len(content))} to {_mib(size)}, so it was not read.")
    return archive


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Raises ParseError."""
    if member.flag_bits & 1:
        raise ParseError("It is protected by a password; save it without one.")
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ParseError("It is damaged: it can't be unpacked.") from error


def parse(content: bytes, read_part: ReadPart, readable: frozenset[str]) -> Found:
    """The documents of its members, by their paths; what is in no format that we read is left out, as in a folder."""
    found = Found([], [])
    text = 0
    started = time.monotonic()
    with open_archive(content) as archive:
        for member in archive.infolist():
            name = _inside(member.filename)
            if member.is_dir() or _is_hidden(name) or PurePosixPath(name).suffix.lower() not in readable:
                continue
            try:
                if time.monotonic() - started > PATIENCE:
                    raise ParseError(f"The files before it took {PATIENCE} seconds to read; unpack the archive.")
                part = read_part(name, read_member(archive, member))
            except ParseError as error:
                found.problems.append((name, str(error)))
                continue
            add_part(found, name, part)
            text = bounded(text + sum(len(block.text) for parsed in part.documents for block in parsed.blocks))
    if not found.documents and not found.problems:
        raise ParseError("It holds no file in a format that is read.")
    return found


def add_part(found: Found, name: str, part: Found) -> None:
    """Put a part's documents under its name: "prices.csv", or "prices.csv#A1" where it holds several."""

    def keyed(key: str) -> str:
        return f"{name}#{key}" if key else name

    found.documents.extend(replace(each, key=keyed(each.key)) for each in part.documents)
    found.problems.extend((keyed(key), reason) for key, reason in part.problems)


def _inside(name: str) -> str:
    """A path without what leads out of the archive: ../, a drive, a leading slash."""
    parts = re.split(r"[/\\]+", re.sub(r"^[A-Za-z]:", "", name))
    return "/".join(part for part in parts if part not in ("", ".", "..")) or "file"


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "~$", "__MACOSX")) for part in name.split("/"))


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
