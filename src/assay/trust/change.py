"""Changes of keys: as edits of a trust root, and as signed documents that make the same edits.

A rotation ends the old keys and starts the new ones at one moment; its document is signed by both, so that the old
holder consents and the new holder proves possession. A revocation is signed by the record's own keys, the revoked
one included: whoever stole it can only end the theft.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from assay.crypto.keys import PrivateKey, PublicKey, algorithm
from assay.errors import Malformed, Refused, TooLarge, Unsupported, Untrusted
from assay.formats import b64, strict_json, times
from assay.formats.dsse import Envelope
from assay.trust.envelope import sign, verify
from assay.trust.root import MAX_KEYS, Revocation, Signer, TrustedKey, TrustRoot

PAYLOAD_TYPE = "application/vnd.assay.key-change+json"
FORMAT = "assay-key-change"
VERSION = 1
MAX_BYTES = 256 * 1024


class KeyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a signed document says about one signer record."""

    signer: str
    at: datetime
    add: tuple[PublicKey, ...] = ()
    """New keys; those of the same algorithms end."""
    revoke: tuple[str, ...] = ()
    """Key ids."""
    reason: str = ""

    def encode(self) -> bytes:
        return strict_json.encode(
            {
                "format": FORMAT,
                "version": VERSION,
                "signer": self.signer,
                "at": times.encode(self.at),
                "add": [{"algorithm": key.algorithm, "public": b64.encode(key.raw)} for key in self.add],
                "revoke": list(self.revoke),
                "reason": self.reason,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "KeyChange":
        """Read the canonical form, and nothing else."""
        wire = strict_json.decode(data, _Wire, what="key change", limit=MAX_BYTES)
        if wire.format != FORMAT or wire.version != VERSION:
            raise Unsupported(
                f"key change is {wire.format[:40]!r} version {wire.version}, expected {FORMAT!r} version {VERSION}"
            )
        if len(wire.add) > MAX_KEYS or len(wire.revoke) > MAX_KEYS:
            raise TooLarge(f"key change names over {MAX_KEYS} keys")
        if bool(wire.add) == bool(wire.revoke):
            raise Malformed("key change must either add keys or revoke keys")
        change = cls(
            signer=wire.signer,
            at=times.parse(wire.at, what="key change: at"),
            add=tuple(
                PublicKey(
                    algorithm(key.algorithm, what=f"key change: add[{at}]"),
                    b64.decode(key.public, what=f"key change: add[{at}]"),
                )
                for at, key in enumerate(wire.add)
            ),
            revoke=wire.revoke,
            reason=wire.reason,
        )
        if change.encode() != data:
            raise Malformed("key change is not in its canonical form")
        return change


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    algorithm: str
    public: str


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    signer: str
    at: str
    add: tuple[_Key, ...]
    revoke: tuple[str, ...]
    reason: str


def rotate(root: TrustRoot, name: str, new_keys: Sequence[PublicKey], at: datetime) -> TrustRoot:
    """*root* in which, from *at* on, *new_keys* replace the keys of the same algorithms of signer *name*.

    A key that would only have become valid at *at* was never valid, and goes.
    """
    signer = _known(root, name)
    if not new_keys:
        raise ValueError("a rotation needs new keys")
    replaced = {key.algorithm for key in new_keys}
    kept = tuple(
        msgspec.structs.replace(key, valid_until=at)
        if key.public.algorithm in replaced and not key.objection(at)
        else key
        for key in signer.keys
        if key.public.algorithm not in replaced or key.revoked or key.valid_from < at
    )
    held = {key.public for key in signer.keys}
    for key in new_keys:
        if key in held:
            raise Refused(f"key {key.keyid[:12]} already stands under {name!r}; a rotation brings new keys")
    added = tuple(TrustedKey(key, at) for key in new_keys)
    return _with(root, msgspec.structs.replace(signer, keys=kept + added))


def revoke(root: TrustRoot, keyid: str, at: datetime, reason: str) -> TrustRoot:
    """*root* in which key *keyid* is good for nothing from *at* on. An earlier revocation stays."""
    if not reason:
        raise ValueError("a revocation says why")
    for signer in root.signers:
        for key in signer.keys:
            if key.public.keyid == keyid:
                earlier = key.revoked is not None and key.revoked.at <= at
                gone = key if earlier else msgspec.structs.replace(key, revoked=Revocation(at, reason))
                keys = tuple(gone if one is key else one for one in signer.keys)
                return _with(root, msgspec.structs.replace(signer, keys=keys))
    raise Refused(f"key {keyid[:16]} stands under no signer of the trust root")


def rotation(
    name: str, old_keys: Sequence[PrivateKey], new_keys: Sequence[PrivateKey], at: datetime
) -> Envelope:
    """The document of a rotation, signed by the old keys and by the new."""
    change = KeyChange(signer=name, at=at, add=tuple(key.public for key in new_keys))
    return sign(PAYLOAD_TYPE, change.encode(), (*old_keys, *new_keys))


def revocation(
    name: str, keys: Sequence[PrivateKey], keyids: Sequence[str], at: datetime, reason: str
) -> Envelope:
    """The document of a revocation, signed by *keys*."""
    change = KeyChange(signer=name, at=at, revoke=tuple(keyids), reason=reason)
    return sign(PAYLOAD_TYPE, change.encode(), keys)


def apply(envelope: Envelope, root: TrustRoot, *, at: datetime) -> TrustRoot:
    """*root* after the signed change, or :class:`Untrusted` with the reason.

    *at* is when the document was received; a change dated later than that, or without every new key's own
    signature, is refused.
    """
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Malformed(f"payloadType is {envelope.payload_type[:60]!r}, expected {PAYLOAD_TYPE!r}")
    change = KeyChange.parse(envelope.payload)
    if change.at > at:
        raise Untrusted(
            f"key change takes effect {times.encode(change.at)}, after it was received {times.encode(at)}"
        )
    signer = _known(root, change.signer)
    _consent(envelope, root, signer, at)
    message = envelope.signed
    for key in change.add:
        if not any(key.made(message, entry.signature) for entry in envelope.signatures):
            raise Untrusted(f"new key {key.keyid[:12]} ({key.algorithm}) did not sign its own rotation")
    if change.add:
        return rotate(root, signer.name, change.add, change.at)
    for keyid in change.revoke:
        if keyid not in {key.public.keyid for key in signer.keys}:
            raise Untrusted(f"key {keyid[:16]} does not stand under {signer.name!r}")
        root = revoke(root, keyid, change.at, change.reason)
    return root


def _consent(envelope: Envelope, root: TrustRoot, signer: Signer, at: datetime) -> None:
    standing = verify(envelope, root, purpose=signer.purposes[0], provider="", at=at)
    if not standing.verified:
        raise Untrusted(f"key change of {signer.name!r}: {standing.reason}")
    if standing.signer != signer.name:
        raise Untrusted(f"key change of {signer.name!r} is signed by {standing.signer!r}")


def _known(root: TrustRoot, name: str) -> Signer:
    signer = root.signer(name)
    if signer is None:
        raise Refused(f"signer {name[:60]!r} is not in the trust root")
    return signer


def _with(root: TrustRoot, signer: Signer) -> TrustRoot:
    signers = tuple(signer if one.name == signer.name else one for one in root.signers)
    return msgspec.structs.replace(root, signers=signers)
