"""A witness: cosigns checkpoints that continue what it cosigned before (c2sp.org/tlog-witness), and nothing else.

Whatever is about to be signed is durable first, by compare and swap, so that neither a crash nor two requests at once
make it sign two trees that do not fit together. What it cannot notice by itself is a state put back from an older copy;
where somebody shows it a signature of its own that its state does not account for, it never signs for that log again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from assay.crypto.keys import PrivateKey
from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.formats.note import NoteSignature, check_name
from assay.formats.tlog_witness import AddCheckpoint
from assay.register import checkpoint as checkpoints
from assay.register import cosignature, proof
from assay.register.checkpoint import MAX_TIMESTAMP, Checkpoint, Scheme
from assay.register.cosignature import Cosigner
from assay.register.identity import LogKeys
from assay.register.merkle import EMPTY_ROOT

MAX_TRIES = 8
"""Compare and swap lost that often in a row means that something else is wrong."""


class Seen(msgspec.Struct, frozen=True):
    """The largest tree of a log that was cosigned, or is about to be."""

    size: int
    root: bytes
    note: bytes
    """The log's own signed checkpoint."""
    stamp: int
    """Unix seconds of the newest cosignature; never decreases."""


class WitnessState(Protocol):
    """What a witness must not forget: for each log, by origin, what it cosigned last."""

    def latest(self, origin: str) -> Seen | None:
        """None when nothing of that log was ever cosigned."""

    def advance(self, origin: str, expected: Seen | None, new: Seen) -> bool:
        """Put *new* in the place of *expected*; False, and nothing changes, when something else stands there.

        Durable when it returns True; a crash inside leaves the one or the other.
        """

    def stop(self, origin: str, why: str) -> None:
        """Remember for ever that nothing of this log is signed any more. Durable when it returns."""

    def stopped(self, origin: str) -> str:
        """Why, or empty."""

    def keep_fork(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        """Keep a checkpoint that contradicts the one cosigned: with it, proof of a forked log. The first few are kept."""

    def forks(self, origin: str) -> tuple[bytes, ...]:
        """The notes kept, oldest first."""


class Unknown(Refused):
    """A log that this witness does not know (404)."""


class Conflict(Refused):
    """The old size is not the one cosigned last, or the root at that size is another (409)."""

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size


class Forked(Conflict):
    """The log signed two trees of one size; both notes are kept (409)."""


class NotConsistent(Refused):
    """The proof does not show that the new tree begins with the one cosigned last (422)."""


class Witness:
    """*name* with its *keys* (Ed25519, ML-DSA-44, or both) over the logs it knows, by origin."""

    def __init__(
        self,
        name: str,
        keys: Sequence[PrivateKey],
        logs: Mapping[str, LogKeys],
        state: WitnessState,
        now: Callable[[], int],
    ) -> None:
        check_name(name)
        if not keys:
            raise ValueError("a witness needs a key")
        self.name = name
        self.logs = dict(logs)
        self.state = state
        self._keys = tuple(keys)
        self._now = now
        self._required = {origin: _required(known) for origin, known in self.logs.items()}

    @property
    def cosigners(self) -> tuple[Cosigner, ...]:
        """What others verify its signatures with."""
        return tuple(Cosigner(self.name, key.public) for key in self._keys)

    def add_checkpoint(self, request: AddCheckpoint) -> tuple[NoteSignature, ...]:
        """Cosign, or raise: Malformed (400), :class:`Unknown`, Untrusted (403), :class:`Conflict`, :class:`NotConsistent`.

        Unavailable when the state cannot be kept, or must not be relied on: nothing was signed.
        """
        signed = self._opened(request.checkpoint)
        checkpoint = signed.checkpoint
        if request.old > checkpoint.size:
            raise Malformed(f"the old size {request.old} is larger than the checkpoint's, {checkpoint.size}")
        self._check_state(signed)
        for _ in range(MAX_TRIES):
            latest = self.state.latest(checkpoint.origin)
            self._check_growth(request, checkpoint, latest)
            stamp = self._stamp(latest)
            if latest is not None and (latest.size, latest.stamp) == (checkpoint.size, stamp):
                return self._sign(checkpoint, stamp)
            # A crash before this returns leaves the old state or the new one, and no signature either way.
            if self.state.advance(
                checkpoint.origin,
                latest,
                Seen(checkpoint.size, checkpoint.root, _bare(signed, self.logs), stamp),
            ):
                return self._sign(checkpoint, stamp)
        raise Unavailable(
            f"the state of {checkpoint.origin} changed {MAX_TRIES} times while it was asked; try again"
        )

    def look_at(self, note: bytes) -> None:
        """See that a checkpoint found elsewhere, such as the one a log publishes, tells nothing that was forgotten.

        Unavailable, from then on for this log, when it does; other errors when it is no checkpoint of a known log.
        """
        self._check_state(self._opened(note))

    def _opened(self, note: bytes) -> checkpoints.SignedCheckpoint:
        origin = note.partition(b"\n")[0].decode("utf-8", errors="replace")
        keys = self.logs.get(origin)
        if keys is None:
            raise Unknown(f"this witness does not know the log {origin[:80]!r}")
        return checkpoints.open_(note, keys, required=self._required[origin])

    def _check_growth(self, request: AddCheckpoint, new: Checkpoint, latest: Seen | None) -> None:
        """The rules of add-checkpoint, in the specification's order."""
        size = latest.size if latest else 0
        if latest is not None and new.size == size and new.root != latest.root:
            self.state.keep_fork(new.origin, new.size, new.root, request.checkpoint)
            raise Forked(
                f"{new.origin} signed two trees of size {size}: {latest.root.hex()} was cosigned, this one is {new.root.hex()}",
                size,
            )
        if request.old != size:
            raise Conflict(
                f"the old size is {request.old}, the checkpoint cosigned last has size {size}", size
            )
        if new.size == 0 and new.root != EMPTY_ROOT:
            raise NotConsistent(f"a tree of size 0 has root {new.root.hex()}, expected {EMPTY_ROOT.hex()}")
        if size == 0:
            if request.proof:
                raise NotConsistent(
                    f"there are {len(request.proof)} hashes of proof from size 0, expected none"
                )
            return
        root = latest.root if latest else EMPTY_ROOT
        try:
            proof.verify_consistency(size, new.size, request.proof, root, new.root)
        except (Malformed, Untrusted) as error:
            raise NotConsistent(str(error)) from error

    def _check_state(self, signed: checkpoints.SignedCheckpoint) -> None:
        """Refuse for ever when the note carries a cosignature of ours that the state does not account for."""
        checkpoint = signed.checkpoint
        if why := self.state.stopped(checkpoint.origin):
            raise Unavailable(why)
        if not self._signed_before(signed):
            return
        latest = self.state.latest(checkpoint.origin)
        if (
            latest is None
            or latest.size < checkpoint.size
            or (latest.size == checkpoint.size and latest.root != checkpoint.root)
        ):
            why = (
                f"this witness cosigned size {checkpoint.size} of {checkpoint.origin} before, and its state ends at "
                f"{latest.size if latest else 0}: the state is an older copy; it signs nothing of this log any more"
            )
            self.state.stop(checkpoint.origin, why)
            raise Unavailable(why)

    def _signed_before(self, signed: checkpoints.SignedCheckpoint) -> bool:
        """Whether a line of ours verifies; others may have written lines in our name that do not."""
        for cosigner in self.cosigners:
            for line in signed.note.signatures:
                if line.by(cosigner.vkey) and _made(signed.checkpoint, line, cosigner):
                    return True
        return False

    def _stamp(self, latest: Seen | None) -> int:
        now = self._now()
        if not 0 < now <= MAX_TIMESTAMP:
            raise Unavailable(f"the clock says {now}, which is no time to sign at")
        return max(now, latest.stamp) if latest else now

    def _sign(self, checkpoint: Checkpoint, stamp: int) -> tuple[NoteSignature, ...]:
        return tuple(cosignature.sign(checkpoint, self.name, key, stamp) for key in self._keys)


def _required(keys: LogKeys) -> tuple[Scheme, ...]:
    """Every scheme that the log has a key of: a log with two is not believed on one."""
    required: list[Scheme] = []
    if keys.ed25519:
        required.append("ed25519")
    if keys.ml_dsa_44:
        required.append("ml-dsa-44")
    if not required:
        raise Malformed(f"log {keys.origin!r} has no key that signs checkpoints")
    return tuple(required)


def _made(checkpoint: Checkpoint, line: NoteSignature, cosigner: Cosigner) -> bool:
    try:
        cosignature.verify(checkpoint, line, cosigner)
    except Untrusted:
        return False
    return True


def _bare(signed: checkpoints.SignedCheckpoint, logs: Mapping[str, LogKeys]) -> bytes:
    """The note with the log's own signatures only: strangers' lines are not kept."""
    keys = logs[signed.checkpoint.origin]
    own = tuple(line for line in signed.note.signatures if any(line.by(vkey) for vkey in keys.vkeys))
    return msgspec.structs.replace(signed.note, signatures=own).encode()
