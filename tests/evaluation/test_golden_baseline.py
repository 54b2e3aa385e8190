"""The shipped desks answer their golden questions at least as well as when that was last agreed on."""

from dataclasses import replace
from pathlib import Path

import pytest

from ops.config import DEMO, PACKAGE_PROMPTS, Config, load_config
from ops.evaluation.evaluate import evaluate_desk
from ops.evaluation.golden_baseline import FOLDER, read
from ops.evaluation.run import Selection
from ops.evaluation.show import changed, zeros

ROOT = Path(__file__).parents[2]
CONFIGS = (DEMO, Path("ops/demo/three-desks.toml"))  # ElectroMart's own has its orders, too
SHIPPED = sorted(path.parent.name for path in PACKAGE_PROMPTS.glob("*/golden.jsonl"))


def configured(prompt: str, folder: Path) -> tuple[Config, Path, str]:
    """The demo whose desk has the prompt, its file, and the desk's name. Without a model, and with an index of the
    desk's own: what else an index holds moves the weights of words."""
    for path in CONFIGS:
        given = load_config(ROOT / path)
        for desk, one in given.bot.desks.items():
            if one.prompt == prompt:
                model = given.bot.model.model_copy(update={"api_key": None})
                bot = given.bot.model_copy(update={"model": model, "data_dir": folder})
                ingest = given.ingest.model_copy(update={"data_dir": folder})
                return replace(given, bot=bot, ingest=ingest), path, desk
    raise AssertionError(f"{prompt} has golden cases and no demo has its desk")


@pytest.mark.parametrize("prompt", SHIPPED)
async def test_nothing_is_lost(tmp_path: Path, prompt: str) -> None:
    """No measure lost more cases than the noise, and nothing happened that must never happen."""
    config, path, desk = configured(prompt, tmp_path)
    renew = f"frontdesk --config {path} eval run --desk {desk} --data-dir /tmp/{desk} --save-baseline"
    then = read(FOLDER / f"{prompt}.json")
    assert then is not None, f"there is no baseline; write it: {renew}"
    report, judged = await evaluate_desk(config, desk, Selection(), lambda step: None, lambda total: lambda one: None)
    assert report.changes is not None, f"the baseline was written by {then.model}, with a key; without one: {renew}"
    lost = [changed(change) for change in report.changes if change.worse]
    assert not lost, "\n".join([*lost, f"if that is meant: {renew}, and the reason in the commit"])
    assert report.zeros.hold, zeros(report.zeros)
    assert len(judged) >= len(then.cases) * 0.9, "golden cases went missing"
