"""Who reads submissions and computes verdicts for the office: the process itself, or another one. Both find the same."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from assay.errors import AssayError
from assay.evidence.memory import Memory
from assay.evidence.statement import SigstoreVerifier
from assay.formats.bundle import Bundle
from assay.formats.verdict import Missing, ResultToken, encode
from assay.office.submit import Admitted, admit
from assay.validation.examine import Inputs, examine_as_asked
from assay.validation.rederive import Deep, Rederived, rederive


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict as it is stored, and what the office goes on by: little enough to travel between processes."""

    document: bytes
    """What :func:`assay.formats.verdict.parse` reads."""
    judged: datetime
    complete: bool
    missing: tuple[Missing, ...]
    result: ResultToken
    reason: str
    """The first; empty where there is none."""
    plan: tuple[date | None, ...] = ()
    """By when each milestone of the attestation is due."""


class Terms(msgspec.Struct, frozen=True):
    """What submissions are let in by, at a moment."""

    trust: bytes
    packs: tuple[str, ...]
    now: datetime


class Examiner(Protocol):
    """May be called from many threads at once."""

    def admit(self, terms: Terms, bundles: Sequence[Bundle]) -> Sequence[Admitted | AssayError]:
        """What :func:`~assay.office.submit.admit` makes of each, or says against it."""

    def examine(self, inputs: Inputs) -> Examined:
        """The verdict on *inputs*, by those of its packs that the attestation names; by all where it names none of them.

        Raises Malformed for a bundle that is not in its form; Unavailable when it could not be computed, which says nothing of it.
        """

    def rederive(self, inputs: Inputs, deep: Deep) -> Rederived:
        """What :func:`assay.validation.rederive.rederive` derives. Raises as :meth:`examine` does."""


class Here:
    """In the thread that asks. With *memory* it reads once what comes again."""

    def __init__(self, sigstore: SigstoreVerifier | None, memory: Memory | None = None) -> None:
        self._sigstore, self._memory = sigstore, memory

    def admit(self, terms: Terms, bundles: Sequence[Bundle]) -> Sequence[Admitted | AssayError]:
        return [_admitted(terms, one) for one in bundles]

    def examine(self, inputs: Inputs) -> Examined:
        verdict, attestation = examine_as_asked(inputs, self._sigstore, self._memory)
        return Examined(
            document=encode(verdict),
            judged=verdict.judged,
            complete=verdict.complete,
            missing=verdict.missing,
            result=verdict.result,
            reason=verdict.reasons[0] if verdict.reasons else "",
            plan=tuple(one.due for one in attestation.milestones),
        )

    def rederive(self, inputs: Inputs, deep: Deep) -> Rederived:
        return rederive(inputs, deep, self._sigstore, self._memory)


def _admitted(terms: Terms, bundle: Bundle) -> Admitted | AssayError:
    try:
        return admit(terms.trust, terms.packs, bundle, terms.now)
    except AssayError as error:
        return error
