"""The desk's records in SQL: SQLite by default, Postgres by URL."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk.due import Plan
from bot.desk.outgoing import Subscription
from bot.desk.ports import Clock
from bot.store.answer_records import SqlAnswerRecords, SqlShares
from bot.store.database import Database, open_database
from bot.store.desk_settings import SqlDeskSettings, SqlNumbers
from bot.store.due import SqlDue, nothing_is_due
from bot.store.escalation_log import SqlEscalationLog
from bot.store.escalations import Recorder, SqlEscalations
from bot.store.forgetting import SqlForgetting
from bot.store.gaps import SqlGaps
from bot.store.inbox import SqlInbox
from bot.store.learnings import SqlLearnings
from bot.store.leases import SqlLeases
from bot.store.open_work import OpenWork, open_work
from bot.store.outbox import SqlOutbox
from bot.store.outbox_upkeep import SqlOutboxUpkeep
from bot.store.records import SqlAnswers, SqlFeedback, SqlPosts, SqlPresence
from bot.store.retention import SqlRetention
from bot.store.spending import SqlSpending
from bot.store.threads import SqlThreads
from bot.store.told import SqlTold
from bot.store.triages import SqlTriages

DIGEST_S = 600.0  # within that a digest is made and told


@dataclass(frozen=True, slots=True)
class Store:
    """The ports of the store over one database."""

    database: Database
    inbox: SqlInbox
    told: SqlTold
    answers: SqlAnswers
    spending: SqlSpending
    posts: SqlPosts
    threads: SqlThreads
    presence: SqlPresence
    feedback: SqlFeedback
    escalations: SqlEscalations
    due: SqlDue
    escalation_log: SqlEscalationLog
    settings: SqlDeskSettings
    numbers: SqlNumbers
    records: SqlAnswerRecords
    shares: SqlShares
    learnings: SqlLearnings
    triages: SqlTriages
    retention: SqlRetention
    forgetting: SqlForgetting
    outbox: SqlOutbox
    outbox_upkeep: SqlOutboxUpkeep
    gaps: SqlGaps
    digests: SqlTold

    async def open_work(self) -> OpenWork:
        """What is not finished. Raises StoreUnavailable, and so tells whether the store is there."""
        return await open_work(self.database)

    async def close(self) -> None:
        await self.database.close()


async def open_store(
    url: str,
    clock: Clock,
    holder: str = "frontdesk",
    recorders: Sequence[Recorder] = (),
    subscriptions: Sequence[Subscription] = (),
    plan: Plan = nothing_is_due,
) -> Store:
    """Connect to `url`, bring its tables to this version. `holder` is this process among those that work on the
    database: the same over its restarts, and no other's. `recorders` store what else follows from each move of an
    escalation; `subscriptions`: who outside is told of it; `plan`: what becomes due by it. Raises StoreUnavailable."""
    database = await open_database(url)
    leases = SqlLeases(database, clock, holder)
    outbox, due = SqlOutbox(database, clock, subscriptions), SqlDue(database, clock, plan)
    return Store(
        database=database,
        inbox=SqlInbox(database, clock, holder),
        told=SqlTold(leases),
        answers=SqlAnswers(database, clock),
        spending=SqlSpending(database, clock),
        posts=SqlPosts(database, clock),
        threads=SqlThreads(database, clock),
        presence=SqlPresence(database),
        feedback=SqlFeedback(database, clock),
        escalations=SqlEscalations(database, leases, (due.record, outbox.record, *recorders)),
        due=due,
        escalation_log=SqlEscalationLog(database),
        settings=SqlDeskSettings(database, clock),
        numbers=SqlNumbers(database),
        records=SqlAnswerRecords(database),
        shares=SqlShares(database, clock),
        learnings=SqlLearnings(database, clock),
        triages=SqlTriages(database, clock),
        retention=SqlRetention(database, leases, clock),
        forgetting=SqlForgetting(database, clock),
        outbox=outbox,
        outbox_upkeep=SqlOutboxUpkeep(database, clock),
        gaps=SqlGaps(database),
        digests=SqlTold(leases, DIGEST_S),
    )
