"""Fits the layers of bot.engine.triage to labelled complaints, for `frontdesk eval fit`. The committed ones are
fitted by `python -m ops.evaluation.fit_triage`, after a change of their examples or of the embedding model;
`frontdesk eval triage` measures the held part.

Fitted on the open scenarios of `training/complaints.jsonl` and on `training/complaint_phrases.jsonl`; what is no
complaint comes from `training/DESK.jsonl` and `training/intents.jsonl`. Never on a held text.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import GroupKFold

from bot.engine import triage
from bot.engine.triage_features import NEAREST, Embed, Phrases, Rows, meanings, terms_of, worded
from ingest.index import make_embedder
from ops.config import load_config
from ops.evaluation.fit import CONFIG, FOLDS, HERE
from ops.operations import OperationError

TIGHT = 6.0  # how little the category's weights are held back
MET = 2  # texts that a term must be in
QUESTIONS = ("electromart", "people", "techflow")
NO_COMPLAINTS = ("question", "courtesy", "instruct")  # intents
LABELLED = ("text", "category", "severity", "requires_escalation")
WARMTHS = np.linspace(0.4, 2.5, 22)


@dataclass(frozen=True)
class Examples:
    """Open complaints, then the phrases; the phrases have a category only."""

    texts: list[str]
    categories: list[str]
    complaints: list[dict[str, Any]]  # the first so many of the texts


def complaints(*, held: bool) -> list[dict[str, Any]]:
    lines = (HERE / "training" / "complaints.jsonl").read_text().splitlines()
    return [one for one in map(json.loads, lines) if one["held"] == held]


def phrases() -> list[tuple[str, str]]:
    lines = (HERE / "training" / "complaint_phrases.jsonl").read_text().splitlines()
    return [(one["text"], one["category"]) for one in map(json.loads, lines)]


def questions() -> list[str]:
    """What is no complaint."""
    files = [(HERE / "training" / f"{name}.jsonl").read_text().splitlines() for name in QUESTIONS]
    asked = [json.loads(line)["question"] for lines in files for line in lines]
    messages = map(json.loads, (HERE / "training" / "intents.jsonl").read_text().splitlines())
    return asked + [one["text"] for one in messages if one["intent"] in NO_COMPLAINTS]


def examples_of(path: Path) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """One's own complaints and phrases: JSON lines with `text` and `category`, a complaint's with `severity`,
    `requires_escalation` and, where several tell of the same, `scenario`. Raises OperationError."""
    told, short = [], []
    try:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            one = json.loads(line)
            if "severity" in one:
                told.append(
                    {"scenario": one.get("scenario", f"line {number}")} | {name: one[name] for name in LABELLED}
                )
            else:
                short.append((one["text"], one["category"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OperationError(f"{path} can't be used ({error!r}); each line is a complaint or a phrase") from error
    for name in {one["category"] for one in told}:
        if sum(category == name for _, category in short) < NEAREST:
            raise OperationError(f"{path}: {name} needs at least {NEAREST} phrases, lines with text and category only")
    if len({one["scenario"] for one in told}) < FOLDS or len({one["category"] for one in told}) < 2:
        raise OperationError(f"{path}: that takes two categories and {FOLDS} scenarios at least")
    return told, short


def fit_triage(
    embed: Embed, fingerprint: str, opened: list[dict[str, Any]], short: list[tuple[str, str]]
) -> dict[str, Any]:
    """`opened` are complaints, `short` phrases and their categories. Prints what is reached by cross-validation."""
    names = sorted({one["category"] for one in opened})
    known = Phrases.embedded(short, names, embed)
    texts = [one["text"] for one in opened]
    meant = meanings(texts, known, embed)
    meant_short = meanings([text for text, _ in short], known, embed, are_phrases=True)
    everything = Examples(
        texts + [text for text, _ in short], [one["category"] for one in opened] + [name for _, name in short], opened
    )
    rows = np.vstack([meant, meant_short])
    reached, warmth = _crossed(everything, rows)
    print(f"macro F1 by cross-validation {reached:.3f}, warmth {warmth:.1f}")  # noqa: T201
    terms, weights = _categories(everything.texts, everything.categories, rows)
    asked = meanings(questions(), known, embed)
    plain = LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced")
    severity = Ridge(1.0).fit(meant, [one["severity"] for one in opened])
    return {
        "model": fingerprint,
        "categories": names,
        "phrases": short,
        "terms": {term: round(rarity, 3) for term, (_, rarity) in terms.items()},
        "category": weights.round(3).tolist(),
        "severity": np.append(severity.coef_, severity.intercept_).round(3).tolist(),
        "escalation": _binary(plain.fit(meant, [one["requires_escalation"] for one in opened])),
        "complaint": _binary(plain.fit(np.vstack([rows, asked]), [1] * len(rows) + [0] * len(asked))),
        "warmth": round(warmth, 2),
    }


def _categories(texts: list[str], names: list[str], rows: Rows) -> tuple[dict[str, tuple[int, float]], Rows]:
    """The known terms, and the weights of all features, a column a category in the alphabet's order."""
    counted = TfidfVectorizer(analyzer=terms_of, min_df=MET).fit(texts)
    found = counted.get_feature_names_out()
    terms = {str(term): (at, float(counted.idf_[at])) for at, term in enumerate(found)}
    features = np.hstack([rows, [worded(text, terms) for text in texts]])
    layer = LogisticRegression(C=TIGHT, max_iter=2000, class_weight="balanced").fit(features, names)
    weights = np.vstack([layer.coef_.T, layer.intercept_])
    return terms, weights if weights.shape[1] > 1 else np.hstack([-weights, weights])  # of two, the second's only


def _crossed(examples: Examples, rows: Rows) -> tuple[float, float]:
    """Macro F1 on scenarios that each fold leaves out, and the warmth that makes the scores truest there. The phrases
    are always learnt from: some were written after mistakes on open texts, so it is better than the truth."""
    opened, names = examples.complaints, sorted(set(examples.categories))
    count, scores = len(opened), np.zeros((len(opened), len(names)))
    for learnt, left in GroupKFold(FOLDS).split(range(count), groups=[one["scenario"] for one in opened]):
        used = [*learnt, *range(count, len(rows))]
        terms, weights = _categories(
            [examples.texts[at] for at in used], [examples.categories[at] for at in used], rows[used]
        )
        words = [worded(examples.texts[at], terms) for at in left]
        scores[left] = np.hstack([rows[left], words, np.ones((len(left), 1))]) @ weights
    wanted = examples.categories[:count]
    chosen = [names[at] for at in scores.argmax(axis=1)]
    losses = [log_loss(wanted, _shares(scores / warmth), labels=names) for warmth in WARMTHS]
    return float(f1_score(wanted, chosen, average="macro")), float(WARMTHS[int(np.argmin(losses))])


def _shares(scores: Rows) -> Rows:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _binary(layer: LogisticRegression) -> list[float]:
    weights: list[float] = np.append(layer.coef_[0], layer.intercept_).round(3).tolist()
    return weights


if __name__ == "__main__":
    embedder = make_embedder(load_config(CONFIG).ingest.index)
    layers = fit_triage(embedder.embed, embedder.fingerprint, complaints(held=False), phrases())
    Path(triage.__file__).with_suffix(".json").write_text(json.dumps(layers, ensure_ascii=False) + "\n")
