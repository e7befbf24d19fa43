"""Documents are where the settings say; their key can be replaced at any time and after any crash."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.tile_servers import bucket_server

from assay.adapters.home import Home
from assay.adapters.sealed_blobs import SealedBlobs
from assay.bootstrap import stores
from assay.bootstrap.stores import STORAGE_KEY, replace_storage_key
from assay.cli.app import run
from assay.crypto import keyfile
from assay.errors import Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.office_config.model import OfficeConfig, Stores

SECRET = b"a passphrase of this test"
LIST = b"a customer list"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfile, "COST", 14)


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    with bucket_server() as options:
        yield options


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.prepare()
    return found


@pytest.fixture(params=["folder", "bucket"])
def sealed(request: pytest.FixtureRequest, tmp_path: Path) -> OfficeConfig:
    if request.param == "folder":
        return OfficeConfig()
    found = request.getfixturevalue("bucket")
    (tmp_path / "secret").write_text(found["secret_access_key"])
    prefix = abs(hash(tmp_path))
    return OfficeConfig(
        stores=Stores(
            blobs=f"s3://tiles/{prefix}", endpoint=found["endpoint"], region=found["region"],
            access_key_id=found["access_key_id"], secret_key_file=tmp_path / "secret",
        )
    )  # fmt: skip


def plain(config: OfficeConfig) -> OfficeConfig:
    return msgspec.structs.replace(config, stores=msgspec.structs.replace(config.stores, encrypt=False))


def test_documents_are_kept_from_one_process_to_the_next(home: Home, sealed: OfficeConfig) -> None:
    for config in (sealed, plain(sealed)):
        with stores.blobs(config, home, SECRET) as blobs:
            digest = blobs.put(LIST)
        with stores.blobs(config, home, SECRET) as blobs:
            assert blobs.get(digest) == LIST
            assert isinstance(blobs, SealedBlobs) == config.stores.encrypt
    assert [header.purposes for header in home.keys.headers()] == [("storage",)]


def test_without_its_keyfile_nothing_is_made_anew(home: Home, sealed: OfficeConfig) -> None:
    with stores.blobs(sealed, home, SECRET) as blobs:
        blobs.put(LIST)
    home.keys.remove(STORAGE_KEY)
    with pytest.raises(Unavailable, match="only it opens: bring it back"), stores.blobs(sealed, home, SECRET):
        pass
    assert not home.keys.has(STORAGE_KEY)


def test_a_wrong_passphrase_is_told(home: Home) -> None:
    with stores.blobs(OfficeConfig(), home, SECRET):
        pass
    with (
        pytest.raises(Untrusted, match="the passphrase does not open"),
        stores.blobs(OfficeConfig(), home, b"x"),
    ):
        pass


def test_the_key_is_replaced(home: Home, sealed: OfficeConfig) -> None:
    with stores.blobs(sealed, home, SECRET) as blobs:
        digest = blobs.put(LIST)
    before = home.keys.open(STORAGE_KEY, SECRET)
    done = replace_storage_key(sealed, home, SECRET)
    after = home.keys.open(STORAGE_KEY, SECRET)
    assert (done.keys, done.changed, done.lost) == (1, 1, ())
    assert [key in before.header().keys for key in after.header().keys] == [True, False]
    with stores.blobs(sealed, home, SECRET) as blobs:
        assert blobs.get(digest) == LIST


def test_a_change_of_the_key_that_was_interrupted_goes_on(home: Home) -> None:
    config = OfficeConfig()
    with stores.blobs(config, home, SECRET) as blobs:
        digest = blobs.put(LIST)

    def crash(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_storage_key(config, home, SECRET, crash)
    begun = home.keys.open(STORAGE_KEY, SECRET)
    with stores.blobs(config, home, SECRET) as blobs:
        assert blobs.get(digest) == LIST
    assert replace_storage_key(config, home, SECRET).changed == 1
    after = home.keys.open(STORAGE_KEY, SECRET)
    assert after.header().keys == (begun.header().keys[0], begun.header().keys[-1])
    assert len(begun.keys) == 3


def test_old_keys_stay_while_something_opens_with_none(home: Home) -> None:
    config = OfficeConfig()
    with stores.blobs(config, home, SECRET) as blobs:
        digest, lost = blobs.put(LIST), blobs.put(b"other")
    with stores.objects(config.stores, home.office / stores.SEALED) as objects:
        keys = stores.storage_keys(home, SECRET, make=False)
        name = keys.name(lost)
        objects.write({f"keys/{name[:2]}/{name[2:]}": b"damaged"})
    done = replace_storage_key(config, home, SECRET)
    assert (done.changed, done.lost) == (1, (name,))
    assert len(home.keys.open(STORAGE_KEY, SECRET).keys) == 3
    with stores.blobs(config, home, SECRET) as blobs:
        assert blobs.get(digest) == LIST
        assert blobs.get(blobs.put(b"other")) == b"other"


def test_tiles_are_where_the_settings_say(home: Home, bucket: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(bucket["secret_access_key"])
    there = Stores(
        tiles=f"s3://tiles/{abs(hash(tmp_path))}", endpoint=bucket["endpoint"], region=bucket["region"],
        access_key_id="fictional", secret_key_file=tmp_path / "secret",
    )  # fmt: skip
    for config in (OfficeConfig(), OfficeConfig(stores=there)):
        stores.tiles(config, home).write("checkpoint", b"x")
        assert stores.tiles(config, home).read("checkpoint", limit=9) == b"x"
    assert Digest.sha256((home.office / "register" / "checkpoint").read_bytes()) == Digest.sha256(b"x")


def test_by_command(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with stores.blobs(OfficeConfig(), home, SECRET) as blobs:
        blobs.put(LIST)
    (tmp_path / "office.toml").write_text("data = 'home'\n")
    (tmp_path / "pass").write_bytes(SECRET + b"\n")
    monkeypatch.setenv("ASSAY_PASSPHRASE_FILE", str(tmp_path / "pass"))
    assert run(["office", "reseal", "--config", str(tmp_path / "office.toml"), "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {"keys": 1, "changed": 1, "lost": []}
    (tmp_path / "pass").write_bytes(b"another")
    assert run(["office", "reseal", "--config", str(tmp_path / "office.toml")]) == 2
    assert "does not open the keyfile of 'office-storage'" in capfd.readouterr().err
