"""Where bars end and dots sit."""

from datetime import timedelta

import msgspec
import pytest
from tests.support.desks import World
from tests.support.office_pages import answered

from assay.office.dossier import history
from assay.web.app import pictures

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_dots_lie_in_the_picture_and_in_order(world: World) -> None:
    case = answered(world)
    found = history(world.service, case)
    later = case.received + 10 * DAY
    made = pictures.course(found, msgspec.structs.replace(case, deadline=later), case.received + 5 * DAY)
    places = [dot.x for dot in made.dots]
    assert places == sorted(places)
    assert made.end is not None
    assert pictures.EDGE <= places[0] <= made.now < made.end <= pictures.WIDTH - pictures.EDGE
    assert "provider" in made.dots[0].kind


def test_a_case_of_one_moment(world: World) -> None:
    case = answered(world, 2)
    made = pictures.course((), case, case.received)
    assert (made.dots, made.now, made.end) == ((), pictures.EDGE, None)


def test_stages_stand_one_after_the_other() -> None:
    parts = pictures.stages({"published": 3, "submitted": 2})
    assert [(part.name, part.start, part.count) for part in parts] == [
        ("submitted", 0, 2),
        ("published", 2, 3),
    ]
    assert pictures.stages({}) == ()


def test_ages(world: World) -> None:
    case = answered(world, 3)
    now = case.changed
    cases = [msgspec.structs.replace(case, changed=now - age) for age in (HOUR, 3 * DAY, 3 * DAY, 40 * DAY)]
    assert [bar.count for bar in pictures.ages(cases, now)] == [1, 2, 0, 0, 1]
    assert [bar.share for bar in pictures.ages(cases, now)] == [50, 100, 0, 0, 50]
    assert pictures.ages((), now)[0].share == 0
    shares = pictures.waits(cases, now)
    assert (shares[3], shares[0]) == (100, 2)
    assert pictures.waits((), now) == []


@pytest.mark.parametrize(("left", "said"), [(8 * DAY, ""), (2 * DAY, "soon"), (-HOUR, "late")])
def test_urgency(world: World, left: timedelta, said: str) -> None:
    case = answered(world, 4 + abs(left.days))
    assert pictures.urgency(msgspec.structs.replace(case, deadline=case.changed + left), case.changed) == said


@pytest.mark.parametrize(
    ("time", "said"), [(HOUR / 2, "under an hour"), (47 * HOUR, "47 h"), (3 * DAY, "3 days")]
)
def test_ago(time: timedelta, said: str) -> None:
    assert pictures.ago(time) == said
