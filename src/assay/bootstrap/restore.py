"""``assay office restore``: a backup becomes an office again, verified as a whole before it has its place."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

from assay.adapters import backup_files
from assay.adapters.backup_files import Manifest
from assay.adapters.filesystem import FolderBlobs, sync_folder
from assay.adapters.home import Home
from assay.adapters.objects.folder import FolderObjects
from assay.adapters.objects.packed import PackedObjects
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.bootstrap import restored, stores
from assay.bootstrap.backup import BESIDE_TILES, DUMP, PREFIXES, copy_objects
from assay.bootstrap.office import DATABASE, OPENINGS, REGISTER
from assay.bootstrap.rebuild import origin_of, plain_blobs
from assay.bootstrap.restored import Restored
from assay.bootstrap.stores import BLOBS, SEALED
from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.office.ports import Blobs, Ledger, Submission
from assay.office.rebuild import edge_of
from assay.office_config.model import OfficeConfig
from assay.register import merkle
from assay.register.checkpoint import SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.merkle import leaf_hash
from assay.tlog.ports import CHECKPOINT
from assay.tlog.publish import published
from assay.tlog.read import MAX_CHECKPOINT, TileReader
from assay.tlog.scrub import scrub

Tell = Callable[[str, str], None]
Secret = Callable[[Home], bytes]
CHUNK = 4096


class Done(msgspec.Struct, frozen=True, kw_only=True):
    manifest: Manifest
    documents: int
    """Of submissions, that were opened and compared with their digests."""
    missing: tuple[str, ...]
    """Documents of submissions that the backup lacks; what was erased is among them."""
    erased: int
    """Openings that were erased while the backup was made."""


def restore(config: OfficeConfig, folder: Path, tell: Tell, secret: Secret | None) -> Done:
    """Put the backup in *folder* back at ``config.data``, which is new or empty, and at the bucket and database of *config*.

    *secret* gives the passphrase that opens sealed documents; without it they are taken as they are. Nothing is signed, now or
    later, until :mod:`assay.bootstrap.go_on`. A crash leaves ``config.data`` as it was.
    """
    manifest = backup_files.read(folder)
    _must_fit(config, manifest, folder)
    backup_files.must_be_new(config.data, what="an office that is put back")
    part = config.data.with_name(f".{config.data.name}.restoring")
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    part.mkdir(mode=0o700)
    backup_files.restore(folder, manifest, part)
    tell("copied", f"{len(manifest.files):,} files, each as it was backed up")
    home = Home(part)
    if origin_of(home) != manifest.origin:
        raise Malformed(f"{folder} is of {manifest.origin!r} and holds {origin_of(home)!r}")
    _open_to_readers(home.office / REGISTER)
    if manifest.database == "postgresql":
        _load_database(config, home)
    else:
        for path in home.office.rglob("*.sqlite"):
            backup_files.sound(path)
    with ExitStack() as stack:
        ledger = _ledger(config, home)
        stack.callback(ledger.close)
        _check_register(home, ledger, manifest)
        tell("register", f"{manifest.entries:,} entries, every one hashed again")
        erased = _erase_again(ledger, FolderOpenings(home.office / OPENINGS))
        documents, missing = _check_documents(home, ledger, secret if manifest.keys else None)
        tell("documents", f"{documents:,} are what their digests say")
    _to_buckets(config, home, tell)
    restored.mark(home.office, Restored(origin=manifest.origin, entries=manifest.entries, made=manifest.made))
    try:
        config.data.rmdir()
        part.rename(
            config.data
        )  # a crash before this leaves no office; after it a whole one that signs nothing yet
        sync_folder(config.data.parent)
    except OSError as error:
        raise Unavailable(f"cannot put {part} at {config.data}: {error.strerror or error}") from error
    return Done(manifest=manifest, documents=documents, missing=tuple(missing), erased=erased)


def _must_fit(config: OfficeConfig, manifest: Manifest, folder: Path) -> None:
    wanted = "postgresql" if config.database.url else "sqlite"
    if manifest.database != wanted:
        raise Refused(
            f"{folder} holds a {manifest.database} database, the settings name {wanted}: set database.url accordingly"
        )


def _load_database(config: OfficeConfig, home: Home) -> None:
    from assay.adapters.sql import dump  # noqa: PLC0415 - its driver belongs to the extra `server`

    place = home.office / DUMP
    dump.load(stores.database_url(config), place)
    place.unlink()


def _ledger(config: OfficeConfig, home: Home) -> SqlLedger:
    url = stores.database_url(config)
    return SqlLedger.postgres(url) if url else SqlLedger.sqlite(home.office / DATABASE)


def _check_register(home: Home, ledger: Ledger, manifest: Manifest) -> None:
    """All of it, from the entries up, under its signed checkpoint; and the database's newest leaves on top lead to its head."""
    log = home.trust().log(manifest.origin)
    if log is None:
        raise Malformed(f"{home.trust_file.name} in the backup does not know the keys of {manifest.origin}")
    head = ledger.head()
    if head.edge.size != manifest.entries:
        raise Unavailable(
            f"the database has {head.edge.size} entries, the backup's manifest says {manifest.entries}"
        )
    tiles = FolderTiles(home.office / REGISTER)
    signed = _published(tiles, log.keys)
    if signed is not None:
        report = scrub(tiles, log.keys)
        if not report.intact:
            raise Unavailable(f"the register is damaged: {report.damage[0].path} {report.damage[0].problem}")
    size = signed.checkpoint.size if signed is not None else 0
    if size > head.edge.size or size < head.settled:
        raise Unavailable(
            f"the register's files hold {size} entries, the database {head.settled} to {head.edge.size}"
        )
    root = signed.checkpoint.root if signed is not None else merkle.EMPTY_ROOT
    grown = edge_of(TileReader(tiles, size, root))
    for start in range(size, head.edge.size, CHUNK):
        leaves = ledger.leaves(start, min(head.edge.size, start + CHUNK))
        grown = grown.extend([leaf_hash(leaf) for leaf in leaves]).after
    if grown != head.edge:
        raise Unavailable("the database and the register's files are not of one history")


def _published(tiles: FolderTiles, keys: LogKeys) -> SignedCheckpoint | None:
    try:
        return published(tiles, keys)
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"the register is damaged: {error}") from error


def _erase_again(ledger: SqlLedger, openings: FolderOpenings) -> int:
    """What was erased after the database was copied stays erased."""
    count, end = 0, min(openings.end(), ledger.head().edge.size)
    for start in range(0, end, CHUNK):
        stop = min(end, start + CHUNK)
        there = ledger.opened(range(start, stop))
        for index, backing in enumerate(openings.read(start, stop), start):
            if backing.openings is None and index in there:
                ledger.erase(index)
                count += 1
    return count


def _check_documents(home: Home, ledger: Ledger, secret: Secret | None) -> tuple[int, list[str]]:
    """How many of the documents that submissions name are what their digests say, and those that are missing."""
    sealed = (home.office / SEALED).is_dir()
    if sealed and secret is None:
        return 0, []
    missing, good = [], 0
    with ExitStack() as stack:
        found: list[Blobs] = (
            [stack.enter_context(stores.sealed(home, secret(home)))] if sealed and secret else []
        )
        if (home.office / BLOBS).is_dir():
            found.append(_closing(stack, plain_blobs(home.office / BLOBS)))
        for digest in sorted({digest for one in ledger.submissions() for digest in _named(one)}):
            there = next((blobs for blobs in found if blobs.has(digest)), None)
            if there is None:
                missing.append(str(digest))
            else:
                there.get(digest)
                good += 1
    return good, missing


def _closing(stack: ExitStack, blobs: FolderBlobs | PackedBlobs) -> FolderBlobs | PackedBlobs:
    if isinstance(blobs, PackedBlobs):
        stack.callback(blobs.close)
    return blobs


def _named(one: Submission) -> Iterator[Digest]:
    yield one.envelope
    yield from one.artifacts
    yield from (digest for digest in (one.customers, one.verdict, one.result) if digest is not None)


def _to_buckets(config: OfficeConfig, home: Home, tell: Tell) -> None:
    """What the settings keep in a bucket goes there, and leaves the folder. A bucket that holds something is newer: nothing is put into it."""
    if config.stores.tiles:
        there = stores.bucket(config.stores.tiles, config.stores)
        if there.has([CHECKPOINT]):
            tell("register", f"{config.stores.tiles} holds a register already, which is left as it is")
        else:
            # ``checkpoint`` last, as when it was published.
            copy_objects(FolderObjects(home.office / REGISTER), there, (*BESIDE_TILES, "tile/"))
            checkpoint = FolderObjects(home.office / REGISTER).read(CHECKPOINT, limit=MAX_CHECKPOINT)
            there.write({} if checkpoint is None else {CHECKPOINT: checkpoint})
        shutil.rmtree(home.office / REGISTER)
    if config.stores.blobs:
        name = SEALED if config.stores.encrypt else BLOBS
        there = stores.bucket(config.stores.blobs, config.stores)
        if any(next(there.names(prefix), None) for prefix in PREFIXES[name]):
            tell(
                "documents",
                f"{config.stores.blobs} holds documents already, and gets no others: what was erased stays so",
            )
        elif name == SEALED:
            with closing(PackedObjects(home.office / name)) as packed:
                copy_objects(packed, there, PREFIXES[name])
        else:
            copy_objects(FolderObjects.make(home.office / name), there, PREFIXES[name])
        shutil.rmtree(home.office / name)


def _open_to_readers(register: Path) -> None:
    """The register is public; a static server may be another user."""
    if register.is_dir():
        for path in (register, *register.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
