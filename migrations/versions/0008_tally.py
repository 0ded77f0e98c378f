"""What is counted by the hour, and the indices that counting needs

Revision: 0008, after 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
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
        "hours",
        sa.Column("hour", big(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        *(sa.Column(name, big(), nullable=False) for name in COUNTS),
        sa.Column("times", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "channel", "version"),
    )
    op.create_table(
        "tallied",
        sa.Column("id", big(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("busy_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_turns_at", "turns", ["speaker", "at", "conversation_id"], unique=False)
    op.create_index("ix_turns_ended", "turns", ["ended_at", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_turns_ended", table_name="turns")
    op.drop_index("ix_turns_at", table_name="turns")
    op.drop_table("tallied")
    op.drop_table("hours")
