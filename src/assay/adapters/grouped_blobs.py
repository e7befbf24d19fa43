"""Blobs that many threads put at the same time become durable together."""

from collections.abc import Callable, Sequence

from assay.adapters.grouped import Grouped
from assay.errors import AssayError
from assay.formats.digest import Digest
from assay.office.ports import Blobs

ALONE = 1 << 20
"""Bytes from which on a call is done by itself: others need not wait for it."""


class GroupedBlobs:
    """A :class:`~assay.office.ports.Blobs` over another one. *company*, *wait_s*: see :class:`~assay.adapters.grouped.Grouped`."""

    def __init__(self, blobs: Blobs, company: Callable[[], int] = lambda: 1, wait_s: float = 0.0) -> None:
        self._blobs = blobs
        self._putting = Grouped(self._put, company=company, wait_s=wait_s)
        self.get, self.open, self.has, self.erase = blobs.get, blobs.open, blobs.has, blobs.erase
        self.put_pieces = blobs.put_pieces

    def put(self, data: bytes) -> Digest:
        return self.put_many((data,))[0]

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        if not blobs:
            return ()
        if sum(map(len, blobs)) > ALONE:
            return self._blobs.put_many(blobs)
        return self._putting.ask(blobs)

    def _put(self, calls: Sequence[Sequence[bytes]]) -> list[tuple[Digest, ...] | Exception]:
        try:
            names = iter(self._blobs.put_many([data for call in calls for data in call]))
        except AssayError as error:
            # What one brought about is not the others'.
            return [error] if len(calls) == 1 else [self._put((call,))[0] for call in calls]
        return [tuple(next(names) for _ in call) for call in calls]
