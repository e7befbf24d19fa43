"""Hand a case on to somebody else, with everything and its proofs (M9); where two have to agree, a second officer approves."""

from typing import Literal

import msgspec

from assay.errors import Refused, Unavailable
from assay.formats import strict_json
from assay.formats.case_documents import MAX_TEXT, Determination, Ending, parse
from assay.formats.digest import Digest
from assay.office import determine
from assay.office.case import WAITS, Case, Proposal
from assay.office.case_file import archive
from assay.office.determine import FAVOURABLE
from assay.office.permissions import Action, Caller, require, require_role
from assay.office.service import Act, Service, act, asked, put
from assay.register import leaf
from assay.register.leaf import Kind

MAX_TO = 200
PROPOSED: Literal["urn:assay:referral-proposal:1"] = "urn:assay:referral-proposal:1"
LIMIT = 4 << 20
MOVED = "the case has moved meanwhile: look at it again, then act"


class Referral(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    to: str
    """Name of whoever goes on with it, for people."""
    reason: str
    restricted: bool = False
    """Whether the customer list and third-party assessments go with it: only where *to* is entitled to them."""
    revision: int
    """Of the case that was looked at; another one is refused."""


class _Marked(msgspec.Struct, frozen=True):
    format: str = ""


class _Proposed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A referral that waits for a second officer, as it is kept."""

    format: Literal["urn:assay:referral-proposal:1"] = PROPOSED
    to: str
    reason: str
    restricted: bool


class Referred(msgspec.Struct, frozen=True, kw_only=True):
    """A referral that is recorded."""

    number: int
    """Of the case, from 1."""
    ending: Ending
    entry: int
    """That records it."""

    @property
    def package(self) -> Digest:
        if self.ending.document is None:
            raise Unavailable(f"referral {self.number} names no package")
        return Digest.parse(self.ending.document)


def refer(service: Service, caller: Caller, payload: Digest, referral: Referral) -> Case:
    """Make the package and record that the case was handed on; or propose that, where two have to agree."""
    case = asked(service, caller, Action.CASE_REFER, payload)
    if not service.policy.referral:
        raise Refused("this office's policy refers nothing")
    if case.stage != "published" or case.result in FAVOURABLE or case.result == "not_sampled":
        raise Refused("only a published determination against the provider is referred")
    if not referral.to.strip() or not referral.reason.strip():
        raise Refused("say to whom the case is referred, and why")
    if len(referral.to) > MAX_TO or len(referral.reason) > MAX_TEXT:
        raise Refused(f"'to' has at most {MAX_TO} characters, 'reason' at most {MAX_TEXT}")
    if case.revision != referral.revision:
        raise Refused(MOVED)
    if case.waits == "officer":
        raise Refused(f"the case waits for an officer, which comes first: {case.because}")
    if service.policy.four_eyes:
        return _propose(service, caller, case, referral)
    return _hand_on(service, case, referral)


def approve(service: Service, caller: Caller, payload: Digest, revision: int) -> Case:
    """A second officer agrees with what is proposed, a determination or a referral, which then counts."""
    case = asked(service, caller, Action.DETERMINATION_APPROVE, payload)
    proposed = _proposed(service, case)
    if proposed is None:
        return determine.approve(service, caller, payload, revision)
    if case.revision != revision:
        raise Refused(MOVED)
    return _hand_on(service, case, proposed)


def reject(service: Service, caller: Caller, payload: Digest, revision: int) -> Case:
    """A second officer does not agree with it."""
    case = asked(service, caller, Action.DETERMINATION_APPROVE, payload)
    if _proposed(service, case) is None:
        return determine.reject(service, caller, payload, revision)
    if case.revision != revision:
        raise Refused(MOVED)
    return service.keep(
        case, proposal=None, waits=WAITS[case.stage], because="a proposed referral was not approved"
    )


def proposed(service: Service, caller: Caller, case: Case) -> Determination | Referral | None:
    """What a second officer is asked to approve of *case*; None where that is nothing."""
    require(caller, Action.CASE_READ, case.target)
    if case.proposal is None:
        return None
    return _proposed(service, case) or parse(service.office.blobs.get(case.proposal.document), Determination)


def referrals(service: Service, caller: Caller, payload: Digest) -> tuple[Referred, ...]:
    """Those of the case, in order."""
    return _referred(service, asked(service, caller, Action.CASE_READ, payload))


def package_of(service: Service, caller: Caller, payload: Digest, number: int) -> bytes:
    """The archive that referral *number* handed on. Refused when there is none of that number."""
    require_role(caller, Action.CASE_READ)
    for one in referrals(service, caller, payload):
        if one.number == number:
            return service.office.blobs.get(one.package)
    raise Refused(f"the case has no referral {number}")


def _hand_on(service: Service, case: Case, referral: Referral) -> Case:
    now = service.now()
    made = archive(
        service, case, purpose="referral", note=referral.reason, made=now, restricted=referral.restricted
    )
    # A crash before the entry leaves a package that nothing names.
    package = service.sealed.put(made)
    ending = Ending(
        attestation=str(case.payload), salt=service.salt(), kind="referral", made=now, reason=referral.reason,
        to=referral.to, document=str(package),
    )  # fmt: skip
    done = Act(kind=Kind.NOTICE, document=put(service, ending), outcome="referred", actor="officer")
    return act(
        service, case, done, now, referred=(*case.referred, done.document), proposal=None, waits=WAITS[case.stage],
        because="",
    )  # fmt: skip


def _propose(service: Service, caller: Caller, case: Case, referral: Referral) -> Case:
    document = _Proposed(to=referral.to, reason=referral.reason, restricted=referral.restricted)
    digest = service.sealed.put(strict_json.encode(document))
    return service.keep(
        case,
        proposal=Proposal(digest, caller.account, service.now()),
        proposals=(*case.proposals, digest),
        waits="officer",
        because=f"proposed: a referral to {referral.to}; a second officer has to approve",
    )


def _proposed(service: Service, case: Case) -> Referral | None:
    """The referral that is proposed; None where nothing is, or a determination."""
    if case.proposal is None:
        return None
    data = service.office.blobs.get(case.proposal.document)
    if strict_json.decode(data, _Marked, what="proposal", limit=LIMIT).format != PROPOSED:
        return None
    found = strict_json.decode(data, _Proposed, what="proposal", limit=LIMIT)
    return Referral(to=found.to, reason=found.reason, restricted=found.restricted, revision=case.revision)


def _referred(service: Service, case: Case) -> tuple[Referred, ...]:
    office = service.office
    entries = {
        digest: index
        for index in case.entries
        for digest in leaf.open_(office.register.leaf(index), office.keys).digests
    }
    return tuple(
        Referred(number=number, ending=parse(office.blobs.get(digest), Ending), entry=entries[digest])
        for number, digest in enumerate(case.referred, 1)
    )
