"""What an answer tells its asker alone; how much was spent since a time is looked up by it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("answers", sa.Column("private", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_answers_created_at"), "answers", ["created_at"], unique=False)
