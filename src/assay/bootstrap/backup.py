"""``assay office backup``: everything that an office is, in a folder, while it goes on working.

The order is what makes the copies fit together; each part may only be newer than what refers to it:

1. Keyfiles, trust and policies; looked at again at the end. Keys that change meanwhile would not open what was copied.
2. The database, as of one moment. Everything it names was durable before it was named.
3. Openings, then documents: both only grow (but for what is erased), so what the database names is among them.
4. The register's files, cut to the size of the checkpoint that this database knows of: tiles only grow as well, but a
   ``checkpoint`` ahead of its database is what an office refuses to sign with.
5. The manifest. Without it the folder is no backup.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from assay.adapters import backup_files
from assay.adapters.backup_files import Manifest
from assay.adapters.home import Home
from assay.adapters.object_blobs import MAX_BYTES
from assay.adapters.objects import Objects
from assay.adapters.objects.folder import FolderObjects
from assay.adapters.objects.packed import PackedObjects
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.packed_blobs import NAME as SMALL
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.bootstrap import now, stores
from assay.bootstrap.office import DATABASE, OPENINGS, REGISTER
from assay.bootstrap.rebuild import origin_of
from assay.bootstrap.search import SEARCH
from assay.bootstrap.stores import BLOBS, SEALED
from assay.crypto.sealing import OVERHEAD
from assay.errors import Refused, Unavailable
from assay.formats import times
from assay.office.ports import Head
from assay.office_config.model import OfficeConfig
from assay.tlog.snapshot import take

Tell = Callable[[str, str], None]

DUMP = "office.pgdump"
SETTINGS = "settings"
"""Copies of ``office.toml`` and of what it names, for a person to put back."""
PREFIXES = {SEALED: ("keys/", "sealed/"), BLOBS: ("sha256/",)}
BESIDE_TILES = ("document/", "key-change/")
_APART = (REGISTER, OPENINGS, BLOBS, SEALED)


def back_up(
    config: OfficeConfig, to: Path, tell: Tell, *, keys: bool = True, settings: Path | None = None
) -> Manifest:
    """Copy the office at ``config.data`` into the new folder *to*. *settings* is the ``office.toml`` that *config* was read from."""
    home = Home(config.data)
    origin = origin_of(home)
    backup_files.must_be_new(to, what="a backup")
    before = _keys_and_trust(home)
    office, moment = to / "office", now()
    _copy_loose(home, to, keys=keys)
    _copy_settings(config, settings, to / SETTINGS)
    head, database = _copy_database(config, home, office)
    tell("database", f"{head.edge.size:,} entries")
    backup_files.tree(home.office / OPENINGS, office / OPENINGS, lambda _: True)
    if (office / OPENINGS).is_dir():
        FolderOpenings(office / OPENINGS).cut(
            head.edge.size
        )  # of entries that came after the database was copied
    tell("documents", f"{_copy_documents(config, home, office):,}")
    published = _copy_register(config, home, office, origin, head)
    tell("register", f"{published:,} entries in tiles")
    if _keys_and_trust(home) != before:
        raise Refused(
            f"keys or trust of {home.folder} were changed meanwhile; {to} is no backup, begin again"
        )
    return backup_files.finish(
        to,
        lambda files: Manifest(
            made=times.encode(moment),
            origin=origin,
            entries=head.edge.size,
            published=published,
            database="postgresql" if database else "sqlite",
            keys=keys,
            files=files,
        ),
    )


def _copy_loose(home: Home, to: Path, *, keys: bool) -> None:
    """Small files: keyfiles, trust, policies, the register's name."""
    if keys:
        backup_files.tree(home.keys.folder, to / "keys", lambda _: True)
    backup_files.tree(home.folder, to, lambda name: name == home.trust_file.name)
    apart = tuple(f"{name}/" for name in _APART)
    backup_files.tree(
        home.office, to / "office", lambda name: not name.startswith(apart) and ".sqlite" not in name
    )


def _copy_settings(config: OfficeConfig, settings: Path | None, to: Path) -> None:
    judging = config.judging
    for path in (
        settings,
        judging.policy,
        judging.office_policy,
        judging.snapshot,
        judging.exploited,
        judging.witnesses,
        judging.beacon,
    ):
        if path is not None and path.is_file():
            backup_files.tree(path.parent, to, lambda name, path=path: name == path.name)  # type: ignore[misc]


def _copy_database(config: OfficeConfig, home: Home, to: Path) -> tuple[Head, bool]:
    """The head of what was copied, and whether it is PostgreSQL's."""
    if config.database.url:
        from assay.adapters.sql import dump  # noqa: PLC0415 - its driver belongs to the extra `server`

        with dump.dumped(stores.database_url(config), to / DUMP) as session:
            return dump.head(session), True
    if not (home.office / DATABASE).is_file():
        raise Unavailable(f"{home.office} is no office: {DATABASE} is missing")
    backup_files.database(home.office / DATABASE, to / DATABASE)
    for path in sorted(home.office.glob("*.sqlite")):  # what other concerns keep beside it
        if path.name not in (DATABASE, SEARCH):
            backup_files.database(path, to / path.name)
    with closing(SqlLedger.sqlite(to / DATABASE)) as copy:
        head = copy.head()
    backup_files.settle(to / DATABASE)
    return head, False


def _copy_documents(config: OfficeConfig, home: Home, to: Path) -> int:
    """All, as they are kept: what is sealed stays sealed. How many."""
    for name in (BLOBS, SEALED):
        folder = home.office / name
        backup_files.tree(folder, to / name, lambda path: ".sqlite" not in path)
        if (folder / SMALL).is_file():
            backup_files.database(folder / SMALL, to / name / SMALL)
    if config.stores.blobs:
        _from_bucket(config, to)
    return sum(_count(to / name) for name in (BLOBS, SEALED))


def _from_bucket(config: OfficeConfig, to: Path) -> None:
    there = stores.bucket(config.stores.blobs, config.stores)
    if config.stores.encrypt:
        with closing(PackedObjects(to / SEALED)) as here:
            copy_objects(there, here, PREFIXES[SEALED])
        backup_files.settle(to / SEALED / SMALL)
    else:
        copy_objects(there, FolderObjects.make(to / BLOBS), PREFIXES[BLOBS])


def copy_objects(source: Objects, to: Objects, prefixes: Sequence[str]) -> None:
    """All of *source* below *prefixes*."""
    for prefix in prefixes:
        for name in source.names(prefix):
            data = source.read(name, limit=MAX_BYTES + OVERHEAD)
            if data is not None:  # else it went away meanwhile
                to.write({name: data})


def _count(folder: Path) -> int:
    """Documents, or of sealed ones their keys."""
    if (folder / SMALL).is_file() and folder.name == SEALED:
        with closing(PackedObjects(folder)) as objects:
            count = sum(1 for _ in objects.names("keys/"))
        backup_files.settle(folder / SMALL)
        return count
    if (folder / SMALL).is_file():
        with closing(PackedBlobs(folder)) as packed:
            count = packed.count()
        backup_files.settle(folder / SMALL)
        return count
    return sum(1 for path in folder.rglob("*") if path.is_file())


def _copy_register(config: OfficeConfig, home: Home, to: Path, origin: str, head: Head) -> int:
    log = home.trust().log(origin)
    if log is None:
        raise Unavailable(f"{home.trust_file} does not know the keys of {origin}")
    source, here = stores.tiles(config, home), FolderTiles.make(to / REGISTER)
    signed = take(source, here, head.note, log.keys)
    place = config.stores.tiles
    beside = stores.bucket(place, config.stores) if place else FolderObjects(home.office / REGISTER)
    copy_objects(beside, FolderObjects(to / REGISTER), BESIDE_TILES)
    return signed.checkpoint.size if signed is not None else 0


def _keys_and_trust(home: Home) -> str:
    """Changes when a keyfile or the trust does."""
    sha = hashlib.sha256()
    for path in [home.trust_file, *sorted(home.keys.folder.glob("*.key.json"))]:
        sha.update(str(path).encode() + b"\0" + (path.read_bytes() if path.is_file() else b"") + b"\0")
    return sha.hexdigest()
