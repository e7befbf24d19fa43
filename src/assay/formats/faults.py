"""What is wrong in a document that is read to its end, so that all of it can be told at once."""

from assay.errors import Faulty
from assay.formats.text import shown

MAX_KEPT = 100
"""Faults told one by one; of the others, the number."""
MAX_SAID = 300


class Faults:
    """Faults of the document *what*, in the order in which they are found."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._kept: list[tuple[str, str]] = []
        self._count = 0

    def add(self, at: str, reason: str) -> None:
        """*at* is a line, a pointer, a field."""
        self._count += 1
        if self._count <= MAX_KEPT:
            self._kept.append((shown(at), shown(reason, MAX_SAID)))

    def __bool__(self) -> bool:
        return self._count > 0

    def refuse(self) -> None:
        """:class:`Faulty` where there are any."""
        if self._count:
            at, reason = self._kept[0]
            number = "one fault" if self._count == 1 else f"{self._count} faults"
            raise Faulty(
                f"{self._what} has {number}, and nothing of it was taken: {at}: {reason}",
                tuple(self._kept),
                self._count,
            )
