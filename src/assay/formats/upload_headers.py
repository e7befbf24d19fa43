"""Headers of resumable uploads (draft-ietf-httpbis-resumable-upload) and of the digest of a whole (RFC 9530), in one spelling each."""

import re

from assay.errors import Malformed
from assay.formats import b64
from assay.formats.digest import Digest
from assay.formats.text import shown

REPR_DIGEST, COMPLETE, LENGTH, OFFSET, LIMIT = (
    "Repr-Digest",
    "Upload-Complete",
    "Upload-Length",
    "Upload-Offset",
    "Upload-Limit",
)
PARTIAL = "application/partial-upload"
"""Type of the body that goes on with an upload."""
MAX_HEADER = 1000
_SHA256 = re.compile(r"sha-256=:([A-Za-z0-9+/=]{44}):", re.ASCII)
_COUNT = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def encode_digest(digest: Digest) -> str:
    """The value of ``Repr-Digest``."""
    return f"sha-256=:{b64.encode(bytes.fromhex(digest.value))}:"


def parse_digest(text: str) -> Digest:
    """The SHA-256 among the digests that *text* lists; others are not looked at."""
    found = [one for part in text[:MAX_HEADER].split(",") if (one := _SHA256.fullmatch(part.strip()))]
    if len(text) > MAX_HEADER or len(found) != 1:
        raise Malformed(f"{REPR_DIGEST} is {shown(text, 80)!r}, expected one sha-256=:BASE64:")
    raw = b64.decode(found[0][1], what=REPR_DIGEST)
    return Digest.of("sha256", raw.hex(), what=REPR_DIGEST)


def encode_flag(value: bool) -> str:
    return "?1" if value else "?0"


def parse_flag(text: str, *, what: str = COMPLETE) -> bool:
    if text not in ("?0", "?1"):
        raise Malformed(f"{what} is {shown(text, 80)!r}, expected ?0 or ?1")
    return text == "?1"


def encode_count(value: int) -> str:
    return str(value)


def parse_count(text: str, *, what: str) -> int:
    """A number of bytes."""
    if _COUNT.fullmatch(text) is None:
        raise Malformed(f"{what} is {shown(text, 80)!r}, expected a number of bytes")
    return int(text)
