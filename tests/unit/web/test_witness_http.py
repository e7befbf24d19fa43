"""The witness's protocol on the wire (c2sp.org/tlog-witness), and its client against witnesses that lie."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar, Response, post
from litestar.params import RawBody
from tests.support.register import ORIGIN, STAMP
from tests.support.serving import served
from tests.support.signing import private
from tests.support.witnesses import History, cosigners, policy, witness

from assay.adapters.http_client import HttpClient
from assay.adapters.witness_client import HttpWitness, side_by_side, witnesses
from assay.adapters.witness_state import SqliteWitnessState
from assay.errors import AssayError, Malformed, Refused, Unavailable, Untrusted
from assay.formats import tlog_witness
from assay.formats.note import Note, NoteSignature
from assay.register import cosignature
from assay.register.body import Checkpoint
from assay.register.quorum import Quorum
from assay.tlog.witness import NotConsistent
from assay.web.serving import application
from assay.web.witness import LIMITS, app

MAIN, FORK = History(), History("fork", 3)
NAME = "witness.example/w1"
CLIENT = HttpClient(timeout_s=10)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def url(tmp_path: Path, told: list[str]) -> Iterator[str]:
    state = SqliteWitnessState(tmp_path / "state.sqlite", create=True)
    with served(app(witness(NAME, state), told.append), LIMITS) as found:
        yield found
    state.close()


def test_cosigns_over_http(url: str) -> None:
    one = HttpWitness(url + "/", cosigners(NAME), CLIENT)
    assert one.add_checkpoint(3, MAIN.proof(3, 5), MAIN.note(5)) == 0
    for old, new in ((0, 5), (5, 5), (5, 21)):
        proof = MAIN.proof(old, new) if 0 < old < new else ()
        lines = one.add_checkpoint(old, proof, MAIN.note(new))
        assert isinstance(lines, tuple)
        assert [line.startswith("— witness.example/w1 ".encode()) for line in lines] == [True, True]
    assert one.add_checkpoint(5, MAIN.proof(5, 22), MAIN.note(22)) == 21


def test_the_states_of_the_specification(url: str, told: list[str]) -> None:
    def asked(old: int, proof: tuple[bytes, ...], note: bytes) -> tuple[int, str, bytes]:
        body = tlog_witness.AddCheckpoint(old, proof, note).encode()
        answer = CLIENT.post(f"{url}/add-checkpoint", body, limit=10_000)
        return answer.status, answer.content_type, answer.body

    assert asked(0, (), MAIN.note(8))[0] == 200
    assert asked(5, (), MAIN.note(9)) == (409, "text/x.tlog.size", b"8\n")
    assert asked(8, (), FORK.note(8)) == (409, "text/x.tlog.size", b"8\n")
    assert asked(8, FORK.proof(8, 12), FORK.note(12))[0] == 422
    assert asked(9, (), MAIN.note(8))[0] == 400
    assert asked(8, (), MAIN.note(12).replace(b"\n12\n", b"\n13\n"))[0] == 403
    assert asked(8, (), MAIN.note(12).replace(b"3f9c", b"3f9d"))[0] == 404
    status, kind, body = asked(8, (), b"junk")
    assert (status, kind, body) == (404, "text/plain", b"this witness does not know the log 'junk'\n")
    assert len(told) == 2
    assert told[0].startswith("register.example/3f9c signed two trees of size 8: ")
    assert asked(8, (), FORK.note(8))[0] == 409
    assert len(told) == 2  # each line once


def test_the_answer_409_has_exactly_its_content_type(url: str) -> None:
    import urllib.error
    import urllib.request

    body = tlog_witness.AddCheckpoint(5, (), MAIN.note(9)).encode()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}/add-checkpoint", body, timeout=10)
    with caught.value as error:
        assert error.headers["Content-Type"] == "text/x.tlog.size"


def test_what_it_has_seen(url: str) -> None:
    def about() -> dict[str, object]:
        log: dict[str, object] = json.loads(CLIENT.get(f"{url}/", limit=100_000).body)["logs"][0]
        return log

    empty = {"origin": ORIGIN, "size": 0, "root": "", "cosigned": 0, "forks": 0, "stopped": ""}
    assert about() == empty
    one = HttpWitness(url, cosigners(NAME), CLIENT)
    one.add_checkpoint(0, (), MAIN.note(8))
    assert one.add_checkpoint(8, (), FORK.note(8)) == 8
    assert about() == empty | {"size": 8, "root": MAIN.root(8).hex(), "cosigned": STAMP, "forks": 1}
    document = json.loads(CLIENT.get(f"{url}/", limit=100_000).body)
    assert document["witness"] == NAME
    assert document["vkeys"] == [one.vkey.encode() for one in cosigners(NAME)]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "add-checkpoint", None, 405),
        ("POST", "", b"x", 405),
        ("POST", "add-checkpoint/", b"", 400),
        ("POST", "other", b"x", 404),
        ("POST", "add-checkpoint", b"", 400),
        ("POST", "add-checkpoint", b"\xff" * 100, 400),
        ("POST", "add-checkpoint", b"old 0\n\n" + b"x" * 528_384, 413),
    ],
)
def test_other_requests(url: str, method: str, path: str, body: bytes | None, code: int) -> None:
    whole = f"{url}/{path}"
    answer = CLIENT.get(whole, limit=1000) if method == "GET" else CLIENT.post(whole, body or b"", limit=1000)
    assert answer.status == code, answer
    assert answer.body.count(b"\n") == 1


def lying(answer: Callable[[bytes], Response[bytes]]) -> Litestar:
    @post("/add-checkpoint", status_code=200, sync_to_thread=False)
    def add(body: RawBody) -> Response[bytes]:
        return answer(body)

    return application([add])


BODY = Checkpoint(ORIGIN, 8, MAIN.root(8))
GOOD = [
    cosignature.sign(BODY, NAME, private(algorithm, NAME), STAMP) for algorithm in ("ed25519", "ml-dsa-44")
]
OTHER = cosignature.sign(BODY, "other.example", private("ed25519", "other"), STAMP)
FORGED = msgspec.structs.replace(GOOD[0], signature=GOOD[0].signature[:-1] + b"?")
WRONG = cosignature.sign(Checkpoint(ORIGIN, 9, MAIN.root(9)), NAME, private("ed25519", NAME), STAMP)


def wire(*lines: NoteSignature) -> bytes:
    return tlog_witness.encode_lines(lines)


@pytest.mark.parametrize(
    ("status", "body", "kind", "error", "message"),
    [
        pytest.param(200, wire(OTHER), "text/plain", Untrusted, "without a signature of a known key", id="strangers only"),
        pytest.param(200, wire(GOOD[1], FORGED), "text/plain", Untrusted, "does not verify", id="one forged"),
        pytest.param(200, wire(WRONG), "text/plain", Untrusted, "does not verify", id="of another tree"),
        pytest.param(200, b"", "text/plain", Malformed, "no signature line", id="nothing"),
        pytest.param(200, b"<html>", "text/html", Malformed, "no signature line", id="a page"),
        pytest.param(200, b"x" * 600_000, "text/plain", Malformed, "answers with over 528384 bytes", id="too much"),
        pytest.param(409, b"8\n", "text/plain", Malformed, "is 'text/plain', expected 'text/x.tlog.size'", id="another kind of 409"),
        pytest.param(409, b"eight\n", "text/x.tlog.size", Malformed, "is 'eight", id="no size"),
        pytest.param(404, b"no\n", "text/plain", Refused, "answers 404: no", id="unknown log"),
        pytest.param(403, b"", "text/plain", Refused, "answers 403: nothing more", id="bad signature"),
        pytest.param(400, b"\x1b[31m\xff", "text/plain", Refused, "answers 400: .31m", id="steers the terminal"),
        pytest.param(422, b"no\n", "text/plain", NotConsistent, "answers 422: no", id="bad proof"),
        pytest.param(500, b"oops", "text/plain", Unavailable, "answers 500: oops", id="broken"),
        pytest.param(301, b"", "text/plain", Unavailable, "answers 301", id="moved"),
    ],
)  # fmt: skip
def test_witnesses_that_lie(
    status: int, body: bytes, kind: str, error: type[AssayError], message: str
) -> None:
    made = lying(lambda _: Response(body, status_code=status, headers={"content-type": kind}))
    with served(made) as url, pytest.raises(error, match=message) as caught:
        HttpWitness(url, cosigners(NAME), CLIENT).add_checkpoint(0, (), MAIN.note(8))
    assert "\x1b" not in str(caught.value)


def test_only_lines_of_known_keys_are_taken() -> None:
    with served(lying(lambda _: Response(wire(OTHER, *GOOD)))) as url:
        lines = HttpWitness(url, cosigners(NAME)[:1], CLIENT).add_checkpoint(0, (), MAIN.note(8))
    assert lines == (GOOD[0].encode().encode(),)


def test_the_witnesses_of_a_policy() -> None:
    names = ("witness.example/w1", "witness.example/w2")
    quorum = Quorum.parse(policy(*names, urls=("http://127.0.0.1:1/a", "http://127.0.0.1:1/b")))
    assert set(witnesses(quorum, CLIENT)) == {"w1-ed,w1-pq", "w2-ed,w2-pq"}
    assert witnesses(Quorum.parse(policy(*names)), CLIENT) == {}
    with pytest.raises(Malformed, match="not an http or https URL"):
        witnesses(Quorum.parse(policy(names[0], urls=("file:///etc/passwd",))), CLIENT)
    assert side_by_side([lambda: 1, lambda: 2]) == [1, 2]
    assert Note.parse(MAIN.note(8)).text == BODY.encode()
