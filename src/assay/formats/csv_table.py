"""Tables as CSV (RFC 4180): read strictly and in pieces, and written so that no spreadsheet runs a cell.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it; reading takes that one away.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.faults import Faults
from assay.formats.text import folded, shown

Cell = str | int | None
"""What is written: text, a number, ``yes`` or ``no`` for a bool, nothing for None."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    total: int = 1024 * 1024 * 1024
    """Bytes."""
    rows: int = 2_000_000
    row: int = 1024 * 1024
    """Bytes of a row, on however many lines."""
    cell: int = 32_767
    """Characters; a spreadsheet holds no more."""
    columns: int = 256


LIMITS = Limits()
BATCH = 500
"""Rows written at once."""

_BOM = b"\xef\xbb\xbf"
_LIVE = re.compile(r"[' ]*[=+\-@\t\r\n＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_QUOTED = re.compile(r'"[^"]*"?')
_SAID = {
    "unexpected end of data": "a quote is opened here and never closed",
    "field larger": "a cell is too long: is a quote not closed?",
    "new-line character": "a carriage return stands alone, expected line ends of LF or CR LF",
    "expected after": "text follows a closing quote",
}


class Row(msgspec.Struct, frozen=True, gc=False):
    line: int
    """Where it begins, from 1."""
    cells: tuple[str, ...]


class Record(msgspec.Struct, frozen=True, gc=False):
    """A row by our names for its columns; what is blank is left out."""

    line: int
    values: Mapping[str, str]


class Table(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]
    """Ours, as they were found."""
    unknown: tuple[str, ...]
    """Headings that mean nothing to us, as written; their cells are not read."""
    records: Iterator[Record]


def spelled(columns: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """For :func:`table`: each column under its own name and the other spellings of it, folded."""
    return {folded(one): name for name, others in columns.items() for one in (name, *others)}


def table(
    chunks: Iterable[bytes],
    spellings: Mapping[str, str],
    faults: Faults,
    *,
    what: str,
    limits: Limits = LIMITS,
    restricted: bool = False,
) -> Table:
    """Read a table whose first row names its columns, in any order.

    Faults of single rows go to *faults* with their line, and reading goes on. :class:`Malformed` where the first row cannot
    be told, :class:`TooLarge` (also while records are taken) over a limit. No error quotes a *restricted* table.
    """
    found = rows(chunks, faults, what=what, limits=limits)
    head = next(found, None)
    if head is None:
        faults.refuse()
        raise Malformed(f"{what} is empty, expected a row that names the columns")
    names = [spellings.get(folded(cell)) for cell in head.cells]
    known = [name for name in names if name]
    if not known:
        listed = ", ".join(dict.fromkeys(spellings.values()))
        seen = "" if restricted else f" ({', '.join(shown(cell, 40) for cell in head.cells[:8])})"
        raise Malformed(
            f"{what}: line {head.line} names no column that is known{seen}, expected some of {listed}"
        )
    for name in known:
        if known.count(name) > 1:
            both = " and ".join(
                shown(repr(cell), 40) for cell, one in zip(head.cells, names, strict=True) if one == name
            )
            raise Malformed(f"{what}: line {head.line} names the column {name} more than once: {both}")
    unknown = tuple(cell for cell, name in zip(head.cells, names, strict=True) if not name and cell.strip())
    return Table(tuple(known), unknown, _records(found, names, faults))


def _records(found: Iterator[Row], names: Sequence[str | None], faults: Faults) -> Iterator[Record]:
    for row in found:
        if len(row.cells) != len(names):
            faults.add(
                f"line {row.line}", f"has {len(row.cells)} cells, expected {len(names)} as the first row has"
            )
            continue
        values = {
            name: text for name, cell in zip(names, row.cells, strict=True) if name and (text := cell.strip())
        }
        yield Record(row.line, values)


def rows(chunks: Iterable[bytes], faults: Faults, *, what: str, limits: Limits = LIMITS) -> Iterator[Row]:
    """The rows that are not blank; UTF-8, a byte order mark is dropped. Cells are separated by commas, or, where the first
    line has none, by the semicolons or tabs it has.
    """
    lines = _Lines(chunks, faults, what, limits)
    first = next(lines, None)
    if first is None:
        return
    separator = next((mark for mark in ",;\t" if mark in _QUOTED.sub("", first)), ",")
    reader = csv.reader(chain([first], lines), delimiter=separator, strict=True)
    count = 0
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(f"line {start}", _said(str(error)))
            continue
        finally:
            lines.row = 0
        if not any(map(str.strip, cells)):
            continue
        count += 1
        if count > limits.rows:
            raise TooLarge(f"{what} has over {limits.rows} rows")
        if len(cells) > limits.columns or max(map(len, cells)) > limits.cell:
            faults.add(
                f"line {start}", f"has over {limits.columns} cells, or one of over {limits.cell} characters"
            )
            continue
        yield Row(start, tuple([_plain(cell) for cell in cells]))


class _Lines:
    """Lines as text, each with its end."""

    def __init__(self, chunks: Iterable[bytes], faults: Faults, what: str, limits: Limits) -> None:
        self._raw = _split(chunks, what, limits)
        self._faults = faults
        self._what = what
        self._limits = limits
        self._number = 0
        self.row = 0
        """Bytes since the row began."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = next(self._raw)
        self._number += 1
        if self._number == 1:
            if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise Malformed(f"{self._what} is UTF-16, expected UTF-8")
            raw = raw.removeprefix(_BOM)
        self.row += len(raw)
        if self.row > self._limits.row:
            raise TooLarge(
                f"{self._what}: the row that ends after line {self._number} has over {self._limits.row} bytes"
            )
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            self._faults.add(f"line {self._number}", f"is not UTF-8: byte {error.start + 1} of the line")
            text = raw.decode(errors="replace")
        if found := _CONTROL.search(text):
            self._faults.add(f"line {self._number}", f"holds the control character U+{ord(found[0]):04X}")
        return text


def _split(chunks: Iterable[bytes], what: str, limits: Limits) -> Iterator[bytes]:
    begun: list[bytes] = []
    size = total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limits.total:
            raise TooLarge(f"{what} has over {limits.total} bytes")
        head, *others = chunk.split(b"\n")
        begun.append(head)
        size += len(head)
        if size > limits.row:
            raise TooLarge(f"{what} has a line of over {limits.row} bytes")
        for other in others:
            yield b"".join(begun) + b"\n"
            begun, size = [other], len(other)
    if size:
        yield b"".join(begun)


def _said(error: str) -> str:
    return next((ours for theirs, ours in _SAID.items() if theirs in error), error)


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _LIVE.match(cell, 1) else cell


def write(columns: Sequence[str], table: Iterable[Sequence[Cell]]) -> bytes:
    """A whole table, the columns first; lines end in CR LF."""
    return b"".join(encode(columns, table))


def encode(columns: Sequence[str], table: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """As :func:`write`, some hundred rows at a time."""
    sink = _Sink()
    writer = csv.writer(sink)
    writer.writerow([_inert(name) for name in columns])
    for count, row in enumerate(table, 1):
        writer.writerow([_inert(cell) for cell in row])
        if count % BATCH == 0:
            yield sink.taken()
    yield sink.taken()


def _inert(cell: Cell) -> str:
    if not isinstance(cell, str):
        return (
            "" if cell is None else {True: "yes", False: "no"}[cell] if isinstance(cell, bool) else str(cell)
        )
    clean = _CONTROL.sub("\ufffd", cell)
    return f"'{clean}" if _LIVE.match(clean) else clean


class _Sink:
    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str) -> None:
        self._parts.append(text)

    def taken(self) -> bytes:
        text = "".join(self._parts)
        self._parts.clear()
        return text.encode("utf-8", "replace")
