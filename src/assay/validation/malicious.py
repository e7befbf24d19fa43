"""A snapshot of known-malicious packages, from the OSV records of the malicious-packages reports (ids ``MAL-…``)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from assay.checks.model import Malicious, Span
from assay.formats.osv import PURL_TYPES, Affected, Range, Record
from assay.formats.purl import normalise_name

MIN_REPORTS = 100
"""An ecosystem with fewer reports is not spoken for: that a name is absent from them says nothing."""

Key = tuple[str, str]


def malicious_from_osv(records: Iterable[Record], as_of: datetime) -> Malicious:
    """Withdrawn reports count for nothing; packages of ecosystems without a purl type cannot be named and are left out."""
    versions: dict[Key, dict[str, None]] = {}
    spans: dict[Key, dict[Span, None]] = {}
    whole: set[Key] = set()
    reports: Counter[str] = Counter()
    for record in records:
        if not record.id.startswith("MAL-") or record.withdrawn is not None:
            continue
        for affected in record.affected or ():
            key = key_of(affected)
            if key is None:
                continue
            reports[key[0]] += 1
            found = tuple(span for within in affected.ranges or () for span in spans_of(within))
            if affected.versions:
                versions.setdefault(key, {}).update(dict.fromkeys(affected.versions))
            elif any(_is_everything(span) for span in found):
                whole.add(key)
            spans.setdefault(key, {}).update(dict.fromkeys(found))
    packages: dict[Key, tuple[str, ...]] = {key: tuple(listed) for key, listed in versions.items()}
    packages |= dict.fromkeys(whole, ())
    return Malicious(
        as_of,
        tuple(sorted(kind for kind, count in reports.items() if count >= MIN_REPORTS)),
        packages,
        {key: tuple(listed) for key, listed in spans.items() if listed and key not in whole},
    )


def key_of(affected: Affected) -> Key | None:
    if affected.package is None or not affected.package.name:
        return None
    kind = PURL_TYPES.get(affected.package.ecosystem.partition(":")[0])
    return (kind, normalise_name(kind, affected.package.name)) if kind else None


def _is_everything(span: Span) -> bool:
    return span.introduced == "0" and not span.fixed and not span.last


def spans_of(within: Range) -> Iterator[Span]:
    """Each ``introduced`` up to the next ``fixed`` or ``last_affected``; commits are not versions."""
    if within.type == "GIT":
        return
    start = ""
    for event in within.events:
        if event.introduced is not None:
            if start:
                yield Span(start)
            start = event.introduced
        elif start and (event.fixed or event.last_affected):
            yield Span(start, fixed=event.fixed or "", last=event.last_affected or "")
            start = ""
    if start:
        yield Span(start)
