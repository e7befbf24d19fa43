"""What only reads is made of one look at the office, and the next one looks again."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import msgspec
import pytest
from tests.support import applications
from tests.support.desks import World

from assay.office.service import Service
from assay.web.api.desk import Desk, one_look


def counting(world: World) -> tuple[Desk, list[Service]]:
    looked: list[Service] = []

    def live() -> Service:
        looked.append(world.service)
        return world.service

    return msgspec.structs.replace(world.desk, live=live), looked


@pytest.mark.parametrize("path", ["/results", "/draws", "/about", "/api/v1/results"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_one_look_for_each_answer(path: str, method: str) -> None:
    desk, looked = counting(World())
    client = applications.client(desk)
    for times in (1, 2):
        assert client.request(method, path).status_code == 200
        assert len(looked) == times


def test_threads_of_one_answer_share_it_and_offices_do_not() -> None:
    first, looked = counting(World())
    second, others = counting(World())
    with ThreadPoolExecutor(1) as pool, one_look():
        assert first.service is pool.submit(copy_context().run, lambda: first.service).result()
        assert second.service is not first.service
    assert (len(looked), len(others)) == (1, 1)
    assert first.service is first.service
    assert len(looked) == 3, "elsewhere each time anew"


def test_what_goes_on_afterwards_looks_anew() -> None:
    desk, looked = counting(World())
    with one_look():
        begun = copy_context()
        assert begun.run(lambda: desk.service) is desk.service
        assert len(looked) == 1
    begun.run(lambda: (desk.service, desk.service))
    assert len(looked) == 3
