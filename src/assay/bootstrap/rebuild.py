"""``assay office rebuild``: an office's database, made again from its register, openings and blobs."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from assay.adapters.filesystem import FolderBlobs, read_whole
from assay.adapters.home import Home
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.packed_blobs import NAME as PACKED
from assay.adapters.packed_blobs import PackedBlobs
from assay.adapters.sql import rebuild as files
from assay.adapters.sql import schema
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.identity import SqlIdentities
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.rebuild import NewDatabase
from assay.adapters.tiles.folder import FolderTiles
from assay.bootstrap import SERVICE_KEY, now, passphrase, stores
from assay.bootstrap.office import OPENINGS, REGISTER
from assay.bootstrap.search import DATABASE, SEARCH, discard
from assay.collect.files import read_plain
from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.formats import customers as customer_list
from assay.formats import text
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.case_changes import Recorded, caught_up, lacking, overtaken
from assay.office.keep_customers import named_in, parties_with
from assay.office.ports import Blobs
from assay.office.rebuild import Rebuilt, Source, differing_leaves, rebuild, with_losses
from assay.register.receipt import MAX_BYTES, Receipt
from assay.tlog.publish import published
from assay.tlog.read import TileReader

MAX_DIFFERENCES = 1000
"""Differences that are named one by one."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    origin: str
    rebuilt: Rebuilt
    older: str
    """``absent``, ``unreadable``, ``same`` or ``different``."""
    reason: str
    """Why the older database cannot be read."""
    differences: tuple[str, ...]
    """Between the older database and the new one, at most 1,000 of them."""
    different: int
    """How many there are."""
    receipts: int
    """Receipts that were looked at."""
    database: Path | None
    """Where the new database is; None when it was thrown away, because entries are known to be missing at its end."""
    aside: Path | None
    """Where the older database is now."""

    @property
    def whole(self) -> bool:
        return not (
            self.rebuilt.lost or self.rebuilt.unknown_tail or self.different or self.older == "unreadable"
        )


def rebuild_office(
    home: Home, out: Path | None, receipts: Sequence[Path], *, lose_tail: bool = False
) -> Outcome:
    """Make the database at *out*, or in the place of the office's own, which is moved aside.

    Nothing is signed. Nothing is replaced when the register is damaged or not this office's, or when entries are known to
    be missing at its end, unless *lose_tail*.
    """
    origin = origin_of(home)
    with home.locked():
        return _rebuild(home, origin, out, [_receipt(path) for path in receipts], lose_tail=lose_tail)


def _rebuild(
    home: Home, origin: str, out: Path | None, receipts: Sequence[Receipt], *, lose_tail: bool
) -> Outcome:
    place = home.office / DATABASE
    openings = FolderOpenings(home.office / OPENINGS)
    with ExitStack() as stack:
        found = files.older(place)
        older = found if isinstance(found, SqlLedger) else None
        if older is not None:
            stack.callback(older.close)
        target = NewDatabase(out or place.with_name(f"{DATABASE}.rebuilt-{now():%Y%m%dT%H%M%SZ}"))
        stack.callback(target.discard)
        blobs = _blobs(home, stack)
        source = _source(home, origin, openings, blobs, older, receipts)
        done = rebuild(source, target)
        told = tuple(_differences(source, place, target.path)) if older is not None else ()
        if older is not None:
            older.close()
            files.carry(place, target.path)
        if home.keys.has(SERVICE_KEY):
            done = _complete(target.path, done, blobs)
        kept = out is not None or not done.unknown_tail or lose_tail
        aside = None
        if not kept:
            target.path.unlink()
        elif out is None:
            aside = _replace(target.path, place, home)
            openings.cut(done.size)
    state = "same" if not told else "different"
    if older is None:
        state = "unreadable" if found else "absent"
    return Outcome(
        origin=origin,
        rebuilt=done,
        older=state,
        reason=found if isinstance(found, str) else "",
        differences=told[:MAX_DIFFERENCES],
        different=len(told),
        receipts=len(receipts),
        database=(out or place) if kept else None,
        aside=aside,
    )


def _replace(new: Path, place: Path, home: Home) -> Path | None:
    discard(home.office / SEARCH)  # it is made again from the new database
    there = place.exists()
    aside = place.with_name(f"{DATABASE}.before-{now():%Y%m%dT%H%M%SZ}")
    files.replace(new, place, aside)
    return aside if there else None


def _blobs(home: Home, stack: ExitStack) -> Blobs:
    """As the office keeps them: sealed ones need its passphrase."""
    if (home.office / stores.SEALED).is_dir():
        secret = passphrase(home, stores.STORAGE_KEY)
        return stack.enter_context(stores.sealed(home, secret))
    blobs = plain_blobs(home.office / stores.BLOBS)
    if isinstance(blobs, PackedBlobs):
        stack.callback(blobs.close)
    return blobs


def _complete(path: Path, done: Rebuilt, blobs: Blobs) -> Rebuilt:
    """A service has more tables than its register's: those that nothing could be brought over for are empty.

    Cases that were brought over get what the register has of them and the older database had not yet, and others' statements are
    known again as recorded; what of that is not known is among the losses.
    """
    engine = SqlLedger.sqlite_engine(path)
    try:
        schema.complete(engine)
        cases, naming = SqlCases(engine), _Naming(engine, blobs)
        cases.find_by(done.statements)
        recorded: dict[Digest, list[Recorded]] = {}
        for one in done.changes:
            recorded.setdefault(Digest.parse(one.change.attestation), []).append(one)
        losses: list[str] = []
        for payload, changes in recorded.items():
            case = cases.case(payload)
            if case is None or case.erased:
                continue
            moved = done.moved.get(case.entry, -1)
            if (after := caught_up(case, changes, naming, moved)) is not case:
                cases.keep(after)
            losses += [
                _undecided(payload, one, moved) for one in lacking(case, changes) if overtaken(one, moved)
            ]
    finally:
        engine.dispose()
    files.settle(path)
    return with_losses(done, (*naming.losses, *losses))


def _undecided(payload: Digest, one: Recorded, moved: int) -> str:
    return (
        f"case {payload.short}: {one.change.days} more days were asked for in entry {one.entry}, and the case moved since, in entry {moved}: "
        "whether they were given, and until when its provider may act now, is not brought over"
    )


class _Naming:
    """Whom a case names once a list takes the place of its newest; nobody where that cannot be told, which is a loss."""

    def __init__(self, engine: Engine, blobs: Blobs) -> None:
        self._ledger, self._identities, self._blobs = SqlLedger(engine), SqlIdentities(engine), blobs
        self.losses: list[str] = []

    def __call__(self, case: Case, customers: Digest) -> tuple[str, ...]:
        try:
            new = customer_list.parse(self._blobs.get(customers))
            submission = self._ledger.submission(case.payload)
            return parties_with(self._blobs, submission, case, new, partial(named_in, self._identities))
        except AssayError as error:
            self.losses.append(
                f"case {case.payload.short}: whom it names is lost with its list of customers: {error}; no customer or assessor sees it before it is posted"
            )
            return ()


def plain_blobs(folder: Path) -> FolderBlobs | PackedBlobs:
    """As the office keeps them."""
    return PackedBlobs(folder) if (folder / PACKED).is_file() else FolderBlobs(folder)


def _source(
    home: Home,
    origin: str,
    openings: FolderOpenings,
    blobs: Blobs,
    older: SqlLedger | None,
    receipts: Sequence[Receipt],
) -> Source:
    log = home.trust().log(origin)
    if log is None:
        raise Unavailable(f"{home.trust_file} does not know the keys of {origin}; nothing is rebuilt")
    tiles = FolderTiles(home.office / REGISTER)
    try:
        signed = published(tiles, log.keys)
        if signed is None:
            raise Unavailable(
                f"{home.office / REGISTER} has no checkpoint: nothing was published, nothing is rebuilt"
            )
        reader = TileReader(tiles, signed.checkpoint.size, signed.checkpoint.root)
        reader.check_edge()
    except (Malformed, Untrusted) as error:
        raise Unavailable(
            f"the register is damaged or not this office's, nothing is rebuilt: {error}"
        ) from error
    return Source(
        signed=signed,
        reader=reader,
        keys=log.keys,
        openings=openings,
        blobs=blobs,
        older=older,
        receipts=receipts,
    )


def _differences(source: Source, old: Path, new: Path) -> Iterator[str]:
    if source.older is not None:
        yield from differing_leaves(source.reader, source.older)
    yield from files.differences(old, new)


def origin_of(home: Home) -> str:
    """The register's name. Unavailable when there is no office."""
    path = home.office / "origin"
    if not path.is_file():
        raise Unavailable(f"{home.office} is no office: {path.name} is missing")
    return text.decode(read_plain(path, limit=1024), what=str(path)).strip()


def _receipt(path: Path) -> Receipt:
    return Receipt.parse(read_whole(path, limit=MAX_BYTES), what=str(path))
