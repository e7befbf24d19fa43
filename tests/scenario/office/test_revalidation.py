"""What was posted is judged again: when something that it rests on ends, when the world changes, and who decides then."""

from datetime import timedelta

import msgspec
import pytest
from tests.support import services as world
from tests.support.desks import World
from tests.support.exploited import exploited
from tests.support.offices import NOW, PROVIDER
from tests.support.services import DISCLOSURE, PACK, PACK_DATA, officer, service, submitted, tick

from assay.adapters.mail.memory import MemoryMailer
from assay.bootstrap.working import CATALOGUE, handlers
from assay.errors import Unavailable
from assay.formats.attestation import Artifact, Attestation, Claim
from assay.formats.case_documents import Judgement
from assay.formats.digest import Digest
from assay.office import revalidate
from assay.office.case import Case
from assay.office.determine import Decision, decide_final, decide_initial
from assay.office.health import Finding
from assay.office.identity.organisation import Signer
from assay.office.office_policy import OfficePolicy
from assay.office.receive import receive
from assay.office.sending import Post
from assay.office.service import REVALIDATE, Service
from assay.office.validate import read_verdict
from assay.office.work import Claimed, Due
from assay.register import leaf
from assay.register.leaf import Kind
from assay.trust.root import TrustRoot
from assay.validation.expiry import next_end
from assay.validation.policy import Policy

DAY = timedelta(days=1)
CURRENT = PACK_DATA.replace(
    b"evidence: [disclosure-policy]", b"evidence: [disclosure-policy, security-txt]"
).replace(b"disclosure-policy-present", b"disclosure-policy-current")
LENIENT = CURRENT.replace(b"disclosure-policy-current", b"disclosure-policy-present")
ENDS = NOW + 20 * DAY
SECURITY_TXT = f"Contact: mailto:security@lighthouse.test\nExpires: {ENDS:%Y-%m-%dT%H:%M:%SZ}\n".encode()
SNAPSHOT = b'{"format":"urn:assay:snapshot:1","as_of":"2026-11-01T00:00:00Z","records":[]}'
EXPLOITED = exploited("CVE-2026-90001", released=NOW)


def posted(one: Service, serial: int = 1, *, file: bytes = b"") -> Case:
    """An officer found it well; with *file* as the security.txt that it rests on."""
    if file:
        case = receive(
            one, world.provider(one), world.bundle(serial, lambda found: naming(found, file), file),
            speaks_for=(PROVIDER,),
        )  # fmt: skip
        tick(one)
    else:
        case = submitted(one, serial)
    decide_initial(one, officer(one), case.payload, Decision(revision=one.case(case.payload).revision))
    tick(one)
    found = one.case(case.payload)
    assert (found.stage, found.waits) == ("published", "nobody")
    return found


def naming(one: Attestation, file: bytes) -> Attestation:
    digest = Digest.sha256(file)
    return msgspec.structs.replace(
        one,
        claims=(Claim(DISCLOSURE, claimed=True, artifacts=(digest,)),),
        artifacts=(one.artifacts[0], Artifact(digest, "security.txt", "security-txt", "security.txt", "contact")),
    )  # fmt: skip


def with_office(one: Service, **changes: object) -> Service:
    """The same office, after a start with other documents."""
    return msgspec.structs.replace(one, office=msgspec.structs.replace(one.office, **changes))


def kinds(one: Service, start: int) -> list[Kind]:
    register = one.office.register
    return [leaf.parse(register.leaf(at)).kind for at in range(start, register.size())]


def looks(one: Service) -> list[Due]:
    """What waits to be judged again, soonest first."""
    claimed = one.work.claim((REVALIDATE,), one.now() + 400 * DAY, 1000, 1, "looks")
    for held in claimed:
        one.work.release(held, held.due.at)
    return [held.due for held in claimed]


def test_it_is_judged_again_on_the_day_that_its_security_txt_ends() -> None:
    one = with_office(service(OfficePolicy(insufficient_fails=True)), packs=((PACK, CURRENT),))
    case = posted(one, file=SECURITY_TXT)
    assert [due.at for due in looks(one)] == [ENDS]
    tick(one, ENDS - one.now() - timedelta(seconds=1))
    assert one.case(case.payload).stage == "published"
    tick(one, timedelta(seconds=1))
    after = one.case(case.payload)
    assert (after.stage, after.result, after.posted) == ("under_response", "contradicted", case.posted)
    assert looks(one) == []  # until it is posted again


def test_without_an_end_it_is_judged_again_when_the_policy_says_and_the_chain_stays_one() -> None:
    one = service(OfficePolicy(revalidate_days=30))
    case = posted(one)
    for _ in range(3):
        (due,) = looks(one)
        one.work.put((msgspec.structs.replace(due, key=f"{due.key}:again", at=one.now(), payload=b"{}"),))
        tick(one, due.at - one.now())
        assert one.case(case.payload).stage == "published"
    assert len(looks(one)) == 1
    never = service(OfficePolicy(revalidate_days=0))
    posted(never)
    assert looks(never) == []


def test_evidence_that_is_missing_by_now_waits_for_an_officer_where_it_does_not_fail() -> None:
    one = with_office(service(), packs=((PACK, PACK_DATA),))
    case = posted(one)
    changed = with_office(one, packs=((PACK, CURRENT),))
    revalidate.look_around(changed)
    tick(changed)
    after = one.case(case.payload)
    assert (after.stage, after.waits) == ("published", "officer")
    assert after.because == f"judged again it comes to 'insufficient_evidence'; {case.posted!r} is posted"
    revalidate.look_around(one)  # and back again
    tick(one)
    after = one.case(case.payload)
    assert (after.stage, after.waits, after.because) == ("published", "nobody", "")


def test_a_better_verdict_changes_nothing_by_itself() -> None:
    one = with_office(service(), packs=((PACK, CURRENT),))
    old = SECURITY_TXT.replace(b"2026-", b"2025-")
    case = receive(
        one, world.provider(one), world.bundle(1, lambda found: naming(found, old), old), speaks_for=(PROVIDER,),
    )  # fmt: skip
    tick(one)
    tick(one, 31 * DAY)
    decide_final(one, officer(one), case.payload, Decision(revision=one.case(case.payload).revision))
    tick(one)
    before = one.case(case.payload)
    assert (before.stage, before.posted) == ("published", "contradicted")
    after = revalidate.revalidate(with_office(one, packs=((PACK, LENIENT),)), before)
    assert (after.stage, after.posted, after.waits) == ("published", "contradicted", "officer")
    assert after.because == "judged again it comes to 'validated'; 'contradicted' is posted"


def test_what_persons_judged_counts_again() -> None:
    """The checks alone never find more than 'insufficient_evidence' here: that is no news."""
    one = service(OfficePolicy(insufficient_fails=True))
    case = submitted(one, 1, world.with_review)
    judgement = Judgement(world.REVIEW, "satisfied", "read it")
    decide_initial(one, officer(one), case.payload, Decision(judgements=(judgement,), revision=case.revision))
    tick(one)
    before = one.case(case.payload)
    assert (before.stage, before.posted) == ("published", "validated")
    after = revalidate.revalidate(one, before)
    assert (after.stage, after.waits) == ("published", "nobody")


def test_a_changed_document_is_recorded_once_and_all_that_it_touches_is_judged_again() -> None:
    one = service()
    cases = [posted(one, serial) for serial in (1, 2)]
    start = one.office.register.size()
    changed = with_office(one, policy=Policy(name="another").encode())
    for _ in range(3):
        revalidate.look_around(changed)
        tick(changed)
    assert kinds(one, start) == [Kind.PACK_CHANGE]
    entry = leaf.parse(one.office.register.leaf(start))
    assert entry.digests == (Digest.sha256(changed.office.policy),)
    assert one.office.blobs.get(entry.digests[0]) == changed.office.policy
    for case in cases:
        assert one.case(case.payload).verdict != case.verdict
    revalidate.look_around(one)
    tick(one)
    assert kinds(one, start) == [Kind.PACK_CHANGE] * 2


def test_a_new_snapshot_is_an_entry_of_its_kind() -> None:
    one = service()
    posted(one)
    start = one.office.register.size()
    changed = with_office(one, snapshot=SNAPSHOT)
    revalidate.look_around(changed)
    tick(changed)
    assert kinds(one, start) == [Kind.ADVISORY_SNAPSHOT]


@pytest.mark.parametrize(("name", "newer"), [("exploited", EXPLOITED), ("snapshot", SNAPSHOT)])
def test_a_newer_document_is_looked_for_by_a_worker(name: str, newer: bytes) -> None:
    made = World()
    one, live, came = made.service, [made.service], [made.service]
    case = posted(one)

    def reread() -> Finding:
        live[0] = came[0]
        return Finding(check=name, state="ok", said="read")

    desk = msgspec.structs.replace(made.desk, live=lambda: live[0], reread=(reread,))
    look = handlers(desk, Post(identity=made.identity, mailer=MemoryMailer(), url=desk.url))[CATALOGUE]
    due = Claimed(
        due=Due(key="x", kind=CATALOGUE, subject=CATALOGUE, at=one.now()), worker="t", claim=1, attempts=1,
        since=one.now(), until=one.now(),
    )  # fmt: skip
    start = one.office.register.size()
    look(due)
    assert tick(one) == 0
    came[0] = with_office(one, **{name: newer})
    for _ in range(2):
        look(due)
        tick(live[0])
    assert kinds(one, start) == [Kind.ADVISORY_SNAPSHOT]
    assert named(one, case) == str(Digest.sha256(newer))


@pytest.mark.parametrize(
    ("name", "other", "old"),
    [
        pytest.param("exploited", EXPLOITED, None, id="has no catalogue yet"),
        pytest.param("exploited", EXPLOITED, exploited("CVE-2026-90001", released=NOW - DAY), id="has the older catalogue"),
        pytest.param("snapshot", SNAPSHOT, SNAPSHOT.replace(b"2026-11", b"2026-10"), id="has the older snapshot"),
    ],
)  # fmt: skip
def test_a_machine_that_has_not_got_it_yet_does_the_work_by_the_newer_document(
    name: str, other: bytes, old: bytes | None
) -> None:
    behind = with_office(service(), **{name: old})
    case, start = posted(behind), behind.office.register.size()
    ahead = with_office(behind, **{name: other})
    revalidate.look_around(ahead)
    tick(behind)
    assert kinds(behind, start) == [Kind.ADVISORY_SNAPSHOT]
    assert named(behind, case) == str(Digest.sha256(other))
    revalidate.look_around(ahead)
    assert tick(ahead) == 0


def test_a_start_with_an_older_document_judges_nothing_again() -> None:
    one = service()
    posted(one)
    ahead = with_office(one, exploited=EXPLOITED, snapshot=SNAPSHOT)
    revalidate.look_around(ahead)
    tick(ahead)
    start = one.office.register.size()
    older = {
        "exploited": exploited("CVE-2026-90001", released=NOW - DAY),
        "snapshot": SNAPSHOT.replace(b"2026-11", b"2026-10"),
    }
    revalidate.look_around(with_office(one, **older))
    assert tick(with_office(one, **older)) == 0
    one.office.blobs.erase(Digest.sha256(SNAPSHOT))  # nobody can tell any more that it was newer
    revalidate.look_around(with_office(one, **older))
    tick(with_office(one, **older))
    assert kinds(one, start) == [Kind.ADVISORY_SNAPSHOT]


def test_a_machine_that_has_a_newer_one_judges_by_that() -> None:
    one = service()
    case = posted(one)
    revalidate.look_around(with_office(one, exploited=EXPLOITED))
    newer = exploited("CVE-2026-90002", released=NOW + timedelta(hours=1))
    tick(with_office(one, exploited=newer))
    assert named(one, case) == str(Digest.sha256(newer))


def test_a_change_whose_document_is_lost_is_not_done() -> None:
    one = service()
    posted(one)
    revalidate.look_around(with_office(one, exploited=EXPLOITED))
    one.office.blobs.erase(Digest.sha256(EXPLOITED))
    (claimed,) = one.work.claim((revalidate.WORLD,), one.now(), 10, 1, "tries")
    with pytest.raises(Unavailable, match="known-exploited that changed, is not there"):
        revalidate.world_due(one, claimed.due)


def named(one: Service, case: Case) -> str:
    """By which catalogue or snapshot it was judged last."""
    inputs = read_verdict(one.office, one.case(case.payload).verdict).inputs
    (found,) = (held.digest for held in inputs if held.name in (revalidate.SNAPSHOT, revalidate.EXPLOITED))
    return found


def test_nothing_changed_is_no_work() -> None:
    one = service()
    case = posted(one)
    start = one.office.register.size()
    revalidate.look_around(one)
    tick(one)
    after = one.case(case.payload)
    revalidate.look_around(one)
    assert tick(one) == 0
    assert (kinds(one, start), after.stage) == ([], "published")


def test_a_crash_after_the_entry_records_nothing_twice() -> None:
    one = service()
    posted(one)
    start = one.office.register.size()
    changed = with_office(one, policy=Policy(name="another").encode())
    revalidate.look_around(changed)
    (claimed,) = one.work.claim((revalidate.WORLD,), one.now(), 10, 1, "dies")
    revalidate.world_due(changed, claimed.due)
    tick(changed, timedelta(seconds=2))
    assert kinds(one, start) == [Kind.PACK_CHANGE]


def test_many_cases_are_gone_through_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    one = service()
    cases = [posted(one, serial) for serial in range(1, 6)]
    monkeypatch.setattr(revalidate, "BATCH", 2)
    changed = with_office(one, policy=Policy(name="another").encode())
    revalidate.look_around(changed)
    tick(changed)
    assert all(one.case(case.payload).verdict != case.verdict for case in cases)


def test_an_ended_signer_reopens_what_it_signed() -> None:
    made = World()
    one = made.service
    case, start = posted(one), one.office.register.size()
    revalidate.signers_ended(one, made.identity)
    assert tick(one) == 0
    with made.identity.identities.change() as rows:
        rows.add(
            Signer(
                id="sig", organisation=case.organisation, name="lighthouse", record="{}", offered=NOW, offered_by="pia",
                verified=NOW, ended=one.now(),
            )
        )  # fmt: skip
    root = TrustRoot.parse(one.office.trust)
    without = tuple(signer for signer in root.signers if signer.name != "lighthouse")
    changed = with_office(one, trust=msgspec.structs.replace(root, signers=without).encode())
    for _ in range(2):
        revalidate.signers_ended(changed, made.identity)
        tick(changed)
    after = one.case(case.payload)
    assert (after.stage, after.result) == ("under_response", "incomplete")
    assert kinds(one, start) == [Kind.DETERMINATION, Kind.NOTICE]


def test_a_key_ends() -> None:
    one = service()
    root = TrustRoot.parse(one.office.trust)
    last = NOW + 7 * DAY
    signers = tuple(
        msgspec.structs.replace(
            signer, keys=tuple(msgspec.structs.replace(held, valid_until=last) for held in signer.keys)
        )
        for signer in root.signers
    )
    ending = msgspec.structs.replace(root, signers=signers)
    bundle = world.bundle(1)
    assert next_end(bundle, ending, NOW, None) == last
    assert next_end(bundle, root, NOW, None) is None
    assert next_end(bundle, ending, last, None) is None
