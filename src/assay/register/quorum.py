"""Whether a note carries the cosignatures that a policy (c2sp.org/tlog-policy) asks for: the grade *witnessed*.

The log's own signatures are another question, answered by :func:`assay.register.checkpoint.open_`.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from assay.crypto.keys import PublicKey
from assay.errors import Malformed, Unsupported, Untrusted
from assay.formats.note import ED25519, ML_DSA_44, Note
from assay.formats.tlog_policy import NONE, TlogPolicy
from assay.register import cosignature
from assay.register.body import Checkpoint
from assay.register.cosignature import Cosignature, Cosigner
from assay.register.identity import LogKeys


class Witnessed(msgspec.Struct, frozen=True):
    """How a note stands under a policy; made by :meth:`Quorum.judge` only."""

    satisfied: bool
    by: tuple[str, ...]
    """The policy's names of those witnesses that cosigned, sorted."""
    missing: tuple[str, ...]
    """Of those that did not."""
    cosignatures: tuple[Cosignature, ...]
    reason: str
    """What is there and what is asked for, in one line."""


class Quorum(msgspec.Struct, frozen=True):
    """A policy whose keys are known to be fit for what they are listed as."""

    policy: TlogPolicy

    def __post_init__(self) -> None:
        for one in self.policy.witnesses:
            Cosigner.of(one.vkey)
        logs = {log.vkey.public for log in self.policy.logs}
        for log in self.policy.logs:
            _check_log(log.vkey.kind, log.vkey.public, log.vkey.name)
        for one in self.policy.witnesses:
            if one.vkey.public in logs:
                raise Malformed(
                    f"policy: witness {one.name!r} has the key of a log, which cannot witness itself"
                )

    @classmethod
    def parse(cls, data: bytes, *, what: str = "policy") -> "Quorum":
        return cls(TlogPolicy.parse(data, what=what))

    @property
    def requires_witnesses(self) -> bool:
        """False for ``quorum none``, which any note satisfies."""
        return self.policy.quorum != NONE

    @property
    def cosigners(self) -> dict[str, Cosigner]:
        """By the policy's own name of each."""
        return {one.name: Cosigner.of(one.vkey) for one in self.policy.witnesses}

    def log_keys(self, origin: str) -> LogKeys | None:
        """The checkpoint keys that the policy lists for a log; None when it lists none."""
        vkeys = [log.vkey for log in self.policy.logs if log.vkey.name == origin]
        return LogKeys.from_vkeys(origin, vkeys) if vkeys else None

    def satisfied_by(self, note: Note) -> bool:
        """As :meth:`judge`, without the why."""
        return self.judge(note).satisfied

    def judge(self, note: Note) -> Witnessed:
        """Count the witnesses whose cosignatures in *note*, a checkpoint, verify.

        A line that names a known witness's key and does not verify refuses the note (:class:`Untrusted`).
        """
        cosigners = self.cosigners
        found = cosignature.verified(note, Checkpoint.parse(note.text), tuple(cosigners.values()))
        good = {one.cosigner for one in found}
        by = {name for name, cosigner in cosigners.items() if cosigner in good}
        return Witnessed(
            satisfied=self.reached(by),
            by=tuple(sorted(by)),
            missing=tuple(sorted(cosigners.keys() - by)),
            cosignatures=found,
            reason=self._reason(by),
        )

    def reached(self, by: Iterable[str]) -> bool:
        """Whether these witnesses, by the policy's names, are enough."""
        witnessed = {NONE, *by}
        # Each name is a member of one group at most and is defined before it, so one pass decides.
        for group in self.policy.groups:
            if sum(member in witnessed for member in group.members) >= group.threshold:
                witnessed.add(group.name)
        return self.policy.quorum in witnessed

    def _reason(self, by: set[str]) -> str:
        if not self.requires_witnesses:
            return "the policy asks for no witness"
        have = f"cosigned by {', '.join(sorted(by))}" if by else "cosigned by no witness of the policy"
        return f"{have}; the policy asks for {self.asks}"

    @property
    def asks(self) -> str:
        """What would be enough, for people."""
        name = self.policy.quorum
        group = next((one for one in self.policy.groups if one.name == name), None)
        if group is None:
            return name
        return f"{group.threshold} of {', '.join(group.members)}"


Grade = Literal["logged", "witnessed"]


class Graded(msgspec.Struct, frozen=True):
    grade: Grade
    says: str
    """The grade, and by whom it was cosigned, in one line."""


def graded(note: Note, quorum: Quorum | None) -> Graded:
    """The grade of a receipt under this checkpoint, whose own signatures were verified before.

    Without a policy, or under one that asks for no witness, it is *logged*, whoever else may have signed.
    :class:`Untrusted` when the policy asks for witnesses and they are not there.
    """
    if quorum is None or not quorum.requires_witnesses:
        return Graded("logged", "grade logged")
    judged = quorum.judge(note)
    if not judged.satisfied:
        raise Untrusted(f"its checkpoint is not witnessed as required: {judged.reason}")
    return Graded("witnessed", f"grade witnessed, cosigned by {', '.join(judged.by)}")


def _check_log(kind: int, public: bytes, name: str) -> None:
    if kind not in {ED25519, ML_DSA_44}:
        raise Unsupported(
            f"key of log {name!r} is of type {kind:#04x}, expected 0x01 Ed25519 or 0x06 ML-DSA-44"
        )
    PublicKey("ed25519" if kind == ED25519 else "ml-dsa-44", public)
