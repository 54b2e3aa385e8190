"""Fits the layer of bot/engine/intents.py: `python -m ops.evaluation.fit_intents`, after a change of its examples or of
the embedding model."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from bot.engine import intents
from ingest.index import make_embedder
from ingest.index.contract import Embedder
from ops.config import load_config
from ops.evaluation.fit import CONFIG, HERE

RIDGE = 3.0


def fit_intents(embedder: Embedder) -> dict[str, Any]:
    """Least squares with a ridge, each intent as heavy as the others, in one step."""
    lines = [json.loads(line) for line in (HERE / "training" / "intents.jsonl").read_text().splitlines()]
    names = sorted({line["intent"] for line in lines})
    rows = np.column_stack([embedder.embed([line["text"] for line in lines]), np.ones(len(lines))])
    of_line = np.array([names.index(line["intent"]) for line in lines])
    count = np.bincount(of_line)
    heavy = (count.mean() / count)[of_line][:, None]
    wanted = np.where(of_line[:, None] == np.arange(len(names)), 1.0, -1.0)
    weights = np.linalg.solve(rows.T @ (rows * heavy) + RIDGE * np.eye(rows.shape[1]), rows.T @ (wanted * heavy))
    return {"model": embedder.fingerprint, "intents": names, "weights": weights.round(3).tolist()}


if __name__ == "__main__":
    layer = fit_intents(make_embedder(load_config(CONFIG).ingest.index))
    Path(intents.__file__).with_suffix(".json").write_text(json.dumps(layer) + "\n")
