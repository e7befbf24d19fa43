"""Commitments that hide a value until it is opened: SHA-256(label, 32 random bytes, value).

Labels are a fixed list of ASCII words of which none begins another, the random bytes have one length and the value
comes last, so the three join in one way only. Values are UTF-8 text; "" means that the entry has no such value.
Whoever erases an opening erases the meaning of its commitment.
"""

import hashlib
from collections.abc import Mapping, Sequence
from hmac import compare_digest

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import b64, strict_json

LABELS = ("actor", "outcome", "product", "provider", "subject")
SALT_BYTES = 32
SALTS_BYTES = SALT_BYTES * len(LABELS)
"""Random bytes for one entry."""
MAX_VALUE = 16 * 1024
MAX_BYTES = 512 * 1024


class Opening(msgspec.Struct, frozen=True, order=True):
    label: str
    salt: bytes
    value: str

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise Unsupported(f"opening is labelled {self.label[:40]!r}, expected one of {', '.join(LABELS)}")
        if len(self.salt) != SALT_BYTES:
            raise Malformed(
                f"opening of {self.label!r} has a salt of {len(self.salt)} bytes, expected {SALT_BYTES}"
            )
        if len(self.value) > MAX_VALUE:
            raise TooLarge(f"opening of {self.label!r} has {len(self.value)} characters, over {MAX_VALUE}")

    @property
    def commitment(self) -> bytes:
        return hashlib.sha256(self.label.encode() + self.salt + self.value.encode()).digest()

    def check(self, commitment: bytes) -> None:
        """Return when this is what *commitment* hides, else raise :class:`Untrusted`."""
        if not compare_digest(self.commitment, commitment):
            raise Untrusted(f"opening of {self.label!r} does not match the commitment in the entry")


def openings(values: Mapping[str, str], salts: bytes) -> tuple[Opening, ...]:
    """One opening for every label, in the order of :data:`LABELS`; *salts* are :data:`SALTS_BYTES` fresh random bytes.

    All labels are committed to, always: which of them mean something must not show.
    """
    if unknown := set(values) - set(LABELS):
        raise ValueError(f"no such label: {min(unknown)!r}")
    if len(salts) != SALTS_BYTES:
        raise ValueError(f"expected {SALTS_BYTES} random bytes, got {len(salts)}")
    parts = [salts[at : at + SALT_BYTES] for at in range(0, SALTS_BYTES, SALT_BYTES)]
    return tuple(
        Opening(label, salt, values.get(label, "")) for label, salt in zip(LABELS, parts, strict=True)
    )


def encode(opened: Sequence[Opening]) -> bytes:
    """Canonical JSON: sorted by label, each label once."""
    return strict_json.encode(documents(opened))


def parse(data: bytes) -> tuple[Opening, ...]:
    """Read what :func:`encode` writes."""
    wires = strict_json.decode(data, tuple[Wire, ...], what="openings", limit=MAX_BYTES)
    opened = read(wires, what="openings")
    if encode(opened) != data:
        raise Malformed("openings are not in their canonical form")
    return opened


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An opening as JSON."""

    label: str
    salt: str
    value: str


def documents(opened: Sequence[Opening]) -> list[dict[str, str]]:
    return [{"label": one.label, "salt": b64.encode(one.salt), "value": one.value} for one in sorted(opened)]


def read(wires: Sequence[Wire], *, what: str) -> tuple[Opening, ...]:
    if len({wire.label for wire in wires}) != len(wires):
        raise Malformed(f"{what}: a label is opened twice")
    return tuple(
        Opening(wire.label, b64.decode(wire.salt, what=f"{what}[{at}].salt"), wire.value)
        for at, wire in enumerate(wires)
    )
