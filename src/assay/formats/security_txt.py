"""security.txt, RFC 9116, with the OpenPGP cleartext signature of section 2.3 recognised but not verified."""

import re
from datetime import datetime

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import text, times
from assay.formats.text import shown

MAX_FILE = 32 * 1024
MAX_LINE = 2048
MAX_FIELDS = 200

_FIELD = re.compile(r"([A-Za-z0-9-]{1,64}):[ \t]*(\S.*)\Z")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>\"{}|\\^`]+\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*\Z")
_URI_FIELDS = frozenset({"acknowledgments", "canonical", "contact", "csaf", "encryption", "hiring", "policy"})
PATH = "/.well-known/security.txt"
_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"


class SecurityTxt(msgspec.Struct, frozen=True):
    """security.txt, RFC 9116."""

    contacts: tuple[str, ...]
    expires: datetime
    policy: tuple[str, ...] = ()
    encryption: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    signed: bool = False


def parse(data: bytes, *, what: str) -> SecurityTxt:
    """At least one Contact, exactly one Expires, at most one Preferred-Languages; every reference a URI, over https if web."""
    lines = [line.removesuffix("\r") for line in text.decode(data, what=what, limit=MAX_FILE).split("\n")]
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise TooLarge(f"{what} line {number} has {len(line)} characters, over {MAX_LINE}")
    numbered = list(enumerate(lines, 1))
    signed = any(line.rstrip() == _BEGIN for line in lines)
    if signed:
        numbered = _signed_part(numbered, what)
    fields = _fields(numbered, what)
    return SecurityTxt(
        contacts=_at_least_one(fields, "contact", what),
        expires=times.parse(_exactly_one(fields, "expires", what), what=f"{what} Expires"),
        policy=tuple(fields.get("policy", ())),
        encryption=tuple(fields.get("encryption", ())),
        canonical=tuple(fields.get("canonical", ())),
        languages=_languages(fields.get("preferred-languages", []), what),
        signed=signed,
    )


def encode(one: SecurityTxt) -> bytes:
    """Without a signature. ``ValueError`` for what :func:`parse` would not read so."""
    fields = [
        *(("Contact", value) for value in one.contacts),
        ("Expires", times.encode(one.expires)),
        *(("Encryption", value) for value in one.encryption),
        *((("Preferred-Languages", ", ".join(one.languages)),) if one.languages else ()),
        *(("Canonical", value) for value in one.canonical),
        *(("Policy", value) for value in one.policy),
    ]
    data = "".join(f"{name}: {value}\n" for name, value in fields).encode()
    try:
        read = parse(data, what="security.txt")
    except Malformed as error:
        raise ValueError(str(error)) from error
    if read != one:
        raise ValueError(
            "security.txt would not be read as it was meant: a value has line ends or blanks around it"
        )
    return data


def _fields(lines: list[tuple[int, str]], what: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    count = 0
    for number, line in lines:
        line = line.rstrip(" \t")  # noqa: PLW2901 - section 4: eol = *WSP [CR] LF
        if not line or line.startswith("#"):
            continue
        found = _FIELD.match(line)
        if found is None:
            raise Malformed(
                f"{what} line {number} is {shown(line, 60)!r}, expected 'Name: value' or a comment"
            )
        count += 1
        if count > MAX_FIELDS:
            raise TooLarge(f"{what} has over {MAX_FIELDS} fields")
        name, value = found[1].lower(), found[2]
        if name in _URI_FIELDS:
            _check_uri(value, f"{what} line {number}: {found[1]}")
        fields.setdefault(name, []).append(value)
    return fields


def _check_uri(value: str, where: str) -> None:
    if not _URI.match(value):
        raise Malformed(f"{where} is {shown(value, 80)!r}, expected a URI such as mailto: or https:")
    if value.lower().startswith("http:"):
        raise Malformed(
            f"{where} is {shown(value, 80)!r}, but web URIs must begin with https:// (section 2.5)"
        )


def _at_least_one(fields: dict[str, list[str]], name: str, what: str) -> tuple[str, ...]:
    if not fields.get(name):
        raise Malformed(f"{what} has no {name.capitalize()} field, expected at least one (section 2.5.3)")
    return tuple(fields[name])


def _exactly_one(fields: dict[str, list[str]], name: str, what: str) -> str:
    values = fields.get(name, [])
    if len(values) != 1:
        raise Malformed(
            f"{what} has {len(values)} {name.capitalize()} fields, expected exactly one (section 2.5.5)"
        )
    return values[0]


def _languages(values: list[str], what: str) -> tuple[str, ...]:
    if len(values) > 1:
        raise Malformed(
            f"{what} has {len(values)} Preferred-Languages fields, expected at most one (section 2.5.8)"
        )
    tags = tuple(tag.strip(" \t") for value in values for tag in value.split(","))
    for tag in tags:
        if not _LANGUAGE.match(tag):
            raise Malformed(f"{what} Preferred-Languages has {shown(tag, 40)!r}, expected language tags")
    return tags


def _signed_part(lines: list[tuple[int, str]], what: str) -> list[tuple[int, str]]:
    """Lines under the signature, dash escapes removed (RFC 9580 section 7.1); anything outside it is refused."""
    bare = [line.rstrip() for _, line in lines]
    if [bare.count(mark) for mark in (_BEGIN, _SIGNATURE, _END)] != [1, 1, 1]:
        raise Malformed(f"{what} is not one OpenPGP signed message: expected each armor line exactly once")
    begin, signature, end = (bare.index(mark) for mark in (_BEGIN, _SIGNATURE, _END))
    if not begin < signature < end:
        raise Malformed(f"{what} has its OpenPGP armor lines out of order")
    outside = next((n for n, line in enumerate(bare) if line and (n < begin or n > end)), None)
    if outside is not None:
        raise Malformed(f"{what} line {outside + 1} lies outside the OpenPGP signed message")
    start = begin + 1
    while start < signature and bare[start]:
        if not bare[start].startswith("Hash: "):
            raise Malformed(
                f"{what} line {start + 1} is not an OpenPGP Hash header, expected one or an empty line"
            )
        start += 1
    return [(number, line.removeprefix("- ")) for number, line in lines[start:signature]]
