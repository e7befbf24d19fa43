"""What every store of holdings keeps to."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from assay.adapters.sql.holdings import SqlHoldings
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.postgresql import engine as postgresql_engine
from assay.errors import TooLarge
from assay.formats.digest import Digest
from assay.office.ports import Holdings

MOST, TOGETHER = 100, 8


@pytest.fixture(params=["file", "postgres"])
def holdings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Holdings]:
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql_engine(request.getfixturevalue("database"), "assay")
    yield SqlHoldings(engine, MOST)
    engine.dispose()


def together(holdings: Holdings, digests: list[Digest], size: int) -> list[bool]:
    """Whether each was held, where all come at once."""
    ready = Barrier(len(digests))

    def hold(digest: Digest) -> bool:
        ready.wait(10)
        try:
            holdings.hold("harbour", {digest: size})
        except TooLarge:
            return False
        return True

    with ThreadPoolExecutor(len(digests)) as pool:
        return list(pool.map(hold, digests))


def test_of_documents_that_come_at_once_no_more_are_held_than_there_is_room_for(holdings: Holdings) -> None:
    for round_ in range(3):
        digests = [Digest.sha256(b"%d %d" % (round_, at)) for at in range(TOGETHER)]
        assert sum(together(holdings, digests, 30)) == (3 if round_ == 0 else 0)
    assert holdings.shares({"harbour": ()})["harbour"].kept == 90


def test_the_same_document_at_once_is_held_once(holdings: Holdings) -> None:
    assert all(together(holdings, [Digest.sha256(b"wheel")] * TOGETHER, 60))
    assert holdings.shares({"harbour": ()})["harbour"].kept == 60
