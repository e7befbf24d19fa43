"""The common form as a table: a field and its value on each line, or one attestation on each row.

A table of attestations is taken whole or not at all, and read in the memory of one of them.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from assay.errors import Malformed
from assay.formats import csv_table
from assay.formats.common_form import FilledForm, Reading, read_placed
from assay.formats.common_form_fields import IGNORE, MAX_ROW, TARGETS, Place, Spellings
from assay.formats.csv_table import Row
from assay.formats.faults import Faults
from assay.formats.form_field import FormField
from assay.formats.form_values import DateOrder
from assay.formats.text import folded, shown

LIMITS = csv_table.Limits(rows=1_000_000)
MAX_LINES = 10_000
"""Lines of a form that stands below each other."""
_FIELD = frozenset(("field", "field name", "name of field", "question", "item", "key"))
_VALUE = frozenset(("value", "answer", "response", "entry", "content"))
_GROUP = frozenset(("attestation", "attestation id", "form", "form id", "submission id"))


class Attested(msgspec.Struct, frozen=True):
    """One attestation of a table."""

    line: int
    form: FilledForm


class Sheet(msgspec.Struct, frozen=True):
    """A table that was opened."""

    what: str
    head: Row
    below: bool
    """A field and its value on each line."""
    rows: Iterator[Row]
    faults: Faults


def open_(chunks: Iterable[bytes], spellings: Spellings, *, what: str) -> Sheet:
    """Tell which kind of table this is; :class:`Malformed` where it names no field of the form."""
    faults = Faults(what)
    rows = csv_table.rows(chunks, faults, what=what, limits=LIMITS)
    head = next(rows, None)
    if head is None:
        faults.refuse()
        raise Malformed(f"{what} is empty, expected fields of the form")
    if len(head.cells) == 2:
        first, second = map(folded, head.cells)
        if first in _FIELD and second in _VALUE:
            return Sheet(what, head, True, rows, faults)
        if spellings.place([head.cells[0]]) and not spellings.place([head.cells[1]]):
            return Sheet(what, head, True, _before(head, rows), faults)
    if not any(spellings.place([cell]) for cell in head.cells):
        seen = ", ".join(shown(cell, 40) for cell in head.cells[:8])
        raise Malformed(
            f"{what}: line {head.line} names no field of the form ({seen}), expected 'field' and 'value', or columns such as "
            "'company name' and 'product name' (docs/formats/common-form.md)"
        )
    return Sheet(what, head, False, rows, faults)


def _before(row: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield row
    yield from rows


def one(sheet: Sheet, spellings: Spellings, dates: DateOrder = "") -> Reading:
    """The form of a sheet that has a field on each line. :class:`Faulty` tells the lines that are no such pair."""
    found: list[tuple[Place | None, FormField]] = []
    for row in sheet.rows:
        if len(row.cells) != 2:
            sheet.faults.add(
                f"line {row.line}", f"has {len(row.cells)} cells, expected a field and its value"
            )
            continue
        name, value = row.cells
        if len(found) >= MAX_LINES:
            sheet.faults.add(f"line {row.line}", f"is over {MAX_LINES} lines")
            break
        at = f"line {row.line}, field {shown(repr(name), 80)}"
        found.append((spellings.place([name]), FormField((name,), value, at)))
    sheet.faults.refuse()
    return read_placed(found, dates)


def unknown(sheet: Sheet, spellings: Spellings) -> tuple[str, ...]:
    """Columns of a sheet of attestations that are no field of the form."""
    return tuple(
        cell
        for cell in sheet.head.cells
        if cell.strip() and folded(cell) not in _GROUP and not spellings.place([cell])
    )


def many(sheet: Sheet, spellings: Spellings, dates: DateOrder = "") -> Iterator[Attested]:
    """The attestations of a sheet that has one on each row; rows of one ``attestation`` that follow each other are its products.

    :class:`Faulty` comes after the last one where anything was wrong: keep nothing before.
    """
    places = [spellings.place([cell]) for cell in sheet.head.cells]
    doubled = [
        place for at, place in enumerate(places) if place and place.target != IGNORE and place in places[:at]
    ]
    if doubled:
        raise Malformed(f"{sheet.what}: line {sheet.head.line} names {doubled[0]} more than once")
    for group in _groups(sheet):
        reading = read_placed(_fields(group, places, sheet), dates)
        for at, reason in reading.unread:
            sheet.faults.add(at, reason)
        if not sheet.faults:
            yield Attested(group[0].line, reading.form)
    sheet.faults.refuse()


def _groups(sheet: Sheet) -> Iterator[list[Row]]:
    column = next((at for at, cell in enumerate(sheet.head.cells) if folded(cell) in _GROUP), None)
    seen: set[str] = set()
    group: list[Row] = []
    name = ""
    for row in sheet.rows:
        if len(row.cells) != len(sheet.head.cells):
            expected = f"expected {len(sheet.head.cells)} as the first row has"
            sheet.faults.add(f"line {row.line}", f"has {len(row.cells)} cells, {expected}")
            continue
        said = row.cells[column].strip() if column is not None else ""
        if group and said == name:
            if len(group) == MAX_ROW:
                sheet.faults.add(
                    f"line {row.line}", f"attestation {shown(said, 60)!r} has over {MAX_ROW} rows"
                )
            if len(group) < MAX_ROW:
                group.append(row)
            continue
        if group:
            yield group
            group = []
        if not said:
            yield [row]
            continue
        if said in seen:
            sheet.faults.add(
                f"line {row.line}",
                f"attestation {shown(said, 60)!r} goes on here, expected its rows together",
            )
        group, name = [row], said
        seen.add(said)
    if group:
        yield group


def _fields(
    group: Sequence[Row], places: Sequence[Place | None], sheet: Sheet
) -> Iterator[tuple[Place | None, FormField]]:
    for number, row in enumerate(group, 1):
        for place, name, value in zip(places, sheet.head.cells, row.cells, strict=True):
            if place is None or place.target == IGNORE or not value.strip():
                continue
            if number > 1 and TARGETS[place.target].rows:
                place = Place(place.target, number if place.row == 1 else place.row)  # noqa: PLW2901 - the row's own
            yield place, FormField((name,), value, f"line {row.line}, column {shown(repr(name), 60)}")
