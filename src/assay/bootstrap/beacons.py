"""Beacons by what a person gives: a chain's name or description, and where its rounds are."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from assay.adapters.beacons import MAX_DOCUMENT, opened
from assay.adapters.beacons.folder import FolderBeacon
from assay.adapters.beacons.http import HttpBeacon
from assay.adapters.filesystem import read_whole
from assay.collect.files import read_plain
from assay.crypto.rsa_certificate import MAX_BYTES, RsaCertificate
from assay.errors import Malformed, Refused, Unavailable
from assay.formats import strict_toml
from assay.formats.drand import DrandChain
from assay.formats.text import shown
from assay.office.beacon import Beacon
from assay.register import drand, nist
from assay.register.beacon import Chain, RoundValue

SERVERS = ("http://", "https://")
MAX_DESCRIPTION = 64 * 1024


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The beacon of an office, as a TOML file; see docs/formats/beacon.md."""

    url: str
    """Base of its public API, or of a relay's."""
    chain: str
    """Name with the identity of the chain, as draws commit to it."""
    key: str = ""
    """File of drand's ``/info`` or NIST's certificates, beside this one, for a chain that Assay does not know."""


def described(path: Path) -> HttpBeacon:
    """The beacon that the file at *path* describes."""
    found = strict_toml.load(read_plain(path, limit=MAX_DESCRIPTION), what=str(path))
    try:
        asked = msgspec.convert(found, Description)
    except msgspec.ValidationError as error:
        raise Malformed(f"{path}: {shown(str(error), 400)}") from error
    chain, _ = chain_of(asked.chain, path.parent / asked.key if asked.key else None)
    if chain is None:
        raise Malformed(
            f"{path}: chain {shown(asked.chain, 100)!r} is none that Assay knows, expected its key"
        )
    return HttpBeacon(asked.url, chain)


class Asking:
    """Rounds of any chain that can be verified, at *where*; what *told* has already is not asked again."""

    def __init__(self, where: str, described: Path | None, told: Mapping[tuple[str, int], bytes]) -> None:
        _check_place(where)
        self._where, self._described, self._told = where, described, told
        self._beacons: dict[str, Beacon | None] = {}

    def get(self, key: tuple[str, int], /) -> bytes | None:
        if key in self._told:
            return self._told[key]
        name, round_ = key
        if name not in self._beacons:
            chain, _ = chain_of(name, None)
            if chain is None and self._described is not None:
                with suppress(Refused):  # it describes another chain
                    chain, _ = chain_of(name, self._described)
            self._beacons[name] = None if chain is None else beacon_at(self._where, chain)
        beacon = self._beacons[name]
        return None if beacon is None else beacon.value(round_).value


def check_beacon(beacon: Beacon | None, named: str) -> None:
    """Refused when an office's beacon is not the one that its policy draws by."""
    have = "" if beacon is None else beacon.name
    if have != named:
        raise Refused(
            f"the office policy draws by {shown(named, 100) or 'no beacon'} (sampling.beacon), "
            f"the settings describe {shown(have, 100) or 'none'} (judging.beacon)"
        )


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
    _check_place(where)
    return HttpBeacon(where, chain) if where.startswith(SERVERS) else FolderBeacon(Path(where), chain)


def round_at(where: str, chain: Chain, round_: int) -> RoundValue:
    """As :func:`beacon_at` has it; *where* may also be the file of that one round. Unavailable when it is not to be had."""
    if where.startswith(SERVERS) or Path(where).is_dir():
        return beacon_at(where, chain).value(round_)
    try:
        data = read_whole(Path(where), limit=MAX_DOCUMENT)
    except Malformed as error:
        raise Unavailable(str(error)) from error
    return opened(chain, data, round_, where)


def _check_place(where: str) -> None:
    if not where.startswith(SERVERS) and not Path(where).is_dir():
        raise Malformed(f"{shown(where, 200)!r} is no folder of rounds and no http or https URL")


def _drand(data: bytes, described: Path) -> drand.Drand:
    return drand.Drand(DrandChain.parse(data, what=str(described)))


def _certified(name: str, data: bytes, described: Path) -> nist.Nist:
    index = name.removeprefix(nist.PREFIX)
    if not name.startswith(nist.PREFIX) or not index.isdecimal():
        raise Refused(f"{described} holds certificates, which {shown(name, 100)} has none of")
    return nist.Nist(int(index), RsaCertificate.parse_all(data, what=str(described)))
