"""Submissions over HTTP: what is acknowledged is durable and provable, what is refused says why in one line."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support import offices
from tests.support.offices import LOG, NOW, ORIGIN

from assay.adapters.group_commit import GroupCommit
from assay.adapters.line.far import Keeping, Recorder
from assay.adapters.memory import FixedClock
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.office.log import found
from assay.office.office import Office
from assay.office.ports import Appended
from assay.office.sequencer import Sequencer
from assay.office.validate import load
from assay.register.receipt import Receipt
from assay.trust.envelope import sign
from assay.web.intake import LIMITS, PATH, Intake, Submissions

KEYS = LOG.public(ORIGIN)
TYPE = {"content-type": "application/vnd.dsse.envelope+json"}
Reply = tuple[int, Mapping[str, str], bytes]
Ask = tuple[bytes, Mapping[str, str]]


class Place:
    """An office on files, and its edge."""

    def __init__(self, folder: Path) -> None:
        self.blobs = PackedBlobs(folder / "blobs")
        ledger = SqlLedger.sqlite(folder / "office.sqlite")
        self.register = GroupCommit(Sequencer(ledger, MemoryTiles(), LOG, ORIGIN, FixedClock(NOW)))
        self.office: Office = msgspec.structs.replace(
            offices.office(), blobs=self.blobs, ledger=ledger, register=self.register
        )
        found(self.office)

    def ask(
        self, *asked: Ask, path: str = PATH, method: str = "POST", keeping: Keeping | None = None
    ) -> list[Reply]:
        """All at the same time."""
        recorder = Recorder(self.register, keeping or self.blobs)
        served = Submissions(self.office, recorder.line(), self.blobs)

        async def one(body: bytes, headers: Mapping[str, str]) -> Reply:
            scope = {
                "type": "http",
                "method": method,
                "path": path,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
            parts = [body[: len(body) // 2], body[len(body) // 2 :]]
            sent: list[Any] = []

            async def receive() -> dict[str, Any]:
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

            async def send(message: Any) -> None:
                sent.append(message)

            await served(scope, receive, send)
            start, end = sent
            told = {name.decode(): value.decode() for name, value in start["headers"]}
            assert told["content-length"] == str(len(end["body"]))
            return start["status"], told, end["body"]

        async def all_of_them() -> list[Reply]:
            return await asyncio.gather(*(one(body, headers) for body, headers in asked))

        try:
            return asyncio.run(all_of_them())
        finally:
            served.close()
            recorder.close()

    def size(self) -> int:
        return self.register.size()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.register.close()
    made.blobs.close()


@cache
def envelope(serial: int = 1) -> bytes:
    """The same each time; ML-DSA signs differently each time."""
    return offices.bundle(serial).envelope


def problem(reply: Reply) -> tuple[int, str]:
    code, headers, body = reply
    assert headers["content-type"] == "application/problem+json"
    document = json.loads(body)
    assert document["status"] == code
    assert document["type"] == "about:blank"
    assert "\n" not in document["detail"]
    return code, document["detail"]


def test_a_receipt_that_its_holder_can_verify(place: Place) -> None:
    ((code, headers, body),) = place.ask((envelope(), TYPE))
    assert (code, headers["content-type"]) == (201, "application/json")
    assert Receipt.parse(body).encode() == body
    verified = Receipt.parse(body).verify(KEYS)
    payload = Envelope.parse(envelope()).identity
    assert verified.entry.digests == (payload,)
    assert verified.checkpoint.checkpoint.size == 2
    assert verified.values["provider"] == offices.PROVIDER
    assert verified.values["actor"] == "lighthouse"


def test_what_was_acknowledged_is_kept_byte_for_byte(place: Place) -> None:
    place.ask((envelope(), TYPE))
    stored = place.office.ledger.submission(Envelope.parse(envelope()).identity)
    assert stored is not None
    assert (stored.state, stored.entry, stored.customers, stored.artifacts) == ("submitted", 1, None, ())
    assert load(place.office, stored).envelope == envelope()


def test_artifacts_that_are_here_already_belong_to_it(place: Place) -> None:
    wheel = place.blobs.put(offices.WHEEL)
    place.blobs.put(b"named by nobody")
    place.ask((envelope(), TYPE))
    stored = place.office.ledger.submission(Envelope.parse(envelope()).identity)
    assert stored is not None
    assert stored.artifacts == (wheel,)


def test_many_at_once_each_get_their_own(place: Place) -> None:
    good = [envelope(serial) for serial in range(1, 70)]
    replies = place.ask(*((one, TYPE) for one in [*good, b"{}"]))
    assert [code for code, _, _ in replies] == [201] * len(good) + [400]
    entries = [Receipt.parse(body).verify(KEYS) for _, _, body in replies[:-1]]
    assert sorted(one.index for one in entries) == list(range(1, len(good) + 1))
    assert [one.entry.digests[0] for one in entries] == [Envelope.parse(one).identity for one in good]


def test_the_same_payload_is_taken_once_however_it_is_signed(place: Place) -> None:
    plain = Envelope.parse(envelope())
    again = sign(plain.payload_type, plain.payload, offices.PROVIDER_KEYS).encode()
    assert again != envelope()
    replies = place.ask((envelope(), TYPE), (again, TYPE)) + place.ask((envelope(), TYPE))
    assert sorted(code for code, _, _ in replies) == [201, 409, 409]
    assert {problem(one) for one in replies if one[0] == 409} == {
        (409, f"the attestation {plain.identity} was submitted before")
    }
    assert place.size() == 2


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    document = json.loads(envelope())
    change(document)
    return json.dumps(document).encode()


def drop_second(document: dict[str, Any]) -> None:
    del document["signatures"][1]


def other_payload(document: dict[str, Any]) -> None:
    document["payload"] = json.loads(envelope(2))["payload"]


UNKNOWN_PACK = offices.bundle(
    1, change=lambda one: msgspec.structs.replace(one, packs=("other@1",), claims=())
).envelope


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        pytest.param(b"", 400, "attestation.dsse.json", id="empty"),
        pytest.param(b"{}", 400, "attestation.dsse.json: Object missing required field", id="no envelope"),
        pytest.param(b"[" * 50_000 + b"]" * 50_000, 413, "nested over 128 levels", id="deep"),
        pytest.param(b"\xff" * 100, 400, "attestation.dsse.json", id="not UTF-8"),
        pytest.param(envelope()[:-1], 400, "attestation.dsse.json", id="cut off"),
        pytest.param(changed(drop_second), 403, "no good signature by ml-dsa-65", id="one signature missing"),
        pytest.param(changed(other_payload), 403, "did not make it over this payload", id="signatures of another"),
        pytest.param(offices.bundle(1, keys=offices.pair("stranger")).envelope, 403, "was made by no key of the trust root", id="stranger"),
        pytest.param(UNKNOWN_PACK, 400, "answers 'other@1', this office judges by cisa-form@2024-03", id="unknown pack"),
        pytest.param(b" " * (LIMITS.body_bytes + 2), 413, f"over {LIMITS.body_bytes} bytes", id="too large"),
    ],
)  # fmt: skip
def test_refuses_with_one_line_and_records_nothing(place: Place, body: bytes, code: int, detail: str) -> None:
    (reply,) = place.ask((body, TYPE))
    found_code, found_detail = problem(reply)
    assert (found_code, detail in found_detail) == (code, True), found_detail
    assert place.size() == 1
    assert not place.blobs.has(Digest.sha256(body))


@pytest.mark.parametrize(
    ("headers", "code", "detail"),
    [
        ({"content-type": "application/json; charset=utf-8"}, 201, ""),
        ({"content-type": "Application/JSON"}, 201, ""),
        ({"content-type": "text/plain"}, 415, "Content-Type is 'text/plain', expected application/vnd.dsse"),
        ({}, 415, "Content-Type is ''"),
    ],
)
def test_types(place: Place, headers: Mapping[str, str], code: int, detail: str) -> None:
    (reply,) = place.ask((envelope(), headers))
    assert reply[0] == code
    if detail:
        assert detail in problem(reply)[1]


def test_other_places_and_methods(place: Place) -> None:
    (nowhere,) = place.ask((envelope(), TYPE), path="/other")
    assert problem(nowhere) == (404, "there is no /other, expected /submissions")
    (wrong,) = place.ask((envelope(), TYPE), method="PUT")
    assert problem(wrong) == (405, "/submissions takes POST, not PUT")
    assert wrong[1]["allow"] == "POST"


class Failing:
    """Blobs on a disk that is full, or in code that is wrong."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def put_many(self, blobs: Sequence[bytes]) -> Sequence[Digest]:
        raise self._error


def test_an_envelope_that_cannot_be_kept_is_not_recorded(place: Place) -> None:
    (reply,) = place.ask((envelope(), TYPE), keeping=Failing(Unavailable("the disk is full")))
    assert problem(reply) == (503, "the disk is full")
    assert reply[1]["retry-after"] == "1"
    assert place.size() == 1


def test_a_fault_of_ours_is_told_to_the_operator_alone(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    (reply,) = place.ask((envelope(), TYPE), keeping=Failing(ZeroDivisionError("a secret")))
    assert problem(reply) == (500, "a fault in Assay")
    assert "a fault in Assay: RuntimeError: ZeroDivisionError: a secret" in capsys.readouterr().err
    assert place.size() == 1


def test_a_register_that_is_closed_refuses(place: Place) -> None:
    place.register.close()
    (reply,) = place.ask((envelope(), TYPE))
    assert problem(reply) == (503, "the register is closed")


def test_too_many_waiting_are_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.web.intake.MAX_WAITING", 0)
    (reply,) = place.ask((envelope(), TYPE))
    assert problem(reply) == (503, "0 submissions wait to be recorded; try again later")


def test_a_long_one_is_verified_beside_the_loop(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.web.intake.AT_ONCE", 100)
    good, bad = place.ask((envelope(), TYPE), (envelope()[:-1], TYPE))
    assert good[0] == 201
    Receipt.parse(good[2]).verify(KEYS)
    assert problem(bad)[0] == 400


def test_once_nobody_records_it_is_told(place: Place) -> None:
    async def run() -> list[Appended | BaseException]:
        recorder = Recorder(place.register, place.blobs)
        served = Submissions(place.office, recorder.line(), place.blobs)
        intake = Intake(place.office, recorder.line(), place.blobs)
        assert (await intake.submit(envelope())).index == 1
        await asyncio.to_thread(recorder.close)
        await asyncio.wait_for(asyncio.gather(served.lost(), intake.lost()), 10)
        served.close()
        return list(await asyncio.gather(intake.submit(envelope(2)), return_exceptions=True))

    (late,) = asyncio.run(run())
    assert isinstance(late, Unavailable)
    assert str(late) == "the process that records entries has ended; the entry was not recorded"
    assert place.size() == 2
