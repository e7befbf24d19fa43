"""What the handlers of one server share."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

import msgspec

from assay.adapters.observing.metrics import Meter, NoMeter
from assay.errors import AssayError, Unavailable
from assay.formats import customers as customer_list
from assay.formats.bundle import Bundle
from assay.formats.customers import Customer
from assay.office.accesses import Accesses
from assay.office.assessment import assessors, provider_of
from assay.office.case import Case
from assay.office.erase import Erased, Reason
from assay.office.examining import Examined
from assay.office.facts import Facts
from assay.office.federation import Federation
from assay.office.health import Finding
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Organisation
from assay.office.identity.trail import Event
from assay.office.inventories import Inventories
from assay.office.keep_customers import having, named_in
from assay.office.permissions import Action, Caller, Role, require_role
from assay.office.ports import Holdings
from assay.office.ready import Look
from assay.office.receive import Answer, Asked, Received, admit_all, admit_one, receive_all
from assay.office.rehearse import rehearse
from assay.office.repeats import Repeats
from assay.office.service import Service
from assay.office.submit import Admitted
from assay.office.subscription import Subscribing
from assay.office.upload import Reception
from assay.tlog.ports import TileFiles
from assay.web.api.addresses import Network
from assay.web.api.bodies import Bodies
from assay.web.api.gate import Gate
from assay.web.api.together import Door


class Read(msgspec.Struct, frozen=True):
    """A bundle that somebody hands in, and what was read in it."""

    caller: Caller
    bundle: Bundle
    admitted: Admitted


class _Look:
    def __init__(self) -> None:
        self.over = False
        self.found: dict[int, Service] = {}
        """By the identity of the desk."""


_LOOK: ContextVar[_Look | None] = ContextVar("look", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Within it :attr:`Desk.service` is looked up once, also by threads that work for it: an answer shows one state.

    What was begun within it and goes on afterwards looks anew each time.
    """
    look = _Look()
    token = _LOOK.set(look)
    try:
        yield
    finally:
        look.over = True
        _LOOK.reset(token)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    live: Callable[[], Service]
    """The service as it is now: keys that were verified meanwhile are trusted."""
    identity: Identity
    holdings: Holdings
    subscribing: Subscribing
    reception: Reception
    accesses: Accesses
    url: str
    """``scheme://host[:port]`` under which people reach the office."""
    tiles: TileFiles
    """The register's public files."""
    inventories: Inventories
    federation: Federation
    """Other offices, and what was accepted of theirs."""
    import_rows: int = 1_000_000
    """Most of one table."""
    facts: Facts = msgspec.field(default_factory=Facts)
    repeats: Repeats
    """Requests that may be sent again."""
    door: Door = msgspec.field(default_factory=Door)
    """Where submissions wait to be taken in."""
    gate: Gate = msgspec.field(default_factory=Gate)
    meter: Meter = NoMeter()
    bodies: Bodies = Bodies()
    proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For is believed."""
    erase: Callable[[Case, Reason, str], Erased] | None = None
    """All of a case, for that reason, by whom; None where this process cannot."""
    looks: tuple[Look, ...] = ()
    """What has to be well for the office to do its work."""
    reread: tuple[Callable[[], Finding], ...] = ()
    """Each takes up a newer document from its file for :attr:`live`, and says how it is."""
    security: Callable[[datetime], bytes | None] = lambda _: None
    """``security.txt`` as it is read at a time; None where the settings name nobody."""

    @property
    def service(self) -> Service:
        look = _LOOK.get()
        if look is None or look.over:
            return self.live()
        if id(self) not in look.found:
            look.found[id(self)] = self.live()
        return look.found[id(self)]

    @property
    def secure(self) -> bool:
        """Whether people reach it over https: cookies then are for that only."""
        return self.url.startswith("https:")

    def submit(self, caller: Caller, bundle: Bundle) -> Received:
        """Hand *bundle* in, by whichever way it came. Raises what :func:`~assay.office.receive.receive` does, and TooOften."""
        (read,) = self.read_all(((caller, bundle),))
        if isinstance(read, AssayError):
            raise read
        (answer,) = self.record_all(self.service, (read,))
        if isinstance(answer, AssayError):
            raise answer
        return answer

    def read_all(self, handed: Sequence[tuple[Caller, Bundle]]) -> Sequence[Read | AssayError]:
        """The first half of :meth:`submit` for each: counted, read and verified, together."""
        answers: list[Read | AssayError] = [Unavailable("nobody answered")] * len(handed)
        let_in: list[int] = []
        for at, (caller, _) in enumerate(handed):
            try:
                require_role(caller, Action.SUBMISSION_CREATE)
                self.gate.submission(caller.organisation, caller.at)
            except AssayError as error:
                answers[at] = error
            else:
                let_in.append(at)
        found = admit_all(self.service, [handed[at][1] for at in let_in])
        for at, one in zip(let_in, found, strict=True):
            answers[at] = one if isinstance(one, AssayError) else Read(*handed[at], one)
        self.taken([one for one in answers if isinstance(one, AssayError)])
        return answers

    def record_all(self, service: Service, read: Sequence[Read]) -> Sequence[Answer]:
        """The second half, together. Raises when none was recorded."""
        answers: list[Answer] = [Unavailable("nobody answered")] * len(read)
        speaks_for = self._speaks_for({one.caller.organisation for one in read})
        asked: dict[int, Asked] = {}
        for at, one in enumerate(read):
            caller, admitted = one.caller, one.admitted
            try:
                asked[at] = Asked(
                    caller=caller,
                    bundle=one.bundle,
                    admitted=admitted,
                    speaks_for=speaks_for[caller.organisation],
                    parties=(
                        *self._parties(one.bundle, admitted),
                        *assessors(self.identity, admitted.assessor),
                    ),
                    owner=provider_of(self.identity, admitted.provider)
                    if Role.ASSESSOR in caller.roles
                    else "",
                )
            except AssayError as error:
                answers[at] = error
        try:
            received = receive_all(service, [*asked.values()], self.holdings)
        except AssayError as error:
            self.taken([answers[at] for at in range(len(read)) if at not in asked] + [error] * len(asked))
            raise
        for at, answer in zip(asked, received, strict=True):
            answers[at] = answer
        self.taken(answers)
        return answers

    def rehearse(self, caller: Caller, bundle: Bundle) -> Examined:
        """What would be found about *bundle*. Counted as a submission is; raises what :func:`~assay.office.rehearse.rehearse` does."""
        require_role(caller, Action.SUBMISSION_CREATE)
        self.gate.submission(caller.organisation, caller.at)
        service = self.service
        admitted = admit_one(service, bundle)
        speaks_for = self.speaks_for(caller.organisation)
        asked = Asked(caller=caller, bundle=bundle, admitted=admitted, speaks_for=speaks_for)
        return rehearse(service, asked, self.holdings)

    def taken(self, answers: Sequence[Answer]) -> None:
        """Count how submissions fared."""
        for one in answers:
            outcome = type(one).__name__ if isinstance(one, AssayError) else "accepted"
            self.meter.add("assay_submissions_total", outcome=outcome)

    def speaks_for(self, organisation: str) -> tuple[str, ...]:
        """Providers, as attestations name them, that *organisation* may submit for."""
        return self._speaks_for((organisation,))[organisation]

    def _speaks_for(self, organisations: Collection[str]) -> dict[str, tuple[str, ...]]:
        with self.identity.identities.read() as rows:
            found = rows.several(Organisation, organisations)
        return dict.fromkeys(organisations, ()) | {key: one.speaks_for for key, one in found.items()}

    def _parties(self, bundle: Bundle, admitted: Admitted) -> tuple[str, ...]:
        """Organisations here that the customer list of *bundle* names as having what it attests. Malformed."""
        if bundle.customers is None:
            return ()
        found = customer_list.parse(bundle.customers)
        if not any(one.id is not None for one in found.customers):
            return ()
        return self.known(having(found, {*admitted.releases}))

    def known(self, rows: Sequence[Customer]) -> tuple[str, ...]:
        """Organisations here that *rows* of a customer list name by an identifier."""
        return named_in(self.identity.identities, rows)

    def note(self, caller: Caller, action: str, subject: str, detail: str = "") -> None:
        """Add to the audit trail."""
        with self.identity.identities.change() as rows:
            rows.note(
                Event(
                    at=caller.at,
                    actor=caller.id,
                    organisation=caller.organisation,
                    action=action,
                    subject=subject,
                    detail=detail,
                )
            )
