"""The tables. Nothing here that both SQLite and Postgres could not do; changes go through migrations/."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on every database: SQLite stores none of the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)

inbox = Table(
    "inbox",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("team", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("ts", String(32), nullable=False),
    Column("thread_ts", String(32)),
    Column("user_id", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("unasked", Boolean, nullable=False, server_default=false()),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_until", UtcDateTime),
    Column("claimed_by", String(120)),
    Column("outcome", String(16)),
    Column("finished_at", UtcDateTime),
    Column("by_bot", Boolean, nullable=False, server_default=false()),
    Column("due_at", UtcDateTime),  # when it may be worked on, or asked again where it is refused
    Column("refused", Boolean, nullable=False, server_default=false()),
    Column("limited", String(8)),  # by which limit, until its asker was told
    Index(None, "outcome", "due_at"),
    Index(None, "finished_at"),
    Index(None, "team", "channel", "thread_ts"),
    Index(None, "user_id", "due_at"),
    Index(None, "channel", "due_at"),
    Index(
        "ix_inbox_limited",
        "received_at",
        sqlite_where=text("limited IS NOT NULL"),
        postgresql_where=text("limited IS NOT NULL"),
    ),
)

posts = Table(
    "posts",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("ts", String(32)),
    Column("final", Boolean, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("thread_ts", String(32), primary_key=True),
    Column("desk", String(80), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("people_ts", String(32)),  # of the last message there that was not for the desk
)

presence = Table(
    "presence",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("heard_until", UtcDateTime, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("team", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("thread_ts", String(32), nullable=False),
    Column("desk", String(80), nullable=False),
    Column("asker", String(80), nullable=False),
    Column("question", Text, nullable=False),
    Column("searched", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("notice", Text, nullable=False, server_default=""),
    Column("private", Text, nullable=False, server_default=""),
    Column("citations", JSON, nullable=False),
    # [{"id", "joined", "score", "audience", "title", "section", "similarity"}], best first
    Column("chunks", JSON, nullable=False),
    Column("rejected", JSON, nullable=False),
    Column("prompt_name", String(80)),
    Column("prompt_version", String(40)),
    Column("prompt_sha256", String(64)),
    Column("model", String(120)),
    Column("index_version", Integer),
    Column("usage", JSON),
    Column("cost_usd", Float),
    Column("timings_ms", JSON, nullable=False),
    Column("incident", String(40)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sentences", JSON),  # with their marks, as shown
    Column("readable", JSON),  # the audience keywords that it was searched with
    Index(None, "team", "channel", "thread_ts"),
    Index(None, "created_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("answer_key", String(120), primary_key=True),
    Column("user_id", String(32), primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("comment", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reason", String(16), nullable=False, server_default=""),
)

escalations = Table(
    "escalations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("desk", String(80), nullable=False),
    Column("team", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("thread_ts", String(32), nullable=False),
    Column("asker", String(32), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer_key", String(120)),
    Column("state", String(16), nullable=False),
    Column("owner", String(32)),
    Column("brief_channel", String(32)),
    Column("brief_ts", String(32)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime),
    Column("reason", String(24), nullable=False, server_default="asked"),
    Column("number", Integer, nullable=False, server_default="1"),  # of its last event
    Column("announced", Integer, nullable=False, server_default="0"),  # up to which number people were told
    Column("snoozed_until", UtcDateTime),
    Column("severity", Integer),  # of its triage, once known
    # One a thread that is not over: two presses of the button at once are one.
    Index(
        "ux_escalations_thread",
        "team",
        "channel",
        "thread_ts",
        unique=True,
        sqlite_where=text("state NOT IN ('closed', 'expired')"),
        postgresql_where=text("state NOT IN ('closed', 'expired')"),
    ),
    Index(None, "team", "channel", "thread_ts"),
)

# Every move of an escalation: the row of `escalations` is where the last one led.
escalation_events = Table(
    "escalation_events",
    metadata,
    Column("escalation_id", String(40), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("before", String(16)),
    Column("after", String(16), nullable=False),
    Column("move", String(16), nullable=False),
    Column("by", String(32), nullable=False),
    Column("owner", String(32)),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("cause", String(120), nullable=False, server_default=""),
    Column("snoozed_until", UtcDateTime),
)

# What becomes due of an escalation, as planned with its last move; `round`: the move since which it is waited for.
due = Table(
    "due",
    metadata,
    Column("escalation_id", String(40), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("done_at", UtcDateTime),
    Index("ix_due_open", "at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
)

# What admins set in Slack: how the desk takes part in a channel, and whether it answers at all.
channel_settings = Table(
    "channel_settings",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("desk", String(80)),
    Column("changed_by", String(32), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("by", String(32), nullable=False),
)

# Threads in which somebody told the desk to be silent, and until when; without an end they still are.
hushed = Table(
    "hushed",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("thread_ts", String(32), primary_key=True),
    Column("by", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
)

shares = Table(
    "shares",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("ts", String(32)),  # None: a post was begun and not confirmed
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("lease_until", UtcDateTime),
    Column("next_due", UtcDateTime),  # of what is done now and then
)

# What is to be told outside, a row an event and recipient; see bot.desk.outgoing. Delivered, it holds no event.
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(480), primary_key=True),
    Column("target", String(80), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("escalation_id", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("lease_until", UtcDateTime),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("delivered_at", UtcDateTime),
    Column("gave_up_at", UtcDateTime),
    Index("ux_outbox_turn", "target", "recipient", "escalation_id", "number", unique=True),
    Index(
        "ix_outbox_open",
        "due_at",
        sqlite_where=text("delivered_at IS NULL AND gave_up_at IS NULL"),
        postgresql_where=text("delivered_at IS NULL AND gave_up_at IS NULL"),
    ),
    Index(None, "gave_up_at"),
)
