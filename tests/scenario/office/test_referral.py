"""A case that failed is handed on: one archive that holds offline, by one officer or by two."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support import services
from tests.support.desks import World, problem

from assay.cli.app import run
from assay.formats import package as wire
from assay.formats.digest import Digest
from assay.office import erase, revalidate
from assay.office.case import Case
from assay.office.determine import Decision, decide_final
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.office.referral import approve

API = "/api/v1/submissions"
LEAD = (Role.OFFICER, Role.OFFICER_LEAD)
TO = {"to": "Attorney (fictional)", "reason": "It failed and goes on being sold."}


def failed(world: World) -> Case:
    """Posted, against the provider."""
    service = world.service
    case = services.submitted(service, 1, services.contradicted)
    services.tick(service, timedelta(days=31))
    revision = service.case(case.payload).revision
    decide_final(service, services.officer(service), case.payload, Decision(revision=revision))
    if service.policy.four_eyes:
        revision = service.case(case.payload).revision
        approve(service, services.officer(service, "otto"), case.payload, revision)
    services.tick(service)
    return service.case(case.payload)


def asked(world: World, case: Case, **more: object) -> dict[str, object]:
    return TO | {"revision": world.service.case(case.payload).revision} | more


@pytest.fixture
def world() -> World:
    return World()


def archive_of(world: World, case: Case, who: dict[str, str], number: int = 1) -> bytes:
    answer = world.client.get(f"{API}/{case.payload.value}/referrals/{number}/package.tar", headers=who)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-tar"), answer.text
    assert answer.headers["cache-control"] == "no-store"
    return bytes(answer.content)


def test_referred_and_verified_offline(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = failed(world)
    lead = world.person(*LEAD, name="lea")
    where = f"{API}/{case.payload.value}/referrals"
    answer = world.client.post(where, json=asked(world, case), headers=lead)
    assert answer.status_code == 201, answer.text
    (item,) = world.client.get(where, headers=lead).json()["items"]
    assert (item["number"], item["to"], item["reason"]) == (1, TO["to"], TO["reason"])
    data = archive_of(world, case, lead)
    assert str(Digest.sha256(data)) == item["package"]
    opened = wire.read(data)
    kinds = [one.kind for one in opened.manifest.files]
    for kind in (
        "attestation",
        "artifact",
        "result",
        "verdict",
        "notice",
        "determination",
        "receipt",
        "trust",
    ):
        assert kind in kinds, kind
    # Every entry but that of the referral itself.
    assert kinds.count("receipt") == len(world.service.case(case.payload).entries) - 1
    (withheld,) = opened.manifest.withheld
    assert "customer list" in withheld.reason
    file, trust = tmp_path / "case.tar", tmp_path / "trust.json"
    file.write_bytes(data)
    trust.write_bytes(world.service.office.trust)
    assert run(["verify", str(file), "--trust", str(trust)]) == 0
    assert "a referral package of" in capsys.readouterr().out
    file.write_bytes(data.replace(b"goes on being sold", b"went on being sold"))
    assert run(["verify", str(file), "--trust", str(trust)]) == 2


def test_who_is_entitled_gets_the_customer_list(world: World) -> None:
    case = failed(world)
    lead = world.person(*LEAD, name="lea")
    body = asked(world, case, restricted=True)
    assert (
        world.client.post(f"{API}/{case.payload.value}/referrals", json=body, headers=lead).status_code == 201
    )
    opened = wire.read(archive_of(world, case, lead))
    assert "customers.json" in opened.files
    assert opened.manifest.withheld == ()


def test_what_is_not_held_any_more_is_named(world: World) -> None:
    case = failed(world)
    world.service.sealed.erase(Digest.sha256(services.WHEEL))
    lead = world.person(*LEAD, name="lea")
    assert world.client.post(f"{API}/{case.payload.value}/referrals", json=asked(world, case), headers=lead).status_code == 201  # fmt: skip
    withheld = {one.digest: one.reason for one in wire.read(archive_of(world, case, lead)).manifest.withheld}
    assert "does not hold it" in withheld[str(Digest.sha256(services.WHEEL))]


def test_two_officers_where_the_policy_says_so() -> None:
    world = World(OfficePolicy(four_eyes=True))
    case = failed(world)
    where = f"{API}/{case.payload.value}"
    lea, otto = (world.person(*LEAD, name=name) for name in ("lea", "otto"))
    proposed = world.client.post(f"{where}/referrals", json=asked(world, case), headers=lea).json()
    assert (proposed["waits"], proposed["proposed"]) == ("officer", True)
    assert TO["to"] in proposed["because"]
    assert world.client.get(f"{where}/referrals", headers=lea).json()["items"] == []
    # It is looked at before the world is.
    assert revalidate.revalidate(world.service, world.service.case(case.payload)).proposal is not None
    seen = {"revision": proposed["revision"]}
    assert problem(world.client.post(f"{where}/approval", json=seen, headers=lea))[0] == 403
    assert problem(world.client.post(f"{where}/approval", json={"revision": 1}, headers=otto))[0] == 422
    done = world.client.post(f"{where}/approval", json=seen, headers=otto)
    assert (done.status_code, done.json()["waits"]) == (201, "nobody"), done.text
    assert done.json().get("proposed") is None
    (item,) = world.client.get(f"{where}/referrals", headers=lea).json()["items"]
    assert item["reason"] == TO["reason"]
    assert wire.read(archive_of(world, case, otto)).manifest.note == TO["reason"]


def test_a_second_officer_does_not_agree() -> None:
    world = World(OfficePolicy(four_eyes=True))
    case = failed(world)
    where = f"{API}/{case.payload.value}"
    lea, otto = (world.person(*LEAD, name=name) for name in ("lea", "otto"))
    proposed = world.client.post(f"{where}/referrals", json=asked(world, case), headers=lea).json()
    done = world.client.post(
        f"{where}/rejection", json={"revision": proposed["revision"]}, headers=otto
    ).json()
    assert (done["waits"], done.get("proposed"), done["stage"]) == ("nobody", None, "published")
    assert world.client.get(f"{where}/referrals", headers=otto).json()["items"] == []
    again = world.client.post(f"{where}/referrals", json=asked(world, case), headers=lea)
    assert again.status_code == 201, again.text


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"to": " "}, 422, "to whom"),
        ({"reason": ""}, 422, "to whom"),
        ({"to": "x" * 201}, 422, "200 characters"),
        ({"revision": 1}, 422, "moved meanwhile"),
        ({"revision": "one"}, 400, "revision"),
        ({"also": 1}, 400, "also"),
    ],
)
def test_bad_input(world: World, change: dict[str, object], code: int, said: str) -> None:
    case = failed(world)
    lead = world.person(*LEAD, name="lea")
    answer = world.client.post(
        f"{API}/{case.payload.value}/referrals", json=asked(world, case) | change, headers=lead
    )
    assert problem(answer)[0] == code
    assert said in answer.json()["detail"]
    assert world.service.case(case.payload).referred == ()


def test_what_did_not_fail_is_not_referred(world: World) -> None:
    case = services.submitted(world.service, 1, services.contradicted)
    lead = world.person(*LEAD, name="lea")
    where = f"{API}/{case.payload.value}/referrals"
    assert problem(world.client.post(where, json=asked(world, case), headers=lead)) == (422, "Refused")
    assert problem(world.client.get(f"{where}/1/package.tar", headers=lead)) == (422, "Refused")
    assert problem(world.client.get(f"{where}/0/package.tar", headers=lead))[0] == 400


def test_an_erased_case_leaves_no_archive(world: World) -> None:
    case = failed(world)
    lead = world.person(*LEAD, name="lea")
    world.client.post(f"{API}/{case.payload.value}/referrals", json=asked(world, case), headers=lead)
    data = archive_of(world, case, lead)
    gone, _ = erase._documents(world.service, world.service.case(case.payload))
    assert Digest.sha256(data) in gone
