"""``assay office work``: what waits, what was given up, and once more."""

from datetime import UTC, datetime
from pathlib import Path

from tests.scenario.conftest import Assay

from assay.adapters.sql import schema
from assay.adapters.sql.due import SqlWork
from assay.adapters.sql.ledger import SqlLedger
from assay.office.work import Due

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_what_was_given_up_is_shown_and_put_back(assay_here: Assay, tmp_path: Path) -> None:
    office = ("--office", tmp_path / "home")
    missing = assay_here("office", "work", *office)
    assert (missing.code, "is no office" in missing.err) == (3, True)
    (tmp_path / "home" / "office").mkdir(parents=True)
    (tmp_path / "home" / "office" / "office.sqlite").touch()
    engine = SqlLedger.sqlite_engine(tmp_path / "home" / "office" / "office.sqlite")
    early = assay_here("office", "work", *office)
    assert (early.code, "assay office migrate" in early.err) == (3, True)
    schema.ready(engine)
    quiet = assay_here("office", "work", *office)
    assert (quiet.code, "nothing waits" in quiet.out) == (0, True)
    work = SqlWork(engine)
    work.put([Due(key=f"deliver:sub_{n}:evt", kind="deliver", subject=f"sub_{n}", at=NOON) for n in range(3)])
    for one in work.claim(["deliver"], NOON, 2, 60, "a"):
        work.dead(one, "after 12 attempts: the receiver answers 500")
    engine.dispose()
    found = assay_here("office", "work", *office)
    assert (found.code, found.out.count("the receiver answers 500")) == (1, 2), found.err
    assert "1 waiting" in found.out
    key = "deliver:sub_0:evt"
    done = assay_here("office", "work", "--again", key, *office, "--json")
    assert done.code == 1
    assert done.json()["again"] == [key]
    assert [one["key"] for one in done.json()["dead"]] == ["deliver:sub_1:evt"]
    counted = {one["kind"]: (one["waiting"], one["dead"]) for one in done.json()["waiting"]}
    assert counted["deliver"] == (2, 1)
    assert counted["notify"] == (0, 0)
    gone = assay_here("office", "work", "--let-go", "deliver:sub_1:evt", *office, "--json").json()
    assert (gone["let_go"], gone["dead"]) == (["deliver:sub_1:evt"], [])
    none = assay_here("office", "work", "--let-go", key, *office)
    assert (none.code, "no delivery that was given up" in none.err) == (2, True)
    wrong = assay_here("office", "work", "--again", key, *office)
    assert (wrong.code, "no work that was given up" in wrong.err) == (2, True)
