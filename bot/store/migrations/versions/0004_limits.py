"""When an accepted question may be worked on, which limit held it back, whether a bot wrote it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("by_bot", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("inbox", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inbox", sa.Column("refused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("inbox", sa.Column("limited", sa.String(8), nullable=True))
    op.execute("UPDATE inbox SET due_at = received_at")
    op.drop_index(op.f("ix_inbox_outcome_received_at"), "inbox")
    op.create_index(op.f("ix_inbox_outcome_due_at"), "inbox", ["outcome", "due_at"])
    op.create_index(op.f("ix_inbox_finished_at"), "inbox", ["finished_at"])
    op.create_index(op.f("ix_inbox_user_id_due_at"), "inbox", ["user_id", "due_at"])
    op.create_index(op.f("ix_inbox_channel_due_at"), "inbox", ["channel", "due_at"])
    not_told = sa.text("limited IS NOT NULL")
    op.create_index("ix_inbox_limited", "inbox", ["received_at"], sqlite_where=not_told, postgresql_where=not_told)
