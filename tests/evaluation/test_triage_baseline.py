"""Triage without Claude, on the complaints that it was not fitted to."""

import numpy as np
from sklearn.metrics import f1_score

from bot.desk.beside import Beside
from bot.engine.triage import Classifier
from bot.triage_settings import CATEGORIES
from ingest.index import IndexSettings, make_embedder
from ops.evaluation.fit_triage import complaints

WANTED_F1, WORST_SEVERITY = 0.75, 0.65


def test_held_complaints_are_told_apart() -> None:
    embedder = make_embedder(IndexSettings())
    known = Classifier(
        embedder.embed, lambda: embedder.fingerprint, CATEGORIES, lambda _: Beside("English", None, None)
    )
    held = complaints(held=True)
    seen = known.see([one["text"] for one in held])
    chosen = [max(one.categories, key=lambda name: one.categories[name]) for one in seen]
    assert len(held) == 232
    assert f1_score([one["category"] for one in held], chosen, average="macro") >= WANTED_F1
    assert (
        np.abs([one.severity - true["severity"] for one, true in zip(seen, held, strict=True)]).mean() < WORST_SEVERITY
    )
