"""One office with two front ends on PostgreSQL: what one takes in the other sees through, and either gives the receipts."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.support.front_ends import shared
from tests.support.offices import LOG, ORIGIN, bundle, office

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.memory import MemoryOpenings
from assay.adapters.sql.front_end import FrontEnd
from assay.adapters.sql.ledger import SqlLedger
from assay.errors import Duplicate, Unavailable
from assay.office.advance import advance
from assay.office.log import found, receipt, verify_register
from assay.office.office import Office
from assay.office.submit import submit
from assay.register.leaf import Kind

KEYS = LOG.public(ORIGIN)


@pytest.fixture
def openings() -> MemoryOpenings:
    return MemoryOpenings()


@pytest.fixture
def offices(database: str, tmp_path: Path, openings: MemoryOpenings) -> Iterator[list[Office]]:
    common = msgspec.structs.replace(shared(database, tmp_path / "tiles"), openings=openings)
    fronts = [FrontEnd(common), FrontEnd(common)]
    ledgers = [SqlLedger.postgres(database), SqlLedger.postgres(database)]
    made = [
        msgspec.structs.replace(
            office(), ledger=ledger, register=front, blobs=FolderBlobs(tmp_path / "blobs")
        )
        for front, ledger in zip(fronts, ledgers, strict=True)
    ]
    for one, front in zip(made, fronts, strict=True):
        with front.founding():
            found(one)
    yield made
    for front in fronts:
        front.close()
    for ledger in ledgers:
        ledger.close()


def front_of(one: Office) -> FrontEnd:
    assert isinstance(one.register, FrontEnd)
    return one.register


def test_a_submission_passes_from_one_to_the_other(offices: list[Office], openings: MemoryOpenings) -> None:
    first, second = offices
    taken = submit(first, bundle())
    with pytest.raises(Duplicate, match="submitted before"):
        submit(second, bundle())
    seen = second.ledger.submission(taken.payload)
    assert seen == taken
    done = advance(second, taken)
    assert done.state == "published"
    assert done.publication is not None
    assert verify_register(first) == verify_register(second) == 5
    for one in offices:
        kinds = [receipt(one, at).verify(KEYS).entry.kind for at in range(5)]
        assert kinds == [
            Kind.GENESIS, Kind.SUBMISSION, Kind.COMPLETENESS, Kind.DETERMINATION, Kind.PUBLICATION,
        ]  # fmt: skip
    fronts = [front_of(one) for one in offices]
    (leader,) = [front for front in fronts if front.leading is not None]
    (follower,) = [front for front in fronts if front.leading is None]
    follower.publish()
    leader.publish()
    assert openings.end() == 5
    assert openings.read(1, 2)[0].openings is not None
    with pytest.raises(Unavailable, match="the process that leads erases them"):
        follower.erase(1)
    leader.erase(1)
    assert openings.read(1, 2)[0].openings is None
    with pytest.raises(Unavailable, match="openings of entry 1 were erased"):
        second.ledger.openings(1)


def test_a_leader_that_is_stopped_records_nothing(offices: list[Office]) -> None:
    """As when a witness knows another history: until a person has looked, no front end gets an entry in."""
    (leader,) = [front.leading for front in map(front_of, offices) if front.leading is not None]
    leader.stop("a witness knows more")
    size = leader.size()
    for one in offices:
        with pytest.raises(Unavailable, match="a witness knows more"):
            submit(one, bundle())
    assert leader.size() == size
