"""Third-party assessments: whose they are, and how an assessor hands one in. They are for the parties of a case, and never public (M11)."""

from assay.errors import Refused
from assay.formats.attestation import Attestation
from assay.formats.case_documents import Response
from assay.formats.digest import Digest
from assay.office.bring import Brought, check, keep
from assay.office.case import Case
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Kind as OrganisationKind
from assay.office.identity.organisation import Organisation, Status
from assay.office.permissions import Action, Caller
from assay.office.service import Act, Service, act, asked, next_step, put, texts
from assay.office.submitted import attestation_of
from assay.register.leaf import Kind

FROM = frozenset({"incomplete", "complete", "deep_validation", "under_response", "answered"})


def documents(attestation: Attestation) -> frozenset[Digest]:
    """The report, the approval, and whatever else of the artifacts is of an assessment."""
    found = {one.digest for one in attestation.artifacts if one.kind == "assessment"}
    one = attestation.assessment
    if one is not None:
        found |= {digest for digest in (one.report, one.approval) if digest is not None}
    return frozenset(found)


def attach(service: Service, caller: Caller, payload: Digest, brought: Brought) -> Case:
    """Hand in documents of the assessment that the attestation names; the case is complete when nothing else was missing.

    Refused for any other file, and where the case is past it; TooLarge where the organisation would keep too much here.
    """
    case = asked(service, caller, Action.ASSESSMENT_ATTACH, payload)
    if case.stage not in FROM:
        raise Refused(f"the case is {case.stage!r}: an assessment is taken until it is decided")
    if not brought:
        raise Refused("no file came, expected documents of the assessment")
    named, digests = documents(attestation_of(service, case)), brought.digests
    if strange := [one for one in digests if one not in named]:
        raise Refused(f"{strange[0]} is no document of the assessment that the attestation names")
    now = service.now()
    check(brought, caller.organisation)
    keep(brought, caller.organisation, service.sealed)
    document = Response(
        attestation=str(payload), salt=service.salt(), to_notice=case.notices, received=now, artifacts=texts(digests)
    )  # fmt: skip
    done = Act(
        kind=Kind.RESPONSE, document=put(service, document), actor=caller.organisation,
        due=(next_step(case, case.revision + 1, now),),
    )  # fmt: skip
    return act(service, case, done, now, supplied=tuple(dict.fromkeys((*case.supplied, *digests))))


def assessors(identity: Identity, named: str) -> tuple[str, ...]:
    """Organisations here that an attestation means that has *named* as its assessor; none for nobody."""
    if not named:
        return ()
    name = named.casefold()
    with identity.identities.read() as rows:
        all_ = rows.find(Organisation)
    return tuple(
        one.id for one in all_ if one.kind is OrganisationKind.ASSESSOR and one.name.casefold() == name
    )


def provider_of(identity: Identity, named: str) -> str:
    """The one organisation here that is the provider itself that attestations call *named*; empty where there is none, or several."""
    with identity.identities.read() as rows:
        found = [
            one.id
            for one in rows.find(Organisation)
            if one.kind is OrganisationKind.PROVIDER
            and one.status is Status.ACTIVE
            and named in one.speaks_for
        ]
    return found[0] if len(found) == 1 else ""
