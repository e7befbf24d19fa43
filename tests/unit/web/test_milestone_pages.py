"""The plan of action and milestones on the page of a case, and more time asked for: errors stand beside their fields."""

import re
from datetime import timedelta

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World
from tests.support.office_pages import case_of, handed_in
from tests.unit.web.test_case_pages import sent, where

from assay.office.case import Case
from assay.office.permission_table import Role


def test_planned_reported_on_and_met() -> None:
    world = World()
    case = services.submitted(world.service, 1, services.planned)
    provider, party = world.person(Role.PROVIDER_ADMIN), world.person(Role.RELYING_PARTY_MEMBER)
    page = world.client.get(where(case), headers=provider).text
    assert "Plan of action and milestones" in page
    assert "due" in page
    assert "design lead" in page
    seen = world.client.get(where(case), headers=party).text
    assert "Plan of action and milestones" in seen
    assert "design lead" not in seen
    act = f"{where(case)}/milestones/0"
    blank = sent(world, act, provider, text=" ", files={"files": ("", b"")})
    assert blank.status_code == 422
    assert re.search(r'id="report-0"[^>]* aria-invalid="true"', blank.text)
    assert "Say how far it is." in blank.text
    assert '<details class="more" open>' in blank.text
    files = {"files": ("minutes.txt", b"minutes")}
    assert sent(world, act, provider, text="Half of it.", files=files).status_code == 303
    world.tick(timedelta(days=60))
    provider = world.person(Role.PROVIDER_ADMIN)
    page = world.client.get(where(case), headers=provider).text
    assert "overdue" in page
    assert "Half of it." in page
    assert sent(world, act, provider, text="Done.", met="yes", files={"files": ("", b"")}).status_code == 303
    page = world.client.get(where(case), headers=provider).text
    assert ">met</span>" in page
    assert f'action="{act}"' not in page
    party = world.person(Role.RELYING_PARTY_MEMBER)
    assert sent(world, act, party, text="x", files={"files": ("", b"")}).status_code == 403
    assert (
        sent(world, act.replace("/0", "/7"), provider, text="x", files={"files": ("", b"")}).status_code
        == 404
    )


@pytest.fixture(scope="module")
def noticed() -> tuple[World, Case]:
    world = World()
    return world, handed_in(world)


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"days": "500", "reason": "x"}, "more-days", "A number of days from 1 to"),
        ({"days": "0", "reason": "x"}, "more-days", "A number of days from 1 to"),
        ({"days": "²", "reason": "x"}, "more-days", "A number of days from 1 to"),
        ({"days": "", "reason": "x"}, "more-days", "A number of days from 1 to"),
        ({"days": "5", "reason": " "}, "more-reason", "Say what you need the time for."),
        ({"days": "5", "reason": "x" * 2001}, "more-reason", "At most 2000 characters."),
    ],
)
def test_more_time_with_an_error(
    noticed: tuple[World, Case], values: dict[str, str], field: str, says: str
) -> None:
    world, case = noticed
    answer = sent(world, where(case) + "/more-time", world.person(Role.PROVIDER_ADMIN), **values)
    assert answer.status_code == 422
    assert re.search(
        rf'id="{field}"[^>]* aria-invalid="true" aria-describedby="{field}-problem"', answer.text
    )
    assert f'id="{field}-problem">{says}' in answer.text
    assert case_of(world, case.payload.value).more_time is None


def test_what_is_ahead_on_the_overview_and_what_is_overdue_in_the_queue() -> None:
    world = World()
    case = services.submitted(world.service, 1, services.planned)
    services.submitted(world.service, 2)
    link = f'<a href="{where(case)}#milestones">'

    def page(path: str, role: Role, organisation: str = "") -> str:
        return world.client.get(path, headers=world.person(role, organisation=organisation)).text

    assert link in page("/overview", Role.PROVIDER_ADMIN)
    assert 'due <time datetime="2026-12-01">' in page("/overview", Role.PROVIDER_ADMIN)
    assert link not in page("/overview", Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    assert link not in page("/queue", Role.OFFICER)
    world.tick(timedelta(days=29, hours=12))
    assert "was due" not in page("/overview", Role.PROVIDER_ADMIN)  # on its day
    world.tick(timedelta(days=1))
    for path, role in (("/overview", Role.PROVIDER_ADMIN), ("/queue", Role.OFFICER)):
        assert 'was due <time datetime="2026-12-01">' in page(path, role)
        assert page(path, role).count(link) == 1
    provider = world.person(Role.PROVIDER_ADMIN)
    done = sent(
        world, f"{where(case)}/milestones/0", provider, text="Done.", met="yes", files={"files": ("", b"")}
    )
    assert done.status_code == 303
    assert link not in page("/overview", Role.PROVIDER_ADMIN)
    assert link not in page("/queue", Role.OFFICER)
