"""What the office needs from the outside world. Adapters implement these; every port has a memory adapter.

An adapter raises :class:`~assay.errors.Unavailable` for every failure of the technology behind it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from assay.errors import AssayError
from assay.formats.digest import Digest
from assay.office.case import Case, Stage, Waits
from assay.office.permissions import Visible
from assay.office.work import Due
from assay.register import opening
from assay.register.edge import Edge, Growth
from assay.register.receipt import Receipt


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment in UTC."""


class Entropy(Protocol):
    def bytes(self, count: int) -> bytes:
        """*count* bytes fit for keys and salts."""


class Opened(Protocol):
    """A document that was found whole when it was opened."""

    @property
    def length(self) -> int: ...

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from *start* up to *end*, which lie within it, a piece at a time. Unavailable at one that is not as it was."""


class Blobs(Protocol):
    """Bytes by SHA-256. Immutable; the same bytes may be put any number of times."""

    def put(self, data: bytes) -> Digest:
        """Durable when it returns. A crash inside leaves nothing under the digest's name."""

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        """As :meth:`put` for each, with as little waiting as one needs; a crash inside leaves any of them."""

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None:
        """As :meth:`put` for a document of *length* bytes that is never held whole where it is large.

        All pieces are read, also when it is here already. Malformed when they are not that many bytes with that *digest*: then,
        and whatever *pieces* raises, all is as it was before.
        """

    def get(self, digest: Digest) -> bytes:
        """The bytes, checked against *digest*; Unavailable when absent or changed."""

    def open(self, digest: Digest) -> Opened:
        """As :meth:`get`, all of it checked before anything is handed out, and never held whole where it is large."""

    def has(self, digest: Digest) -> bool:
        """Whether :meth:`get` would find the name; says nothing of its bytes."""

    def erase(self, digest: Digest) -> None:
        """Forget the bytes. Durable when it returns; absent already is fine. They may be put again."""


class Head(msgspec.Struct, frozen=True):
    edge: Edge
    stamp: int
    """Unix seconds of the newest signature over this log; never decreases."""
    settled: int
    """Leaves below this index are in durable tiles and no longer in the database."""
    note: bytes = b""
    """The newest checkpoint that was to be published; empty before the first."""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A submission and how far it has come. Documents are blobs, named by digest."""

    payload: Digest
    """SHA-256 of the attestation's payload: its identity, however often it is signed."""
    envelope: Digest
    customers: Digest | None
    artifacts: tuple[Digest, ...]
    received: datetime
    provider: str
    product: str
    version: str
    state: str
    """``submitted``, ``complete``, ``incomplete``, ``determined``, ``published``."""
    entry: int = -1
    """Index of the submission's entry in the register; set when it is recorded."""
    verdict: Digest | None = None
    result: Digest | None = None
    publication: int | None = None
    """Index of the publication's entry; set when it is recorded as ``published``."""


class Wanted(msgspec.Struct, frozen=True):
    """An entry to append, and the state that moves with it."""

    leaf: bytes
    openings: bytes
    """Canonical JSON of the openings of its commitments; never public before publication."""
    submission: Submission | None = None
    cases: tuple[Case, ...] = ()
    """Cases that it moves, each one revision on."""
    due: tuple[Due, ...] = ()
    """Work that follows from it."""
    held: tuple["Held", ...] = ()
    """Artifacts that came with it."""
    drawing: "Drawing | None" = None
    left: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    """Organisations that the first of *cases*, which is not new, names no more, and those that it names now."""
    keys: tuple[str, ...] = ()
    """By which the new one of *cases* is found besides its names (:mod:`~assay.office.found_by`)."""
    once: str = ""
    """A key of those that no earlier entry has; empty where it does not matter."""


class Held(msgspec.Struct, frozen=True):
    """An artifact that an organisation brought here."""

    organisation: str
    digest: Digest
    size: int


class Use(msgspec.Struct, frozen=True):
    """A release that an artifact was submitted with."""

    provider: str
    product: str
    version: str
    public: bool
    """Whether a result about it is posted, and it was not erased."""


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """What came in with a submission's entry."""

    envelope: Digest
    customers: Digest | None
    artifacts: tuple[Digest, ...]
    received: datetime


class Backing(msgspec.Struct, frozen=True, kw_only=True):
    """What an office holds behind an entry and no leaf says."""

    openings: bytes | None
    """Canonical JSON; None when they were erased."""
    about: int | None = None
    """Entry of the submission that this one moved; its own index for the submission's own."""
    handed: Handed | None = None
    """With the submission's own entry only."""
    verdict: Digest | None = None
    result: Digest | None = None


class Recorded(msgspec.Struct, frozen=True):
    """One commit: how the tree grew, and which of the wanted entries were refused, each for its own reason."""

    growth: Growth
    stamp: int
    """Reserved for the signature over the tree as it is now."""
    indexes: tuple[int | AssayError, ...]
    """For each entry that was wanted, in order: its index in the register, or why it has none."""


class Ledger(Protocol):
    """The register's newest leaves and the state that follows from them, in one place, so that they move together."""

    def record(self, wanted: Sequence[Wanted], seconds: int) -> Recorded:
        """Append what is wanted, and store the submissions (new, or further on), in one transaction.

        Durable when it returns; a crash inside leaves nothing of it. An entry is refused alone: Duplicate when a new
        submission's payload, or what it may be wanted ``once`` by, is already there, Refused when a submission would go back, or a case has moved meanwhile, Unavailable when it cannot be stored. *seconds* is the time now; the
        stamp is the later of it and the newest one. Unavailable when another writer has begun since this one did.
        """

    def head(self) -> Head:
        """How far the register has come."""

    def stamp(self, seconds: int) -> int:
        """Reserve a time for another signature at the present size, as :meth:`record` does. Durable when it returns."""

    def leaves(self, start: int, end: int) -> tuple[bytes, ...]:
        """The leaves from *start* up to *end*, none of them settled. Unavailable when one is not there."""

    def publishing(self, note: bytes) -> None:
        """Remember the signed checkpoint *note* before its tiles are written."""

    def settle(self, size: int) -> None:
        """Forget the leaves below *size*: they are in durable tiles."""

    def openings(self, index: int) -> bytes:
        """Unavailable when there is no such entry, or its openings were erased."""

    def found(self, key: str) -> int | None:
        """The first entry that has it among its keys."""

    def opened(self, indexes: Sequence[int]) -> dict[int, bytes]:
        """The openings of those of the entries that are there and were not erased."""

    def backing(self, start: int, end: int) -> tuple[Backing, ...]:
        """What is held behind the entries from *start* up to *end*. Unavailable when one is not there."""

    def erase(self, index: int) -> None:
        """Forget the openings of entry *index*. Durable when it returns; erased already is fine."""

    def submission(self, payload: Digest) -> Submission | None:
        """By payload digest."""

    def submissions(self, state: str | None = None) -> tuple[Submission, ...]:
        """All, or those in *state*, in the order of their entries."""

    def releases(
        self, artifacts: Sequence[Digest], before: int, most: int
    ) -> Mapping[Digest, tuple[Use, ...]]:
        """With which releases each of *artifacts* was submitted in entries before *before*.

        The first *most* that differ, in the order of their entries; those without any are left out.
        """

    def uses(self, artifacts: Sequence[Digest], before: int) -> tuple[tuple[Digest, Submission], ...]:
        """Which of *artifacts* were submitted in entries before *before*, and with what."""


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """A draw: what it committed to, and what came of it."""

    number: int
    commit: Digest
    """Of the :class:`~assay.register.draw.DrawCommit`, a blob."""
    entry: int = -1
    """Of the draw-commit; set when it is recorded."""
    made: datetime
    at: datetime
    """When the beacon's round is out."""
    beacon: str
    round: int | None
    label: str
    """What is to be said wherever the draw is shown; empty for nothing."""
    frame: int
    """How many could be drawn."""
    result: Digest | None = None
    """Of the :class:`~assay.register.draw.DrawResult`, a blob."""
    result_entry: int | None = None
    """Set when it is recorded."""
    drawn: int = 0
    value: str = ""
    """Of the beacon, hexadecimal."""


class CaseQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases, in which order. Text is compared without case; *provider*, *product* and *version* by how they begin."""

    visible: Visible
    """To whom."""
    stages: tuple[Stage, ...] = ()
    waits: tuple[Waits, ...] = ()
    results: tuple[str, ...] = ()
    provider: str = ""
    product: str = ""
    version: str = ""
    entries: tuple[int, ...] | None = None
    """Only those whose submission is one of these entries."""
    keys: tuple[str, ...] = ()
    """Only those that are found by all of these (:mod:`~assay.office.found_by`)."""
    sort: Literal["received", "changed", "deadline", "provider", "product", "result", "stage"] = "received"
    descending: bool = True
    after: str = ""
    """The cursor of the page before."""
    limit: int = 50


class CasePage(msgspec.Struct, frozen=True):
    cases: tuple[Case, ...]
    after: str
    """Cursor of the next page; empty when there is none."""


class Cases(Protocol):
    """The cases of an office. What they decide changes with the entries of the register only: see :class:`Wanted`."""

    def case(self, payload: Digest) -> Case | None:
        """By payload digest."""

    def keep(self, case: Case) -> None:
        """Store *case*, one revision on, without an entry. Durable when it returns. Refused when it has moved meanwhile."""

    def find(self, query: CaseQuery) -> CasePage:
        """Malformed for a cursor that is not one of this order."""

    def planned(self, visible: Visible, limit: int) -> tuple[Case, ...]:
        """Those with milestones ahead, or overdue: the one whose first is due soonest before all others."""

    def marked(self, keys: Sequence[str], visible: Visible) -> str:
        """Entry and revision of each case that is found by any of *keys*, as ``7:2 9:0``, by entry; as they are stored, to be
        compared as a whole."""

    def among(self, key: str, visible: Visible, most: int) -> int:
        """How many cases are found by *key*; *most* where there are more."""

    def seen(self, organisation: str, before: int) -> int:
        """How many submissions of *organisation* have an entry before *before*; counted up to 2."""

    def drawing(self, number: int) -> Drawing | None:
        """Draw *number*."""

    def draws(self, limit: int, before: int | None = None) -> tuple[Drawing, ...]:
        """The newest first; of those before number *before*."""

    def counts(self, visible: Visible) -> Mapping[Stage, int]:
        """How many there are at each stage; stages without any are left out."""


class Share(msgspec.Struct, frozen=True):
    """What an organisation keeps here."""

    kept: int
    """Bytes."""
    most: int
    """That it may keep."""
    held: Mapping[Digest, int]
    """Bytes of those of the artifacts asked about that it brought."""
    submission: int = 4 << 30
    """Bytes that all documents of one submission may have together."""


class Holdings(Protocol):
    """Who brought which artifact here. Knowing a digest gives nobody the file. What comes with an entry: see :attr:`Wanted.held`."""

    def shares(self, asked: Mapping[str, Collection[Digest]]) -> Mapping[str, Share]:
        """Of each organisation that is asked about, with artifacts that it may have brought."""

    def room(self, organisation: str, sizes: Mapping[Digest, int]) -> None:
        """TooLarge when *organisation* would keep too much here with blobs of these *sizes* in bytes."""

    def hold(self, organisation: str, sizes: Mapping[Digest, int]) -> None:
        """Of blobs that are here. Durable when it returns; all or, with TooLarge, none."""

    def held(self, organisation: str, digests: Collection[Digest]) -> frozenset[Digest]:
        """Those that *organisation* brought."""


class Openings(Protocol):
    """The second home of openings and of what else no leaf says: private, outside the database, in the order of the entries."""

    def end(self) -> int:
        """One more than the newest entry that it holds."""

    def read(self, start: int, end: int) -> tuple[Backing, ...]:
        """Of the entries from *start* up to *end*. Unavailable names what is lost or damaged."""

    def write(self, start: int, backings: Sequence[Backing]) -> None:
        """Put or replace those of the entries from *start* on; what was erased stays so. None may be left out before *start*.

        Durable when it returns; a crash inside leaves any of it written.
        """

    def erase(self, index: int) -> None:
        """Forget the openings of entry *index*, held or not. Durable when it returns."""

    def cut(self, size: int) -> None:
        """Drop what is held of entries from *size* on."""


class Appended(msgspec.Struct, frozen=True):
    """An entry that is recorded, with what its receipt is made of."""

    index: int
    wanted: Wanted
    growth: Growth
    checkpoint: bytes
    """Signed at the size after the commit that recorded it."""

    def receipt(self, origin: str) -> Receipt:
        """*Logged*, with all openings."""
        return msgspec.structs.replace(self._bare(origin), openings=opening.parse(self.wanted.openings))

    def encoded(self, origin: str) -> bytes:
        """:meth:`receipt`, encoded."""
        return self._bare(origin).encode_with(self.wanted.openings)

    def _bare(self, origin: str) -> Receipt:
        return Receipt(
            origin=origin,
            index=self.index,
            leaf=self.wanted.leaf,
            proof=self.growth.inclusion(self.index),
            checkpoint=self.checkpoint,
        )


class Register(Protocol):
    """The office's transparency log, as its use cases see it."""

    def size(self) -> int:
        """Entries recorded."""

    def append(self, wanted: Wanted) -> Appended:
        """Record an entry. Durable when it returns. Raises what :meth:`Ledger.record` refuses it for."""

    def append_many(self, wanted: Sequence[Wanted]) -> Sequence[Appended | AssayError]:
        """:meth:`append` for each, together; an answer for each, in order. Raises when nothing was recorded."""

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint, at the register's present size."""

    def leaf(self, index: int) -> bytes:
        """Unavailable when there is none, or it is damaged."""

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """The audit path of entry *index* in the tree of *size*."""

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """That the tree of size *new* begins with the tree of size *old*."""

    def publish(self) -> None:
        """Bring tiles and ``/checkpoint`` up to the present size."""
