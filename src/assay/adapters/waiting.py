"""Hand entries in to a register that answers in another thread, and wait for the answers."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from assay.errors import AssayError, Unavailable
from assay.office.ports import Appended, Wanted

Answer = Appended | AssayError
Deliver = Callable[[Sequence[Answer]], None]
Put = Callable[[Sequence[Wanted], Deliver], None]


def answers(put: Put, wanted: Sequence[Wanted]) -> list[Answer]:
    """One for each, in order. Raises what *put* does."""
    found: list[Answer] = []
    done = threading.Lock()
    done.acquire()

    def deliver(told: Sequence[Answer]) -> None:
        found.extend(told)
        done.release()

    put(wanted, deliver)
    done.acquire()
    return found


def answer(put: Put, wanted: Wanted) -> Appended:
    """Of one. Raises what it is refused for."""
    (found,) = answers(put, (wanted,))
    if isinstance(found, AssayError):
        raise found
    return found


def tell(deliver: Deliver, answers: Sequence[Answer]) -> None:
    """Whoever asked may have gone, and must not take the others' answers along."""
    with suppress(Exception):
        deliver(answers)


def failure(error: Exception) -> AssayError:
    """What is told of *error* to those who wait."""
    if isinstance(error, AssayError):
        return error
    told = Unavailable(f"the register failed: {error or type(error).__name__}")
    told.__cause__ = error
    return told
