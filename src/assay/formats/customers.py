"""``customers.json``: who bought the software. Restricted; only its commitment is public.

The commitment is the Merkle root (RFC 6962, SHA-256) over the rows, each as RFC 8785 text with a salt of 32 random bytes,
so that one row can be shown to one party without the others, and a row cannot be guessed from the root. Nothing here
shows a row in ``repr`` or in an error.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from assay.errors import Malformed, TooLarge, Untrusted
from assay.formats import rfc6962, strict_json
from assay.formats.canonical_json import canonical
from assay.formats.digest import Digest

WHAT = "customers.json"
LIMIT = 64 * 1024 * 1024
MAX_ROWS = 200_000

HEX = "^[0-9a-f]{64}$(?!\\n)"
"""In Python ``$`` also matches before a final newline; elsewhere the lookahead changes nothing."""

Salt = Annotated[str, Meta(pattern=HEX, description="32 random bytes, hexadecimal")]
Name = Annotated[str, Meta(min_length=1, max_length=1000)]
Short = Annotated[str, Meta(max_length=1000)]


class _Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Equal by value, but shown by type alone."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, not shown>"


class CustomerId(_Closed, frozen=True, kw_only=True):
    """An identifier and who gives it out: ``lei``, ``uei``, ``duns``, ``domain``, ..."""

    scheme: Name
    value: Name


class Customer(_Closed, frozen=True, kw_only=True):
    name: Name
    id: CustomerId | None = None
    contact: Short = ""
    products: tuple[Name, ...] = ()
    """Names of products as in the attestation; empty for all."""
    salt: Salt


class CustomerList(_Closed, frozen=True, kw_only=True):
    customers: tuple[Customer, ...]

    def __repr__(self) -> str:
        return f"<CustomerList of {len(self.customers)} rows, not shown>"


class RowProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """That a row stands at *index* of a list of *rows*."""

    index: Annotated[int, Meta(ge=0)]
    rows: Annotated[int, Meta(ge=1, le=MAX_ROWS)]
    path: tuple[Annotated[str, Meta(pattern=HEX)], ...]
    """Sibling hashes from the leaf up, hexadecimal."""


def parse(data: bytes) -> CustomerList:
    """Read ``customers.json``; any layout of JSON is accepted, unknown fields are not. Errors show places, never values."""
    try:
        found = strict_json.decode(data, CustomerList, what=WHAT, limit=LIMIT)
    except Malformed as error:
        if isinstance(error.__cause__, msgspec.ValidationError) or isinstance(error, TooLarge):
            raise
        raise Malformed(f"{WHAT} is not strict JSON (UTF-8, each key once, RFC 8259)") from None
    _check(found)
    return found


def encode(customers: CustomerList) -> bytes:
    """Canonical text. ``ValueError`` for a list that :func:`parse` would refuse."""
    data = canonical(customers)
    if parse(data) != customers:
        raise ValueError("customer list does not survive its own text")
    return data


def commitment(customers: CustomerList) -> Digest:
    """Merkle root of the rows; of an empty list the SHA-256 of nothing."""
    return Digest("sha256", rfc6962.root(_leaves(customers)).hex())


def row_digest(row: Customer) -> Digest:
    """Names *row* without showing it; its salt lets nobody guess it."""
    return Digest("sha256", rfc6962.leaf_hash(canonical(row)).hex())


def open_row(customers: CustomerList, index: int) -> RowProof:
    """What someone who knows the row at *index* needs to find it in the commitment."""
    leaves = _leaves(customers)
    path = tuple(node.hex() for node in rfc6962.path(leaves, index))
    return RowProof(index=index, rows=len(leaves), path=path)


def check_row(row: Customer, proof: RowProof, committed: Digest) -> None:
    """:class:`Untrusted` unless *row* stands where *proof* says in the list behind *committed*."""
    siblings = [bytes.fromhex(node) for node in proof.path]
    found = rfc6962.root_from(rfc6962.leaf_hash(canonical(row)), proof.index, proof.rows, siblings)
    if found is None:
        raise Untrusted(
            f"customer row: a path of {len(siblings)} hashes does not fit row {proof.index} of {proof.rows}"
        )
    if Digest("sha256", found.hex()) != committed:
        raise Untrusted(f"customer row leads to the commitment sha256:{found.hex()}, expected {committed}")


def _leaves(customers: CustomerList) -> list[bytes]:
    return [rfc6962.leaf_hash(canonical(row)) for row in customers.customers]


def _check(customers: CustomerList) -> None:
    if len(customers.customers) > MAX_ROWS:
        raise TooLarge(f"{WHAT} has {len(customers.customers)} rows, over the limit of {MAX_ROWS}")
    salts: dict[str, int] = {}
    for index, row in enumerate(customers.customers):
        first = salts.setdefault(row.salt, index)
        if first != index:
            raise Malformed(
                f"{WHAT}: rows {first} and {index} have the same salt, expected a fresh one for each row"
            )
