"""What is found of an office's health, and what is not known."""

from datetime import timedelta

import msgspec
import pytest
from tests.support.offices import NOW, office

from assay.errors import Unavailable
from assay.office import health
from assay.office.health import Finding, after, looked, worst
from assay.office.ports import Head
from assay.register import checkpoint


def test_of_nothing_nothing_is_known() -> None:
    assert worst([]) == "unknown"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("ok", "ok"), "ok"),
        (("ok", "warn"), "warn"),
        (("warn", "unknown"), "unknown"),
        (("unknown", "fail", "ok"), "fail"),
    ],
)
def test_the_worst_counts(states: tuple[health.State, ...], expected: str) -> None:
    assert worst([Finding(check="x", state=one, said="") for one in states]) == expected


def test_what_cannot_be_looked_at_is_told_and_never_well() -> None:
    def gone() -> Finding:
        raise Unavailable("the server\nis away")

    found = looked("database", gone, "start it")
    assert (found.state, found.said, found.advice) == ("fail", "the server is away", "start it")
    assert after("register", "database").state == "unknown"


def test_register() -> None:
    made = office()
    made.register.publish()
    signed = checkpoint.open_(made.register.checkpoint(), made.keys)
    head = made.ledger.head()
    assert health.register(head, signed, NOW).state == "ok"
    assert health.register(Head(head.edge, head.stamp, 0), None, NOW).state == "ok"
    late = health.register(Head(head.edge, head.stamp, 0), None, NOW + timedelta(minutes=1))
    assert (late.state, late.said) == ("warn", "1 entries, 0 published; the others wait since 60 s")
    empty = Head(type(head.edge)(), 0, 0)
    assert "it is an older copy" in health.register(empty, signed, NOW).said
    settled = msgspec.structs.replace(head, settled=1)
    assert "they are an older copy" in health.register(settled, None, NOW).said


@pytest.mark.parametrize(("skew_s", "state"), [(0.0, "ok"), (5.0, "ok"), (5.1, "fail"), (-5.1, "fail")])
def test_clock(skew_s: float, state: str) -> None:
    assert health.clock(skew_s, 5).state == state


@pytest.mark.parametrize(("free", "state"), [(99, "fail"), (100, "warn"), (199, "warn"), (200, "ok")])
def test_disk(free: int, state: str) -> None:
    assert health.disk(free, 100).state == state
