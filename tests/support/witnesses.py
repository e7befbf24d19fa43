"""Witnesses, logs that grow or fork, and policies, for tests. Fictional, worth nothing."""

import msgspec
from tests.support.register import KEYS, ORIGIN, STAMP, signed
from tests.support.signing import private

from assay.formats.tlog_witness import AddCheckpoint
from assay.register import merkle, proof
from assay.register.cosignature import Cosigner
from assay.tlog.witness import Conflict, Seen, Witness, WitnessState


class MemoryWitnessState:
    """Lives as long as this value."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}
        self._stopped: dict[str, str] = {}
        self._forks: dict[str, dict[tuple[int, bytes], bytes]] = {}

    def latest(self, origin: str) -> Seen | None:
        return self._seen.get(origin)

    def advance(self, origin: str, expected: Seen | None, new: Seen) -> bool:
        if self._seen.get(origin) != expected:
            return False
        self._seen[origin] = new
        return True

    def stop(self, origin: str, why: str) -> None:
        self._stopped.setdefault(origin, why)

    def stopped(self, origin: str) -> str:
        return self._stopped.get(origin, "")

    def keep_fork(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        kept = self._forks.setdefault(origin, {})
        if len(kept) < 16:
            kept.setdefault((size, root), note)

    def forks(self, origin: str) -> tuple[bytes, ...]:
        return tuple(self._forks.get(origin, {}).values())


class History(msgspec.Struct, frozen=True):
    """What a log tells somebody: leaves made of labels. Histories with another *branch* part after *shared* leaves."""

    branch: str = "main"
    shared: int = 0
    size: int = 40

    @property
    def leaves(self) -> list[bytes]:
        return [
            merkle.leaf_hash(f"{'main' if n < self.shared else self.branch} {n}".encode())
            for n in range(self.size)
        ]

    def root(self, size: int) -> bytes:
        return merkle.root_of(self.leaves[:size])

    def note(self, size: int) -> bytes:
        return signed(size, self.root(size))

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return proof.consistency_proof(old, new, merkle.extend(0, self.leaves, {}))

    def request(self, old: int, new: int) -> AddCheckpoint:
        return AddCheckpoint(old, self.proof(old, new) if 0 < old < new else (), self.note(new))


def cosigners(name: str) -> tuple[Cosigner, Cosigner]:
    return Cosigner(name, private("ed25519", name).public), Cosigner(name, private("ml-dsa-44", name).public)


def witness(name: str = "witness.example/w1", state: WitnessState | None = None, now: int = STAMP) -> Witness:
    keys = private("ed25519", name), private("ml-dsa-44", name)
    return Witness(name, keys, {ORIGIN: KEYS}, state or MemoryWitnessState(), lambda: now)


class Near:
    """A witness asked without HTTP between."""

    def __init__(self, inner: Witness) -> None:
        self.inner = inner
        self.asked: list[int] = []

    def add_checkpoint(
        self, old: int, proof: tuple[bytes, ...], checkpoint: bytes
    ) -> tuple[bytes, ...] | int:
        self.asked.append(old)
        try:
            lines = self.inner.add_checkpoint(AddCheckpoint(old, proof, checkpoint))
        except Conflict as error:
            return error.size
        return tuple(line.encode().encode() for line in lines)


def policy(*names: str, threshold: str = "all", urls: tuple[str, ...] = ()) -> bytes:
    """Both keys of each witness count as one member; *threshold* of them are enough."""
    lines = []
    for at, name in enumerate(names):
        url = f" {urls[at]}" if urls else ""
        short = name.rpartition("/")[2]
        for kind, one in zip(("ed", "pq"), cosigners(name), strict=True):
            lines.append(f"witness {short}-{kind} {one.vkey.encode()}{url}")
        lines.append(f"group {short} all {short}-ed {short}-pq")
    members = " ".join(name.rpartition("/")[2] for name in names)
    return "\n".join([*lines, f"group enough {threshold} {members}", "quorum enough", ""]).encode()
