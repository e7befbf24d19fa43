"""The form of an office's database: which one this program needs, which one a database has, and how it gets there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Engine, MetaData, inspect, text

from assay.adapters.sql import (
    access_tables,
    case_tables,
    due_tables,
    federation_tables,
    holding_tables,
    identity_tables,
    inventory_tables,
    queue_tables,
    repeat_tables,
    subscription_tables,
    tables,
    upload_tables,
)
from assay.adapters.sql.prepare import LOCK
from assay.adapters.sql.transaction import transaction
from assay.errors import Refused, Unavailable

HEAD = "0001"
"""The newest step in ``migrations/versions``."""
EVERYWHERE: tuple[MetaData, ...] = (
    tables.metadata,
    access_tables.metadata,
    case_tables.metadata,
    due_tables.metadata,
    federation_tables.metadata,
    holding_tables.metadata,
    identity_tables.metadata,
    inventory_tables.metadata,
    repeat_tables.metadata,
    subscription_tables.metadata,
    upload_tables.metadata,
)
ON_POSTGRESQL: tuple[MetaData, ...] = (queue_tables.metadata,)
VERSION_TABLE = "alembic_version"
FOLDER = Path(__file__).parent / "migrations"
MAX_NAMED = 5

Form = Literal["empty", "current", "unmarked", "older", "newer", "different"]
"""*unmarked*: as it should be, and nothing in it says so; *different*: neither that nor anything that is known."""


class Found(msgspec.Struct, frozen=True):
    form: Form
    revision: str
    """The step that the database says it has; empty when it says none."""
    differences: tuple[str, ...] = ()
    """Of a *different* one."""


def expected(dialect: str) -> MetaData:
    """All tables of an office on *dialect*."""
    made = MetaData()
    for one in (*EVERYWHERE, *(ON_POSTGRESQL if dialect == "postgresql" else ())):
        for table in one.sorted_tables:
            table.to_metadata(made)
    return made


def look(engine: Engine) -> Found:
    """Writes nothing."""
    with transaction(engine, reads=True) as connection:
        return _look(connection)


def ready(engine: Engine) -> None:
    """Make the tables of an empty database; mark one that is as it should be. Unavailable, and nothing is changed, for any other."""
    if look(engine).form == "current":
        return
    with transaction(engine) as connection:
        _alone(connection)
        found = _look(connection)
        match found.form:
            case "empty":
                upgrade(connection)
            case "unmarked":
                _mark(connection)
            case "older":
                raise Unavailable(
                    f"the office's database has form {found.revision}, this program needs {HEAD}: "
                    "stop the office, make a backup, then run `assay office migrate`"
                )
            case "newer" | "different":
                raise Unavailable(_told(found))


def migrate(engine: Engine) -> Found:
    """Bring the database to :data:`HEAD`, in one transaction; what it was before. Refused for one that is not known."""
    with transaction(engine) as connection:
        _alone(connection)
        found = _look(connection)
        match found.form:
            case "empty" | "older":
                upgrade(connection)
            case "unmarked":
                _mark(connection)
            case "newer" | "different":
                raise Refused(_told(found))
        return found


def complete(engine: Engine) -> None:
    """Make the tables that a database of an earlier or partial making lacks, and mark it; those that are there stay."""
    with transaction(engine) as connection:
        expected(connection.dialect.name).create_all(connection)
        if not inspect(connection).has_table(VERSION_TABLE):
            _mark(connection)


def _look(connection: Connection) -> Found:
    there = inspect(connection)
    if there.has_table(VERSION_TABLE):
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        revision = str(row[0]) if row is not None else ""
        if revision == HEAD:
            return Found("current", revision)
        return Found("older" if revision in _steps() else "newer", revision)
    known = {table.name for table in expected(connection.dialect.name).tables.values()}
    if not known.intersection(there.get_table_names()):
        return Found("empty", "")
    differences = _differences(connection)
    return Found("different" if differences else "unmarked", "", tuple(differences))


def _told(found: Found) -> str:
    if found.form == "newer":
        return f"the office's database has form {found.revision!r}, which this program does not know: it is of a newer Assay"
    return (
        f"the office's database has tables of another form than this program's, and does not say which: {', '.join(found.differences)}; "
        "it was made by an unreleased Assay, begin a new office"
    )


def _differences(connection: Connection) -> Sequence[str]:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - in the extra `server`
    from alembic.migration import MigrationContext  # noqa: PLC0415

    ours = expected(connection.dialect.name)

    def wanted(_: Any, name: str | None, kind: str, reflected: bool, __: Any) -> bool:
        # Tables that are not ours are nobody's business.
        return not (kind == "table" and reflected and name not in ours.tables)

    context = MigrationContext.configure(connection, opts={"include_object": wanted, "compare_type": True})
    found = [_line(one) for one in compare_metadata(context, ours)]
    return [*found[:MAX_NAMED], f"{len(found) - MAX_NAMED} more"] if len(found) > MAX_NAMED else found


def _line(difference: Any) -> str:
    one = difference[0] if isinstance(difference, list) else difference
    names = [getattr(part, "name", None) or part for part in one[1:] if part is not None]
    return f"{one[0].replace('_', ' ')} {'.'.join(str(name) for name in names[:3] if isinstance(name, str))}"


def upgrade(connection: Connection) -> None:
    """All steps that are missing, in the transaction of *connection*."""
    from alembic import command  # noqa: PLC0415 - in the extra `server`

    command.upgrade(_config(connection), "head")


def _mark(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - in the extra `server`

    command.stamp(_config(connection), "head")


def _config(connection: Connection | None = None) -> Any:
    from alembic.config import Config  # noqa: PLC0415 - in the extra `server`

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _steps() -> frozenset[str]:
    return frozenset(path.stem.removeprefix("v") for path in (FOLDER / "versions").glob("v*.py"))


def _alone(connection: Connection) -> None:
    """Several processes may start together; on SQLite a writer is alone anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
