"""Rows of a list of customers come and go one by one, and none is lost between two people who change it at once."""

from collections.abc import Callable

import msgspec
import pytest
from tests.support import services
from tests.support.services import provider, submitted

from assay.adapters.memory import MemoryBlobs
from assay.errors import Refused
from assay.formats import customers as customer_list
from assay.formats.customers import Customer, row_digest
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.keep_customers import add, remove
from assay.office.service import Service

PIER, QUAY = (Customer(name=f"{name} (fictional)", salt=name[0] * 64) for name in ("ab Pier", "cd Quay"))


class Meanwhile(MemoryBlobs):
    """When the list is read, something else happens once."""

    then: Callable[[], object] | None = None

    def get(self, digest: Digest) -> bytes:
        if (then := self.then) is not None:
            self.then = None
            then()
        return super().get(digest)


def names(one: Service, case: Case) -> list[str]:
    (*_, newest) = one.case(case.payload).customer_lists
    return [row.name for row in customer_list.parse(one.office.blobs.get(newest)).customers]


def set_up() -> tuple[Service, Meanwhile, Case]:
    """A service with a case whose list has a row; and its blobs."""
    blobs = Meanwhile()
    made = services.service()
    one = msgspec.structs.replace(
        made, sealed=blobs, office=msgspec.structs.replace(made.office, blobs=blobs)
    )
    case = submitted(one, 1, services.contradicted)
    add(one, provider(one), case.payload, PIER, lambda _: ())
    return one, blobs, case


def adds(one: Service, case: Case) -> Case:
    return add(one, provider(one), case.payload, QUAY, lambda _: ())


def removes(one: Service, case: Case) -> Case:
    return remove(one, provider(one), case.payload, row_digest(PIER), lambda _: ())


@pytest.mark.parametrize(
    ("first", "second", "between"),
    [(adds, removes, ["ab Pier (fictional)", "cd Quay (fictional)"]), (removes, adds, [])],
)
def test_what_came_between_reading_and_replacing_is_not_lost(
    first: Callable[[Service, Case], Case], second: Callable[[Service, Case], Case], between: list[str]
) -> None:
    one, blobs, case = set_up()
    blobs.then = lambda: first(one, case)
    with pytest.raises(Refused, match="look at it again"):
        second(one, case)
    assert names(one, case) == between
    second(one, case)
    assert names(one, case) == ["cd Quay (fictional)"]
