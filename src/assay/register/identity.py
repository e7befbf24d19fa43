"""A register's identity: its origin and the keys that sign its checkpoints and entries, each for one purpose.

Checkpoint keys bear the origin as their name. Entry keys bear ``<origin>/entry``, so that one list of verifier keys
tells them apart.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from assay.crypto.keys import PrivateKey, PublicKey
from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats.digest import Digest
from assay.formats.note import ED25519, ML_DSA_44, Vkey

MAX_KEYS = 8
"""Of one kind at one time: a note carries the signatures of all of them, twice as many while they change."""
MAX_CHANGES = 256
MAX_KNOWN = MAX_CHANGES + 1
"""Of one kind over the life of a register, for readers who trust its keys of all times."""
MAX_ORIGIN = 200
SCHEMA = 1


class LogKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Several keys of one kind may be good at once: while a rotation is under way, or those of all times for a reader."""

    origin: str
    ed25519: tuple[PublicKey, ...] = ()
    """Sign checkpoints as plain note signatures."""
    ml_dsa_44: tuple[PublicKey, ...] = ()
    """Sign checkpoints as cosignatures 1.1 of the log itself."""
    entry: tuple[PublicKey, ...] = ()
    """Sign entries (Ed25519)."""

    def __post_init__(self) -> None:
        if len(self.origin) > MAX_ORIGIN:
            raise TooLarge(f"origin has {len(self.origin)} characters, over {MAX_ORIGIN}")
        for keys, algorithm in (
            (self.ed25519, "ed25519"),
            (self.ml_dsa_44, "ml-dsa-44"),
            (self.entry, "ed25519"),
        ):
            if len(keys) > MAX_KNOWN:
                raise TooLarge(f"register {self.origin!r} has {len(keys)} keys of one kind, over {MAX_KNOWN}")
            if len(set(keys)) != len(keys):
                raise Malformed(f"register {self.origin!r} names one key twice")
            if any(key.algorithm != algorithm for key in keys):
                raise Malformed(
                    f"register {self.origin!r} has a key of another algorithm where {algorithm} is expected"
                )
        if set(self.ed25519) & set(self.entry):
            raise Malformed(
                f"register {self.origin!r} signs checkpoints and entries with one key, expected one for each"
            )

    @classmethod
    def from_vkeys(cls, origin: str, vkeys: Sequence[Vkey]) -> "LogKeys":
        """Sort *vkeys* by name and type; what is neither a checkpoint key nor an entry key of *origin* is refused."""
        found: dict[str, list[PublicKey]] = {"ed25519": [], "ml_dsa_44": [], "entry": []}
        for vkey in vkeys:
            match vkey.name.removeprefix(origin), vkey.kind:
                case "", 0x01:
                    found["ed25519"].append(PublicKey("ed25519", vkey.public))
                case "", 0x06:
                    found["ml_dsa_44"].append(PublicKey("ml-dsa-44", vkey.public))
                case "/entry", 0x01:
                    found["entry"].append(PublicKey("ed25519", vkey.public))
                case _:
                    raise Unsupported(
                        f"key {vkey.name!r} of type {vkey.kind:#04x} is none that register {origin!r} uses"
                    )
        return cls(origin=origin, **{name: tuple(keys) for name, keys in found.items()})

    def check_few(self) -> None:
        """TooLarge when there are more of one kind than one checkpoint may be signed by."""
        most = max(map(len, (self.ed25519, self.ml_dsa_44, self.entry)))
        if most > MAX_KEYS:
            raise TooLarge(f"register {self.origin!r} has {most} keys of one kind at once, over {MAX_KEYS}")

    @property
    def vkeys(self) -> tuple[Vkey, ...]:
        """All keys in the one text form that trust roots and genesis share."""
        return (
            *(Vkey(self.origin, ED25519, key.raw) for key in self.ed25519),
            *(Vkey(self.origin, ML_DSA_44, key.raw) for key in self.ml_dsa_44),
            *(Vkey(f"{self.origin}/entry", ED25519, key.raw) for key in self.entry),
        )

    def joined(self, new: "LogKeys") -> "LogKeys":
        """These keys and the *new* ones."""
        return LogKeys(
            origin=self.origin,
            ed25519=tuple(dict.fromkeys((*self.ed25519, *new.ed25519))),
            ml_dsa_44=tuple(dict.fromkeys((*self.ml_dsa_44, *new.ml_dsa_44))),
            entry=tuple(dict.fromkeys((*self.entry, *new.entry))),
        )

    def entry_key(self, kid: bytes) -> PublicKey | None:
        return next((key for key in self.entry if bytes.fromhex(key.keyid) == kid), None)


class LogIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What genesis, and each change of the register's keys, states in full."""

    keys: LogKeys
    policy: Digest
    """SHA-256 of the registration policy: what the office registers and when."""
    anchors: Digest
    """SHA-256 of the trust root that registrations were judged by."""

    def __post_init__(self) -> None:
        self.keys.check_few()

    def encode(self) -> dict[str, Any]:
        """As a CBOR map; keys as their raw bytes, in order."""
        return {
            "origin": self.keys.origin,
            "ed25519": [key.raw for key in self.keys.ed25519],
            "ml-dsa-44": [key.raw for key in self.keys.ml_dsa_44],
            "entry": [key.raw for key in self.keys.entry],
            "schema": SCHEMA,
            "policy": self.policy.raw,
            "anchors": self.anchors.raw,
        }

    @classmethod
    def parse(cls, value: Any) -> "LogIdentity":
        match value:
            case {
                "origin": str() as origin,
                "ed25519": tuple() as ed25519,
                "ml-dsa-44": tuple() as ml_dsa_44,
                "entry": tuple() as entry,
                "schema": int() as schema,
                "policy": bytes() as policy,
                "anchors": bytes() as anchors,
            } if len(value) == 7 and all(isinstance(key, bytes) for key in (*ed25519, *ml_dsa_44, *entry)):
                pass
            case _:
                raise Malformed("identity of the register is not origin, keys, schema, policy and anchors")
        if isinstance(schema, bool) or schema != SCHEMA:
            raise Unsupported(f"identity of the register is of schema {schema}, expected {SCHEMA}")
        if not (ed25519 and ml_dsa_44 and entry):
            raise Malformed(
                "identity of the register lacks a key for checkpoints (Ed25519, ML-DSA-44) or for entries"
            )
        keys = LogKeys(
            origin=origin,
            ed25519=tuple(PublicKey("ed25519", key) for key in ed25519),
            ml_dsa_44=tuple(PublicKey("ml-dsa-44", key) for key in ml_dsa_44),
            entry=tuple(PublicKey("ed25519", key) for key in entry),
        )
        return cls(
            keys=keys,
            policy=Digest.of("sha256", policy.hex(), what="registration policy"),
            anchors=Digest.of("sha256", anchors.hex(), what="trust anchors"),
        )


class LogSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """The register's private keys, one for each purpose."""

    ed25519: PrivateKey
    ml_dsa_44: PrivateKey
    entry: PrivateKey

    @property
    def signing(self) -> tuple[PrivateKey, PrivateKey]:
        """What signs checkpoints."""
        return self.ed25519, self.ml_dsa_44

    def public(self, origin: str) -> LogKeys:
        return LogKeys(
            origin=origin,
            ed25519=(self.ed25519.public,),
            ml_dsa_44=(self.ml_dsa_44.public,),
            entry=(self.entry.public,),
        )
