"""The database of an office with due process, made again: submissions and results are there, and what is not is named."""

from datetime import timedelta

from tests.support import services
from tests.support.services import officer, service, submitted, tick

from assay.adapters.memory import MemoryOpenings
from assay.office.determine import Decision, decide_final
from assay.office.openings import Keeper
from assay.office.ports import Submission
from assay.office.rebuild import Source, rebuild
from assay.register import checkpoint as checkpoints
from assay.tlog.read import TileReader


class Rows:
    """A database that is only looked at."""

    def __init__(self) -> None:
        self.found: dict[str, Submission] = {}

    def add(self, start: int, backings: object, ended: list[Submission]) -> None:
        assert (start, backings) is not None
        self.found |= {str(one.payload): one for one in ended}

    def finish(self, head: object, leaves: object, open_: list[Submission]) -> None:
        assert (head, leaves) is not None
        self.found |= {str(one.payload): one for one in open_}


def test_submissions_come_back_and_cases_are_named() -> None:
    one = service()
    heard = submitted(one, 1, services.contradicted)
    waiting = submitted(one, 2, services.contradicted)
    complete = submitted(one, 3)
    tick(one, timedelta(days=31))
    case = one.case(heard.payload)
    decide_final(one, officer(one), case.payload, Decision(revision=case.revision))
    tick(one)
    office = one.office
    office.register.publish()
    signed = checkpoints.open_(office.register.checkpoint(), office.keys)
    openings = MemoryOpenings()
    Keeper(office.ledger, openings).keep(signed.checkpoint.size)
    register = office.register
    tiles = register._tiles  # type: ignore[attr-defined]
    rows = Rows()
    told = rebuild(
        Source(
            signed=signed,
            reader=TileReader(tiles, signed.checkpoint.size, signed.checkpoint.root),
            keys=office.keys,
            openings=openings,
            blobs=office.blobs,
        ),
        rows,  # type: ignore[arg-type]
    )
    for found in (heard, waiting, complete):
        assert rows.found[str(found.payload)] == office.ledger.submission(found.payload)
    assert [line for line in told.losses if "cases" not in line] == []
    assert told.losses[0].startswith("of 2 cases where they stand")
