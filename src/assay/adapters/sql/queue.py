"""Parcels of wanted entries on their way to the sequencer, and answers on their way back.

A parcel is what waited in one front end when it last wrote: one row, however many entries. The transaction that records
its entries also takes the parcel away and puts the answers there, so it is sequenced once or not at all.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from assay.adapters.refusal import Refusal
from assay.adapters.sql.postgresql import Session, driver, failures
from assay.errors import AssayError, Malformed, Unavailable
from assay.office.ports import Recorded, Wanted
from assay.register.edge import Edge
from assay.register.merkle import HASH_BYTES

WANTED = "assay_wanted"
ANSWERED = "assay_answered"
"""Channels; the payload of the second names the front ends that have an answer."""
MAX_ITEMS = 1000
MAX_PARCEL_BYTES = 4 << 20
MAX_PARCELS = 16
"""Of one batch."""
MAX_TOLD = 7900
"""Bytes of a notification's payload."""
KEPT_SECONDS = 900
"""How long answers wait for a front end that was cut off."""


class Parcel(msgspec.Struct, frozen=True):
    parcel: int
    front: str
    serial: int
    wanted: tuple[Wanted, ...]


class Answers(msgspec.Struct, frozen=True):
    """What became of a parcel: the index of each entry or why it has none; or *whole*, when none was looked at."""

    each: tuple[int | Refusal, ...] = ()
    whole: Refusal | None = None


class Batch(msgspec.Struct, frozen=True):
    batch: int
    before: Edge
    hashes: tuple[bytes, ...]
    checkpoint: bytes


class Answered(msgspec.Struct, frozen=True):
    serial: int
    answers: Answers
    batch: Batch


_wanted = msgspec.msgpack.Decoder(tuple[Wanted, ...])
_answers = msgspec.msgpack.Decoder(Answers)
_encoder = msgspec.msgpack.Encoder()


def encode(wanted: Wanted) -> msgspec.Raw:
    """An item of a parcel. Raises Malformed for text that the database cannot hold, and for what is too large for a parcel."""
    submission = wanted.submission
    if submission and any(
        "\0" in one for one in (submission.provider, submission.product, submission.version)
    ):
        raise Malformed("the name of a provider, a product or a version holds a NUL character")
    try:
        item = msgspec.Raw(_encoder.encode(wanted))
    except UnicodeEncodeError as error:
        raise Malformed("the name of a provider, a product or a version is not Unicode text") from error
    if len(item) > MAX_PARCEL_BYTES:
        raise Malformed(f"an entry has {len(item)} bytes, over {MAX_PARCEL_BYTES}")
    return item


# What a front end asks.


def put(connection: Session, front: str, serial: int, items: Sequence[msgspec.Raw]) -> None:
    """A crash before it returns leaves a parcel or none: :func:`lost` tells."""
    connection.execute(
        "WITH put AS (INSERT INTO wanted (front, serial, items) VALUES (%s, %s, %s) RETURNING 1)"
        " SELECT pg_notify(%s, '') FROM put",
        (front, serial, _encoder.encode(items), WANTED),
    )


def collect(connection: Session, front: str, serials: Sequence[int]) -> list[Answered]:
    """Those of the parcels whose batch is recorded and signed."""
    rows = connection.execute(
        "SELECT serial, answers, batch, size, edge, hashes, checkpoint FROM answers JOIN batches USING (batch)"
        " WHERE front = %s AND serial = ANY(%s) AND checkpoint IS NOT NULL ORDER BY batch, serial",
        (front, list(serials)),
        binary=True,
    )
    batches: dict[int, Batch] = {}
    found = []
    for serial, answers, batch, *rest in rows:
        if batch not in batches:
            batches[batch] = _batch(batch, *rest)
        found.append(Answered(serial, _answers.decode(answers), batches[batch]))
    return found


def withdraw(connection: Session, front: str, serial: int) -> bool:
    """Whether the parcel was still there: then it is gone, and nothing of it was recorded."""
    return (
        connection.execute("DELETE FROM wanted WHERE front = %s AND serial = %s", (front, serial)).rowcount
        == 1
    )


def lost(connection: Session, front: str, serial: int) -> bool:
    """Whether there is neither the parcel nor an answer to it: then nothing of it was recorded."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM wanted WHERE front = %s AND serial = %s)"
        " OR EXISTS (SELECT FROM answers WHERE front = %s AND serial = %s)",
        (front, serial, front, serial),
    ).fetchone()
    return row is not None and not row[0]


def newest_checkpoint(connection: Session) -> bytes | None:
    """At the register's present size; None while that is not signed."""
    row = connection.execute(
        "SELECT checkpoint FROM batches WHERE length(checkpoint) > 0"
        " AND size + length(hashes) / 32 = (SELECT size FROM head) ORDER BY batch DESC LIMIT 1",
        binary=True,
    ).fetchone()
    return None if row is None else bytes(row[0])


# What the leader does.


def peek(connection: Session) -> list[tuple[Parcel, AssayError | None]]:
    """The oldest parcels, in order; an error beside one that cannot be read."""
    rows = connection.execute(
        "SELECT parcel, front, serial, items FROM wanted ORDER BY parcel LIMIT %s",
        (MAX_PARCELS,),
        binary=True,
    )
    return [_parcel(*row) for row in rows]


def answer(
    connection: Connection,
    parcels: Sequence[Parcel],
    results: Sequence[Answers],
    before: Edge,
    hashes: Sequence[bytes],
) -> int:
    """Take *parcels* away and put their answers there, in the caller's transaction; the new batch."""
    encoded = [_encoder.encode(result) for result in results]
    with failures():
        row = driver(connection).execute(
            "WITH gone AS (DELETE FROM wanted WHERE parcel = ANY(%s) RETURNING 1),"
            " made AS (INSERT INTO batches (size, edge, hashes) VALUES (%s, %s, %s) RETURNING batch),"
            " told AS (INSERT INTO answers (front, serial, batch, answers)"
            " SELECT front, serial, batch, answers FROM made,"
            " unnest(%s::text[], %s::bigint[], %b::bytea[]) AS one (front, serial, answers))"
            " SELECT batch, (SELECT count(*) FROM gone) FROM made",
            (
                [one.parcel for one in parcels], before.size, before.joined, b"".join(hashes),
                [one.front for one in parcels], [one.serial for one in parcels], encoded,
            ),
        ).fetchone()  # fmt: skip
    batch, gone = row or (0, 0)
    if gone != len(parcels):
        raise Unavailable(
            f"{len(parcels) - gone} of {len(parcels)} parcels were withdrawn or sequenced meanwhile"
        )
    return int(batch)


def results(parcels: Sequence[Parcel], indexes: Sequence[int | AssayError]) -> list[Answers]:
    """The answers to *parcels*, whose entries stand one after the other in *indexes*."""
    each = iter(indexes)
    return [
        Answers(
            tuple(
                at if isinstance(at, int) else Refusal.of(at) for _, at in zip(one.wanted, each, strict=False)
            )
        )
        for one in parcels
    ]


def hashes(recorded: Recorded) -> list[bytes]:
    """Of the leaves that a commit added, in order."""
    growth = recorded.growth
    return [growth.nodes[0, at] for at in range(growth.before.size, growth.after.size)]


def sign(
    connection: Session, batch: int, epoch: int, checkpoint: bytes, fronts: Sequence[str] | None
) -> bool:
    """Hand out the answers of *batch* under *checkpoint*; False, and nothing is handed out, under another epoch by now.

    *fronts* are told of it: all when it is empty, nobody when it is None.
    """
    signed = (
        "UPDATE batches SET checkpoint = %s WHERE batch = %s AND (SELECT epoch FROM head) = %s RETURNING 1"
    )
    if fronts is None:
        return connection.execute(signed.encode(), (checkpoint, batch, epoch)).fetchone() is not None
    told = " ".join(sorted(set(fronts)))
    found = connection.execute(
        f"WITH signed AS ({signed}) SELECT pg_notify(%s, %s) FROM signed".encode(),  # noqa: S608 - our own
        (checkpoint, batch, epoch, ANSWERED, told if len(told) <= MAX_TOLD else ""),
    )
    return found.fetchone() is not None


def reigns(connection: Session, epoch: int) -> bool:
    """Whether the register is written under *epoch*."""
    row = connection.execute("SELECT epoch FROM head").fetchone()
    return row is not None and row[0] == epoch


def unsigned(connection: Session) -> list[Batch]:
    """What an earlier leader recorded and did not come to sign, in order."""
    rows = connection.execute(
        "SELECT batch, size, edge, hashes, ''::bytea FROM batches WHERE checkpoint IS NULL ORDER BY batch",
        binary=True,
    )
    return [_batch(*row) for row in rows]


def prune(connection: Session) -> None:
    """Forget answers that nobody comes for any more; the newest batch stays."""
    row = connection.execute(
        "SELECT max(batch) FROM batches WHERE made < clock_timestamp() - make_interval(secs => %s)"
        " AND batch < (SELECT max(batch) FROM batches WHERE length(checkpoint) > 0)",
        (KEPT_SECONDS,),
    ).fetchone()
    if row is not None and row[0] is not None:
        with connection.transaction():
            connection.execute("DELETE FROM answers WHERE batch <= %s", (row[0],))
            connection.execute("DELETE FROM batches WHERE batch <= %s", (row[0],))


def _parcel(parcel: int, front: str, serial: int, items: bytes) -> tuple[Parcel, AssayError | None]:
    try:
        return Parcel(parcel, front, serial, _wanted.decode(items)), None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return Parcel(parcel, front, serial, ()), Malformed(f"entries of another version of Assay: {error}")


def _batch(batch: int, size: int, edge: bytes, joined: bytes, checkpoint: bytes) -> Batch:
    hashed = tuple(bytes(joined[at : at + HASH_BYTES]) for at in range(0, len(joined), HASH_BYTES))
    return Batch(batch, Edge.parse(size, bytes(edge)), hashed, bytes(checkpoint))
