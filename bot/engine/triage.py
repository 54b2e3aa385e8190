"""Triage without a model: linear layers over what a text means and says. Fitted on the labelled complaints of
`ops/evaluation/training` by `python -m ops.evaluation.fit_triage`.

With another embedding model than the layers were fitted for, or with other categories, there is no triage without
Claude: no record is better than a guess.
"""

import asyncio
import json
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bot.desk.beside import Beside
from bot.desk.errors import RetrievalUnavailable, TriageInvalid
from bot.desk.triage import LONGEST, Triage, TriageRecord
from bot.engine.triage_features import Embed, Phrases, Rows, meanings, worded
from ingest.index.contract import IndexUnavailable

log = logging.getLogger(__name__)

SURE = 0.7  # how probable it is that something is a complaint: of plain questions one in six gets that far
MADE_BY = "classifier"


class Layers(NamedTuple):
    """Weights have the constant in their last row. `warmth` divides the scores of categories, so that what they make
    probable is as often right as it says."""

    model: str  # the fingerprint of the embedding model that they were fitted for
    categories: list[str]
    phrases: list[tuple[str, str]]
    terms: dict[str, float]  # how rare each is; their order is that of the rows
    category: list[list[float]]  # shape (features + terms + 1, categories)
    severity: list[float]  # shape (features + 1,), as the next two
    escalation: list[float]
    complaint: list[float]
    warmth: float


def layers_of(path: Path) -> Layers:
    """Raises TriageInvalid."""
    try:
        return Layers(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise TriageInvalid(f"triage.layers: {path} can't be used ({error}); fit it with eval fit") from error


class Seen(NamedTuple):
    complaint: float  # how probable it is that the text is one
    categories: dict[str, float]
    severity: int
    escalation: float


class Classifier:
    """bot.desk.triage.Triager. `embed` and `beside`, which says what a text names, may block; `layers` None: the
    committed ones."""

    def __init__(
        self,
        embed: Embed,
        model: Callable[[], str],
        categories: Sequence[str],
        beside: Callable[[str], Beside],
        layers: Layers | None = None,
    ) -> None:
        self._embed = embed
        self._model = model
        self._categories = frozenset(categories)
        self.beside = beside
        self._own_layers = layers
        self._warned = False

    @cached_property
    def layers(self) -> Layers:
        committed = resources.files("bot.engine").joinpath("triage.json")
        return self._own_layers or Layers(**json.loads(committed.read_text()))

    @cached_property
    def _phrases(self) -> Phrases:
        return Phrases.embedded(self.layers.phrases, self.layers.categories, self._embed)

    @cached_property
    def _terms(self) -> dict[str, tuple[int, float]]:
        return {term: (at, rarity) for at, (term, rarity) in enumerate(self.layers.terms.items())}

    @cached_property
    def _weights(self) -> tuple[Rows, Rows, Rows, Rows]:
        layers = self.layers
        category, severity, escalation, complaint = map(
            np.array, (layers.category, layers.severity, layers.escalation, layers.complaint)
        )
        return category, severity, escalation, complaint

    async def triage(self, text: str, *, escalated: bool = False) -> TriageRecord | None:
        with _embedding():
            return await asyncio.to_thread(self._triage, text, escalated)

    async def may_be_one(self, text: str) -> bool:
        """Whether it may be a complaint; where the layers don't fit, anything may. Raises RetrievalUnavailable."""
        with _embedding():
            return not self._fits() or (await asyncio.to_thread(self.see, [text]))[0].complaint >= SURE

    def _triage(self, text: str, escalated: bool) -> TriageRecord | None:
        complaint = text.strip()[:LONGEST]
        if not complaint or not self._fits():
            return None
        [seen] = self.see([complaint])
        if seen.complaint < SURE and not escalated:
            return None
        category, confidence = max(seen.categories.items(), key=lambda one: one[1])
        triage = Triage(
            complaint=complaint,
            category=category,
            severity=seen.severity,
            requires_escalation=seen.escalation >= 0.5,
        )
        return TriageRecord(triage, *self.beside(complaint), confidence=round(confidence, 3), made_by=MADE_BY)

    def _fits(self) -> bool:
        same_model = self.layers.model == self._model()
        fits = same_model and self._categories == set(self.layers.categories)
        if not fits and not self._warned:
            other = "other categories" if same_model else "another embedding model"
            log.warning("triage was fitted for %s: nothing is triaged without Claude", other)
            self._warned = True
        return fits

    def see(self, texts: Sequence[str]) -> list[Seen]:
        """Raises IndexUnavailable."""
        weights, severity, escalation, complaint = self._weights
        rows = meanings(texts, self._phrases, self._embed)
        seen = []
        for text, row in zip(texts, rows, strict=True):
            meant = np.append(row, 1.0)
            scores = np.concatenate([row, worded(text, self._terms), [1.0]]) @ weights / self.layers.warmth
            shares = np.exp(scores - scores.max())
            seen.append(
                Seen(
                    _likely(float(meant @ complaint)),
                    dict(zip(self.layers.categories, (shares / shares.sum()).tolist(), strict=True)),
                    int(np.clip(np.rint(meant @ severity), 1, 5)),
                    _likely(float(meant @ escalation)),
                )
            )
        return seen


@contextmanager
def _embedding() -> Iterator[None]:
    try:
        yield
    except IndexUnavailable as error:
        raise RetrievalUnavailable(f"the embedding model did not answer: {error}") from error


def _likely(score: float) -> float:
    return 1 / (1 + math.exp(-score))
