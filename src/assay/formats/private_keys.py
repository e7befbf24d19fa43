"""Private keys in text: PEM (RFC 7468, RFC 1421), OpenSSH, PuTTY, OpenPGP armour.

A block counts only when what is inside is a key: for RSA the primes must multiply to the modulus, for DSA the public
value must follow from the secret one. A placeholder, a cut example or a parser's constant is no key.
"""

import base64
import binascii
import re
from collections.abc import Iterator

import msgspec

from assay.errors import TooLarge

MAX_BLOCKS = 2000
"""Per file."""
MARKS = (b"PRIVATE KEY", b"PuTTY-User-Key-File-")
"""Bytes that hold none of these hold no key."""
_MAX_BODY = 32 * 1024
_BEGIN = re.compile(rb"-----BEGIN ((?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?)-----")
_PUTTY = re.compile(rb"PuTTY-User-Key-File-[23]: ([a-z0-9-]{1,40})\r?\nEncryption: ([a-z0-9-]{1,20})\r?\n")
_PUTTY_LINES = re.compile(rb"Private-Lines: \d{1,4}\r?\n((?:[A-Za-z0-9+/=]{4,64}\r?\n){1,500})")
_QUOTED = re.compile(rb"""["']([^"']*)["']""")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z-]{0,40}: ")
_RSA = bytes.fromhex("2a864886f70d010101")
_INTEGER, _OCTETS, _OID, _SEQUENCE = 0x02, 0x04, 0x06, 0x30

Node = tuple[int, bytes]


class PrivateKey(msgspec.Struct, frozen=True):
    """Where a key begins in the file, and whether a passphrase protects it."""

    kind: str
    offset: int
    length: int
    """Bytes of the whole block."""
    protected: bool


def find(data: bytes) -> Iterator[PrivateKey]:
    """The private keys in *data*, in order; :class:`TooLarge` after :data:`MAX_BLOCKS` candidates."""
    if MARKS[0] in data:
        for number, begin in enumerate(_BEGIN.finditer(data)):
            if number >= MAX_BLOCKS:
                raise TooLarge(f"over {MAX_BLOCKS} private key blocks")
            end = b"-----END " + begin[1] + b"-----"
            stop = data.find(end, begin.end(), begin.end() + _MAX_BODY)
            protected = None if stop < 0 else _block(begin[1].decode(), data[begin.end() : stop])
            if protected is not None:
                yield PrivateKey(
                    _kind(begin[1].decode()), begin.start(), stop + len(end) - begin.start(), protected
                )
    if MARKS[1] in data:
        yield from _putty(data)


def _kind(label: str) -> str:
    return {"PRIVATE KEY": "private key (PKCS 8)", "PGP PRIVATE KEY BLOCK": "OpenPGP private key"}.get(
        label, label.replace("PRIVATE KEY", "private key").replace("ENCRYPTED", "encrypted")
    )


def _putty(data: bytes) -> Iterator[PrivateKey]:
    for number, head in enumerate(_PUTTY.finditer(data)):
        if number >= MAX_BLOCKS:
            raise TooLarge(f"over {MAX_BLOCKS} PuTTY keys")
        lines = _PUTTY_LINES.search(data, head.end(), head.end() + _MAX_BODY)
        if lines and len(_base64(lines[1].split())) >= 20:
            yield PrivateKey(
                "PuTTY private key", head.start(), lines.end() - head.start(), head[2] != b"none"
            )


def _block(label: str, body: bytes) -> bool | None:
    """Whether the key in a block is protected by a passphrase; None when there is no key in it."""
    lines = _lines(body)
    protected = any(line.startswith(b"Proc-Type:") and b"ENCRYPTED" in line for line in lines)
    content = [line for line in lines if not _HEADER.match(line)]
    if label == "PGP PRIVATE KEY BLOCK":
        content = [line for line in content if not line.startswith(b"=")]
    raw = _base64(content)
    if not raw:
        return None
    if label == "OPENSSH PRIVATE KEY":
        return _openssh(raw)
    if label == "PGP PRIVATE KEY BLOCK":
        # Packet tag 5, secret key (RFC 9580 section 4.2); whether it is locked lies deeper, so it counts as such.
        tag = raw[0] & 0x3F if raw[0] & 0x40 else raw[0] >> 2 & 0x0F
        return True if raw[0] & 0x80 and tag == 5 and len(raw) > 40 else None
    if protected:
        return True if len(raw) % 8 == 0 and len(raw) >= 64 else None
    whole = _nodes(raw)
    if len(whole) != 1 or whole[0][0] != _SEQUENCE:
        return None
    inner = _nodes(whole[0][1])
    if label == "ENCRYPTED PRIVATE KEY":
        return True if _shape(inner) == [_SEQUENCE, _OCTETS] else None
    return False if _PLAIN[label](inner) else None


def _lines(body: bytes) -> list[bytes]:
    """The lines of a block, freed from the string literals, escapes or comment that it may stand in."""
    bare = []
    for number, line in enumerate(body.split(b"\n")):
        quoted = _QUOTED.search(line)
        if quoted:
            bare.append(quoted[1])
        elif line.count(b'"') + line.count(b"'") == 1:
            # The literal that began before BEGIN ends here, or the one that goes on to END begins.
            before, _, after = line.replace(b"'", b'"').partition(b'"')
            bare.append(after if number else before)
        else:
            bare.append(line)
    text = b"\n".join(bare).replace(b"\\r", b"").replace(b"\\n", b"\n")
    return [line.strip(b" \t\r\\`,;#*") for line in text.split(b"\n")]


def _base64(lines: list[bytes]) -> bytes:
    """The decoded lines; empty where they are no base64."""
    joined = b"".join(lines)
    if not re.fullmatch(rb"[A-Za-z0-9+/]+={0,2}", joined) or len(joined) % 4:
        return b""
    try:
        return base64.b64decode(joined, validate=True)
    except binascii.Error:
        return b""


def _nodes(der: bytes) -> list[Node]:
    """The DER elements side by side in *der*; empty when it is not exactly that (X.690)."""
    nodes: list[Node] = []
    at = 0
    while at < len(der):
        if at + 2 > len(der) or len(nodes) >= 32:
            return []
        tag, length, at = der[at], der[at + 1], at + 2
        if length >= 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or at + count > len(der):
                return []
            length, at = int.from_bytes(der[at : at + count], "big"), at + count
        if at + length > len(der):
            return []
        nodes.append((tag, der[at : at + length]))
        at += length
    return nodes


def _shape(nodes: list[Node]) -> list[int]:
    return [tag for tag, _ in nodes]


def _integers(nodes: list[Node], count: int) -> list[int]:
    """The first *count* integers; empty when there are fewer, or some over 16,384 bits."""
    if _shape(nodes)[:count] != [_INTEGER] * count or any(len(body) > 2049 for _, body in nodes[:count]):
        return []
    return [int.from_bytes(body, "big") for _, body in nodes[:count]]


def _is_rsa(nodes: list[Node]) -> bool:
    """RFC 8017 A.1.2: version, n, e, d, p, q, ..."""
    numbers = _integers(nodes, 6)
    return (
        bool(numbers)
        and numbers[1].bit_length() >= 512
        and numbers[4] * numbers[5] == numbers[1]
        and numbers[4] > 1
    )


def _is_dsa(nodes: list[Node]) -> bool:
    """version, p, q, g, y, x (OpenSSL)."""
    numbers = _integers(nodes, 6)
    if not numbers or not 512 <= numbers[1].bit_length() <= 4096 or numbers[5].bit_length() > 512:
        return False
    return pow(numbers[3], numbers[5], numbers[1]) == numbers[4]


def _is_ec(nodes: list[Node]) -> bool:
    """RFC 5915: version 1 and the secret."""
    return _shape(nodes)[:2] == [_INTEGER, _OCTETS] and nodes[0][1] == b"\1" and _random(nodes[1][1])


def _is_pkcs8(nodes: list[Node]) -> bool:
    """RFC 5208, RFC 5958: version, algorithm, secret."""
    if _shape(nodes)[:3] != [_INTEGER, _SEQUENCE, _OCTETS] or nodes[0][1] not in (b"\0", b"\1"):
        return False
    algorithm, secret = _nodes(nodes[1][1]), nodes[2][1]
    if not algorithm or algorithm[0][0] != _OID:
        return False
    if algorithm[0][1] == _RSA:
        inside = _nodes(secret)
        return len(inside) == 1 and _is_rsa(_nodes(inside[0][1]))
    return _random(secret)


def _random(secret: bytes) -> bool:
    return len(secret) >= 16 and len(set(secret)) >= 8


_PLAIN = {
    "RSA PRIVATE KEY": _is_rsa,
    "DSA PRIVATE KEY": _is_dsa,
    "EC PRIVATE KEY": _is_ec,
    "PRIVATE KEY": _is_pkcs8,
}


def _openssh(raw: bytes) -> bool | None:
    """OpenSSH's PROTOCOL.key: magic, cipher, key derivation, options, count, public key, secret part."""
    magic = b"openssh-key-v1\0"
    if not raw.startswith(magic):
        return None
    fields, at = [], len(magic)
    for step in range(6):
        if step == 3:
            at += 4
            continue
        length = int.from_bytes(raw[at : at + 4], "big")
        fields.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
        if at > len(raw):
            return None
    cipher, secret = fields[0], fields[4]
    if cipher != b"none":
        return True
    # The same random number stands twice before an unlocked key.
    return False if len(secret) > 32 and secret[:4] == secret[4:8] else None
