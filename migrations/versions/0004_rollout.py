"""Versions of models, their history, which was asked for which reply, and what shadows wrote

Revision: 0004, after 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("shadows", "askings", "stagings", "versions")


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "versions",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("replaced", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index(
        "uq_versions_production",
        "versions",
        ["stage"],
        unique=True,
        sqlite_where=sa.text("stage = 'production'"),
        postgresql_where=sa.text("stage = 'production'"),
    )
    op.create_table(
        "stagings",
        sa.Column("id", big(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("was", sa.String(length=16), nullable=False),
        sa.Column("now", sa.String(length=16), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_stagings_at", "stagings", ["at"], unique=False)
    op.create_table(
        "askings",
        sa.Column("turn_id", big(), nullable=False),
        sa.Column("conversation_id", big(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("turn_id"),
    )
    op.create_index("ix_askings_version", "askings", ["version", "at"], unique=False)
    op.create_index(
        "ix_askings_failed",
        "askings",
        ["version", "at"],
        unique=False,
        sqlite_where=sa.text("failed"),
        postgresql_where=sa.text("failed"),
    )
    op.create_index("ix_askings_conversation", "askings", ["conversation_id"], unique=False)
    _create_shadows()


def _create_shadows() -> None:
    op.create_table(
        "shadows",
        sa.Column("id", big(), nullable=False),
        sa.Column("turn_id", big(), nullable=False),
        sa.Column("conversation_id", big(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("responder", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("finish", sa.String(length=16), nullable=False),
        sa.Column("prompt_tokens", big(), nullable=False),
        sa.Column("reply_tokens", big(), nullable=False),
        sa.Column("queued", sa.Double(), nullable=False),
        sa.Column("first", sa.Double(), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shadows_turn", "shadows", ["turn_id"], unique=False)
    op.create_index("ix_shadows_conversation", "shadows", ["conversation_id"], unique=False)
    op.create_index("ix_shadows_version", "shadows", ["version", "at"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
