"""drand's chains and rounds as its public HTTP API writes them (drand.love, HTTP API v1; a round of v2 is the same without ``randomness``).

Bytes and numbers only: whether a round is truly signed says :mod:`assay.register.drand`.
"""

import hashlib
from typing import Any, Literal, Self, get_args

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import hexadecimal, strict_json

Scheme = Literal[
    "pedersen-bls-chained", "pedersen-bls-unchained", "bls-unchained-on-g1", "bls-unchained-g1-rfc9380"
]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
CHAINED: Scheme = "pedersen-bls-chained"
MAX_BYTES = 16 * 1024
MAX_ROUND = 2**63 - 1
MAX_PERIOD_S = 2**31 - 1
MAX_GENESIS = 2**40
MAX_ID = 100
HASH_BYTES = 32
G1_BYTES, G2_BYTES = 48, 96
"""A compressed point of BLS12-381."""
DEFAULT_ID = "default"


class DrandChain(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody who verifies its rounds needs to know of a chain."""

    scheme: Scheme
    public_key: bytes
    period_s: int
    genesis: int
    """Unix seconds of round 1."""
    group_hash: bytes
    """What round 1 of a chained chain has as its previous signature."""
    beacon_id: str = DEFAULT_ID

    def __post_init__(self) -> None:
        if len(self.public_key) != self.key_bytes:
            raise Malformed(
                f"drand chain: public_key has {len(self.public_key)} bytes, expected {self.key_bytes} as {self.scheme}"
            )
        if len(self.group_hash) != HASH_BYTES:
            raise Malformed(f"drand chain: groupHash has {len(self.group_hash)} bytes, expected {HASH_BYTES}")
        if not 1 <= self.period_s <= MAX_PERIOD_S or not 0 <= self.genesis <= MAX_GENESIS:
            raise Malformed(f"drand chain: period {self.period_s} s from {self.genesis} is no schedule")
        if not 1 <= len(self.beacon_id) <= MAX_ID or not self.beacon_id.isprintable():
            raise Malformed(f"drand chain: beaconID is not 1 to {MAX_ID} printable characters")

    @property
    def chained(self) -> bool:
        return self.scheme == CHAINED

    @property
    def key_bytes(self) -> int:
        return G1_BYTES if self.scheme.startswith("pedersen") else G2_BYTES

    @property
    def signature_bytes(self) -> int:
        return G2_BYTES if self.scheme.startswith("pedersen") else G1_BYTES

    @property
    def hash(self) -> bytes:
        """What identifies the chain: all of it but the scheme, which no key signs under but the one."""
        named = "" if self.beacon_id == DEFAULT_ID else self.beacon_id
        return hashlib.sha256(
            self.period_s.to_bytes(4, "big")
            + self.genesis.to_bytes(8, "big")
            + self.public_key
            + self.group_hash
            + named.encode()
        ).digest()

    @classmethod
    def parse(cls, data: bytes, *, what: str = "drand chain") -> Self:
        """Read an answer to ``/info``, whose ``hash`` must be that of the rest."""
        wire = strict_json.decode(data, _Info, what=what, limit=MAX_BYTES)
        chain = cls(
            scheme=scheme(wire.schemeID, what=what),
            public_key=hexadecimal.decode(
                wire.public_key, what=f"{what}: public_key", sizes=(G1_BYTES, G2_BYTES)
            ),
            period_s=wire.period,
            genesis=wire.genesis_time,
            group_hash=hexadecimal.decode(wire.groupHash, what=f"{what}: groupHash", sizes=(HASH_BYTES,)),
            beacon_id=wire.metadata.beaconID,
        )
        if chain.hash.hex() != wire.hash:
            raise Malformed(f"{what}: hash is {wire.hash[:80]!r}, the chain described has {chain.hash.hex()}")
        return chain

    def encode(self) -> bytes:
        """As ``/info`` answers."""
        return strict_json.encode(
            {
                "public_key": self.public_key.hex(),
                "period": self.period_s,
                "genesis_time": self.genesis,
                "hash": self.hash.hex(),
                "groupHash": self.group_hash.hex(),
                "schemeID": self.scheme,
                "metadata": {"beaconID": self.beacon_id},
            }
        )


class DrandRound(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    signature: bytes
    previous: bytes = b""
    """The signature of the round before, in a chained chain; else empty."""

    @property
    def randomness(self) -> bytes:
        """SHA-256 of the signature."""
        return hashlib.sha256(self.signature).digest()

    def signed(self, chain: DrandChain) -> bytes:
        """What is signed: SHA-256(previous signature if chained, round as 8 bytes big-endian)."""
        previous = self.previous if chain.chained else b""
        return hashlib.sha256(previous + self.number.to_bytes(8, "big")).digest()

    @classmethod
    def parse(cls, data: bytes, *, what: str = "drand round") -> Self:
        """Read an answer to ``/public/<round>``; ``randomness``, where it is there, must be the signature's hash."""
        wire = strict_json.decode(data, _Round, what=what, limit=MAX_BYTES)
        if not 1 <= wire.round <= MAX_ROUND:
            raise Malformed(f"{what}: round is {wire.round}, expected 1 to {MAX_ROUND}")
        read = cls(
            number=wire.round,
            signature=hexadecimal.decode(
                wire.signature, what=f"{what}: signature", sizes=(G1_BYTES, G2_BYTES)
            ),
            previous=b""
            if wire.previous_signature is None
            else hexadecimal.decode(
                wire.previous_signature, what=f"{what}: previous_signature", sizes=(HASH_BYTES, G2_BYTES)
            ),
        )
        if wire.randomness is not None and wire.randomness != read.randomness.hex():
            raise Malformed(f"{what}: randomness is not the SHA-256 of the signature in lower case")
        return read

    def encode(self) -> bytes:
        """As ``/public/<round>`` answers."""
        document: dict[str, Any] = {
            "round": self.number,
            "randomness": self.randomness.hex(),
            "signature": self.signature.hex(),
        }
        if self.previous:
            document["previous_signature"] = self.previous.hex()
        return strict_json.encode(document)


def scheme(name: str, *, what: str) -> Scheme:
    """*name* as one of :data:`SCHEMES`, else :class:`Unsupported`."""
    if name not in SCHEMES:
        raise Unsupported(f"{what}: schemeID is {name[:40]!r}, expected one of {', '.join(SCHEMES)}")
    return name


class _Metadata(msgspec.Struct, frozen=True):
    beaconID: str = DEFAULT_ID  # noqa: N815 - as drand spells it


class _Info(msgspec.Struct, frozen=True):
    public_key: str
    period: int
    genesis_time: int
    hash: str
    groupHash: str  # noqa: N815 - as drand spells it
    schemeID: str  # noqa: N815 - as drand spells it
    metadata: _Metadata = _Metadata()


class _Round(msgspec.Struct, frozen=True):
    round: int
    signature: str
    randomness: str | None = None
    previous_signature: str | None = None
