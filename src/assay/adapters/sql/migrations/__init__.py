"""The history of the database's form, by Alembic. ``tools/migration.py`` writes a step of it; a step that was released never changes."""
