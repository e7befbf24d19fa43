"""Proofs that travel alone (c2sp.org/tlog-proof): index, audit path, and a signed checkpoint with all its cosignatures.

The entry is not part of the format. Nothing is verified here; see :mod:`assay.register.forms`.
"""

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import b64, note

HEADER = "c2sp.org/tlog-proof@v1"
MAX_EXTRA = 128 * 1024
MAX_PATH = 63
"""Hashes: the height of the largest tree."""
MAX_BYTES = note.MAX_BYTES + 2 * MAX_EXTRA
MAX_INDEX = 2**63 - 2
HASH_BYTES = 32


class TlogProof(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    path: tuple[bytes, ...]
    """Hashes of 32 bytes, from the leaf's sibling up."""
    checkpoint: bytes
    """The signed note, byte for byte."""
    extra: bytes | None = None
    """Nobody vouches for it."""

    @classmethod
    def parse(cls, data: bytes, *, what: str = "tlog-proof") -> "TlogProof":
        """Read what :meth:`encode` writes."""
        if len(data) > MAX_BYTES:
            raise TooLarge(f"{what} has {len(data)} bytes, over {MAX_BYTES}")
        head, blank, checkpoint = data.partition(b"\n\n")
        if not blank or not checkpoint:
            raise Malformed(f"{what} has no blank line with a checkpoint after it")
        if not head.isascii():
            raise Malformed(f"{what}: the lines before the checkpoint are not ASCII")
        title, *lines = head.decode("ascii").split("\n")
        if title != HEADER:
            raise Malformed(f"{what} begins with {title[:40]!r}, expected {HEADER!r}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = b64.decode(lines.pop(0).removeprefix("extra "), what=f"{what}: extra")
            if len(extra) > MAX_EXTRA:
                raise TooLarge(f"{what}: extra has {len(extra)} bytes, over {MAX_EXTRA}")
        if not lines or not lines[0].startswith("index "):
            raise Malformed(f"{what}: line {lines[0][:40] if lines else ''!r} is not 'index' and a number")
        index, *path = lines
        if len(path) > MAX_PATH:
            raise TooLarge(f"{what}: path has {len(path)} hashes, over {MAX_PATH}")
        return cls(
            index=_index(index.removeprefix("index "), what),
            path=tuple(_hash(line, f"{what}: path[{at}]") for at, line in enumerate(path)),
            checkpoint=checkpoint,
            extra=extra,
        )

    def encode(self) -> bytes:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {b64.encode(self.extra)}")
        lines += [f"index {self.index}", *map(b64.encode, self.path), "", ""]
        return "\n".join(lines).encode("ascii") + self.checkpoint


def _index(text: str, what: str) -> int:
    if not (text.isdecimal() and len(text) <= 19 and str(int(text)) == text and int(text) <= MAX_INDEX):
        raise Malformed(f"{what}: index {text[:30]!r} is not a decimal number below 2**63 - 1")
    return int(text)


def _hash(line: str, what: str) -> bytes:
    hash_ = b64.decode(line, what=what)
    if len(hash_) != HASH_BYTES:
        raise Malformed(f"{what} has {len(hash_)} bytes, expected {HASH_BYTES}")
    return hash_
