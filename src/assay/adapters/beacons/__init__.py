"""Beacons: over HTTP, in a folder of rounds that somebody kept, and a simulated one."""

from datetime import datetime

from assay.errors import Malformed, Refused, Unavailable
from assay.register.beacon import Chain, RoundValue

MAX_DOCUMENT = 64 * 1024


class OfChain:
    """What a beacon says without being asked."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    @property
    def name(self) -> str:
        return self._chain.name

    def due(self, round_: int) -> datetime:
        return self._chain.due(round_)

    def round_after(self, moment: datetime) -> int:
        return self._chain.round_after(moment)


def opened(chain: Chain, document: bytes, round_: int, where: str) -> RoundValue:
    """Whatever is not the round that was asked for is as good as none: the beacon's, a relay's or a disk's fault."""
    try:
        return chain.open_(document, round_)
    except (Malformed, Refused) as error:
        raise Unavailable(f"{where} does not hold round {round_} of {chain.name}: {error}") from error
