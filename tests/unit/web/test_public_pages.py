"""What anybody sees of an office, and what not."""

import re

import msgspec
import pytest
from tests.support import services
from tests.support.desks import World
from tests.support.office_pages import ANSWER, answered, handed_in, hostile, not_sampled, posted
from tests.support.offices import NOW

from assay.formats.attestation import Attestation
from assay.formats.digest import Digest
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.office.sampling_policy import Sampling, Stratum
from assay.web.app.assets import assets
from assay.web.app.forms import local
from assay.web.app.public import named
from assay.web.app.shell import POLICY

NOBODY = OfficePolicy(sampling=Sampling(strata=(Stratum(name="all", take=0, of=10),), begin=NOW))
"""A draw is due at once, and draws nobody."""
PAGES = ("/", "/results", "/draws", "/about")


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_lets_nothing_foreign_in(world: World, path: str) -> None:
    answer = world.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "style=" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/results?product=lan", "/results.csv", "/results.json"])
def test_what_was_not_posted_is_nowhere(world: World, path: str) -> None:
    case = answered(world)
    found = world.client.get(path).text
    assert "lantern" not in found
    assert case.payload.value not in found
    assert world.client.get(f"/results/{case.payload.value}").status_code == 404
    posted_one = posted(world, 2)
    assert case.payload.value not in world.client.get(path).text
    assert ("lantern" in world.client.get(path).text) == (path not in ("/draws", "/about"))
    assert posted_one.published is not None


def test_a_result_with_the_answer_beside_it(world: World) -> None:
    case = posted(world)
    where = f"/results/{case.payload.value}"
    page = world.client.get(where).text
    assert "Contradicted" in page
    assert ANSWER.splitlines()[0] in page
    assert f"/api/v1{where}/result.dsse.json" in page
    for link in (f"/api/v1{where}/result.dsse.json", f"/api/v1{where}/receipt.json", "/api/v1/trust.json"):
        assert f'href="{link}"' in page
        assert world.client.get(link).status_code == 200
    assert world.client.get(where + "/verdict.json").json()["attestation"] == str(case.payload)
    assert "desk@lighthouse.test" not in page


def test_not_sampled_is_no_failure() -> None:
    world = World(NOBODY)
    case = not_sampled(world)
    assert case.result == "not_sampled"
    page = world.client.get(f"/results/{case.payload.value}").text
    assert "It did not fail." in page
    assert "Not sampled" in world.client.get("/").text
    draws = world.client.get("/draws").text
    assert "not verifiable against the operator" in draws
    assert "assay draw verify" in draws


def test_what_became_of_a_result_is_marked(world: World) -> None:
    case = posted(world)
    where = f"/api/v1/submissions/{case.payload.value}"
    provider = world.person(Role.PROVIDER_ADMIN)
    world.client.post(f"{where}/lapse", json={"reason": "", "versions": "3"}, headers=provider)
    world.client.post(f"{where}/withdrawal", json={"reason": ""}, headers=provider)
    page = world.client.get(f"/results/{case.payload.value}").text
    assert "Lapsed." in page
    assert "Withdrawn." in page


def test_what_was_posted_is_a_timeline_and_nothing_before_it(world: World) -> None:
    case = posted(world)
    where = f"/results/{case.payload.value}"

    def told() -> list[str]:
        part = world.client.get(where).text.split('<h2 id="posted">')[1].split("</ol>")[0]
        return re.findall(r"<b>(.*?)</p>", part)

    assert told() == ["The result was posted</b>: Contradicted"]
    provider = world.person(Role.PROVIDER_ADMIN)
    for what in ("lapse", "withdrawal"):
        world.client.post(
            f"/api/v1/submissions/{case.payload.value}/{what}", json={"reason": "x"}, headers=provider
        )
    assert [line.partition("<")[0] for line in told()] == [
        "The result was posted",
        "The provider gave notice: it holds no more for new versions",
        "The provider withdrew the attestation",
    ]


@pytest.mark.parametrize("query", ["sort=nothing", "order=up", "after=zz", "after=" + "x" * 3000])
def test_questions_that_are_none(world: World, query: str) -> None:
    answer = world.client.get(f"/results?{query}")
    assert answer.status_code == 400
    assert "<h1>" in answer.text
    assert answer.headers["content-security-policy"] == POLICY


def test_nothing_found_is_no_failure(world: World) -> None:
    assert "Nothing posted matches." in world.client.get("/results?provider=nobody").text


def test_pages_of_a_list(world: World) -> None:
    for serial in range(1, 28):
        posted(world, serial)
    first = world.client.get("/results").text
    assert first.count('<li class="row">') == 25
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = world.client.get(following).text
    assert second.count('<li class="row">') == 2
    assert "First page" in second
    assert len(world.client.get("/results.json").json()["rows"]) == 27


def test_hostile_names_are_text(world: World) -> None:
    case = handed_in(world, hostile)
    with_session = world.person(Role.OFFICER)
    assert case.product
    for path in (f"/results?product={case.product[:60]}", "/results?provider=%3Cscript%3E%E2%80%AE"):
        page = world.client.get(path, headers=with_session).text
        assert "<script>alert" not in page
        assert "\u202e" not in page


def test_assets_are_kept_and_nothing_else_is_served(world: World) -> None:
    for name in assets():
        answer = world.client.get(f"/assets/{name}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert world.client.get("/assets/office.css").status_code == 404
    assert world.client.get("/assets/..%2fshell.py").status_code == 404


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("/queue", "/queue"),
        ("/cases/1?x=2", "/cases/1?x=2"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\nx", "/"),
        ("", "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
def test_addresses_that_lead_elsewhere(said: str, path: str) -> None:
    assert local(said) == path


def test_an_ended_session_does_not_hide_what_is_public(world: World) -> None:
    headers = world.person(Role.PROVIDER_ADMIN)
    cookie = {"cookie": headers["cookie"] + "x"}
    assert world.client.get("/results", headers=cookie).status_code == 200
    assert "no-store" in world.client.get("/results", headers=headers).headers["cache-control"]


def packaged(one: Attestation) -> Attestation:
    false = services.contradicted(one)
    release = msgspec.structs.replace(false.releases[0], purl="pkg:pypi/lantern@2.1.0")
    return msgspec.structs.replace(false, releases=(release,))


WHEEL = Digest.sha256(services.WHEEL).value


@pytest.mark.parametrize(
    ("file", "finds"),
    [
        (f"sha256:{WHEEL}", True),
        (f" {WHEEL.upper()} ", True),
        ("pkg:pypi/lantern", True),
        ("pkg:pypi/lantern@2.1.0", True),
        ("pkg:pypi/lantern@2.1.1", False),
        ("0" * 64, False),
        ("0" * 128, False),
    ],
)
def test_a_result_is_found_by_file_and_package(world: World, file: str, finds: bool) -> None:
    case = posted(world, change=packaged)
    hidden = answered(world, 2, packaged)
    for path in ("/results", "/results.csv", "/results.json"):
        answer = world.client.get(path, params={"file": file})
        assert answer.status_code == 200
        assert (case.payload.value in answer.text) == finds
        assert hidden.payload.value not in answer.text
    found = world.client.get("/api/v1/results", params=named(file)).json()["items"]
    assert [one["id"] for one in found] == [case.payload.value] * finds
    officer = world.person(Role.OFFICER)
    found = world.client.get("/api/v1/submissions", params=named(file), headers=officer).json()["items"]
    assert len(found) == 2 * finds


@pytest.mark.parametrize("file", ["lantern", "sha256:0", "pkg:lantern", "crc32:00000000"])
def test_files_that_are_none(world: World, file: str) -> None:
    answer = world.client.get("/results", params={"file": file})
    assert answer.status_code in (400, 422)
    assert "<h1>" in answer.text


def test_only_an_office_with_a_beacon_says_that_it_cannot_steer_its_draws() -> None:
    without = World()
    assert "goes by no public beacon" in without.client.get("/draws").text
    assert "by a public beacon, not by the office" not in without.client.get("/").text
