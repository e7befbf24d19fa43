"""What an office derived anew from a release and its source, and how what was submitted differs from it.

The document has one text per value, so that its digest identifies it and a replay can be compared byte for byte. Its digest stands
in a determination in clear, hence the 32 random bytes: they are an input like the others.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from assay.errors import Malformed
from assay.formats import strict_json
from assay.formats.canonical_json import canonical
from assay.formats.case_documents import SaltText
from assay.formats.digest import Digest
from assay.formats.verdict import DigestText, Engine, Input, Token, Unchecked

FORMAT: Literal["urn:assay:rederivation:1"] = "urn:assay:rederivation:1"
LIMIT = 16 * 1024 * 1024
MAX_DIFFERENCES = 2_000

What = Literal["missing", "not_found", "version", "hash", "secret", "malicious", "vulnerability", "described", "agrees"]  # fmt: skip

WEIGHS: frozenset[What] = frozenset({"missing", "version", "hash", "vulnerability"})
"""What counts against a claim by itself; of the others the automatic checks judge, by the parameters of the pack."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All parts are closed and every field is written."""


class Difference(_Part, frozen=True, kw_only=True):
    """One thing that was compared: what was submitted with what was derived."""

    what: What
    """``missing``: in the release and not in the bill; ``not_found``: in the bill and nowhere else; ``version``, ``hash``: another
    one; ``secret``, ``malicious``, ``vulnerability``: found by scanning again; ``described``: what the bill says of the release;
    ``agrees``: no difference."""
    outcome: Token
    """``not_satisfied`` speaks against every claim that rests on *about*; ``unknown`` is for a person to look at."""
    message: str
    about: Annotated[str, Meta(pattern="^(sha256:[0-9a-f]{64})?$(?!\\n)")] = ""
    """SHA-256 of the submitted artifact that it speaks about; empty for none."""
    at: str = ""
    """Where: a member's path, a bom-ref, a line."""
    evidence: tuple[DigestText, ...] = ()
    release: str = ""
    """``name@version``."""


class Derived(_Part, frozen=True, kw_only=True):
    """What one release was found to be made of."""

    release: str
    files: tuple[str, ...]
    """Files of the release that were opened."""
    sources: tuple[str, ...] = ()
    """Archives that were handed in since, and opened for it."""
    locks: tuple[str, ...] = ()
    """Locks that the list was made from; ``archive!/path`` of those found inside an archive."""
    components: int
    complete: bool
    """False where something that may be needed could not be found or followed."""
    bill: DigestText
    """Of the derived bill of materials, CycloneDX 1.6."""


class Rederivation(_Part, frozen=True, kw_only=True):
    format: Literal["urn:assay:rederivation:1"] = FORMAT
    attestation: DigestText
    """SHA-256 of the payload of the attestation's envelope."""
    salt: SaltText
    made: Annotated[datetime, Meta(tz=True)]
    """The time that it is about; UTC."""
    releases: tuple[Derived, ...] = ()
    differences: Annotated[tuple[Difference, ...], Meta(max_length=MAX_DIFFERENCES)] = ()
    not_derived: tuple[Unchecked, ...] = ()
    """What could not be derived or compared, and why: it says nothing for or against."""
    inputs: tuple[Input, ...] = ()
    engine: Engine


def encode(document: Rederivation) -> bytes:
    """The only text that :func:`parse` reads. ``ValueError`` for a value that it would refuse: that is our bug."""
    data = canonical(document)
    try:
        same = parse(data) == document
    except Malformed as error:
        raise ValueError(f"not a re-derivation: {error}") from error
    if not same:
        raise ValueError("not a re-derivation: the value does not survive its own text")
    return data


def parse(data: bytes) -> Rederivation:
    """Read one in its only spelling; :class:`Malformed` says what, where, and what was expected."""
    found = strict_json.decode(data, Rederivation, what="re-derivation", limit=LIMIT)
    names = [item.name for item in found.inputs]
    if len(set(names)) != len(names):
        raise Malformed("re-derivation names an input twice")
    if found.made.utcoffset() or canonical(found) != data:
        raise Malformed(
            "re-derivation is not in its canonical form (RFC 8785, every field written, time in UTC)"
        )
    return found


def digest(document: Rederivation) -> Digest:
    return Digest.sha256(encode(document))
