"""Write a step of the database's history: what its tables are now, less what the steps so far make of an empty database.

    python tools/migration.py --first       the first step again, from all tables: before the first release only
    python tools/migration.py "What it is"  the next step

Look at what it wrote: it does not know what becomes of rows.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, TypeDecorator, create_engine

from assay.adapters.sql import schema
from assay.adapters.sql.prepare import FIRST

VERSIONS = schema.FOLDER / "versions"
HEAD = '''"""{message}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}


def upgrade() -> None:
{everywhere}
    if op.get_context().dialect.name == "postgresql":
        _on_postgresql()


def downgrade() -> None:
    raise NotImplementedError("the way back is a backup")


def _on_postgresql() -> None:
{on_postgresql}
'''


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    steps = sorted(path.stem.removeprefix("v") for path in VERSIONS.glob("v*.py"))
    first = arguments[0] == "--first"
    number = "0001" if first else f"{int(steps[-1]) + 1:04}"
    if first and len(steps) > 1:
        sys.stderr.write("there are more steps than the first\n")
        return 2
    everywhere = _code(schema.EVERYWHERE, first=first)
    on_postgresql = _code(schema.ON_POSTGRESQL, first=first)
    if first:
        on_postgresql += "\n" + "\n".join(f"    op.execute({statement!r})" for statement in FIRST)
    text = HEAD.format(
        message="All tables." if first else arguments[0],
        revision=number,
        before="None" if first else repr(steps[-1]),
        everywhere=everywhere,
        on_postgresql=on_postgresql,
    )
    path = VERSIONS / f"v{number}.py"
    path.write_text(text)
    sys.stdout.write(
        f"wrote {path.relative_to(Path.cwd())}; set HEAD in schema.py to {number!r}; ruff format it\n"
    )
    return 0


def _code(found: Sequence[MetaData], *, first: bool) -> str:
    """Alembic's own rendering, of the difference to a database that the steps so far made. On SQLite: nothing is run."""
    joined = MetaData()
    for one in found:
        for table in one.sorted_tables:
            table.to_metadata(joined)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        if not first:
            schema.upgrade(connection)
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "render_item": _plain,
                "include_object": lambda _, name, kind, __, ___: kind != "table" or name in joined.tables,
            },
        )
        script = produce_migrations(context, joined)
        if script.upgrade_ops is None:
            return "    pass"
        lines = render_python_code(
            script.upgrade_ops, render_item=_plain, migration_context=context
        ).splitlines()
    return (
        "\n".join(line if line.startswith("    ") else f"    {line}" for line in lines if "###" not in line)
        or "    pass"
    )


def _plain(kind: str, value: object, _: object) -> str | bool:
    """What a column is stored as, not what the program makes of it: that may change."""
    if kind == "type" and isinstance(value, TypeDecorator):
        return f"sa.{value.impl_instance!r}"
    return False


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
