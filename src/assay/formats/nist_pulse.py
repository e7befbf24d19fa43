"""Pulses of the NIST Randomness Beacon 2.0 (NISTIR 8213 draft, and beacon-2.0.xsd where the two differ), as its REST API writes them in JSON.

Bytes and numbers only: whether a pulse is truly signed says :mod:`assay.register.nist`.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import hexadecimal, strict_json, times

MAX_BYTES = 64 * 1024
MAX_TEXT = 300
VALUE_BYTES = 64
"""Of every value: SHA-512, or as many random bytes."""
SIGNATURE_BYTES = tuple(range(128, 1025, 64))
RSA_SHA512 = 0
"""The cipher suite: RSA PKCS #1 v1.5 with SHA-512."""
PAST = ("previous", "hour", "day", "month", "year")
VERSIONS = ("2.0", "Version 2.0")


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    uri: str
    version: str
    period_ms: int
    certificate: bytes
    """SHA-512 of the DER of the certificate that signs."""
    chain: int
    index: int
    """Counts the pulses there are: it says nothing about when."""
    time: str
    """As it is signed: RFC 3339 with milliseconds, UTC."""
    local_random: bytes
    """Its SHA-512 stands in the pulse before as :attr:`precommitment`."""
    source: bytes
    """Of external randomness; zeroes when there is none."""
    source_status: int
    source_value: bytes
    past: tuple[bytes, ...]
    """Output values of earlier pulses, as in :data:`PAST`."""
    past_uris: tuple[str | None, ...]
    precommitment: bytes
    status: int
    """0 normal, 1 first of a chain, 2 after a gap, 3 both."""
    signature: bytes
    output: bytes

    @property
    def moment(self) -> datetime:
        return times.parse(self.time, what="pulse: timeStamp")

    def signed(self) -> bytes:
        """What the signature covers: texts and values after their length in 4 bytes, numbers in 4, indexes in 8."""
        return b"".join(
            (
                _long(self.uri.encode()),
                _long(self.version.encode()),
                _number(RSA_SHA512),
                _number(self.period_ms),
                _long(self.certificate),
                self.chain.to_bytes(8, "big"),
                self.index.to_bytes(8, "big"),
                _long(self.time.encode()),
                _long(self.local_random),
                _long(self.source),
                _number(self.source_status),
                _long(self.source_value),
                *(_long(value) for value in self.past),
                _long(self.precommitment),
                _number(self.status),
            )
        )

    def check_output(self) -> None:
        """Malformed unless the output value is SHA-512(what is signed, signature)."""
        if hashlib.sha512(self.signed() + self.signature).digest() != self.output:
            raise Malformed("pulse: outputValue is not the SHA-512 of its fields and signature")

    def follows(self, before: "Pulse") -> bool:
        """Whether *before* is the pulse right before this one in their chain, and foretold its randomness."""
        return (
            (self.chain, self.index) == (before.chain, before.index + 1)
            and before.moment < self.moment
            and self.past[0] == before.output
            and hashlib.sha512(self.local_random).digest() == before.precommitment
        )

    @classmethod
    def parse(cls, data: bytes, *, what: str = "pulse") -> Self:
        """Read ``{"pulse": {...}}``, values in upper-case hexadecimal; the output value is computed again."""
        wire = strict_json.decode(data, _Wire, what=what, limit=MAX_BYTES).pulse
        if wire.cipherSuite != RSA_SHA512 or wire.version not in VERSIONS:
            raise Unsupported(
                f"{what} is of version {wire.version[:40]!r} and cipher suite {wire.cipherSuite}, expected 2.0 and 0"
            )
        if tuple(one.type for one in wire.listValues) != PAST:
            raise Malformed(f"{what}: listValues are not {', '.join(PAST)}, in this order")
        for text in (wire.uri, *(one.uri or "-" for one in wire.listValues)):
            if not 1 <= len(text) <= MAX_TEXT or not text.isprintable():
                raise Malformed(f"{what}: a uri is not 1 to {MAX_TEXT} printable characters")
        for number, limit in (
            (wire.period, 2**32),
            (wire.statusCode, 4),
            (wire.external.statusCode, 2**32),
            (wire.chainIndex, 2**63),
            (wire.pulseIndex, 2**63),
        ):
            if not 0 <= number < limit:
                raise Malformed(f"{what}: {number} is not a number from 0 to {limit - 1}")
        read = cls(
            uri=wire.uri,
            version=wire.version,
            period_ms=wire.period,
            certificate=hexadecimal.decode(
                wire.certificateId, what=f"{what}: certificateId", sizes=(VALUE_BYTES,)
            ),
            chain=wire.chainIndex,
            index=wire.pulseIndex,
            time=wire.timeStamp,
            local_random=_value(wire.localRandomValue, f"{what}: localRandomValue"),
            source=_value(wire.external.sourceId, f"{what}: external.sourceId"),
            source_status=wire.external.statusCode,
            source_value=_value(wire.external.value, f"{what}: external.value"),
            past=tuple(_value(one.value, f"{what}: value of {one.type}") for one in wire.listValues),
            past_uris=tuple(one.uri for one in wire.listValues),
            precommitment=_value(wire.precommitmentValue, f"{what}: precommitmentValue"),
            status=wire.statusCode,
            signature=hexadecimal.decode(
                wire.signatureValue, what=f"{what}: signatureValue", sizes=SIGNATURE_BYTES, upper=True
            ),
            output=_value(wire.outputValue, f"{what}: outputValue"),
        )
        if written(read.moment) != read.time:
            raise Malformed(
                f"{what}: timeStamp {read.time[:40]!r} is not of the form 2026-07-31T23:20:00.000Z"
            )
        read.check_output()
        return read

    def encode(self) -> bytes:
        """As the API answers."""
        past: list[Any] = [
            {"uri": uri, "type": name, "value": _shown(value)}
            for name, uri, value in zip(PAST, self.past_uris, self.past, strict=True)
        ]
        pulse = {
            "uri": self.uri,
            "version": self.version,
            "cipherSuite": RSA_SHA512,
            "period": self.period_ms,
            "certificateId": self.certificate.hex(),
            "chainIndex": self.chain,
            "pulseIndex": self.index,
            "timeStamp": self.time,
            "localRandomValue": _shown(self.local_random),
            "external": {
                "sourceId": _shown(self.source),
                "statusCode": self.source_status,
                "value": _shown(self.source_value),
            },
            "listValues": past,
            "precommitmentValue": _shown(self.precommitment),
            "statusCode": self.status,
            "signatureValue": _shown(self.signature),
            "outputValue": _shown(self.output),
        }
        return strict_json.encode({"pulse": pulse})


def written(moment: datetime) -> str:
    """*moment* as a pulse writes it."""
    whole = moment - timedelta(microseconds=moment.microsecond % 1000)
    return whole.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _value(text: str, what: str) -> bytes:
    return hexadecimal.decode(text, what=what, sizes=(VALUE_BYTES,), upper=True)


def _shown(value: bytes) -> str:
    return value.hex().upper()


def _long(data: bytes) -> bytes:
    return _number(len(data)) + data


def _number(number: int) -> bytes:
    return number.to_bytes(4, "big")


class _External(msgspec.Struct, frozen=True):
    sourceId: str  # noqa: N815 - as NIST spells it, here and below
    statusCode: int  # noqa: N815
    value: str


class _Past(msgspec.Struct, frozen=True):
    uri: str | None
    type: str
    value: str


class _Pulse(msgspec.Struct, frozen=True):
    uri: str
    version: str
    cipherSuite: int  # noqa: N815
    period: int
    certificateId: str  # noqa: N815
    chainIndex: int  # noqa: N815
    pulseIndex: int  # noqa: N815
    timeStamp: str  # noqa: N815
    localRandomValue: str  # noqa: N815
    external: _External
    listValues: tuple[_Past, ...]  # noqa: N815
    precommitmentValue: str  # noqa: N815
    statusCode: int  # noqa: N815
    signatureValue: str  # noqa: N815
    outputValue: str  # noqa: N815


class _Wire(msgspec.Struct, frozen=True):
    pulse: _Pulse
