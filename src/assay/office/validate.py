"""Check completeness and validate the claims; record both. The verdict is computed once and stored with the state."""

import msgspec

from assay.formats import strict_json
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.verdict import VerdictDocument
from assay.formats.verdict import encode as encode_verdict
from assay.formats.verdict import parse as parse_verdict
from assay.office.log import log
from assay.office.office import Office
from assay.office.ports import Submission
from assay.office.submit import subject
from assay.register.leaf import Kind
from assay.validation.examine import Inputs, examine
from assay.validation.history import History
from assay.validation.opened import open_attestation, read_trust

MAX_USES = 100
"""Earlier uses of one artifact that a verdict goes by."""


def load(office: Office, submission: Submission) -> Bundle:
    """The bundle as it was submitted."""
    return Bundle(
        office.blobs.get(submission.envelope),
        office.blobs.get(submission.customers) if submission.customers else None,
        {digest: office.blobs.get(digest) for digest in submission.artifacts},
    )


def inputs_of(office: Office, bundle: Bundle, entry: int) -> Inputs:
    """What the office judges *bundle* by, as of register entry *entry*; every input is kept as a blob.

    Which packs is said by the attestation, never by whoever happens to finish the work.
    """
    now = office.clock.now()
    attestation = open_attestation(bundle, read_trust(office.trust), now).attestation
    uses: dict[str, list[str]] = {}
    for digest, earlier in office.ledger.uses(tuple(bundle.artifacts), entry):
        uses.setdefault(digest.value, []).append(f"{earlier.provider}/{earlier.product}@{earlier.version}")
    replaced = attestation.replaces
    known = (str(replaced),) if replaced and office.ledger.submission(replaced) else ()
    history = History(
        payloads=known,
        uses={key: tuple(dict.fromkeys(found))[:MAX_USES] for key, found in sorted(uses.items())},
    )
    have = dict(office.packs)
    packs = tuple((ref, have[ref]) for ref in attestation.packs if ref in have) or office.packs
    inputs = Inputs(
        bundle=bundle,
        packs=packs,
        policy=office.policy,
        trust=office.trust,
        history=history.encode(),
        snapshot=office.snapshot,
        now=now,
        engine=office.engine,
    )
    for data in (
        *(data for _, data in packs),
        office.policy,
        office.trust,
        inputs.history,
        office.snapshot,
    ):
        if data is not None:
            office.blobs.put(data)
    return inputs


def check_completeness(office: Office, submission: Submission) -> Submission:
    """``submitted`` to ``complete`` or ``incomplete``; the verdict is stored with it."""
    bundle = load(office, submission)
    verdict = examine(inputs_of(office, bundle, submission.entry), office.sigstore)
    stored = office.blobs.put(encode_verdict(verdict))
    report = completeness_report(office, submission.payload, verdict)
    state = msgspec.structs.replace(
        submission, state="complete" if verdict.complete else "incomplete", verdict=stored
    )
    values = {**_subject(office, submission), "outcome": state.state}
    log(office, Kind.COMPLETENESS, report, values, verdict.judged, state)
    return state


def completeness_report(office: Office, payload: Digest, verdict: VerdictDocument) -> Digest:
    """The document that a completeness entry names; durable when it returns."""
    return office.blobs.put(
        strict_json.encode(
            {
                "attestation": str(payload),
                "complete": verdict.complete,
                "missing": msgspec.to_builtins(verdict.missing),
                # Its digest stands in clear in the register; without a salt the outcome could be guessed from it.
                "salt": office.entropy.bytes(32).hex(),
            }
        )
    )


def determine(office: Office, submission: Submission) -> Submission:
    """``complete`` or ``incomplete`` to ``determined``: the verdict becomes the office's determination."""
    stored, verdict = verdict_of(office, submission)
    state = msgspec.structs.replace(submission, state="determined")
    values = {**_subject(office, submission), "outcome": verdict.result}
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


def _subject(office: Office, submission: Submission) -> dict[str, str]:
    opened = open_attestation(load(office, submission), read_trust(office.trust), office.clock.now())
    return {**subject(opened.attestation), "actor": office.name}
