"""Whether index, ledger and sources agree, and what is done about it where they do not."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.change_detection import detect_changes, mark_of
from ingest.index.contract import Collection
from ingest.ledger import Entry, Ledger
from ingest.model import ChangeKind, Source, SourceError
from ingest.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Wrong:
    """A document whose chunks in the index are not those that the ledger knows of. `entry`: None when it knows none."""

    document_id: str
    entry: Entry | None
    there: int  # chunks of its current generation
    surplus: int  # of others, which are never shown

    def __str__(self) -> str:
        if self.entry is None:
            return f"{self.document_id}: {self.surplus} chunks of no known document"
        if self.there < self.entry.chunks:
            return f"{self.document_id}: {self.there} of {self.entry.chunks} chunks are in the index"
        return f"{self.document_id}: {self.surplus + self.there - self.entry.chunks} chunks too many are in the index"


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """Documents that a sync is writing now are left out."""

    documents: int
    chunks: int
    wrong: tuple[Wrong, ...]
    lost: tuple[str, ...]  # items that have other documents than the ledger says of them
    orphans: tuple[str, ...]  # documents of no item
    unfinished: tuple[str, ...]  # documents that a sync has begun to write and not finished; the next one does
    foreign: tuple[str, ...]  # sources that are indexed and not configured

    @property
    def problems(self) -> tuple[str, ...]:
        """All that is wrong, a sentence each; what a sync has begun is not."""
        foreign = (f"{source}: indexed and not configured; the next sync removes it" for source in self.foreign)
        lost = (f"{item_id}: not all of its documents are in the ledger" for item_id in self.lost)
        orphans = (f"{document_id}: in the ledger without the item that it was in" for document_id in self.orphans)
        return (*map(str, self.wrong), *lost, *orphans, *foreign)

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(ledger: Ledger, collection: Collection, sources: Iterable[str]) -> IndexCheck:
    """Compare every document's chunks. Raises LedgerError and IndexUnavailable."""
    items = ledger.items()
    before = {entry.document_id: entry for entry in ledger.entries()}
    held = collection.document_ids()
    entries = {entry.document_id: entry for entry in ledger.entries()}
    settled = {name: entry for name, entry in entries.items() if not entry.dirty and before.get(name) == entry}
    quiet = {item_id: item for item_id, item in ledger.items().items() if items.get(item_id) == item}
    shown = Counter(entry.item_id for entry in entries.values() if entry.generation is not None)
    busy = {entry.item_id for entry in entries.values() if entry.document_id not in settled}
    unknown = held.keys() - entries.keys() - before.keys()
    checked = [*(_compared(entry, held.get(name, {})) for name, entry in settled.items())]
    checked += [Wrong(name, None, 0, sum(held[name].values())) for name in sorted(unknown)]
    return IndexCheck(
        documents=sum(entry.generation is not None for entry in entries.values()),
        chunks=sum(entry.chunks for entry in entries.values() if entry.generation is not None),
        wrong=tuple(each for each in checked if each.surplus or (each.entry and each.there != each.entry.chunks)),
        lost=tuple(sorted(name for name, item in quiet.items() if item.documents != shown[name] and name not in busy)),
        orphans=tuple(
            sorted(name for name, entry in settled.items() if entry.item_id not in items and entry.item_id not in quiet)
        ),
        unfinished=tuple(entry.document_id for entry in entries.values() if entry.dirty),
        foreign=tuple(sorted(ledger.sources() - set(sources))),
    )


def repair(check: IndexCheck, ledger: Ledger, collection: Collection) -> None:
    """Delete what is never shown, and have the next sync write the rest again. Raises as verify() does.

    Hold the leases of all sources: a sync that runs meanwhile would lose what it has just written.
    """
    for wrong in check.wrong:
        if wrong.surplus:
            keep = wrong.entry.generation if wrong.entry else None
            collection.delete_generations([wrong.document_id], keep)
    missing = [wrong.entry.item_id for wrong in check.wrong if wrong.entry and wrong.there != wrong.entry.chunks]
    ledger.doubt([*missing, *check.lost])
    collection.delete_generations(check.orphans, None)
    ledger.forget(check.orphans)


def behind(source: Source, settings: SourceSettings, ledger: Ledger) -> str:
    """What the source holds that the index does not know yet, as one sentence; "" when nothing. Reads no item."""
    try:
        listing = source.list()
    except SourceError as error:
        return str(error)
    plan = detect_changes(listing, ledger.items(source.name), mark_of(settings))
    new = sum(change.kind is ChangeKind.ADDED for change in plan.changes)
    parts = {"new": new, "changed": len(plan.changes) - new, "gone": len(plan.gone), "can't be read": len(plan.broken)}
    found = ", ".join(f"{count} {what}" for what, count in parts.items() if count)
    return " ".join([*([f"{source.name}: {found}; the next sync looks at them."] if found else []), *listing.problems])


def _compared(entry: Entry, generations: Mapping[int, int]) -> Wrong:
    there = generations.get(entry.generation, 0) if entry.generation is not None else 0
    return Wrong(entry.document_id, entry, there, sum(generations.values()) - there)
