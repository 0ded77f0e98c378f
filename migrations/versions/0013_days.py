"""Sums of hours by the day, for figures of long times

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COUNTS = (
    *("begun", "accepted", "ended", "open", "answered", "unsure", "handed_over", "ignored", "shed", "undeliverable"),
    *("erased", "written", "neutral", "fallback", "fixed", "human"),
)


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "days",
        sa.Column("day", big(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        *(sa.Column(name, big(), nullable=False) for name in COUNTS),
        sa.Column("times", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", "channel", "version"),
    )
    op.execute("DELETE FROM tallied")  # all is counted once more, and the days with it


def downgrade() -> None:
    op.drop_table("days")
