"""``assay office go-on``: how an office that was put back from a backup may sign again. See docs/adr/ and docs/guides/backup.md.

Entries for which receipts were given are promises. An office that lacks some of them must not put others in their places:
whoever holds a receipt, and every witness, could show that the register has two histories. So it goes on in one of two ways:

* *nothing was lost*, which the witnesses confirm before anything is signed;
* *the entries are found again* in a newer copy of the public files (the bucket, a mirror, a monitor's copy). What they meant is
  lost with the database, and the register says so; their places are theirs.

What neither covers is another register, with another name: a new office.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing

import msgspec
from sqlalchemy import Engine

from assay.adapters.filesystem import write_whole
from assay.adapters.home import Home
from assay.adapters.http_client import HttpClient
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.extend import extend
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.witness_client import side_by_side, witnesses
from assay.bootstrap import now, restored, stores
from assay.bootstrap.office import MAX_WITNESSES, WITNESSES
from assay.bootstrap.rebuild import origin_of
from assay.bootstrap.register import files_at
from assay.bootstrap.restored import LOSS, Loss
from assay.collect.files import read_plain
from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.formats import strict_json, times
from assay.formats.note import Note
from assay.office.found_by import of_statement
from assay.office.ports import Head, Ledger
from assay.office.rebuild import edge_of
from assay.office_config.model import OfficeConfig
from assay.register.checkpoint import Checkpoint, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.quorum import Quorum
from assay.register.scitt import own_entry
from assay.tlog.ports import TileFiles
from assay.tlog.publish import published
from assay.tlog.read import TileReader
from assay.tlog.snapshot import take
from assay.tlog.witnessing import Witnessing, witness

Tell = Callable[[str, str], None]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    origin: str
    entries: int
    found: int
    """Entries that were found again in the public files."""
    confirmed: tuple[str, ...]
    """Witnesses who know no more than these entries."""
    ignored: tuple[str, ...]
    """Witnesses whose silence was accepted."""


def go_on(
    config: OfficeConfig, *, register: str | None, without: Sequence[str], unwitnessed: bool, tell: Tell
) -> Done:
    """Take the mark from an office that was put back.

    *register*: where a newer copy of its public files is; None when nothing was lost. *without*: witnesses that need not
    answer. *unwitnessed*: the office has no witnesses at all. Refused while a witness knows entries that the office lacks.
    """
    home = Home(config.data)
    with home.locked(), ExitStack() as stack:
        mark = restored.found(home)
        if mark is None:
            raise Refused(f"the office in {home.folder} was not put back from a backup, or goes on already")
        keys = _keys(home, origin_of(home))
        engine = stores.engine(config, home)
        ledger = SqlLedger(engine)
        stack.callback(ledger.close)
        before = ledger.head()
        if register is not None:
            source: TileFiles = stores.tiles(config, home) if register == "" else files_at(register)
            newest = _newer(source, keys, before)
            size = newest.checkpoint.size
            if size > before.edge.size:
                _found_again(config, home, source, newest, before, engine)
                tell("found again", f"{size - before.edge.size:,} entries; what they meant is lost")
        head = ledger.head()
        told = _asked(config, home, keys, head, unwitnessed=unwitnessed)
        confirmed, ignored = _judged(told, head, without)
        restored.path(home).unlink()
        return Done(
            origin=keys.origin,
            entries=head.edge.size,
            found=head.edge.size - before.edge.size,
            confirmed=confirmed,
            ignored=ignored,
        )


def ask_first(
    config: OfficeConfig, home: Home, ledger: Ledger, tiles: TileFiles, keys: LogKeys
) -> Witnessing | None:
    """Before anything is signed: hear from the witnesses of the settings whether they know more than this office.

    Unavailable when one does. One that does not answer is in what is returned; None without witnesses.
    """
    head = ledger.head()
    told = _told(config, home, keys, head, tiles)
    if told is not None:
        worse = _knows_more(told, head)
        if worse:
            raise Unavailable(
                f"nothing is signed for {keys.origin} until a person has looked: {worse}; see `assay office go-on --help`"
            )
    return told


def _newer(source: TileFiles, keys: LogKeys, head: Head) -> SignedCheckpoint:
    """The newest checkpoint of *source*, if its tree begins with the one of the database."""
    try:
        signed = published(source, keys)
        if signed is None:
            raise Refused("there is no checkpoint at the place of the newer copy")
        size, known = signed.checkpoint.size, head.edge
        if size < known.size:
            raise Refused(f"the copy has {size} entries, the database {known.size}: it is not newer")
        reader = TileReader(source, size, signed.checkpoint.root)
        if known.size and reader.root_at(known.size) != known.root:
            raise Refused(
                f"the copy does not begin with the {known.size} entries of the database: it is of another history"
            )
    except (Malformed, Untrusted) as error:
        raise Unavailable(
            f"the newer copy is damaged, or signed with keys that this office does not have: {error}"
        ) from error
    return signed


def _found_again(
    config: OfficeConfig,
    home: Home,
    source: TileFiles,
    newest: SignedCheckpoint,
    before: Head,
    engine: Engine,
) -> None:
    own, note = stores.tiles(config, home), newest.note.encode()
    taken = take(source, own, note, _keys(home, newest.checkpoint.origin))
    if taken is None or taken.checkpoint != newest.checkpoint:
        raise Unavailable("the newer copy changed while it was read; begin again")
    reader = TileReader(own, newest.checkpoint.size, newest.checkpoint.root)
    edge = edge_of(reader)
    mark = restored.found(home)
    loss = Loss(
        origin=newest.checkpoint.origin,
        first=before.edge.size,
        end=edge.size,
        found=times.encode(now()),
        backup=mark.made if mark is not None else "",
    )
    # Before the database: after a crash the same is found again, and said once.
    write_whole(home.office / LOSS, strict_json.encode(loss), mode=0o600)
    places = range(before.edge.size, edge.size)
    said = zip(places, reader.entries(places.start, places.stop), strict=True)
    SqlCases(engine).find_by([(at, (of_statement(leaf),)) for at, leaf in said if own_entry(leaf) is None])
    extend(engine, before.edge, edge, note, newest.timestamp)


def _keys(home: Home, origin: str) -> LogKeys:
    log = home.trust().log(origin)
    if log is None:
        raise Unavailable(f"{home.trust_file} does not know the keys of {origin}")
    return log.keys


def _asked(
    config: OfficeConfig, home: Home, keys: LogKeys, head: Head, *, unwitnessed: bool
) -> Witnessing | None:
    told = _told(config, home, keys, head, stores.tiles(config, home))
    if told is None and not unwitnessed:
        raise Refused(
            "this office has no witnesses, or had published nothing: nobody can confirm that nothing was lost; "
            "--unwitnessed says that you know it"
        )
    return told


def _told(config: OfficeConfig, home: Home, keys: LogKeys, head: Head, tiles: TileFiles) -> Witnessing | None:
    """What the witnesses say of the newest published checkpoint, which is signed already."""
    path = config.judging.witnesses or home.office / WITNESSES
    if not path.is_file() or not head.note:
        return None
    quorum = Quorum.parse(read_plain(path, limit=MAX_WITNESSES), what=str(path))
    try:
        signed = published(tiles, keys)
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"the register is damaged: {error}") from error
    if signed is None:
        return None
    reader = TileReader(tiles, signed.checkpoint.size, signed.checkpoint.root)
    with closing(HttpClient()) as client:
        return witness(
            signed.note.encode(), quorum, witnesses(quorum, client), reader.consistency, together=side_by_side
        )


def _judged(
    told: Witnessing | None, head: Head, without: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if told is None:
        return (), ()
    worse = _knows_more(told, head)
    if worse:
        raise Refused(
            f"{worse}: entries were lost; bring the newer copy back, or find them again with --register, or begin a new office"
        )
    silent = [one for one in told.failed if one.witness not in without]
    if silent:
        raise Refused(
            f"witness {silent[0].witness} does not answer ({silent[0].reason}), so it is not known whether something was lost; "
            f"--without {silent[0].witness} goes on without it"
        )
    ignored = tuple(one.witness for one in told.failed)
    return tuple(sorted({*told.sizes} - {*ignored})), ignored


def _knows_more(told: Witnessing, head: Head) -> str:
    """What a witness knows and this office does not; empty when there is nothing.

    A size between what was published and what the database holds is no more than that: the next round compares it.
    """
    published_size = Checkpoint.parse(Note.parse(told.note, what="checkpoint").text).size
    for one in told.alarms:
        if not published_size < one.size <= head.edge.size:
            return f"witness {one.witness}: {one.reason}"
    return ""
