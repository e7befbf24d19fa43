"""What watching and copying a register have in common: where it is, whose keys count, and working on several things at once."""

import hashlib
import multiprocessing
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import msgspec

from assay import bootstrap
from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.with_parent import end_with_parent
from assay.bootstrap import trusting
from assay.bootstrap.register import BUCKETS, SERVERS
from assay.errors import Refused
from assay.formats.note import Vkey
from assay.register.identity import LogKeys
from assay.register.quorum import Quorum
from assay.register.tiles import Tile
from assay.tlog.audit import Spread
from assay.tlog.ports import TileFiles
from assay.tlog.recompute import Run

FETCHES = 4
"""Files asked for at once where they come over a network."""
MANY = 4096
"""Entries from which on several processes verify signatures: starting them takes a while."""


class Trusted(msgspec.Struct, frozen=True):
    keys: tuple[LogKeys, ...]
    where: str
    quorums: Mapping[str, Quorum] = MappingProxyType({})
    """By origin, where a trust root asks for witnesses."""


def trusted(trust: Path | None, vkeys: Sequence[str], beside: str) -> Trusted:
    """The registers that are known: by verifier keys that a person gave, else by a trust root; Refused when there is none."""
    if vkeys:
        return Trusted(_of_vkeys([Vkey.parse(text) for text in vkeys]), "the keys given")
    remote = _remote(beside)
    if remote and trust is None and not bootstrap.home().trust_file.is_file():
        raise Refused("no register is trusted here: give --trust FILE, or its verifier keys with --key")
    found = trusting.find(trust, Path() if remote else Path(beside))
    keys = tuple(log.keys for log in found.root.logs)
    if not keys:
        raise Refused(
            f"no register is trusted: give --trust FILE, or its verifier keys with --key (trust: {found.where})"
        )
    asked = {log.origin: log.quorum for log in found.root.logs}
    return Trusted(keys, found.where, {origin: one for origin, one in asked.items() if one is not None})


def _remote(where: str) -> bool:
    return where.startswith((*SERVERS, *BUCKETS))


def name_of(where: str) -> str:
    """A folder's name for what is remembered of a register at *where*."""
    plain = re.sub(r"[^a-z0-9]+", "-", where.lower().partition("://")[2] or Path(where).name.lower()).strip(
        "-"
    )[:40]
    return f"{plain or 'register'}-{hashlib.sha256(place(where).encode()).hexdigest()[:8]}"


def place(where: str) -> str:
    """One spelling of a register's place."""
    return where.rstrip("/") if _remote(where) else str(Path(where).resolve())


@contextmanager
def fetching(
    files: TileFiles,
) -> Iterator[Callable[[Callable[[Tile], bytes], Iterable[Tile]], Iterable[bytes]]]:
    """``map`` for a folder; several requests at once for a server or a bucket."""
    if isinstance(files, FolderTiles):
        yield map
        return
    with ThreadPoolExecutor(FETCHES, "fetch") as pool:
        yield pool.map


@contextmanager
def spreading(files: TileFiles, processes: int) -> Iterator[Spread]:
    """Ways to work on a register in *files*, with at most so many processes besides this one."""
    with fetching(files) as fetch:
        verifying = _Verifying(processes)
        try:
            yield Spread(verify=verifying, fetch=fetch)
        finally:
            verifying.close()


class _Verifying:
    """``map`` in this process for little work, in several for much; they start when they are needed first."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: Executor | None = None

    def __call__(self, verify: Callable[[Run], str], runs: Iterable[Run]) -> Iterable[str]:
        work = list(runs)
        if self._processes < 2 or (self._pool is None and sum(len(run[1]) for run in work) < MANY):
            return map(verify, work)
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._processes, context, initializer=end_with_parent)
        return self._pool.map(verify, work)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _of_vkeys(vkeys: Sequence[Vkey]) -> tuple[LogKeys, ...]:
    by_origin: dict[str, list[Vkey]] = {}
    for vkey in vkeys:
        by_origin.setdefault(vkey.name.removesuffix("/entry"), []).append(vkey)
    keys = tuple(LogKeys.from_vkeys(origin, found) for origin, found in by_origin.items())
    for one in keys:
        for kind, held in (("Ed25519", one.ed25519), ("ML-DSA-44", one.ml_dsa_44), ("entry", one.entry)):
            if not held:
                raise Refused(
                    f"of register {one.origin!r} no {kind} key is given; watching takes one of each kind"
                )
    return keys
