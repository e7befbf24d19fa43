"""Run by Alembic, on the connection that :mod:`assay.adapters.sql.schema` hands over, within its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
