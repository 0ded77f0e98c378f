"""Reviews, marks of conversations, comparisons of models, versions of data sets

Revision: 0007, after 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", big(), nullable=False),
        sa.Column("conversation_id", big(), nullable=False),
        sa.Column("turn_id", big(), nullable=False),
        sa.Column("reviewer_id", big(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("replaced_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["admin_users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reviews_turn", "reviews", ["turn_id", "reviewer_id"], unique=False)
    op.create_index("ix_reviews_conversation", "reviews", ["conversation_id"], unique=False)
    op.create_table(
        "review_marks",
        sa.Column("conversation_id", big(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("reviewed_at", sa.Double(), nullable=True),
        sa.Column("assignee_id", big(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["assignee_id"], ["admin_users.id"]),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_review_marks_assignee", "review_marks", ["assignee_id"], unique=False)
    op.create_index("ix_review_marks_flagged", "review_marks", ["flagged"], unique=False)
    op.create_table(
        "comparisons",
        sa.Column("id", big(), nullable=False),
        sa.Column("conversation_id", big(), nullable=False),
        sa.Column("turn_id", big(), nullable=False),
        sa.Column("first_model", sa.Text(), nullable=False),
        sa.Column("second_model", sa.Text(), nullable=False),
        sa.Column("first_text", sa.Text(), nullable=False),
        sa.Column("second_text", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_comparisons_models", "comparisons", ["first_model", "second_model"], unique=False)
    op.create_index("ix_comparisons_conversation", "comparisons", ["conversation_id"], unique=False)
    op.create_index("ix_comparisons_turn", "comparisons", ["turn_id"], unique=False)
    op.create_table(
        "judgements",
        sa.Column("id", big(), nullable=False),
        sa.Column("comparison_id", big(), nullable=False),
        sa.Column("reviewer_id", big(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("replaced_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparisons.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["admin_users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_judgements_comparison", "judgements", ["comparison_id", "reviewer_id"], unique=False)
    op.create_table(
        "datasets",
        sa.Column("id", big(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", big(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("rows", big(), nullable=False),
        sa.Column("redaction", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "digest", name="uq_datasets_content"),
        sa.UniqueConstraint("kind", "number", name="uq_datasets_number"),
    )
    op.create_table(
        "dataset_sources",
        sa.Column("dataset_id", big(), nullable=False),
        sa.Column("conversation_id", big(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "conversation_id"),
    )
    op.create_index("ix_dataset_sources_conversation", "dataset_sources", ["conversation_id"], unique=False)
    op.create_index("ix_writings_score", "writings", ["score"], unique=False)
    op.create_index("ix_turns_responder", "turns", ["responder", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_turns_responder", table_name="turns")
    op.drop_index("ix_writings_score", table_name="writings")
    for table in ("dataset_sources", "datasets", "judgements", "comparisons", "review_marks", "reviews"):
        op.drop_table(table)
