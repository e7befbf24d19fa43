"""Rounds that somebody kept, a file each, named ``<round>.json`` as the beacon published it: to verify offline."""

from pathlib import Path

from assay.adapters.beacons import MAX_DOCUMENT, OfChain, opened
from assay.collect.files import read_plain
from assay.errors import Malformed, Unavailable
from assay.register.beacon import Chain, RoundValue


class FolderBeacon(OfChain):
    """*chain* as far as its rounds are in *folder*, read only."""

    def __init__(self, folder: Path, chain: Chain) -> None:
        super().__init__(chain)
        self._folder = folder

    def value(self, round_: int) -> RoundValue:
        self.due(round_)
        path = self._folder / f"{round_}.json"
        try:
            data = read_plain(path, limit=MAX_DOCUMENT)
        except Malformed as error:
            raise Unavailable(str(error)) from error
        return opened(self._chain, data, round_, str(path))
