"""A desk against its golden cases: answered, measured, held against its criterion and its baseline."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.desk.model import Desk
from ops.composition import LocalOperations
from ops.config import Config
from ops.evaluation import golden_baseline
from ops.evaluation.figures import judged_on, parts_of, zeros_of
from ops.evaluation.judging import Judged
from ops.evaluation.report import Evaluation
from ops.evaluation.run import (
    AT_ONCE,
    OnDone,
    Selection,
    answering_of,
    answers,
    golden_of,
    model_of,
    opened,
    selected,
    word_limit,
)
from ops.evaluation.success import read_success
from ops.operations import OnStep
from ops.reports import PromptReport

QUOTED = "extractive"


async def evaluate_desk(
    config: Config,
    desk_name: str | None,
    selection: Selection,
    on_step: OnStep,
    counter: Callable[[int], OnDone],
    save_baseline: bool = False,
) -> tuple[Evaluation, list[Judged]]:
    """Raises OperationError."""
    async with opened(config, desk_name, on_step) as (local, desk):
        cases = selected(config, desk, selection)
        prompt = local.bot.prompts.live(desk.prompt).ref
        judged = await answers(
            cases,
            answering_of(local.bot, desk),
            at_once=AT_ONCE if local.bot.writer else 1,
            limit=word_limit(config, prompt),
            on_done=counter(len(cases)),
        )
        report = await _report(local, desk, golden_of(config, desk), judged)
    if save_baseline:
        path = golden_baseline.path_of(prompt.name, golden_of(config, desk))
        golden_baseline.write(path, golden_baseline.baseline_of(report, judged))
    return report, judged


async def _report(local: LocalOperations, desk: Desk, golden: Path, judged: Sequence[Judged]) -> Evaluation:
    prompt = local.bot.prompts.live(desk.prompt).ref
    model = model_of(local.bot) or QUOTED
    then = golden_baseline.read(golden_baseline.path_of(prompt.name, golden))
    report = Evaluation(
        desk=desk.name,
        prompt=PromptReport(name=prompt.name, version=prompt.version, sha256=prompt.sha256),
        model=model,
        index_version=(await local.index_status()).index_version,
        parts=parts_of(judged),
        zeros=zeros_of(judged),
        unmet=None,
        changes=golden_baseline.compare(then, judged) if then and then.model == model else None,
    )
    success = read_success(golden)
    unmet = success.unmet(judged_on(report.parts), report.zeros) if success else None
    return report.model_copy(update={"unmet": unmet})
