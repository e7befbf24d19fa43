"""``assay register``: the program on a folder, a server and a bucket, whole and damaged."""

from pathlib import Path

import pytest
from tests.conformance.test_checkpoints import VKEY
from tests.scenario.conftest import Assay
from tests.support import tiled
from tests.support.register import KEYS, ORIGIN
from tests.support.shared import shared
from tests.support.tile_servers import bucket_server, served

from assay.adapters.tiles.bucket import BucketTiles
from assay.adapters.tiles.folder import FolderTiles
from assay.trust.root import Log, TrustRoot

SIZE = 600


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_bytes(TrustRoot(logs=(Log(ORIGIN, KEYS.vkeys),)).encode())
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    tiled.grow(FolderTiles.make(folder), SIZE)
    return folder


def test_shows_and_scrubs_what_is_whole(assay: Assay, log: Path, trust: Path) -> None:
    shown = assay("register", "show", log, "--trust", trust, "--json")
    assert shown.code == 0, shown.err
    found = shown.json()
    assert (found["origin"], found["size"], found["root"]) == (ORIGIN, SIZE, tiled.root(SIZE).hex())
    assert [one["algorithm"] for one in found["signatures"]] == ["ed25519", "ml-dsa-44"]
    assert found["files"] == len(list(FolderTiles(log).paths()))

    done = assay("register", "scrub", log, "--trust", trust)
    assert done.code == 0, done.err
    assert "intact: 8 files, all of them as the entries demand" in done.out
    assert "600 of 600 entries" in done.err


def test_damage_is_named(assay: Assay, log: Path, trust: Path) -> None:
    (log / "tile/entries/001").write_bytes((log / "tile/entries/001").read_bytes()[:-1] + b"?")
    (log / "tile/0/002.p/88").unlink()
    (log / "tile/0/.000.7.part").write_bytes(b"")
    told = assay("register", "scrub", log, "--trust", trust, "--json")
    assert told.code == 3
    found = told.json()
    assert found["intact"] is False
    assert {one["path"] for one in found["damage"]} == {"tile/0/002.p/88", "tile/entries/001"}
    assert found["leftovers"] == ["tile/0/.000.7.part"]
    read = assay("register", "scrub", log, "--trust", trust)
    assert read.code == 3
    assert "DAMAGED  tile/entries/001 entry 511 hashes to" in read.out
    assert read.out.endswith("not needed: tile/0/.000.7.part\nnot intact\n")


def test_over_http_and_by_verifier_keys(assay: Assay) -> None:
    store = tiled.log(SIZE)
    keys = [argument for key in KEYS.vkeys for argument in ("--key", key.encode())]
    with served(store) as url:
        done = assay("register", "scrub", url, *keys, "--json")
        assert (done.code, done.json()["intact"]) == (0, True), done.err
        del store.files["tile/0/001"]
        assert assay("register", "scrub", url, *keys, "--json").code == 3


def test_in_a_bucket(assay: Assay) -> None:
    keys = [argument for key in KEYS.vkeys for argument in ("--key", key.encode())]
    with bucket_server() as options:
        tiled.grow(BucketTiles.at("s3://tiles/log", options), 300, 600)
        cloud = {
            "AWS_ENDPOINT": options["endpoint"], "AWS_ACCESS_KEY_ID": "fictional",
            "AWS_SECRET_ACCESS_KEY": "fictional", "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
        }  # fmt: skip
        done = assay("register", "scrub", "s3://tiles/log", *keys, "--json", **cloud)
        assert (done.code, done.json()["intact"], done.json()["leftovers"]) == (0, True, []), done.err


def test_a_foreign_log(assay: Assay) -> None:
    done = assay("register", "scrub", shared("conformance", "tessera-log"), "--key", VKEY)
    assert (done.code, "intact: 31 files" in done.out) == (0, True), done.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(("scrub", "nowhere", "--key", VKEY), 2, "'nowhere' is no folder, and no URL", id="no such place"),
        pytest.param(("show", "log", "--key", "nonsense"), 2, "verifier key 'nonsense' is not of the form", id="no key"),
        pytest.param(("scrub", "log", "--key", VKEY), 3, "log: key 'example.com/log/testdata' of type 0x01 is none", id="another's key"),
        pytest.param(("show", "log"), 3, f"log: no key of register '{ORIGIN}' is known here", id="no trust"),
        pytest.param(("scrub", "empty", "--trust", "trust.json"), 3, "empty: checkpoint is missing", id="no register"),
        pytest.param(("show", "empty", "--trust", "trust.json"), 3, "empty: checkpoint is missing", id="no register to show"),
        pytest.param(("scrub", "http://127.0.0.1:1/", "--key", VKEY), 3, "http://127.0.0.1:1/checkpoint: ", id="no server"),
        pytest.param(("show", "https://name@host/", "--key", VKEY), 2, "is not an http or https URL", id="no URL"),
        pytest.param(("show", "s3:///", "--key", VKEY), 2, "cannot be used as a bucket: Generic URL error", id="no bucket"),
    ],
)  # fmt: skip
def test_what_cannot_be_told(
    assay: Assay, log: Path, trust: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    (log.parent / "empty").mkdir()
    if "--trust" not in arguments:
        trust.unlink()
    done = assay("register", *arguments)
    assert (done.code, done.out) == (code, ""), done.err
    assert says in done.err


@pytest.mark.parametrize("command", ["show", "scrub"])
def test_a_forged_checkpoint(assay: Assay, log: Path, trust: Path, command: str) -> None:
    whole = (log / "checkpoint").read_bytes()
    (log / "checkpoint").write_bytes(whole.replace(b"\n600\n", b"\n601\n"))
    done = assay("register", command, log, "--trust", trust)
    assert (done.code, done.out) == (3, "")
    assert "does not verify" in done.err
