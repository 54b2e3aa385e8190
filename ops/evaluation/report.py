"""What `frontdesk eval run` reports: the JSON that --json prints. Names are stable."""

from collections.abc import Mapping

from ops.evaluation.figures import Part, PartReport, Zeros
from ops.evaluation.judging import Judged
from ops.reports import PromptReport, Report


class Failure(Report):
    """A case that is not all right, and why."""

    id: str
    kind: str
    held: bool
    question: str
    reasons: tuple[str, ...]
    outcome: str
    text: str
    cited: tuple[str, ...]
    rejected: tuple[str, ...]  # sentences that were cut

    @classmethod
    def of(cls, one: Judged) -> "Failure":
        named = one.model_dump(include=cls.model_fields.keys() - {"reasons"})
        return cls(reasons=one.reasons, **named)


class Change(Report):
    """What became of one measure since the baseline; `lost` are cases, held ones by their hash."""

    measure: str
    lost: tuple[str, ...]
    gained: int
    worse: bool  # by more than the noise


class Evaluation(Report):
    """A run over golden cases."""

    desk: str
    prompt: PromptReport
    model: str
    index_version: int | None
    parts: Mapping[Part, PartReport]
    zeros: Zeros  # of all cases
    unmet: tuple[str, ...] | None  # of the success criterion; None: the desk has none written
    changes: tuple[Change, ...] | None  # since the baseline; None: there is none of this model
    failures: tuple[Failure, ...] = ()  # when asked for, in the cases' order
