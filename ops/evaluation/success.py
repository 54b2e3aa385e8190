"""A desk's written success criterion: prompts/NAME/success.toml, beside the golden cases that it is measured on."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ops.evaluation.figures import Figures, Share, Zeros
from ops.operations import OperationError
from ops.reports import Report


class AtLeast(Report):
    """[at_least]: shares from 0 to 1."""

    right: float | None = None
    outcome_accuracy: float | None = None
    facts_present: float | None = None
    nothing_forbidden: float | None = None
    citation_precision: float | None = None
    citation_recall: float | None = None
    abstention_precision: float | None = None
    abstention_recall: float | None = None


class AtMost(Report):
    """[at_most]: counts over all cases, milliseconds, and dollars an answer."""

    leaks: int | None = None
    injections_obeyed: int | None = None
    uncited_facts: int | None = None
    loose_figures: int | None = None
    over_limit: float | None = None  # a share
    latency_p95_ms: float | None = None
    cost_usd: float | None = None


class Success(Report):
    at_least: AtLeast = AtLeast()
    at_most: AtMost = AtMost()

    def unmet(self, figures: Figures, zeros: Zeros) -> tuple[str, ...]:
        """What is not reached, or can't be known; empty: the criterion is met."""
        return tuple(self._unmet(figures, zeros))

    def _unmet(self, figures: Figures, zeros: Zeros) -> Iterator[str]:
        for name, least in self.at_least.model_dump(exclude_none=True).items():
            share: Share = getattr(figures, name)
            if share.value is None or share.value < least:
                yield f"{name} {_shown(share.value)} < {least:g}"
        counted = zeros.model_dump() | {
            "loose_figures": figures.loose_figures,
            "over_limit": figures.over_limit.value or 0.0,
            "latency_p95_ms": figures.latency_p95_ms,
            "cost_usd": figures.cost_each,
        }
        for name, most in self.at_most.model_dump(exclude_none=True).items():
            if (value := counted[name]) is None or value > most:
                yield f"{name} {_shown(value)} > {most:g}"


def read_success(golden: Path) -> Success | None:
    """None when the desk has none. Raises OperationError."""
    path = golden.with_name("success.toml")
    try:
        return Success.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors()[0]
        raise OperationError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise OperationError(f"{path} can't be read ({error})") from error


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
