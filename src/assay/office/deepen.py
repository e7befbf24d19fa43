"""Deep validation of a drawn case (M5): the office derives bill and scans again, and a person looks at what differs."""

from collections.abc import Sequence

from assay.errors import Refused
from assay.formats import rederivation
from assay.formats.bundle import Bundle
from assay.formats.case_documents import Judgement
from assay.formats.digest import Digest
from assay.formats.rederivation import Rederivation
from assay.formats.verdict import VerdictDocument
from assay.office.case import Case
from assay.office.examining import Here
from assay.office.service import Service
from assay.office.submitted import attestation_of
from assay.office.triage import bundle_of
from assay.office.validate import inputs_of, keep
from assay.validation import weigh
from assay.validation.examine import Inputs
from assay.validation.rederive import Deep, Rederived


def deepen(service: Service, case: Case) -> Case:
    """Derive again what nobody has yet, or what has come since. No entry: the determination that goes by it is one."""
    if case.stage != "deep_validation" or case.rederived == len(case.supplied):
        return case
    inputs, supplied = _inputs(service, case)
    made = _made(service, inputs, Deep(service.salt(), supplied))
    # A crash before the case names them leaves blobs that nothing refers to: derived again they have another salt.
    keep(service.office, inputs)
    document, *bills = service.sealed.put_many((made.document, *made.bills))
    changes = {"because": _because(case, made)} if case.waits == "officer" else {}
    return service.keep(
        case,
        rederivation=document,
        derived=tuple(dict.fromkeys((*case.derived, document, *bills))),
        rederived=len(case.supplied),
        **changes,
    )


def found(service: Service, case: Case) -> Rederivation | None:
    """The newest; None where the case was not drawn, or has not been derived again yet."""
    return (
        None if case.rederivation is None else rederivation.parse(service.office.blobs.get(case.rederivation))
    )


def bill(service: Service, case: Case, digest: Digest) -> bytes:
    """A derived bill of materials of *case*; Refused for anything else."""
    known = found(service, case)
    if known is None or str(digest) not in {one.bill for one in known.releases}:
        raise Refused(f"{digest} is no bill that was derived of this case")
    return service.office.blobs.get(digest)


def again(service: Service, case: Case) -> Rederived:
    """The newest re-derivation computed once more, from what it names; equal to it byte for byte, or something has changed.

    Unavailable where an input is not held any more. By another engine it may differ.
    """
    known = found(service, case)
    if known is None:
        raise Refused("nothing was derived again of this case")
    get, named = service.office.blobs.get, {one.name: Digest.parse(one.digest) for one in known.inputs}
    artifacts = {digest: get(digest) for name, digest in named.items() if name.startswith("artifact:")}
    customers, snapshot = named.get("customers.json"), named.get("malicious-packages")
    inputs = Inputs(
        bundle=Bundle(get(named["attestation.dsse.json"]), get(customers) if customers else None, artifacts),
        packs=(),
        policy=b"",
        trust=get(named["trust"]),
        history=b"",
        snapshot=get(snapshot) if snapshot else None,
        now=known.made,
        engine=known.engine,
    )
    supplied = tuple(get(digest) for name, digest in named.items() if name.startswith("supplied:"))
    return _made(service, inputs, Deep(known.salt, supplied))


def against(
    service: Service, case: Case, verdict: VerdictDocument, judged: Sequence[Judgement]
) -> tuple[Judgement, ...]:
    """What the re-derivation says against claims that no person has judged."""
    known = found(service, case)
    if known is None:
        return ()
    said = {one.requirement for one in judged}
    attestation = attestation_of(service, case)
    return tuple(one for one in weigh.judgements(verdict, attestation, known) if one.requirement not in said)


def _made(service: Service, inputs: Inputs, deep: Deep) -> Rederived:
    return (service.examiner or Here(service.office.sigstore)).rederive(inputs, deep)


def _inputs(service: Service, case: Case) -> tuple[Inputs, tuple[bytes, ...]]:
    """What the attestation names, and the files that came since and that it does not name, in the order of their digests."""
    bundle = bundle_of(service, case)
    more = sorted({one for one in case.supplied if one not in bundle.artifacts})
    inputs = inputs_of(service.office, bundle, case.entry, case.replaces)
    return inputs, tuple(service.office.blobs.get(one) for one in more)


def _because(case: Case, made: Rederived) -> str:
    differences = rederivation.parse(made.document).differences
    wrong = sum(one.outcome == "not_satisfied" for one in differences)
    look = sum(one.outcome == "unknown" for one in differences)
    said = f"derived again: {wrong} differences speak against what was submitted, {look} want a look"
    return f"{case.because.partition('; derived again')[0]}; {said}".removeprefix("; ")
