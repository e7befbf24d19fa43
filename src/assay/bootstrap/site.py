"""What an office has published, ready for the pages."""

from assay.office.log import receipt
from assay.office.office import Office
from assay.office.publish import result_of
from assay.office.validate import load, verdict_of
from assay.register import checkpoint
from assay.trust.root import TrustRoot
from assay.validation.examine import open_attestation
from assay.web.published import Published, result_id


def published(office: Office) -> tuple[Published, ...]:
    """All published results. A trial's pages stay on the provider's machine, so they show artifact names."""
    found = []
    for state in office.ledger.submissions("published"):
        if state.publication is None:
            raise ValueError(f"submission {state.payload} is published without an entry")
        _, verdict = verdict_of(office, state)
        made = receipt(office, state.publication)
        head = checkpoint.open_(made.checkpoint, office.log.public(office.origin)).checkpoint
        names: dict[str, str] = {}
        if office.trial:
            attestation = open_attestation(
                load(office, state), TrustRoot.parse(office.trust), verdict.judged
            ).attestation
            names = {str(artifact.digest): artifact.name for artifact in attestation.artifacts}
        found.append(
            Published(
                id=result_id(state.payload),
                verdict=verdict,
                result=result_of(office, state).encode(),
                receipt=made.encode(),
                origin=office.origin,
                index=made.index,
                size=head.size,
                root=head.root.hex(),
                trial=office.trial,
                artifact_names=names,
            )
        )
    return tuple(found)
