"""Tables: what is written reads back, nothing in a cell runs, and every broken line is told by its number."""

import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Faulty, Malformed, TooLarge
from assay.formats import csv_table
from assay.formats.csv_table import Limits, Row, rows, spelled, table, write
from assay.formats.faults import MAX_KEPT, Faults

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8) | st.sampled_from(
    ["=1+1", "+1", "-1", "@x", "\tx", "'=1", "''-1", " =1", "＝1", "a\r\nb", '"', "a,b", "'", "\nx", "-"]
)
SPELLINGS = spelled({"name": ("product name",), "version": ()})


def read(*chunks: bytes, limits: Limits = csv_table.LIMITS) -> list[Row]:
    faults = Faults("table")
    found = list(rows(chunks, faults, what="table", limits=limits))
    faults.refuse()
    return found


def faults_of(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as raised:
        read(data)
    assert raised.value.count == len(raised.value.faults)
    return list(raised.value.faults)


@given(st.lists(st.lists(text, min_size=2, max_size=2), max_size=6))
def test_what_is_written_reads_back(cells: list[list[str]]) -> None:
    made = write(["a", "b"], cells)
    said = [Row(0, tuple(row)) for row in [["a", "b"], *cells] if any(cell.strip() for cell in row)]
    assert [row.cells for row in read(made)] == [row.cells for row in said]


@given(st.lists(st.tuples(text, text), min_size=1, max_size=6), st.integers(1, 9))
def test_pieces_do_not_matter(cells: list[tuple[str, str]], size: int) -> None:
    made = write(["a", "b"], cells)
    assert read(*(made[at : at + size] for at in range(0, len(made), size))) == read(made)


@given(text, text)
def test_no_cell_begins_like_a_formula(first: str, second: str) -> None:
    (_, row) = csv.reader(io.StringIO(write(["a", "b"], [[first, second]]).decode(), newline=""), strict=True)
    assert not any(
        cell.lstrip("' ")[:1] in tuple("=+-@\t\r\n") and not cell.startswith("'")
        for cell in row
        if cell.strip("' ")
    )


def test_numbers_and_answers() -> None:
    assert write(["n", "b", "c", "x"], [[-3, True, False, None]]) == b"n,b,c,x\r\n-3,yes,no,\r\n"


def test_long_tables_are_written_in_pieces() -> None:
    pieces = list(csv_table.encode(["a"], ([str(at)] for at in range(1200))))
    assert len(pieces) == 3
    assert len(read(*pieces)) == 1201


@pytest.mark.parametrize(
    ("data", "cells"),
    [
        pytest.param(b"\xef\xbb\xbfa,b\n", ("a", "b"), id="byte order mark"),
        pytest.param(b"a;b\r\n", ("a", "b"), id="semicolons"),
        pytest.param(b"a\tb", ("a", "b"), id="tabs, no last line end"),
        pytest.param(b'"a;b",c\n', ("a;b", "c"), id="a semicolon inside quotes"),
        pytest.param(b'"a,b";c\n', ("a,b", "c"), id="a comma inside quotes"),
        pytest.param(b'"a\nb",c', ("a\nb", "c"), id="a line end inside quotes"),
        pytest.param(b"\n ,\na,b\n", ("a", "b"), id="blank rows"),
    ],
)
def test_reads(data: bytes, cells: tuple[str, ...]) -> None:
    assert [row.cells for row in read(data)] == [cells]


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        pytest.param(b'a,b\n"c"d,e\nf,g\n', 2, "text follows a closing quote", id="quote and text"),
        pytest.param(b'a,b\nc,"d\ne,f\n', 2, "a quote is opened here and never closed", id="open quote"),
        pytest.param(b"a,b\nc,\xff\n", 2, "is not UTF-8: byte 3 of the line", id="not UTF-8"),
        pytest.param(b"a,b\nc\rd,e\n", 2, "a carriage return stands alone", id="carriage return"),
        pytest.param(b"a,b\nc,\x00d\n", 2, "holds the control character U+0000", id="NUL"),
        pytest.param(b"a,b\n" + b"c," * 300 + b"\n", 2, "has over 256 cells", id="many cells"),
        pytest.param(b"a,b\nc," + b"d" * 40_000, 2, "or one of over 32767 characters", id="long cell"),
        pytest.param(
            b'a,b\nc,"' + b"d\n" * 70_000, 2, "a cell is too long: is a quote not closed?", id="long quote"
        ),
    ],
)
def test_tells_the_line(data: bytes, line: int, reason: str) -> None:
    at, said = faults_of(data)[0]
    assert at == f"line {line}"
    assert reason in said


def test_reading_goes_on_after_a_broken_line() -> None:
    found = faults_of(b'a,b\n"c"d,e\nf,g\n\xff,h\n"i"j,k\n')
    assert [at for at, _ in found] == ["line 2", "line 4", "line 5"]


def test_lines_are_counted_in_the_file_and_not_in_rows() -> None:
    assert [row.line for row in read(b'a,"b\n\nb"\n\nc,d\n')] == [1, 5]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        pytest.param(Limits(total=20), "has over 20 bytes", id="bytes"),
        pytest.param(Limits(rows=2), "has over 2 rows", id="rows"),
        pytest.param(Limits(row=8), "the row that ends after line 2 has over 8 bytes", id="row"),
    ],
)
def test_limits(limits: Limits, said: str) -> None:
    with pytest.raises(TooLarge, match=said):
        read(b"a,b\nccccc,ddddd\ne,f\ng,h\n", limits=limits)


def test_a_line_without_an_end_is_bounded() -> None:
    with pytest.raises(TooLarge, match="has a line of over 20 bytes"):
        read(*[b"a"] * 21, limits=Limits(row=20))


def test_a_row_on_many_lines_is_bounded_too() -> None:
    with pytest.raises(TooLarge, match="the row that ends after line 3 has over 20 bytes"):
        read(b'"a\n","b\n","cccccccccccc\n","d"', limits=Limits(row=20))


def test_utf_16_is_named() -> None:
    with pytest.raises(Malformed, match="is UTF-16, expected UTF-8"):
        read("a,b\n".encode("utf-16"))


def records(data: bytes) -> list[tuple[int, dict[str, str]]]:
    faults = Faults("table")
    found = [(one.line, dict(one.values)) for one in table([data], SPELLINGS, faults, what="table").records]
    faults.refuse()
    return found


def test_columns_have_several_spellings_and_any_order() -> None:
    faults = Faults("table")
    found = table([b"Colour,VERSION,Product-Name\nred, 1 ,lantern\nred,,\n"], SPELLINGS, faults, what="table")
    assert (found.columns, found.unknown) == (("version", "name"), ("Colour",))
    assert [one.values for one in found.records] == [{"version": "1", "name": "lantern"}, {}]
    assert not faults


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "is empty, expected a row that names the columns", id="empty"),
        pytest.param(b"\n\n", "is empty", id="blank"),
        pytest.param(b"colour,size\n", r"line 1 names no column that is known \(colour, size\), expected some of name", id="no"),
        pytest.param(b"name,Product name\n", "names the column name more than once: 'name' and 'Product name'", id="twice"),
        pytest.param(b"\nname,version\na\nb,c,d\n", "2 faults.*line 3: has 1 cells, expected 2", id="ragged"),
    ],
)  # fmt: skip
def test_refuses_tables(data: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        records(data)


def test_a_restricted_table_is_not_quoted() -> None:
    with pytest.raises(Malformed) as raised:
        table([b"Harbour,desk\n"], SPELLINGS, Faults("table"), what="table", restricted=True)
    assert "Harbour" not in str(raised.value)


def broken(count: int) -> Iterator[bytes]:
    yield b"name,version\n"
    for at in range(0, count, 100):
        yield b"".join(b"lantern,%d\n" % (at + one) for one in range(100))
    yield b"a line with one cell\n"


def test_a_long_table_is_read_in_little_memory_and_its_last_line_told() -> None:
    faults = Faults("table")
    tracemalloc.start()
    read_rows = sum(1 for _ in table(broken(60_000), SPELLINGS, faults, what="table").records)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read_rows == 60_000
    assert peak < 2_000_000
    with pytest.raises(
        Faulty, match="one fault, and nothing of it was taken: line 60002: has 1 cells, expected 2"
    ):
        faults.refuse()


def test_many_faults_are_counted_and_the_first_of_them_kept() -> None:
    with pytest.raises(Faulty) as raised:
        read(b'a,b\n"c"d,e\n' + b'"c"d,e\n' * 500)
    assert raised.value.count == 501
    assert len(raised.value.faults) == MAX_KEPT
    assert raised.value.faults[-1][0] == f"line {MAX_KEPT + 1}"
