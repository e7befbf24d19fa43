"""C2SP signed notes (c2sp.org/signed-note) and the encoding of their verifier keys. Bytes and text only; no keys are trusted here."""

import hashlib
import re

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import b64

MAX_BYTES = 512 * 1024
MAX_SIGNATURES = 64
MAX_NAME = 255
ED25519 = 0x01
"""Plain Ed25519 over the note's text."""
COSIGNED_ED25519 = 0x04
"""Timestamped Ed25519 cosignature (c2sp.org/tlog-cosignature)."""
ML_DSA_44 = 0x06
"""Timestamped ML-DSA-44 cosignature (c2sp.org/tlog-cosignature)."""

_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_VKEY = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+={0,2})\Z")


class Vkey(msgspec.Struct, frozen=True, order=True):
    """A verifier key: whose, of which signature type, and the public key's bytes."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if not 0 <= self.kind <= 255:
            raise Malformed(f"signature type of {self.name!r} is {self.kind}, expected one byte")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name, newline, type, public key), cut to 4 bytes."""
        return hashlib.sha256(b"%b\n%c%b" % (self.name.encode(), self.kind, self.public)).digest()[:4]

    @classmethod
    def parse(cls, text: str) -> "Vkey":
        """Read ``name+id+base64(type || public key)``."""
        if len(text) > 16 * 1024:
            raise TooLarge(f"verifier key has {len(text)} characters, over {16 * 1024}")
        match = _VKEY.match(text)
        if match is None:
            raise Malformed(f"verifier key {text[:60]!r} is not of the form name+id+base64")
        data = b64.decode(match["key"], what=f"verifier key of {match['name'][:60]!r}")
        if len(data) < 2:
            raise Malformed(f"verifier key of {match['name'][:60]!r} holds no public key")
        vkey = cls(match["name"], data[0], data[1:])
        if vkey.key_id.hex() != match["id"]:
            raise Malformed(
                f"verifier key of {vkey.name!r} says id {match['id']}, its key has {vkey.key_id.hex()}"
            )
        return vkey

    def encode(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64.encode(bytes([self.kind]) + self.public)}"


class NoteSignature(msgspec.Struct, frozen=True):
    name: str
    key_id: bytes
    signature: bytes

    def by(self, key: Vkey) -> bool:
        """Whether name and id are those of *key*; says nothing about whether it verifies."""
        return (self.name, self.key_id) == (key.name, key.key_id)

    @classmethod
    def parse(cls, line: str, *, what: str = "note") -> "NoteSignature":
        """Read one signature line, without its newline."""
        return _signature(line, what)

    def encode(self) -> str:
        return f"{_DASH}{self.name} {b64.encode(self.key_id + self.signature)}"


class Note(msgspec.Struct, frozen=True):
    text: str
    """What is signed, with its final newline."""
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, data: bytes, *, what: str = "note") -> "Note":
        """Read a signed note; only what :meth:`encode` would write."""
        if len(data) > MAX_BYTES:
            raise TooLarge(f"{what} has {len(data)} bytes, over {MAX_BYTES}")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed(f"{what} is not UTF-8: byte {error.start}") from error
        body, separator, block = text.rpartition("\n\n")
        if not separator:
            raise Malformed(f"{what} has no blank line before its signatures")
        if not block.endswith("\n"):
            raise Malformed(f"{what} does not end with a newline")
        lines = block[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise TooLarge(f"{what} carries {len(lines)} signatures, over {MAX_SIGNATURES}")
        note = cls(body + "\n", tuple(_signature(line, what) for line in lines))
        _check_text(note.text, what)
        return note

    def encode(self) -> bytes:
        _check_text(self.text, "note")
        lines = "".join(f"{one.encode()}\n" for one in self.signatures)
        return f"{self.text}\n{lines}".encode()


def check_name(name: str) -> None:
    """Key names are non-empty, without spaces, control characters or '+'."""
    if not 1 <= len(name.encode(errors="replace")) <= MAX_NAME:
        raise Malformed(f"key name has {len(name)} characters, expected 1 to {MAX_NAME} bytes")
    if any(c == "+" or c < " " or c.isspace() for c in name):
        raise Malformed(f"key name {name[:60]!r} has a space, a control character or '+'")


def _signature(line: str, what: str) -> NoteSignature:
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Malformed(f"{what}: signature line {line[:60]!r} is not of the form '— name base64'")
    check_name(name)
    data = b64.decode(encoded, what=f"{what}: signature of {name!r}")
    if len(data) < 5:
        raise Malformed(
            f"{what}: signature of {name!r} has {len(data)} bytes, expected a 4-byte key id and more"
        )
    return NoteSignature(name, data[:4], data[4:])


def _check_text(text: str, what: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise Malformed(f"{what}: the text is empty or does not end with a newline")
    if control := _CONTROL.search(text):
        raise Malformed(f"{what}: control character {ord(control[0]):#04x} at {control.start()}")
