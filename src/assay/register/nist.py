"""Pulses of the NIST Randomness Beacon 2.0 verified under certificates that the caller trusts.

A round here is a minute: the pulse whose time is *round* times 60 seconds after 1970. The beacon's own index counts the
pulses there were, so nobody can say before an outage which index a moment will have.
"""

from datetime import datetime

import msgspec

from assay.crypto.rsa_certificate import RsaCertificate
from assay.errors import Untrusted
from assay.formats.nist_pulse import Pulse
from assay.register.beacon import RoundValue, Schedule

PREFIX = "nist-2.0:"
PERIOD_S = 60


class Nist(msgspec.Struct, frozen=True):
    """A :class:`~assay.register.beacon.Chain`: the chain of that index, as signed by whoever holds *certificates*."""

    index: int
    certificates: tuple[RsaCertificate, ...]

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.index}"

    def due(self, round_: int) -> datetime:
        return _SCHEDULE.due(round_)

    def round_after(self, moment: datetime) -> int:
        return _SCHEDULE.round_after(moment)

    def path(self, round_: int) -> str:
        return f"pulse/time/{round_ * PERIOD_S * 1000}"

    def open_(self, document: bytes, round_: int) -> RoundValue:
        what = f"pulse at {self.due(round_):%Y-%m-%dT%H:%MZ} of {self.name}"
        pulse = Pulse.parse(document, what=what)
        if pulse.moment != self.due(round_):  # the API answers with the next one where there is none
            raise Untrusted(f"{what}: it is the pulse of {pulse.time}")
        if pulse.chain != self.index or pulse.period_ms != PERIOD_S * 1000:
            raise Untrusted(f"{what}: it is of chain {pulse.chain}, every {pulse.period_ms} ms")
        signer = next((one for one in self.certificates if one.identity == pulse.certificate), None)
        if signer is None:
            raise Untrusted(
                f"{what}: signed by certificate {pulse.certificate.hex()[:12]}, which is not trusted"
            )
        signer.verify(pulse.signed(), pulse.signature, at=pulse.moment)
        return RoundValue(beacon=self.name, round=round_, value=pulse.output, document=pulse.encode())


_SCHEDULE = Schedule(0, PERIOD_S, 0)
