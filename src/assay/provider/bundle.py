"""Put a submission bundle together from the signed attestation and what stands behind it."""

from collections.abc import Callable, Sequence

import msgspec

from assay.formats import customers as customer_list
from assay.formats.bundle import Bundle
from assay.formats.customers import Customer, CustomerList
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.provider.attest import Customers

SALT_BYTES = 32


def salted(rows: Sequence[Customer], random: Callable[[int], bytes]) -> bytes:
    """``customers.json`` with a fresh salt in each row."""
    return customer_list.encode(
        CustomerList(
            customers=tuple(msgspec.structs.replace(row, salt=random(SALT_BYTES).hex()) for row in rows)
        )
    )


def committed(customers: bytes) -> Customers:
    found = customer_list.parse(customers)
    return Customers(customer_list.commitment(found), len(found.customers))


def bundle(envelope: Envelope, customers: bytes | None, artifacts: Sequence[bytes]) -> Bundle:
    return Bundle(envelope.encode(), customers, {Digest.sha256(data): data for data in artifacts})
