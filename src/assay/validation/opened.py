"""A bundle as whoever takes it in reads it: its envelope, its attestation and who signed. Nothing is judged."""

from datetime import datetime
from functools import lru_cache

import msgspec

from assay.checks.model import CustomerStanding
from assay.formats import customers as customer_list
from assay.formats.attestation import Attestation
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.bundle import Bundle, compare
from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.trust.envelope import EnvelopeStanding, verify
from assay.trust.root import TrustRoot


@lru_cache(maxsize=4)
def read_trust(data: bytes) -> TrustRoot:
    """An office goes by one trust root all day."""
    return TrustRoot.parse(data)


class Unverified(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle's attestation, read."""

    envelope: Envelope
    attestation: Attestation


class Opened(Unverified, frozen=True, kw_only=True):
    """Read and verified."""

    standing: EnvelopeStanding


def read(bundle: Bundle) -> Unverified:
    """Read the envelope and the attestation in it; Malformed when either is not what it should be."""
    envelope = Envelope.parse(bundle.envelope, what="attestation.dsse.json", expected=PAYLOAD_TYPE)
    attestation = parse_attestation(envelope.payload)
    compare(bundle, attestation)
    customers_of(bundle)  # refused at the door: once recorded it would have to be judged
    return Unverified(envelope=envelope, attestation=attestation)


def verified(found: Unverified, trust: TrustRoot, now: datetime) -> Opened:
    provider = found.attestation.provider.name
    standing = verify(found.envelope, trust, purpose="provider", provider=provider, at=now)
    return Opened(envelope=found.envelope, attestation=found.attestation, standing=standing)


def open_attestation(bundle: Bundle, trust: TrustRoot, now: datetime) -> Opened:
    """:func:`read` and :func:`verified`."""
    return verified(read(bundle), trust, now)


def customers_of(bundle: Bundle) -> CustomerStanding | None:
    if bundle.customers is None:
        return None
    customers = customer_list.parse(bundle.customers)
    return CustomerStanding(len(customers.customers), customer_list.commitment(customers))
