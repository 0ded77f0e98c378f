"""Departures: chats that are closed to us

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("gone_at", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "gone_at")
