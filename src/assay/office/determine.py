"""What an officer decides about a case: requirements that need a person, the initial and the final determination (M7)."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from assay.errors import Refused
from assay.formats.case_documents import Determination, Judgement, parse
from assay.formats.digest import Digest
from assay.formats.result import judged
from assay.formats.verdict import ResultToken
from assay.office.case import WAITS, Case, Proposal
from assay.office.deepen import against
from assay.office.notify import notice
from assay.office.permissions import Action, Caller
from assay.office.service import Act, Service, act, asked, next_step, put, record_final
from assay.office.triage import verdict_of
from assay.register.leaf import Kind
from assay.validation.examine import conclude

INITIAL_FROM = frozenset({"complete", "deep_validation", "answered", "published"})
FINAL_FROM = frozenset({"deep_validation", "answered"})
FAVOURABLE = frozenset({"validated", "validated_with_findings"})

MAX_REASONS = 1_999
NOT_DERIVED = "it was drawn, and its release was not derived again"


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an officer hands in."""

    judgements: tuple[Judgement, ...] = ()
    """Of requirements; the others stand as the checks found them."""
    reasons: tuple[str, ...] = ()
    consideration: str = ""
    """What is said to the provider's response; needed where there is one."""
    revision: int
    """Of the case that was looked at; another one is refused."""


def decide_initial(service: Service, caller: Caller, payload: Digest, decision: Decision) -> Case:
    """An initial determination. Against the provider it opens the time to respond; in its favour it is final."""
    case = _looked_at(service, caller, Action.DETERMINATION_INITIAL, payload, decision)
    if case.stage not in INITIAL_FROM:
        raise Refused(
            f"the case is {case.stage!r}; an initial determination is made of one that is {_either(INITIAL_FROM)}"
        )
    document = determination_of(service, case, decision, "initial")
    if document.result in FAVOURABLE:
        return settle(service, caller, case, msgspec.structs.replace(document, stage="final"))
    now = service.now()
    done = Act(
        kind=Kind.DETERMINATION, document=put(service, document), outcome=document.result, actor="officer",
        due=(next_step(case, case.revision + 1, now),),
    )  # fmt: skip
    return act(
        service,
        case,
        done,
        now,
        "under_response",
        initial=done.document,
        result=document.result,
        proposal=None,
    )


def decide_final(service: Service, caller: Caller, payload: Digest, decision: Decision) -> Case:
    """The final determination, or, where two have to agree, its proposal."""
    case = _looked_at(service, caller, Action.DETERMINATION_FINAL, payload, decision)
    if case.stage not in FINAL_FROM:
        raise Refused(
            f"the case is {case.stage!r}; a final determination is made of one that is {_either(FINAL_FROM)}"
        )
    document = determination_of(service, case, decision, "final")
    if case.stage == "deep_validation" and document.result not in FAVOURABLE:
        raise Refused(
            f"the decision comes to {document.result!r}, and the provider has not been heard: make an initial determination"
        )
    if case.response is not None and not decision.consideration.strip():
        raise Refused("the provider has responded: say what the office makes of it ('consideration')")
    return settle(service, caller, case, document)


def approve(service: Service, caller: Caller, payload: Digest, revision: int) -> Case:
    """A second officer agrees with a proposed determination, which then counts."""
    case = asked(service, caller, Action.DETERMINATION_APPROVE, payload)
    if case.proposal is None:
        raise Refused("nothing is proposed about this case")
    if case.revision != revision:
        raise Refused("the case has moved meanwhile: look at it again, then act")
    document = parse(service.office.blobs.get(case.proposal.document), Determination)
    return record_final(
        service, case, msgspec.structs.replace(document, by="two officers", made=service.now())
    )


def reject(service: Service, caller: Caller, payload: Digest, revision: int) -> Case:
    """A second officer does not agree: the case is open again."""
    case = asked(service, caller, Action.DETERMINATION_APPROVE, payload)
    if case.proposal is None or case.revision != revision:
        raise Refused("nothing is proposed about this case, or it has moved meanwhile")
    return service.keep(
        case, proposal=None, waits=WAITS[case.stage], because="a proposed determination was not approved"
    )


def determination_of(
    service: Service, case: Case, decision: Decision, stage: Literal["initial", "final"]
) -> Determination:
    """What *decision* comes to: the automatic verdict with its judgements, and with what was derived again where nobody judged."""
    verdict = verdict_of(service, case)
    judgements = (*decision.judgements, *against(service, case, verdict, decision.judgements))
    result: ResultToken = conclude(verdict.missing, judged(verdict, judgements))
    reasons = tuple(line for line in decision.reasons if line.strip())
    if result not in FAVOURABLE and not reasons and not judgements:
        reasons = verdict.reasons[:MAX_REASONS]
    if case.stage == "deep_validation" and case.rederivation is None:
        reasons = (*reasons[: MAX_REASONS - 1], NOT_DERIVED)
    return Determination(
        attestation=str(case.payload),
        salt=service.salt(),
        stage=stage,
        result=result,
        made=service.now(),
        by="officer",
        verdict=str(case.verdict),
        drawn=case.drawn,
        draw=case.draw,
        reasons=reasons,
        judgements=judgements,
        rederivation=str(case.rederivation) if case.rederivation else None,
        response=str(case.response) if case.response else None,
        consideration=decision.consideration,
    )


def settle(service: Service, caller: Caller, case: Case, document: Determination) -> Case:
    """Record the final *document* of one officer, or, where two have to agree, keep it until another one approves."""
    if service.policy.four_eyes:
        digest = put(service, document)
        proposal = Proposal(digest, caller.account, service.now())
        return service.keep(
            case,
            proposal=proposal,
            proposals=(*case.proposals, digest),
            waits="officer",
            because=f"proposed: {document.result}; a second officer has to approve",
        )
    return record_final(service, case, document)


def request_evidence(
    service: Service, caller: Caller, payload: Digest, digests: Sequence[Digest], text: str, revision: int
) -> Case:
    """Ask the provider for low-level evidence that its artifacts name by digest (M2)."""
    case = asked(service, caller, Action.EVIDENCE_REQUEST, payload)
    if case.stage != "deep_validation":
        raise Refused(f"the case is {case.stage!r}; evidence is asked for in 'deep_validation'")
    if case.revision != revision:
        raise Refused("the case has moved meanwhile: look at it again, then act")
    if not digests:
        raise Refused("name at least one digest")
    wanted = tuple(dict.fromkeys((*case.requested, *digests)))
    items = [
        (str(digest), "asked for to look behind a summary", "upload the file with this digest")
        for digest in digests
    ]
    days = service.policy.evidence_request_days
    return notice(
        service, case, "evidence_requested", items, days=days, text=text,
        requested=wanted, waits="provider", because="a file was asked for" if len(wanted) == 1 else f"{len(wanted)} files were asked for",
    )  # fmt: skip


def _looked_at(service: Service, caller: Caller, action: Action, payload: Digest, decision: Decision) -> Case:
    case = asked(service, caller, action, payload)
    if case.revision != decision.revision:
        raise Refused("the case has moved meanwhile: look at it again, then act")
    if case.replaced_by is not None:
        raise Refused(f"the submission was revised by {case.replaced_by.short}: decide about that one")
    must_be_free(case)
    return case


def must_be_free(case: Case) -> None:
    """Refused while something is proposed."""
    if case.proposal is not None:
        raise Refused("a determination is proposed already: approve or reject it first")


def _either(stages: frozenset[str]) -> str:
    return " or ".join(repr(one) for one in sorted(stages))
