"""Whether the index holds what the ledger says, no more and no less."""

from collections.abc import Collection as Names
from dataclasses import dataclass

from ingest.index.contract import Collection
from ingest.ledger import Ledger


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """What ledger and index disagree on, a sentence each. Documents that a sync is writing now are left out."""

    documents: int
    chunks: int
    missing: tuple[str, ...]  # what queries should find and cannot
    surplus: tuple[str, ...]  # what takes room and is never shown
    unfinished: tuple[str, ...]  # documents that a sync has begun to write and not finished; the next one does
    foreign: tuple[str, ...]  # sources that are indexed and not configured

    @property
    def problems(self) -> tuple[str, ...]:
        """All that is wrong, a sentence each; what a sync has begun is not."""
        foreign = (f"{source}: indexed and not configured; the next sync removes it" for source in self.foreign)
        return (*self.missing, *self.surplus, *foreign)

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(ledger: Ledger, collection: Collection, sources: Names[str]) -> IndexCheck:
    """Compare every document's chunks. Raises LedgerError and IndexUnavailable."""
    before = {entry.document_id: entry for entry in ledger.entries()}
    held = collection.document_ids()
    entries = {entry.document_id: entry for entry in ledger.entries()}
    missing, surplus = list[str](), list[str]()
    for document_id, entry in entries.items():
        generations = held.get(document_id, {})
        there = generations.get(entry.generation, 0) if entry.generation is not None else 0
        rest = sum(generations.values()) - there
        if entry.dirty or before.get(document_id) != entry:
            continue
        if there < entry.chunks:
            missing.append(f"{document_id}: {there} of {entry.chunks} chunks are in the index")
        if rest or there > entry.chunks:
            surplus.append(f"{document_id}: {rest + max(0, there - entry.chunks)} chunks too many are in the index")
    for document_id in sorted(held.keys() - entries.keys() - before.keys()):
        surplus.append(f"{document_id}: {sum(held[document_id].values())} chunks of no known document")
    return IndexCheck(
        documents=sum(entry.generation is not None for entry in entries.values()),
        chunks=sum(entry.chunks for entry in entries.values() if entry.generation is not None),
        missing=tuple(missing),
        surplus=tuple(surplus),
        unfinished=tuple(entry.document_id for entry in entries.values() if entry.dirty),
        foreign=tuple(sorted(ledger.sources() - set(sources))),
    )
