"""Cases, as officers and providers see them and act on them; and who sees nothing of them."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World
from tests.support.office_pages import (
    ANSWER,
    answered,
    case_of,
    handed_in,
    hostile,
    not_sampled,
    posted,
)
from tests.unit.web.test_public_pages import NOBODY

from assay.formats.attestation import Claim
from assay.formats.bundle import write_tar
from assay.office.case import Case
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.office.referral import Referral, refer

OFFICER = (Role.OFFICER, Role.OFFICER_LEAD)


@pytest.fixture
def world() -> World:
    return World()


def sent(world: World, path: str, who: dict[str, str], files: Any = None, **values: str) -> Any:
    """A form, as a browser hands it in: the secret in a field, none in a header."""
    cookie = {"cookie": who["cookie"], "origin": world.desk.url}
    data = {"csrf": who["x-assay-csrf"], **values}
    return world.client.post(path, data=data, files=files, headers=cookie, follow_redirects=False)


def where(case: Case) -> str:
    return f"/cases/{case.payload.value}"


def test_a_case_from_queue_to_result(world: World) -> None:
    case = answered(world)
    officer = world.person(*OFFICER)
    queue = world.client.get("/queue", headers=officer).text
    assert where(case) in queue
    page = world.client.get(where(case), headers=officer).text
    assert "<b>Known to be exploited:</b> cannot be told" in page
    for text in (
        "Finders of a vulnerability can report it",
        "unfilled template",
        ANSWER.splitlines()[0],
        "Final determination",
    ):
        assert text in page
    done = sent(
        world, where(case) + "/final", officer, revision=str(case.revision), consideration="It is a template.",
        **{"judge:lighthouse-rules@1#disclosure": "not_satisfied", "because:lighthouse-rules@1#disclosure": "I read it."},
    )  # fmt: skip
    assert (done.status_code, done.headers["location"]) == (303, where(case))
    world.tick()
    assert case_of(world, case.payload.value).stage == "published"
    page = world.client.get(where(case), headers=officer).text
    assert "It is a template." in page
    assert 'value="not_satisfied" selected' in page  # a correction begins with what was judged
    assert "\nI read it.</textarea>" in page
    assert "Nothing waits for an officer." in world.client.get("/queue", headers=officer).text


def test_what_is_not_claimed_is_folded_and_says_so(world: World) -> None:
    planned = Claim(services.REVIEW, claimed=False)
    case = handed_in(world, lambda one: msgspec.structs.replace(one, claims=(*one.claims, planned)), 31)
    page = world.client.get(where(case), headers=world.person(Role.PROVIDER_ADMIN)).text
    claimed, folded, rest = page.partition("<summary>Not claimed: ")
    assert folded
    assert "<b>Not claimed.</b>" not in claimed
    assert "<b>Not claimed.</b>" in rest


def test_what_a_decision_leaves_out_is_said_and_nothing_typed_is_lost(world: World) -> None:
    case = answered(world)
    officer = world.person(*OFFICER)
    name = "lighthouse-rules@1#disclosure"
    given = {
        "revision": str(case.revision),
        "reasons": "A finder\ncannot report.",
        f"judge:{name}": "not_satisfied",
    }
    page = sent(world, where(case) + "/final", officer, **given)
    assert page.status_code == 422
    for text in (
        f'href="#because:{name}"',
        "say why you judge it so",
        "Say what the office makes of the provider",
        'value="not_satisfied" selected',
        "A finder\ncannot report.</textarea>",
    ):
        assert text in page.text, text
    assert case_of(world, case.payload.value) == case
    sent(
        world, where(case) + "/final", officer, **given, consideration="Late.", **{f"because:{name}": "Read."}
    )
    world.tick()
    posted = case_of(world, case.payload.value)
    assert posted.stage == "published"
    again = {"revision": str(posted.revision), "consideration": "Late."}
    bare = sent(world, where(case) + "/correction", officer, **again)
    assert (bare.status_code, "Say why the posted result is corrected" in bare.text) == (422, True)


def test_a_form_without_the_secret_does_nothing(world: World) -> None:
    case = answered(world)
    officer = world.person(*OFFICER)
    without = {"cookie": officer["cookie"], "x-assay-csrf": "x"}
    answer = sent(world, where(case) + "/final", without, revision=str(case.revision), consideration="No.")
    assert answer.status_code == 403
    elsewhere = world.client.post(
        where(case) + "/final",
        data={"csrf": officer["x-assay-csrf"], "revision": str(case.revision)},
        headers={"cookie": officer["cookie"], "origin": "https://evil.example"},
    )
    assert elsewhere.status_code == 403
    assert case_of(world, case.payload.value) == case


def test_an_unconfirmed_officer_confirms_and_loses_nothing(world: World) -> None:
    case = answered(world)
    officer = world.person(*OFFICER, confirmed=False, name="otto")
    text = "First.\nSecond <b>."
    held = sent(world, where(case) + "/final", officer, revision=str(case.revision), consideration=text)
    assert held.status_code == 403
    assert 'data-passkey="confirm"' in held.text
    assert f'action="{where(case)}/final"' in held.text
    assert "First.\nSecond &lt;b&gt;." in held.text
    assert case_of(world, case.payload.value) == case


def test_two_officers(world: World) -> None:
    world = World(OfficePolicy(four_eyes=True))
    case = answered(world)
    first, second = world.person(*OFFICER, name="ann"), world.person(*OFFICER, name="bob")
    judged = {
        "judge:lighthouse-rules@1#disclosure": "not_satisfied",
        "because:lighthouse-rules@1#disclosure": "I read it.",
    }
    sent(
        world, where(case) + "/final", first, revision=str(case.revision), consideration="Not enough.",
        reasons="It is a template.", **judged,
    )  # fmt: skip
    proposed = case_of(world, case.payload.value)
    assert "Approve</button>" not in world.client.get(where(case), headers=first).text
    page = world.client.get(where(case), headers=second).text
    for text in ("Approve</button>", "It is a template.", "I read it.", "Not enough.", "Contradicted"):
        assert text in page.partition('id="proposal"')[2].partition("</form>")[0]
    assert sent(world, where(case) + "/approval", first, revision=str(proposed.revision)).status_code == 403
    assert sent(world, where(case) + "/approval", second, revision=str(proposed.revision)).status_code == 303
    assert case_of(world, case.payload.value).stage == "determined"
    world.tick()
    public = world.client.get(f"/results/{case.payload.value}").text
    assert "What the office makes of it:</b> Not enough." in public


def test_a_second_officer_sees_what_referral_is_proposed(world: World) -> None:
    world = World(OfficePolicy(four_eyes=True))
    first, second = world.person(*OFFICER, name="ann"), world.person(*OFFICER, name="bob")
    case = answered(world)
    sent(world, where(case) + "/final", first, revision=str(case.revision), consideration="No.")
    revision = str(case_of(world, case.payload.value).revision)
    sent(world, where(case) + "/approval", second, revision=revision)
    world.tick()
    case = case_of(world, case.payload.value)
    sent(
        world,
        where(case) + "/refer",
        first,
        revision=str(case.revision),
        to="Harbour authority",
        reason="It fails for us.",
    )
    page = world.client.get(where(case), headers=second).text.partition('id="proposal"')[2]
    assert page.index("Harbour authority") < page.index("It fails for us.") < page.index("Approve</button>")


def test_a_provider_answers(world: World) -> None:
    case = handed_in(world)
    provider = world.person(Role.PROVIDER_ADMIN)
    overview = world.client.get("/overview", headers=provider).text
    assert where(case) in overview
    assert "until" in overview
    page = world.client.get(where(case), headers=provider).text
    assert "Send the answer" in page
    assert "Final determination" not in page
    done = sent(
        world, where(case) + "/response", provider, text=ANSWER, files={"files": ("a.txt", b"evidence")}
    )
    assert done.status_code == 303, done.text
    after = case_of(world, case.payload.value)
    assert (after.stage, len(after.supplied)) == ("answered", 1)
    again = sent(world, where(case) + "/response", provider, text=ANSWER, files={"files": ("", b"")})
    assert again.status_code == 422
    assert "there is no determination to answer" in again.text


def test_a_provider_submits_a_bundle(world: World) -> None:
    provider = world.person(Role.PROVIDER_ADMIN)
    tar = write_tar(services.bundle(1, services.incomplete))
    done = sent(world, "/submit", provider, files={"bundle": ("bundle.tar", tar)})
    assert done.status_code == 303, done.text
    world.tick()
    page = world.client.get(done.headers["location"], headers=provider).text
    assert "the contact lacks" in page
    twice = sent(world, "/submit", provider, files={"bundle": ("bundle.tar", tar)})
    assert twice.status_code == 409
    assert "was submitted before" in twice.text
    assert sent(world, "/submit", provider, files={"bundle": ("b", b"no tar")}).status_code == 400
    assert sent(world, "/submit", provider, files={"other": ("b", tar)}).status_code == 400
    assert sent(world, "/submit", world.person(Role.OFFICER), files={"bundle": ("b", tar)}).status_code == 403


@pytest.mark.parametrize(("act", "stage"), [("withdrawal", "withdrawn"), ("lapse", "under_response")])
def test_a_provider_takes_back(world: World, act: str, stage: str) -> None:
    case = handed_in(world)
    provider = world.person(Role.PROVIDER_ADMIN)
    assert sent(world, f"{where(case)}/{act}", provider, reason="No more.", versions="3").status_code == 303
    assert case_of(world, case.payload.value).stage == stage
    assert "No more." in world.client.get(where(case), headers=provider).text


def test_evidence_is_asked_for_by_digest_and_in_its_stage() -> None:
    world = World(NOBODY)
    case = handed_in(world, services.with_review)
    officer = world.person(*OFFICER)
    bad = sent(world, where(case) + "/request", officer, digests="sha256:x", revision=str(case.revision))
    assert bad.status_code == 400
    early = sent(world, where(case) + "/request", officer, digests="0" * 64, revision=str(case.revision))
    assert early.status_code == 422


def test_a_draw_that_is_due_is_run_once() -> None:
    world = World(NOBODY)
    officer, provider = world.person(*OFFICER), world.person(Role.PROVIDER_ADMIN)
    assert sent(world, "/draws", provider).status_code == 403
    assert sent(world, "/draws", officer).status_code == 303
    again = sent(world, "/draws", officer)
    assert again.status_code == 422
    assert "no draw is due" in again.text


@pytest.mark.parametrize("act", ["initial", "final", "approval", "rejection", "correction", "request", "withdrawal", "lapse", "response", "evidence"])  # fmt: skip
def test_a_stranger_finds_nothing(world: World, act: str) -> None:
    case = handed_in(world)
    stranger = world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG, name="sam")
    assert world.client.get(where(case), headers=stranger).status_code == 404
    files = {"files": ("a", b"a")} if act in ("response", "evidence") else None
    answer = sent(world, f"{where(case)}/{act}", stranger, files=files, revision="1", digests="", reason="x")
    assert answer.status_code in (403, 404)
    assert case_of(world, case.payload.value) == case
    for path in ("/overview", "/submissions", "/submissions.json", "/submissions.csv"):
        assert "lantern" not in world.client.get(path, headers=stranger).text
    assert world.client.get("/queue", headers=stranger).status_code == 403


def test_who_is_merely_named_does_not_look_inside(world: World) -> None:
    case = services.submitted(world.service, 1, services.contradicted)
    page = world.client.get(where(case), headers=world.person(Role.RELYING_PARTY_MEMBER)).text
    assert "Contradicted" in page
    assert "unfilled template" not in page
    assert "What happened" not in page


@pytest.mark.parametrize(
    "path", ["/queue", "/overview", "/submissions", "/submit", "/queue.csv", "/cases/" + "0" * 64]
)
def test_nobody_is_sent_to_log_in(world: World, path: str) -> None:
    answer = world.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"revision": "x"}, 400),
        ({"revision": "1" * 30}, 400),
        ({}, 400),
        ({"revision": "0"}, 422),
        ({"judge:a@1#b": "perhaps", "because:a@1#b": "x", "revision": "1"}, 400),
        ({"judge:a@1#b": "satisfied", "revision": "1"}, 422),
    ],
)
def test_decisions_that_are_none(world: World, values: dict[str, str], status: int) -> None:
    case = answered(world)
    answer = sent(world, where(case) + "/final", world.person(*OFFICER), consideration="x", **values)
    assert answer.status_code == status
    assert case_of(world, case.payload.value) == case


def test_hostile_names_are_text(world: World) -> None:
    case = handed_in(world, hostile)
    for path in (where(case), "/submissions", "/overview"):
        page = world.client.get(path, headers=world.person(Role.PROVIDER_ADMIN)).text
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "W" * 2000 not in page


def test_every_table_is_taken_away(world: World) -> None:
    answered(world)
    officer = world.person(*OFFICER)
    for path in ("/queue", "/submissions"):
        rows = json.loads(world.client.get(path + ".json", headers=officer).text)["rows"]
        assert [row["stage"] for row in rows] == ["answered"]
        assert "answered" in world.client.get(path + ".csv", headers=officer).text


def test_a_deadline_that_nears_is_said(world: World) -> None:
    handed_in(world)
    world.tick(timedelta(days=26))
    assert 'class="soon"' in world.client.get("/overview", headers=world.person(Role.PROVIDER_ADMIN)).text


def test_a_case_that_is_posted_links_its_result() -> None:
    world = World(NOBODY)
    drawn, case = not_sampled(world), posted(world, 2)
    for one in (drawn, case):
        page = world.client.get(where(one), headers=world.person(*OFFICER)).text
        assert f"/results/{one.payload.value}" in page
    stages = world.client.get("/submissions?stage=published", headers=world.person(*OFFICER)).text
    assert where(case) in stages


def test_a_case_that_was_referred_tells_to_whom(world: World) -> None:
    case = posted(world)
    lead = services.person(world.service, *OFFICER, name="lea")
    handed = Referral(to="Harbour court <b>", reason="It goes on being sold.", revision=case.revision)
    refer(world.service, lead, case.payload, handed)
    page = world.client.get(where(case), headers=world.person(*OFFICER))
    assert page.status_code == 200
    assert "Harbour court &lt;b&gt;" in page.text
    assert "It goes on being sold." in page.text
