"""A fictional office that runs due process in memory, and small bundles that are complete, contradicted or lacking something."""

from collections.abc import Callable
from datetime import date, timedelta

import msgspec
from sqlalchemy import Engine
from tests.support import offices
from tests.support.offices import NOW, PAYLOAD_TYPE, PROVIDER, PROVIDER_KEYS, CountingEntropy

from assay.adapters.memory import FixedClock, MemoryBlobs
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.due import SqlWork
from assay.adapters.sql.ledger import SqlLedger
from assay.formats.attestation import (
    Artifact,
    Attestation,
    Claim,
    Contact,
    Milestone,
    Provider,
    Release,
    ReleaseDigest,
    Signatory,
)
from assay.formats.attestation_statement import encode as encode_attestation
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.office.beacon import Beacon
from assay.office.case import Case
from assay.office.drawing import schedule
from assay.office.life import HANDLERS
from assay.office.office_policy import OfficePolicy
from assay.office.permissions import Caller, Role
from assay.office.ports import Drawing
from assay.office.receive import receive
from assay.office.service import Service
from assay.provider.bundle import committed, salted
from assay.tlog.ports import TileStore
from assay.trust.envelope import sign

PACK = "lighthouse-rules@1"
PACK_DATA = b"""\
id: lighthouse-rules
edition: "1"
title: Rules of a fictional lighthouse
source: {title: Rules, publisher: Lighthouse (fictional), citation: none}
status: in_force
dates: [{on: 2026-01-01, what: made}]
answers: some
requirements:
  - id: disclosure
    title: Finders of a vulnerability can report it
    wording: There is a way to report a vulnerability.
    grade: machine
    evidence: [disclosure-policy]
    needs:
      - shows: A policy that says how to report
        all: [{check: disclosure-policy-present}]
  - id: review
    title: A person reviewed the design
    wording: The design was reviewed.
    grade: person
    evidence: [document]
    person: Read the review.
"""
DISCLOSURE, REVIEW = f"{PACK}#disclosure", f"{PACK}#review"
WHEEL = b"the wheel of lantern 2.1.0, which is no wheel"
POLICY = (
    b"# Security policy\n\nReport a vulnerability in lantern to security@lighthouse.test by mail. You hear back within "
    b"five working days, and we tell you what we do about it. Please give us ninety days before you publish what you found. "
    b"We do not take legal steps against anybody who keeps to these rules, and we name finders who want to be named.\n"
)
TEMPLATE = b"# Security policy\n\nUse this section to tell people how to report a vulnerability.\n"
"""What a forge offers for filling in."""
REVIEWED = b"Minutes of the design review.\n"
PROVIDER_ORG, CUSTOMER_ORG = "org-lighthouse", "org-harbour"


def service(
    policy: OfficePolicy = OfficePolicy(),  # noqa: B008 - frozen
    beacon: Beacon | None = None,
    engine: Engine | None = None,
    tiles: TileStore | None = None,
) -> Service:
    engine = engine if engine is not None else SqlLedger.memory_engine()
    office = msgspec.structs.replace(
        offices.office(MemoryBlobs(), SqlLedger(engine), tiles=tiles), packs=((PACK, PACK_DATA),)
    )
    return Service(
        office=office,
        cases=SqlCases(engine),
        work=SqlWork(engine),
        policy=policy,
        sealed=office.blobs,
        beacon=beacon,
        public=tiles,
    )


def tick(one: Service, time: timedelta = timedelta(), limit: int = 1000) -> int:
    """Move the clock and do all work that is due, one after the other; how much was done."""
    clock = one.office.clock
    assert isinstance(clock, FixedClock)
    clock.moment += time
    done = 0
    while done < limit:
        claimed = one.work.claim(tuple(HANDLERS), clock.moment, 1, 60, "test")
        if not claimed:
            return done
        HANDLERS[claimed[0].due.kind](one, claimed[0].due)
        one.work.done(claimed[0])
        done += 1
    raise AssertionError("there is always more work")


def person(one: Service, *roles: Role, organisation: str = "", name: str = "ann") -> Caller:
    """Confirmed just now."""
    now = one.now()
    return Caller(
        at=now,
        id=f"account:{name}",
        account=name,
        organisation=organisation,
        roles=frozenset(roles),
        stepped_up=now,
    )


def provider(one: Service) -> Caller:
    return person(one, Role.PROVIDER_ADMIN, organisation=PROVIDER_ORG, name="pia")


def officer(one: Service, name: str = "olga") -> Caller:
    return person(one, Role.OFFICER, Role.OFFICER_LEAD, name=name)


def whole(serial: int = 1) -> Attestation:
    """Complete, and claims what the policy shows."""
    wheel, policy = Digest.sha256(WHEEL), Digest.sha256(POLICY)
    return Attestation(
        serial=f"urn:uuid:00000000-0000-4000-8000-{serial:012}",
        made=NOW,
        kind="new",
        scope="individual_product",
        provider=Provider(
            PROVIDER, "1 Pier", "Harbourtown", "", "1000", "Atlantis", "https://lighthouse.test"
        ),
        contact=Contact("Security desk", "Role", "1 Pier", "+000", "desk@lighthouse.test"),
        releases=(
            Release(
                name="lantern",
                version="2.1.0",
                released=date(2026, 10, 1),
                files=(ReleaseDigest("lantern-2.1.0.bin", wheel),),
            ),
        ),
        packs=(PACK,),
        claims=(Claim(DISCLOSURE, claimed=True, artifacts=(policy,)),),
        artifacts=(
            Artifact(wheel, "lantern-2.1.0.bin", "release", "Release file", "the release"),
            Artifact(policy, "SECURITY.md", "disclosure-policy", "Policy", "how to report"),
        ),
        signatory=Signatory("A. Keeper", "Chief", date(2026, 10, 30), "chief_executive"),
        notify=True,
    )


def bundle(
    serial: int = 1, change: Callable[[Attestation], Attestation] = lambda one: one, *files: bytes
) -> Bundle:
    customers = salted((), CountingEntropy().bytes)
    promised = committed(customers)
    plain = msgspec.structs.replace(whole(serial), customers=promised.commitment, customer_rows=promised.rows)
    changed = change(plain)
    envelope = sign(PAYLOAD_TYPE, encode_attestation(changed), PROVIDER_KEYS)
    have = {Digest.sha256(data): data for data in (WHEEL, POLICY, TEMPLATE, REVIEWED, *files)}
    named = {artifact.digest for artifact in changed.artifacts}
    return Bundle(
        envelope.encode(), customers, {digest: data for digest, data in have.items() if digest in named}
    )


def contradicted(one: Attestation) -> Attestation:
    """The policy is a template that nobody filled in."""
    false = Digest.sha256(TEMPLATE)
    return msgspec.structs.replace(
        one,
        claims=(Claim(DISCLOSURE, claimed=True, artifacts=(false,)),),
        artifacts=(
            one.artifacts[0],
            Artifact(false, "SECURITY.md", "disclosure-policy", "Policy", "how to report"),
        ),
    )


def incomplete(one: Attestation) -> Attestation:
    return msgspec.structs.replace(one, contact=Contact())


def planned(one: Attestation) -> Attestation:
    """Also has a milestone for what is not claimed."""
    step = Milestone(REVIEW, "no review yet", "have it reviewed", "design lead", date(2026, 12, 1))
    return msgspec.structs.replace(one, milestones=(step,))


def with_review(one: Attestation) -> Attestation:
    """Also claims what only a person can judge."""
    document = Digest.sha256(REVIEWED)
    return msgspec.structs.replace(
        one,
        claims=(*one.claims, Claim(REVIEW, claimed=True, artifacts=(document,))),
        artifacts=(*one.artifacts, Artifact(document, "review.txt", "document", "Review", "minutes")),
    )


def revising(payload: Digest) -> Callable[[Attestation], Attestation]:
    """Complete, and replaces another one."""
    return lambda one: msgspec.structs.replace(one, kind="revised", replaces=payload)


def submitted(
    one: Service, serial: int = 1, change: Callable[[Attestation], Attestation] = lambda found: found
) -> Case:
    case = receive(
        one, provider(one), bundle(serial, change), speaks_for=(PROVIDER,), parties=(CUSTOMER_ORG,)
    )
    tick(one)
    return one.case(case.payload)


def draw(one: Service) -> Drawing:
    """Move the clock to the next draw of the schedule, which the office then runs by itself."""
    schedule(one)
    at = one.policy.sampling.due_after(one.now())
    assert at is not None
    tick(one, at - one.now())
    return one.cases.draws(1)[0]
