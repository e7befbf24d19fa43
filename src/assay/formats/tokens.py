"""Access tokens in text, recognised by their published formats and by the checksum some of them carry.

Each rule is a literal that must be there, a bounded pattern, and a test of the candidate. Placeholders, examples from
documentation and words in the place of randomness are not tokens.
"""

import base64
import binascii
import math
import re
import string
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec

from assay.errors import TooLarge
from assay.formats import api_token

MAX_CANDIDATES = 10_000
"""Per file and rule."""


class Token(msgspec.Struct, frozen=True):
    kind: str
    offset: int
    text: bytes
    """The secret itself: show no more than its first four characters."""
    proven: bool
    """A checksum or a nested structure holds, so chance and invention are excluded."""


class _Rule(msgspec.Struct, frozen=True):
    kind: str
    starts: tuple[bytes, ...]
    """A token begins with one of these."""
    pattern: re.Pattern[bytes]
    holds: Callable[[bytes], bool]
    proven: bool
    needs: bytes = b""
    """Must be somewhere in the file: one search in place of one for each start."""


def find(data: bytes) -> Iterator[Token]:
    """The tokens in *data*; :class:`TooLarge` after :data:`MAX_CANDIDATES` candidates of one rule."""
    for rule in _RULES:
        if rule.needs in data:
            for start in rule.starts:
                yield from _apply(rule, start, data)
    yield from _aws(data)


def _places(data: bytes, literal: bytes, kind: str) -> Iterator[int]:
    at, number = data.find(literal), 0
    while at >= 0:
        number += 1
        if number > MAX_CANDIDATES:
            raise TooLarge(f"over {MAX_CANDIDATES} candidates for a {kind}")
        yield at
        at = data.find(literal, at + len(literal))


def _apply(rule: _Rule, start: bytes, data: bytes) -> Iterator[Token]:
    for at in _places(data, start, rule.kind):
        match = rule.pattern.match(data, at)
        if match and rule.holds(match[0]):
            yield Token(rule.kind, at, match[0], rule.proven)


# What randomness looks like, and what people write in its place.

_WORDS = re.compile(
    rb"example|sample|test|dummy|fake|secret|token|placeholder|your|redacted|changeme|foobar|deadbeef|"
    rb"qwerty|(.)\1{3}",
    re.IGNORECASE,
)


def _random(body: bytes) -> bool:
    """No word, no run, no sequence, and nearly as many different characters as chance would give."""
    if _WORDS.search(body):
        return False
    climb = 1
    for one, two in pairwise(body):
        climb = climb + 1 if two - one == 1 else 1
        if climb >= 5:
            return False
    hexadecimal = not body.strip(b"0123456789abcdefABCDEF-")
    return _bits(body) >= (2.8 if hexadecimal else 3.0 if len(body) < 24 else 3.5)


def _bits(body: bytes) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(body).values()
    return -sum(n / len(body) * math.log2(n / len(body)) for n in counts)


def _slack(text: bytes) -> bool:
    return _random(re.split(rb"[-/]", text)[-1])


def _tail(start: int) -> Callable[[bytes], bool]:
    """Randomness from byte *start* on."""
    return lambda text: _random(text[start:])


_BASE62 = (string.digits + string.ascii_uppercase + string.ascii_lowercase).encode()


def checksum62(body: bytes) -> bytes:
    """CRC-32 in six base-62 digits, as GitHub and npm end their tokens."""
    number, digits = zlib.crc32(body), bytearray()
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits.append(_BASE62[rest])
    return bytes(reversed(digits))


def _crc(text: bytes) -> bool:
    body = text[4:]
    return checksum62(body[:-6]) == body[-6:] and _bits(body[:-6]) > 3


def _macaroon(text: bytes) -> bool:
    """libmacaroons' version 2 layout, location, identifier, caveats and a 32-byte signature, to the last byte."""
    body = text.partition(b"-")[2]
    try:
        raw = base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return False
    at = 1
    kinds: list[tuple[int, int]] = []
    while at + 1 < len(raw) and len(kinds) < 64:
        kind, length = raw[at], raw[at + 1]
        at += 1
        if kind:
            at += 1
            if length >= 0x80:
                length, at = length & 0x7F | raw[at] << 7 if at < len(raw) else len(raw), at + 1
            at += length
        kinds.append((kind, length))
    return raw[:1] == b"\2" and at == len(raw) and len(kinds) > 2 and kinds[-1] == (6, 32)


_BECH32 = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _bech32(text: bytes) -> bool:
    """BIP 173, as age spells its identities."""
    prefix, _, data = text.lower().rpartition(b"1")
    values = (
        [c >> 5 for c in prefix] + [0] + [c & 31 for c in prefix] + [_BECH32.find(bytes([c])) for c in data]
    )
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check == 1 and min(values) >= 0


# The well-known key of the storage emulator begins like this; it is in every documentation.
_EMULATOR = b"AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2U"


def _azure(text: bytes) -> bool:
    return not text.startswith(_EMULATOR) and _random(text[11:])


def _rule(
    kind: str,
    starts: str,
    rest: str,
    holds: Callable[[bytes], bool],
    *,
    proven: bool = False,
    needs: bytes = b"",
) -> _Rule:
    """*rest* is a pattern for what follows one of *starts*."""
    literals = tuple(starts.encode().split())
    any_start = b"|".join(re.escape(literal) for literal in literals)
    bounded = rb"(?<![A-Za-z0-9_-])(?:" + any_start + rb")" + rest.encode() + rb"(?![A-Za-z0-9_-])"
    return _Rule(kind, literals, re.compile(bounded), holds, proven, needs)


_RULES = (
    _rule("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{36}", _crc, proven=True),
    _rule("GitHub token", "github_pat_", r"[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", _tail(11)),
    _rule("npm token", "npm_", r"[A-Za-z0-9]{36}", _crc, proven=True),
    _rule("npm token", "_authToken=", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", _tail(11)),
    _rule("PyPI token", "pypi-Ag", r"[A-Za-z0-9_-]{60,800}", _macaroon, proven=True),
    _rule("GitLab token", "glpat-", r"[A-Za-z0-9_-]{20}(?:[A-Za-z0-9_-]{7,280}\.[0-9a-z]{2}\.?[0-9a-z]{7})?", _tail(6)),
    _rule("Slack token", "xoxb- xoxp-", r"\d{10,13}-\d{10,13}(?:-\d{10,13})?-[A-Za-z0-9]{24,34}", _slack, needs=b"xox"),
    _rule("Slack webhook", "hooks.slack.com/services/", r"T[A-Z0-9]{8,11}/B[A-Z0-9]{8,11}/[A-Za-z0-9]{24}", _slack),
    _rule("Stripe live key", "sk_live_ rk_live_", r"[A-Za-z0-9]{24,120}", _tail(8), needs=b"k_live_"),
    _rule("SendGrid key", "SG.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", _tail(3)),
    _rule("OpenAI key", "sk-", r"[A-Za-z0-9_-]{16,120}T3BlbkFJ[A-Za-z0-9_-]{16,120}", _tail(3), needs=b"T3BlbkFJ"),
    _rule("Anthropic key", "sk-ant-api sk-ant-admin", r"\d\d-[A-Za-z0-9_-]{93}AA", _tail(14), needs=b"sk-ant-a"),
    _rule("Hugging Face token", "hf_", r"[A-Za-z]{34}", _tail(3)),
    _rule("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"[0-9a-f]{64}", _tail(7), needs=b"_v1_"),
    _rule("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"[0-9a-f]{32}", _tail(6), needs=b"shp"),
    _rule("Docker token", "dckr_pat_", r"[A-Za-z0-9_-]{27}", _tail(9)),
    _rule("Vault token", "hvs.", r"[A-Za-z0-9_-]{90,120}", _tail(4)),
    _rule("Azure storage key", "AccountKey=", r"[A-Za-z0-9+/]{86}==", _azure),
    _rule("Assay token", "assay_", r"[a-z2-7]{16}_[a-z2-7]{52}_[0-9a-f]{8}", api_token.is_token, proven=True),
    _rule("age identity", "AGE-SECRET-KEY-1", r"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", _bech32, proven=True),
)  # fmt: skip

_AWS = b"AKIA"
MARKS = (
    *(
        mark
        for rule in _RULES
        for mark in (rule.starts if all(rule.needs in start for start in rule.starts) else (rule.needs,))
    ),
    _AWS,
)
"""Bytes that hold none of these hold no token."""

_AWS_ID = re.compile(rb"(?<![A-Za-z0-9])AKIA[A-Z2-7]{16}(?![A-Za-z0-9])")
_AWS_SECRET = re.compile(rb"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_NEAR = 400


def _aws(data: bytes) -> Iterator[Token]:
    """An access key id is no secret; it and 40 random characters near the word *secret* are."""
    for at in _places(data, _AWS, "AWS key"):
        match = _AWS_ID.match(data, at)
        if match and _random(match[0][4:]):
            yield from _aws_secret(data, match)


def _aws_secret(data: bytes, name: re.Match[bytes]) -> Iterator[Token]:
    start = max(0, name.start() - _NEAR)
    near = data[start : name.end() + _NEAR]
    if b"secret" not in near.lower():
        return
    for found in _AWS_SECRET.finditer(near):
        body = found[0]
        if _random(body) and not (body.islower() or body.isupper() or body.isalpha()):
            yield Token("AWS secret access key", start + found.start(), body, proven=False)
