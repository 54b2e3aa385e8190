"""The measures of triage, and that the weights in the tree are of the examples in the tree."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.desk.beside import Beside
from bot.desk.errors import TriageInvalid
from bot.engine.triage import Classifier, Seen, layers_of
from bot.triage_settings import CATEGORIES
from ingest.index.contract import Vectors
from ops.evaluation.fit_triage import complaints, examples_of, fit_triage, phrases
from ops.evaluation.triage import _report, _twins, show_triage
from ops.evaluation.triage_plot import plot_confusion
from ops.operations import OperationError


def held(category: str, severity: int, needed: bool) -> dict[str, object]:
    return {"scenario": category, "category": category, "severity": severity, "requires_escalation": needed}


def seen(category: str, severity: int, escalation: float) -> Seen:
    other = "B" if category == "A" else "A"
    return Seen(0.9, {category: 0.8, other: 0.2}, severity, escalation)


CASES = [held("A", 3, True), held("A", 4, True), held("B", 1, False), held("B", 2, False)]
SEEN = [seen("A", 3, 0.9), seen("B", 2, 0.1), seen("B", 1, 0.7), seen("B", 2, 0.2)]
REPORT = _report(CASES, SEEN, np.array([True, False, True, False]), (("held", "learnt"),))


def test_the_measures() -> None:
    assert REPORT.confusion == ((1, 1), (0, 2))
    assert round(REPORT.macro_f1, 3) == round((2 / 3 + 0.8) / 2, 3)
    assert (REPORT.accuracy, REPORT.apart_texts, REPORT.apart_macro_f1) == (0.75, 2, 1.0)
    assert (REPORT.severity_mae, REPORT.severity_mae_always_3) == (0.5, 1.0)
    assert (REPORT.escalation_precision, REPORT.escalation_recall) == (0.5, 0.5)
    assert "'held' ~ 'learnt'" in show_triage(REPORT)[-1]


def test_near_duplicates_are_told_by_meaning_or_by_letters() -> None:
    learnt = ["the parcel never came", "quite another thing"]
    assert _twins(["The parcel, never came!"], learnt, np.array([[0.2, 0.1]])) == (
        ("The parcel, never came!", "the parcel never came"),
    )
    assert _twins(["it is lost"], learnt, np.array([[0.95, 0.1]])) == (("it is lost", "the parcel never came"),)
    assert _twins(["it is lost"], learnt, np.array([[0.5, 0.1]])) == ()


def test_the_confusions_as_a_picture(tmp_path: Path) -> None:
    """The diagonal is dark where the row was taken for what it is."""
    path = tmp_path / "confusion.png"
    plot_confusion(REPORT, path)
    with Image.open(path) as image:
        dark, light = (
            image.getpixel((2 * (230 + 58) + 20, 2 * (96 + 58) + 20)),
            image.getpixel((2 * 230 + 20, 2 * (96 + 58) + 20)),
        )
    assert dark == (29, 78, 216)
    assert light == (255, 255, 255)


def test_the_weights_were_fitted_on_the_phrases_that_there_are() -> None:
    layers = Classifier(lambda _: np.zeros((0, 0)), str, CATEGORIES, lambda _: None).layers  # type: ignore[arg-type, return-value]
    assert [tuple(one) for one in layers.phrases] == phrases()


def test_no_phrase_is_a_held_text() -> None:
    texts = {one["text"].lower() for one in complaints(held=True)}
    assert not texts & {text.lower() for text, _ in phrases()}


def one_word(texts: Sequence[str]) -> Vectors:
    """A meaning a word: enough to tell two categories apart."""
    rows = np.array([[float("late" in text), float("rude" in text), 0.1] for text in texts])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def own_examples(path: Path, phrases: int = 3) -> Path:
    lines = [
        {"text": f"parcel {n} is late", "category": "LATE", "severity": 2, "requires_escalation": False}
        for n in range(8)
    ]
    lines += [
        {"text": f"clerk {n} was rude", "category": "RUDE", "severity": 4, "requires_escalation": True}
        for n in range(8)
    ]
    lines += [
        {"text": f"{word} again {n}", "category": word.upper()} for word in ("late", "rude") for n in range(phrases)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


async def test_a_desk_may_have_a_classifier_of_its_own(tmp_path: Path) -> None:
    fitted = fit_triage(one_word, "words", *examples_of(own_examples(tmp_path / "own.jsonl")))
    path = tmp_path / "layers.json"
    path.write_text(json.dumps(fitted))
    own = Classifier(
        one_word, lambda: "words", ("RUDE", "LATE"), lambda _: Beside("English", None, None), layers_of(path)
    )
    late, rude = await own.triage("it is late"), await own.triage("so rude!")
    assert late is not None
    assert rude is not None
    assert (late.triage.category, late.triage.severity, late.triage.requires_escalation) == ("LATE", 2, False)
    assert (rude.triage.category, rude.triage.severity, rude.triage.requires_escalation) == ("RUDE", 4, True)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{", "can't be used"),
        ('{"text": "late", "severity": 2}', "can't be used"),
        ('{"text": "late", "category": "LATE", "severity": 2, "requires_escalation": false}', "LATE needs at least 3"),
    ],
)
def test_what_is_wrong_with_ones_own_examples_is_said(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(text)
    with pytest.raises(OperationError, match=wrong):
        examples_of(path)


def test_layers_that_are_none_are_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "layers.json"
    path.write_text('{"model": "words"}')
    with pytest.raises(TriageInvalid, match="fit it with eval fit"):
        layers_of(path)
