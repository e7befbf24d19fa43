"""Everything that is held about a case and its proofs, as one signed archive for whoever goes on with it. See docs/formats/referral.md."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from assay.errors import Unavailable
from assay.formats.archive import MIB
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.note import Note
from assay.formats.package import LIMITS, FileKind, Purpose
from assay.office import assessment
from assay.office.case import Case
from assay.office.log import receipt
from assay.office.package import About, Document, package
from assay.office.ports import Submission
from assay.office.service import Service, submission_of
from assay.register import leaf
from assay.register.checkpoint import Checkpoint
from assay.register.key_history import KeyHistoryDocument
from assay.register.leaf import Kind
from assay.tlog.keyring import Keyring, scan
from assay.tlog.ports import CHECKPOINT
from assay.tlog.serve import MAX_CHECKPOINT

MAX_TOTAL = 1024 * MIB
"""Of all artifacts: an archive is made in memory."""
_KINDS: dict[Kind, FileKind] = {
    Kind.NOTICE: "notice",
    Kind.RESPONSE: "response",
    Kind.DETERMINATION: "determination",
}
_ENTITLED = "handed only to those entitled to it"
_GONE = "the office does not hold it any more"


class Gathered(msgspec.Struct):
    """What an archive is made of, as it is found."""

    documents: dict[str, Document] = {}
    receipts: dict[str, bytes] = {}
    withheld: dict[Digest, str] = {}
    size: int = 0

    def add(self, path: str, kind: FileKind, data: bytes, title: str = "") -> None:
        self.documents[path] = Document(path, kind, data, title)

    def has(self, digest: Digest) -> bool:
        return digest in self.withheld or any(
            Digest.sha256(one.data) == digest for one in self.documents.values()
        )


def archive(
    service: Service, case: Case, *, purpose: Purpose, note: str, made: datetime, restricted: bool
) -> bytes:
    """The archive of *case*. *restricted*: with the customer list and third-party assessments, which are else named only.

    Unavailable when an entry of it is damaged; a document that is not held any more is named as withheld.
    """
    office = service.office
    submission = submission_of(service, case)
    envelope = office.blobs.get(submission.envelope)
    attestation = parse_attestation(Envelope.parse(envelope, what="attestation.dsse.json").payload)
    found = Gathered()
    found.add("documents/attestation.dsse.json", "attestation", envelope, "The attestation")
    for kind, digest, title in _judged(case, submission):
        _put(service, found, f"documents/{kind}-{digest.value[:16]}.json", kind, digest, title)
    for index in case.entries:
        _entry(service, found, index)
    _draw(service, found, case)
    confidential = frozenset() if restricted else assessment.documents(attestation)
    lists = (*((submission.customers,) if submission.customers is not None else ()), *case.customer_lists)
    for number, digest in enumerate(dict.fromkeys(lists), 1):
        _customers(service, found, number, digest, restricted=restricted)
    titles = {one.digest: one.title or one.name for one in attestation.artifacts}
    for digest in dict.fromkeys((*submission.artifacts, *case.supplied)):
        _artifact(service, found, digest, titles.get(digest, ""), confidential)
    if history := _key_history(service):
        found.add(
            "key-history.json", "key-history", history, "Keys of the register, and how they were replaced"
        )
    about = About(
        purpose=purpose, office=office.name, register=office.origin, attestation=case.payload, provider=case.provider,
        product=case.product, version=case.version, made=made, note=note,
    )  # fmt: skip
    documents = tuple(found.documents.values())
    withheld = tuple(sorted(found.withheld.items()))
    return package(about, documents, found.receipts, office.trust, office.signing, withheld)


def _judged(case: Case, submission: Submission) -> Iterator[tuple[FileKind, Digest, str]]:
    """Results and the newest verdict: entries name the payload of a result, and of a verdict nothing."""
    results = dict.fromkeys(one for one in (submission.result, case.published) if one is not None)
    yield from (("result", one, "The result as it was posted") for one in results)
    verdicts = dict.fromkeys(one for one in (submission.verdict, case.verdict) if one is not None)
    yield from (("verdict", one, "What the automatic checks found") for one in verdicts)


def _entry(service: Service, found: Gathered, index: int) -> None:
    """The receipt of an entry, and the document that it records."""
    office = service.office
    entry = leaf.open_(office.register.leaf(index), office.keys)
    digest = entry.digests[0]
    found.receipts[f"{index:06}-{entry.kind}.json"] = receipt(office, index).encode()
    if entry.kind is Kind.SUBMISSION or _recorded(found, digest):
        return
    kind = _KINDS.get(entry.kind, "other")
    _put(service, found, f"documents/{index:06}-{entry.kind}.json", kind, digest)


def _recorded(found: Gathered, digest: Digest) -> bool:
    """Whether it is the payload of a result that is in."""
    results = [one.data for one in found.documents.values() if one.kind == "result"]
    return any(Envelope.parse(data, what="result").identity == digest for data in results)


def _draw(service: Service, found: Gathered, case: Case) -> None:
    drawing = service.cases.drawing(case.draw) if case.draw is not None else None
    if drawing is None:
        return
    for name, index, digest in (
        ("commit", drawing.entry, drawing.commit),
        ("result", drawing.result_entry, drawing.result),
    ):
        if index is not None and digest is not None:
            _put(service, found, f"draw/{name}.json", "other", digest, f"Of draw {drawing.number}")
            found.receipts[f"{index:06}-draw-{name}.json"] = receipt(service.office, index).encode()


def _customers(service: Service, found: Gathered, number: int, digest: Digest, *, restricted: bool) -> None:
    """The list that was submitted is number 1; those in its place follow."""
    if restricted:
        path = "customers.json" if number == 1 else f"customers-{number}.json"
        _put(service, found, path, "customers", digest)
    else:
        found.withheld[digest] = f"the customer list is {_ENTITLED}"


def _artifact(
    service: Service, found: Gathered, digest: Digest, title: str, confidential: frozenset[Digest]
) -> None:
    if digest in confidential:
        found.withheld[digest] = f"the third-party assessment is {_ENTITLED}"
    elif not found.has(digest):
        _put(service, found, f"artifacts/{digest.value}", "artifact", digest, title)


def _put(
    service: Service, found: Gathered, path: str, kind: FileKind, digest: Digest, title: str = ""
) -> None:
    blobs = service.office.blobs
    if not blobs.has(digest):
        found.withheld[digest] = _GONE
        return
    data = blobs.get(digest)
    if len(data) > LIMITS.single or found.size + len(data) > MAX_TOTAL:
        found.withheld[digest] = (
            f"it has {len(data)} bytes, too many for one archive: ask for it by its digest"
        )
        return
    found.size += len(data)
    found.add(path, kind, data, title)


def _key_history(service: Service) -> bytes:
    """Of a register whose keys were replaced; empty of any other."""
    office = service.office
    if office.keys == office.log.public(office.origin):
        return b""
    note = service.public.read(CHECKPOINT, limit=MAX_CHECKPOINT) if service.public is not None else None
    if service.public is None or note is None:
        raise Unavailable("the register's keys were replaced, and its public files are not here to show how")
    ring = Keyring(office.log.public(office.origin))
    scan(ring, service.public, Checkpoint.parse(Note.parse(note, what=CHECKPOINT).text), note, 0)
    if objection := ring.objection():
        raise Unavailable(f"the register's key history does not hold: {objection}")
    return KeyHistoryDocument(origin=ring.origin, genesis=ring.genesis, changes=ring.changes).encode()
