"""More time on request, and who reads what is restricted, on pages."""

import re

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World
from tests.support.office_pages import case_of, handed_in, posted
from tests.unit.web.test_case_pages import sent, where

from assay.office.permission_table import Role

OFFICER = (Role.OFFICER, Role.OFFICER_LEAD)


@pytest.fixture
def world() -> World:
    return World()


def test_more_time_is_asked_for_and_given(world: World) -> None:
    case = handed_in(world)
    provider, officer = world.person(Role.PROVIDER_ADMIN), world.person(*OFFICER)
    assert "Ask for more time" in world.client.get(where(case), headers=provider).text
    assert sent(world, where(case) + "/more-time", provider, days="5", reason="Holidays.").status_code == 303
    asked = case_of(world, case.payload.value)
    page = world.client.get(where(case), headers=officer).text
    assert "Holidays." in page
    done = sent(
        world, where(case) + "/extension", officer, days="5", text="Granted.", revision=str(asked.revision)
    )
    assert done.status_code == 303, done.text
    given = case_of(world, case.payload.value)
    assert given.deadline is not None
    assert case.deadline is not None
    assert (given.deadline - case.deadline).days == 5
    assert sent(world, where(case) + "/more-time", provider, days="500", reason="x").status_code == 422


def test_a_party_asks_its_provider_lets_it_in_and_sees_it(world: World) -> None:
    case = services.submitted(world.service, 1, services.contradicted)
    party, provider = world.person(Role.RELYING_PARTY_MEMBER), world.person(Role.PROVIDER_ADMIN)
    assert "Ask to read its restricted artifacts" in world.client.get(where(case), headers=party).text
    assert sent(world, where(case) + "/access", party, reason="We run it.").status_code == 303
    page = world.client.get("/access", headers=provider).text
    assert "We run it." in page
    assert "Let them read" in page
    (act,) = re.findall(r"/access/[\w-]+/approval", page)
    assert sent(world, act, party, days="3").status_code == 403
    stranger = world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG, name="sam")
    assert sent(world, act, stranger, days="3").status_code == 404
    assert sent(world, act, provider, days="3").status_code == 303
    page = world.client.get("/access", headers=party).text
    assert "granted" in page
    assert "Who read what" not in page
    rows = world.client.get("/access/log.json", headers=provider).json()["rows"]
    assert [row["what"] for row in rows] == ["granted", "requested"]
    assert "We run it." not in world.client.get("/access", headers=stranger).text
    assert sent(world, act.replace("approval", "end"), party).status_code == 303


def test_who_is_not_named_asks_on_the_page_of_a_posted_result(world: World) -> None:
    case = posted(world)
    party, page = world.person(Role.RELYING_PARTY_MEMBER), f"/results/{case.payload.value}"
    act = f'action="{where(case)}/access"'
    assert act in world.client.get(page, headers=party).text
    for other in ({}, world.person(Role.PROVIDER_ADMIN), world.person(*OFFICER)):
        assert act not in world.client.get(page, headers=other).text
    assert sent(world, where(case) + "/access", party, reason="We run it.").status_code == 303
    assert "We run it." in world.client.get("/access", headers=world.person(Role.PROVIDER_ADMIN)).text
