"""How much memory a process needs to complete an upload: ``python -m tests.support.memory_of_upload STORE FOLDER ENDPOINT LENGTH``.

Prints by how many bytes the process grew meanwhile, at most. Linux.
"""

import hashlib
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.support.held import Held
from tests.support.stores_of_blobs import store
from tests.support.tile_servers import options_of

from assay.adapters.memory import FixedClock
from assay.adapters.memory_uploads import MemoryUploads
from assay.adapters.objects.bucket import BucketObjects
from assay.adapters.system import SystemEntropy
from assay.formats.digest import Digest
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.office.ports import Blobs
from assay.office.upload import Reception, append, begin, finish
from assay.office.uploads import Upload

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PIA = Caller(at=NOON, id="account:pia", account="pia", organisation="org", roles=frozenset({Role.PROVIDER_MEMBER}))  # fmt: skip
PIECE = 1 << 20


def sent(at: Reception, length: int) -> Upload:
    """All of it but its end."""
    piece = bytes(range(256)) * (PIECE // 256)
    whole = hashlib.sha256()
    for _ in range(length // PIECE):
        whole.update(piece)
    found = begin(at, PIA, Digest.of("sha256", whole.hexdigest()), length)
    while found.offset < length:
        found = append(at, PIA, found.id, found.offset, piece)
    return found


def memory(what: str) -> int:
    """Bytes: ``VmRSS`` now, ``VmHWM`` at most since :func:`forget`."""
    found = re.search(rf"^{what}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def forget() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def grown(blobs: Blobs, length: int) -> int:
    held = Held()
    held.most = 1 << 40
    at = Reception(
        uploads=MemoryUploads(), blobs=blobs, holdings=held, clock=FixedClock(NOON), entropy=SystemEntropy()
    )
    # What is loaded and made once is not the document's.
    finish(at, PIA, sent(at, 7 * PIECE).id)
    found = sent(at, length)
    forget()
    before = memory("VmRSS")
    assert finish(at, PIA, found.id).complete
    return memory("VmHWM") - before


def main(name: str, folder: str, endpoint: str, length: str) -> None:
    with store(
        name, Path(folder), lambda: BucketObjects.at("s3://tiles/memory", options_of(endpoint))
    ) as blobs:
        sys.stdout.write(f"{grown(blobs, int(length))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
