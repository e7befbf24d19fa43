"""``assay mirror``: a register's copy in a folder, which it may serve."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from assay.adapters.monitor_state import held
from assay.adapters.tiles.folder import FolderTiles
from assay.bootstrap import watching
from assay.bootstrap.register import files_at
from assay.errors import AssayError, Refused
from assay.formats.text import shown
from assay.tlog.mirror import Copied, Mirror
from assay.tlog.ports import TileFiles


class Copying(msgspec.Struct, frozen=True, kw_only=True):
    """What to copy, where to, and how."""

    where: str
    destination: Path
    trust: Path | None = None
    vkeys: tuple[str, ...] = ()
    every_s: float | None = None
    """None: once."""
    serve: str = ""
    """``HOST:PORT``, or empty."""


class Done(msgspec.Struct, frozen=True):
    copied: Copied
    trust: str


def mirror(what: Copying, tell: Callable[[Done], None], ready: Callable[[str], None]) -> Done:
    """Copy once, or every so many seconds until the process is stopped, and serve meanwhile; the last copying."""
    if watching.place(what.where) == watching.place(str(what.destination)):
        raise Refused(f"{shown(what.where, 200)} is the source itself: a copy needs a folder of its own")
    trusted = watching.trusted(what.trust, what.vkeys, what.where)
    source = files_at(what.where)
    with ExitStack() as stack:
        stack.enter_context(held(what.destination))
        store = FolderTiles.make(what.destination)
        one = Mirror(store, trusted.keys, fetch=stack.enter_context(watching.fetching(source)))

        def copy() -> Done:
            done = Done(_copied(one, source, go_on=what.every_s is not None), trusted.where)
            tell(done)
            return done

        done = copy() if not what.serve else None
        if what.serve:
            return _serve(what, store, copy, ready)
        while what.every_s is not None:
            time.sleep(what.every_s)
            done = copy()
        assert done is not None
        return done


def _copied(one: Mirror, source: TileFiles, *, go_on: bool) -> Copied:
    """What is wrong with the copy itself ends a single copying; a mirror that goes on says it and serves what it has."""
    try:
        return one.copy(source)
    except AssayError as error:
        if not go_on:
            raise
        return Copied(unknown=(str(error),))


def _serve(what: Copying, store: FolderTiles, copy: Callable[[], Done], ready: Callable[[str], None]) -> Done:
    from assay.web import serving  # noqa: PLC0415 - needs the extra `server`

    serving.require()
    from assay.web import tiles  # noqa: PLC0415

    address = serving.Address.parse(what.serve)
    last = copy()

    async def go_on() -> None:
        nonlocal last
        while True:
            await asyncio.sleep(what.every_s if what.every_s is not None else 3600)
            if what.every_s is not None:
                last = await asyncio.to_thread(copy)

    serving.serve(tiles.app(store), address, ready=ready, limits=tiles.LIMITS, while_serving=go_on)
    return last
