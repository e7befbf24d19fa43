"""The in-toto predicate for vulnerability scans, ``https://in-toto.io/attestation/vulns`` v0.1 and v0.2.

It names no components: what it found, it found in the statement's subjects. An empty result means that nothing was found.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.text import shown

TYPES = frozenset({f"https://in-toto.io/attestation/vulns/v{version}" for version in ("0.1", "0.2")})
MAX_RESULTS = 200_000


class Score(msgspec.Struct, frozen=True):
    method: str
    score: str


class Named(msgspec.Struct, frozen=True):
    id: str
    severity: tuple[Score, ...] = ()


class Item(msgspec.Struct, frozen=True):
    """v0.2 has the id here, the text of v0.1 one level deeper."""

    id: str = ""
    severity: tuple[Score, ...] = ()
    vulnerability: Named | None = None

    @property
    def named(self) -> Named:
        return self.vulnerability or Named(self.id, self.severity)


class Database(msgspec.Struct, frozen=True, rename="camel"):
    last_update: str
    uri: str = ""
    version: str = ""


class Scanner(msgspec.Struct, frozen=True):
    uri: str
    db: Database
    result: tuple[Item, ...]
    version: str = ""


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    scan_finished_on: str
    scan_started_on: str = ""


class Predicate(msgspec.Struct, frozen=True):
    scanner: Scanner
    metadata: Metadata


def parse(predicate: Mapping[str, Any], *, what: str) -> Predicate:
    try:
        found = msgspec.convert(predicate, Predicate)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {shown(str(error))}") from error
    if len(found.scanner.result) > MAX_RESULTS:
        raise TooLarge(f"{what} has over {MAX_RESULTS} results")
    for index, item in enumerate(found.scanner.result):
        if not item.named.id:
            raise Malformed(f"{what}: scanner.result[{index}] has no id")
    return found
