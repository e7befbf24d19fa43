"""The database made again from what it is a projection of: the register's tiles, the openings kept outside it, and the blobs.

Nothing is guessed: whatever is not there, or does not agree with the entry that it belongs to, is named and left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.formats import case_documents, strict_json
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.case_documents import Determination
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.verdict import parse as parse_verdict
from assay.office import case_changes, found_by
from assay.office.case_changes import Recorded
from assay.office.openings import BUNDLE, erased
from assay.office.ports import Backing, Blobs, Head, Openings, Submission
from assay.register import merkle, opening
from assay.register.checkpoint import SignedCheckpoint
from assay.register.edge import Edge
from assay.register.identity import LogKeys
from assay.register.leaf import Entry, Kind
from assay.register.merkle import leaf_hash
from assay.register.receipt import Receipt
from assay.register.scitt import own_entry
from assay.tlog.read import TileReader

MAX_LOSSES = 1000
"""Losses that are named one by one."""
_STEPS = frozenset({Kind.COMPLETENESS, Kind.DETERMINATION, Kind.PUBLICATION})
_OF_CASES = frozenset({Kind.NOTICE, Kind.RESPONSE, Kind.CORRECTION, Kind.WITHDRAWAL, Kind.LAPSE})
"""Steps of a case that leave the submission itself as it is."""


class Older(Protocol):
    """The database that was there before, as far as it can be read. A :class:`~assay.office.ports.Ledger` is one."""

    def head(self) -> Head: ...

    def leaves(self, start: int, end: int) -> tuple[bytes, ...]: ...

    def backing(self, start: int, end: int) -> tuple[Backing, ...]: ...


class Target(Protocol):
    """A new and empty database. What it holds counts only once it is finished."""

    def add(self, start: int, backings: Sequence[Backing], ended: Sequence[Submission]) -> None:
        """What is held behind the entries from *start* on, and submissions that will not change any more."""

    def finish(self, head: Head, leaves: Sequence[bytes], open_: Sequence[Submission]) -> None:
        """The head, the leaves that are in no tile, and the other submissions. Durable when it returns."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    signed: SignedCheckpoint
    """What the register has published, verified under the office's keys."""
    reader: TileReader
    """Of the published tree."""
    keys: LogKeys
    openings: Openings
    blobs: Blobs
    older: Older | None = None
    """From it also comes what no register has: people, cases, what is due. That is the caller's to bring over."""
    receipts: Sequence[Receipt] = ()
    """Receipts that somebody holds: the new database must be of the history that they are of."""


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    size: int
    """Entries of the new database."""
    published: int
    """How many of them are in tiles. The others were only in the older database."""
    submissions: Mapping[str, int]
    """By state."""
    erased: tuple[int, ...]
    """Entries whose openings were erased on purpose."""
    recovered: int
    """Entries whose openings were only in the older database, and match."""
    losses: tuple[str, ...]
    """What cannot be rebuilt, at most 1,000 of them."""
    lost: int
    """How many there are."""
    changes: tuple[Recorded, ...]
    """What providers kept up beside due process, in order: for cases that are behind the register."""
    statements: tuple[tuple[int, tuple[str, ...]], ...]
    """Entries of others' statements, and by which key each is found."""
    moved: Mapping[int, int]
    """For the entry of each submission the newest entry about it that is none of those."""
    unknown_tail: tuple[str, ...]
    """Why entries are known to be missing at the end: they were recorded, and their leaves are nowhere."""


def with_losses(done: Rebuilt, more: Sequence[str]) -> Rebuilt:
    return msgspec.structs.replace(
        done, losses=(*done.losses, *more)[:MAX_LOSSES], lost=done.lost + len(more)
    )


def rebuild(source: Source, target: Target) -> Rebuilt:
    """Fill *target*.

    Unavailable when the register is damaged. Untrusted when a receipt does not verify, or is of another history.
    """
    reader, signed = source.reader, source.signed
    tail, trouble = _tail(source)
    seen = [_seen(source, tail, receipt) for receipt in source.receipts]
    trouble += [told for _, told in seen if told]
    work = _Work(source, target)
    for start in range(0, reader.size, BUNDLE):
        end = min(start + BUNDLE, reader.size)
        work.take(start, _read_entries(reader, start, end))
    for at in range(0, len(tail), BUNDLE):
        work.take(reader.size + at, tail[at : at + BUNDLE])
    edge = edge_of(reader).extend([leaf_hash(one) for one in tail]).after
    stamps = [signed.timestamp, *(stamp for stamp, _ in seen)]
    if source.older is not None:
        stamps.append(source.older.head().stamp)
    head = Head(edge, max(stamps), reader.size, signed.note.encode())
    target.finish(head, tail, work.open())
    kept = source.openings.end()
    if kept > edge.size:
        trouble.append(
            f"openings are kept of entries {edge.size} to {kept - 1}: they were recorded, and their leaves are lost"
        )
    return Rebuilt(
        size=edge.size,
        published=reader.size,
        submissions=work.states,
        erased=tuple(work.erased),
        recovered=work.recovered,
        losses=tuple(work.losses),
        lost=work.lost,
        changes=tuple(work.changes),
        statements=tuple(work.statements),
        moved=work.moved,
        unknown_tail=tuple(trouble),
    )


def differing_leaves(reader: TileReader, older: Older) -> Iterator[str]:
    """Leaves that both the older database and the tiles hold, and that are not the same."""
    head = older.head()
    end = min(head.edge.size, reader.size)
    if head.settled >= end:
        return
    try:
        held = older.leaves(head.settled, end)
    except Unavailable as error:
        yield f"leaves: {error}"
        return
    for at, (one, other) in enumerate(
        zip(held, reader.entries(head.settled, end), strict=True), head.settled
    ):
        if one != other:
            yield f"leaves: entry {at} is another one than in the tiles"


def _tail(source: Source) -> tuple[tuple[bytes, ...], list[str]]:
    """Entries above the published size, from the older database; or why there are none to take over."""
    older, size = source.older, source.reader.size
    if older is None:
        return (), []
    head = older.head()
    if head.edge.size <= size:
        return (), []
    what = f"the older database has entries {size} to {head.edge.size - 1}, which were not published"
    try:
        leaves = older.leaves(size, head.edge.size)
    except Unavailable as error:
        return (), [f"{what}, and they cannot be read: {error}"]
    if edge_of(source.reader).extend([leaf_hash(one) for one in leaves]).after != head.edge:
        return (), [f"{what}, and they do not continue the published register to its head"]
    return leaves, []


def _seen(source: Source, tail: Sequence[bytes], receipt: Receipt) -> tuple[int, str]:
    """The time of a receipt's signature, and what it shows that is lost."""
    found = receipt.verify(source.keys)
    head, size = found.checkpoint.checkpoint, source.reader.size
    if head.size > size + len(tail):
        lost = f"a receipt for entry {receipt.index} shows that there were {head.size} entries; from {size + len(tail)} on they are lost"
        return found.checkpoint.timestamp, lost
    if head.size > size:
        root = edge_of(source.reader).extend([leaf_hash(one) for one in tail[: head.size - size]]).after.root
    else:
        root = source.reader.root_at(head.size)
    if root != head.root:
        raise Untrusted(
            f"a receipt for entry {receipt.index} is of another history: its tree of {head.size} has root {head.root.hex()}, "
            f"the register's has {root.hex()}"
        )
    return found.checkpoint.timestamp, ""


def edge_of(reader: TileReader) -> Edge:
    frontier = merkle.frontier(reader.size)
    nodes = reader.nodes(frontier)
    return Edge(reader.size, tuple(nodes[at] for at in frontier))


def _read_entries(reader: TileReader, start: int, end: int) -> list[bytes]:
    try:
        return list(reader.entries(start, end))
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"the register is damaged, nothing is rebuilt from it: {error}") from error


class _Work:
    def __init__(self, source: Source, target: Target) -> None:
        self._source, self._target = source, target
        self._older_size = source.older.head().edge.size if source.older else 0
        self._open: dict[int, _Life] = {}
        """Submissions that may change, by entry."""
        self._gone: set[int] = set()
        """Submissions that cannot be rebuilt: named once."""
        self._ended: set[int] = set()
        """Published ones; a case may go on after that."""
        self._cases: set[int] = set()
        """Submissions that went through due process."""
        self.states: dict[str, int] = {}
        self.erased: list[int] = []
        self.recovered = 0
        self.losses: list[str] = []
        self.lost = 0
        self.changes: list[Recorded] = []
        self.statements: list[tuple[int, tuple[str, ...]]] = []
        self.moved: dict[int, int] = {}

    def take(self, start: int, leaves: Sequence[bytes]) -> None:
        behind, ended = [], []
        for at, (data, held) in enumerate(
            zip(leaves, self._backings(start, start + len(leaves)), strict=True), start
        ):
            try:
                entry = own_entry(data)
            except Malformed as error:
                raise Unavailable(f"entry {at} cannot be read, nothing is rebuilt: {error}") from error
            if entry is None:  # somebody else's statement, which has nothing to open
                self.statements.append((at, (found_by.of_statement(data),)))
                behind.append(held or Backing(openings=None))
                continue
            backing = self._checked(at, entry, held)
            behind.append(backing)
            if (submission := self._move(at, entry, backing)) is not None:
                ended.append(submission)
        self._target.add(start, behind, ended)

    def open(self) -> list[Submission]:
        """What is not published yet."""
        if self._cases and self._source.older is None:
            self._lose(
                f"of {len(self._cases)} cases where they stand, their deadlines and the work that is due: that is not in the "
                "register; bring it back from a backup",
                len(self._cases),
            )
        found = []
        for at, life in sorted(self._open.items()):
            if life.state is None:
                self._lose(
                    f"the submission of entry {at} is left out: whether it was found complete cannot be told from what is left"
                )
            else:
                found.append(self._settled(life))
        return found

    def _backings(self, start: int, end: int) -> Iterable[Backing | None]:
        """From the second home; where that fails, from the older database; None where both do."""
        if start < self._source.reader.size:
            try:
                return self._source.openings.read(start, end)
            except Unavailable as error:
                reason = str(error)
        else:
            reason = "they were not published"
        older = self._source.older
        if older is not None and self._older_size >= end:
            try:
                found = older.backing(start, end)
            except Unavailable as error:
                reason += f"; and {error}"
            else:
                self.recovered += end - start if start < self._source.reader.size else 0
                return found
        self._lose(f"the openings of entries {start} to {end - 1}: {reason}", end - start)
        return [None] * (end - start)

    def _checked(self, at: int, entry: Entry, held: Backing | None) -> Backing:
        if held is None:
            return Backing(openings=None)
        if held.openings is None:
            self.erased.append(at)
            return held
        try:
            entry.check_openings(opening.parse(held.openings))
        except (Malformed, Untrusted) as error:
            self._lose(f"the openings of entry {at}: {error}")
            return erased(held)
        return held

    def _move(self, at: int, entry: Entry, backing: Backing) -> Submission | None:
        """Bring the submission that an entry is about one step on; the submission, when that was the last one."""
        change = self._change(at, entry) if backing.about is not None else None
        if change is not None:
            self.changes.append(change)
        elif backing.about is not None:
            self.moved[backing.about] = at
        if entry.kind is Kind.SUBMISSION:
            self._begin(at, entry, backing)
            return None
        if entry.kind in _OF_CASES and backing.about is not None:
            self._cases.add(backing.about)
            return None
        if entry.kind is Kind.DETERMINATION and backing.about in self._ended:
            return None
        if entry.kind not in _STEPS:
            if backing.about is not None:
                self._lose(f"entry {at}: this engine does not know where a {entry.kind} leads")
            return None
        if backing.about is None:
            self._lose(f"entry {at}, a {entry.kind}: which submission it is about is lost")
            return None
        life = self._open.get(backing.about)
        if life is None:
            if backing.about not in self._gone:
                self._lose(
                    f"entry {at}, a {entry.kind}, is about entry {backing.about}, which is no open submission"
                )
            return None
        self._step(at, entry, backing, life)
        if life.publication is None:
            return None
        del self._open[backing.about]
        self._ended.add(backing.about)
        return self._settled(life)

    def _change(self, at: int, entry: Entry) -> Recorded | None:
        """None for a step of the case, and where nobody can tell."""
        blobs, document = self._source.blobs, entry.digests[0]
        if entry.kind is not Kind.RESPONSE or not blobs.has(document):
            return None
        change = case_changes.read(blobs.get(document))
        return Recorded(at, change) if change is not None else None

    def _begin(self, at: int, entry: Entry, backing: Backing) -> None:
        payload = entry.digests[0]
        handed = backing.handed
        if handed is None or backing.about != at:
            self._gone.add(at)
            self._lose(
                f"the submission of entry {at}, attestation {payload}: which documents came in is lost"
            )
            return
        provider, product, version = "", "", ""
        try:
            envelope = Envelope.parse(self._source.blobs.get(handed.envelope), what=f"blob {handed.envelope}")
            if envelope.identity != payload:
                raise Untrusted(
                    f"blob {handed.envelope} is of attestation {envelope.identity}, expected {payload}"
                )
            said = parse_attestation(envelope.payload)
            provider = said.provider.name
            if said.releases:
                product, version = said.releases[0].name, said.releases[0].version
        except AssayError as error:
            self._lose(f"provider, product and version of the submission of entry {at}: {error}")
        for digest in (handed.customers, *handed.artifacts):
            self._require(digest, at)
        self._open[at] = _Life(
            Submission(
                payload=payload,
                envelope=handed.envelope,
                customers=handed.customers,
                artifacts=handed.artifacts,
                received=handed.received,
                provider=provider,
                product=product,
                version=version,
                state="submitted",
                entry=at,
            ),
            "submitted",
        )

    def _step(self, at: int, entry: Entry, backing: Backing, life: "_Life") -> None:
        document = entry.digests[0]
        if entry.kind is Kind.COMPLETENESS:
            life.verdict = backing.verdict
            life.state = self._completeness(entry, backing)
            return
        if life.state is None:
            life.state = "complete"  # what it was does not matter any more
        if entry.kind is Kind.DETERMINATION:
            made = _determination(self._source.blobs, document)
            if made is None:
                life.state, life.verdict = "determined", document
            elif made.stage == "final":
                life.state, life.verdict = "determined", Digest.parse(made.verdict)
            return
        life.state, life.publication, life.result = "published", at, backing.result
        try:
            if backing.result is None:
                raise Unavailable("which blob it is is lost")
            envelope = Envelope.parse(self._source.blobs.get(backing.result), what=f"blob {backing.result}")
            if envelope.identity != document:
                raise Untrusted(f"blob {backing.result} is {envelope.identity}, expected {document}")
        except AssayError as error:
            self._lose(f"the result of entry {at}: {error}")

    def _completeness(self, entry: Entry, backing: Backing) -> str | None:
        """From the opening; where that is gone, from the report that the entry names, or from the verdict."""
        if backing.openings is not None:
            values = {one.label: one.value for one in opening.parse(backing.openings)}
            if values.get("outcome") in {"complete", "incomplete"}:
                return values["outcome"]
        answers = [_complete(self._source.blobs, entry.digests[0])]
        if backing.verdict is not None:
            answers.append(_judged(self._source.blobs, backing.verdict))
        known = {answer for answer in answers if answer is not None}
        return None if len(known) != 1 else "complete" if known.pop() else "incomplete"

    def _settled(self, life: "_Life") -> Submission:
        made = msgspec.structs.replace(
            life.handed,
            state=life.state or "submitted",
            verdict=life.verdict,
            result=life.result,
            publication=life.publication,
        )
        if made.state != "submitted":
            if made.verdict is None:
                self._lose(f"the verdict of the submission of entry {made.entry}: which blob it is is lost")
            self._require(made.verdict, made.entry)
        self.states[made.state] = self.states.get(made.state, 0) + 1
        return made

    def _require(self, digest: Digest | None, at: int) -> None:
        if digest is not None and not self._source.blobs.has(digest):
            self._lose(f"blob {digest}, of the submission of entry {at}")

    def _lose(self, what: str, count: int = 1) -> None:
        self.lost += count
        if len(self.losses) < MAX_LOSSES:
            self.losses.append(what)


def _determination(blobs: Blobs, document: Digest) -> Determination | None:
    """What due process determined; None where the entry names the verdict itself, as in an office without it."""
    found: Determination | None = None
    if blobs.has(document):
        data = blobs.get(document)
        if b'"urn:assay:determination:1"' in data[: case_documents.LIMIT]:
            found = case_documents.parse(data, Determination)
    return found


class _Life(msgspec.Struct):
    handed: Submission
    state: str | None
    verdict: Digest | None = None
    result: Digest | None = None
    publication: int | None = None


class _Report(msgspec.Struct, frozen=True):
    complete: bool


def _complete(blobs: Blobs, report: Digest) -> bool | None:
    """What a completeness report says; None when it cannot be read."""
    found: bool | None = None
    if blobs.has(report):
        found = strict_json.decode(blobs.get(report), _Report, what=f"blob {report}").complete
    return found


def _judged(blobs: Blobs, verdict: Digest) -> bool | None:
    return parse_verdict(blobs.get(verdict)).complete if blobs.has(verdict) else None
