"""drand's rounds verified: the chain's key signed this round, and the value is the hash of the signature."""

from datetime import datetime
from types import MappingProxyType

import msgspec

from assay.crypto.bls import BlsKey
from assay.errors import Malformed, Untrusted
from assay.formats.drand import CHAINED, HASH_BYTES, DrandChain, DrandRound, Scheme
from assay.register.beacon import RoundValue, Schedule

PREFIX = "drand:"
_ON_G1 = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_ON_G2 = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"
TAGS: MappingProxyType[Scheme, bytes] = MappingProxyType(
    {
        "pedersen-bls-chained": _ON_G2,
        "pedersen-bls-unchained": _ON_G2,
        "bls-unchained-on-g1": _ON_G2,  # a mistake of drand's, kept for the chains that began with it
        "bls-unchained-g1-rfc9380": _ON_G1,
    }
)
"""By scheme, the tag under which a message is hashed to a point."""


class Drand(msgspec.Struct, frozen=True):
    """A :class:`~assay.register.beacon.Chain`."""

    chain: DrandChain

    @property
    def name(self) -> str:
        return PREFIX + self.chain.hash.hex()

    def due(self, round_: int) -> datetime:
        return self._schedule.due(round_)

    def round_after(self, moment: datetime) -> int:
        return self._schedule.round_after(moment)

    def path(self, round_: int) -> str:
        return f"{self.chain.hash.hex()}/public/{round_}"

    def open_(self, document: bytes, round_: int) -> RoundValue:
        found = DrandRound.parse(document, what=f"round {round_} of {self.name[:20]}")
        if found.number != round_:
            raise Untrusted(f"{self.name[:20]}: it is round {found.number}, expected round {round_}")
        self._check_form(found)
        key = BlsKey(self.chain.public_key, TAGS[self.chain.scheme])
        key.verify(found.signed(self.chain), found.signature)
        return RoundValue(beacon=self.name, round=round_, value=found.randomness, document=found.encode())

    def _check_form(self, found: DrandRound) -> None:
        """One spelling: a previous signature is there exactly where it is signed, as long as it then is."""
        before = 0
        if self.chain.scheme == CHAINED:
            before = HASH_BYTES if found.number == 1 else self.chain.signature_bytes
        if len(found.previous) != before:
            raise Malformed(
                f"{self.name[:20]}: previous_signature of round {found.number} has {len(found.previous)} bytes, expected {before}"
            )

    @property
    def _schedule(self) -> Schedule:
        return Schedule(self.chain.genesis, self.chain.period_s, 1)


# The two chains of the League of Entropy that are in use, as their /info says (drand.love; also in test/data.ts of
# github.com/drand/drand-client). Each is bound by its hash, which drand publishes as the root of trust.
QUICKNET = Drand(
    DrandChain(
        scheme="bls-unchained-g1-rfc9380",
        public_key=bytes.fromhex(
            "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
            "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
        ),
        period_s=3,
        genesis=1692803367,
        group_hash=bytes.fromhex("f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e"),
        beacon_id="quicknet",
    )
)
MAINNET = Drand(
    DrandChain(
        scheme="pedersen-bls-chained",
        public_key=bytes.fromhex(
            "868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31"
        ),
        period_s=30,
        genesis=1595431050,
        group_hash=bytes.fromhex("176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a"),
    )
)
KNOWN = MappingProxyType({one.name: one for one in (QUICKNET, MAINNET)})
"""Chains that need not be described to be verified, by name."""
