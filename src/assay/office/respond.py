"""What a provider does about a case: answers, supplies, withdraws, lets lapse (M7, M10)."""

from typing import Any

from assay.errors import Refused
from assay.formats.case_documents import MAX_TEXT, Ending, Response
from assay.formats.digest import Digest
from assay.office.bring import NOTHING, Brought, check
from assay.office.bring import keep as keep_files
from assay.office.case import Case
from assay.office.permissions import Action, Caller
from assay.office.service import Act, Service, act, asked, next_step, put, texts
from assay.office.triage import judge
from assay.office.validate import keep
from assay.register.leaf import Kind

_WITHDRAWN = "withdrawn by the provider"


def respond(service: Service, caller: Caller, payload: Digest, text: str, brought: Brought = NOTHING) -> Case:
    """Answer the newest notice in time. Artifacts that the attestation names count as evidence at once.

    TooLarge when the organisation then keeps too much here; nothing is written before that is known.
    """
    case = asked(service, caller, Action.RESPONSE_WRITE, payload)
    now = service.now()
    if case.stage != "under_response":
        raise Refused(f"the case is {case.stage!r}: there is no determination to answer")
    if case.deadline is not None and now > case.deadline:
        raise Refused(f"the time to answer ended on {case.deadline:%Y-%m-%d %H:%M} UTC")
    if len(text) > MAX_TEXT:
        raise Refused(f"a response has at most {MAX_TEXT} characters")
    if not text.strip() and not brought:
        raise Refused("a response says something, or brings files")
    check(brought, caller.organisation)
    keep_files(brought, caller.organisation, service.sealed)
    came = brought.digests
    document = Response(
        attestation=str(payload),
        salt=service.salt(),
        to_notice=case.notices,
        received=now,
        text=text,
        artifacts=texts(came),
    )
    done = Act(kind=Kind.RESPONSE, document=put(service, document), actor=caller.organisation)
    return act(
        service, case, done, now, "answered",
        response=done.document, supplied=tuple(dict.fromkeys((*case.supplied, *came))), because="the provider has answered",
    )  # fmt: skip


def supply(service: Service, caller: Caller, payload: Digest, brought: Brought) -> Case:
    """Hand in evidence that was asked for; each file is one of the digests asked for. TooLarge as :func:`respond`."""
    case = asked(service, caller, Action.ARTIFACT_PUT, payload)
    now = service.now()
    if not case.requested or case.stage != "deep_validation":
        raise Refused("no evidence is asked for")
    digests = brought.digests
    if strange := [one for one in digests if one not in case.requested]:
        raise Refused(f"nobody asked for {strange[0]}")
    check(brought, caller.organisation)
    keep_files(brought, caller.organisation, service.sealed)
    left = tuple(one for one in case.requested if one not in digests)
    document = Response(
        attestation=str(payload),
        salt=service.salt(),
        to_notice=case.notices,
        received=now,
        artifacts=texts(digests),
    )
    done = Act(
        kind=Kind.RESPONSE, document=put(service, document), actor=caller.organisation,
        due=(next_step(case, case.revision + 1, now),),
    )  # fmt: skip
    changes: dict[str, Any] = (
        {} if left else {"waits": "officer", "deadline": None, "because": "all evidence asked for has come"}
    )
    return act(
        service,
        case,
        done,
        now,
        requested=left,
        supplied=tuple(dict.fromkeys((*case.supplied, *digests))),
        **changes,
    )


def rejudge(service: Service, case: Case) -> Case:
    """The automatic verdict again, with what has come and by the packs, keys and time of now. No entry: a determination is one."""
    inputs, found = judge(service, case)
    (stored,) = keep(service.office, inputs, found.document)
    if stored == case.verdict:
        return case
    return service.keep(case, verdict=stored)


def withdraw(service: Service, caller: Caller, payload: Digest, reason: str) -> Case:
    """The provider takes the submission back. A published result stays, marked."""
    case = asked(service, caller, Action.SUBMISSION_WITHDRAW, payload)
    now = service.now()
    document = Ending(
        attestation=str(payload), salt=service.salt(), kind="withdrawal", made=now, reason=reason[:MAX_TEXT]
    )
    done = Act(
        kind=Kind.WITHDRAWAL, document=put(service, document), outcome="withdrawn", actor=caller.organisation
    )
    return act(
        service, case, done, now, "withdrawn",
        because=_WITHDRAWN, result="withdrawn", proposal=None, shown_since=now if case.published else None,
    )  # fmt: skip


def lapse(service: Service, caller: Caller, payload: Digest, reason: str, versions: str) -> Case:
    """Notice that the attestation no longer binds future versions, from *versions* on (M10)."""
    case = asked(service, caller, Action.SUBMISSION_LAPSE, payload)
    if case.lapsed is not None or case.stage in {"closed", "withdrawn"}:
        raise Refused("it lapsed already" if case.lapsed else f"the case is {case.stage!r}")
    now = service.now()
    document = Ending(
        attestation=str(payload),
        salt=service.salt(),
        kind="lapse",
        made=now,
        reason=reason[:MAX_TEXT],
        versions=versions[:200],
    )
    done = Act(kind=Kind.LAPSE, document=put(service, document), outcome="lapsed", actor=caller.organisation)
    shown = now if case.published else None
    return act(service, case, done, now, lapsed=now, shown_since=shown)
