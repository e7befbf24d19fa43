"""A release that carries somebody's key.

A private key or an access token that slips into a package is public the moment the package is. Only what proves itself
counts against the provider: a key whose numbers fit, a token whose checksum holds or whose form leaves no doubt. Keys of
tests and examples are made to be public.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.errors import TooLarge
from assay.evidence.model import Exhibit
from assay.evidence.release import Member, ReleaseFile
from assay.formats import private_keys, purpose, tokens
from assay.formats.text import shown

_SHOWN = 20
_ENOUGH = 1000
_REMEDY = "revoke it, then release again without it"


class _Secret(msgspec.Struct, frozen=True):
    path: str
    line: int
    what: str
    """Kind and length, of a token the first four characters, never more."""
    purpose: str
    weight: str
    """``open`` speaks for itself, ``proven`` even in a test, ``locked`` needs a passphrase as well."""


def examine(case: Case) -> Iterator[Finding]:
    accepted = frozenset(case.texts("accepted_sha256"))
    for exhibit in case.of(ReleaseFile):
        yield from _judge(exhibit, accepted)


def _judge(exhibit: Exhibit[ReleaseFile], accepted: frozenset[str]) -> Iterator[Finding]:
    file = exhibit.value
    if file.read is None:
        yield Finding.unknown(f"the bytes of {shown(file.filename)} are not at hand", exhibit)
        return
    secrets: list[_Secret] = []
    whole = () if file.members else (Member(file.filename, file.size, file.digests[0]),)
    looked, archives = 0, 0
    for member in (*file.members, *whole):
        if member.link or member.digest.value in accepted:
            continue
        if len(secrets) > _ENOUGH:
            yield Finding.unknown(
                f"over {_ENOUGH} keys and tokens; files from {member.path} on were not looked at", exhibit
            )
            break
        archives += member.binary == "archive"
        looked += 1
        if file.marked is not None and member.path not in file.marked:
            continue
        try:
            secrets += _secrets(member.path, purpose.of(file.inner(member.path)), file.read(member.path))
        except TooLarge as error:
            yield Finding.unknown(f"{shown(member.path)}: {error}", exhibit, at=member.path)
    yield from _findings(exhibit, secrets)
    yield Finding.supports(_summary(looked, archives, secrets), exhibit)


def _secrets(path: str, use: str, data: bytes) -> list[_Secret]:
    keys = [
        (key.offset, f"{key.kind} of {key.length} characters", "locked" if key.protected else "open")
        for key in private_keys.find(data)
    ]
    found = keys + [
        (
            token.offset,
            f"{token.kind} {token.text[:4].decode()}… of {len(token.text)} characters",
            "proven" if token.proven else "open",
        )
        for token in tokens.find(data)
    ]
    secrets, line, last = [], 1, 0
    for offset, what, weight in sorted(found):
        line, last = line + data.count(b"\n", last, offset), offset
        secrets.append(_Secret(path, line, what, use, weight))
    return secrets


def _findings(exhibit: Exhibit[ReleaseFile], secrets: list[_Secret]) -> Iterator[Finding]:
    against = [s for s in secrets if not s.purpose and s.weight != "locked"]
    doubtful = [
        s for s in secrets if (not s.purpose and s.weight == "locked") or (s.purpose and s.weight == "proven")
    ]
    for secret in against[:_SHOWN]:
        reason = ": its checksum is right" if secret.weight == "proven" else ""
        yield Finding.against(
            f"holds: {secret.what}{reason}", exhibit, at=f"{secret.path}:{secret.line}", remedy=_REMEDY
        )
    if len(against) > _SHOWN:
        yield Finding.against(f"{len(against) - _SHOWN} more secrets in this file", exhibit, remedy=_REMEDY)
    for secret in doubtful[:_SHOWN]:
        reason = (
            "it is locked by a passphrase"
            if secret.weight == "locked"
            else f"its checksum is right, yet it is in {secret.purpose}"
        )
        yield Finding.unknown(f"holds: {secret.what}: {reason}", exhibit, at=f"{secret.path}:{secret.line}")
    if len(doubtful) > _SHOWN:
        yield Finding.unknown(f"{len(doubtful) - _SHOWN} more of these in this file", exhibit)


def _summary(looked: int, archives: int, secrets: list[_Secret]) -> str:
    """One line for what was looked at; what is in tests and documentation stands there as a number."""
    noted = Counter(s.purpose for s in secrets if s.purpose and s.weight != "proven")
    parts = [f"{looked} files looked through for private keys and access tokens"]
    parts += [f"{count} found in {use}, taken as made to be public" for use, count in sorted(noted.items())]
    parts += [f"archives in it, not opened: {archives}"] if archives else []
    return "; ".join(parts)


CHECK = Check(
    id="release-no-secrets",
    title="the release carries no private key and no access token",
    severity=Severity.HIGH,
    basis=Basis.DERIVED,
    reads=(ReleaseFile,),
    proves="no file of the release holds a private key, or a token of a known form, outside tests and documentation",
    does_not_prove="the absence of passwords, of tokens without a form of their own, and of secrets in nested archives",
    parameters={"accepted_sha256": ()},
    examine=examine,
)
