"""Lanes: how fast may be written; and the message that shows the beginning of a reply

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lanes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("free_at", sa.Double(), nullable=False),
        sa.Column("paused_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("conversations", sa.Column("live", sa.Text(), server_default="", nullable=True))
    op.add_column("conversations", sa.Column("left_behind", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("parts", sa.Column("live", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("parts", "live")
    op.drop_column("conversations", "left_behind")
    op.drop_column("conversations", "live")
    op.drop_table("lanes")
