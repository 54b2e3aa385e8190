"""Why an answer did not help; what an answer was made from, to be shown; what was shared."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feedback", sa.Column("reason", sa.String(16), nullable=False, server_default=""))
    op.add_column("answers", sa.Column("sentences", sa.JSON(), nullable=True))
    op.add_column("answers", sa.Column("readable", sa.JSON(), nullable=True))
    op.create_table(
        "shares",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ts", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_shares")),
    )
