"""Verify an envelope against the trust root at a moment, and sign one.

The algorithm comes from the trusted key, never from the message; ``keyid`` only says which key to try first.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from assay.crypto.keys import SIGNATURE_BYTES, PrivateKey
from assay.formats.dsse import DsseSignature, Envelope, pae
from assay.formats.text import shown
from assay.trust.root import Purpose, Signer, TrustedKey, TrustRoot

MAX_ATTEMPTS = 1_000
"""Keys tried per envelope beside those it names."""


class EnvelopeStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What verifying the attestation's envelope gave."""

    verified: bool
    signer: str = ""
    """Name of the signer record under which every required signature verified."""
    authority: bool = False
    """The trust root lets this signer attest for this provider."""
    revoked: bool = False
    trial: bool = False
    algorithms: tuple[str, ...] = ()
    disputed: bool = False
    """Keys that we trust are involved and do not agree: a signature fails under the key it names, or several signers share one."""
    reason: str = ""
    keyids: tuple[str, ...] = ()
    """Keys of that record that verified, in the order of *algorithms*."""


class Voucher(msgspec.Struct, frozen=True):
    """Who stands behind an envelope that one trusted signature is enough for."""

    standing: Literal["verified", "unknown_signer", "revoked", "invalid"]
    signers: tuple[str, ...] = ()
    reason: str = ""


class _Match(msgspec.Struct, frozen=True):
    """A signature that a key of the trust root made."""

    at: int
    signer: Signer
    key: TrustedKey

    def __str__(self) -> str:
        return f"signatures[{self.at}] by key {self.key.public.keyid[:12]} ({self.key.public.algorithm}) of {self.signer.name!r}"


class _Examined(msgspec.Struct, frozen=True):
    matches: tuple[_Match, ...]
    failures: tuple[str, ...]
    """One reason for each signature that no trusted key made."""
    forged: bool
    """A failed signature names a key that we trust."""


def sign(payload_type: str, payload: bytes, keys: Sequence[PrivateKey]) -> Envelope:
    """An envelope with one signature by each of *keys*, in their order."""
    if not keys:
        raise ValueError("an envelope is signed by at least one key")
    message = pae(payload_type, payload)
    return Envelope(
        payload_type, payload, tuple(DsseSignature(key.sign(message), key.public.keyid) for key in keys)
    )


def verify(
    envelope: Envelope, root: TrustRoot, *, purpose: Purpose, provider: str, at: datetime
) -> EnvelopeStanding:
    """Whether every algorithm that the policy requires signed under keys of one record, good at that moment.

    *provider* decides authority: the record must list it and be marked as binding it. *at* is when the office
    received the envelope (or now), never a time that the message states.
    """
    if repeated := _repeated(envelope):
        return EnvelopeStanding(verified=False, reason=repeated)
    examined = _examine(envelope, root, _Ring(root, purpose, provider))
    standings = [
        _of_signer(signer, examined, root, purpose=purpose, provider=provider, at=at)
        for signer in dict.fromkeys(match.signer for match in examined.matches)
    ]
    complete = [standing for standing in standings if standing.verified]
    if complete:
        return max(complete, key=lambda standing: standing.authority)
    required = root.policy.required
    if (
        set(required) <= {name for standing in standings for name in standing.algorithms}
        and len(standings) > 1
    ):
        names = " and ".join(repr(standing.signer) for standing in standings)
        reason = f"signed by {names}: the signatures by {' and '.join(required)} must all be under keys of one signer"
        return EnvelopeStanding(verified=False, disputed=True, reason=reason)
    if standings:
        return max(standings, key=lambda standing: (standing.revoked, len(standing.algorithms)))
    return EnvelopeStanding(verified=False, disputed=examined.forged, reason="; ".join(examined.failures))


def vouches(
    envelope: Envelope,
    root: TrustRoot,
    *,
    at: datetime,
    purposes: Sequence[Purpose] = ("ci", "provider"),
    provider: str = "",
) -> Voucher:
    """Whether any one trusted signature stands behind *envelope*: for the statements of build and test systems.

    With *provider*, a signer that lists providers must list that one.
    """
    if repeated := _repeated(envelope):
        return Voucher("invalid", reason=repeated)
    examined = _examine(envelope, root, _Ring(root, purposes[0], provider))
    good: list[_Match] = []
    objections: list[str] = list(examined.failures)
    revoked = False
    for match in examined.matches:
        if objection := _objection(match, purposes, provider, at):
            objections.append(objection)
            revoked = revoked or match.key.is_revoked(at)
        else:
            good.append(match)
    reason = "; ".join(objections)
    if good:
        return Voucher("verified", tuple(dict.fromkeys(match.signer.name for match in good)), reason)
    known = tuple(dict.fromkeys(match.signer.name for match in examined.matches))
    if revoked:
        return Voucher("revoked", known, reason)
    return Voucher("invalid" if examined.forged else "unknown_signer", known, reason)


def _of_signer(
    signer: Signer, examined: _Examined, root: TrustRoot, *, purpose: Purpose, provider: str, at: datetime
) -> EnvelopeStanding:
    mine = [match for match in examined.matches if match.signer is signer]
    usable: dict[str, _Match] = {}
    objections: list[str] = []
    for match in mine:
        if objection := match.key.objection(at):
            objections.append(f"{match} {objection}")
        else:
            usable.setdefault(match.key.public.algorithm, match)
    missing = [name for name in root.policy.required if name not in usable]
    allowed = purpose in signer.purposes
    bound = signer.authority and provider in signer.providers
    if not allowed:
        reason = f"{signer.name!r} may sign as {' or '.join(signer.purposes)}, not as {purpose}"
    elif missing:
        lacking = f"no good signature by {' and '.join(missing)} under {signer.name!r}, the policy requires {' and '.join(root.policy.required)}"
        reason = "; ".join((*objections, *examined.failures, lacking))
    elif not bound:
        reason = f"{signer.name!r} has no authority to attest for {provider!r}"
    else:
        reason = ""
    chosen = [usable[name] for name in root.policy.accepted if name in usable]
    return EnvelopeStanding(
        verified=allowed and not missing,
        signer=signer.name,
        authority=allowed and bound,
        revoked=bool(missing) and any(match.key.is_revoked(at) for match in mine),
        trial=signer.trial,
        disputed=examined.forged,
        algorithms=tuple(match.key.public.algorithm for match in chosen),
        reason=reason,
        keyids=tuple(match.key.public.keyid for match in chosen),
    )


def _objection(match: _Match, purposes: Sequence[Purpose], provider: str, at: datetime) -> str:
    if objection := match.key.objection(at):
        return f"{match} {objection}"
    if not set(purposes) & set(match.signer.purposes):
        return f"{match}: may sign as {' or '.join(match.signer.purposes)}, not as {' or '.join(purposes)}"
    if provider and match.signer.providers and provider not in match.signer.providers:
        return f"{match}: may not speak for {provider!r}"
    return ""


def _repeated(envelope: Envelope) -> str:
    if not envelope.signatures:
        return "the envelope carries no signature"
    seen: dict[bytes, int] = {}
    for at, entry in enumerate(envelope.signatures):
        first = seen.setdefault(entry.signature, at)
        if first != at:
            return f"signatures[{at}] repeats signatures[{first}]: one signature counts once"
    return ""


_Pair = tuple[Signer, TrustedKey]


class _Ring:
    """The keys of a trust root, likeliest first. All are looked through only for a signature that names none of them."""

    def __init__(self, root: TrustRoot, purpose: Purpose, provider: str) -> None:
        self._root, self._purpose, self._provider = root, purpose, provider

    def named(self, entry: DsseSignature) -> list[_Pair]:
        return self._ranked(self._root.holders.get(entry.keyid, ()), entry)

    def others(self, entry: DsseSignature) -> list[_Pair]:
        pairs = [(signer, key) for signer in self._root.signers for key in signer.keys]
        return self._ranked([pair for pair in pairs if pair[1].public.keyid != entry.keyid], entry)

    def _ranked(self, pairs: Sequence[_Pair], entry: DsseSignature) -> list[_Pair]:
        fitting = [pair for pair in pairs if _fits(pair[1], entry, self._root)]
        return sorted(fitting, key=lambda pair: self._rank(pair[0]))

    def _rank(self, signer: Signer) -> tuple[bool, bool]:
        return self._provider not in signer.providers, self._purpose not in signer.purposes


def _examine(envelope: Envelope, root: TrustRoot, ring: _Ring) -> _Examined:
    """Find the trusted key that made each signature, the one it names first."""
    message = envelope.signed
    matches: list[_Match] = []
    failures: list[str] = []
    forged = False
    attempts = MAX_ATTEMPTS
    for at, entry in enumerate(envelope.signatures):
        hinted = ring.named(entry)
        maker = _maker(hinted, message, entry)
        untried = 0
        if maker is None:
            others = ring.others(entry)
            maker = _maker(others[:attempts], message, entry)
            untried = max(0, len(others) - attempts)
            attempts -= min(attempts, len(others) if maker is None else others.index(maker) + 1)
        if maker is not None:
            matches.append(_Match(at, *maker))
            continue
        forged = forged or bool(hinted)
        failures.append(f"signatures[{at}] {_failure(entry, hinted, untried, root)}")
    return _Examined(tuple(matches), tuple(failures), forged)


def _maker(pairs: Sequence[_Pair], message: bytes, entry: DsseSignature) -> _Pair | None:
    return next((pair for pair in pairs if pair[1].public.made(message, entry.signature)), None)


def _fits(key: TrustedKey, entry: DsseSignature, root: TrustRoot) -> bool:
    algorithm = key.public.algorithm
    return algorithm in root.policy.accepted and len(entry.signature) in SIGNATURE_BYTES[algorithm]


def _failure(
    entry: DsseSignature, hinted: list[tuple[Signer, TrustedKey]], untried: int, root: TrustRoot
) -> str:
    if hinted:
        signer, key = hinted[0]
        return (
            f"names key {key.public.keyid[:12]} ({key.public.algorithm}) of {signer.name!r}, "
            "which did not make it over this payload: one of the two was changed"
        )
    if untried:
        return f"names no trusted key, and {untried} keys are too many to try"
    accepted = root.policy.accepted
    if not any(len(entry.signature) in SIGNATURE_BYTES[name] for name in accepted):
        return f"has {len(entry.signature)} bytes, as none of the accepted algorithms makes ({', '.join(accepted)})"
    return f"was made by no key of the trust root (it names {shown(entry.keyid, 16) or 'none'})"
