"""Listing x ledger -> what to do. Pure; nothing is opened."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.ledger import Entry
from ingest.model import Change, ChangeKind, Failure, Listed, Listing
from ingest.parsing import PARSER_VERSION


@dataclass(frozen=True, slots=True)
class Plan:
    """`broken` failed before and have not changed since: still reported, not read again. `held` removals wait for
    approval."""

    changes: Sequence[Change]
    unchanged: int
    broken: Sequence[Failure] = ()
    held: int = 0

    def count(self, kind: ChangeKind) -> int:
        return sum(change.kind == kind for change in self.changes)


def marked(listing: Listing, audience: Sequence[str]) -> Listing:
    """The listing with fingerprints that change, too, when something else that is stored would: the text that the
    parser's version gives, the link, who may read it."""
    return replace(
        listing,
        items=[
            listed._replace(fingerprint=_digest(listed.fingerprint, listed.uri, *audience)) for listed in listing.items
        ],
    )


def content_hash(content: bytes, listed: Listed, audience: Sequence[str]) -> str:
    """Equal when indexing the document again would change nothing."""
    return _digest(hashlib.sha256(content).hexdigest(), listed.uri, *audience)


def detect_changes(listing: Listing, known: Mapping[str, Entry], *, shrink_limit: float, approve: bool = False) -> Plan:
    """`shrink_limit`: the share of the known documents that one sync may remove without approval.

    An incomplete listing removes nothing, approved or not: what it does not show may still be there.
    """
    changes, broken, unchanged = list[Change](), list[Failure](), 0
    for listed in listing.items:
        entry = known.get(listed.item_id)
        if entry is None or (entry.generation is None and entry.fingerprint != listed.fingerprint):
            changes.append(Change(ChangeKind.ADDED, listed.item_id, listed))
        elif entry.fingerprint != listed.fingerprint:
            changes.append(Change(ChangeKind.CHANGED, listed.item_id, listed))
        elif entry.error:
            broken.append(Failure(listed.uri, entry.error))
        else:
            unchanged += 1
    gone = sorted(known.keys() - {listed.item_id for listed in listing.items})
    held = 0 if approve or len(gone) <= shrink_limit * len(known) or not listing.complete else len(gone)
    if listing.complete and not held:
        changes += [Change(ChangeKind.REMOVED, document_id, None) for document_id in gone]
    return Plan(changes, unchanged, broken, held)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join((str(PARSER_VERSION), *parts)).encode()).hexdigest()[:32]
