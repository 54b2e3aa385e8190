"""How well the classifier of bot.engine.triage does on the scenarios that it was not fitted on."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from bot.desk.beside import Beside
from bot.engine.triage import SURE, Classifier, Seen
from bot.triage_settings import CATEGORIES
from ingest.index import make_embedder
from ingest.settings import IndexSettings
from ops.evaluation.fit_triage import complaints, phrases, questions
from ops.operations import OperationError

NEAR_MEANING, NEAR_LETTERS = 0.9, 0.6  # from here on two texts are nearly the same
APART = 0.6  # below this likeness to all that was learnt, a text tells of something else


class Report(BaseModel):
    model_config = ConfigDict(frozen=True)


class CategoryReport(Report):
    name: str
    precision: float
    recall: float
    f1: float
    texts: int


class TriageReport(Report):
    texts: int
    scenarios: int
    macro_f1: float
    accuracy: float
    apart_texts: int  # held texts that nothing learnt is like
    apart_macro_f1: float
    categories: tuple[CategoryReport, ...]
    confusion: tuple[tuple[int, ...], ...]  # a row a true category, in the order of `categories`
    severity_mae: float
    severity_mae_always_3: float
    escalation_precision: float
    escalation_recall: float
    complaints_found: float  # of the held complaints
    near_duplicates: tuple[tuple[str, str], ...]  # a held text, and what was learnt that it nearly is


def measure_triage(settings: IndexSettings) -> TriageReport:
    """Raises IndexUnavailable, and OperationError for another embedding model than the layers'."""
    embedder = make_embedder(settings)
    classifier = Classifier(
        embedder.embed, lambda: embedder.fingerprint, CATEGORIES, lambda _: Beside("English", None, None)
    )
    if classifier.layers.model != embedder.fingerprint:
        raise OperationError("triage was fitted for another embedding model; run python -m ops.evaluation.fit_triage")
    held = complaints(held=True)
    learnt = [one["text"] for one in complaints(held=False)] + [text for text, _ in phrases()] + questions()
    texts = [one["text"] for one in held]
    likeness = embedder.embed(texts) @ embedder.embed(learnt).T
    return _report(held, classifier.see(texts), likeness.max(axis=1) < APART, _twins(texts, learnt, likeness))


def _report(
    held: Sequence[dict[str, Any]], seen: Sequence[Seen], apart: Any, twins: tuple[tuple[str, str], ...]
) -> TriageReport:
    wanted = np.array([one["category"] for one in held])
    chosen = np.array([max(one.categories, key=lambda name: one.categories[name]) for one in seen])
    names = sorted(set(wanted))
    severity = np.array([one["severity"] for one in held])
    needed = np.array([one["requires_escalation"] for one in held])
    called = np.array([one.escalation >= 0.5 for one in seen])
    of_each = zip(names, *precision_recall_fscore_support(wanted, chosen, labels=names, zero_division=0), strict=True)
    return TriageReport(
        texts=len(held),
        scenarios=len({one["scenario"] for one in held}),
        macro_f1=_macro(wanted, chosen),
        accuracy=float((wanted == chosen).mean()),
        apart_texts=int(apart.sum()),
        apart_macro_f1=_macro(wanted[apart], chosen[apart]),
        categories=tuple(
            CategoryReport(name=name, precision=precision, recall=recall, f1=f1, texts=count)
            for name, precision, recall, f1, count in of_each
        ),
        confusion=tuple(map(tuple, confusion_matrix(wanted, chosen, labels=names).tolist())),
        severity_mae=float(np.abs([one.severity for one in seen] - severity).mean()),
        severity_mae_always_3=float(np.abs(3 - severity).mean()),
        escalation_precision=float(needed[called].mean()) if called.any() else 0.0,
        escalation_recall=float(called[needed].mean()),
        complaints_found=float(np.mean([one.complaint >= SURE for one in seen])),
        near_duplicates=twins,
    )


def _macro(wanted: Any, chosen: Any) -> float:
    """Of the categories that there are."""
    labels = sorted(set(wanted))
    return float(f1_score(wanted, chosen, labels=labels, average="macro", zero_division=0)) if labels else 0.0


def _twins(texts: Sequence[str], learnt: Sequence[str], likeness: Any) -> tuple[tuple[str, str], ...]:
    fives = [_fives(one) for one in learnt]
    found = []
    for text, row in zip(texts, likeness, strict=True):
        own = _fives(text)
        for at, (other, like) in enumerate(zip(learnt, row, strict=True)):
            shared = len(own & fives[at]) / max(len(own | fives[at]), 1)
            if like >= NEAR_MEANING or shared >= NEAR_LETTERS:
                found.append((text, other))
    return tuple(found)


def _fives(text: str) -> set[str]:
    letters = re.sub(r"\W+", " ", text.lower())
    return {letters[at : at + 5] for at in range(len(letters) - 4)}


def show_triage(report: TriageReport) -> list[str]:
    lines = [
        f"{report.texts} held texts in {report.scenarios} scenarios: macro F1 {report.macro_f1:.3f}, "
        f"accuracy {report.accuracy:.3f}",
        f"of the {report.apart_texts} that nothing learnt is like: macro F1 {report.apart_macro_f1:.3f}",
        *(
            f"  {one.name:<24} precision {one.precision:.2f}  recall {one.recall:.2f}  F1 {one.f1:.2f}  of {one.texts}"
            for one in report.categories
        ),
        f"severity: off by {report.severity_mae:.2f} on average (always 3: {report.severity_mae_always_3:.2f})",
        f"requires escalation: precision {report.escalation_precision:.2f}, recall {report.escalation_recall:.2f}",
        f"taken for complaints: {report.complaints_found:.3f}",
        f"near-duplicates of held texts among those that were learnt: {len(report.near_duplicates)}",
    ]
    return lines + [f"  {held!r} ~ {other!r}" for held, other in report.near_duplicates]
