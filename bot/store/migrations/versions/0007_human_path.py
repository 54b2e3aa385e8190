"""Each move of an escalation as a row; "resolved" becomes "closed"; how far people were told, by number."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WAS_OPEN, _IS_NOT_OVER = "state <> 'resolved'", "state NOT IN ('closed', 'expired')"
_THREAD = ["team", "channel", "thread_ts"]
# Of what was before there is no more than this: who asked, and who has or had it last.
_CALLS = """
INSERT INTO escalation_events (escalation_id, number, "before", "after", "move", "by", owner, reason, at)
SELECT id, 1, NULL, 'open', 'call', asker, NULL, 'asked', created_at FROM escalations
"""
_MOVES = """
INSERT INTO escalation_events (escalation_id, number, "before", "after", "move", "by", owner, reason, at)
SELECT id, 2, 'open', state, CASE state WHEN 'claimed' THEN 'claim' ELSE 'close' END, COALESCE(owner, 'desk'), owner,
       '', COALESCE(changed_at, created_at)
FROM escalations WHERE state <> 'open'
"""
_ANNOUNCED = """
UPDATE escalations SET number = CASE state WHEN 'open' THEN 1 ELSE 2 END,
    announced = CASE WHEN announced_state IS NULL THEN 0
                     WHEN announced_state = state AND state <> 'open' THEN 2
                     ELSE 1 END
"""


def upgrade() -> None:
    op.create_table(
        "escalation_events",
        sa.Column("escalation_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("move", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("cause", sa.String(length=120), nullable=False, server_default=""),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("escalation_id", "number", name=op.f("pk_escalation_events")),
    )
    op.add_column("escalations", sa.Column("reason", sa.String(length=24), nullable=False, server_default="asked"))
    op.add_column("escalations", sa.Column("number", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("escalations", sa.Column("announced", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("escalations", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    _index_by("ux_escalations_open_thread", _WAS_OPEN, drop=True)
    op.execute(_ANNOUNCED)
    op.execute("UPDATE escalations SET state = 'closed' WHERE state = 'resolved'")
    op.execute(_CALLS)
    op.execute(_MOVES)
    op.drop_column("escalations", "announced_state")
    _index_by("ux_escalations_thread", _IS_NOT_OVER)
    op.create_index(op.f("ix_escalations_team_channel_thread_ts"), "escalations", _THREAD)


def _index_by(name: str, condition: str, *, drop: bool = False) -> None:
    where: dict[str, Any] = {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
    if drop:
        op.drop_index(name, table_name="escalations", **where)
    else:
        op.create_index(name, "escalations", _THREAD, unique=True, **where)
