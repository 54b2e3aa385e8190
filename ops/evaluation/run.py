"""Golden cases through the answering path of `frontdesk ask`: the same composition, each with its asker and place."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from bot.bootstrap import Bot
from bot.desk.figures import Stated
from bot.desk.model import Answer, Desk, Person, Place, PlaceKind, Question, question_key
from ingest.schedule import utc_now
from ops.composition import GivenConversation, LocalOperations, NoStage, open_operations
from ops.config import Config
from ops.evaluation.golden import GoldenCase, GoldenError, load
from ops.evaluation.judging import Judged, judge
from ops.operations import OnStep, OperationError
from ops.reports import SyncRequest

AT_ONCE = 8  # answers that a model writes; quoting is this machine's own work, one after the other
PLACES: dict[str, PlaceKind] = {"dm": "dm", "public": "channel", "shared": "channel"}
Answering = Callable[[GoldenCase], Awaitable[Answer]]
OnDone = Callable[[Judged], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases; `kinds` empty: all of them. `held` None: both parts. `file` None: the golden ones of the prompt."""

    kinds: tuple[str, ...] = ()
    held: bool | None = None
    file: Path | None = None

    def of(self, cases: Sequence[GoldenCase]) -> tuple[GoldenCase, ...]:
        return tuple(
            case for case in cases if (not self.kinds or case.kind in self.kinds) and self.held in (None, case.held)
        )


def golden_of(config: Config, desk: Desk) -> Path:
    """The golden cases of a desk's prompt. Raises OperationError when it has none."""
    for folder in config.bot.prompt_dirs:
        if (path := folder / desk.prompt / "golden.jsonl").is_file():
            return path
    raise OperationError(
        f"the prompt {desk.prompt} has no golden.jsonl; write prompts/{desk.prompt}/golden.jsonl beside its versions"
    )


def selected(config: Config, desk: Desk, selection: Selection) -> tuple[GoldenCase, ...]:
    """Raises OperationError when there is none, or one is malformed."""
    path = selection.file or golden_of(config, desk)
    try:
        cases = selection.of(load(path))
    except GoldenError as error:
        raise OperationError(str(error)) from error
    if not cases:
        raise OperationError(f"none of the cases in {path} is of that kind and part")
    return cases


def model_of(bot: Bot) -> str | None:
    """Who writes, and where that is not Anthropic itself: figures of a double must not pass for the model's."""
    settings = bot.settings.model
    if bot.writer is None:
        return None
    return f"{settings.name} at {settings.base_url}" if settings.base_url else settings.name


@asynccontextmanager
async def opened(config: Config, desk_name: str | None, on_step: OnStep) -> AsyncIterator[tuple[LocalOperations, Desk]]:
    """The index as configured, brought up to date with the desk's folders, and with other sources where it has nothing
    of them; and a store that is thrown away: what is measured is kept out of the desk's own answers. Raises
    OperationError."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-eval-") as folder:
        bot = config.bot.model_copy(update={"data_dir": Path(folder), "database_url": None})
        async with open_operations(replace(config, bot=bot)) as local:
            desk = desk_of(local.bot, desk_name)
            full = {one.source for one in (await local.index_status()).sources if one.documents}
            for name in desk.sources or config.ingest.sources:
                if config.ingest.sources[name].kind == "folder" or name not in full:
                    await local.sync(SyncRequest(sources=(name,)), on_step)
            yield local, desk


def desk_of(bot: Bot, name: str | None) -> Desk:
    """Raises OperationError."""
    for desk in bot.desks:
        if name in (None, desk.name):
            return desk
    raise OperationError(f"{name} is not a desk; known: {', '.join(desk.name for desk in bot.desks)}")


def answering_of(bot: Bot, desk: Desk) -> Answering:
    """The desk's own way to answer, with a case's conversation, asker and place."""

    async def answer(case: GoldenCase) -> Answer:
        given = GivenConversation(tuple(turn.turn() for turn in case.conversation))
        return await bot.answering(given)(question_of(case), desk, NoStage())

    return answer


def question_of(case: GoldenCase) -> Question:
    now = utc_now()
    ts = f"{now.timestamp():.6f}"
    return Question(
        key=question_key("eval", case.id, ts),
        text=case.question,
        asker=Person(case.asker or "eval", email=case.asker, standing="member"),
        place=Place("eval", case.place, PLACES[case.place], shared=case.place == "shared"),
        ts=ts,
        asked_at=now,
    )


async def answers(
    cases: Sequence[GoldenCase],
    answer: Answering,
    *,
    at_once: int,
    limit: int | None,
    on_done: OnDone,
    corpus: Stated | None = None,
) -> list[Judged]:
    """Every case answered and judged, in the cases' order, however many are answered at a time."""
    room = asyncio.Semaphore(at_once)

    async def one(case: GoldenCase) -> Judged:
        async with room:
            began = perf_counter()
            given = await answer(case)
            ms = (perf_counter() - began) * 1000
        judged = judge(case, given, ms=round(ms, 1), limit=limit, corpus=corpus)
        on_done(judged)
        return judged

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(case)) for case in cases]
    return [task.result() for task in tasks]
