r"""Prompts, saved views, and the words of turns

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BATCH = 5000
"""Turns whose words are read in one statement, so that none takes longer than statements may."""

SPACELESS = r"\u2E80-\u2FDF\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003134F"
SEPARATORS = (
    r"\u0001-/:-@\[-`{-\u00BF\u2000-\u206F\u3000-\u3004\u3008-\u303F\uFE10-\uFE6F\uFF00-\uFF0F\uFF1A-\uFF20"
    r"\uFF3B-\uFF40\uFF5B-\uFF65"
)

POSTGRESQL = (
    "CREATE TABLE turn_words (turn_id bigint PRIMARY KEY, terms tsvector NOT NULL)",
    "CREATE INDEX ix_turn_words_terms ON turn_words USING gin (terms)",
    # Words in lower case, and of each run of signs that are written without spaces the overlapping pairs and the last
    # sign. No text search configuration is asked: they cut Chinese by the locale of the database. PL/pgSQL keeps its
    # plans, where a function in SQL would be planned anew for every row.
    rf"""
    CREATE FUNCTION palaver_terms(words text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    BEGIN
      RETURN (SELECT coalesce(array_to_tsvector(array_agg(term) FILTER (WHERE term <> '')), ''::tsvector) FROM (
        SELECT left(regexp_split_to_table(lower(words), '[{SEPARATORS}{SPACELESS}]+'), 64) AS term
        UNION ALL
        SELECT CASE WHEN sign <> ' ' THEN sign || rtrim(lead(sign, 1, '') OVER (ORDER BY place)) END
        FROM string_to_table(regexp_replace(words, '[^{SPACELESS}]+', ' ', 'g'), NULL) WITH ORDINALITY
          AS signs (sign, place)
      ) AS terms);
    END $$
    """,  # noqa: S608 - made of the constants above
    """
    CREATE FUNCTION palaver_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE turn_words;
        RETURN NULL;
      END IF;
      IF TG_OP <> 'INSERT' THEN
        DELETE FROM turn_words WHERE turn_id = OLD.id;
      END IF;
      IF TG_OP <> 'DELETE' AND NEW.text <> '' THEN
        INSERT INTO turn_words VALUES (NEW.id, palaver_terms(NEW.text));
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER turn_words_kept AFTER INSERT OR DELETE OR UPDATE OF text ON turns
    FOR EACH ROW EXECUTE FUNCTION palaver_keep_words()
    """,
    "CREATE TRIGGER turn_words_emptied AFTER TRUNCATE ON turns EXECUTE FUNCTION palaver_keep_words()",
)
POSTGRESQL_FILL = """
    INSERT INTO turn_words SELECT id, palaver_terms(text) FROM turns WHERE text <> '' AND id > :after AND id <= :until
"""
POSTGRESQL_DROP = (
    "DROP TRIGGER turn_words_emptied ON turns",
    "DROP TRIGGER turn_words_kept ON turns",
    "DROP FUNCTION palaver_keep_words()",
    "DROP TABLE turn_words",
    "DROP FUNCTION palaver_terms(text)",
)

SQLITE = (
    "CREATE VIRTUAL TABLE turn_words USING fts5(text, content='', tokenize='trigram')",
    "CREATE VIRTUAL TABLE turn_trigrams USING fts5vocab('turn_words', 'row')",
    """
    CREATE TRIGGER turn_words_added AFTER INSERT ON turns WHEN new.text <> '' BEGIN
      INSERT INTO turn_words (rowid, text) VALUES (new.id, new.text || '  ');
    END
    """,
    """
    CREATE TRIGGER turn_words_removed AFTER DELETE ON turns WHEN old.text <> '' BEGIN
      INSERT INTO turn_words (turn_words, rowid, text) VALUES ('delete', old.id, old.text || '  ');
    END
    """,
    """
    CREATE TRIGGER turn_words_changed AFTER UPDATE OF text ON turns WHEN old.text <> new.text BEGIN
      INSERT INTO turn_words (turn_words, rowid, text)
        SELECT 'delete', old.id, old.text || '  ' WHERE old.text <> '';
      INSERT INTO turn_words (rowid, text) SELECT new.id, new.text || '  ' WHERE new.text <> '';
    END
    """,
)
SQLITE_FILL = """
    INSERT INTO turn_words (rowid, text)
    SELECT id, text || '  ' FROM turns WHERE text <> '' AND id > :after AND id <= :until
"""
SQLITE_DROP = (
    "DROP TRIGGER turn_words_changed",
    "DROP TRIGGER turn_words_removed",
    "DROP TRIGGER turn_words_added",
    "DROP TABLE turn_trigrams",
    "DROP TABLE turn_words",
)


def big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "prompts",
        sa.Column("turn_id", big(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("decoding", sa.Text(), nullable=False),
        sa.Column("odds", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"]),
        sa.PrimaryKeyConstraint("turn_id"),
    )
    op.create_table(
        "admin_views",
        sa.Column("id", big(), nullable=False),
        sa.Column("user_id", big(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["admin_users.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "name", name="uq_admin_views_name"),
    )
    op.create_index("ix_conversations_recent", "conversations", ["last_message_at", "id"], unique=False)
    op.create_index("ix_conversations_account", "conversations", ["account", "last_message_at"], unique=False)
    op.create_index("ix_writings_model", "writings", ["model", "turn_id"], unique=False)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    # Sent as they are: a colon is part of a regular expression here, not the mark of a value.
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)
    _fill(sa.text(SQLITE_FILL if is_sqlite else POSTGRESQL_FILL))


def _fill(statement: sa.TextClause) -> None:
    newest = op.get_bind().execute(sa.text("SELECT coalesce(max(id), 0) FROM turns")).scalar_one()
    for after in range(0, newest, BATCH):
        op.get_bind().execute(statement, {"after": after, "until": after + BATCH})


def downgrade() -> None:
    for statement in SQLITE_DROP if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_DROP:
        op.get_bind().exec_driver_sql(statement)
    op.drop_index("ix_writings_model", table_name="writings")
    op.drop_index("ix_conversations_account", table_name="conversations")
    op.drop_index("ix_conversations_recent", table_name="conversations")
    op.drop_table("admin_views")
    op.drop_table("prompts")
