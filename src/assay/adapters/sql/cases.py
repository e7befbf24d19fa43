"""The cases of an office in its database. The ledger writes them, in the transaction of the entries that move them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from assay.adapters.sql.among import among
from assay.adapters.sql.bulk import insert_all
from assay.adapters.sql.case_tables import bodies, cases, draws, keys, metadata, parties
from assay.adapters.sql.moments import micros
from assay.adapters.sql.transaction import transaction
from assay.errors import AssayError, Malformed, Refused, Unavailable
from assay.formats.digest import Digest
from assay.office.case import Case, Stage, placed
from assay.office.permissions import Visible
from assay.office.ports import CasePage, CaseQuery, Drawing

NEVER = 2**62
"""Where a case has no such time."""
PUBLIC = {"result": "shown", "changed": "shown_since"}
"""Columns for who sees what is published only: nobody finds, or puts in order, by what happened and was not posted."""
MAX_PAGE = 1000
_ENTRIES = 200
_BY_MARKS = "INDEXED BY cases_marks"
"""Answered from that index alone; SQLite would rather read the rows, of which it knows that there is one for each entry."""
_WHOLE = cases.join(bodies, bodies.c.entry == cases.c.entry)
_CASE = select(bodies.c.body).select_from(_WHOLE).where(cases.c.payload == bindparam("payload"))
_MOVED = (
    update(cases)
    .where(cases.c.entry == bindparam("same"))
    .values({one.name: bindparam(one.name) for one in cases.c if one.name not in ("entry", "payload")})
)
_BODY = update(bodies).where(bodies.c.entry == bindparam("same")).values(body=bindparam("body"))
_REVISIONS = (
    select(cases.c.payload, cases.c.revision)
    .where(among(cases.c.payload, "payloads"))
    .order_by(cases.c.entry)
    .with_for_update()
)
"""Locked until the end of the transaction, where several write: nobody else moves them between this look and what follows from it."""
_MARKED = (
    select(cases.c.entry, cases.c.revision)
    .where(cases.c.entry.in_(select(keys.c.entry).where(among(keys.c.key, "some"))))
    .order_by(cases.c.entry)
    .with_hint(cases, _BY_MARKS, "sqlite")
)
_KEYS = select(keys.c.entry, keys.c.key).where(among(keys.c.entry, "some"))
_FIRST = select(func.min(keys.c.entry)).where(keys.c.key == bindparam("of"))
_FOLDED = ("provider", "product", "version")
_ASKED = ("stage", "waits", "result", "shown", "organisation", "published", *_FOLDED)
_POSTED = Visible(published=True)
_NEAR = 1000
"""Looked through first, in order, where much may be wanted."""
Columns = ReadOnlyColumnCollection[str, Any]


class SqlCases:
    """A :class:`~assay.office.ports.Cases`; *engine* is the ledger's."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def case(self, payload: Digest) -> Case | None:
        with transaction(self.engine, reads=True) as connection:
            found = connection.execute(_CASE, {"payload": str(payload)}).scalar_one_or_none()
        return None if found is None else _parse(found)

    def keep(self, case: Case) -> None:
        with transaction(self.engine) as connection:
            keep(connection, case)

    def find(self, query: CaseQuery) -> CasePage:
        limit = max(1, min(query.limit, MAX_PAGE))
        column = cases.c[_column(query.sort, query.visible)]
        every = select(column.label("at"), cases.c.entry)
        if query.after:
            at = _cursor(query.after, query.sort)
            place = tuple_(column, cases.c.entry)
            every = every.where(place < at if query.descending else place > at)
        ordered = every.order_by(*_order(column, cases.c.entry, query))
        with transaction(self.engine, reads=True) as connection:
            rows: Sequence[Any] = ()
            if _may_be_near(query):
                walked = ordered.where(cases.c.published) if query.visible == _POSTED else ordered
                near = walked.add_columns(*(cases.c[name] for name in _ASKED)).limit(_NEAR).subquery()
                few = _where(select(near.c.at, near.c.entry), query, near.c)
                few = few.order_by(*_order(near.c.at, near.c.entry, query))
                rows = connection.execute(_wholes(few.limit(limit + 1), query)).all()
            if len(rows) <= limit:
                some = _where(ordered, query, cases.c)
                rows = connection.execute(_wholes(some.limit(limit + 1), query)).all()
        more = len(rows) > limit
        after = _encode_cursor(query.sort, rows[limit - 1][0], rows[limit - 1][1]) if more else ""
        return CasePage(tuple(_parse(row[2]) for row in rows[:limit]), after)

    def planned(self, visible: Visible, limit: int) -> tuple[Case, ...]:
        wanted = select(bodies.c.body).select_from(_WHOLE).where(cases.c.ahead.is_not(None))
        ordered = _shown(wanted, visible).order_by(cases.c.ahead, cases.c.entry).limit(limit)
        with transaction(self.engine, reads=True) as connection:
            return tuple(_parse(body) for body in connection.execute(ordered).scalars())

    def marked(self, keys_: Sequence[str], visible: Visible) -> str:
        some = _shown(_MARKED, visible).subquery()
        mark = cast(some.c.entry, Text) + ":" + cast(some.c.revision, Text)
        query = select(func.aggregate_strings(mark, " "))
        with transaction(self.engine, reads=True) as connection:
            return connection.execute(query, {"some": list(keys_)}).scalar_one() or ""

    def find_by(self, found_by: Sequence[tuple[int, Sequence[str]]]) -> None:
        """What begins with each of these entries is found by its keys, those that it was not found by before."""
        with transaction(self.engine) as connection:
            for start in range(0, len(found_by), _ENTRIES):
                some = found_by[start : start + _ENTRIES]
                found = connection.execute(_KEYS, {"some": [at for at, _ in some]})
                known = {(row.entry, row.key) for row in found}
                store_keys(
                    connection,
                    [(at, [key for key in wanted if (at, key) not in known]) for at, wanted in some],
                )

    def among(self, key: str, visible: Visible, most: int) -> int:
        query = select(cases.c.entry).join(keys, keys.c.entry == cases.c.entry).where(keys.c.key == key)
        some = _shown(query, visible).with_hint(cases, _BY_MARKS, "sqlite").limit(most).subquery()
        with transaction(self.engine, reads=True) as connection:
            return int(connection.execute(select(func.count()).select_from(some)).scalar_one())

    def seen(self, organisation: str, before: int) -> int:
        earlier = (cases.c.organisation == organisation) & (cases.c.entry < before)
        with transaction(self.engine, reads=True) as connection:
            return len(connection.execute(select(cases.c.entry).where(earlier).limit(2)).all())

    def drawing(self, number: int) -> Drawing | None:
        with transaction(self.engine, reads=True) as connection:
            found = connection.execute(
                select(draws.c.body).where(draws.c.number == number)
            ).scalar_one_or_none()
        return None if found is None else msgspec.json.decode(bytes(found), type=Drawing)

    def draws(self, limit: int, before: int | None = None) -> tuple[Drawing, ...]:
        query = select(draws.c.body).order_by(draws.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(draws.c.number < before)
        with transaction(self.engine, reads=True) as connection:
            return tuple(
                msgspec.json.decode(bytes(body), type=Drawing) for body in connection.execute(query).scalars()
            )

    def counts(self, visible: Visible) -> Mapping[Stage, int]:
        query = _shown(select(cases.c.stage, func.count()).group_by(cases.c.stage), visible)
        with transaction(self.engine, reads=True) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def prepare(connection: Connection) -> None:
    """Tables, where there are none yet."""
    metadata.create_all(connection)


def keep(connection: Connection, case: Case) -> None:
    """Store *case*, one revision on. Refused when it has moved meanwhile."""
    same = (cases.c.payload == str(case.payload)) & (cases.c.revision == case.revision - 1)
    if connection.execute(update(cases).where(same).values(columns(case))).rowcount != 1:
        raise _moved(case)
    connection.execute(_BODY, {"same": case.entry, "body": body(case)})
    connection.execute(delete(parties).where(parties.c.entry == case.entry))
    named = [{"organisation": name, "entry": case.entry} for name in case.parties]
    insert_all(connection, parties, named)


def revisions(connection: Connection, payloads: Collection[str]) -> dict[str, int]:
    """The revision of those of the cases that there are."""
    found = connection.execute(_REVISIONS, {"payloads": list(payloads)})
    return {row.payload: row.revision for row in found}


def refusal(known: dict[str, int], moved: Sequence[Case]) -> AssayError | None:
    """Why *moved* may not be stored over *known*, which then holds them; None when they may."""
    for case in moved:
        before = known.get(str(case.payload))
        if case.revision != (0 if before is None else before + 1):
            return _moved(case) if before is not None else Refused(f"there is no case {case.payload.short}")
    known |= {str(case.payload): case.revision for case in moved}
    return None


def _moved(case: Case) -> Refused:
    return Refused(f"the case {case.payload.short} has moved meanwhile: look at it again, then act")


def store(connection: Connection, moved: Sequence[tuple[int, Case]]) -> None:
    """Cases as the entries with these indexes leave them; :func:`refusal` has let them through."""
    newest: dict[str, Case] = {}
    new: set[str] = set()
    for index, case in moved:
        key = str(case.payload)
        placed = _placed(case, index, newest.get(key))
        newest[key] = placed
        if case.revision == 0:
            new.add(key)
    begun = [case for key, case in newest.items() if key in new]
    insert_all(connection, cases, [columns(case) for case in begun])
    insert_all(connection, bodies, [{"entry": case.entry, "body": body(case)} for case in begun])
    named = [(name, case.entry) for case in begun for name in case.parties]
    insert_all(connection, parties, [{"organisation": name, "entry": entry} for name, entry in named])
    on = [case for key, case in newest.items() if key not in new]
    if on:
        connection.execute(_MOVED, [_moving(case) for case in on])
        connection.execute(_BODY, [{"same": case.entry, "body": body(case)} for case in on])


def store_parties(
    connection: Connection, changed: Sequence[tuple[int, Sequence[str], Sequence[str]]]
) -> None:
    """Of each case that began with an entry: who left, and who joined."""
    for entry, left, joined in changed:
        for name in left:
            connection.execute(
                delete(parties).where(parties.c.organisation == name, parties.c.entry == entry)
            )
        insert_all(connection, parties, [{"organisation": name, "entry": entry} for name in joined])


def store_keys(connection: Connection, found_by: Sequence[tuple[int, Sequence[str]]]) -> None:
    """By what the cases that begin with these entries are found."""
    rows = [{"key": key, "entry": index} for index, some in found_by for key in some]
    insert_all(connection, keys, rows)


def first(connection: Connection, key: str) -> int | None:
    """The first entry that is found by *key*."""
    found: int | None = connection.execute(_FIRST, {"of": key}).scalar_one()
    return found


def store_draw(connection: Connection, index: int, drawing: Drawing) -> None:
    """A draw as the entry with this index leaves it."""
    if drawing.result is None:
        placed = msgspec.structs.replace(drawing, entry=index)
        connection.execute(insert(draws).values(number=drawing.number, body=msgspec.json.encode(placed)))
    else:
        placed = msgspec.structs.replace(drawing, result_entry=index)
        there = draws.c.number == drawing.number
        connection.execute(update(draws).where(there).values(body=msgspec.json.encode(placed)))


def _placed(case: Case, index: int, before: Case | None) -> Case:
    """*case* with the index of the entry that moved it; *before* was moved by the same commit."""
    if before is not None:
        case = msgspec.structs.replace(case, entries=tuple(dict.fromkeys((*before.entries, *case.entries))))
    return placed(case, index)


def columns(case: Case) -> dict[str, Any]:
    """*case* as a row of the table."""
    return {
        "entry": case.entry,
        "revision": case.revision,
        "published": case.published is not None,
        "payload": str(case.payload),
        "organisation": case.organisation,
        **{name: fold(getattr(case, name)) for name in _FOLDED},
        "stage": case.stage,
        "waits": case.waits,
        "result": case.result,
        "shown": case.shown,
        "shown_since": _micros(case.shown_since),
        "deadline": _micros(case.deadline),
        "ahead": case.ahead[0].toordinal() if case.ahead else None,
        "received": micros(case.received),
        "changed": micros(case.changed),
    }


def body(case: Case) -> bytes:
    """*case* as a whole."""
    return msgspec.json.encode(case)


def _moving(case: Case) -> dict[str, Any]:
    row = columns(case)
    del row["payload"]
    row["same"] = row.pop("entry")
    return row


def fold(text: str) -> str:
    """For comparing: without case, and without what a database cannot hold."""
    return text.casefold().replace("\0", "")[:400]


def _parse(body: bytes) -> Case:
    try:
        return msgspec.json.decode(bytes(body), type=Case)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"the office's database holds what was never stored there: {error}") from error


def _may_be_near(query: CaseQuery) -> bool:
    """Whether so much of all may be wanted that a page of it is found among the first of all.

    A database would look for all that is wanted and put that in order: 50 ms where it is 100,000 cases.
    """
    if query.entries is not None or query.keys:
        return False
    asked = (query.stages, query.waits, query.results, query.provider, query.product, query.version)
    return any(asked) or not (query.visible.everything or query.visible == _POSTED)


def _wholes(some: Select[Any], query: CaseQuery) -> Select[Any]:
    """Of *some*, a place in the order and an entry each: these, and the case."""
    which = some.subquery()
    found = select(which.c.at, which.c.entry, bodies.c.body).join(bodies, bodies.c.entry == which.c.entry)
    return found.order_by(*_order(which.c.at, which.c.entry, query))


def _where(wanted: Select[Any], query: CaseQuery, of: Columns) -> Select[Any]:
    lists = {
        "entry": query.entries,
        "stage": query.stages or None,
        "waits": query.waits or None,
        _column("result", query.visible): query.results or None,
    }
    for name, values in lists.items():
        if values is not None:
            wanted = wanted.where(of[name].in_(list(values)))
    for name in _FOLDED:
        if begins := fold(getattr(query, name)):
            wanted = wanted.where(of[name] >= begins, of[name] < begins + "\U0010ffff")
    for key in query.keys:
        wanted = wanted.where(of.entry.in_(select(keys.c.entry).where(keys.c.key == key)))
    return _shown(wanted, query.visible, of)


def _order(
    column: ColumnElement[Any], entry: ColumnElement[Any], query: CaseQuery
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return (column.desc(), entry.desc()) if query.descending else (column.asc(), entry.asc())


def _column(name: str, visible: Visible) -> str:
    return PUBLIC.get(name, name) if visible.published and not visible.everything else name


def _micros(moment: datetime | None) -> int:
    return NEVER if moment is None else micros(moment)


def _shown(wanted: Select[Any], visible: Visible, of: Columns = cases.c) -> Select[Any]:
    if visible.everything:
        return wanted
    ways: list[ColumnElement[bool]] = [of.published] if visible.published else []
    if visible.owner:
        ways.append(of.organisation == visible.owner)
    if visible.party:
        ways.append(of.entry.in_(select(parties.c.entry).where(parties.c.organisation == visible.party)))
    return wanted.where(or_(false(), *ways))


def _encode_cursor(sort: str, value: object, entry: int) -> str:
    return msgspec.json.encode([sort, value, entry]).hex()


_Place = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""That a database can hold."""
_Folded = Annotated[str, msgspec.Meta(pattern=r"\A[^\0]*\Z")]


def _cursor(text: str, sort: str) -> tuple[str | int, int]:
    try:
        by, value, entry = msgspec.json.decode(bytes.fromhex(text), type=tuple[str, _Folded | _Place, _Place])
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed("the cursor is not one that this list gave") from error
    if by != sort or isinstance(value, int) != (sort in {"received", "changed", "deadline"}):
        raise Malformed(f"the cursor is of another order than {sort!r}")
    return value, entry
