"""What is left of the human path when all is quiet: what was lost, what came twice, what should never have been."""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, func, select

from bot.desk.due import DueKind
from bot.desk.human_path import OVER, Brief, Escalation, Transition
from bot.slack.announcements import announcement, word_to_owner
from bot.store.outbox import OPEN
from bot.store.tables import escalations, inbox, outbox
from bot.store.triages import triages
from ops.bench.front import HUMANS, Front, Press, role
from tests.fakes.interleavings import check_moves


@dataclass
class Wrong:
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    illegal: list[str] = field(default_factory=list)


@dataclass
class Left:
    """What there is in the end."""

    known: Mapping[str, tuple[Escalation, Sequence[Transition]]]
    posts: Counter[tuple[str, str]]  # by escalation and role
    deliveries: Sequence[Row[Any]]
    unfinished: int  # questions without an outcome
    recorded: Mapping[str, bool]  # of each question that waited for triage: whether it has a record

    @property
    def moves(self) -> Counter[str]:
        return Counter(move.move.value for _, moves in self.known.values() for move in moves)

    @property
    def reminders(self) -> int:
        kinds = tuple(DueKind)
        return sum(number for (_, told), number in self.posts.items() if told.startswith(kinds))


async def left_of(front: Front) -> Left:
    known = {}
    async for one, moves, _ in front.store.escalation_log.read(over=True):
        known[one.id] = (one, moves)
    every = (message for held in front.workspace.state.messages.values() for message in held.values())
    async with front.store.database.transaction() as connection:
        rows = (await connection.execute(select(outbox).order_by(outbox.c.number))).all()
        open_ones = select(func.count()).select_from(inbox).where(inbox.c.outcome.is_(None))
        unfinished = (await connection.execute(open_ones)).scalar_one()
        triaged = (await connection.execute(select(triages.c.key, triages.c.category))).all()
    recorded = {row.key: row.category is not None for row in triaged}
    return Left(known, Counter(role(one) for one in every if role(one)[0]), rows, unfinished, recorded)


async def is_quiet(front: Front, *, outside: bool) -> bool:
    """All is answered and triaged, and everybody was told of everything; `outside`: other systems too."""
    waiting = [
        select(escalations.c.id).where(escalations.c.announced < escalations.c.number),
        select(inbox.c.key).where(inbox.c.outcome.is_(None)),
        select(triages.c.key).where(triages.c.done_at.is_(None)),
        *([select(outbox.c.id).where(OPEN)] if outside else []),
    ]
    async with front.store.database.transaction() as connection:
        return not any([(await connection.execute(one.limit(1))).first() for one in waiting])


def check(front: Front, left: Left) -> Wrong:
    wrong = Wrong()
    for one, moves in left.known.values():
        try:
            check_moves(one, moves)
        except AssertionError as error:
            wrong.illegal.append(f"{one.id}: {error or 'its moves do not follow from each other'}")
        if one.state not in OVER:
            wrong.illegal.append(f"{one.id} is {one.state.value} in the end")
        _told(one, moves, left, wrong)
        if not left.recorded.get(one.answer_key or ""):
            wrong.lost.append(f"{one.id} has no record of its triage")
    wrong.twice += [f"{known}: {told}" for (known, told), number in left.posts.items() if number > 1]
    causes = Counter(move.cause for _, moves in left.known.values() for move in moves if move.cause)
    wrong.twice += [f"{cause} moved it {number} times" for cause, number in causes.items() if number > 1]
    keys = Counter(one.answer_key for one, _ in left.known.values())
    wrong.twice += [f"{number} escalations for {key}" for key, number in keys.items() if number > 1]
    wrong.twice += _at_once(left)
    for press in front.presses:
        if press.acked and not _is_kept(front, press, causes, keys):
            wrong.lost.append(f"the acked press {press}")
    wrong.lost += [f"{left.unfinished} questions without an outcome"] if left.unfinished else []
    _delivered(front, left, wrong)
    return wrong


def _at_once(left: Left) -> list[str]:
    """A thread's next one begins when the one before was over."""
    threads: defaultdict[tuple[str, str], list[tuple[Escalation, Sequence[Transition]]]] = defaultdict(list)
    for one, moves in left.known.values():
        threads[one.channel, one.thread_ts].append((one, moves))
    ordered = (sorted(those, key=lambda each: each[0].created_at) for those in threads.values())
    pairs = (pair for those in ordered for pair in pairwise(those))
    return [f"{two.id} beside {one.id}" for (one, moves), (two, _) in pairs if moves[-1].at > two.created_at]


def _is_kept(front: Front, press: Press, causes: Counter[str], keys: Container[str | None]) -> bool:
    """It made its move, or whoever pressed was told why not."""
    if press.answer_key:
        return press.answer_key in keys
    if press.cause in causes or press.is_window:
        return press.cause in causes
    told = front.workspace.state.ephemerals[press.user]
    return any(one["channel"] == press.channel and float(one["ts"]) >= float(press.at) for one in told)


def _told(one: Escalation, moves: Sequence[Transition], left: Left, wrong: Wrong) -> None:
    """Its brief is there, and each move was told to whom it concerns."""
    brief = Brief(one, "", None)
    due = ["brief"]
    due += [str(move.number) for move in moves if announcement(brief, move) is not None]
    due += [f"{move.number} owner" for move in moves if word_to_owner(brief, move) is not None]
    wrong.lost += [f"{one.id}: {told} was not told" for told in due if not left.posts[one.id, told]]


def _delivered(front: Front, left: Left, wrong: Wrong) -> None:
    """Each move to each receiver, in the order of its escalation. One that comes again has the same id."""
    expected = [(known, move.number) for known, (_, moves) in left.known.items() for move in moves]
    for target, heard in (("the webhook", _at_webhook(front)), ("the mailbox", _at_mailbox(front))):
        taken: defaultdict[str, list[int]] = defaultdict(list)
        for known, number in heard:
            taken[known].append(number)
        wrong.lost += [f"{one} was not delivered to {target}" for one in expected if one[1] not in taken[one[0]]]
        disordered = ((known, numbers) for known, numbers in taken.items() if numbers != sorted(numbers))
        wrong.illegal += [f"{known} came to {target} as {numbers}" for known, numbers in disordered]
    wrong.lost += [f"{row.id} is not marked as delivered" for row in left.deliveries if row.delivered_at is None]


def _at_webhook(front: Front) -> list[tuple[str, int]]:
    told = (one.body["data"] for one in front.receiver.taken)
    return [(one["escalation"], one["number"]) for one in told]


def _at_mailbox(front: Front) -> list[tuple[str, int]]:
    """By what a mail reader tells a repeat by."""
    ids = (str(mail["Message-ID"]).strip("<>").partition("@")[0].rpartition(".") for _, mail in front.mail.mails)
    return [(known, int(number)) for known, _, number in ids]


def briefs(front: Front) -> int:
    return sum(role(one)[1] == "brief" for one in front.workspace.messages(HUMANS))
