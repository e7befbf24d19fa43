"""A Simple Verification Result (https://in-toto.io/attestation/svr/v0.2): the properties that were verified, and only those.

An SVR has no way to say "failed" or "unknown", and leaving a property out says nothing. So one is made only for an
attestation that was validated, and lists only requirements that were both claimed and satisfied.
"""

from datetime import datetime

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import strict_json, times
from assay.formats.canonical_json import canonical
from assay.formats.cdxa import STATEMENT_TYPE, Subject
from assay.formats.digest import Digest
from assay.formats.result import subjects
from assay.formats.text import shown
from assay.formats.verdict import VerdictDocument

PREDICATE_TYPE = "https://in-toto.io/attestation/svr/v0.2"
VALIDATED = ("validated", "validated_with_findings")
WHAT = "verification result"
LIMIT = 8 * 1024 * 1024


class PolicyRef(msgspec.Struct, frozen=True):
    """A ResourceDescriptor of a pack or of the office's policy."""

    name: str
    digest: dict[str, str]


class Verifier(msgspec.Struct, frozen=True):
    id: str
    """URI of the office."""
    policies: tuple[PolicyRef, ...]


class Svr(msgspec.Struct, frozen=True, rename={"created": "timeCreated"}):
    verifier: Verifier
    created: str
    properties: tuple[str, ...]
    """``pack@edition#id`` of each requirement that was claimed and satisfied."""


class _Statement(msgspec.Struct, frozen=True, rename={"kind": "_type", "predicate_type": "predicateType"}):
    kind: str
    predicate_type: str
    subject: tuple[Subject, ...]
    predicate: Svr


def encode_svr(document: VerdictDocument, *, verifier: str, made: datetime) -> bytes:
    """The payload to sign. ``ValueError`` unless the result is *validated*, with or without findings."""
    if document.result not in VALIDATED:
        raise ValueError(
            f"a verification result lists passes only, and this attestation is {document.result}"
        )
    policies = tuple(
        PolicyRef(item.name, _digest_set(item.digest))
        for item in document.inputs
        if item.name == "policy" or item.name.startswith("pack:")
    )
    passed = tuple(row.requirement for row in document.claims if row.claimed and row.verdict == "satisfied")
    svr = Svr(Verifier(verifier, policies), times.encode(made), passed)
    return canonical(_Statement(STATEMENT_TYPE, PREDICATE_TYPE, subjects(document), svr))


def parse_svr(payload: bytes) -> tuple[tuple[Subject, ...], Svr]:
    """(subjects, predicate); unknown fields are ignored, as the in-toto parsing rules ask."""
    wire = strict_json.decode(payload, _Statement, what=WHAT, limit=LIMIT)
    for name, found, expected in (
        ("_type", wire.kind, STATEMENT_TYPE),
        ("predicateType", wire.predicate_type, PREDICATE_TYPE),
    ):
        if found != expected:
            raise Unsupported(f"{WHAT}: {name!r} is {shown(found, 120)!r}, expected {expected!r}")
    times.parse(wire.predicate.created, what=f"{WHAT}: timeCreated")
    if not wire.subject:
        raise Malformed(f"{WHAT} names no subject")
    for index, subject in enumerate(wire.subject):
        Digest.of("sha256", subject.digest.get("sha256", ""), what=f"{WHAT}: sha256 of subject {index}")
    return wire.subject, wire.predicate


def _digest_set(text: str) -> dict[str, str]:
    digest = Digest.parse(text)
    return {digest.algorithm: digest.value}
