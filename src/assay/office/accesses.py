"""Who was let in to a provider's restricted artifacts, and every time that somebody read one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from assay.formats.digest import Digest
from assay.office.permissions import Target, Visible
from assay.office.work import Due

ANSWER = timedelta(days=30)
"""In which the provider answers a request; after that it is over."""
GrantState = Literal["requested", "granted", "refused", "ended"]
What = Literal["requested", "granted", "refused", "ended", "read"]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's wish to read artifacts of a case, and what its provider made of it."""

    id: str
    """In the order of their being asked for."""
    case: Digest
    owner: str
    """Organisation whose artifacts they are."""
    to: str
    """Organisation that asked."""
    artifacts: tuple[Digest, ...] = ()
    """Empty for all of the case."""
    reason: str
    asked: datetime
    asked_by: str
    """As :attr:`~assay.office.permissions.Caller.id` says it."""
    state: GrantState = "requested"
    decided: datetime | None = None
    decided_by: str = ""
    until: datetime | None = None
    """When it ends by itself; of a granted one."""
    because: str = ""
    revision: int = 0

    @property
    def answer_by(self) -> datetime:
        return (self.asked + ANSWER).replace(microsecond=0)

    @property
    def target(self) -> Target:
        return Target(owner=self.owner, parties=frozenset((self.to,)))

    def opens(self, artifact: Digest, now: datetime) -> bool:
        """Whether *artifact* of its case may be read by it at *now*."""
        lasts = self.state == "granted" and self.until is not None and now < self.until
        return lasts and (not self.artifacts or artifact in self.artifacts)


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log."""

    at: datetime
    what: What
    actor: str
    organisation: str
    """Of whoever did it."""
    owner: str
    """Whose artifacts it is about."""
    case: Digest
    artifact: Digest | None = None
    """That was read."""
    grant: str = ""
    """Id; empty for who needs none."""
    reason: str = ""


class Line(msgspec.Struct, frozen=True):
    number: int
    """Its place in the log, from 1."""
    access: Access


class Accesses(Protocol):
    """Durable when a method returns. Nothing removes from the log. May be shared by threads and processes."""

    def put(self, grant: Grant, noted: Access, due: Sequence[Due] = ()) -> None:
        """A new one (revision 0) or its next revision, with its line of the log and the work that follows: all or none.

        Refused when it has moved meanwhile.
        """

    def grant(self, key: str) -> Grant | None:
        """None when there is none."""

    def grants(self, visible: Visible, *, before: str = "", limit: int) -> tuple[Grant, ...]:
        """The newest first; those before id *before*. *visible* by their owner, and by whom they are to as a party."""

    def between(self, case: Digest, to: str) -> tuple[Grant, ...]:
        """Of one organisation, about one case."""

    def waiting(self, to: str) -> int:
        """How many wishes of an organisation are not decided."""

    def note(self, access: Access) -> None:
        """Add to the log."""

    def log(
        self, owner: str | None, *, case: Digest | None = None, before: int | None = None, limit: int
    ) -> tuple[Line, ...]:
        """The newest first, those before number *before*: of all owners or of one, of all cases or of one."""
