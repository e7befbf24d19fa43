"""The worker of a server: every kind of work that an office has, and its handler, in one table."""

import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from assay.adapters.home import Home
from assay.adapters.mail.folder import FolderMailer
from assay.adapters.mail.smtp import Server, SmtpMailer
from assay.bootstrap import clock
from assay.office.identity.housekeeping import sweep
from assay.office.life import HANDLERS
from assay.office.life import Handler as Step
from assay.office.mail import Mailer
from assay.office.sending import MAIL, Post, mail, spread
from assay.office.service import NOTIFY
from assay.office.work import Claimed, Handler, Outcome, Schedule
from assay.office_config.model import OfficeConfig
from assay.office_config.read import read_secret
from assay.web.api.desk import Desk
from assay.worker.loop import Settings, Watch, Worker

SWEEP = "sweep"
SCHEDULES = (Schedule(SWEEP, 3600),)
PORTS = {"smtp": 587, "smtps": 465}
KINDS = (*HANDLERS, NOTIFY, MAIL, SWEEP)
"""Of all work that :func:`handlers` does."""


def handlers(desk: Desk, post: Post) -> Mapping[str, Handler]:
    """By kind of work."""

    def stepping(step: Step) -> Handler:
        def handle(claimed: Claimed) -> Outcome:
            step(desk.service, claimed.due)
            return None

        return handle

    def notify(claimed: Claimed) -> Outcome:
        spread(desk.service, post, claimed.due)
        return None

    def send(claimed: Claimed) -> Outcome:
        return mail(desk.service, post, claimed)

    def clean(_: Claimed) -> Outcome:
        sweep(desk.identity)
        return None

    return {
        **{kind: stepping(step) for kind, step in HANDLERS.items()},
        NOTIFY: notify,
        MAIL: send,
        SWEEP: clean,
    }


@contextmanager
def working(desk: Desk, config: OfficeConfig, watch: Watch) -> Iterator[Worker | None]:
    """A worker in a thread of its own, as long as the context lasts; none where the settings say 0 processes.

    *watch* hears how each attempt ended.
    """
    if not config.work.processes:
        yield None
        return

    worker = Worker(
        desk.service.work,
        handlers(desk, Post(identity=desk.identity, mailer=mailer(config), url=desk.url)),
        clock(),
        name=f"worker-{secrets.token_hex(4)}",
        settings=Settings(
            threads=2,
            ahead=max(1, config.work.batch_rows // 2),
            lease_s=config.work.lease_seconds,
            idle_s=0.2,
        ),
        schedules=SCHEDULES,
        watch=watch,
    )
    thread = threading.Thread(target=worker.run, name="worker", daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(30)


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
