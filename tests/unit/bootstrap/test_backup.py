"""A backup is of one moment, whatever goes on meanwhile, and wherever the office keeps its things."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support import offices
from tests.support.postgres import Cluster
from tests.support.tile_servers import bucket_server

from assay.adapters.home import Home
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.sql.ledger import SqlLedger
from assay.bootstrap import stores
from assay.bootstrap.backup import back_up
from assay.bootstrap.go_on import go_on
from assay.bootstrap.office import DATABASE, OPENINGS
from assay.bootstrap.restore import restore
from assay.crypto import keyfile
from assay.errors import Refused, Unavailable
from assay.formats.digest import Digest
from assay.office.found_by import of_statement
from assay.office.log import entry
from assay.office.office import Office
from assay.office.ports import Wanted
from assay.office.sequencer import Sequencer
from assay.office.statements import NOTHING
from assay.office.submit import submit
from assay.office_config.model import Database, OfficeConfig, Stores
from assay.register import scitt
from assay.register.leaf import Kind

SECRET = b"a passphrase of this test"


def silent(_: str, __: str) -> None:
    pass


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfile, "COST", 14)


class World(msgspec.Struct):
    """An office of fixed keys where *config* says that one is."""

    config: OfficeConfig
    stack: ExitStack

    def open(self, *, found: bool = True) -> Office:
        config, home = self.config, Home(self.config.data)
        home.prepare()
        if found:
            home.save_trust(offices.trust())
            home.office.mkdir(exist_ok=True)
            (home.office / "origin").write_text(f"{offices.ORIGIN}\n")
        url = stores.database_url(config)
        ledger = SqlLedger.postgres(url) if url else SqlLedger.sqlite(home.office / DATABASE)
        self.stack.callback(ledger.close)
        blobs = self.stack.enter_context(stores.blobs(config, home, SECRET))
        tiles, openings = stores.tiles(config, home), FolderOpenings.make(home.office / OPENINGS)
        return offices.office(blobs, ledger, tiles=tiles, openings=openings)

    def at(self, data: Path, **changes: Any) -> "World":
        return World(msgspec.structs.replace(self.config, data=data, **changes), self.stack)

    def restore(self, backup: Path) -> Any:
        return restore(self.config, backup, silent, lambda _: SECRET)

    def go_on(self) -> None:
        go_on(self.config, register=None, without=(), unwitnessed=True, tell=silent)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(OfficeConfig(data=tmp_path / "office"), stack)


def fill(office: Office, serial: int = 1) -> None:
    submit(office, offices.bundle(serial))
    office.register.publish()


def more(office: Office, count: int = 1) -> None:
    for _ in range(count):
        document = Digest.sha256(office.entropy.bytes(8))
        office.register.append(entry(office, Kind.NOTICE, document, {}, office.clock.now(), None))


def same(one: Office, other: Office, size: int) -> bool:
    """Whether both registers begin with the same *size* entries, openings included."""
    return all(
        (one.register.leaf(at), one.ledger.openings(at))
        == (other.register.leaf(at), other.ledger.openings(at))
        for at in range(size)
    )


def test_while_entries_are_recorded_and_published(world: World, tmp_path: Path) -> None:
    office = world.open()
    fill(office)
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            more(office, 7)
            office.register.publish()

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        made = [back_up(world.config, tmp_path / f"backup{n}", silent) for n in range(4)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [one.entries for one in made] == sorted(one.entries for one in made)
    assert made[-1].entries > made[0].entries
    for n, one in enumerate(made):
        again = world.at(tmp_path / f"again{n}")
        done = again.restore(tmp_path / f"backup{n}")
        assert (done.documents, done.missing) == (4, ())
        again.go_on()
        opened = again.open(found=False)
        assert opened.register.size() == one.entries
        assert same(opened, office, one.entries)
        more(opened)
        opened.register.publish()
        assert opened.register.size() == one.entries + 1


def test_what_was_erased_meanwhile_stays_erased(world: World, tmp_path: Path) -> None:
    office = world.open()
    fill(office)
    more(office, 3)
    office.register.publish()
    back_up(world.config, tmp_path / "backup", silent)
    openings = FolderOpenings(tmp_path / "backup" / "office" / OPENINGS)
    openings.erase(2)  # as if between the copy of the database and that of the openings
    manifest = (tmp_path / "backup" / "backup.json").read_bytes()
    path = tmp_path / "backup" / "office" / OPENINGS / "000" / "000.json"
    changed = manifest.replace(*_hashes(manifest, path))
    assert changed != manifest
    (tmp_path / "backup" / "backup.json").write_bytes(changed)
    again = world.at(tmp_path / "again")
    assert again.restore(tmp_path / "backup").erased == 1
    again.go_on()
    with pytest.raises(Unavailable, match="were erased"):
        again.open(found=False).ledger.openings(2)


def _hashes(manifest: bytes, path: Path) -> tuple[bytes, bytes]:
    files = msgspec.json.decode(manifest)["files"]
    old = next(one for one in files if one["path"].endswith("openings/000/000.json"))
    data = path.read_bytes()
    was = f'"bytes": {old["bytes"]},\n      "sha256": "{old["sha256"]}"'
    now = f'"bytes": {len(data)},\n      "sha256": "{Digest.sha256(data).value}"'
    return was.encode(), now.encode()


def test_keys_that_change_meanwhile_make_no_backup(world: World, tmp_path: Path) -> None:
    office = world.open()
    fill(office)

    def tell(what: str, _: str) -> None:
        if what == "documents":
            stores.replace_storage_key(world.config, Home(world.config.data), SECRET)

    with pytest.raises(Refused, match=r"changed meanwhile; .* is no backup, begin again"):
        back_up(world.config, tmp_path / "backup", tell)
    assert not (tmp_path / "backup" / "backup.json").exists()


def test_without_keys_nothing_of_them_is_in_it(world: World, tmp_path: Path) -> None:
    fill(world.open())
    made = back_up(world.config, tmp_path / "backup", silent, keys=False)
    assert [one.path for one in made.files if "key" in one.path] == []
    again = world.at(tmp_path / "again")
    assert again.restore(tmp_path / "backup").documents == 0
    shutil.copytree(world.config.data / "keys", again.config.data / "keys")
    again.go_on()
    assert again.open(found=False).register.size() == 2


def test_lost_documents_are_named(world: World, tmp_path: Path) -> None:
    office = world.open()
    fill(office)
    lost = Digest.sha256(offices.WHEEL)
    office.blobs.erase(lost)
    back_up(world.config, tmp_path / "backup", silent)
    done = world.at(tmp_path / "again").restore(tmp_path / "backup")
    assert (done.documents, done.missing) == (3, (str(lost),))


def test_a_database_of_the_other_kind_is_refused(world: World, tmp_path: Path) -> None:
    fill(world.open())
    back_up(world.config, tmp_path / "backup", silent)
    other = world.at(tmp_path / "again", database=Database(url="postgresql://assay@/assay"))
    with pytest.raises(Refused, match="holds a sqlite database, the settings name postgresql"):
        other.restore(tmp_path / "backup")


def test_no_office_is_told(world: World, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is no office"):
        back_up(world.config, tmp_path / "backup", silent)


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    with bucket_server() as options:
        yield options


def test_from_and_to_a_bucket(world: World, tmp_path: Path, bucket: dict[str, Any]) -> None:
    (tmp_path / "secret").write_text(bucket["secret_access_key"])

    def there(name: str) -> Stores:
        return Stores(
            blobs=f"s3://tiles/{name}/blobs", tiles=f"s3://tiles/{name}/register", endpoint=bucket["endpoint"],
            region=bucket["region"], access_key_id="fictional", secret_key_file=tmp_path / "secret",
        )  # fmt: skip

    one = world.at(tmp_path / "one", stores=there("one"))
    office = one.open()
    fill(office)
    made = back_up(one.config, tmp_path / "backup", silent)
    assert (made.entries, made.published) == (2, 2)
    other = world.at(tmp_path / "other", stores=there("other"))
    assert other.restore(tmp_path / "backup").documents == 4
    other.go_on()
    opened = other.open(found=False)
    assert opened.blobs.get(Digest.sha256(offices.WHEEL)) == offices.WHEEL
    assert same(opened, office, 2)
    # A bucket that outlived its office is newer: it stays, and the database is behind it.
    said = scitt.sign(
        b"{}",
        issuer=offices.PROVIDER,
        subject="lantern",
        key=offices.PROVIDER_KEYS[0],
        content_type="text/plain",
    )
    office.register.append(Wanted(said, NOTHING, once=of_statement(said)))
    fill(office, 2)
    third = world.at(tmp_path / "third", stores=there("one"))
    third.restore(tmp_path / "backup")
    with pytest.raises(Refused, match="no witnesses"):
        go_on(third.config, register=None, without=(), unwitnessed=False, tell=silent)
    done = go_on(third.config, register="", without=(), unwitnessed=True, tell=silent)
    assert (done.entries, done.found) == (4, 2)
    again = third.open(found=False)
    assert (again.register.size(), again.ledger.found(of_statement(said))) == (4, 2)


def test_from_and_to_postgresql(
    world: World, tmp_path: Path, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", postgres.programs, prepend=":")

    def there(name: str) -> Database:
        return Database(url=postgres.url(postgres.database()) + f"&application_name={name}")

    one = world.at(tmp_path / "one", database=there("one"))
    office = one.open()
    fill(office)
    made = back_up(one.config, tmp_path / "backup", silent)
    assert (made.database, made.entries) == ("postgresql", 2)
    more(office, 2)
    with pytest.raises(Refused, match="has tables already"):
        world.at(tmp_path / "two", database=one.config.database).restore(tmp_path / "backup")
    two = world.at(tmp_path / "two", database=there("two"))
    assert two.restore(tmp_path / "backup").documents == 4
    two.go_on()
    opened = two.open(found=False)
    assert (opened.register.size(), same(opened, office, 2)) == (2, True)
    assert isinstance(opened.register, Sequencer)
    with closing(SqlLedger.postgres(stores.database_url(two.config))) as ledger:
        assert len(ledger.submissions()) == 1
