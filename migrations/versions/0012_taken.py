"""Finds the conversations that the team answers without looking at all others

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TAKEN = sa.text("taken_by IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_conversations_taken", "conversations", ["taken_by"], sqlite_where=TAKEN, postgresql_where=TAKEN)


def downgrade() -> None:
    op.drop_index("ix_conversations_taken", table_name="conversations")
