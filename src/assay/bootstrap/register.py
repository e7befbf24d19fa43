"""``assay register``: what a register shows, and whether all of it is whole, from its files alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec

from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.tiles.http import HttpTiles
from assay.bootstrap import trusting
from assay.errors import AssayError, Malformed, Unavailable
from assay.formats.note import ED25519, ML_DSA_44, Note, Vkey
from assay.formats.text import shown
from assay.register import tiles
from assay.register.checkpoint import BOTH, Checkpoint, Scheme, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.tiles import HEIGHT, WIDTH
from assay.tlog.ports import CHECKPOINT, TileFiles
from assay.tlog.publish import published
from assay.tlog.read import MAX_CHECKPOINT
from assay.tlog.scrub import Report, scrub

SERVERS = ("http://", "https://")
BUCKETS = ("s3://", "gs://", "az://")
_ALGORITHMS = {ED25519: "ed25519", ML_DSA_44: "ml-dsa-44"}


class Signature(msgspec.Struct, frozen=True):
    name: str
    key_id: str
    algorithm: str
    """Of the register's own key, which was verified; empty for others', such as a witness's."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    checkpoint: SignedCheckpoint
    signatures: tuple[Signature, ...]
    files: int
    """Tiles and bundles that a register of this size has."""
    trust: str


class Scrubbed(msgspec.Struct, frozen=True):
    report: Report
    trust: str


def show_register(where: str, trust: Path | None, vkeys: Sequence[str]) -> Shown:
    """The published checkpoint, verified. Unavailable when it does not hold, or nobody here knows its keys."""
    store, given = _store(where), [Vkey.parse(text) for text in vkeys]
    found = trusting.find(trust, Path(where))
    with _at(where):
        keys, required, line = _keys(store, found, given)
        signed = published(store, keys, required=required)
        if signed is None:
            raise Unavailable(f"{CHECKPOINT} is gone")
    own = {
        (vkey.name, vkey.key_id): _ALGORITHMS[vkey.kind] for vkey in keys.vkeys if vkey.name == keys.origin
    }
    size = signed.checkpoint.size
    return Shown(
        checkpoint=signed,
        signatures=tuple(
            Signature(one.name, one.key_id.hex(), own.get((one.name, one.key_id), ""))
            for one in signed.note.signatures
        ),
        files=sum((tiles.count(size, level) + WIDTH - 1) >> HEIGHT for level in tiles.levels(size)),
        trust=line,
    )


def scrub_register(
    where: str, trust: Path | None, vkeys: Sequence[str], tell: Callable[[int, int], None]
) -> Scrubbed:
    """Recompute all of it. Unavailable when there is no checkpoint to go by that holds."""
    store, given = _store(where), [Vkey.parse(text) for text in vkeys]
    found = trusting.find(trust, Path(where))
    listed = () if isinstance(store, HttpTiles) else store.paths()
    with _at(where):
        keys, required, line = _keys(store, found, given)
        return Scrubbed(scrub(store, keys, required=required, listed=listed, tell=tell), line)


def files_at(where: str) -> TileFiles:
    """A register's files in a folder, on a server or in a bucket. Malformed when it is none of them."""
    return _store(where)


class _Listed(TileFiles, Protocol):
    def paths(self) -> Iterator[str]: ...


def _store(where: str) -> "HttpTiles | _Listed":
    if where.startswith(SERVERS):
        return HttpTiles(where)
    if where.startswith(BUCKETS):
        return _bucket(where)
    if not Path(where).is_dir():
        raise Malformed(f"{shown(where, 200)!r} is no folder, and no URL of a server or bucket")
    return FolderTiles(Path(where))


def _bucket(where: str) -> "_Listed":
    try:
        from assay.adapters.tiles.bucket import BucketTiles  # noqa: PLC0415 - in the extra `server`
    except ImportError as error:
        raise Unavailable(f"buckets need the extra 'server': {error}") from error
    return BucketTiles.at(where)


@contextmanager
def _at(where: str) -> Iterator[None]:
    """What a register holds is the world's, not the caller's mistake: whatever is wrong with it, nothing is known."""
    try:
        yield
    except AssayError as error:
        raise Unavailable(f"{shown(where, 200)}: {error}") from error


def _keys(
    store: TileFiles, trust: trusting.Found, vkeys: Sequence[Vkey]
) -> tuple[LogKeys, tuple[Scheme, ...], str]:
    """Keys, the schemes that must have signed, and where that comes from; the checkpoint itself only says whose it is."""
    data = store.read(CHECKPOINT, limit=MAX_CHECKPOINT)
    if data is None:
        raise Unavailable(f"{CHECKPOINT} is missing: nothing was published here, or it is lost")
    origin = Checkpoint.parse(Note.parse(data, what=CHECKPOINT).text).origin
    if vkeys:
        keys = LogKeys.from_vkeys(origin, vkeys)
        required = tuple(
            scheme for scheme, have in zip(BOTH, (keys.ed25519, keys.ml_dsa_44), strict=True) if have
        )
        if not required:
            raise Malformed("none of the keys given signs checkpoints")
        return keys, required, "the keys given"
    log = trust.root.log(origin)
    if log is None:
        raise Unavailable(
            f"no key of register {shown(origin, 200)!r} is known here: give --trust FILE, or its verifier keys with --key"
        )
    return log.keys, BOTH, trust.where
