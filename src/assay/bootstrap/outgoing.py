"""What an office needs to tell its subscribers and to take uploads in, by its settings."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import msgspec
from sqlalchemy import Engine

from assay.adapters.guarded_http import GuardedHttp
from assay.adapters.sql.subscriptions import SqlSubscriptions
from assay.adapters.sql.uploads import SqlUploads
from assay.adapters.system import SystemEntropy
from assay.adapters.webhook_client import HttpPost
from assay.bootstrap import clock
from assay.crypto.keys import PrivateKey
from assay.office.deliver import Deliverer
from assay.office.destination import Destinations
from assay.office.mail import Mailer
from assay.office.ports import Blobs, Holdings
from assay.office.subscription import Subscribing
from assay.office.upload import Reception
from assay.office.uploads import UploadLimits
from assay.office.webhook import RETRY, own_keys
from assay.office_config.model import OfficeConfig

OPEN_SHARE = 8
"""Of all that one organisation may keep, what it may have under way at once."""
MAX_OPEN = 1 << 40
"""Bytes that all organisations may have under way."""


def subscribing(config: OfficeConfig, signing: Sequence[PrivateKey], engine: Engine) -> Subscribing:
    """*signing*: the office's own keys. What signs webhooks is derived from the first, and changes with it."""
    master, key = own_keys(signing[0].unsafe_seed())
    delivery = config.delivery
    return Subscribing(
        subscriptions=SqlSubscriptions(engine),
        destinations=Destinations(
            networks=delivery.allow_networks, ports=delivery.allow_ports, http=delivery.allow_http
        ),
        clock=clock(),
        entropy=SystemEntropy(),
        master=master,
        key=key,
    )


def reception(config: OfficeConfig, blobs: Blobs, holdings: Holdings, engine: Engine) -> Reception:
    """*blobs*: where documents are sealed."""
    limits = config.limits
    return Reception(
        uploads=SqlUploads(engine),
        blobs=blobs,
        holdings=holdings,
        clock=clock(),
        entropy=SystemEntropy(),
        limits=UploadLimits(
            upload_bytes=limits.upload_bytes,
            open_uploads=limits.open_uploads,
            open_bytes=max(limits.upload_bytes, limits.provider_bytes // OPEN_SHARE),
            total_bytes=max(limits.provider_bytes, MAX_OPEN),
            hours=limits.upload_hours,
        ),
    )


@contextmanager
def deliverer(config: OfficeConfig, at: Subscribing, mailer: Mailer) -> Iterator[Deliverer]:
    """Over HTTP to where *at* allows."""
    retry = msgspec.structs.replace(RETRY, attempts=config.delivery.attempts)
    with closing(GuardedHttp(at.destinations, timeout_s=float(config.delivery.timeout_seconds))) as client:
        yield Deliverer(at, HttpPost(client), mailer, retry=retry)
