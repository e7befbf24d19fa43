"""Keys of cases that an earlier version received without them: until they are there, what stands behind an inventory misses those cases."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

from assay.errors import AssayError
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.dsse import Envelope
from assay.office.case import Case
from assay.office.found_by import keys_of
from assay.office.permissions import Visible
from assay.office.ports import CasePage, CaseQuery
from assay.office.service import Service

BATCH, PAGES = 200, 5
_EVERYTHING = Visible(everything=True)


class Finding(Protocol):
    """By what the database finds cases."""

    def keys_of(self, entry: int) -> frozenset[str]:
        """Of the case that begins with *entry*."""

    def find_by(self, found_by: Sequence[tuple[int, Sequence[str]]]) -> None:
        """Cases that begin with these entries are found by these keys too. Durable when it returns."""


def complete(service: Service, finding: Finding) -> int:
    """At a start; how many cases were gone through. The oldest that can be read tells whether there is anything to do.

    It is looked for among the oldest thousand: where all those are erased or lost, there is nothing to do.
    """
    for page in islice(_pages(service, descending=False), PAGES):
        for case in page.cases:
            if keys := _keys(service, case):
                return 0 if finding.keys_of(case.entry).issuperset(keys) else _all(service, finding)
    return 0


def _all(service: Service, finding: Finding) -> int:
    """The newest first: after a crash the oldest lacks its keys still, and all is done again."""
    count = 0
    for page in _pages(service, descending=True):
        finding.find_by([(case.entry, _keys(service, case)) for case in page.cases])
        count += len(page.cases)
    return count


def _keys(service: Service, case: Case) -> tuple[str, ...]:
    """None of what was erased or is lost."""
    submission = None if case.erased else service.office.ledger.submission(case.payload)
    if submission is None:
        return ()
    try:
        data = service.office.blobs.get(submission.envelope)
        said = parse_attestation(Envelope.parse(data, what=f"blob {submission.envelope}").payload)
    except AssayError:
        return ()
    return keys_of(said.provider.name, said.releases)


def _pages(service: Service, *, descending: bool) -> Iterator[CasePage]:
    after = ""
    while True:
        page = service.cases.find(
            CaseQuery(visible=_EVERYTHING, sort="received", descending=descending, limit=BATCH, after=after)
        )
        yield page
        if not page.after:
            return
        after = page.after
