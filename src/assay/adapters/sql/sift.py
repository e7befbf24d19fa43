"""Which entries of a batch the database cannot take: one that is faulty must not keep the others out."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from assay.errors import AssayError, Unavailable
from assay.formats.text import shown
from assay.office.ports import Wanted

Take = Callable[[Connection, Sequence[Wanted], int], Sequence[int | AssayError]]
"""Stores entries in a register of that size; the index of each, or why it gets none."""

_WORLD = "OperationalError"
"""What every driver (PEP 249) calls a failure of the database rather than of what it was given: a full disk, a lost connection."""
_LIMIT = "54"
"""Class of PostgreSQL's states for what is too large for it, such as a key: that is a fault of what it was given all the same."""
_GIVEN = (StatementError, ValueError, OverflowError)
"""What drivers and encoders raise for values that they cannot take."""
MAX_WHY = 300


class NotTaken(Exception):
    """Something among the entries may be at fault; nothing of them is stored."""

    def __init__(self, fault: AssayError) -> None:
        super().__init__(str(fault))
        self.fault = fault


def fault(error: Exception) -> AssayError | None:
    """What is told of an entry whose storing failed with *error*; None when the database failed, or this machine: no entry is to blame."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) or (isinstance(seen, DBAPIError) and seen.connection_invalidated):
            return None
        if any(one.__name__ == _WORLD for one in type(seen).__mro__) and not _is_limit(seen):
            return None
        seen = seen.__cause__
    cause = (error.orig or error) if isinstance(error, DBAPIError) else error
    what = (
        "the entry could not be recorded"
        if isinstance(error, _GIVEN)
        else "the office failed at the entry, by a fault of its own"
    )
    return Unavailable(f"{what}: {type(cause).__name__}: {shown(' '.join(str(cause).split()), MAX_WHY)}")


def spoilt(connection: Connection, wanted: Sequence[Wanted], size: int, take: Take) -> dict[int, AssayError]:
    """The places of those that a register of *size* cannot take after those before them, and why. Leaves nothing behind."""
    found: dict[int, AssayError] = {}
    everything = connection.begin_nested()
    try:
        _look(connection, wanted, range(len(wanted)), size, take, found)
    finally:
        if everything.is_active:
            everything.rollback()
    return found


def _look(
    connection: Connection,
    wanted: Sequence[Wanted],
    places: range,
    size: int,
    take: Take,
    found: dict[int, AssayError],
) -> int:
    """By halves; how large the register is after those at *places*."""
    try:
        with connection.begin_nested():
            indexes = take(connection, [wanted[at] for at in places], size)
    except Exception as error:
        why = fault(error)
        if why is None:
            raise
        if len(places) == 1:
            found[places[0]] = why
            return size
        half = len(places) // 2
        size = _look(connection, wanted, places[:half], size, take, found)
        return _look(connection, wanted, places[half:], size, take, found)
    return size + sum(isinstance(one, int) for one in indexes)


def _is_limit(error: BaseException) -> bool:
    own = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(own, "sqlstate", None) or "").startswith(_LIMIT)
