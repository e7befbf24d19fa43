"""The trust root: who may sign what, with which keys, when. One JSON document, described in docs/formats/trust.md.

Nothing in a message ever adds to it. Its digest is taken over the canonical form, so layout does not matter.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Self, TypeVar, get_args

import msgspec

from assay.crypto.keys import Algorithm, PublicKey, algorithm
from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import b64, strict_json, times
from assay.formats.digest import Digest
from assay.formats.note import Vkey
from assay.register.identity import LogKeys
from assay.register.quorum import Quorum

T = TypeVar("T")

Purpose = Literal["provider", "office", "log", "ci", "assessor"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

FORMAT = "assay-trust-root"
VERSION = 1
MAX_BYTES = 64 * 1024 * 1024
MAX_SIGNERS = 10_000
MAX_KEYS = 32
MAX_NAMES = 1_000
MAX_TEXT = 200
REQUIRED: tuple[Algorithm, ...] = ("ed25519", "ml-dsa-65")

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class Revocation(msgspec.Struct, frozen=True):
    at: datetime
    """From this moment on the key is good for nothing."""
    reason: str


class TrustedKey(msgspec.Struct, frozen=True):
    public: PublicKey
    valid_from: datetime
    valid_until: datetime | None = None
    """Exclusive."""
    revoked: Revocation | None = None

    def objection(self, at: datetime) -> str:
        """Why the key may not be relied on at that moment; empty when it may."""
        if self.revoked is not None and self.revoked.at <= at:
            return f"was revoked on {times.encode(self.revoked.at)}: {self.revoked.reason}"
        if at < self.valid_from:
            return f"is valid only from {times.encode(self.valid_from)}"
        if self.valid_until is not None and at >= self.valid_until:
            return f"was valid only until {times.encode(self.valid_until)}"
        return ""

    def is_revoked(self, at: datetime) -> bool:
        return self.revoked is not None and self.revoked.at <= at


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """A signer record: one holder and all of its keys."""

    name: str
    purposes: tuple[Purpose, ...]
    providers: tuple[str, ...] = ()
    """Providers it may speak for, by exact name."""
    authority: bool = False
    """May bind those providers by an attestation."""
    trial: bool = False
    keys: tuple[TrustedKey, ...] = ()


class Log(msgspec.Struct, frozen=True):
    """A register: its origin and the keys that sign its checkpoints and entries."""

    origin: str
    vkeys: tuple[Vkey, ...]
    witnesses: str = ""
    """A policy (c2sp.org/tlog-policy, without logs) that its checkpoints must satisfy; empty when none is asked for."""

    @property
    def keys(self) -> LogKeys:
        return LogKeys.from_vkeys(self.origin, self.vkeys)

    @property
    def quorum(self) -> Quorum | None:
        what = f"logs: witnesses of {self.origin!r}"
        return Quorum.parse(self.witnesses.encode(), what=what) if self.witnesses else None


class Identity(msgspec.Struct, frozen=True):
    """A Sigstore identity. *subject* is exact, or a prefix when it ends in ``*`` after ``/`` or ``@``."""

    issuer: str
    subject: str
    purpose: Purpose

    def matches(self, issuer: str, subject: str) -> bool:
        if issuer != self.issuer:
            return False
        if self.subject.endswith("*"):
            return subject.startswith(self.subject[:-1]) and len(subject) >= len(self.subject)
        return subject == self.subject


class Sigstore(msgspec.Struct, frozen=True):
    """A Sigstore instance: its trusted root (embedded, or by digest of a file supplied beside), and who counts."""

    sha256: str
    """SHA-256, lower-case hexadecimal, of the trusted root JSON."""
    trusted_root: str = ""
    """The JSON text itself; empty when it comes as a file."""
    identities: tuple[Identity, ...] = ()


class Policy(msgspec.Struct, frozen=True):
    required: tuple[Algorithm, ...] = REQUIRED
    """An attestation needs a signature of each, all under keys of one signer record."""
    accepted: tuple[Algorithm, ...] = REQUIRED
    """Other signatures are not looked at."""


class TrustRoot(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    policy: Policy = Policy()
    signers: tuple[Signer, ...] = ()
    logs: tuple[Log, ...] = ()
    sigstore: tuple[Sigstore, ...] = ()

    def __post_init__(self) -> None:
        _check(self)

    def objections(self, at: datetime) -> dict[str, str]:
        """Key id -> why it may not be relied on at that moment, for those that may not."""
        keys = [key for signer in self.signers for key in signer.keys]
        return {key.public.keyid: reason for key in keys if (reason := key.objection(at))}

    def of_office(self) -> Self:
        """What it takes to verify what the office signs, and nobody else's names, keys and identities."""
        own = tuple(one for one in self.signers if not {"office", "log"}.isdisjoint(one.purposes))
        return msgspec.structs.replace(self, signers=own, sigstore=())

    def encode(self) -> bytes:
        """The canonical form: compact JSON, keys sorted, every field that has a value."""
        return strict_json.encode(_document(self))

    def pretty(self) -> bytes:
        """The same document laid out for people; parses to an equal value."""
        return strict_json.pretty(_document(self))

    @classmethod
    def parse(cls, data: bytes, *, what: str = "trust root") -> "TrustRoot":
        """Read the document. Unknown fields are refused: a misspelt ``revoked`` must not mean "trusted"."""
        wire = strict_json.decode(data, _Root, what=what, limit=MAX_BYTES)
        if wire.format != FORMAT or wire.version != VERSION:
            raise Unsupported(
                f"{what} is {wire.format[:40]!r} version {wire.version}, expected {FORMAT!r} version {VERSION}"
            )
        return cls(
            policy=Policy(
                tuple(algorithm(name, what="policy.required") for name in wire.policy.required),
                tuple(algorithm(name, what="policy.accepted") for name in wire.policy.accepted),
            ),
            signers=tuple(_signer(entry, f"signers[{at}]") for at, entry in enumerate(wire.signers)),
            logs=tuple(
                Log(entry.origin, tuple(Vkey.parse(key) for key in entry.vkeys), entry.witnesses)
                for entry in wire.logs
            ),
            sigstore=tuple(
                Sigstore(
                    entry.sha256,
                    entry.trusted_root,
                    tuple(
                        Identity(one.issuer, one.subject, _purpose(one.purpose, f"sigstore[{at}].identities"))
                        for one in entry.identities
                    ),
                )
                for at, entry in enumerate(wire.sigstore)
            ),
        )

    @property
    def digest(self) -> Digest:
        """SHA-256 of the canonical form; names the trust root in a verdict."""
        return Digest.sha256(self.encode())

    @cached_property
    def holders(self) -> Mapping[str, tuple[tuple[Signer, TrustedKey], ...]]:
        """Key id -> all that stands under it, in the order of the document."""
        found: dict[str, list[tuple[Signer, TrustedKey]]] = {}
        for signer in self.signers:
            for key in signer.keys:
                found.setdefault(key.public.keyid, []).append((signer, key))
        return {keyid: tuple(pairs) for keyid, pairs in found.items()}

    def signer(self, name: str) -> Signer | None:
        return next((signer for signer in self.signers if signer.name == name), None)

    def log(self, origin: str) -> Log | None:
        return next((log for log in self.logs if log.origin == origin), None)

    def sigstore_identity(self, issuer: str, subject: str, purpose: Purpose) -> Identity | None:
        """The trusted identity that a verified Sigstore certificate's issuer and subject answer to."""
        for instance in self.sigstore:
            for identity in instance.identities:
                if identity.purpose == purpose and identity.matches(issuer, subject):
                    return identity
        return None


class _Revoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: str
    reason: str


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    algorithm: str
    public: str
    valid_from: str
    valid_until: str | None = None
    revoked: _Revoked | None = None


class _Signer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    purposes: tuple[str, ...]
    keys: tuple[_Key, ...]
    providers: tuple[str, ...] = ()
    authority: bool = False
    trial: bool = False


class _Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    vkeys: tuple[str, ...]
    witnesses: str = ""


class _Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: str
    subject: str
    purpose: str


class _Sigstore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str
    identities: tuple[_Identity, ...]
    trusted_root: str = ""


class _Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    required: tuple[str, ...]
    accepted: tuple[str, ...]


class _Root(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    policy: _Policy
    signers: tuple[_Signer, ...] = ()
    logs: tuple[_Log, ...] = ()
    sigstore: tuple[_Sigstore, ...] = ()


def _signer(wire: _Signer, what: str) -> Signer:
    return Signer(
        name=wire.name,
        purposes=tuple(_purpose(name, f"{what}.purposes") for name in wire.purposes),
        providers=wire.providers,
        authority=wire.authority,
        trial=wire.trial,
        keys=tuple(_key(key, f"{what}.keys[{at}]") for at, key in enumerate(wire.keys)),
    )


def _key(wire: _Key, what: str) -> TrustedKey:
    revoked = wire.revoked
    return TrustedKey(
        PublicKey(
            algorithm(wire.algorithm, what=f"{what}.algorithm"),
            b64.decode(wire.public, what=f"{what}.public"),
        ),
        times.parse(wire.valid_from, what=f"{what}.valid_from"),
        None if wire.valid_until is None else times.parse(wire.valid_until, what=f"{what}.valid_until"),
        None
        if revoked is None
        else Revocation(times.parse(revoked.at, what=f"{what}.revoked.at"), revoked.reason),
    )


def _purpose(name: str, what: str) -> Purpose:
    if name not in PURPOSES:
        raise Unsupported(f"{what} has {name[:40]!r}, expected some of {', '.join(PURPOSES)}")
    return name


def _document(root: TrustRoot) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "policy": {"required": list(root.policy.required), "accepted": list(root.policy.accepted)},
        "signers": [_signer_document(signer) for signer in root.signers],
        "logs": [
            {
                "origin": log.origin,
                "vkeys": [key.encode() for key in log.vkeys],
                **({"witnesses": log.witnesses} if log.witnesses else {}),
            }
            for log in root.logs
        ],
        "sigstore": [
            {
                "sha256": entry.sha256,
                "identities": [msgspec.to_builtins(identity) for identity in entry.identities],
                **({"trusted_root": entry.trusted_root} if entry.trusted_root else {}),
            }
            for entry in root.sigstore
        ],
    }


def _signer_document(signer: Signer) -> dict[str, Any]:
    return {
        "name": signer.name,
        "purposes": list(signer.purposes),
        "providers": list(signer.providers),
        "authority": signer.authority,
        "trial": signer.trial,
        "keys": [key_document(key) for key in signer.keys],
    }


def key_document(key: TrustedKey) -> dict[str, Any]:
    document: dict[str, Any] = {
        "algorithm": key.public.algorithm,
        "public": b64.encode(key.public.raw),
        "valid_from": times.encode(key.valid_from),
    }
    if key.valid_until is not None:
        document["valid_until"] = times.encode(key.valid_until)
    if key.revoked is not None:
        document["revoked"] = {"at": times.encode(key.revoked.at), "reason": key.revoked.reason}
    return document


def _check(root: TrustRoot) -> None:
    _check_policy(root.policy)
    for count, limit, what in (
        (len(root.signers), MAX_SIGNERS, "signers"),
        (len(root.logs), MAX_NAMES, "logs"),
        (len(root.sigstore), MAX_KEYS, "Sigstore instances"),
    ):
        if count > limit:
            raise TooLarge(f"trust root has {count} {what}, over {limit}")
    _distinct([signer.name for signer in root.signers], "signers: name")
    _distinct([log.origin for log in root.logs], "logs: origin")
    for signer in root.signers:
        _check_signer(signer)
    _check_holders(root.signers)
    for log in root.logs:
        _text(log.origin, "logs: origin")
        if not log.vkeys:
            raise Malformed(f"log {log.origin!r} has no keys")
        LogKeys.from_vkeys(log.origin, log.vkeys)
        if (quorum := log.quorum) is not None and quorum.policy.logs:
            raise Malformed(
                f"logs: witnesses of {log.origin!r} has a log line; the register's keys stand in vkeys"
            )
    for instance in root.sigstore:
        _check_sigstore(instance)


def _check_policy(policy: Policy) -> None:
    if not policy.required:
        raise Malformed("policy.required is empty: a policy that requires nothing proves nothing")
    if missing := [name for name in policy.required if name not in policy.accepted]:
        raise Malformed(f"policy.required has {missing[0]!r}, which policy.accepted does not")
    _distinct(policy.required, "policy.required")
    _distinct(policy.accepted, "policy.accepted")


def _check_holders(signers: tuple[Signer, ...]) -> None:
    holders: dict[PublicKey, str] = {}
    for signer in signers:
        for key in signer.keys:
            holder = holders.setdefault(key.public, signer.name)
            if holder != signer.name:
                raise Malformed(
                    f"key {key.public.keyid[:12]} stands under both {holder!r} and {signer.name!r}"
                )


def _check_signer(signer: Signer) -> None:
    _text(signer.name, "signers: name")
    what = f"signer {signer.name!r}"
    if not signer.purposes:
        raise Malformed(f"{what} has no purpose, expected some of {', '.join(PURPOSES)}")
    _distinct(signer.purposes, f"{what}: purposes")
    if not 1 <= len(signer.keys) <= MAX_KEYS:
        raise Malformed(f"{what} has {len(signer.keys)} keys, expected 1 to {MAX_KEYS}")
    if len(signer.providers) > MAX_NAMES:
        raise TooLarge(f"{what} has {len(signer.providers)} providers, over {MAX_NAMES}")
    for name in signer.providers:
        _text(name, f"{what}: provider")
    _distinct(signer.providers, f"{what}: providers")
    _distinct([key.public.keyid for key in signer.keys], f"{what}: keys")
    for key in signer.keys:
        if key.valid_until is not None and key.valid_until <= key.valid_from:
            raise Malformed(f"{what}: key {key.public.keyid[:12]} ends at or before its start")
        if key.revoked is not None:
            _text(key.revoked.reason, f"{what}: reason of revocation")


def _check_sigstore(instance: Sigstore) -> None:
    if not _SHA256.match(instance.sha256):
        raise Malformed("sigstore: sha256 is not 64 lower-case hexadecimal digits")
    if instance.trusted_root and Digest.sha256(instance.trusted_root.encode()).value != instance.sha256:
        raise Malformed("sigstore: the embedded trusted_root does not have the digest in sha256")
    if len(instance.identities) > MAX_NAMES:
        raise TooLarge(f"sigstore: {len(instance.identities)} identities, over {MAX_NAMES}")
    for identity in instance.identities:
        _text(identity.issuer, "sigstore: issuer")
        _text(identity.subject, "sigstore: subject", limit=1000)
        stem, star, rest = identity.subject.partition("*")
        if star and (rest or not stem.endswith(("/", "@")) or stem.endswith("://")):
            raise Malformed(
                f"sigstore: subject {identity.subject!r} may have '*' only at its end, after '/' or '@' that close a name"
            )


def _text(text: str, what: str, limit: int = MAX_TEXT) -> None:
    if not 1 <= len(text) <= limit or not text.isprintable() or text != text.strip():
        raise Malformed(f"{what} {text[:40]!r} is not 1 to {limit} printable characters without outer spaces")


def _distinct(names: "tuple[str, ...] | list[str]", what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Malformed(f"{what} has {name[:40]!r} twice")
        seen.add(name)
