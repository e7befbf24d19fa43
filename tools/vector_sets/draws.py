"""Draws: commits, the value of a beacon, the seed and what is drawn; and results that are not what their commits lead to."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from tools.vector_sets.checkpoints import TIME
from tools.vector_sets.signing import Table

from assay.formats.digest import Digest
from assay.register import draw
from assay.register.checkpoint import Checkpoint
from assay.register.draw import Beacon, DrawCommit, DrawResult, Stratum

ORIGIN = "vectors.example/register"
DUE = datetime.fromtimestamp(TIME, UTC)
Leaves = tuple[tuple[int, int], ...]


def _hash(label: str) -> bytes:
    return hashlib.sha256(f"assay draw vector: {label}".encode()).digest()


VALUE = _hash("round 7")
LONG = _hash("a value of 64 bytes") * 2
LEAF = _hash("leaf")


def _commit(*strata: Stratum, beacon: bool = True) -> DrawCommit:
    return DrawCommit(
        number=1,
        frame=Checkpoint(ORIGIN, 1000, _hash("root")),
        strata=strata,
        policy=Digest.sha256(b"policy"),
        beacon=Beacon("vectors.example:beacon", 7, DUE) if beacon else None,
    )


def _even(indexes: range, weight: int = 1) -> Leaves:
    return tuple((index, weight) for index in indexes)


def _commits() -> Iterator[tuple[str, DrawCommit, bytes]]:
    yield "no strata", _commit(), VALUE
    yield "an empty stratum", _commit(Stratum("none", 1, 2, ())), VALUE
    yield "none of five", _commit(Stratum("s", 0, 1, _even(range(5)))), VALUE
    yield "all of five", _commit(Stratum("s", 1, 1, _even(range(5)))), VALUE
    yield "one of ten, rounded up from eleven", _commit(Stratum("s", 1, 10, _even(range(11)))), VALUE
    yield "one of a million", _commit(Stratum("s", 1, 1_000_000, _even(range(3)))), VALUE
    weights = ((3, 1), (5, 2), (8, 3), (13, 5), (21, 8), (34, 13), (55, 1000))
    yield "weights", _commit(Stratum("s", 3, 7, weights)), VALUE
    three = (
        Stratum("a", 1, 2, _even(range(10))),
        Stratum("b", 1, 5, _even(range(10, 100), 3)),
        Stratum("c", 2, 3, _even(range(900, 1000))),
    )
    yield "three strata", _commit(*three), VALUE
    yield "a value of 64 bytes", _commit(*three), LONG
    yield "no beacon", _commit(*three, beacon=False), b""


def build(_: Table) -> dict[str, Any]:
    cases = []
    for name, commit, value in _commits():
        result = draw.draw(commit, 1000, LEAF, value)
        cases.append(_case(name, commit, value, result, ""))
    name, commit, value = list(_commits())[7]
    good = draw.draw(commit, 1000, LEAF, value)
    for reason, changes in (
        ("an entry drawn is left out", {"selected": good.selected[1:]}),
        (
            "an entry is drawn besides",
            {"selected": (*good.selected, 999) if 999 not in good.selected else good.selected[:-1]},
        ),
        ("another round than the one committed to", {"round": 8}),
        ("no round", {"round": None}),
        ("the value of another round", {"value": _hash("round 8")}),
        ("no value", {"value": b""}),
        ("the result of another entry", {"commit": 999}),
        ("another number", {"number": 2}),
    ):
        changed: dict[str, Any] = changes
        cases.append(
            _case(f"{name}: {reason}", commit, value, msgspec.structs.replace(good, **changed), reason)
        )
    return {"algorithm": draw.ALGORITHM, "entry": 1000, "leaf_hash": LEAF.hex(), "cases": cases}


def _case(name: str, commit: DrawCommit, value: bytes, result: DrawResult, reason: str) -> dict[str, Any]:
    case = {
        "id": name,
        "valid": not reason,
        "commit": commit.encode().decode(),
        "commit_sha256": commit.digest.value,
        "value": value.hex(),
        "seed": draw.seed(LEAF, value).hex(),
        "result": result.encode().decode(),
        "result_sha256": result.digest.value,
    }
    return case | ({"reason": reason} if reason else {"selected": list(result.selected)})
