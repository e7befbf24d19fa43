"""``assay search``: find entries of the register of the office on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from assay.adapters.home import Home
from assay.adapters.sql.index import SqlIndex
from assay.bootstrap.office import embedded
from assay.errors import Unavailable
from assay.office.search import EVERYTHING, Answer, Query, Searched, search
from assay.office.sequencer import Sequencer
from assay.trust.root import TrustRoot

DATABASE = "office.sqlite"
SEARCH = "search.sqlite"
"""The index; it may be deleted at any time."""


class Found(msgspec.Struct, frozen=True):
    origin: str
    answer: Answer


def search_office(home: Home, query: Query, *, limit: int, after: int, proofs: bool) -> Found:
    """As the operator, who sees everything."""
    if not (home.office / DATABASE).is_file():
        raise Unavailable(
            f"{home.office} is no office: {DATABASE} is missing; --office names the folder of one"
        )
    with embedded(home) as office, opened(home.office / SEARCH) as index:
        if not isinstance(office.register, Sequencer):
            raise TypeError("the embedded office has a register of its own")
        where = Searched(office.register, office.ledger, office.blobs, TrustRoot.parse(office.trust), index)
        answer = search(where, EVERYTHING, query, limit=limit, after=after, proofs=proofs)
        return Found(office.origin, answer)


@contextmanager
def opened(path: Path) -> Iterator[SqlIndex]:
    """The index at *path*; a damaged one is thrown away, because it can be made again."""
    try:
        index = SqlIndex.sqlite(path)
    except Unavailable:
        discard(path)
        index = SqlIndex.sqlite(path)
    try:
        yield index
    finally:
        index.close()


def discard(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        try:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"cannot remove {path}: {error.strerror or error}") from error
