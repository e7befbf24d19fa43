"""Where a service keeps documents and public files, by its settings: folder or bucket, sealed or not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from assay.adapters.home import Home
from assay.adapters.object_blobs import ObjectBlobs
from assay.adapters.objects import Objects
from assay.adapters.objects.packed import PackedObjects
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sealed_blobs import KEYS, Rewrapped, SealedBlobs
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.system import SystemEntropy
from assay.adapters.tiles.folder import FolderTiles
from assay.bootstrap import now
from assay.bootstrap.office import DATABASE, REGISTER
from assay.crypto.keyfile import Secrets
from assay.crypto.keys import SEED_BYTES, PrivateKey
from assay.crypto.sealing import PURPOSE, StorageKeys
from assay.errors import Unavailable
from assay.office_config.model import OfficeConfig, Stores
from assay.office_config.read import read_secret
from assay.tlog.ports import TileStore

STORAGE_KEY = "office-storage"
"""The keyfile that opens sealed documents. Lost, they are lost."""
BLOBS = "blobs"
SEALED = "sealed"
"""Folders of documents, beside the database."""

_KEYS = 2
"""One that names and one that wraps; more while they are being replaced."""

ServiceBlobs = PackedBlobs | ObjectBlobs | SealedBlobs


@contextmanager
def blobs(config: OfficeConfig, home: Home, secret: bytes) -> Iterator[ServiceBlobs]:
    """The documents of the office in *home*. *secret* opens its keyfiles; storage keys are made where nothing was sealed yet."""
    stores = config.stores
    if stores.encrypt:
        with objects(stores, home.office / SEALED) as found:
            empty = next(found.names(KEYS), None) is None
            yield SealedBlobs(found, found, storage_keys(home, secret, make=empty), SystemEntropy())
    elif stores.blobs:
        yield ObjectBlobs(bucket(stores.blobs, stores))
    else:
        with closing(PackedBlobs(home.office / BLOBS)) as packed:
            yield packed


@contextmanager
def sealed(home: Home, secret: bytes) -> Iterator[SealedBlobs]:
    """The sealed documents in the folder of the office itself. Unavailable without their keyfile."""
    with closing(PackedObjects(home.office / SEALED)) as found:
        yield SealedBlobs(found, found, storage_keys(home, secret, make=False), SystemEntropy())


@contextmanager
def objects(stores: Stores, folder: Path) -> Iterator[Objects]:
    """The bucket that the settings name, else *folder*."""
    if stores.blobs:
        yield bucket(stores.blobs, stores)
        return
    with closing(PackedObjects(folder)) as packed:
        yield packed


def tiles(config: OfficeConfig, home: Home) -> TileStore:
    """The register's public files."""
    if not config.stores.tiles:
        return FolderTiles.make(home.office / REGISTER)
    from assay.adapters.tiles.bucket import BucketTiles  # noqa: PLC0415 - in the extra `server`

    return BucketTiles.at(config.stores.tiles, options(config.stores))


def database_url(config: OfficeConfig) -> str:
    """Of PostgreSQL, with the role's password where a file has it: not to be shown. Empty for a SQLite file."""
    database = config.database
    if not database.url or database.password_file is None:
        return database.url
    password = read_secret(database.password_file)
    return make_url(database.url).set(password=password).render_as_string(hide_password=False)


def engine(config: OfficeConfig, home: Home) -> Engine:
    """The office's database, in no form that is known yet."""
    url = database_url(config)
    if not url:
        return SqlLedger.sqlite_engine(home.office / DATABASE)
    from assay.adapters.sql import postgresql  # noqa: PLC0415 - its driver belongs to the extra `server`

    return postgresql.engine(url, "assay")


def options(stores: Stores) -> dict[str, Any]:
    """What obstore is to know of the bucket beyond its URL; what is not set it takes from the environment."""
    found = {"endpoint": stores.endpoint, "region": stores.region, "access_key_id": stores.access_key_id}
    if stores.secret_key_file is not None:
        found["secret_access_key"] = read_secret(stores.secret_key_file)
    return {key: value for key, value in found.items() if value}


def storage_keys(home: Home, secret: bytes, *, make: bool) -> StorageKeys:
    """From their keyfile. Unavailable when it is missing, unless *make*: then nothing was sealed yet, and it is made."""
    if not home.keys.has(STORAGE_KEY):
        if not make:
            raise Unavailable(
                f"the keyfile {STORAGE_KEY!r} is missing in {home.keys.folder}, and there are documents that only it opens: bring it back"
            )
        home.keys.save(_secrets(_fresh(_KEYS)), secret, SystemEntropy())
    return StorageKeys.of(home.keys.open(STORAGE_KEY, secret))


def replace_storage_key(
    config: OfficeConfig, home: Home, secret: bytes, tell: Callable[[str], None] = lambda _: None
) -> Rewrapped:
    """Wrap all document keys by a new key and forget the old ones. Begun again after a crash it goes on; documents stay as they are.

    No other process of the office may run. When some open with none of the keys, the old ones are kept and the names told.
    """
    before = home.keys.open(STORAGE_KEY, secret)
    with home.locked(), objects(config.stores, home.office / SEALED) as found:
        begun = len(before.keys) > _KEYS
        both = before if begun else _secrets((*before.keys, *_fresh(1)))
        # A crash from here on leaves a keyfile with one key more, which is the newest: all is opened, and done again.
        home.keys.save(both, secret, SystemEntropy(), replace=True)
        tell("the new key is in the keyfile")
        done = SealedBlobs(found, found, StorageKeys.of(both), SystemEntropy()).rewrap()
        if not done.lost:
            after = _secrets((both.keys[0], both.keys[-1]))
            home.keys.save(after, secret, SystemEntropy(), replace=True)
        return done


def bucket(url: str, stores: Stores) -> Objects:
    """The bucket at *url*, one of those that *stores* names."""
    try:
        from assay.adapters.objects.bucket import BucketObjects  # noqa: PLC0415 - in the extra `server`
    except ImportError as error:
        raise Unavailable(f"buckets need the extra 'server': {error}") from error
    return BucketObjects.at(url, options(stores))


def _secrets(keys: Sequence[PrivateKey]) -> Secrets:
    return Secrets(name=STORAGE_KEY, purposes=(PURPOSE,), created=now(), trial=False, keys=tuple(keys))


def _fresh(count: int) -> tuple[PrivateKey, ...]:
    """Seeds in the form that keyfiles hold; never signed with."""
    return tuple(PrivateKey.from_seed("ed25519", SystemEntropy().bytes(SEED_BYTES)) for _ in range(count))
