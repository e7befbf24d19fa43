"""The grants of the operator's guide are enough for an office, and no more."""

import re
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from tests.support import offices
from tests.support.postgres import Cluster
from tests.support.services import incomplete, service, submitted

from assay.adapters.sql import schema
from assay.adapters.sql.front_end import FrontEnd
from assay.adapters.sql.identity import SqlIdentities
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql
from assay.adapters.sql.shared import Shared
from assay.adapters.tiles.memory import MemoryTiles
from assay.formats.digest import Digest
from assay.office.erase import hold
from assay.office.identity.trail import Event
from assay.office.log import entry
from assay.register.leaf import Kind

GUIDE = (Path(__file__).parents[2] / "docs/guides/operator.md").read_text()
BEFORE, AFTER = re.findall(r"```sql\n(.*?)```", GUIDE, re.DOTALL)
ROLES = ("assay_owner", "assay_office")


def run(cluster: Cluster, database: str, statements: str, role: str = "") -> None:
    dsn = cluster.dsn(database) + (f" options='-c role={role}'" if role else "")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements.split(";"):
            if statement.strip():
                connection.execute(statement.encode())


@pytest.fixture(scope="module")
def urls(postgres: Cluster) -> dict[str, str]:
    """A database as the guide makes it; the URL of each role."""
    database = postgres.database()
    run(postgres, database, BEFORE)
    urls = {role: f"postgresql://{role}@/{database}?host={postgres.folder}" for role in ROLES}
    owner = postgresql(urls["assay_owner"], "test")
    schema.migrate(owner)
    owner.dispose()
    run(postgres, database, AFTER, "assay_owner")
    return urls


def test_an_office_works(urls: dict[str, str]) -> None:
    engine = postgresql(urls["assay_office"], "test")
    schema.ready(engine)
    one = service(engine=engine)
    case = submitted(one, 1, incomplete)
    assert case.stage == "incomplete"
    hold(one, case, held=True)
    identities = SqlIdentities(engine)
    with identities.change() as rows:
        rows.note(Event(at=one.now(), actor="test", action="test"))
    engine.dispose()


def test_a_front_end_leads(urls: dict[str, str], postgres: Cluster) -> None:
    """In a database of its own: another office has begun in the first one."""
    database = postgres.database()
    run(postgres, database, BEFORE.partition("CREATE SCHEMA")[1] + BEFORE.partition("CREATE SCHEMA")[2])
    owner, office = (f"postgresql://{role}@/{database}?host={postgres.folder}" for role in ROLES)
    made = postgresql(owner, "test")
    schema.migrate(made)
    made.dispose()
    run(postgres, database, AFTER, "assay_owner")
    world = offices.office()
    front = FrontEnd(
        Shared(url=office, tiles=MemoryTiles(), secrets=offices.LOG, origin=offices.ORIGIN, clock=world.clock)
    )
    try:
        wanted = entry(world, Kind.NOTICE, Digest.sha256(b"x"), {}, world.clock.now(), None)
        assert front.append(wanted).index == 0
    finally:
        front.close()
    assert urls


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (one INTEGER)",
        "ALTER TABLE trail ADD COLUMN mine INTEGER",
        "DROP TABLE head",
        "UPDATE trail SET actor = 'nobody'",
        "DELETE FROM trail",
        "TRUNCATE trail",
        "UPDATE alembic_version SET version_num = '9999'",
        "CREATE ROLE mine",
        "COPY head TO PROGRAM 'cat'",
    ],
)
def test_and_may_not_do_more(urls: dict[str, str], statement: str) -> None:
    engine = postgresql(urls["assay_office"], "test")
    with (
        engine.begin() as connection,
        pytest.raises(Exception, match=r"permission denied|must be owner|must be superuser"),
    ):
        connection.execute(text(statement))
    engine.dispose()


def test_the_ledger_needs_no_right_to_make_tables(urls: dict[str, str]) -> None:
    ledger = SqlLedger(postgresql(urls["assay_office"], "test"))
    assert ledger.head().edge.size >= 0
    ledger.close()
