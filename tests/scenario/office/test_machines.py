"""Two machines over one PostgreSQL and one bucket; what they stand on goes and comes back; a disk that is full."""

import resource
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.scenario.office.test_processes import bundle, settled
from tests.support.killing import family
from tests.support.office_processes import TOKEN, Process, introduce, serving
from tests.support.postgres import Cluster
from tests.support.tile_servers import Bucket

from assay.adapters.tiles.http import HttpTiles
from assay.formats.digest import Digest
from assay.register import leaf, merkle
from assay.register.leaf import Kind
from assay.register.receipt import Receipt
from assay.tlog.publish import published
from assay.tlog.read import TileReader
from assay.trust.root import TrustRoot

PATIENCE_S = 60.0


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    made = Bucket()
    yield made
    made.gone()


def settings(bucket: Bucket, folder: Path) -> dict[str, str]:
    secret = folder / "bucket-secret"
    secret.write_text(bucket.options["secret_access_key"])
    secret.chmod(0o600)
    return {
        "ASSAY_OFFICE_STORES_BLOBS": "s3://tiles/documents",
        "ASSAY_OFFICE_STORES_TILES": "s3://tiles/register",
        "ASSAY_OFFICE_STORES_ENDPOINT": bucket.options["endpoint"],
        "ASSAY_OFFICE_STORES_REGION": bucket.options["region"],
        "ASSAY_OFFICE_STORES_ACCESS_KEY_ID": bucket.options["access_key_id"],
        "ASSAY_OFFICE_STORES_SECRET_KEY_FILE": str(secret),
    }


def until(what: Callable[[], Any], *, patience_s: float = PATIENCE_S) -> Any:
    """What *what* comes to, once it is something."""
    end = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)
    return found


def accepted(one: Process, serial: int) -> str:
    status, document = one.submit(bundle(serial))
    assert status == 201, document
    return str(document["submission"]["id"])


def again(one: Process, serial: int) -> str:
    """Sent until it is taken, as a provider's CI does. That it is there already is as good."""

    def taken() -> str:
        status, document = one.submit(bundle(serial))
        assert status in (201, 409, 503), document
        return str(document["submission"]["id"]) if status == 201 else "there" if status == 409 else ""

    return str(until(taken))


def verified(one: Process, keys: TrustRoot, payloads: set[str]) -> None:
    """The register as *one* hands it out is whole, and holds just those submissions."""
    (log,) = keys.logs
    tiles = HttpTiles(f"{one.url}/register/")

    def complete() -> bool:
        signed = published(tiles, log.keys)
        assert signed is not None
        size, root = signed.checkpoint.size, signed.checkpoint.root
        leaves = list(TileReader(tiles, size, root).entries(0, size))
        assert merkle.root_of([merkle.leaf_hash(entry) for entry in leaves]) == root
        entries = [leaf.open_(entry, log.keys) for entry in leaves]
        handed = [entry.digests[0] for entry in entries if entry.kind is Kind.SUBMISSION]
        assert len(handed) == len(set(handed))
        return set(handed) == {Digest.of("sha256", payload) for payload in payloads}

    try:
        until(complete)
    finally:
        tiles.close()


def trusted(one: Process) -> TrustRoot:
    """As its administrator has it."""
    return TrustRoot.parse((one.data / "trust.json").read_bytes())


@contextmanager
def second(first: Process, folder: Path, **more: Any) -> Iterator[Process]:
    """Another machine: with what docs/guides/operator.md says to copy, and nothing else of the first."""
    data = folder / "second"
    shutil.copytree(first.data / "keys", data / "keys")
    (data / "office").mkdir()
    for name in ("trust.json", "office/origin"):
        shutil.copy(first.data / name, data / name)
    with serving(folder, data=data, **more) as made:
        yield made


def test_two_machines_and_what_they_stand_on(
    tmp_path: Path, postgres: Cluster, database: str, bucket: Bucket
) -> None:
    given = {"database": database, "settings": settings(bucket, tmp_path)}
    with serving(tmp_path, **given) as one:
        introduce(database=database)
        with second(one, tmp_path, **given) as other:
            there = {accepted(one, 1), accepted(other, 2)}
            for machine in (one, other):
                assert settled(machine, 2).keys() == there
                verified(machine, trusted(one), there)
            assert not [path for path in (other.data / "office").rglob("*") if path.suffix == ".sqlite"]

            bucket.gone()
            status, document = one.submit(bundle(3))
            assert (status, document["error"]) == (503, "Unavailable"), document
            assert "fictional" not in document["detail"]
            until(lambda: one.ask("GET", "/readyz")[0] == 503)
            bucket.back()
            there |= {accepted(machine, serial) for machine, serial in ((one, 3), (other, 4))}
            until(lambda: one.ask("GET", "/readyz")[0] == 200)

            postgres.stop()
            for machine in (one, other):
                assert machine.submit(bundle(5))[0] == 503
                assert machine.ask("GET", "/api/v1/submissions", headers=TOKEN)[0] == 503
                assert machine.ask("GET", "/api/v1/results")[0] == 503
            postgres.start()
            for machine, serial in ((one, 5), (other, 6)):
                again(machine, serial)
            found = settled(other, 6)
            assert there < found.keys()
            for machine in (one, other):
                assert settled(machine, 6) == found
                verified(machine, trusted(one), set(found))
            (log,) = trusted(one).logs
            for payload in found:
                _, document = other.ask("GET", f"/api/v1/submissions/{payload}/receipt", headers=TOKEN)
                receipt = Receipt.parse(msgspec.json.encode(document))
                receipt.verify(log.keys)
                assert Digest.of("sha256", payload) in leaf.open_(receipt.leaf, log.keys).digests


@contextmanager
def full(one: Process) -> Iterator[None]:
    """No file of *one* or what it started grows any more, as on a full disk."""
    pids = list(family(one.process.pid))
    before = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids]
    for pid, (_, most) in zip(pids, before, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
    try:
        yield
    finally:
        for pid, limit in zip(pids, before, strict=True):
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def test_a_full_disk(tmp_path: Path) -> None:
    with serving(tmp_path) as one:
        introduce(data=one.data)
        there = {accepted(one, 1)}
        settled(one, 1)
        with full(one):
            for serial in (2, 3):
                status, document = one.submit(bundle(serial))
                assert (status, document["error"]) == (503, "Unavailable"), document
                assert str(tmp_path) not in document["detail"]
            status, _ = one.ask("GET", "/api/v1/submissions", headers=TOKEN)
            assert status == 200
        there |= {accepted(one, 2), accepted(one, 3)}
        assert settled(one, 3).keys() == there
        verified(one, trusted(one), there)
