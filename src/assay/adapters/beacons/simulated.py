"""A beacon for tests and trials: its values follow from its label, so whoever reads this can foretell them."""

import hashlib
from datetime import datetime

from assay.errors import Unavailable
from assay.formats import strict_json, times
from assay.office.ports import Clock
from assay.register.beacon import RoundValue, Schedule


class SimulatedBeacon:
    """Rounds from 1, the first at *start*, one each *every_s* seconds; none is told before the *clock* has reached it."""

    def __init__(self, label: str, clock: Clock, *, start: datetime, every_s: int = 60) -> None:
        self._label, self._clock = label, clock
        self._schedule = Schedule(int(start.timestamp()), every_s, 1)

    @property
    def name(self) -> str:
        return f"simulated:{self._label}"

    def due(self, round_: int) -> datetime:
        return self._schedule.due(round_)

    def round_after(self, moment: datetime) -> int:
        return self._schedule.round_after(moment)

    def value(self, round_: int) -> RoundValue:
        due = self.due(round_)
        if self._clock.now() < due:
            raise Unavailable(f"round {round_} of {self.name} is due {times.encode(due)}")
        value = hashlib.sha256(f"{self.name} {round_}".encode()).digest()
        document = strict_json.encode({"round": round_, "value": value.hex()})
        return RoundValue(beacon=self.name, round=round_, value=value, document=document)
