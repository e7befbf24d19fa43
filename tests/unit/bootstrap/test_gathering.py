"""What the worker of an office records at the same time goes into one commit; each still hears its own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from tests.support import services
from tests.support.offices import PROVIDER

from assay.adapters.gathered import GatheredRegister
from assay.errors import AssayError, Refused
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.log import entry
from assay.office.ports import Appended, Register, Wanted
from assay.office.receive import receive
from assay.office.service import Act, act
from assay.register.leaf import Kind

COUNT = 6


class Watched:
    """A register that tells how many came together."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self.batches: list[int] = []
        self.size, self.checkpoint, self.leaf = register.size, register.checkpoint, register.leaf
        self.inclusion, self.consistency = register.inclusion, register.consistency
        self.publish, self.append = register.publish, register.append

    def append_many(self, wanted: Sequence[Wanted]) -> Sequence[Appended | AssayError]:
        self.batches.append(len(wanted))
        return self._register.append_many(wanted)


def test_what_is_recorded_at_the_same_time_is_one_commit() -> None:
    one = services.service()
    watched = Watched(one.office.register)
    gathered = GatheredRegister(watched, lambda: COUNT)
    made = [
        entry(
            one.office, Kind.COMPLETENESS, Digest.sha256(b"%d" % at), {"outcome": "complete"}, one.now(), None
        )
        for at in range(COUNT)
    ]
    with ThreadPoolExecutor(COUNT) as pool:
        found = list(pool.map(gathered.append, made))
    assert sum(watched.batches) == COUNT
    assert len(watched.batches) < COUNT
    for wanted, appended in zip(made, found, strict=True):
        assert one.office.register.leaf(appended.index) == wanted.leaf, "each is told of its own entry"


def test_who_is_refused_hears_it_and_nobody_else() -> None:
    one = services.service()
    first, other = (
        receive(one, services.provider(one), services.bundle(at), speaks_for=(PROVIDER,)) for at in (1, 2)
    )
    office = msgspec.structs.replace(one.office, register=GatheredRegister(one.office.register, lambda: 3))
    gathering = msgspec.structs.replace(one, office=office)

    def move(case: Case) -> Case | Refused:
        done = Act(kind=Kind.RESPONSE, document=Digest.sha256(b"an answer"))
        try:
            return act(gathering, case, done, one.now(), because="moved")
        except Refused as error:
            return error

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(move, (first, first, other)))
    assert sorted(type(answer).__name__ for answer in found) == ["Case", "Case", "Refused"]
    assert isinstance(found[2], Case)
    for case in (first, other):
        assert one.case(case.payload).revision == case.revision + 1
