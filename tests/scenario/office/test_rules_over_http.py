"""By which rules an office goes is public, and named by digest as verdicts and draws name it."""

from typing import Any

import pytest
from tests.support import services
from tests.support.desks import World, problem

from assay.formats.digest import Digest
from assay.office.office_policy import OfficePolicy
from assay.office.triage import verdict_of
from assay.validation.policy import Policy

API = "/api/v1"


@pytest.fixture
def world() -> World:
    return World(OfficePolicy(name="Harbour rules", response_days=21))


def got(world: World, path: str) -> Any:
    answer = world.client.get(API + path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "public, max-age=60"
    return answer


def test_documents_are_what_their_digests_say(world: World) -> None:
    rules = got(world, "/policy").json()
    office, judging = got(world, "/policy/office.json").content, got(world, "/policy/judging.json").content
    assert OfficePolicy.parse(office).response_days == 21
    assert rules["officePolicy"] == str(Digest.sha256(office)) == str(world.service.policy.digest)
    assert rules["policy"] == str(Digest.sha256(judging))
    assert Policy.parse(judging, what="policy").encode() == judging
    assert rules["snapshot"] == ""
    (item,) = got(world, "/packs").json()["items"]
    assert (item["ref"], item["status"], item["requirements"]) == (services.PACK, "in_force", 2)
    pack = got(world, f"/packs/{services.PACK}")
    assert pack.headers["content-type"].startswith("application/yaml")
    assert pack.content == services.PACK_DATA
    assert (
        rules["packs"] == {services.PACK: item["digest"]} == {services.PACK: str(Digest.sha256(pack.content))}
    )


def test_a_verdict_names_the_same(world: World) -> None:
    case = services.submitted(world.service)
    inputs = {one.name: one.digest for one in verdict_of(world.service, case).inputs}
    rules = got(world, "/policy").json()
    assert inputs["policy"] == rules["policy"]
    assert inputs[f"pack:{services.PACK}"] == rules["packs"][services.PACK]


def test_what_is_not_there(world: World) -> None:
    assert problem(world.client.get(f"{API}/packs/other@1")) == (404, "Hidden")
    assert problem(world.client.get(f"{API}/packs/other"))[0] == 400
    again = world.client.get(
        f"{API}/policy", headers={"if-none-match": got(world, "/policy").headers["etag"]}
    )
    assert again.status_code == 304
    table = got(world, "/packs?format=csv").text.splitlines()
    assert (table[0].split(",")[0], len(table)) == ("ref", 2)
