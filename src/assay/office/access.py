"""Read artifacts of a case: its owner at any time, the office with a reason, others by a grant; a third-party assessment all whom
the case names. Each reading is in a log."""

from datetime import datetime, timedelta

import msgspec

from assay.errors import Refused
from assay.formats.attestation import Artifact
from assay.formats.digest import Digest
from assay.office import assessment
from assay.office.accesses import Access, Accesses, Grant, Line, What
from assay.office.case import Case
from assay.office.identity.words import identifier
from assay.office.permissions import Action, Caller, Target, Visible, hidden, require, require_role, visible
from assay.office.ports import Entropy, Opened
from assay.office.service import OFFICE, Service, asked, submission_of
from assay.office.submitted import attested
from assay.office.tell_access import tells
from assay.office.work import Due

MAX_DAYS = 365
MAX_REASON = 2000
MAX_NAMED = 500
"""Artifacts that one wish names."""
MAX_WAITING = 100
"""Wishes of one organisation that nobody has decided."""
READ = Action.ARTIFACT_READ_RESTRICTED
ACCESS_OVER = "access-over"
"""Kind of due work: the time to answer a request has come."""


class Shown(msgspec.Struct, frozen=True):
    """An artifact of a case."""

    artifact: Artifact | None
    """As the attestation names it; None where it came later and is not named."""
    digest: Digest
    here: bool
    readable: bool
    """By the caller, now."""


def artifacts(service: Service, at: Accesses, caller: Caller, case: Case) -> tuple[Shown, ...]:
    """Named ones in the order of the attestation, then what came later. Ask whether *caller* sees the case first."""
    named, kept = _named(service, case)
    have = frozenset(kept)
    digests = dict.fromkeys((*named, *kept))
    grants = at.between(case.payload, caller.organisation)
    now, assessed = service.now(), _assessment(service, case)
    return tuple(
        Shown(
            named.get(digest),
            digest,
            here=digest in have,
            readable=digest in have
            and (
                visible(caller, READ).shows(_target(case, caller, digest, grants, now))
                or (digest in assessed and visible(caller, Action.ASSESSMENT_READ).shows(case.target))
            ),
        )
        for digest in digests
    )


def read(
    service: Service, at: Accesses, caller: Caller, payload: Digest, digest: Digest, reason: str
) -> tuple[Opened, Artifact | None]:
    """The document, checked, and what the attestation says of them. In the log before anybody has them.

    Refused for the office without a *reason*, and for what is not kept any more.
    """
    require_role(caller, READ)
    case = service.cases.case(payload)
    if case is None:
        raise hidden()
    grants, now = at.between(payload, caller.organisation), service.now()
    assessed = digest in _assessment(service, case)
    if not (assessed and visible(caller, Action.ASSESSMENT_READ).shows(case.target)):
        require(caller, READ, _target(case, caller, digest, grants, now))
    named, kept = _named(service, case)
    if digest not in kept:
        raise hidden()
    own = caller.organisation == case.organisation
    by = "" if own else next((one.id for one in grants if one.opens(digest, now)), "")
    party = assessed and caller.organisation in case.parties
    if not own and not by and not party and not reason.strip():
        raise Refused("say in 'reason' why you read it: its provider sees that")
    _bounded(reason)
    if not service.office.blobs.has(digest):
        raise Refused("the artifact is not kept any more")
    found = service.office.blobs.open(digest)
    at.note(_line(caller, now, "read", case, artifact=digest, grant=by, reason=reason))
    return found, named.get(digest)


def ask(
    service: Service, at: Accesses, caller: Caller, payload: Digest, named: tuple[Digest, ...], reason: str
) -> Grant:
    """Ask the provider of a case for *named* artifacts of it, or for all where none is named."""
    case = asked(service, caller, Action.ACCESS_REQUEST, payload)
    if not reason.strip():
        raise Refused("say in 'reason' what you need them for")
    _bounded(reason)
    if len(named) > MAX_NAMED:
        raise Refused(f"{len(named)} artifacts are named, expected at most {MAX_NAMED}; name none for all")
    if at.waiting(caller.organisation) >= MAX_WAITING:
        raise Refused(f"{MAX_WAITING} requests of your organisation are not decided yet")
    now = service.now()
    made = Grant(
        id=_id(now, service.office.entropy),
        case=payload,
        owner=case.organisation,
        to=caller.organisation,
        artifacts=tuple(dict.fromkeys(named)),
        reason=reason,
        asked=now,
        asked_by=caller.id,
    )
    over = Due(key=f"{ACCESS_OVER}:{made.id}", kind=ACCESS_OVER, subject=made.id, at=made.answer_by)
    noted = _line(caller, now, "requested", case, grant=made.id, reason=reason)
    at.put(made, noted, (tells(made, made.owner, now), over))
    return made


def approve(service: Service, at: Accesses, caller: Caller, key: str, days: int) -> Grant:
    """Let them read for *days* from now on. One that was granted before lasts as long from now. Refused once it is over."""
    found = _found(at, caller, Action.ACCESS_GRANT, key)
    if found.state not in ("requested", "granted"):
        raise Refused(f"the request is {found.state!r}: it has to be made again")
    if not 1 <= days <= MAX_DAYS:
        raise Refused(f"it is granted for 1 to {MAX_DAYS} days, not {days}")
    until = service.now() + timedelta(days=days)
    return _decided(service, at, caller, found, "granted", until=until)


def refuse(service: Service, at: Accesses, caller: Caller, key: str, because: str) -> Grant:
    found = _found(at, caller, Action.ACCESS_GRANT, key)
    if found.state != "requested":
        raise Refused(f"the request is {found.state!r} already")
    _bounded(because)
    return _decided(service, at, caller, found, "refused", because=because)


def end(service: Service, at: Accesses, caller: Caller, key: str) -> Grant:
    """By its provider, or by whoever asked. The same again is fine."""
    mine = Action.ACCESS_REQUEST if caller.scopes_of(Action.ACCESS_REQUEST) else Action.ACCESS_GRANT
    found = _found(at, caller, mine, key)
    if found.state in ("refused", "ended"):
        return found
    return _decided(service, at, caller, found, "ended")


def over(service: Service, at: Accesses, due: Due) -> None:
    """Handler of ACCESS_OVER: a request that nobody has answered in time ends. Twice is once."""
    found = at.grant(due.subject)
    if found is None or found.state != "requested":
        return
    nobody = Caller(at=service.now(), id=OFFICE)
    _decided(service, at, nobody, found, "ended", because="nobody answered in time")


def grants(at: Accesses, caller: Caller, *, before: str = "", limit: int) -> tuple[Grant, ...]:
    """The newest first: those to the caller's organisation, and those about what is its own."""
    log, own = visible(caller, Action.ACCESS_READ_LOG), visible(caller, Action.ACCESS_REQUEST)
    if log.nothing and not own.party:
        require_role(caller, Action.ACCESS_READ_LOG)
    seen = Visible(everything=log.everything, owner=log.owner, party=own.party)
    return at.grants(seen, before=before, limit=limit)


def log(
    at: Accesses, caller: Caller, *, case: Digest | None = None, before: int | None = None, limit: int
) -> tuple[Line, ...]:
    """The newest first: of all that the caller may see, or of one case."""
    require_role(caller, Action.ACCESS_READ_LOG)
    seen = visible(caller, Action.ACCESS_READ_LOG)
    return at.log(None if seen.everything else seen.owner, case=case, before=before, limit=limit)


def _named(service: Service, case: Case) -> tuple[dict[Digest, Artifact], tuple[Digest, ...]]:
    """What the attestation names, and what came, then or later."""
    submission = submission_of(service, case)
    kept = tuple(dict.fromkeys((*submission.artifacts, *case.supplied)))
    if not service.office.blobs.has(submission.envelope):
        return {}, kept
    return {one.digest: one for one in attested(service, submission).artifacts}, kept


def _assessment(service: Service, case: Case) -> frozenset[Digest]:
    """What the parties of a case may read without a grant."""
    submission = service.office.ledger.submission(case.payload)
    if submission is None or not service.office.blobs.has(submission.envelope):
        return frozenset()
    return assessment.documents(attested(service, submission))


def _target(case: Case, caller: Caller, digest: Digest, grants: tuple[Grant, ...], now: datetime) -> Target:
    opened = any(one.opens(digest, now) for one in grants)
    return Target(owner=case.organisation, parties=frozenset((caller.organisation,) if opened else ()))


def _found(at: Accesses, caller: Caller, action: Action, key: str) -> Grant:
    require_role(caller, action)
    found = at.grant(key)
    if found is None:
        raise hidden()
    require(caller, action, found.target)
    return found


def _decided(
    service: Service, at: Accesses, caller: Caller, found: Grant, to: What, **changes: object
) -> Grant:
    now = service.now()
    made = msgspec.structs.replace(
        found, state=to, decided=now, decided_by=caller.id, revision=found.revision + 1, **changes
    )
    noted = Access(
        at=now,
        what=to,
        actor=caller.id,
        organisation=caller.organisation,
        owner=found.owner,
        case=found.case,
        grant=found.id,
        reason=made.because if to == "refused" else "",
    )
    whom = found.owner if caller.organisation == found.to else found.to
    at.put(made, noted, (tells(made, whom, now),))
    return made


def _line(
    caller: Caller,
    now: datetime,
    what: What,
    case: Case,
    *,
    artifact: Digest | None = None,
    grant: str = "",
    reason: str = "",
) -> Access:
    return Access(
        at=now,
        what=what,
        actor=caller.id,
        organisation=caller.organisation,
        owner=case.organisation,
        case=case.payload,
        artifact=artifact,
        grant=grant,
        reason=reason,
    )


def _bounded(text: str) -> None:
    if len(text) > MAX_REASON:
        raise Refused(f"the reason has {len(text)} characters, over {MAX_REASON}")


def _id(now: datetime, entropy: Entropy) -> str:
    return f"{int(now.timestamp()):010x}-{identifier(entropy)}"
