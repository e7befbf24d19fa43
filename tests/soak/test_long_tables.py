"""A million rows and a broken line: all of it is read, the line is told by its number, and memory stays that of a row."""

import tracemalloc
from collections.abc import Callable, Iterable, Iterator

import pytest

from assay.errors import Faulty
from assay.formats import common_form_csv, inventory
from assay.formats.common_form_fields import Spellings

ROWS = 1_000_000
BROKEN = 777_777
SPELLINGS = Spellings()


def table(head: bytes, row: bytes, broken: bytes) -> Iterator[bytes]:
    yield head
    for start in range(0, ROWS, 100):
        yield b"".join(broken if at == BROKEN else row % at for at in range(start, start + 100))


def attestations(chunks: Iterable[bytes]) -> Iterator[object]:
    sheet = common_form_csv.open_(chunks, SPELLINGS, what="table.csv")
    return common_form_csv.many(sheet, SPELLINGS)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("read", "head", "row", "broken"),
    [
        pytest.param(
            lambda chunks: inventory.read_csv(chunks).items,
            b"supplier,product,version,sha256\n", b"Works,lantern,%d,\n", b"Works,lantern,1,xyz\n", id="inventory",
        ),
        pytest.param(
            attestations,
            b"company,product,version,release date\n", b"Works,lantern,%d,2026-01-31\n", b"Works,lantern,1,31/31/2026\n",
            id="attestations",
        ),
    ],
)  # fmt: skip
def test_a_million_rows(
    read: Callable[[Iterable[bytes]], Iterator[object]], head: bytes, row: bytes, broken: bytes
) -> None:
    count = 0
    tracemalloc.start()
    with pytest.raises(Faulty, match=rf"one fault, and nothing of it was taken: line {BROKEN + 2}"):  # noqa: PT012
        for _ in read(table(head, row, broken)):
            count += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == BROKEN
    assert peak < 4_000_000
