"""Have a checkpoint cosigned by the witnesses of a policy, and hear what they know that the log does not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from assay.errors import AssayError, Malformed, Refused, Unavailable
from assay.formats.note import MAX_SIGNATURES, Note, NoteSignature
from assay.formats.text import shown
from assay.register import cosignature
from assay.register.body import Checkpoint
from assay.register.cosignature import Cosigner
from assay.register.quorum import Quorum
from assay.tlog.ports import Witness
from assay.tlog.witness import NotConsistent

T = TypeVar("T")
Proofs = Callable[[int, int], tuple[bytes, ...]]
"""``proofs(old, new)``: consistency between two sizes of the log's own tree, with 1 <= old <= new."""
MAX_REASON = 400


class Failure(msgspec.Struct, frozen=True):
    witness: str
    reason: str


class Alarm(msgspec.Struct, frozen=True):
    """A witness knows another history: sign nothing until a person has looked.

    Nothing here is proven: a witness may lie. Before believing that it knows a larger size, see that the checkpoint was
    still the log's newest.
    """

    witness: str
    size: int
    """Of the tree that the witness says it cosigned."""
    reason: str


class Witnessing(msgspec.Struct, frozen=True):
    note: bytes
    """The checkpoint with every verified cosignature, old and new."""
    satisfied: bool
    """Whether it satisfies the policy now."""
    reason: str
    cosigned: tuple[str, ...]
    """Who answered with a good cosignature."""
    failed: tuple[Failure, ...]
    alarms: tuple[Alarm, ...]
    sizes: Mapping[str, int]
    """What each witness is known to have cosigned last; to begin with the next time."""


class _Told(msgspec.Struct, frozen=True):
    name: str
    lines: tuple[NoteSignature, ...] = ()
    size: int | None = None
    failure: str = ""
    alarm: str = ""


class Together(Protocol):
    """Runs calls, side by side where threads are to be had, and gives their results in the same order."""

    def __call__(self, calls: Sequence[Callable[[], T]]) -> Sequence[T]: ...


def one_by_one(calls: Sequence[Callable[[], T]]) -> Sequence[T]:
    return [call() for call in calls]


def witness(
    checkpoint: bytes,
    quorum: Quorum,
    witnesses: Mapping[str, Witness],
    proofs: Proofs,
    *,
    sizes: Mapping[str, int] | None = None,
    together: Together = one_by_one,
) -> Witnessing:
    """Ask *witnesses*, by name, for their cosignatures on the log's own signed *checkpoint*, its newest.

    *sizes* is what an earlier round returned. Whatever a witness does costs its cosignature only,
    and is told.
    """
    note = Note.parse(checkpoint, what="checkpoint")
    body = Checkpoint.parse(note.text)
    known = dict(sizes or {})
    cosigners = tuple(quorum.cosigners.values())
    calls = [
        _Call(name, one, body, checkpoint, proofs, cosigners, min(known.get(name, body.size), body.size))
        for name, one in witnesses.items()
    ]
    told = together([call.told for call in calls])
    for one in told:
        if one.size is not None:
            known[one.name] = one.size
    merged = _merged(note, [line for one in told for line in one.lines])
    judged = quorum.judge(merged)
    return Witnessing(
        note=merged.encode(),
        satisfied=judged.satisfied,
        reason=judged.reason,
        cosigned=tuple(one.name for one in told if one.lines),
        failed=tuple(Failure(one.name, one.failure) for one in told if one.failure),
        alarms=tuple(Alarm(one.name, one.size or 0, one.alarm) for one in told if one.alarm),
        sizes=known,
    )


class _Inconsistent(Refused):
    def __init__(self, size: int, old: int, why: str) -> None:
        super().__init__(
            f"does not find size {size} consistent with the {old} it cosigned: {shown(why, MAX_REASON)}"
        )
        self.old = old


class _Call(msgspec.Struct, frozen=True):
    name: str
    witness: Witness
    body: Checkpoint
    note: bytes
    proofs: Proofs
    cosigners: Sequence[Cosigner]
    first: int
    """The size to begin with."""

    def told(self) -> _Told:
        try:
            return self._asked()
        except _Inconsistent as error:
            return _Told(self.name, size=error.old, alarm=str(error))
        except AssayError as error:
            return _Told(self.name, failure=shown(str(error), MAX_REASON))

    def _asked(self) -> _Told:
        answer = self._add(self.first)
        if answer == self.first:
            return self._another_root(self.first)
        if not isinstance(answer, int):
            return self._cosigned(answer)
        if answer > self.body.size:
            return self._ahead(answer)
        old, answer = answer, self._add(answer)
        if not isinstance(answer, int):
            return self._cosigned(answer)
        if answer == old:
            return self._another_root(old)
        if answer > self.body.size:
            return self._ahead(answer)
        return _Told(self.name, failure=f"answers with one size after the other: {old}, then {answer}")

    def _add(self, old: int) -> tuple[bytes, ...] | int:
        proof = self.proofs(old, self.body.size) if 0 < old < self.body.size else ()
        try:
            return self.witness.add_checkpoint(old, proof, self.note)
        except NotConsistent as error:
            if not proof:
                raise
            # The proof is from our own tree, so the one of this size that it cosigned is not ours.
            raise _Inconsistent(self.body.size, old, str(error)) from error

    def _ahead(self, size: int) -> _Told:
        return _Told(
            self.name,
            size=size,
            alarm=f"says it cosigned size {size}, this log has {self.body.size}: it may be an older copy",
        )

    def _another_root(self, size: int) -> _Told:
        """It refused the very size it names (409): at equal sizes that means another root."""
        if size == self.body.size:
            return _Told(self.name, size=size, alarm=f"says it cosigned another tree of size {size}")
        return _Told(self.name, failure=f"answers that its size is {size}, which is what it was asked with")

    def _cosigned(self, lines: tuple[bytes, ...]) -> _Told:
        good = tuple(self._good(line) for line in lines)
        if not good:
            return _Told(self.name, failure="answers without a signature")
        return _Told(self.name, lines=good, size=self.body.size)

    def _good(self, line: bytes) -> NoteSignature:
        try:
            signature = NoteSignature.parse(line.decode(), what="answer")
        except UnicodeDecodeError as error:
            raise Malformed("the answer is not UTF-8") from error
        by = next((one for one in self.cosigners if signature.by(one.vkey)), None)
        if by is None:
            raise Unavailable(
                f"answers with a signature of {signature.name!r}, which the policy does not list"
            )
        return cosignature.verify(self.body, signature, by).line


def _merged(note: Note, lines: Sequence[NoteSignature]) -> Note:
    """*note* with *lines*; a newer one takes the place of an older one of the same key."""
    found = {(line.name, line.key_id): line for line in (*note.signatures, *lines)}
    if len(found) > MAX_SIGNATURES:
        raise Malformed(f"checkpoint would carry {len(found)} signatures, over {MAX_SIGNATURES}")
    return msgspec.structs.replace(note, signatures=tuple(found.values()))
