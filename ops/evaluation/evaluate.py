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
        prompt = local.bot.prompts.live(desk.prompt)
        judged = await answers(
            cases,
            answering_of(local.bot, desk),
            at_once=AT_ONCE if local.bot.writer else 1,
            limit=prompt.rules.max_words,
            on_done=counter(len(cases)),
        )
        golden = golden_of(config, desk)
        path = golden_baseline.path_of(desk.prompt, golden)
        then = None if save_baseline or selection.file else golden_baseline.read(path)
        report = await _report(local, desk, golden, then, judged)
    if save_baseline:
        golden_baseline.write(path, golden_baseline.baseline_of(report, judged))
    return report, judged


async def _report(
    local: LocalOperations,
    desk: Desk,
    golden: Path,
    then: golden_baseline.GoldenBaseline | None,
    judged: Sequence[Judged],
) -> Evaluation:
    prompt = local.bot.prompts.live(desk.prompt).ref
    model = model_of(local.bot) or QUOTED
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
