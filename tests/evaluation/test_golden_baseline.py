"""The shipped desks answer their golden questions at least as well as when that was last agreed on."""

from dataclasses import replace
from pathlib import Path

import pytest

from ops.config import DEMO, Config, load_config
from ops.evaluation.evaluate import evaluate_desk
from ops.evaluation.golden_baseline import FOLDER, read
from ops.evaluation.run import Selection
from ops.evaluation.show import changed, zeros

ROOT = Path(__file__).parents[2]
PROMPTS = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "retrieval")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The demo without a model, on an index of its own."""
    given = load_config(ROOT / DEMO)
    folder = tmp_path_factory.mktemp("baseline")
    model = given.bot.model.model_copy(update={"api_key": None})
    bot = given.bot.model_copy(update={"model": model, "data_dir": folder})
    return replace(given, bot=bot, ingest=given.ingest.model_copy(update={"data_dir": folder}))


@pytest.mark.parametrize("prompt", PROMPTS)
async def test_nothing_is_lost(config: Config, prompt: str) -> None:
    """No measure lost more cases than the noise, and nothing happened that must never happen."""
    desk = next(name for name, one in config.bot.desks.items() if one.prompt == prompt)
    report, judged = await evaluate_desk(config, desk, Selection(), lambda step: None, lambda total: lambda one: None)
    then = read(FOLDER / f"{prompt}.json")
    assert then is not None
    assert report.changes is not None
    lost = [changed(change) for change in report.changes if change.worse]
    renew = f"if that is meant: frontdesk eval run --desk {desk} --save-baseline, and the reason in the commit"
    assert not lost, "\n".join([*lost, renew])
    assert report.zeros.hold, zeros(report.zeros)
    assert len(judged) >= len(then.cases) * 0.9, "golden cases went missing"
