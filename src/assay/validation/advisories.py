"""Advisories of a snapshot by package, and which of them mean a component in its version."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from assay.checks.model import Span
from assay.evidence.subject import Subject, same_version
from assay.formats import times
from assay.formats.osv import Record
from assay.validation.malicious import Key, key_of, spans_of
from assay.validation.snapshot import records


class Advisory(msgspec.Struct, frozen=True):
    """What one record says of one package."""

    ids: frozenset[str]
    """Its id and aliases."""
    id: str
    modified: datetime
    versions: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    def means(self, component: Subject) -> bool | None:
        """Whether *component* in its version is affected; None when that cannot be told."""
        if not component.version:
            return None
        if any(same_version(component.type, one, component.version) for one in self.versions):
            return True
        inside = {span.holds(component.type, component.version) for span in self.spans}
        return True if True in inside else None if None in inside else False


class Advisories(msgspec.Struct, frozen=True):
    as_of: datetime
    packages: Mapping[Key, tuple[Advisory, ...]]
    ecosystems: frozenset[str]
    """purl types that the snapshot has advisories of; of others nothing is known."""

    def about(self, component: Subject) -> Iterator[tuple[Advisory, bool | None]]:
        """Those that mean *component*, or may."""
        for one in self.packages.get((component.type, component.name), ()):
            answer = one.means(component)
            if answer is not False:
                yield one, answer


@lru_cache(maxsize=1)
def advisories(data: bytes) -> Advisories:
    """Of a snapshot; reports of malicious packages are something else, see :mod:`assay.validation.malicious`."""
    as_of, found = records(data)
    return _by_package(as_of, found)


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
