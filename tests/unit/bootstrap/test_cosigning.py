"""A service's checkpoints are cosigned as they are published; a witness that knows more stops it."""

from collections.abc import Callable

import pytest
from tests.support import offices
from tests.support.signing import private
from tests.support.witnesses import MemoryWitnessState, Near, policy

from assay.adapters.observing.log import Log
from assay.adapters.observing.metrics import Metrics
from assay.bootstrap.cosigning import Rounds, _loop
from assay.bootstrap.observing import Observed
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.log import entry
from assay.office.office import Office
from assay.office.sequencer import Sequencer
from assay.register.leaf import Kind
from assay.register.quorum import Quorum
from assay.tlog.ports import Witness as Asked
from assay.tlog.witness import Witness

NAMES = ("witness.example/w1", "witness.example/w2")


class Away:
    def add_checkpoint(
        self, old: int, proof: tuple[bytes, ...], checkpoint: bytes
    ) -> tuple[bytes, ...] | int:
        raise Unavailable("is away")


class World:
    def __init__(self) -> None:
        self.text = ""
        self.office: Office = offices.office()
        self.seen = Observed(Log(self._write, self.office.clock.now, level="debug"), Metrics())
        now = int(offices.NOW.timestamp())
        keys = offices.LOG.public(offices.ORIGIN)
        self.near: dict[str, Asked] = {
            f"{name.rpartition('/')[2]}-{kind}": Near(
                Witness(
                    name,
                    (private("ed25519", name), private("ml-dsa-44", name)),
                    {offices.ORIGIN: keys},
                    MemoryWitnessState(),
                    lambda: now,
                )
            )
            for name in NAMES
            for kind in ("ed",)
        }
        self.quorum = Quorum.parse(policy(*NAMES))

    def _write(self, line: str) -> None:
        self.text += line

    @property
    def register(self) -> Sequencer:
        assert isinstance(self.office.register, Sequencer)
        return self.office.register

    def rounds(self, asked: dict[str, Asked] | None = None) -> Rounds:
        return Rounds(self.quorum, asked if asked is not None else self.near, self.seen)

    def more(self) -> None:
        document = Digest.sha256(self.office.entropy.bytes(8))
        self.register.append(entry(self.office, Kind.NOTICE, document, {}, self.office.clock.now(), None))

    def count(self, witness: str, outcome: str) -> float | None:
        labels = {"witness": witness, "outcome": outcome}
        return self.seen.metrics.registry.get_sample_value("assay_witness_cosigned_total", labels)


def test_each_checkpoint_is_cosigned_once() -> None:
    world = World()
    rounds = world.rounds()
    told = rounds.once(world.register)
    assert told is not None
    assert (told.failed, told.alarms, set(told.cosigned)) == ((), (), set(world.near))
    assert rounds.once(world.register) is None
    world.more()
    world.register.publish()
    again = rounds.once(world.register)
    assert again is not None
    assert set(again.cosigned) == set(world.near)
    assert world.count("w1-ed", "cosigned") == 2
    assert world.register.published() == again.note


def test_one_that_is_away_is_asked_again() -> None:
    world = World()
    asked: dict[str, Asked] = {**world.near, "w2-ed": Away()}
    rounds = world.rounds(asked)
    for _ in range(2):
        told = rounds.once(world.register)
        assert told is not None
        assert [one.witness for one in told.failed] == ["w2-ed"]
    assert (world.count("w2-ed", "failed"), '"witness":"w2-ed"' in world.text) == (2, True)


def test_one_that_knows_more_stops_the_register() -> None:
    world, other = World(), World()
    other.near = world.near
    world.rounds().once(world.register)
    for _ in range(3):
        world.more()
    world.rounds().once(world.register)
    with pytest.raises(Unavailable, match="until a person has looked"):
        other.rounds().once(other.register)
    assert other.count("any", "alarm") == 1
    with pytest.raises(Unavailable, match="until a person has looked"):
        other.more()


def test_the_loop_goes_on_while_nobody_leads_and_after_failures() -> None:
    world = World()
    turns: list[Callable[[], Sequencer | None]] = [
        lambda: None,
        lambda: world.register,
        lambda: world.register,
    ]

    class Register:
        @property
        def leading(self) -> Sequencer | None:
            return turns.pop(0)()

    waited: list[float] = []

    def ended(seconds: float) -> bool:
        waited.append(seconds)
        return not turns

    rested: list[int] = []
    _loop(world.rounds(), Register(), lambda: rested.append(1), ended, 5.0)
    assert rested
    assert world.count("w1-ed", "cosigned") == 1
    assert waited == [5.0] * 4
