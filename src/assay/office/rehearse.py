"""What an office would find about a bundle that is not submitted: completeness and the automatic verdict. Nothing is recorded or kept."""

import threading
from collections.abc import Collection

import msgspec

from assay.errors import TooOften
from assay.formats.digest import Digest
from assay.office.examining import Examined, Here
from assay.office.holding import check_submission
from assay.office.ports import Holdings
from assay.office.receive import Asked, must_be_admissible
from assay.office.service import Service
from assay.office.validate import inputs_of

AT_ONCE = 2
"""In one process: what was submitted is validated by the same processors."""
WAIT_S = 5.0
_PLACES = threading.BoundedSemaphore(AT_ONCE)


def rehearse(service: Service, asked: Asked, holdings: Holdings | None = None) -> Examined:
    """Raises what :func:`~assay.office.receive.receive` does, but for what may be kept here; TooOften while others rehearse.

    Artifacts that the organisation uploaded before count, as they would.
    """
    must_be_admissible(service, asked)
    admitted = asked.admitted
    if not _PLACES.acquire(blocking=False):
        raise TooOften(f"{AT_ONCE} other bundles are being checked: try again in {WAIT_S:.0f} s", WAIT_S)
    try:
        bundle = asked.bundle
        lacking = [one for one in admitted.named if one not in bundle.artifacts]
        held: Collection[Digest] = ()
        if holdings is not None:
            share = holdings.shares({asked.caller.organisation: lacking})[asked.caller.organisation]
            check_submission(share, bundle, admitted.named)
            held = share.held
        more = {digest: service.office.blobs.get(digest) for digest in sorted(held)}
        whole = msgspec.structs.replace(bundle, artifacts={**bundle.artifacts, **more})
        inputs = inputs_of(service.office, whole, service.office.register.size(), admitted.replaces)
        return (service.examiner or Here(service.office.sigstore)).examine(inputs)
    finally:
        _PLACES.release()
