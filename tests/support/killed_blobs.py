"""A process that is killed while it puts a document in pieces: ``python -m tests.support.killed_blobs STORE FOLDER ENDPOINT LENGTH``."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.stores_of_blobs import store
from tests.support.tile_servers import options_of

from assay.adapters.objects.bucket import BucketObjects
from assay.formats.digest import Digest

PIECE = 1 << 20
URL = "s3://tiles/killed"


def pieces(length: int) -> Iterator[bytes]:
    """All but the last, which never comes."""
    for _ in range(length // PIECE - 1):
        yield bytes(PIECE)
    os.kill(os.getpid(), signal.SIGKILL)


def main(name: str, folder: str, endpoint: str, length: str) -> None:
    with store(name, Path(folder), lambda: BucketObjects.at(URL, options_of(endpoint))) as blobs:
        blobs.put_pieces(Digest.sha256(bytes(int(length))), int(length), pieces(int(length)))


if __name__ == "__main__":
    main(*sys.argv[1:])
