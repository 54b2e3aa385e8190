"""The tables of what resolved threads taught."""

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, Text, false

from bot.store.tables import UtcDateTime, metadata

learnings = Table(
    "learnings",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("escalation_id", String(40), nullable=False),
    Column("desk", String(80), nullable=False),
    Column("team", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("offered_to", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("question", Text, nullable=False, server_default=""),
    Column("answer", Text, nullable=False, server_default=""),
    Column("thread_audience", JSON, nullable=False),
    Column("audience", JSON, nullable=False),
    Column("thread_url", Text, nullable=False, server_default=""),
    Column("answered_by", String(32), nullable=False, server_default=""),
    Column("answered_at", UtcDateTime),
    Column("owner", String(32), nullable=False, server_default=""),
    Column("expires_at", UtcDateTime),
    Column("decided_by", String(32), nullable=False, server_default=""),
    Column("decided_at", UtcDateTime),
    Column("ready", Boolean, nullable=False, server_default=false()),  # the index knows of its last change
    Column("offer_channel", String(32), nullable=False, server_default=""),
    Column("offer_ts", String(32), nullable=False, server_default=""),
    Index(None, "state", "ready"),
    Index(None, "escalation_id"),
)

golden_cases = Table(
    "golden_cases",
    metadata,
    Column("id", String(60), primary_key=True),  # that of what was learnt
    Column("desk", String(80), nullable=False),
    Column("question", Text, nullable=False),
    Column("must_say", JSON, nullable=False),
    Column("cites", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
