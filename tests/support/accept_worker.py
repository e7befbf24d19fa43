"""An office that takes submissions in two processes until it is told to stop; it prints where."""

import sys
from functools import partial
from pathlib import Path
from socket import socket

import msgspec
from tests.support import offices
from tests.support.offices import LOG, ORIGIN

from assay.adapters.group_commit import GroupCommit
from assay.adapters.line.far import Recorder
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.system import SystemClock
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import AssayError, Unavailable
from assay.office.log import found
from assay.office.sequencer import Sequencer
from assay.web import accepting
from assay.web.intake import LIMITS, Submissions
from assay.web.serving import Address


def accept(folder: Path, near: socket) -> Submissions:
    if (folder / "refuse").exists():
        raise Unavailable("the blobs are not there")
    return Submissions(offices.office(), near, PackedBlobs(folder / "blobs"))


def tell(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


def main(folder: Path, port: int) -> None:
    blobs, ledger = PackedBlobs(folder / "blobs"), SqlLedger.sqlite(folder / "office.sqlite")
    tiles = FolderTiles.make(folder / "register")
    register = GroupCommit(Sequencer(ledger, tiles, LOG, ORIGIN, SystemClock()), every=0.05)
    office = msgspec.structs.replace(offices.office(), blobs=blobs, ledger=ledger, register=register)
    found(office)
    recorder = Recorder(register, blobs)
    try:
        accepting.serve(
            partial(accept, folder),
            Address("127.0.0.1", port),
            recorder,
            processes=2,
            ready=tell,
            limits=LIMITS,
        )
    finally:
        recorder.close()
        register.close()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    except AssayError as error:
        sys.exit(f"assay: {error}")
