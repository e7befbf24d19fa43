"""Rounds that somebody kept, a file each, named ``<round>.json`` as the beacon published it: to verify offline."""

from datetime import datetime
from pathlib import Path

from assay.adapters.beacons import MAX_DOCUMENT, opened
from assay.collect.files import read_plain
from assay.errors import Malformed, Unavailable
from assay.register.beacon import Chain, RoundValue


class FolderBeacon:
    """*chain* as far as its rounds are in *folder*, read only."""

    def __init__(self, folder: Path, chain: Chain) -> None:
        self._folder, self._chain = folder, chain

    @property
    def name(self) -> str:
        return self._chain.name

    def due(self, round_: int) -> datetime:
        return self._chain.due(round_)

    def round_after(self, moment: datetime) -> int:
        return self._chain.round_after(moment)

    def value(self, round_: int) -> RoundValue:
        self.due(round_)
        path = self._folder / f"{round_}.json"
        try:
            data = read_plain(path, limit=MAX_DOCUMENT)
        except Malformed as error:
            raise Unavailable(str(error)) from error
        return opened(self._chain, data, round_, str(path))
