"""What subscribers are told."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed
from assay.formats import event
from assay.formats.event import Event

EVENT = Event(
    id="evt_00112233445566778899aabbccddeeff",
    type="result.published",
    time=datetime(2026, 11, 2, 12, tzinfo=UTC),
    office="https://office.example",
    links={"result": "https://office.example/results/1"},
)
TEXT = (
    b'{"format":"urn:assay:event:1","id":"evt_00112233445566778899aabbccddeeff",'
    b'"links":{"result":"https://office.example/results/1"},"office":"https://office.example",'
    b'"time":"2026-11-02T12:00:00Z","type":"result.published"}'
)


def test_round_trip() -> None:
    assert event.encode(EVENT) == TEXT
    assert event.parse(TEXT) == EVENT


@pytest.mark.parametrize("kind", sorted(event.TYPES))
def test_every_type_can_be_told(kind: str) -> None:
    told = Event(id=EVENT.id, type=kind, time=EVENT.time, office=EVENT.office)
    assert event.parse(event.encode(told)) == told


def test_a_type_that_is_new_to_the_reader_is_read() -> None:
    assert event.parse(TEXT.replace(b"result.published", b"result.withdrawn")).type == "result.withdrawn"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"event:1", b"event:2"), (b"evt_0", b"evt_g"), (b"eff", b"EFF"), (b"eff", b"ef"), (b"12:00:00Z", b"12:00:00"),
        (b"result.published", b"published"), (b"result.published", b"Result.published"), (b"https://office.example/", b"ftp://office.example/"),
        (b"/results/1", b"/results/1\\n"), (b'"links"', b'"lynx"'), (b'"result":', b'"Result":'), (b'"type"', b'"name":"x","type"'),
    ],
)  # fmt: skip
def test_near_misses(old: bytes, new: bytes) -> None:
    assert old in TEXT
    with pytest.raises(Malformed):
        event.parse(TEXT.replace(old, new, 1))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_malformed(data: bytes) -> None:
    try:
        event.parse(data)
    except AssayError:
        return
    raise AssertionError(data)


@pytest.mark.parametrize(
    "change", [{"type": "result.whatever"}, {"id": "evt_1"}, {"links": {"x": "https://a.example/" + "y" * 600}}, {"office": "o" * 501}]
)  # fmt: skip
def test_our_own_mistakes(change: dict[str, object]) -> None:
    good = {"id": EVENT.id, "type": EVENT.type, "time": EVENT.time, "office": EVENT.office}
    with pytest.raises(ValueError, match="event"):
        event.encode(Event(**{**good, **change}))  # type: ignore[arg-type]
