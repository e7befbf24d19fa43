"""Check completeness and validate the claims; record both. The verdict is computed once and stored with the state."""

from collections.abc import Hashable
from typing import cast

import msgspec

from assay.formats import strict_json
from assay.formats.attestation_statement import labels
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.verdict import VerdictDocument
from assay.formats.verdict import parse as parse_verdict
from assay.office.examining import Examined, Here
from assay.office.log import log
from assay.office.office import Office
from assay.office.ports import Blobs, Submission, Use
from assay.office.submit import subject
from assay.register.leaf import Kind
from assay.validation.examine import Inputs
from assay.validation.history import History
from assay.validation.opened import Opened, open_attestation, read_trust
from assay.validation.remembered import remembered

UNNAMED = "a submission that is not public"
MAX_USES = 20
"""Earlier uses of one artifact that a verdict goes by."""


def load(office: Office, submission: Submission) -> Bundle:
    """The bundle as it was submitted."""
    return Bundle(
        office.blobs.get(submission.envelope),
        office.blobs.get(submission.customers) if submission.customers else None,
        {digest: office.blobs.get(digest) for digest in submission.artifacts},
    )


def inputs_of(office: Office, bundle: Bundle, entry: int, replaces: Digest | None) -> Inputs:
    """What the office judges *bundle* by, as of register entry *entry*; *replaces*: the attestation that this one revises.

    With all packs: by which of them is said by the attestation, never by whoever happens to finish the work.
    """
    found = office.ledger.releases(tuple(bundle.artifacts), entry, MAX_USES)
    own = _labels(bundle) if any(not one.public for some in found.values() for one in some) else frozenset()
    uses = {
        digest.value: tuple(dict.fromkeys(_use(one, own) for one in some)) for digest, some in found.items()
    }
    known = (str(replaces),) if replaces and office.ledger.submission(replaces) else ()
    history = History(
        payloads=known,
        uses=dict(sorted(uses.items())),
    )
    return Inputs(
        bundle=bundle,
        packs=office.packs,
        policy=office.policy,
        trust=office.trust,
        history=history.encode(),
        snapshot=office.snapshot,
        exploited=office.exploited,
        now=office.clock.now(),
        engine=office.engine,
    )


def _use(earlier: Use, own: frozenset[str]) -> str:
    """How a verdict, which may be posted, names an earlier submission: what is not public has no name but one of its *own*."""
    label = f"{earlier.product}@{earlier.version}"
    if earlier.public:
        return f"{earlier.provider}/{label}"
    return label if label in own else UNNAMED


def _labels(bundle: Bundle) -> frozenset[str]:
    envelope = Envelope.parse(bundle.envelope, what="attestation.dsse.json")
    return frozenset(labels(envelope.payload))


def keep(office: Office, inputs: Inputs, *documents: bytes) -> tuple[Digest, ...]:
    """Make *documents* durable, and every input of the verdict that no bundle holds; the digests of *documents*."""
    packs = (data for _, data in inputs.packs)
    for data in (*packs, inputs.policy, inputs.trust, inputs.snapshot, inputs.exploited):
        if data is not None:
            _kept_once(cast("Hashable", office.blobs), data)
    return office.blobs.put_many((*documents, inputs.history))[: len(documents)]


@remembered
def _kept_once(blobs: Hashable, data: bytes) -> Digest:
    """What an office judges by is the same all day, may be large, and stays durable."""
    return cast("Blobs", blobs).put(data)


def check_completeness(office: Office, submission: Submission) -> Submission:
    """``submitted`` to ``complete`` or ``incomplete``; the verdict is stored with it."""
    bundle = load(office, submission)
    opened = open_attestation(bundle, read_trust(office.trust), office.clock.now())
    inputs = inputs_of(office, bundle, submission.entry, opened.attestation.replaces)
    found = Here(office.sigstore).examine(inputs)
    stored, report = keep(
        office, inputs, found.document, completeness_report(office, submission.payload, found)
    )
    state = msgspec.structs.replace(
        submission, state="complete" if found.complete else "incomplete", verdict=stored
    )
    values = {**_subject(opened, office), "outcome": state.state}
    log(office, Kind.COMPLETENESS, report, values, found.judged, state)
    return state


def completeness_report(office: Office, payload: Digest, found: Examined) -> bytes:
    """The document that a completeness entry names."""
    return strict_json.encode(
        {
            "attestation": str(payload),
            "complete": found.complete,
            "missing": msgspec.to_builtins(found.missing),
            # Its digest stands in clear in the register; without a salt the outcome could be guessed from it.
            "salt": office.entropy.bytes(32).hex(),
        }
    )


def determine(office: Office, submission: Submission) -> Submission:
    """``complete`` or ``incomplete`` to ``determined``: the verdict becomes the office's determination."""
    stored, verdict = verdict_of(office, submission)
    state = msgspec.structs.replace(submission, state="determined")
    opened = open_attestation(load(office, submission), read_trust(office.trust), office.clock.now())
    values = {**_subject(opened, office), "outcome": verdict.result}
    log(office, Kind.DETERMINATION, stored, values, office.clock.now(), state)
    return state


def verdict_of(office: Office, submission: Submission) -> tuple[Digest, VerdictDocument]:
    if submission.verdict is None:
        raise ValueError(f"submission {submission.payload} is {submission.state} and has no verdict")
    return submission.verdict, read_verdict(office, submission.verdict)


def read_verdict(office: Office, verdict: Digest | None) -> VerdictDocument:
    if verdict is None:
        raise ValueError("there is no verdict yet")
    return parse_verdict(office.blobs.get(verdict))


def _subject(opened: Opened, office: Office) -> dict[str, str]:
    return {**subject(opened.attestation), "actor": office.name}
