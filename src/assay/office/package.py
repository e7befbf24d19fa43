"""One signed archive of a submission, for whoever goes on with it: a referral, or the evidence kept behind a result."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from assay.crypto.keys import PrivateKey
from assay.formats import package as wire
from assay.formats.digest import Digest
from assay.formats.package import FileKind, Manifest, Purpose, Withheld
from assay.trust.envelope import sign

TRUST = "trust.json"
RECEIPTS = "receipts/"


class Document(msgspec.Struct, frozen=True):
    """A file to hand on. Who may see it is decided before it comes here."""

    path: str
    """Letters, digits, ``.``, ``_``, ``-`` and ``/``; below a folder that is not ``receipts``."""
    kind: FileKind
    data: bytes
    title: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True):
    purpose: Purpose
    office: str
    register: str
    """Origin of the office's register."""
    attestation: Digest
    """Payload of the attestation."""
    provider: str
    product: str
    version: str
    made: datetime
    note: str = ""


def package(
    about: About,
    documents: Sequence[Document],
    receipts: Mapping[str, bytes],
    trust: bytes,
    keys: Sequence[PrivateKey],
    withheld: Sequence[tuple[Digest, str]] = (),
) -> bytes:
    """The archive, its manifest signed by *keys*; but for the signatures the same arguments give the same bytes.

    *receipts* are by name, without their folder; *withheld* are documents that are not handed on, each with the reason.
    Each receipt must be about a document or about one that is withheld, else ``assay verify`` refuses the archive.
    ``ValueError`` where a path is no plain name or is there twice.
    """
    files = [wire.listed(one.path, one.kind, one.data, one.title) for one in documents]
    files += [wire.listed(RECEIPTS + name, "receipt", data) for name, data in receipts.items()]
    files.append(wire.listed(TRUST, "trust", trust))
    contents = {one.path: one.data for one in documents}
    contents |= {RECEIPTS + name: data for name, data in receipts.items()} | {TRUST: trust}
    if len(contents) != len(files):
        raise ValueError("two files of a package have one path")
    manifest = Manifest(
        purpose=about.purpose,
        office=about.office,
        register=about.register,
        attestation=str(about.attestation),
        provider=about.provider,
        product=about.product,
        version=about.version,
        made=about.made,
        note=about.note,
        files=tuple(sorted(files, key=lambda file: file.path)),
        withheld=tuple(Withheld(digest=str(digest), reason=reason) for digest, reason in withheld),
    )
    return wire.write(sign(wire.PAYLOAD_TYPE, wire.encode(manifest), keys), contents)
