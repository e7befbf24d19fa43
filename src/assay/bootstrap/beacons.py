"""Beacons by what a person gives: a chain's name or description, and where its rounds are."""

from pathlib import Path

from assay.adapters.beacons import MAX_DOCUMENT, opened
from assay.adapters.beacons.folder import FolderBeacon
from assay.adapters.beacons.http import HttpBeacon
from assay.adapters.filesystem import read_whole
from assay.crypto.rsa_certificate import MAX_BYTES, RsaCertificate
from assay.errors import Malformed, Refused, Unavailable
from assay.formats.drand import DrandChain
from assay.formats.text import shown
from assay.office.beacon import Beacon
from assay.register import drand, nist
from assay.register.beacon import Chain, RoundValue

SERVERS = ("http://", "https://")


def chain_of(name: str, described: Path | None) -> tuple[Chain | None, str]:
    """The chain called *name*, and why it is taken for a public one. None when nothing here describes it.

    *described* is drand's answer to ``/info``, or NIST's certificates in PEM; whoever gives it vouches for it. Refused
    when it is another chain's.
    """
    if described is None:
        known = drand.KNOWN.get(name)
        return known, "" if known is None else "which Assay knows"
    data = read_whole(described, limit=MAX_BYTES)
    chain = _certified(name, data, described) if data[:5] == b"-----" else _drand(data, described)
    if chain.name != name:
        raise Refused(f"{described} describes {chain.name}, expected {shown(name, 100)}")
    return chain, f"described in {described}"


def beacon_at(where: str, chain: Chain) -> Beacon:
    """*chain* at a server, or in a folder of rounds."""
    if where.startswith(SERVERS):
        return HttpBeacon(where, chain)
    if not Path(where).is_dir():
        raise Malformed(f"{shown(where, 200)!r} is no folder of rounds and no http or https URL")
    return FolderBeacon(Path(where), chain)


def round_at(where: str, chain: Chain, round_: int) -> RoundValue:
    """As :func:`beacon_at` has it; *where* may also be the file of that one round. Unavailable when it is not to be had."""
    if where.startswith(SERVERS) or Path(where).is_dir():
        return beacon_at(where, chain).value(round_)
    try:
        data = read_whole(Path(where), limit=MAX_DOCUMENT)
    except Malformed as error:
        raise Unavailable(str(error)) from error
    return opened(chain, data, round_, where)


def _drand(data: bytes, described: Path) -> drand.Drand:
    return drand.Drand(DrandChain.parse(data, what=str(described)))


def _certified(name: str, data: bytes, described: Path) -> nist.Nist:
    index = name.removeprefix(nist.PREFIX)
    if not name.startswith(nist.PREFIX) or not index.isdecimal():
        raise Refused(f"{described} holds certificates, which {shown(name, 100)} has none of")
    return nist.Nist(int(index), RsaCertificate.parse_all(data, what=str(described)))
