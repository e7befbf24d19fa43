"""Results and verdicts on disk."""

from pathlib import Path

from assay.adapters.filesystem import read_whole
from assay.errors import Malformed
from assay.formats import rederivation, strict_json, verdict
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.canonical_json import canonical
from assay.formats.dsse import Envelope
from assay.formats.rederivation import Rederivation
from assay.formats.result import parse_result
from assay.formats.verdict import VerdictDocument

MAX_RESULT = 128 * 1024 * 1024


def read_verdict(path: Path) -> VerdictDocument:
    """The verdict in a signed result, or in a ``verdict.json`` of any layout. No signature is looked at."""
    data = read_whole(path, limit=MAX_RESULT)
    found = strict_json.load(data, what=str(path), limit=MAX_RESULT)
    if isinstance(found, dict) and "payloadType" in found:
        return parse_result(Envelope.parse(data, what=str(path)).payload)[0]
    if isinstance(found, dict) and found.get("schema") == verdict.SCHEMA:
        return verdict.parse(canonical(found))
    raise Malformed(f"{path} is neither a signed result nor a verdict")


def read_rederivation(path: Path) -> Rederivation | None:
    """What was derived again, of any layout; None for anything else."""
    found = strict_json.load(read_whole(path, limit=MAX_RESULT), what=str(path), limit=MAX_RESULT)
    if isinstance(found, dict) and found.get("format") == rederivation.FORMAT:
        return rederivation.parse(canonical(found))
    return None


def names_beside(path: Path) -> dict[str, str]:
    """Artifact names by digest, from the bundle that lies beside *path*; empty without one."""
    envelope = path.parent / "bundle" / "attestation.dsse.json"
    if not envelope.is_file():
        return {}

    attestation = parse_attestation(
        Envelope.parse(read_whole(envelope, limit=MAX_RESULT), unsigned=True).payload
    )
    return {str(artifact.digest): artifact.name for artifact in attestation.artifacts}
