"""Cases that were received before cases had keys are found by them after a start."""

from typing import cast

import pytest
from sqlalchemy import delete
from tests.support import services
from tests.support.services import submitted

from assay.adapters.sql.case_tables import keys
from assay.adapters.sql.cases import SqlCases
from assay.office import found_again
from assay.office.case import Case
from assay.office.found_again import complete
from assay.office.service import Service


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> tuple[Service, SqlCases, list[Case], list[frozenset[str]]]:
    monkeypatch.setattr(found_again, "BATCH", 2)
    one = services.service()
    rows = cast("SqlCases", one.cases)
    cases = [submitted(one, serial) for serial in (1, 2, 3)]
    before = [rows.keys_of(case.entry) for case in cases]
    assert all(before)
    return one, rows, cases, before


def test_all_get_theirs_once(office: tuple[Service, SqlCases, list[Case], list[frozenset[str]]]) -> None:
    one, rows, cases, before = office
    assert complete(one, rows) == 0
    with rows.engine.begin() as connection:
        connection.execute(delete(keys).where(keys.c.entry != cases[1].entry))
        connection.execute(delete(keys).where(keys.c.key == min(before[1])))
    assert complete(one, rows) == 3
    assert [rows.keys_of(case.entry) for case in cases] == before
    assert complete(one, rows) == 0


def test_what_is_lost_keeps_no_other(
    office: tuple[Service, SqlCases, list[Case], list[frozenset[str]]],
) -> None:
    one, rows, cases, before = office
    submission = one.office.ledger.submission(cases[0].payload)
    assert submission is not None
    with rows.engine.begin() as connection:
        connection.execute(delete(keys))
    one.office.blobs.erase(submission.envelope)
    assert complete(one, rows) == 3
    assert [rows.keys_of(case.entry) for case in cases] == [frozenset(), *before[1:]]
    assert complete(one, rows) == 0
