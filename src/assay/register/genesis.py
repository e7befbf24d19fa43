"""Entry 0: the register says who it is, with which keys, under which policy and trust anchors.

Signed by the entry key that it names: it founds the register's identity, and a trust root or a person must vouch for
it once. From then on the tree under the checkpoint keys proves that it never changed.
"""

from datetime import datetime

from assay.crypto.keys import PrivateKey
from assay.errors import Malformed, Untrusted
from assay.register import leaf
from assay.register.identity import LogIdentity
from assay.register.leaf import Kind
from assay.register.opening import openings


def make(identity: LogIdentity, *, time: datetime, salts: bytes, key: PrivateKey) -> bytes:
    """The leaf of entry 0. *key* is one of the identity's entry keys; *salts* as for any entry."""
    if key.public not in identity.keys.entry:
        raise ValueError("genesis is signed by an entry key that it names")
    return leaf.make(
        Kind.GENESIS,
        origin=identity.keys.origin,
        time=time,
        digests=(identity.policy,),
        openings=openings({}, salts),
        key=key,
        identity=identity,
    )


def open_(data: bytes) -> LogIdentity:
    """The identity in the leaf of entry 0, consistent with itself. Whether to trust it is the reader's to decide."""
    claimed = leaf.parse(data)
    if claimed.kind is not Kind.GENESIS or claimed.identity is None:
        raise Malformed(f"entry 0 is of kind {claimed.kind}, expected genesis")
    identity = claimed.identity
    leaf.open_(data, identity.keys)
    if claimed.digests != (identity.policy,):
        raise Untrusted("genesis records another document than its registration policy")
    return identity
