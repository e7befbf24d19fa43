"""Every path of the life of a submission, with a clock that the test moves; after each, the register holds all of it."""

from datetime import timedelta

import msgspec
import pytest
from tests.support import offices
from tests.support import services as world
from tests.support.services import (
    DISCLOSURE,
    POLICY,
    REVIEW,
    officer,
    person,
    provider,
    service,
    submitted,
    tick,
)

from assay.errors import Duplicate, Forbidden, Hidden, Refused, Unconfirmed
from assay.formats.case_documents import Determination, Ending, Judgement, Notice, parse
from assay.formats.digest import Digest
from assay.formats.result import read_result
from assay.office.bring import Brought
from assay.office.case import Case
from assay.office.determine import Decision, approve, decide_final, decide_initial, reject, request_evidence
from assay.office.drawing import commit, run_now, schedule
from assay.office.log import receipt, verify_register
from assay.office.office_policy import OfficePolicy
from assay.office.permissions import Role
from assay.office.post import correct, posting_receipt, result_envelope
from assay.office.receive import receive
from assay.office.referral import Referral, refer
from assay.office.respond import lapse, respond, supply, withdraw
from assay.office.revalidate import revalidate
from assay.office.sampling_policy import Sampling, Stratum
from assay.office.service import Service
from assay.register import leaf
from assay.register.leaf import Kind

ALL = Sampling(strata=(Stratum(name="all", take=1, of=1),))
NONE = Sampling(strata=(Stratum(name="all", take=0, of=1),))
DAY = timedelta(days=1)


def history(one: Service, case: Case) -> list[str]:
    """The kinds of the entries about *case*; each verifies with its receipt."""
    office = one.office
    found = []
    for index in one.case(case.payload).entries:
        receipt(office, index).verify(office.keys)
        found.append(str(leaf.parse(office.register.leaf(index)).kind))
    verify_register(office)
    return found


def document(one: Service, index: int) -> bytes:
    return one.office.blobs.get(leaf.parse(one.office.register.leaf(index)).digests[0])


def look(one: Service, case: Case, *judgements: Judgement, **said: str) -> Decision:
    return Decision(revision=one.case(case.payload).revision, judgements=judgements, **said)  # type: ignore[arg-type]


def test_not_sampled() -> None:
    one = service(OfficePolicy(sampling=NONE))
    case = submitted(one)
    assert (case.stage, case.waits, case.result) == ("complete", "draw", "validated")
    drawing = world.draw(one)
    assert (drawing.number, drawing.frame, drawing.label) == (1, 1, "not verifiable against the operator")
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, case.result, case.draw, case.drawn) == ("published", "not_sampled", 1, False)
    result = read_result(result_envelope(one, case).payload)
    assert result.token == "not_sampled"
    assert result.verdict.result == "validated"
    assert result.determination is not None
    assert result.determination.by == "office"
    assert history(one, case) == [
        "submission", "completeness", "draw-result", "determination", "publication", "notice",
    ]  # fmt: skip


def test_drawn_and_validated_by_an_officer() -> None:
    one = service(OfficePolicy(sampling=ALL))
    case = submitted(one, change=world.with_review)
    world.draw(one)
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, case.waits, case.drawn) == ("deep_validation", "officer", True)
    wrong = Judgement(REVIEW, "not_satisfied", "the minutes are of another product")
    with pytest.raises(Refused, match="the provider has not been heard"):
        decide_final(one, officer(one), case.payload, look(one, case, wrong))
    right = Judgement(REVIEW, "satisfied", "the minutes name three reviewers and what they found")
    decide_final(one, officer(one), case.payload, look(one, case, right))
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, case.result) == ("published", "validated")
    rows = {row.requirement: row for row in read_result(result_envelope(one, case).payload).rows}
    assert rows[REVIEW].verdict == "satisfied"
    assert rows[REVIEW].reason == right.reason


def test_contradicted_heard_and_determined() -> None:
    one = service()
    case = submitted(one, change=world.contradicted)
    assert (case.stage, case.waits, case.result) == ("under_response", "provider", "contradicted")
    assert case.deadline == one.now() + 30 * DAY
    notice = parse(document(one, case.entries[-1]), Notice)
    assert (notice.reason, notice.number, notice.respond_by) == ("contradicted", 1, case.deadline)
    assert [item.ref for item in notice.items] == [DISCLOSURE]
    tick(one, 29 * DAY)
    respond(one, provider(one), case.payload, "The address is a sample in our test data.")
    case = one.case(case.payload)
    assert (case.stage, case.waits, case.deadline) == ("answered", "officer", None)
    tick(one, 5 * DAY)
    assert one.case(case.payload).stage == "answered"
    with pytest.raises(Refused, match="say what the office makes of it"):
        decide_final(one, officer(one), case.payload, look(one, case))
    decide_final(
        one,
        officer(one),
        case.payload,
        look(one, case, consideration="The file handed in is the one published."),
    )
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, case.result) == ("published", "contradicted")
    result = read_result(result_envelope(one, case).payload)
    assert result.response is not None
    assert result.response.text == "The address is a sample in our test data."
    assert result.determination is not None
    assert result.determination.consideration.startswith("The file")
    assert history(one, case) == [
        "submission", "completeness", "determination", "notice", "response", "determination", "publication", "notice",
    ]  # fmt: skip
    with pytest.raises(Forbidden):
        refer(one, provider(one), case.payload, referral(one, case))
    refer(one, officer(one), case.payload, referral(one, case))
    ending = parse(document(one, one.case(case.payload).entries[-1]), Ending)
    assert (ending.kind, ending.to) == ("referral", "Attorney (fictional)")


def referral(one: Service, case: Case) -> Referral:
    return Referral(to="Attorney (fictional)", reason="it failed", revision=one.case(case.payload).revision)


def test_a_response_turns_the_determination() -> None:
    one = service()
    case = submitted(one, change=world.contradicted)
    respond(one, provider(one), case.payload, "See the file.", Brought([POLICY]))
    case = one.case(case.payload)
    assert case.supplied == (Digest.sha256(POLICY),)
    right = Judgement(DISCLOSURE, "satisfied", "the policy handed in with the response has a real address")
    decide_final(
        one, officer(one), case.payload, look(one, case, right, consideration="The policy is there now.")
    )
    tick(one)
    assert one.case(case.payload).result == "validated_with_findings"


def test_nobody_answers() -> None:
    one = service(OfficePolicy(response_days=10, reminder_days=(3,)))
    case = submitted(one, change=world.contradicted)
    tick(one, 10 * DAY - timedelta(seconds=1))
    assert one.case(case.payload).stage == "under_response"
    tick(one, timedelta(seconds=1))
    case = one.case(case.payload)
    assert (case.stage, case.because) == ("answered", "no response in the time that there was")
    with pytest.raises(Refused, match="is 'answered'"):
        respond(one, provider(one), case.payload, "late")
    decide_final(one, officer(one), case.payload, look(one, case))
    tick(one)
    assert one.case(case.payload).result == "contradicted"
    assert history(one, case).count("response") == 1


def test_incomplete_closed() -> None:
    one = service(OfficePolicy(incomplete_days=5))
    case = submitted(one, change=world.incomplete)
    assert (case.stage, case.waits, case.result) == ("incomplete", "provider", "incomplete")
    notice = parse(document(one, case.entries[-1]), Notice)
    assert [item.ref for item in notice.items] == ["C6"]
    tick(one, 6 * DAY)
    case = one.case(case.payload)
    assert (case.stage, case.publication) == ("closed", None)
    assert history(one, case) == ["submission", "completeness", "notice", "withdrawal"]


def test_incomplete_revised() -> None:
    one = service()
    case = submitted(one, change=world.incomplete)
    revised = submitted(one, 2, world.revising(case.payload))
    assert revised.stage == "complete"
    before = one.case(case.payload)
    assert (before.replaced_by, before.waits, before.deadline) == (revised.payload, "nobody", None)
    tick(one, 40 * DAY)
    assert one.case(case.payload).stage == "incomplete"  # its deadline has no hold on it any more
    with pytest.raises(Refused, match="was revised already"):
        submitted(one, 3, world.revising(case.payload))


def test_revised_during_the_response() -> None:
    one = service()
    case = submitted(one, change=world.contradicted)
    revised = submitted(one, 2, world.revising(case.payload))
    assert revised.stage == "complete"
    with pytest.raises(Refused, match="was revised by"):
        decide_final(one, officer(one), case.payload, look(one, case))
    tick(one, 31 * DAY)
    assert one.case(case.payload).stage == "under_response"


def test_evidence_is_asked_for_and_comes() -> None:
    one = service(OfficePolicy(sampling=ALL, evidence_request_days=7))
    case = submitted(one, change=world.with_review)
    world.draw(one)
    tick(one)
    low, other = b"raw scan", b"raw log"
    asked = [Digest.sha256(low), Digest.sha256(other)]
    request_evidence(one, officer(one), case.payload, asked, "Please.", one.case(case.payload).revision)
    case = one.case(case.payload)
    assert (case.waits, case.requested, case.deadline) == ("provider", tuple(asked), one.now() + 7 * DAY)
    with pytest.raises(Refused, match="nobody asked for"):
        supply(one, provider(one), case.payload, Brought([b"something else"]))
    supply(one, provider(one), case.payload, Brought([low]))
    assert one.case(case.payload).waits == "provider"
    supply(one, provider(one), case.payload, Brought([other]))
    case = one.case(case.payload)
    assert (case.waits, case.requested, case.deadline) == ("officer", (), None)


def test_evidence_is_asked_for_and_does_not_come() -> None:
    one = service(OfficePolicy(sampling=ALL, evidence_request_days=7))
    case = submitted(one, change=world.with_review)
    world.draw(one)
    tick(one)
    request_evidence(
        one, officer(one), case.payload, [Digest.sha256(b"x")], "", one.case(case.payload).revision
    )
    tick(one, 8 * DAY)
    case = one.case(case.payload)
    assert (case.waits, case.because) == ("officer", "1 files that were asked for did not come in time")
    decide_initial(one, officer(one), case.payload, look(one, case))
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, case.result) == ("under_response", "insufficient_evidence")


def test_four_eyes() -> None:
    one = service(OfficePolicy(four_eyes=True))
    case = submitted(one, change=world.contradicted)
    tick(one, 31 * DAY)
    decide_final(one, officer(one, "olga"), case.payload, look(one, case))
    tick(one)
    case = one.case(case.payload)
    assert case.stage == "answered"
    with pytest.raises(Forbidden, match="no hand in it"):
        approve(one, officer(one, "olga"), case.payload, case.revision)
    with pytest.raises(Refused, match="proposed already"):
        decide_final(one, officer(one, "otto"), case.payload, look(one, case))
    reject(one, officer(one, "otto"), case.payload, case.revision)
    decide_final(one, officer(one, "otto"), case.payload, look(one, case))
    approve(one, officer(one, "olga"), case.payload, one.case(case.payload).revision)
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, case.result) == ("published", "contradicted")
    assert case.final is not None
    assert parse(one.office.blobs.get(case.final), Determination).by == "two officers"


def test_four_eyes_over_a_correction() -> None:
    one = service(OfficePolicy(four_eyes=True))
    case = submitted(one, change=world.contradicted)
    tick(one, 31 * DAY)
    decide_final(one, officer(one, "olga"), case.payload, look(one, case))
    approve(one, officer(one, "otto"), case.payload, one.case(case.payload).revision)
    tick(one)
    for _ in range(2):
        posted = one.case(case.payload)
        correct(one, officer(one, "olga"), case.payload, look(one, posted), "another reason")
        proposed = one.case(case.payload)
        assert (proposed.final, proposed.stage, proposed.waits) == (posted.final, "published", "officer")
        with pytest.raises(Refused, match="proposed already"):
            correct(one, officer(one, "otto"), case.payload, look(one, proposed), "another reason")
        reject(one, officer(one, "otto"), case.payload, proposed.revision)
        assert one.case(case.payload).waits == "nobody"
    correct(one, officer(one, "olga"), case.payload, look(one, posted), "another reason")
    approve(one, officer(one, "otto"), case.payload, one.case(case.payload).revision)
    tick(one)
    after = one.case(case.payload)
    assert after.final is not None
    assert (after.stage, after.final != posted.final) == ("published", True)
    assert parse(one.office.blobs.get(after.final), Determination).reasons[0] == "another reason"


def test_nobody_approves_what_was_proposed_about_a_submission_that_was_revised_meanwhile() -> None:
    one = service(OfficePolicy(four_eyes=True))
    case = submitted(one, change=world.contradicted)
    tick(one, 31 * DAY)
    decide_final(one, officer(one, "olga"), case.payload, look(one, case))
    submitted(one, 2, world.revising(case.payload))
    before = one.case(case.payload)
    assert (before.proposal, before.waits, before.because) == (None, "nobody", "")
    with pytest.raises(Refused, match="nothing is proposed"):
        approve(one, officer(one, "otto"), case.payload, before.revision)


def test_withdrawn_before_and_after() -> None:
    one = service()
    early = submitted(one, 1)
    withdraw(one, provider(one), early.payload, "a mistake")
    assert one.case(early.payload).stage == "withdrawn"
    late = submitted(one, 2, world.contradicted)
    tick(one, 31 * DAY)
    decide_final(one, officer(one), late.payload, look(one, late))
    tick(one)
    withdraw(one, provider(one), late.payload, "we stop")
    case = one.case(late.payload)
    assert (case.stage, case.result, case.published is not None) == ("withdrawn", "withdrawn", True)
    with pytest.raises(Refused, match="cannot become"):
        withdraw(one, provider(one), late.payload, "again")


def test_lapse() -> None:
    one = service()
    case = submitted(one)
    lapse(one, provider(one), case.payload, "a new build system", "3.0.0")
    case = one.case(case.payload)
    assert case.lapsed == one.now()
    assert case.stage == "complete"
    with pytest.raises(Refused, match="lapsed already"):
        lapse(one, provider(one), case.payload, "again", "3.1.0")


def test_a_changed_world_reopens_what_was_published() -> None:
    one = service(OfficePolicy(sampling=NONE, revalidate_days=30))
    case = submitted(one)
    world.draw(one)
    tick(one)
    assert one.case(case.payload).stage == "published"
    stricter = world.PACK_DATA.replace(b"disclosure-policy-present", b"disclosure-policy-current")

    assert revalidate(one, one.case(case.payload)).stage == "published"
    changed = msgspec.structs.replace(
        one, office=msgspec.structs.replace(one.office, packs=((world.PACK, stricter),)),
        policy=msgspec.structs.replace(one.policy, insufficient_fails=True),
    )  # fmt: skip
    tick(changed, 31 * DAY)
    case = one.case(case.payload)
    assert (case.stage, case.result) == ("under_response", "insufficient_evidence")
    assert history(one, case)[-2:] == ["determination", "notice"]


def test_corrected() -> None:
    one = service()
    case = submitted(one, change=world.contradicted)
    tick(one, 31 * DAY)
    decide_final(one, officer(one), case.payload, look(one, case))
    tick(one)
    right = Judgement(DISCLOSURE, "satisfied", "we misread the file")
    with pytest.raises(Refused, match="says why"):
        correct(one, officer(one), case.payload, look(one, case, right), "")
    correct(one, officer(one), case.payload, look(one, case, right), "Our mistake.")
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, case.result) == ("published", "validated_with_findings")
    assert history(one, case)[-3:] == ["determination", "correction", "notice"]
    made = posting_receipt(one, case)
    assert made.index != case.publication
    assert leaf.parse(made.leaf).digests == (result_envelope(one, case).identity,)
    assert read_result(result_envelope(one, case).payload).determination.reasons[0] == "Our mistake."  # type: ignore[union-attr]


def test_who_may_do_what() -> None:
    one = service()
    case = submitted(one, change=world.contradicted)
    stranger = person(one, Role.PROVIDER_ADMIN, organisation="org-other")
    with pytest.raises(Hidden):
        respond(one, stranger, case.payload, "I answer for them")
    with pytest.raises(Hidden):
        withdraw(one, stranger, case.payload, "")
    with pytest.raises(Forbidden):
        respond(one, officer(one), case.payload, "an officer does not answer")

    unconfirmed = msgspec.structs.replace(officer(one), stepped_up=None)
    tick(one, 31 * DAY)
    with pytest.raises(Unconfirmed):
        decide_final(one, unconfirmed, case.payload, look(one, case))
    with pytest.raises(Refused, match="does not speak"):
        receive(one, stranger, world.bundle(5), speaks_for=("Somebody else",))
    with pytest.raises(Duplicate):
        receive(one, provider(one), world.bundle(1, world.contradicted), speaks_for=(offices.PROVIDER,))


def test_work_done_twice_changes_nothing() -> None:
    one = service()
    case = submitted(one, change=world.contradicted)
    before = one.office.register.size()
    from assay.office.deadlines import lapsed
    from assay.office.life import advance

    assert advance(one, one.case(case.payload)).entries == case.entries
    assert lapsed(one, one.case(case.payload)).entries == case.entries
    assert one.office.register.size() == before
    tick(one, 31 * DAY)
    after = one.case(case.payload)
    assert lapsed(one, after).entries == after.entries


def test_two_who_act_at_once() -> None:
    one = service()
    case = submitted(one, change=world.contradicted)
    tick(one, 31 * DAY)
    seen = look(one, case)
    decide_final(one, officer(one), case.payload, seen)
    with pytest.raises(Refused, match="has moved meanwhile"):
        decide_final(one, officer(one, "otto"), case.payload, seen)


def test_kinds_that_look_alike_before_publication() -> None:
    one = service()
    case = submitted(one, change=world.contradicted)
    kinds = {leaf.parse(one.office.register.leaf(index)).kind for index in case.entries}
    assert Kind.DETERMINATION in kinds
    for index in case.entries:
        data = one.office.register.leaf(index)
        for word in (b"Lighthouse", b"lantern", b"contradicted", b"org-lighthouse"):
            assert word not in data


def test_a_draw_keeps_to_its_schedule() -> None:
    one = service(OfficePolicy(sampling=NONE))
    submitted(one)
    with pytest.raises(Refused, match="no draw is due; the next one is on 2026-11-27 00:00 UTC"):
        run_now(one, officer(one))
    clock = one.office.clock
    clock.moment += one.policy.sampling.due_after(one.now()) - one.now()  # type: ignore[attr-defined,operator]
    drawing = run_now(one, officer(one))  # no worker has come to it
    assert drawing.number == 1
    assert commit(one, 1) == drawing
    with pytest.raises(Refused, match="no draw is due"):
        run_now(one, officer(one))
    schedule(one)
    assert tick(one) > 0
    assert [found.number for found in one.cases.draws(5)] == [1]
    undrawn = service(OfficePolicy(sampling=msgspec.structs.replace(NONE, every_days=0)))
    with pytest.raises(Refused, match="draws nothing"):
        run_now(undrawn, officer(undrawn))


def test_an_office_without_draws_samples_nothing() -> None:
    one = service(OfficePolicy(sampling=msgspec.structs.replace(NONE, every_days=0)))
    case = submitted(one)
    assert (case.stage, case.result, case.draw) == ("published", "not_sampled", None)
    determination = read_result(result_envelope(one, case).payload).determination
    assert determination is not None
    assert determination.reasons[0].startswith("this office draws no samples")
