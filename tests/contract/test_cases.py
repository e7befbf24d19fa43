"""What every store of cases keeps to."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, event

from assay.adapters.sql import cases as module
from assay.adapters.sql import postgresql
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.ledger import SqlLedger
from assay.errors import AssayError, Malformed, Refused
from assay.formats.digest import Digest
from assay.office.case import Case, moved
from assay.office.permissions import Target, Visible
from assay.office.ports import CaseQuery, Drawing, Held, Wanted

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ALL = Visible(everything=True)
POSTED = Visible(published=True)


@pytest.fixture(params=["memory", "file", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "memory":
        made = SqlLedger.memory_engine()
    elif request.param == "file":
        made = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        made = postgresql.engine(request.getfixturevalue("database"), "test")
    yield made
    made.dispose()


@pytest.fixture
def ledger(engine: Engine) -> SqlLedger:
    return SqlLedger(engine)


@pytest.fixture
def cases(engine: Engine, ledger: SqlLedger) -> SqlCases:
    assert ledger.head().edge.size == 0
    return SqlCases(engine)


def case(number: int, **changes: object) -> Case:
    plain = Case(
        payload=Digest.sha256(b"%d" % number),
        organisation=f"org-{number % 3}",
        parties=(f"org-{(number + 1) % 3}",),
        provider=f"Provider {chr(65 + number % 4)}",
        product=f"Product {number:03}",
        version="1.0",
        subject={"provider": "x"},
        received=NOW + timedelta(seconds=number),
        changed=NOW,
    )
    return msgspec.structs.replace(plain, **changes)


def record(ledger: SqlLedger, *moves: Case, drawing: Drawing | None = None) -> int:
    (index,) = ledger.record([Wanted(b"leaf", b"[]", cases=moves, drawing=drawing)], 100).indexes
    if isinstance(index, AssayError):
        raise index
    return index


def names(cases: SqlCases, **query: object) -> list[str]:
    """Over all pages."""
    found: list[str] = []
    after = ""
    while True:
        page = cases.find(CaseQuery(**{"visible": ALL, "limit": 3, **query, "after": after}))  # type: ignore[arg-type]
        found += [one.product for one in page.cases]
        if not (after := page.after):
            return found


def test_a_case_knows_its_entries(ledger: SqlLedger, cases: SqlCases) -> None:
    one = case(1)
    assert cases.case(one.payload) is None
    record(ledger, case(0))
    record(ledger, one)
    stored = cases.case(one.payload)
    assert stored == msgspec.structs.replace(one, entry=1, entries=(1,))
    record(ledger, moved(stored, NOW, "complete"))
    again = cases.case(one.payload)
    assert again is not None
    assert (again.entry, again.entries, again.stage, again.revision) == (1, (1, 2), "complete", 1)


def test_whose_milestones_are_ahead(ledger: SqlLedger, cases: SqlCases) -> None:
    soon, later = date(2026, 12, 1), date(2027, 2, 1)
    for number, plan in enumerate(((), (None, later), (later, soon), (soon,), (date.max,), (soon,))):
        record(ledger, case(number, plan=plan))

    def found(visible: Visible = ALL, limit: int = 9) -> list[str]:
        return [one.product[-1] for one in cases.planned(visible, limit)]

    assert found() == ["2", "3", "5", "1", "4"]
    assert found(limit=2) == ["2", "3"]
    assert found(Visible(owner="org-1")) == ["1", "4"]
    assert found(Visible(party="org-0")) == ["2", "5"]
    for number, changes in ((2, {"met": (1,)}), (3, {"met": (0,)}), (5, {"replaced_by": case(0).payload})):
        stored = cases.case(case(number).payload)
        assert stored is not None
        record(ledger, moved(stored, NOW, **changes))
    assert found() == ["1", "2", "4"]
    stored = cases.case(case(2).payload)
    assert stored is not None
    cases.keep(moved(stored, NOW, "withdrawn"))
    assert found() == ["1", "4"]


def test_many_at_once(ledger: SqlLedger, cases: SqlCases) -> None:
    made = [case(number, version="ünïcode \N{ANCHOR}") for number in range(40)]
    wanted = [
        Wanted(
            b"leaf", b"[]", cases=(one,), keys=(f"key-{at}",), held=(Held(one.organisation, one.payload, at),)
        )
        for at, one in enumerate(made)
    ]
    assert ledger.record(wanted, 100).indexes == tuple(range(40))
    stored = [cases.case(one.payload) for one in made]
    assert stored == [msgspec.structs.replace(one, entry=at, entries=(at,)) for at, one in enumerate(made)]
    on = [moved(one, NOW, "complete") for one in stored if one is not None]
    assert ledger.record([Wanted(b"on", b"[]", cases=(one,)) for one in on], 100).indexes[-1] == 79
    assert names(cases, stages=("complete",), sort="product", descending=False) == [
        f"Product {number:03}" for number in range(40)
    ]


def test_an_older_revision_is_refused_alone(ledger: SqlLedger, cases: SqlCases) -> None:
    record(ledger, case(1))
    stored = cases.case(case(1).payload)
    assert stored is not None
    record(ledger, moved(stored, NOW, "complete"))
    stale, good = moved(stored, NOW, "incomplete"), case(2)
    answers = ledger.record(
        [Wanted(b"a", b"[]", cases=(stale,)), Wanted(b"b", b"[]", cases=(good,))], 100
    ).indexes
    assert isinstance(answers[0], Refused)
    assert answers[1] == 2
    with pytest.raises(Refused, match="has moved meanwhile"):
        record(ledger, case(1))
    with pytest.raises(Refused, match="no case"):
        record(ledger, moved(case(9), NOW, "complete"))
    assert cases.case(stored.payload).stage == "complete"  # type: ignore[union-attr]


def test_what_is_kept_while_an_entry_moves_the_case_is_refused(
    engine: Engine, ledger: SqlLedger, cases: SqlCases
) -> None:
    if engine.url.database is None:
        pytest.skip("one connection: nobody else writes meanwhile")
    record(ledger, case(0))
    stored = cases.case(case(0).payload)
    assert stored is not None
    told: list[object] = []

    def keep() -> None:
        try:
            cases.keep(moved(stored, NOW, held=True))
        except Refused as error:
            told.append(str(error))

    with engine.begin() as connection:
        assert module.revisions(connection, [str(stored.payload)]) == {str(stored.payload): 0}
        other = threading.Thread(target=keep)
        other.start()
        other.join(0.3)
        assert other.is_alive(), "waits until the entry is recorded"
        module.store(connection, [(1, moved(stored, NOW, "complete"))])
    other.join(10)
    assert told == [f"the case {stored.payload.short} has moved meanwhile: look at it again, then act"]
    after = cases.case(stored.payload)
    assert after is not None
    assert (after.stage, after.held, after.revision) == ("complete", False, 1)


def test_two_moves_of_one_case_in_one_commit(ledger: SqlLedger, cases: SqlCases) -> None:
    first = case(1)
    second = moved(first, NOW, "complete")
    ledger.record([Wanted(b"a", b"[]", cases=(first,)), Wanted(b"b", b"[]", cases=(second,))], 100)
    stored = cases.case(first.payload)
    assert stored is not None
    assert (stored.entries, stored.revision, stored.stage) == ((0, 1), 1, "complete")


def test_what_no_entry_records(ledger: SqlLedger, cases: SqlCases) -> None:
    record(ledger, case(1))
    stored = cases.case(case(1).payload)
    assert stored is not None
    cases.keep(moved(stored, NOW, because="looked at"))
    with pytest.raises(Refused, match="has moved meanwhile"):
        cases.keep(moved(stored, NOW, because="looked at twice"))
    assert cases.case(stored.payload).because == "looked at"  # type: ignore[union-attr]


def test_whom_a_kept_case_names_finds_it(ledger: SqlLedger, cases: SqlCases) -> None:
    record(ledger, msgspec.structs.replace(case(1), parties=("old", "both")))
    stored = cases.case(case(1).payload)
    assert stored is not None
    cases.keep(moved(stored, NOW, parties=("both", "new")))

    def found(party: str) -> int:
        return len(cases.find(CaseQuery(visible=Visible(party=party))).cases)

    assert (found("old"), found("both"), found("new")) == (0, 1, 1)


def test_whom_a_case_names_changes_with_an_entry(ledger: SqlLedger, cases: SqlCases) -> None:
    for number in (1, 2):
        record(ledger, msgspec.structs.replace(case(number), parties=("both", "old")))
    stored = cases.case(case(1).payload)
    assert stored is not None
    after = moved(stored, NOW, parties=("both", "new"))
    ledger.record([Wanted(b"leaf", b"[]", cases=(after,), left=("old",), joined=("new",))], 100)

    def found(party: str) -> list[str]:
        return names(cases, visible=Visible(party=party), descending=False)

    assert found("old") == ["Product 002"]
    assert found("both") == ["Product 001", "Product 002"]
    assert found("new") == ["Product 001"]


@pytest.mark.parametrize(
    "sort", ["received", "changed", "deadline", "provider", "product", "result", "stage"]
)
@pytest.mark.parametrize("descending", [True, False])
def test_pages_in_any_order(ledger: SqlLedger, cases: SqlCases, sort: str, descending: bool) -> None:
    for number in range(10):
        soon = None if number % 2 else NOW + timedelta(days=number)
        record(ledger, case(number, deadline=soon, result="validated" if number % 3 else ""))
    found = names(cases, sort=sort, descending=descending)
    assert sorted(found) == [f"Product {number:03}" for number in range(10)]
    whole = cases.find(CaseQuery(visible=ALL, sort=sort, descending=descending)).cases  # type: ignore[arg-type]
    assert [one.product for one in whole] == found
    if sort == "product":
        assert found == sorted(found, reverse=descending)


def test_keys(ledger: SqlLedger, cases: SqlCases) -> None:
    for number, keys in enumerate((("a", "b"), ("b",), ("b", "c"), ())):
        made = case(number, published=Digest.sha256(b"x") if number == 2 else None)
        ledger.record([Wanted(b"leaf", b"[]", cases=(made,), keys=keys)], 100)
    assert names(cases, keys=("b",), descending=False) == ["Product 000", "Product 001", "Product 002"]
    assert names(cases, keys=("a", "b")) == ["Product 000"]
    assert names(cases, keys=("a", "c")) == names(cases, keys=("d",)) == []
    assert names(cases, keys=("b",), visible=Visible(published=True)) == ["Product 002"]
    assert names(cases, keys=("b",), product="product 001") == ["Product 001"]


def test_marks_of_what_is_found_by_any_key(ledger: SqlLedger, cases: SqlCases) -> None:
    for number, keys in enumerate((("a", "b"), ("b",), ("c",), ())):
        made = case(number, published=Digest.sha256(b"x") if number == 1 else None)
        ledger.record([Wanted(b"leaf", b"[]", cases=(made,), keys=keys)], 100)
    assert cases.marked(("c", "a", "b", "d"), ALL) == "0:0 1:0 2:0"
    assert cases.marked(("a", "b"), Visible(published=True)) == "1:0"
    assert cases.marked((), ALL) == ""
    stored = cases.case(case(2).payload)
    assert stored is not None
    cases.keep(moved(stored, NOW, because="looked at"))
    assert cases.marked(("c",), ALL) == "2:1"
    assert [cases.among("b", ALL, most) for most in (1, 2, 3)] == [1, 2, 2]
    assert (cases.among("b", Visible(published=True), 9), cases.among("d", ALL, 9)) == (1, 0)


def test_more_keys_are_added_to_those_that_are_there(ledger: SqlLedger, cases: SqlCases) -> None:
    for number in range(3):
        ledger.record([Wanted(b"leaf", b"[]", cases=(case(number),), keys=("a",))], 100)
    for _ in range(2):
        cases.find_by([(0, ("a", "b")), (2, ("b", "c"))])
    assert names(cases, keys=("a", "b"), descending=False) == ["Product 000", "Product 002"]
    assert (names(cases, keys=("c",)), len(names(cases, keys=("a",)))) == (["Product 002"], 3)


def test_filters(ledger: SqlLedger, cases: SqlCases) -> None:
    for number in range(8):
        record(ledger, case(number))
    assert names(cases, provider="provider a") == ["Product 004", "Product 000"]
    assert names(cases, product="PRODUCT 00", descending=False)[0] == "Product 000"
    assert names(cases, product="Product 1") == []
    assert names(cases, entries=(2, 3)) == ["Product 003", "Product 002"]
    assert names(cases, stages=("complete",)) == []
    assert len(names(cases, waits=("office",))) == 8
    assert cases.counts(ALL) == {"submitted": 8}


def test_who_sees_what(ledger: SqlLedger, cases: SqlCases) -> None:
    for number in range(3):
        record(ledger, case(number, published=Digest.sha256(b"result") if number == 2 else None))
    assert names(cases, visible=Visible()) == []
    assert names(cases, visible=Visible(owner="org-0")) == ["Product 000"]
    assert names(cases, visible=Visible(party="org-0")) == ["Product 002"]
    assert names(cases, visible=Visible(owner="org-1", party="org-1")) == ["Product 001", "Product 000"]
    assert names(cases, visible=Visible(published=True)) == ["Product 002"]
    assert cases.counts(Visible(owner="org-0")) == {"submitted": 1}
    assert [cases.seen("org-1", before) for before in (1, 2)] == [0, 1]


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("received", "zz"),
        ("received", "00"),
        *(
            (sort, json.dumps(value).encode().hex())
            for sort, value in (
                ("received", ["product", "x", 1]),
                ("received", ["received", "x", 1]),
                ("received", [1]),
                ("received", ["received", 2**70, 1]),
                ("received", ["received", 2**63, 1]),
                ("received", ["received", 1, 2**63]),
                ("product", ["product", "x", 2**63]),
                ("product", ["product", "a\0b", 1]),
                ("product", ["product", 1, 1]),
            )
        ),
    ],
)
def test_cursors_of_others(ledger: SqlLedger, cases: SqlCases, sort: str, cursor: str) -> None:
    record(ledger, case(0))
    with pytest.raises(Malformed, match="cursor"):
        cases.find(CaseQuery(visible=ALL, sort=sort, after=cursor))  # type: ignore[arg-type]


def test_draws(ledger: SqlLedger, cases: SqlCases) -> None:
    drawing = Drawing(
        number=1, commit=Digest.sha256(b"c"), made=NOW, at=NOW, beacon="", round=None, label="", frame=0
    )
    record(ledger, drawing=drawing)
    stored = cases.drawing(1)
    assert stored == msgspec.structs.replace(drawing, entry=0)
    done = msgspec.structs.replace(stored, result=Digest.sha256(b"r"), drawn=0)
    record(ledger, drawing=done)
    assert cases.draws(5) == cases.draws(5, before=2) == (msgspec.structs.replace(done, result_entry=1),)
    assert cases.draws(5, before=1) == ()
    assert cases.drawing(2) is None


def test_what_is_not_posted_cannot_be_found_by(ledger: SqlLedger, cases: SqlCases) -> None:
    posted, reopened = (
        Digest.sha256(b"result"),
        case(1, published=Digest.sha256(b"r"), posted="validated", result="contradicted"),
    )
    record(ledger, case(0, published=posted, posted="validated", result="validated"))
    record(ledger, reopened)
    public = Visible(published=True)
    assert names(cases, visible=public, results=("contradicted",)) == []
    assert names(cases, visible=public, results=("validated",)) == ["Product 001", "Product 000"]
    assert names(cases, results=("contradicted",)) == ["Product 001"]
    assert names(cases, visible=public, sort="result") == ["Product 001", "Product 000"]


def test_what_happened_and_is_not_posted_gives_no_order(ledger: SqlLedger, cases: SqlCases) -> None:
    posted = Digest.sha256(b"result")
    record(ledger, case(0, published=posted, shown_since=NOW, changed=NOW + timedelta(days=2)))
    record(ledger, case(1, published=posted, shown_since=NOW + timedelta(days=1), changed=NOW))
    assert names(cases, visible=Visible(published=True), sort="changed") == ["Product 001", "Product 000"]
    assert names(cases, sort="changed") == ["Product 000", "Product 001"]


VISIBLE = (
    ALL,
    POSTED,
    Visible(owner="org-1"),
    Visible(party="org-2"),
    Visible(owner="org-0", party="org-1"),
)
FILTERS: tuple[dict[str, Any], ...] = (
    {}, {"stages": ("published", "lapsed")}, {"waits": ("officer",)}, {"results": ("validated",)}, {"provider": "provider"},
    {"product": "product 01", "results": ("validated", "contradicted")}, {"version": "2"},
)  # fmt: skip


@pytest.mark.parametrize("near", [0, 4, 1000])
def test_every_list_is_that_of_a_plain_search(
    ledger: SqlLedger, cases: SqlCases, near: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far the first look goes."""
    monkeypatch.setattr(module, "_NEAR", near)
    every = []
    for number in range(20):
        result = ("validated", "contradicted", "not_sampled")[number * 7 % 3]
        posted = (
            {"published": Digest.sha256(b"p"), "stage": "published", "posted": result} if number % 4 else {}
        )
        one = case(
            number, changed=NOW + timedelta(days=number * 13 % 20), shown_since=NOW + timedelta(days=number * 11 % 20),
            result=result, waits=("officer", "nobody")[number % 2], version=f"{number % 3}", **posted,
        )  # fmt: skip
        every.append(msgspec.structs.replace(one, entry=record(ledger, one)))

    seen = 0
    for visible, asked, sort, descending in product(VISIBLE, FILTERS, ("changed", "result"), (False, True)):
        found = names(cases, visible=visible, sort=sort, descending=descending, **asked)
        assert found == searched(every, visible, asked, sort, descending), (visible, asked, sort)
        seen += bool(found)
    assert seen > len(VISIBLE) * len(FILTERS) * 3


def searched(
    every: list[Case], visible: Visible, asked: dict[str, Any], sort: str, descending: bool
) -> list[str]:
    public = visible == POSTED
    by = {"result": "posted", "changed": "shown_since"}.get(sort, sort) if public else sort
    found = []
    for one in every:
        about = Target(
            owner=one.organisation, parties=frozenset(one.parties), published=one.published is not None
        )
        lists = {"stages": one.stage, "waits": one.waits, "results": one.posted if public else one.result}
        starts = {"provider": one.provider, "product": one.product, "version": one.version}
        if (
            visible.shows(about)
            and all(value in asked.get(name, (value,)) for name, value in lists.items())
            and all(value.casefold().startswith(asked.get(name, "")) for name, value in starts.items())
        ):
            found.append(one)
    found.sort(key=lambda one: (getattr(one, by), one.entry), reverse=descending)
    return [one.product for one in found]


@pytest.mark.parametrize("sort", ["changed", "provider", "product", "result"])
def test_the_public_passes_over_nothing_that_is_not_posted(
    engine: Engine, ledger: SqlLedger, cases: SqlCases, sort: str
) -> None:
    record(ledger, case(0))
    steps = plan(engine, lambda: cases.find(CaseQuery(visible=POSTED, sort=sort)))  # type: ignore[arg-type]
    assert "cases_posted_by_" in steps


def test_marks_are_answered_by_an_index_alone() -> None:
    """PostgreSQL decides that by what is in its tables."""
    engine = SqlLedger.memory_engine()
    ledger, cases = SqlLedger(engine), SqlCases(engine)
    record(ledger, case(0))
    for ask in (lambda: cases.marked(["k"], POSTED), lambda: cases.among("k", POSTED, 9)):
        assert "COVERING INDEX cases_marks" in plan(engine, ask)


def plan(engine: Engine, ask: Callable[[], object]) -> str:
    """How the database answers what was asked last."""
    asked = []
    event.listen(
        engine, "before_cursor_execute", lambda _, __, text, values, *___: asked.append((text, values))
    )
    ask()
    word = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with engine.connect() as connection:
        return str(connection.exec_driver_sql(f"{word} {asked[-1][0]}", asked[-1][1]).all())
