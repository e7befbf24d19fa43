"""COSE receipts (RFC 9942) of the structure RFC9162_SHA256: inclusion and consistency, made and verified.

A receipt signs a root that it does not carry: the verifier reconstructs the root from the proof and then checks the
signature. One receipt holds one signature, so a register that signs with two algorithms makes two receipts. Paths are
never empty (section 5.2), so nothing proves inclusion in a tree of one entry or consistency of a tree with itself.

Tree size and index stand outside the signature: other numbers can lead to the same root. They are proven only where a
checkpoint of the same root stands beside, see :class:`Proven`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from assay.crypto.keys import PrivateKey, PublicKey
from assay.errors import Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import cbor, cose, rfc6962
from assay.register import proof
from assay.register.checkpoint import BOTH, Checkpoint, Scheme
from assay.register.identity import LogKeys
from assay.register.merkle import HASH_BYTES, MAX_SIZE, leaf_hash, node_hash

RFC9162_SHA256 = 1
INCLUSION, CONSISTENCY = -1, -2
SUBJECTS = {INCLUSION: "entry", CONSISTENCY: "tree"}
"""The CWT claim ``sub`` of the receipts we make; RFC 9943 wants one, and it must not say what the entry is about."""
TYP = "application/scitt-receipt+cose"
MAX_BYTES = 16 * 1024
MAX_RECEIPTS = 16

Verify = Callable[[bytes, bytes], None]
"""Returns when the signature over the message is good, else raises :class:`Untrusted`."""


class Inclusion(msgspec.Struct, frozen=True):
    size: int
    index: int
    path: tuple[bytes, ...]
    """From the leaf's sibling up."""

    def root(self, entry: bytes) -> bytes:
        """The root that the path leads to from *entry* (RFC 9162 section 2.1.3.2)."""
        found = rfc6962.root_from(leaf_hash(entry), self.index, self.size, self.path)
        if found is None:
            raise Untrusted(
                f"COSE receipt has {len(self.path)} hashes, not the path of leaf {self.index} of {self.size}"
            )
        return found


class Consistency(msgspec.Struct, frozen=True):
    old: int
    size: int
    path: tuple[bytes, ...]

    def root(self, old_root: bytes) -> bytes:
        """The newer root that the path leads to from *old_root* (RFC 9162 section 2.1.4.2)."""
        found = _newer(self.old, self.size, self.path, old_root)
        proof.verify_consistency(self.old, self.size, self.path, old_root, found)
        return found


class Proven(msgspec.Struct, frozen=True):
    """What one receipt proves; made by the functions below only."""

    scheme: Scheme
    root: bytes
    checkpoint: Checkpoint | None
    """Of the same root, where one stood beside: only then are *size* and *index* proven."""
    size: int | None
    index: int | None


class CoseReceipt(msgspec.Struct, frozen=True):
    signature: cose.Detached
    proof: Inclusion | Consistency

    @classmethod
    def parse(cls, data: bytes, *, what: str = "COSE receipt", foreign: bool = False) -> "CoseReceipt":
        """Read what :meth:`encode` writes; *foreign* takes map keys in any order and any protected header with ``vds`` 1."""
        signature = envelope(data, what=what, structure=RFC9162_SHA256, foreign=foreign)
        return cls(signature, _proof(signature.unprotected[cose.VDP], what))

    def encode(self) -> bytes:
        return self.signature.encode()

    def headers(self) -> dict[Any, Any]:
        """The protected header. Nothing is verified by reading it."""
        return cose.read_headers(
            self.signature.protected, what="COSE receipt: protected header", foreign=True
        )

    def check_inclusion(self, entry: bytes, algorithm: str, verify: Verify) -> bytes:
        """The root that holds *entry*, signed by the trusted key behind *verify*; neither size nor index is proven."""
        if not isinstance(self.proof, Inclusion):
            raise Malformed("COSE receipt is of consistency, expected one of inclusion")
        return self._check(self.proof.root(entry), algorithm, verify)

    def check_consistency(self, old_root: bytes, algorithm: str, verify: Verify) -> bytes:
        """The newer root, grown from *old_root*, signed by the trusted key behind *verify*."""
        if not isinstance(self.proof, Consistency):
            raise Malformed("COSE receipt is of inclusion, expected one of consistency")
        return self._check(self.proof.root(old_root), algorithm, verify)

    def _check(self, root: bytes, algorithm: str, verify: Verify) -> bytes:
        self.signature.attach(root).check(algorithm, verify, foreign=True)
        return root


def prove_inclusion(
    checkpoint: Checkpoint, entry: bytes, index: int, path: Sequence[bytes], key: PrivateKey
) -> CoseReceipt:
    """A receipt that *entry* stands at *index* in the tree of *checkpoint*, one that the register itself signed.

    Malformed or Untrusted when *path* does not show it. *key* is a checkpoint key of the register.
    """
    proof.verify_inclusion(leaf_hash(entry), index, checkpoint.size, path, checkpoint.root)
    if not path:
        raise Unsupported("there is no COSE receipt in a tree of one entry: RFC 9942 demands a path")
    return _sign(checkpoint, INCLUSION, (checkpoint.size, index, tuple(path)), key)


def prove_consistency(
    checkpoint: Checkpoint, old: int, old_root: bytes, path: Sequence[bytes], key: PrivateKey
) -> CoseReceipt:
    """A receipt that the tree of *checkpoint* begins with the tree of size *old* and *old_root*."""
    proof.verify_consistency(old, checkpoint.size, path, old_root, checkpoint.root)
    if not path:
        raise Unsupported(
            f"there is no COSE receipt of consistency from size {old} to itself: RFC 9942 demands a path"
        )
    return _sign(checkpoint, CONSISTENCY, (old, checkpoint.size, tuple(path)), key)


def verify_inclusion(
    receipts: Sequence[CoseReceipt],
    entry: bytes,
    keys: LogKeys,
    *,
    checkpoint: Checkpoint | None = None,
    required: Sequence[Scheme] = BOTH,
) -> tuple[Proven, ...]:
    """What each receipt by a checkpoint key of *keys* proves about *entry*; by every scheme in *required*.

    Strangers' receipts are ignored. One that names a known key and fails refuses them all. *checkpoint* was verified.
    """
    return _verify_all(
        receipts, lambda one, key: one.check_inclusion(entry, *key), keys, checkpoint, required
    )


def verify_consistency(
    receipts: Sequence[CoseReceipt],
    old: Checkpoint,
    keys: LogKeys,
    *,
    checkpoint: Checkpoint | None = None,
    required: Sequence[Scheme] = BOTH,
) -> tuple[Proven, ...]:
    """That the register grew from *old*, which was verified; otherwise as :func:`verify_inclusion`."""

    def check(one: CoseReceipt, key: tuple[str, Verify]) -> bytes:
        if isinstance(one.proof, Consistency) and one.proof.old != old.size:
            raise Untrusted(f"COSE receipt starts at size {one.proof.old}, expected {old.size}")
        return one.check_consistency(old.root, *key)

    return _verify_all(receipts, check, keys, checkpoint, required)


def structure(data: bytes, *, what: str) -> int:
    """The verifiable data structure that a receipt says it is of."""
    return _structure(_detached(data, what, foreign=True), what, foreign=True)


def envelope(data: bytes, *, what: str, structure: int, foreign: bool) -> cose.Detached:
    """The signature of a receipt of *structure* whose unprotected header holds its proofs and nothing else."""
    signature = _detached(data, what, foreign=foreign)
    if (found := _structure(signature, what, foreign=foreign)) != structure:
        raise Unsupported(f"{what} is of verifiable data structure {found}, expected {structure}")
    if tuple(signature.unprotected) != (cose.VDP,):
        raise Malformed(
            f"{what}: unprotected header holds {cose.labels(signature.unprotected)}, expected proofs ({cose.VDP}) alone"
        )
    return signature


def _detached(data: bytes, what: str, *, foreign: bool) -> cose.Detached:
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{what} has {len(data)} bytes, over {MAX_BYTES}")
    return cose.Detached.parse(data, what=what, foreign=foreign)


def _structure(signature: cose.Detached, what: str, *, foreign: bool) -> int:
    """From the protected header, never from the other one."""
    headers = cose.read_headers(signature.protected, what=f"{what}: protected header", foreign=foreign)
    found = headers.get(cose.VDS)
    if isinstance(found, bool) or not isinstance(found, int):
        raise Malformed(f"{what}: verifiable data structure (395) is {cose.told(found)}, expected a number")
    return found


def _verify_all(
    receipts: Sequence[CoseReceipt],
    check: Callable[[CoseReceipt, tuple[str, Verify]], bytes],
    keys: LogKeys,
    checkpoint: Checkpoint | None,
    required: Sequence[Scheme],
) -> tuple[Proven, ...]:
    if not required:
        raise ValueError("a policy that requires no signature proves nothing")
    if checkpoint is not None and checkpoint.origin != keys.origin:
        raise Untrusted(f"checkpoint is of {checkpoint.origin[:80]!r}, expected {keys.origin!r}")
    known = {bytes.fromhex(key.keyid): key for key in (*keys.ed25519, *keys.ml_dsa_44)}
    proven = [
        _proven(one, check(one, (key.algorithm, key.verify)), key, checkpoint)
        for one in receipts
        if (key := _signer(one, keys.origin, known)) is not None
    ]
    if missing := [scheme for scheme in required if scheme not in {one.scheme for one in proven}]:
        raise Untrusted(f"no COSE receipt of {keys.origin!r} by {' and '.join(missing)} under a known key")
    return tuple(proven)


def _signer(one: CoseReceipt, origin: str, known: dict[bytes, PublicKey]) -> PublicKey | None:
    headers = one.headers()
    kid = headers.get(cose.KID)
    key = known.get(kid) if isinstance(kid, bytes) else None
    if key is not None:
        kind = INCLUSION if isinstance(one.proof, Inclusion) else CONSISTENCY
        expected = _headers(origin, kind, key)
        for label in (*expected, *headers):
            if headers.get(label) != expected.get(label):
                raise Untrusted(
                    f"COSE receipt of {origin!r}: header {cose.told(label)} is {cose.told(headers.get(label))}, "
                    f"expected {cose.told(expected.get(label))}"
                )
    return key


def _proven(one: CoseReceipt, root: bytes, key: PublicKey, checkpoint: Checkpoint | None) -> Proven:
    scheme: Scheme = "ed25519" if key.algorithm == "ed25519" else "ml-dsa-44"
    if checkpoint is None:
        return Proven(scheme, root, None, None, None)
    if one.proof.size != checkpoint.size:
        raise Untrusted(
            f"COSE receipt is for a tree of {one.proof.size} entries, its checkpoint has {checkpoint.size}"
        )
    if root != checkpoint.root:
        raise Untrusted(f"COSE receipt has another root than the checkpoint of size {checkpoint.size}")
    index = one.proof.index if isinstance(one.proof, Inclusion) else None
    return Proven(scheme, root, checkpoint, one.proof.size, index)


def _headers(origin: str, kind: int, key: PublicKey) -> dict[int, Any]:
    return {
        cose.ALG: cose.IDENTIFIERS[key.algorithm],
        cose.KID: bytes.fromhex(key.keyid),
        cose.CWT_CLAIMS: {cose.ISS: origin, cose.SUB: SUBJECTS[kind]},
        cose.TYP: TYP,
        cose.VDS: RFC9162_SHA256,
    }


def _sign(
    checkpoint: Checkpoint, kind: int, proof_: tuple[int, int, tuple[bytes, ...]], key: PrivateKey
) -> CoseReceipt:
    if key.algorithm not in BOTH:
        raise ValueError(f"receipts are signed with {' and '.join(BOTH)}, not with {key.algorithm}")
    signed = cose.sign1(_headers(checkpoint.origin, kind, key.public), checkpoint.root, key.sign)
    unprotected = {cose.VDP: {kind: (cbor.encode(proof_),)}}
    made = cose.Detached(signed.protected, unprotected, signed.signature)
    return CoseReceipt(made, _proof(unprotected[cose.VDP], "COSE receipt"))


def _proof(proofs: Any, what: str) -> Inclusion | Consistency:
    match proofs:
        case {-1: (bytes() as inner,)} | {-2: (bytes() as inner,)} if len(proofs) == 1:
            kind = next(iter(proofs))
        case _:
            raise Malformed(
                f"{what}: proofs ({cose.VDP}) are not one of inclusion (-1) or one of consistency (-2)"
            )
    value = cbor.decode(inner, what=f"{what}: proof")
    match value:
        case (int() as first, int() as second, tuple() as path) if not (
            isinstance(first, bool) or isinstance(second, bool)
        ):
            pass
        case _:
            raise Malformed(f"{what}: proof is not an array of two numbers and a path")
    if not 1 <= len(path) <= proof.MAX_HASHES:
        raise Malformed(
            f"{what}: path has {len(path)} hashes, expected 1 to {proof.MAX_HASHES} (RFC 9942 demands one)"
        )
    if any(not isinstance(one, bytes) or len(one) != HASH_BYTES for one in path):
        raise Malformed(f"{what}: path holds something else than hashes of {HASH_BYTES} bytes")
    if kind == INCLUSION:
        if not 0 <= second < first <= MAX_SIZE:
            raise Malformed(f"{what}: proof is for leaf {second} of a tree of {first}")
        return Inclusion(first, second, path)
    if not 1 <= first < second <= MAX_SIZE:
        raise Malformed(f"{what}: proof is from size {first} to size {second}, expected 1 or more, growing")
    return Consistency(first, second, path)


def _newer(old: int, new: int, path: Sequence[bytes], old_root: bytes) -> bytes:
    """The newer root, if *path* leads there at all: whether it does, and from *old_root*, is checked afterwards."""
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    found, rest = (path[0], path[1:]) if fn else (old_root, path)
    for hash_ in rest:
        if fn & 1 or fn == sn:
            found = node_hash(hash_, found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, hash_)
        fn, sn = fn >> 1, sn >> 1
    return found
