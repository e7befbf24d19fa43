"""What client and witness say to each other (c2sp.org/tlog-witness): a request, signature lines, a size."""

import re

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import b64
from assay.formats.note import MAX_BYTES as MAX_NOTE
from assay.formats.note import MAX_SIGNATURES, NoteSignature
from assay.formats.text import shown

PATH = "add-checkpoint"
"""Below a witness's submission prefix."""
SIZE_TYPE = "text/x.tlog.size"
"""Content type of the answer 409."""
MAX_HASHES = 63
HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
MAX_BYTES = MAX_NOTE + 4096
"""Of a request; an answer is smaller."""

_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")


class AddCheckpoint(msgspec.Struct, frozen=True):
    """Please cosign *checkpoint*, which grew from the tree of size *old*."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes
    """A signed note, unread."""

    @classmethod
    def parse(cls, data: bytes, *, what: str = "request") -> "AddCheckpoint":
        """Read a request; only what :meth:`encode` would write."""
        if len(data) > MAX_BYTES:
            raise TooLarge(f"{what} has {len(data)} bytes, over {MAX_BYTES}")
        head, separator, checkpoint = data.partition(b"\n\n")
        if not separator or not checkpoint:
            raise Malformed(f"{what} is not an old size, a proof, an empty line and a checkpoint")
        first, *lines = _ascii(head, f"{what}, before the checkpoint").split("\n")
        old = first.removeprefix("old ")
        if old == first:
            raise Malformed(f"{what} begins with {shown(first, 40)!r}, expected 'old' and a size")
        if len(lines) > MAX_HASHES:
            raise TooLarge(f"{what} has {len(lines)} hashes of proof, over {MAX_HASHES}")
        proof = tuple(b64.decode(line, what=f"{what}: proof[{at}]") for at, line in enumerate(lines))
        if any(len(one) != HASH_BYTES for one in proof):
            raise Malformed(f"{what}: a hash of the proof does not have {HASH_BYTES} bytes")
        return cls(_size(old, f"{what}: old size"), proof, checkpoint)

    def encode(self) -> bytes:
        lines = [f"old {self.old}\n", *(f"{b64.encode(one)}\n" for one in self.proof), "\n"]
        return "".join(lines).encode() + self.checkpoint


def parse_lines(data: bytes, *, what: str = "answer") -> tuple[NoteSignature, ...]:
    """The signature lines in a witness's answer 200; one or more."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{what} has {len(data)} bytes, over {MAX_BYTES}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8: byte {error.start}") from error
    if not text.endswith("\n"):
        raise Malformed(f"{what} is no signature line that ends with a newline")
    lines = text[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise TooLarge(f"{what} has {len(lines)} signature lines, over {MAX_SIGNATURES}")
    return tuple(NoteSignature.parse(line, what=what) for line in lines)


def encode_lines(lines: tuple[NoteSignature, ...]) -> bytes:
    """The body of the answer 200."""
    return "".join(f"{line.encode()}\n" for line in lines).encode()


def parse_size(data: bytes, *, what: str = "answer") -> int:
    """The size in a witness's answer 409."""
    text = _ascii(data[:40], what)
    if not text.endswith("\n"):
        raise Malformed(f"{what} is {shown(text, 40)!r}, expected a size and a newline")
    return _size(text[:-1], what)


def encode_size(size: int) -> bytes:
    return b"%d\n" % size


def _ascii(data: bytes, what: str) -> str:
    if not data.isascii():
        raise Malformed(f"{what} has characters outside ASCII")
    return data.decode("ascii")


def _size(text: str, what: str) -> int:
    if not _NUMBER.match(text) or int(text) > MAX_SIZE:
        raise Malformed(f"{what} is {shown(text, 40)!r}, expected a decimal number without leading zeroes")
    return int(text)
