"""The verdict document: what the engine concluded, from what, in one canonical JSON text.

A value, not a judgement: nothing here decides. ``encode`` gives the only spelling that ``parse`` accepts, so the
digest of a verdict identifies it and a replay can be compared byte for byte.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from assay.errors import Malformed, Unsupported
from assay.formats import strict_json
from assay.formats.canonical_json import canonical
from assay.formats.digest import Digest

SCHEMA: Literal["urn:assay:verdict:1"] = "urn:assay:verdict:1"
MEDIA_TYPE = "application/vnd.assay.verdict+json"
LIMIT = 64 * 1024 * 1024

Token = Literal["satisfied", "not_satisfied", "unknown", "not_applicable"]
ResultToken = Literal[
    "validated", "validated_with_findings", "insufficient_evidence", "contradicted",
    "incomplete", "not_sampled", "under_response", "withdrawn",
]  # fmt: skip
SeverityToken = Literal["low", "medium", "high", "critical"]
BasisToken = Literal["", "statement", "artifact", "derived"]

DigestText = Annotated[
    str, Meta(pattern="^sha256:[0-9a-f]{64}$(?!\\n)", description="SHA-256 as algorithm:hex")
]
RequirementText = Annotated[
    str,
    Meta(
        pattern="^[^@#\\s\\x00-\\x20\\x7f-\\xa0]+@[^@#\\s\\x00-\\x20\\x7f-\\xa0]+#[^@#\\s\\x00-\\x20\\x7f-\\xa0]+$(?!\\n)",
        max_length=200,
        description="pack@edition#id",
    ),
]
Name = Annotated[str, Meta(pattern="^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$(?!\\n)", max_length=100)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All parts are closed and every field is written, so that one value has one text."""


class File(_Part, frozen=True):
    filename: str
    digest: DigestText


class ReleaseRef(_Part, frozen=True):
    name: str
    version: str = ""
    purl: str = ""
    digests: tuple[File, ...] = ()


class Missing(_Part, frozen=True):
    """A completeness rule that does not hold."""

    rule: Annotated[str, Meta(pattern="^C([1-9]|1[0-7])$(?!\\n)")]
    reason: str
    remedy: str = ""


class FindingRow(_Part, frozen=True, cache_hash=True):
    """One finding of one check."""

    check: Name
    outcome: Token
    message: str
    at: str = ""
    """Where in the evidence: JSON pointer, member path, line."""
    evidence: tuple[DigestText, ...] = ()
    remedy: str = ""
    severity: SeverityToken = "medium"
    role: Annotated[str, Meta(pattern="^[a-z_]*$(?!\\n)", max_length=40)] = ""
    """How the pack's binding uses the check for this requirement."""
    release: str = ""
    """``name@version`` it is about; empty for the whole attestation."""


class ClaimVerdict(_Part, frozen=True):
    """One requirement of one pack."""

    requirement: RequirementText
    claimed: bool
    verdict: Token
    reason: str
    title: str = ""
    basis: BasisToken = ""
    """The weakest thing the answer rests on; empty where there is no answer."""
    judged_by: Literal["checks", "person", "checks_and_person"] = "checks"
    """``person``: nobody but a person can judge it; unknown until one has."""
    findings: tuple[FindingRow, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    """The smallest set of changes that would make it satisfied; empty where it is, or where only a person can tell."""


class Input(_Part, frozen=True):
    """Something the verdict was computed from."""

    name: Annotated[str, Meta(min_length=1)]
    digest: DigestText
    public: bool
    """Whether anybody can get the bytes, and so replay."""


class Engine(_Part, frozen=True):
    name: str
    version: str
    code: DigestText
    """Of the installed package's files or wheel."""
    lock: DigestText
    """Of the dependency lock."""


class Unchecked(_Part, frozen=True):
    """Something that was not checked, and why: it says nothing for or against."""

    what: str
    reason: str


class VerdictDocument(_Part, frozen=True, kw_only=True):
    schema: Literal["urn:assay:verdict:1"] = SCHEMA
    provider: str
    product: str
    releases: tuple[ReleaseRef, ...]
    attestation: DigestText
    """SHA-256 of the payload of the attestation's envelope."""
    judged: Annotated[datetime, Meta(tz=True)]
    """The time the verdict is about; UTC."""
    complete: bool
    missing: tuple[Missing, ...] = ()
    claims: tuple[ClaimVerdict, ...] = ()
    result: ResultToken
    reasons: tuple[str, ...] = ()
    """Why the result is what it is, most important first."""
    inputs: tuple[Input, ...] = ()
    engine: Engine
    checked: tuple[str, ...] = ()
    """What was examined, in plain words or check ids."""
    not_checked: tuple[Unchecked, ...] = ()
    draft: bool = False


def encode(document: VerdictDocument) -> bytes:
    """The canonical text. ``ValueError`` for a value that :func:`parse` would refuse: that is our bug."""
    payload = canonical(document)
    try:
        same = parse(payload) == document
    except Malformed as error:
        raise ValueError(f"not a verdict: {error}") from error
    if not same:
        raise ValueError("not a verdict: the value does not survive its own text")
    return payload


def parse(payload: bytes) -> VerdictDocument:
    """Read a verdict in its only spelling; :class:`Malformed` says what, where, and what was expected."""
    raw = strict_json.load(payload, what="verdict", limit=LIMIT)
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if isinstance(schema, str) and schema != SCHEMA:
        raise Unsupported(f"verdict has schema {schema[:80]!r}, expected {SCHEMA!r}")
    try:
        document = msgspec.json.decode(payload, type=VerdictDocument)
    except msgspec.ValidationError as error:
        raise Malformed(f"verdict: {error}") from error
    _check_unique("inputs", [item.name for item in document.inputs])
    _check_unique("claims", [item.requirement for item in document.claims])
    if document.judged.utcoffset() or canonical(document) != payload:
        raise Malformed("verdict is not in its canonical form (RFC 8785, every field written, time in UTC)")
    return document


def digest(document: VerdictDocument) -> Digest:
    """What a published result and a replay are compared by."""
    return Digest.sha256(encode(document))


def _check_unique(where: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Malformed(f"verdict: '{where}' has {name[:80]!r} twice")
        seen.add(name)
