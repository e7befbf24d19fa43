"""Whose fault it is that an entry could not be stored."""

import pytest
from sqlalchemy.exc import DataError, OperationalError, StatementError

from assay.adapters.sql.sift import fault


class Full(Exception):
    pass


Full.__name__ = "OperationalError"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(MemoryError(), id="no memory"),
        pytest.param(
            StatementError("no", None, None, MemoryError()), id="no memory while a statement was made"
        ),
        pytest.param(OperationalError("INSERT", None, Full("disk is full")), id="a full disk"),
        pytest.param(Full("gone"), id="of the driver itself"),
    ],
)
def test_nobodys(error: Exception) -> None:
    if isinstance(error, StatementError):
        error.__cause__ = error.orig
    assert fault(error) is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(DataError("INSERT", None, ValueError("a  NUL")), "the entry could not be recorded: ValueError: a NUL", id="the database refuses it"),
        pytest.param(OverflowError("too large"), "the entry could not be recorded: OverflowError: too large", id="the driver refuses it"),
        pytest.param(KeyError("edge"), "the office failed at the entry, by a fault of its own: KeyError: 'edge'", id="ours"),
        pytest.param(AssertionError(), "the office failed at the entry, by a fault of its own: AssertionError: ", id="ours too"),
    ],
)  # fmt: skip
def test_whose(error: Exception, told: str) -> None:
    assert str(fault(error)) == told
