"""Rows to take away: the results as CSV and JSON, one for each release."""

import csv
import io
import json

import msgspec
import pytest
from tests.support import pages as cases
from tests.support.pages import ANSWER, ENGINE, HOSTILE, NOTHING, OFFICE, PUBLISHED, TRUST
from tests.support.verdicts import VERDICT

from assay.formats.verdict import ReleaseRef
from assay.web.pages import site
from assay.web.tables import RESULTS, results, table


def test_both_forms_hold_the_same_rows() -> None:
    made = site(OFFICE, ENGINE, PUBLISHED, TRUST)
    said = json.loads(made["results.json"])
    rows = list(csv.DictReader(io.StringIO(made["results.csv"].decode(), newline=""), strict=True))
    assert said["columns"] == [*RESULTS] == [*rows[0]]
    assert [row["id"] for row in rows] == [row["id"] for row in said["rows"]]
    assert {f"sha256:{item.id}" for item in PUBLISHED} == {row["id"] for row in rows}


def test_a_row() -> None:
    made = results([cases.published(VERDICT, response=ANSWER)])
    row = dict(zip(made.columns, made.rows[0], strict=True))
    assert (row["provider"], row["product"], row["version"]) == (VERDICT.provider, "lantern", "2.1.0")
    assert (row["result"], row["claimed"], row["satisfied"]) == ("contradicted", 3, 1)
    assert row["response"] == ANSWER


def test_a_row_for_each_release_and_one_where_there_is_none() -> None:
    two = msgspec.structs.replace(VERDICT, releases=(ReleaseRef("a", "1"), ReleaseRef("b", "2")))
    assert [row[2:4] for row in results([cases.published(two)]).rows] == [("a", "1"), ("b", "2")]
    assert len(results([cases.published(NOTHING)]).rows) == 1


def test_no_cell_runs() -> None:
    live = msgspec.structs.replace(HOSTILE, provider="=cmd|' /C calc'!A0")
    assert b"\n'=cmd" not in results([cases.published(live)]).csv.replace(b",'=cmd", b"")
    assert b",'=cmd" in results([cases.published(live)]).csv


def test_a_row_of_another_length_is_our_bug() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 cells, expected 2"):
        table(("a", "b"), [("1", "2"), ("3",)])
