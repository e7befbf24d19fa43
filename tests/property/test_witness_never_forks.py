"""Whatever is asked, in whatever order, with crashes at any write: one witness never signs two histories.

Requests run as threads of steps: each call of the state is a step, and between two steps any other request may run or
the process may die, with the write kept or lost. What was given out is judged afterwards, all of it against all.
"""

from collections.abc import Generator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.register import KEYS, ORIGIN, STAMP
from tests.support.signing import private
from tests.support.witnesses import History, MemoryWitnessState

from assay.errors import AssayError
from assay.formats.tlog_witness import AddCheckpoint
from assay.register import checkpoint
from assay.tlog.witness import Seen, Witness

HISTORIES = [History(size=12), History("b", 2, 12), History("c", 7, 12)]
KEY = private("ed25519", "w1")


Step = tuple[int, int, int, int, str]
"""History, old and new size, seconds that pass, crash at the first write."""


class Crash(BaseException):
    """The process is gone."""


class Fused(MemoryWitnessState):
    """Dies at one of its writes, before or after it."""

    def __init__(self) -> None:
        super().__init__()
        self.die_in: int | None = None
        self.kept = False

    def advance(self, origin: str, expected: Seen | None, new: Seen) -> bool:
        if self.die_in is not None:
            self.die_in -= 1
            if self.die_in < 0:
                self.die_in = None
                if self.kept:
                    super().advance(origin, expected, new)
                raise Crash
        return super().advance(origin, expected, new)


class Interleaved(MemoryWitnessState):
    """Lets another request run whole between any two calls of this one."""

    def __init__(self, inner: Fused, others: Generator[None, None, None]) -> None:
        super().__init__()
        self.inner, self.others = inner, others

    def latest(self, origin: str) -> Seen | None:
        next(self.others, None)
        found = self.inner.latest(origin)
        next(self.others, None)
        return found

    def advance(self, origin: str, expected: Seen | None, new: Seen) -> bool:
        next(self.others, None)
        done = self.inner.advance(origin, expected, new)
        next(self.others, None)
        return done

    def stopped(self, origin: str) -> str:
        return self.inner.stopped(origin)

    def keep_fork(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        self.inner.keep_fork(origin, size, root, note)


class Asked:
    def __init__(self) -> None:
        self.given: list[tuple[int, bytes, int]] = []

    def ask(self, state: MemoryWitnessState, request: AddCheckpoint, now: int) -> None:
        one = Witness("w.example/1", (KEY,), {ORIGIN: KEYS}, state, lambda: now)
        try:
            lines = one.add_checkpoint(request)
        except (AssayError, Crash):
            return
        body = checkpoint.open_(request.checkpoint, KEYS).checkpoint
        self.given.append((body.size, body.root, int.from_bytes(lines[0].signature[:8], "big")))


def begins(given: list[tuple[int, bytes, int]], history: History) -> bool:
    return all(history.root(size) == root for size, root, _ in given)


steps = st.tuples(
    st.sampled_from(range(3)), st.integers(0, 12), st.integers(0, 12), st.integers(-5, 5), st.sampled_from(["", "lost", "kept"])
)  # fmt: skip
NOTES = {(at, size): one.note(size) for at, one in enumerate(HISTORIES) for size in range(13)}


def request_(at: int, old: int, new: int) -> AddCheckpoint:
    proof = HISTORIES[at].proof(old, new) if 0 < old < new else ()
    return AddCheckpoint(old, proof, NOTES[at, new])


@given(st.lists(st.tuples(steps, st.lists(steps, max_size=3)), min_size=1, max_size=14), st.booleans())
def test_never_two_histories(plan: list[tuple[Step, list[Step]]], helped: bool) -> None:
    asked, state, now = Asked(), Fused(), STAMP

    def one(step: Step, through: MemoryWitnessState) -> None:
        nonlocal now
        at, old, new, later, crash = step
        latest = state.latest(ORIGIN)
        if helped:  # a caller that knows the size gets further
            old = latest.size if latest else 0
            new = max(old, new)
        now = max(1, now + later)
        if crash:
            state.die_in, state.kept = 0, crash == "kept"
        asked.ask(through, request_(at, old, new), now)
        state.die_in = None

    def run(between: Sequence[Step]) -> Generator[None, None, None]:
        for other in between:
            one(other, state)
            yield

    for step, between in plan:
        one(step, Interleaved(state, run(between)))

    # One of the histories explains everything that was signed, and so does what is remembered.
    assert any(begins(asked.given, history) for history in HISTORIES)
    latest = state.latest(ORIGIN)
    if asked.given:
        assert latest is not None
        assert any(begins([*asked.given, (latest.size, latest.root, 0)], history) for history in HISTORIES)
        assert latest.size >= max(size for size, _, _ in asked.given)
        assert latest.stamp >= max(stamp for _, _, stamp in asked.given) > 0


def test_the_oracle_sees_a_fork() -> None:
    given_ = [(9, HISTORIES[0].root(9), 1), (9, HISTORIES[1].root(9), 1)]
    assert not any(begins(given_, history) for history in HISTORIES)


@pytest.mark.parametrize("at", range(3))
def test_the_search_gets_somewhere(at: int) -> None:
    asked, state = Asked(), Fused()
    for old, new in ((0, 4), (4, 9), (9, 12)):
        asked.ask(state, request_(at, old, new), STAMP)
    assert [size for size, _, _ in asked.given] == [4, 9, 12]
