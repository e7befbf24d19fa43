"""A relying party brings its inventory and sees what stands behind it: from what was posted and what names it, and no more."""

from datetime import timedelta

import msgspec
import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World, problem
from tests.support.offices import PROVIDER
from tests.support.services import CUSTOMER_ORG

from assay.formats.case_documents import Judgement
from assay.formats.digest import Digest
from assay.office.determine import Decision, decide_final, decide_initial
from assay.office.identity.organisation import Kind, Organisation
from assay.office.permission_table import Role

API = "/api/v1/inventory"
CSV = {"content-type": "text/csv"}
TABLE = f"""provider,product,version,sha256,owner
{PROVIDER},lantern,2.1.0,,pier
{PROVIDER},lantern,9.9,,pier
Somebody Else,oar,1,,
,,,{Digest.sha256(services.WHEEL).value},
""".encode()
STRANGER = "org-stranger"


@pytest.fixture
def world() -> World:
    made = World()
    with made.identity.identities.change() as rows:
        rows.add(Organisation(id=STRANGER, name="Stranger (fictional)", kind=Kind.RELYING_PARTY))
    return made


def party(world: World, organisation: str = CUSTOMER_ORG) -> dict[str, str]:
    return world.person(Role.RELYING_PARTY_MEMBER, organisation=organisation, name=organisation)


def brought(world: World, organisation: str = CUSTOMER_ORG, data: bytes = TABLE) -> dict[str, str]:
    headers = party(world, organisation)
    answer = world.client.put(API, content=data, headers=headers | CSV)
    assert answer.status_code == 200, answer.text
    return headers


def looked(world: World, headers: dict[str, str]) -> list[tuple[str, str]]:
    """Answer, and the result of the strongest match."""
    items = world.client.get(f"{API}/portfolio", headers=headers).json()["items"]
    return [(one["answer"], (one["matches"] or [{}])[0].get("result", "")) for one in items]


def says(world: World, headers: dict[str, str], since: str = "2026-01-01T00:00:00Z") -> list[str]:
    found = world.client.get(f"{API}/changes", params={"since": since}, headers=headers).json()
    return [event["says"] for one in found if one["item"]["at"] == "line 2" for event in one["events"]]


def test_before_and_after_a_result_is_posted(world: World) -> None:
    named, stranger = brought(world), brought(world, STRANGER)
    assert looked(world, named) == [("none", "")] * 4
    service = world.service
    case = services.submitted(service, 1, services.contradicted)
    assert looked(world, named) == [
        ("matched", "under_response"), ("related", "under_response"), ("none", ""), ("matched", "under_response"),
    ]  # fmt: skip
    assert looked(world, stranger) == [("none", "")] * 4
    assert says(world, stranger) == []
    assert says(world, named)[-1] == "the office sent a notice"
    services.tick(service, timedelta(days=31))
    revision = service.case(case.payload).revision
    decide_final(service, services.officer(service), case.payload, Decision(revision=revision))
    services.tick(service)
    named, stranger = party(world), party(world, STRANGER)  # a month later they log in again
    for who in (named, stranger):
        assert looked(world, who)[0] == ("matched", "contradicted")
    assert says(world, stranger) == ["a result was posted"]
    assert "evidence or a response came in" not in says(world, named)
    assert says(world, stranger, since="2027-01-01T00:00:00Z") == []


def test_what_is_decided_after_a_result_was_posted_is_not_public(world: World) -> None:
    """A reopened case is under response again: the public sees what was posted, and nothing else."""
    stranger, service = brought(world, STRANGER), world.service
    posted = posted_case(world)
    assert looked(world, stranger)[0] == ("matched", "validated")
    officer = services.officer(service)
    judgement = {
        "requirement": services.DISCLOSURE, "verdict": "not_satisfied", "reason": "the address does not exist",
    }  # fmt: skip
    reopened = decide_initial(
        service, officer, posted, Decision(judgements=(as_judgement(judgement),), revision=service.case(posted).revision)
    )  # fmt: skip
    services.tick(service)
    assert reopened.result == "contradicted"
    assert service.case(posted).stage == "under_response"
    assert looked(world, stranger)[0] == ("matched", "validated")
    assert says(world, stranger) == ["a result was posted"]
    public = world.client.get(f"/api/v1/results/{posted.value}").json()
    assert public["result"] == "validated"


def posted_case(world: World) -> Digest:
    service = world.service
    case = services.submitted(service, 1)
    revision = service.case(case.payload).revision
    decide_initial(service, services.officer(service), case.payload, Decision(revision=revision))
    services.tick(service)
    assert service.case(case.payload).stage == "published"
    return case.payload


def as_judgement(values: dict[str, str]) -> Judgement:

    return msgspec.convert(values, Judgement)


def test_an_inventory_is_nobody_elses(world: World) -> None:
    brought(world)
    stranger = party(world, STRANGER)
    assert world.client.get(API, headers=stranger).json() == {"items": [], "next": None}
    assert world.client.get(f"{API}/import", headers=stranger).json() is None
    brought(world, STRANGER, b"product\r\nbell\r\n")
    own = world.client.get(API, headers=party(world)).json()["items"]
    assert [one.get("product", "") for one in own] == ["lantern", "lantern", "oar", ""]
    provider = world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    assert problem(world.client.get(API, headers=provider)) == (403, "Forbidden")


def test_a_broken_line_leaves_what_was_there(world: World) -> None:
    headers = brought(world)
    answer = world.client.put(API, content=TABLE + b"x,y,1,nohash,\r\n", headers=headers | CSV)
    assert problem(answer) == (400, "Faulty")
    assert "line 6" in answer.json()["detail"]
    (fault,) = answer.json()["faults"]
    assert (fault["at"], answer.json()["count"]) == ("line 6", 1)
    assert "sha256" in fault["reason"]
    assert world.client.get(f"{API}/import", headers=headers).json()["items"] == 4
    other = world.client.put(API, content=b"x", headers=headers | {"content-type": "text/plain"})
    assert problem(other) == (400, "Malformed")


def test_of_many_broken_lines_the_first_are_told_and_all_are_counted(world: World) -> None:
    headers = brought(world)
    rows = [f"x,y,{n},{'nohash' if n % 5 == 3 else ''}," for n in range(2, 2002)]
    table = "\n".join(["provider,product,version,sha256,owner", *rows]).encode()
    answer = world.client.put(API, content=table, headers=headers | CSV)
    assert problem(answer) == (400, "Faulty")
    told = answer.json()
    assert told["count"] == 400
    assert [one["at"] for one in told["faults"]] == [f"line {n}" for n in range(3, 503, 5)]
    assert len(answer.content) < 50_000
    assert world.client.get(f"{API}/import", headers=headers).json()["items"] == 4


def test_another_problem_has_no_list_of_faults(world: World) -> None:
    answer = world.client.put(API, content=b"x", headers=party(world) | {"content-type": "text/plain"})
    assert set(answer.json()) == {"type", "title", "status", "detail", "error"}


def test_a_bill_and_tables(world: World) -> None:
    headers = party(world)
    bill = b"""{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [
        {"type": "library", "bom-ref": "a", "name": "lantern", "version": "2.1.0",
         "supplier": {"name": "Lighthouse Works (fictional)"}}]}"""
    kind = {"content-type": "application/vnd.cyclonedx+json"}
    assert world.client.put(API, content=bill, headers=headers | kind).json()["items"] == 1
    posted_case(world)
    for path, has in (("", "lantern"), ("/portfolio", "matched,validated,name"), ("/changes", "was posted")):
        answer = world.client.get(API + path, params={"format": "csv"}, headers=headers)
        assert answer.headers["content-type"].startswith("text/csv"), answer.text
        assert has in answer.text
    page = world.client.get(f"{API}/portfolio", params={"limit": 1}, headers=headers).json()
    assert (len(page["items"]), page["next"]) == (1, None)
