"""What a message is for, by what it means: a linear layer over its embedding, for what the patterns of
bot.desk.courtesy don't know. Fitted on `ops/evaluation/training/intents.jsonl` by `python -m
ops.evaluation.fit_intents`."""

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import resources
from typing import NamedTuple

import numpy as np

from bot.desk.asking import asks
from bot.desk.light_words import weighty
from bot.desk.model import Intent
from ingest.index.contract import Vectors

LONGEST = 300  # characters; who writes more has said what it is about
# How far an intent must be ahead, and how high: what takes a message for no question has to be sure.
LEAST: dict[Intent, tuple[float, float]] = {"human": (0.2, 0.5), "courtesy": (0.0, 0.3), "vague": (0.2, 0.5)}
_FEW = 2  # words that an answer has to speak of: a question with more is none of how we are


class Layer(NamedTuple):
    model: str  # the fingerprint of the embedding model that it was fitted for
    intents: list[str]
    weights: list[list[float]]  # shape (dimensions + 1, intents), the last row the constant


class Intents:
    """`embed` blocks. With another model than the layer was fitted for, every message may be a question."""

    def __init__(self, embed: Callable[[Sequence[str]], Vectors], model: Callable[[], str]) -> None:
        self._embed = embed
        self._model = model

    @cached_property
    def _layer(self) -> Layer:
        return Layer(**json.loads(resources.files("bot.engine").joinpath("intents.json").read_text()))

    def of(self, text: str) -> Intent | None:
        """None: a question, or nobody knows. Raises IndexUnavailable."""
        if len(text) > LONGEST or not text.strip() or self._layer.model != self._model():
            return None
        scores = np.append(self._embed([text])[0], 1.0) @ np.array(self._layer.weights)
        (first, name), (second, _) = sorted(zip(scores, self._layer.intents, strict=True), reverse=True)[:2]
        for intent, (high, ahead) in LEAST.items():
            if intent == name and first >= high and first - second >= ahead:
                return None if intent == "courtesy" and asks(text) and len(weighty(text)) > _FEW else intent
        return None
