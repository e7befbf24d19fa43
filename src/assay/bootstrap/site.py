"""What an office has published, ready for the pages."""

import msgspec

from assay.errors import Malformed, Unavailable
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.dsse import Envelope
from assay.office.log import receipt
from assay.office.office import Office
from assay.office.ports import Submission
from assay.office.publish import result_of
from assay.office.validate import verdict_of
from assay.register import checkpoint
from assay.web.published import Published, result_id


class Site(msgspec.Struct, frozen=True):
    results: tuple[Published, ...]
    left_out: tuple[str, ...]
    """Results that are published and cannot be shown, each with the reason: a lost document costs its own page."""


def published(office: Office) -> Site:
    """All published results. A trial's pages stay on the provider's machine, so they show artifact names."""
    found: list[Published] = []
    left_out: list[str] = []
    for state in office.ledger.submissions("published"):
        try:
            found.append(_published(office, state))
        except (Unavailable, Malformed) as error:
            left_out.append(f"the result of {state.product} {state.version}, {state.payload}: {error}")
    return Site(tuple(found), tuple(left_out))


def _published(office: Office, state: Submission) -> Published:
    if state.publication is None:
        raise ValueError(f"submission {state.payload} is published without an entry")
    _, verdict = verdict_of(office, state)
    made = receipt(office, state.publication)
    head = checkpoint.open_(made.checkpoint, office.keys).checkpoint
    return Published(
        id=result_id(state.payload),
        verdict=verdict,
        result=result_of(office, state).encode(),
        receipt=made.encode(),
        origin=office.origin,
        index=made.index,
        size=head.size,
        root=head.root.hex(),
        trial=office.trial,
        artifact_names=_names(office, state) if office.trial else {},
    )


def _names(office: Office, state: Submission) -> dict[str, str]:
    envelope = Envelope.parse(office.blobs.get(state.envelope), what="attestation.dsse.json")
    return {str(artifact.digest): artifact.name for artifact in parse_attestation(envelope.payload).artifacts}
