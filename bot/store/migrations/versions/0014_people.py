"""When people last spoke with each other in a thread."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("threads", sa.Column("people_ts", sa.String(length=32), nullable=True))
