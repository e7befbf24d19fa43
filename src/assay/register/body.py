"""The body of a checkpoint (c2sp.org/tlog-checkpoint): what every signature over a log's tree is about."""

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import b64
from assay.register.merkle import HASH_BYTES, MAX_SIZE

MAX_TEXT = 4096


class Checkpoint(msgspec.Struct, frozen=True):
    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Lines that other logs add; Assay writes none."""

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the body of a checkpoint in its one spelling."""
        if len(text) > MAX_TEXT:
            raise TooLarge(f"checkpoint has {len(text)} characters, over {MAX_TEXT}")
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
            raise Malformed("checkpoint is not at least three non-empty lines, each ended by a newline")
        origin, size, root, *extensions = lines[:-1]
        if not (size.isascii() and size.isdecimal() and len(size) <= 19):
            raise Malformed(f"checkpoint size {size[:30]!r} is not a decimal number")
        checkpoint = cls(origin, int(size), b64.decode(root, what="checkpoint root"), tuple(extensions))
        if checkpoint.size > MAX_SIZE:
            raise Malformed(f"checkpoint has size {size}, over {MAX_SIZE}")
        if len(checkpoint.root) != HASH_BYTES:
            raise Malformed(f"checkpoint has a root of {len(checkpoint.root)} bytes, expected {HASH_BYTES}")
        if checkpoint.encode() != text:
            raise Malformed("checkpoint is not in its canonical form")
        return checkpoint

    def encode(self) -> str:
        lines = (self.origin, str(self.size), b64.encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)
