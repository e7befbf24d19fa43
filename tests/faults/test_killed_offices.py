"""``kill -9`` of a real process at every write of an office's first start, and of a change of its register's keys.

The office is opened again afterwards, and killed once more while it recovers; then it goes on, and a stranger follows its keys.
"""

import os
import shutil
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from assay.adapters.home import Home
from assay.adapters.tiles.folder import FolderTiles
from assay.bootstrap.office import REGISTER, embedded, rotate_register
from assay.office.log import receipt, verify_register
from assay.office.office import Office
from assay.office.ports import Wanted
from assay.register import leaf, opening
from assay.register.identity import LogKeys
from assay.register.leaf import Kind
from assay.register.rotation import KeyChange, KeyHistory
from assay.tlog.keyring import handover_path


def begin(home: Home) -> None:
    with embedded(home) as office:
        office.register.publish()


def rotate(home: Home) -> None:
    rotate_register(home)


def killed(home: Home, action: Callable[[Home], None], at: int) -> bool:
    """Whether a process that did *action* was killed just before its write number *at*; else it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            arm(at)
            action(home)
        except BaseException:  # noqa: BLE001 - nothing of a test may go on in the child
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def arm(at: int) -> None:
    numbers = count(1)

    def step(*_: object) -> None:
        if next(numbers) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            step()
            return function(*args, **options)

        return run

    for name in ("fsync", "replace", "unlink", "mkdir"):
        setattr(os, name, counted(getattr(os, name)))
    event.listen(Engine, "commit", step)


def prepared(folder: Path, action: Callable[[Home], None]) -> Home:
    home = Home(folder / ".assay")
    if action is rotate:
        begin(home)
    return home


def history(office: Office, home: Home, trusted: LogKeys) -> KeyHistory:
    """As a stranger learns it who trusts the newest keys."""
    tiles, changes, since = FolderTiles(home.office / REGISTER), [], 1
    for index in range(office.register.size()):
        if leaf.parse(office.register.leaf(index)).kind is Kind.KEY_CHANGE:
            size = index + 1
            note = tiles.read(handover_path(size), limit=100_000)
            assert note is not None
            changes.append(
                KeyChange(
                    index=index,
                    leaf=office.register.leaf(index),
                    proof=office.register.inclusion(index, size),
                    checkpoint=note,
                    consistency=office.register.consistency(since, size),
                )
            )
            since = size
    return KeyHistory.follow(office.register.leaf(0), changes, trusted)


def add(office: Office) -> int:
    """An entry of no consequence, under the keys of now."""
    opened = opening.openings({}, office.entropy.bytes(opening.SALTS_BYTES))
    made = leaf.make(
        Kind.PACK_CHANGE, origin=office.origin, time=office.clock.now(), openings=opened, key=office.log.entry,
        digests=(office.blobs.put(b"document"),),
    )  # fmt: skip
    return office.register.append(Wanted(made, opening.encode(opened))).index


def oracle(home: Home, changes: range) -> None:
    with embedded(home) as office:
        found = history(office, home, office.log.public(office.origin))
        assert len(found.periods) - 1 in changes
        assert found.newest.keys == office.log.public(office.origin)
        found.verify(receipt(office, 0))
        indexes = (0, office.register.size() - 1, add(office))
        for index in indexes:
            found.verify(receipt(office, index))
        office.register.publish()
        assert verify_register(office) == office.register.size()
    assert sorted(one.name for one in home.keys.headers() if "purpose" not in one.name) == [
        "trial-office",
        "trial-register",
    ]


def every(step: int, action: Callable[[Home], None], folder: Path) -> int:
    """Kill *action* at each *step*-th write, recover, go on; how many kills it took until there was no such write."""
    home = prepared(folder, action)
    changes = (range(2), range(1, 3)) if action is rotate else (range(1), range(1, 2))
    for kills, at in enumerate(count(1, step)):
        here = Home(folder / f"{at}" / ".assay")
        if home.folder.exists():
            shutil.copytree(home.folder, here.folder)
        if not killed(here, action, at):
            return kills
        killed(here, begin, 1 + at * 7 % 23)  # recovering too, at another write each time
        oracle(here, changes[0])
        if at % 3 == 0:
            rotate(here)
            oracle(here, changes[1])
    raise AssertionError


@pytest.mark.parametrize("action", [begin, rotate])
def test_killed_at_some_writes(action: Callable[[Home], None], tmp_path: Path) -> None:
    assert every(11, action, tmp_path) > 2
