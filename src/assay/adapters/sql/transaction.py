"""A transaction whose failures are the world's."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from assay.errors import Malformed, TooLarge, Unavailable


@contextmanager
def transaction(engine: Engine, *, reads: bool = False) -> Iterator[Connection]:
    """Commits when it is left without an exception. On SQLite one that *reads* waits for no writer."""
    try:
        with (engine.execution_options(reads=True) if reads else engine).begin() as connection:
            yield connection
    except TooLarge:
        raise  # of whoever asked: nothing that is stored is
    except Malformed as error:
        raise Unavailable(f"the office's database holds what was never stored there: {error}") from error
    except SQLAlchemyError as error:
        raise Unavailable(f"the office's database: {getattr(error, 'orig', None) or error}") from error
