"""Listing x ledger -> what to do. Pure; nothing is opened."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.ledger import Item
from ingest.model import Change, ChangeKind, Document, Failure, Listing
from ingest.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Plan:
    """`changes` are items that were added or changed, in the order of their ids; `gone` are known items that a complete
    listing no longer has. `unchanged` counts documents. `broken` items failed before and have not changed since: still
    reported, not read again."""

    changes: Sequence[Change]
    gone: Sequence[Item]
    unchanged: int
    broken: Sequence[Failure] = ()


def mark_of(settings: SourceSettings) -> str:
    """Goes before an item's fingerprint, and changes with the settings that change what is stored: then every item is
    read again."""
    return _digest(settings.model_dump_json(exclude={"schedule", "shrink_limit", "stale_after"}))[:8] + " "


def detect_changes(listing: Listing, known: Mapping[str, Item], mark: str) -> Plan:
    """An incomplete listing has nothing gone: what it does not show may still be there."""
    changes, broken, unchanged, new = list[Change](), list[Failure](), 0, 0
    for listed in listing.items:
        item = known.get(listed.item_id)
        if item is None:
            changes.append(Change(ChangeKind.ADDED, listed))
            new += 1
        elif not listed.fingerprint or item.fingerprint != mark + listed.fingerprint:
            changes.append(Change(ChangeKind.CHANGED, listed))
        else:
            unchanged += item.documents
            if item.error:
                broken.append(Failure(listed.uri, item.error))
    changes.sort(key=lambda change: change.listed.item_id)
    gone = []
    if listing.complete and len(listing.items) - new < len(known):
        there = {listed.item_id for listed in listing.items}
        gone = [item for item_id, item in sorted(known.items()) if item_id not in there]
    return Plan(changes, gone, unchanged, broken)


def bytes_hash(content: bytes, mark: str) -> str:
    """Equal when parsing the item again would give the same documents."""
    return _digest(mark, hashlib.sha256(content).hexdigest())


def document_hash(document: Document, mark: str) -> str:
    """Equal when indexing the document again would change nothing but its time."""
    # A row is at another line as soon as one is inserted above it.
    blocks = [replace(block, line=None) if block.kind == "row" else block for block in document.blocks]
    return _digest(mark, document.uri, document.title, document.version or "", repr(blocks), *document.audience)


def too_many(lost: int, known: int, shrink_limit: float) -> bool:
    """Rule 9: whether removing `lost` of `known` documents must wait for approval."""
    return lost > shrink_limit * known


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode(errors="replace")).hexdigest()[:32]
