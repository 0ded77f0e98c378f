"""The database's history, by Alembic. `palaver db upgrade` runs it; so does `palaver run` at its start."""
