"""Tell a provider that somebody asks for its restricted artifacts, and whoever asked what became of it: by mail and to subscribers."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from assay.errors import Malformed, Refused
from assay.formats.digest import Digest
from assay.formats.event import Event
from assay.formats.text import shown
from assay.office.accesses import Accesses, Grant, GrantState
from assay.office.deliver import announce, event_id
from assay.office.identity.account import Account
from assay.office.identity.organisation import Organisation, Status
from assay.office.mail import Mail
from assay.office.notice_text import moment
from assay.office.permission_table import RULES, Action
from assay.office.recipients import is_address
from assay.office.sending import Post
from assay.office.service import Service
from assay.office.subscription import Subscribing
from assay.office.work import Claimed, Due, Outcome, Over

TELL_ACCESS, MAIL_ACCESS = "tell-access", "mail-access"
"""Kinds of due work: who is to be told of a request, or of the answer; and the mail to one of them."""
_SAYS: Mapping[GrantState, str] = {
    "requested": "asks to read restricted artifacts of",
    "granted": "may read restricted artifacts of",
    "refused": "may not read restricted artifacts of",
    "ended": "no longer asks to read, or may read, restricted artifacts of",
}


class _Told(msgspec.Struct, frozen=True):
    revision: int
    whom: str
    """Organisation."""
    account: str = ""


def tells(grant: Grant, whom: str, now: datetime) -> Due:
    """Work that tells the organisation *whom* how *grant* stands."""
    return Due(
        key=f"{TELL_ACCESS}:{grant.id}:{grant.revision}",
        kind=TELL_ACCESS,
        subject=grant.id,
        at=now,
        payload=msgspec.json.encode(_Told(grant.revision, whom)),
    )


def tell(service: Service, at: Accesses, subscribing: Subscribing, post: Post, due: Due) -> None:
    """Handler of TELL_ACCESS: the deliveries and mails that it takes. Nothing where it has moved on; twice is once."""
    job, grant = _job(at, due)
    if grant is None:
        return
    asked = grant.state == "requested"
    event = Event(
        id=event_id(post.url, due.key),
        type="access.requested" if asked else "access.answered",
        time=grant.decided or grant.asked,
        office=post.url,
        links={"access": f"{post.url}/api/v1/access/grants", "submission": f"{post.url}/api/v1/submissions/{grant.case.value}"},
    )  # fmt: skip
    announce(subscribing, service.work, event, (job.whom,))
    service.work.put(
        tuple(
            Due(
                key=f"{MAIL_ACCESS}:{due.subject}:{job.revision}:{one.id}",
                kind=MAIL_ACCESS,
                subject=due.subject,
                at=due.at,
                payload=msgspec.json.encode(msgspec.structs.replace(job, account=one.id)),
            )
            for one in _members(post, job.whom, grant)
        )
    )


def mail(service: Service, at: Accesses, post: Post, claimed: Claimed) -> Outcome:
    """Handler of MAIL_ACCESS. An address that is refused for good is given up, and seen among what was."""
    job, grant = _job(at, claimed.due)
    if grant is None:
        return None
    to = next((one for one in _members(post, job.whom, grant) if one.id == job.account), None)
    if to is None:
        return None  # left meanwhile
    subject, text = _words(service, post, grant)
    name = Digest.sha256(claimed.due.key.encode()).value[:32]
    try:
        post.mailer.send(Mail(id=name, to=to.mail, subject=subject, text=text))
    except (Refused, Malformed) as error:
        return Over(str(error))
    return None


def _job(at: Accesses, due: Due) -> tuple[_Told, Grant | None]:
    job, grant = msgspec.json.decode(due.payload, type=_Told), at.grant(due.subject)
    return job, grant if grant is not None and grant.revision == job.revision else None


def _members(post: Post, organisation: str, grant: Grant) -> Iterable[Account]:
    """Those who may answer, or who may ask."""
    action = Action.ACCESS_GRANT if organisation == grant.owner else Action.ACCESS_REQUEST
    with post.identity.identities.read() as rows:
        found = rows.find(Account, organisation=organisation)
    return tuple(
        one
        for one in found
        if one.status is Status.ACTIVE and one.roles & RULES[action].grants.keys() and is_address(one.mail)
    )


def _words(service: Service, post: Post, grant: Grant) -> tuple[str, str]:
    case = service.case(grant.case)
    with post.identity.identities.read() as rows:
        asker = rows.get(Organisation, grant.to)
    who = shown(asker.name, 120) if asker is not None else "An organisation"
    what = shown(" ".join(one for one in (case.product, case.version) if one), 120) or "an attestation"
    lines = [f"{who} {_SAYS[grant.state]} {what}, by {shown(case.provider, 120)}."]
    lines += [f"What for: {shown(grant.reason, 2000)}"]
    lines += [f"Why: {shown(grant.because, 2000)}"] if grant.because else []
    if grant.state == "requested":
        lines += [
            f"You can let them read, or refuse, until {moment(grant.answer_by)}. After that the request is over."
        ]
    if grant.state == "granted" and grant.until is not None:
        lines += [f"Until {moment(grant.until)}. Each reading is logged."]
    lines += [
        "", f"{post.url}/access", "", "-----", shown(service.office.name, 120),
        "This mail was sent by a program. Answer on the page, not to this address.",
    ]  # fmt: skip
    subject = "Access is asked for" if grant.state == "requested" else f"Access: {grant.state}"
    return f"{subject}: {what}", "\n".join(lines) + "\n"
