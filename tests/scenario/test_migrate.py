"""``assay office migrate``: what form a database has, and how it gets the right one."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.scenario.conftest import Assay

from assay.adapters.sql.schema import HEAD


def test_a_database_is_looked_at_and_brought_forward(assay_here: Assay, tmp_path: Path) -> None:
    office = ("--office", tmp_path / "home")
    missing = assay_here("office", "migrate", *office)
    assert (missing.code, "is no office" in missing.err) == (3, True)
    (tmp_path / "home" / "office").mkdir(parents=True)
    with closing(sqlite3.connect(tmp_path / "home" / "office" / "office.sqlite")):
        (tmp_path / "home" / "office" / "office.sqlite").touch()
    look = assay_here("office", "migrate", "--check", *office, "--json")
    assert (look.code, look.json()["form"], look.json()["needed"]) == (1, "empty", HEAD)
    done = assay_here("office", "migrate", *office)
    assert (done.code, f"has form {HEAD} now" in done.out) == (0, True), done.err
    again = assay_here("office", "migrate", "--check", *office)
    assert (again.code, "as it should" in again.out) == (0, True)
