"""What goes over a line: frames of msgpack, each behind its length in four bytes."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from assay.adapters.refusal import Refusal
from assay.errors import AssayError
from assay.office.ports import Appended, Wanted
from assay.register.edge import Edge, Growth
from assay.register.merkle import HASH_BYTES

MAX_FRAME = 1 << 30
"""Bytes. Both ends are ours: a longer one is a fault."""
_LENGTH = 4
Answer = Appended | Exception


class Deposit(msgspec.Struct, frozen=True):
    """An entry that is wanted, and documents that must be durable before it is recorded."""

    wanted: Wanted
    documents: tuple[bytes, ...] = ()


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """What one turn of an accepting process's loop brought."""

    serial: int
    deposits: tuple[Deposit, ...]


class Commit(msgspec.Struct, frozen=True, array_like=True):
    """How the tree grew: proofs of its entries are made where they are needed."""

    before: Edge
    hashes: bytes
    checkpoint: bytes


class Placed(msgspec.Struct, frozen=True, array_like=True, tag=0):
    commit: int
    index: int


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=1):
    refusal: Refusal


class Fault(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Ours: for whoever runs the office, not for whoever asked."""

    text: str


class Answers(msgspec.Struct, frozen=True, array_like=True):
    serial: int
    commits: tuple[Commit, ...]
    each: tuple[Placed | Refused | Fault, ...]


_parcel, _answers = msgspec.msgpack.Decoder(Parcel), msgspec.msgpack.Decoder(Answers)
_encoder = msgspec.msgpack.Encoder()


def parcel(serial: int, deposits: Sequence[Deposit]) -> bytes:
    return _framed(Parcel(serial, tuple(deposits)))


def answers(serial: int, found: Sequence[Answer]) -> bytes:
    growths: dict[int, Appended] = {}
    for one in found:
        if isinstance(one, Appended):
            growths.setdefault(id(one.growth), one)
    places = {key: at for at, key in enumerate(growths)}
    return _framed(
        Answers(serial, tuple(map(_commit, growths.values())), tuple(_placed(one, places) for one in found))
    )


def read_parcel(frame: bytes) -> Parcel:
    return _parcel.decode(frame)


def read_answers(frame: bytes) -> Answers:
    return _answers.decode(frame)


def opened(told: Answers, deposits: Sequence[Deposit]) -> list[Answer]:
    """The answers to *deposits*, with all that their receipts are made of."""
    growths = [_growth(one) for one in told.commits]
    found: list[Answer] = []
    for one, deposit in zip(told.each, deposits, strict=True):
        match one:
            case Placed():
                checkpoint = told.commits[one.commit].checkpoint
                found.append(Appended(one.index, deposit.wanted, growths[one.commit], checkpoint))
            case Refused():
                found.append(one.refusal.error)
            case Fault():
                found.append(RuntimeError(one.text))
    return found


class Frames:
    """Frames out of a stream that is cut anywhere."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._held += data
        while len(self._held) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._held[:_LENGTH], "big")
            if end > MAX_FRAME:
                raise ValueError(f"a frame has {end} bytes, over {MAX_FRAME}")
            if len(self._held) < end:
                return
            frame = bytes(memoryview(self._held)[_LENGTH:end])
            del self._held[:end]
            yield frame


def _framed(value: Parcel | Answers) -> bytes:
    body = _encoder.encode(value)
    return len(body).to_bytes(_LENGTH, "big") + body


def _commit(one: Appended) -> Commit:
    growth = one.growth
    hashes = (growth.nodes[0, at] for at in range(growth.before.size, growth.after.size))
    return Commit(growth.before, b"".join(hashes), one.checkpoint)


def _growth(commit: Commit) -> Growth:
    joined = commit.hashes
    return commit.before.extend([joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)])


def _placed(one: Answer, places: Mapping[int, int]) -> Placed | Refused | Fault:
    if isinstance(one, Appended):
        return Placed(places[id(one.growth)], one.index)
    if isinstance(one, AssayError):
        return Refused(Refusal.of(one))
    return Fault(f"{type(one).__name__}: {one}")
