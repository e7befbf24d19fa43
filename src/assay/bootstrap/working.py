"""The worker of a server: every kind of work that an office has, and its handler, in one table."""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from msgspec.structs import replace

from assay.adapters.gathered import WAIT_S, GatheredRegister
from assay.adapters.grouped_blobs import GroupedBlobs
from assay.adapters.home import Home
from assay.adapters.mail.folder import FolderMailer
from assay.adapters.mail.smtp import Server, SmtpMailer
from assay.bootstrap import clock, erasing, stores
from assay.bootstrap.outgoing import deliverer
from assay.errors import Unavailable
from assay.office import access, announce, revalidate, tell_access
from assay.office.access import ACCESS_OVER
from assay.office.deliver import DELIVER
from assay.office.identity.housekeeping import sweep
from assay.office.life import HANDLERS
from assay.office.life import Handler as Step
from assay.office.mail import Mailer
from assay.office.ready import Look
from assay.office.sending import MAIL, Post, mail, spread
from assay.office.service import NOTIFY, Service
from assay.office.tell_access import MAIL_ACCESS, TELL_ACCESS
from assay.office.upload import sweep as sweep_uploads
from assay.office.work import Claimed, Handler, Outcome, Schedule
from assay.office_config.model import OfficeConfig
from assay.office_config.read import read_secret
from assay.web.api.desk import Desk
from assay.worker.loop import Settings, Watch, Worker

SWEEP, CATALOGUE = "sweep", "catalogue"
SCHEDULES = (Schedule(SWEEP, 3600), Schedule(CATALOGUE, 60), revalidate.SCHEDULE, erasing.DAILY)
REMEMBERED = timedelta(days=400)
"""For which work that is done is not done again under the same key."""
PORTS = {"smtp": 587, "smtps": 465}
KINDS = (
    *HANDLERS, NOTIFY, MAIL, DELIVER, TELL_ACCESS, MAIL_ACCESS, ACCESS_OVER, SWEEP, CATALOGUE, revalidate.SIGNERS, erasing.RETENTION,
)  # fmt: skip
"""Of all work that :func:`handlers` does."""
SENDING = frozenset({MAIL, MAIL_ACCESS, DELIVER})
"""What waits for other people's servers, in threads of its own."""
SENDERS = 6
TOGETHER = 15
YIELD_S = 3.0
"""For so long each of them gives way to submissions that come: five a second are validated under load without end."""


def handlers(desk: Desk, post: Post, deliver: Handler | None = None) -> Mapping[str, Handler]:
    """By kind of work. Without *deliver*, deliveries wait."""

    def stepping(step: Step) -> Handler:
        def handle(claimed: Claimed) -> Outcome:
            step(desk.service, claimed.due)
            return None

        return handle

    def notify(claimed: Claimed) -> Outcome:
        spread(desk.service, post, claimed.due)
        announce.tell(desk.service, desk.subscribing, desk.inventories, post.url, claimed.due)
        return None

    def send(claimed: Claimed) -> Outcome:
        return mail(desk.service, post, claimed)

    def tell(claimed: Claimed) -> Outcome:
        tell_access.tell(desk.service, desk.accesses, desk.subscribing, post, claimed.due)
        return None

    def send_access(claimed: Claimed) -> Outcome:
        return tell_access.mail(desk.service, desk.accesses, post, claimed)

    def over(claimed: Claimed) -> Outcome:
        access.over(desk.service, desk.accesses, claimed.due)
        return None

    def keys(_: Claimed) -> Outcome:
        revalidate.signers_ended(desk.service, desk.identity)
        return None

    looked = [revalidate.from_files(desk.service)]  # `look_around` was called for them at the start

    def catalogue(_: Claimed) -> Outcome:
        for look in desk.reread:
            look()
        service = desk.service
        if revalidate.from_files(service) != looked[0]:
            revalidate.look_around(service)
            looked[0] = revalidate.from_files(service)
        return None

    def clean(_: Claimed) -> Outcome:
        sweep(desk.identity)
        sweep_uploads(desk.reception)
        desk.service.work.forget(desk.service.now() - REMEMBERED)
        return None

    return {
        **{kind: stepping(step) for kind, step in HANDLERS.items()},
        NOTIFY: notify,
        MAIL: send,
        TELL_ACCESS: tell,
        MAIL_ACCESS: send_access,
        ACCESS_OVER: over,
        SWEEP: clean,
        CATALOGUE: catalogue,
        revalidate.SIGNERS: keys,
        **({DELIVER: deliver} if deliver else {}),
    }


@contextmanager
def working(desk: Desk, config: OfficeConfig, watch: Watch) -> Iterator[tuple[Worker, ...]]:
    """Workers in threads of their own, as long as the context lasts; none where the settings say 0 processes.

    *watch* hears how each attempt ended.
    """
    if not config.work.processes:
        yield ()
        return
    name, mail_by = secrets.token_hex(4), mailer(config)
    with ExitStack() as stack:
        deliver = stack.enter_context(deliverer(config, desk.subscribing, mail_by))
        post = Post(identity=desk.identity, mailer=mail_by, url=desk.url)
        retain: Handler = lambda _: erasing.retain(config, desk)  # noqa: E731
        held: list[Worker] = []
        company = lambda: min(threads(config), sum(one.busy() for one in held))  # noqa: E731
        table = {**handlers(_gathering(desk, company), post, deliver), erasing.RETENTION: retain}
        lease_s = config.work.lease_seconds
        worker = Worker(
            desk.service.work,
            {kind: one for kind, one in table.items() if kind not in SENDING},
            clock(),
            name=f"worker-{name}",
            settings=_settings(config),
            schedules=SCHEDULES,
            watch=watch,
            gives_way=lambda: desk.door.busy,
        )
        sender = Worker(
            desk.service.work,
            {kind: table[kind] for kind in SENDING},
            clock(),
            name=f"sender-{name}",
            settings=Settings(threads=SENDERS, ahead=2, lease_s=lease_s, idle_s=0.5),
            watch=watch,
        )
        held.append(worker)
        for one in (worker, sender):
            stack.enter_context(_running(one))
        stack.enter_context(_listening(config, (worker, sender)))
        yield (worker, sender)


def _gathering(desk: Desk, company: Callable[[], int]) -> Desk:
    """*desk* for work that nobody waits for."""
    office = desk.service.office
    register = GatheredRegister(office.register, company)
    together = isinstance(office.blobs, GroupedBlobs)  # to a bucket, each goes by itself
    blobs = GroupedBlobs(office.blobs, company, WAIT_S) if together else office.blobs

    def live() -> Service:
        one = desk.live()
        return replace(one, office=replace(one.office, register=register, blobs=blobs), sealed=blobs)

    return replace(desk, live=live)


def look(workers: tuple[Worker, ...]) -> Look:
    """That they look for work, and can; fine where the settings want none here."""

    def all_run() -> None:
        for one in workers:
            if not one.runs or one.trouble:
                raise Unavailable(one.trouble or "a worker does not run")

    return Look("worker", "due work is not done", all_run)


def threads(config: OfficeConfig) -> int:
    """More than there are processes: what they have judged is recorded together, as much of it as there is."""
    return config.work.processes + TOGETHER


def _settings(config: OfficeConfig) -> Settings:
    count = threads(config)
    ahead = max(1, config.work.batch_rows // count)
    return Settings(
        threads=count, ahead=ahead, lease_s=config.work.lease_seconds, idle_s=0.2, yield_s=YIELD_S
    )


@contextmanager
def _running(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(30)


@contextmanager
def _listening(config: OfficeConfig, workers: tuple[Worker, ...]) -> Iterator[None]:
    """On PostgreSQL they hear of work that another process put."""
    if not config.database.url:
        yield
        return
    from assay.adapters.sql.due_ear import Ear  # noqa: PLC0415 - its driver belongs to the extra "server"

    def ring() -> None:
        for one in workers:
            one.ring()

    with closing(Ear(stores.database_url(config), ring)):
        yield


def mailer(config: OfficeConfig) -> Mailer:
    """By the settings; without a server mail is written into a folder, for a person or a program to send."""
    if not config.mail.url:
        sender = config.mail.sender or "office@office.invalid"
        return FolderMailer(Home(config.data).office / "mail", sender, clock(), name=config.name)
    parts = urlsplit(config.mail.url)
    server = Server(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        tls="implicit" if parts.scheme == "smtps" else "starttls",
        user=parts.username or "",
        password=read_secret(config.mail.password_file) if config.mail.password_file else "",
    )
    return SmtpMailer(server, config.mail.sender, clock(), name=config.name)
