"""Advisories of a snapshot by package."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from assay.checks.model import Advisories, Advisory
from assay.formats import times
from assay.formats.osv import Record
from assay.validation.malicious import Key, key_of, malicious_from_osv, spans_of
from assay.validation.snapshot import records


@lru_cache(maxsize=1)
def advisories(data: bytes) -> Advisories:
    """Of a snapshot; reports of malicious packages are something else, see :mod:`assay.validation.malicious`."""
    as_of, found = records(data)
    return _by_package(as_of, found)


def dated(data: bytes, *, what: str = "snapshot") -> datetime:
    """When the snapshot was taken; Malformed with the reason when something in it cannot be judged by."""
    as_of, found = records(data, what=what)
    malicious_from_osv(found, as_of)
    _by_package(as_of, found)
    return as_of


def _by_package(as_of: datetime, found: Iterable[Record]) -> Advisories:
    packages: dict[Key, list[Advisory]] = {}
    for record in found:
        if record.id.startswith("MAL-") or record.withdrawn is not None or record.informational:
            continue
        ids = frozenset((record.id, *(record.aliases or ())))
        modified = times.parse(record.modified, what=f"{record.id[:80]}: modified")
        for affected in record.affected or ():
            key = key_of(affected)
            if key is not None:
                spans = tuple(span for within in affected.ranges or () for span in spans_of(within))
                packages.setdefault(key, []).append(
                    Advisory(ids, record.id, modified, affected.versions or (), spans)
                )
    held = {key: tuple(listed) for key, listed in packages.items()}
    return Advisories(as_of, held, frozenset(kind for kind, _ in held))
