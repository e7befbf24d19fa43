"""Judge again what was published: when something that it rests on ends, when the world changed, and from time to time (M5).

The office changes no posted result by itself. A verdict against the provider opens a determination, which it may answer; any
other difference waits for an officer.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from assay.errors import Malformed, Unavailable
from assay.formats import known_exploited
from assay.formats.case_documents import Determination, parse
from assay.formats.digest import Digest
from assay.formats.result import judged
from assay.formats.verdict import ResultToken
from assay.office.case import Case
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Signer
from assay.office.log import entry
from assay.office.permissions import Visible
from assay.office.ports import CaseQuery
from assay.office.respond import rejudge
from assay.office.service import OFFICE, REVALIDATE, Service, days
from assay.office.triage import bundle_of, open_determination, verdict_of
from assay.office.validate import read_verdict
from assay.office.work import Due, Schedule
from assay.register.leaf import Kind
from assay.register.scitt import own_entry
from assay.validation.examine import conclude
from assay.validation.expiry import next_end
from assay.validation.opened import read_trust
from assay.validation.remembered import remembered
from assay.validation.snapshot import taken

WORLD, REVIEW, SIGNERS = "world", "review", "signers"
"""Kinds of due work: record what changed; go through the published cases; look whose signers have ended."""
SCHEDULE = Schedule(SIGNERS, 60)
NEWEST = 100
"""Cases whose verdicts say what the office judged by last."""
BATCH = 200
"""Cases looked at in one piece of work."""
ENDED_WITHIN = timedelta(days=30)
"""For which an ended signer is looked at; its work is put once."""
RANK: tuple[ResultToken, ...] = (
    "contradicted", "incomplete", "insufficient_evidence", "validated_with_findings", "validated",
)  # fmt: skip
"""The worst first."""
SNAPSHOT, EXPLOITED = "malicious-packages", "known-exploited"
_DATED: Mapping[str, Callable[[bytes], datetime]] = {SNAPSHOT: taken, EXPLOITED: known_exploited.dated}
_EVERYTHING = Visible(everything=True)


class _Look(msgspec.Struct, frozen=True):
    """Payload of REVALIDATE. *published*: the result that a chain of looks began with; empty for a look that is one alone."""

    published: str = ""
    documents: tuple[tuple[str, str], ...] = ()
    """As of :class:`_Review`."""


class _Changed(msgspec.Struct, frozen=True):
    """Payload of WORLD."""

    documents: tuple[tuple[str, str], ...]
    """(name as in verdicts, digest) of blobs: whoever does the work need not have them otherwise."""
    since: int
    """Entries from here on may have recorded it already."""


class _Review(msgspec.Struct, frozen=True):
    """Payload of REVIEW."""

    tag: str
    """Of the change: the looks that follow from it have it in their keys."""
    organisation: str = ""
    """Whose cases; empty for all that were judged by other documents than the office has."""
    everything: bool = False
    after: str = ""
    documents: tuple[tuple[str, str], ...] = ()
    """That changed, as of :class:`_Changed`."""


def revalidate(service: Service, case: Case) -> Case:
    """Judge a published case again, and say what follows. Nothing, where it was revised, has lapsed, or is open."""
    if not _standing(case) or case.proposal is not None:
        return case  # what is proposed is looked at first; the next look comes
    after = rejudge(service, case)
    before, now = compared(service, after)
    worse = RANK.index(now) < RANK.index(before)
    better = RANK.index(now) > RANK.index(before) and case.posted != "not_sampled"
    if worse and _against(service, now):
        return open_determination(service, after)
    because = ""
    if worse or better:
        because = f"judged again it comes to {now!r}; {case.posted!r} is posted"
    if because == after.because:
        return after
    return service.keep(after, waits="officer" if because else "nobody", because=because)


def compared(service: Service, case: Case) -> tuple[ResultToken, ResultToken]:
    """What the posted determination came to, and what it would come to by the newest verdict, with what persons judged.

    A case that was not sampled had no determination but its automatic verdict.
    """
    if case.final is None:
        raise ValueError(f"case {case.payload} is {case.stage} without a final determination")
    determination = parse(service.office.blobs.get(case.final), Determination)
    verdict = verdict_of(service, case)
    if determination.result == "not_sampled":
        return read_verdict(service.office, Digest.parse(determination.verdict)).result, verdict.result
    known = {row.requirement for row in verdict.claims}
    kept = [one for one in determination.judgements if one.requirement in known]
    return determination.result, conclude(verdict.missing, judged(verdict, kept))


def _standing(case: Case) -> bool:
    """Whether it is posted and counts: neither revised, lapsed, open again, nor erased."""
    return (
        case.stage == "published"
        and case.verdict is not None
        and case.replaced_by is None
        and case.lapsed is None
    )


def _against(service: Service, result: ResultToken) -> bool:
    if result == "insufficient_evidence":
        return service.policy.insufficient_fails
    return result in ("contradicted", "incomplete")


def next_look(service: Service, case: Case, published: Digest, now: datetime) -> tuple[Due, ...]:
    """The work of judging *case* again, when the first of what it rests on ends, and by the policy's time at the latest."""
    office, every = service.office, service.policy.revalidate_days
    end = next_end(bundle_of(service, case), read_trust(office.trust), now, office.sigstore)
    moments = [one for one in (end, days(now, every) if every else None) if one is not None]
    if not moments:
        return ()
    at = min(moments)
    return (
        Due(
            key=f"{REVALIDATE}:{case.payload.value}:{published.value[:16]}:{at:%Y%m%d%H%M%S%f}",
            kind=REVALIDATE,
            subject=str(case.payload),
            at=at,
            payload=msgspec.json.encode(_Look(str(published))),
        ),
    )


def run_due(service: Service, due: Due) -> Case:
    """Handler of REVALIDATE. One chain of looks goes on for each posted result; a crash between leaves the same look again."""
    look = msgspec.json.decode(due.payload, type=_Look)
    service = _at_least(service, look.documents)
    case = revalidate(service, service.case(Digest.parse(due.subject)))
    if case.published is not None and look.published == str(case.published) and _standing(case):
        service.work.put(next_look(service, case, case.published, service.now()))
    return case


def look_around(service: Service) -> None:
    """At a start, and when a newer catalogue or snapshot came: put the work that follows when policy, packs or snapshots differ from what the newest verdicts name.

    Twice is once, until one of those cases is judged again: then its verdict names what the office has now.
    """
    newest = service.cases.find(CaseQuery(visible=_EVERYTHING, sort="received", limit=NEWEST)).cases
    named: dict[str, tuple[str, Digest]] = {}
    for case in newest:
        if case.verdict is not None and service.office.blobs.has(case.verdict):
            for name, digest in _named(service, case.verdict):
                named.setdefault(name, (digest, case.verdict))
    if named:
        changed = [
            one
            for one in _changed(documents(service), {name: digest for name, (digest, _) in named.items()})
            if one[0] not in named or not _older(service, one[0], named[one[0]][0])
        ]
        by = sorted((name, digest, str(named[name][1]) if name in named else "") for name, digest in changed)
        if changed:
            # A crash here leaves blobs, which are the same at the next start.
            data = _data(service)
            for name, _ in changed:
                service.office.blobs.put(data[name])
            key = f"{WORLD}:{Digest.sha256(repr(by).encode()).value[:32]}"
            _put(service, key, WORLD, _Changed(documents=tuple(changed), since=newest[0].entry))
    # Keys revoked in the office's own file: another file, another review.
    trust = Digest.sha256(service.office.trust).value[:32]
    _put(service, f"{REVIEW}:trust:{trust}", REVIEW, _Review(tag=f"trust:{trust}", everything=True))


def from_files(service: Service) -> tuple[bytes | None, ...]:
    """The documents that newer ones replace while the office runs."""
    return service.office.snapshot, service.office.exploited


def _older(service: Service, name: str, judged_by: str) -> bool:
    """Whether this machine has an older document than another one judged by, or than itself before its file was put back."""
    if name not in _DATED:
        return False
    try:
        theirs = _DATED[name](service.office.blobs.get(Digest.parse(judged_by)))
    except (Malformed, Unavailable):
        return False  # lost, or not read any more by this program: ours is the only one
    return _DATED[name](_data(service)[name]) < theirs


def _named(service: Service, verdict: Digest) -> list[tuple[str, str]]:
    """Names and digests of what *verdict* was made by; none of one that cannot be read, which keeps no office from starting."""
    try:
        return [(one.name, one.digest) for one in read_verdict(service.office, verdict).inputs]
    except Unavailable:
        return []


def _data(service: Service) -> dict[str, bytes]:
    """What the office judges by, named as in verdicts."""
    office = service.office
    found = {f"pack:{ref}": data for ref, data in office.packs}
    found["policy"] = office.policy
    if office.snapshot is not None:
        found[SNAPSHOT] = office.snapshot
    if office.exploited is not None:
        found[EXPLOITED] = office.exploited
    return found


def documents(service: Service) -> dict[str, Digest]:
    """The digests of what the office judges by."""
    return {name: _digest(data) for name, data in _data(service).items()}


@remembered
def _digest(data: bytes) -> Digest:
    return Digest.sha256(data)


def _dated(changed: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(one for one in changed if one[0] in _DATED)


def _at_least(service: Service, changed: tuple[tuple[str, str], ...]) -> Service:
    """*service*, judging by those of the dated documents *changed* that are newer than its own.

    Each machine reads a file of its own: one that has the older file may do the work that another put for the newer one.
    Unavailable when a blob is lost.
    """
    ours = _data(service)
    newer: dict[str, bytes] = {}
    for name, text in changed:
        digest, own, when = Digest.parse(text), ours.get(name), _DATED[name]
        if own is None or _digest(own) != digest:
            theirs = service.office.blobs.get(digest)
            if own is None or when(own) < when(theirs):
                newer[name] = theirs
    office = msgspec.structs.replace(
        service.office,
        snapshot=newer.get(SNAPSHOT, service.office.snapshot),
        exploited=newer.get(EXPLOITED, service.office.exploited),
    )
    return msgspec.structs.replace(service, office=office) if newer else service


def world_due(service: Service, due: Due) -> None:
    """Handler of WORLD: an entry for each document that changed, and the review of what it touches.

    A crash between leaves entries, which are found and not made again.
    """
    change = msgspec.json.decode(due.payload, type=_Changed)
    recorded = _recorded(service, change.since)
    for name, text in change.documents:
        digest = Digest.parse(text)
        if digest in recorded:
            continue
        if not service.office.blobs.has(digest):
            raise Unavailable(f"blob {digest}, the {name} that changed, is not there")
        kind = Kind.ADVISORY_SNAPSHOT if name in (SNAPSHOT, EXPLOITED) else Kind.PACK_CHANGE
        values = {"actor": OFFICE, "outcome": name}
        made = entry(service.office, kind, digest, values, service.now(), None)
        service.office.register.append(made)
    tag = due.key.rpartition(":")[2]
    _put(service, f"{REVIEW}:world:{tag}", REVIEW, _Review(tag=tag, documents=_dated(change.documents)))


def review_due(service: Service, due: Due) -> None:
    """Handler of REVIEW: looks for those of a batch of published cases that the change touches, and then the next batch."""
    review = msgspec.json.decode(due.payload, type=_Review)
    query = CaseQuery(
        visible=_visible(review), stages=("published",), sort="received", descending=False, after=review.after,
        limit=BATCH,
    )  # fmt: skip
    page = service.cases.find(query)
    have = documents(_at_least(service, review.documents))
    now = service.now()
    payload = msgspec.json.encode(_Look(documents=review.documents))
    service.work.put(
        tuple(
            Due(
                key=f"{REVALIDATE}:{case.payload.value}:{review.tag}", kind=REVALIDATE, subject=str(case.payload), at=now,
                payload=payload,
            )
            for case in page.cases
            if _standing(case) and (review.everything or review.organisation or _touched(service, case, have))
        )
    )  # fmt: skip
    if page.after:
        following = msgspec.structs.replace(review, after=page.after)
        name = Digest.sha256(page.after.encode()).value[:16]
        _put(service, f"{REVIEW}:{review.tag}:{name}", REVIEW, following)


def signers_ended(service: Service, identity: Identity) -> None:
    """Handler of SIGNERS: a review of the cases of each organisation whose signer has ended, once for each signer."""
    with identity.identities.read() as rows:
        ended = [one for one in rows.find(Signer) if one.ended is not None]
    since = service.now() - ENDED_WITHIN
    for one in ended:
        if one.ended is not None and one.verified is not None and one.ended > since:
            tag = f"signer:{one.id}"
            _put(service, f"{REVIEW}:{tag}", REVIEW, _Review(tag=tag, organisation=one.organisation))


def _put(service: Service, key: str, kind: str, payload: _Changed | _Review) -> None:
    due = Due(key=key, kind=kind, subject=kind, at=service.now(), payload=msgspec.json.encode(payload))
    service.work.put((due,))


def _visible(review: _Review) -> Visible:
    return Visible(owner=review.organisation) if review.organisation else _EVERYTHING


def _touched(service: Service, case: Case, have: dict[str, Digest]) -> bool:
    try:
        named = {one.name: one.digest for one in read_verdict(service.office, case.verdict).inputs}
    except Unavailable:
        return True  # the look itself says what is missing, and keeps no other case waiting
    return bool(_changed(have, named))


def _changed(have: dict[str, Digest], named: dict[str, str]) -> list[tuple[str, str]]:
    """What the office has in another form than verdicts have *named*, or has and had not; packs that none names aside."""
    ours = {
        name: str(digest) for name, digest in have.items() if name in named or not name.startswith("pack:")
    }
    return [(name, digest) for name, digest in sorted(ours.items()) if named.get(name) != digest]


def _recorded(service: Service, since: int) -> frozenset[Digest]:
    """Documents of changes that entries from *since* on have recorded."""
    register = service.office.register
    found = (own_entry(register.leaf(at)) for at in range(max(since, 0), register.size()))
    return frozenset(
        digest
        for one in found
        if one is not None and one.kind in (Kind.PACK_CHANGE, Kind.ADVISORY_SNAPSHOT)
        for digest in one.digests
    )
