"""What complaints are about: a record for each, and the questions that wait for one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "triages",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("complaint", sa.Text(), nullable=True),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("requires_escalation", sa.Boolean(), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.Column("order_number", sa.String(length=80), nullable=True),
        sa.Column("product", sa.String(length=120), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("made_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_triages")),
    )
    still_open = sa.text("done_at IS NULL")
    op.create_index("ix_triages_open", "triages", ["wanted_at"], sqlite_where=still_open, postgresql_where=still_open)
