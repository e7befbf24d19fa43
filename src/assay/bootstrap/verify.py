"""``assay verify``: what each file is, and whether it holds, from files alone."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from assay.adapters import bundles
from assay.adapters.filesystem import read_whole
from assay.bootstrap import now, trusting
from assay.bootstrap.results import MAX_RESULT
from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.formats import customers, strict_json, svr
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.bundle import Bundle, compare
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.result import VERDICT, parse_result
from assay.register.identity import LogKeys
from assay.register.receipt import FORMAT as RECEIPT
from assay.register.receipt import Receipt
from assay.trust.envelope import verify as verify_envelope
from assay.trust.root import TrustRoot


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    kind: str
    holds: bool | None
    """None: could not tell."""
    says: str = ""
    reason: str = ""
    trust: str = ""
    identity: Digest | None = None
    """Payload digest of a bundle or result."""
    records: tuple[Digest, ...] = ()
    """Documents that a receipt's entry names."""


def verify_files(files: Sequence[Path], trust: Path | None) -> tuple[Answer, ...]:
    """An answer per file; receipts also say which of the other files they record."""
    answers = [_verify(path, trusting.find(trust, path)) for path in files]
    by_digest = {answer.identity: answer.path for answer in answers if answer.identity}
    return tuple(_with_recorded(answer, by_digest) for answer in answers)


def _with_recorded(answer: Answer, by_digest: dict[Digest, Path]) -> Answer:
    recorded = [str(by_digest[digest]) for digest in answer.records if digest in by_digest]
    if not answer.holds or not answer.records:
        return answer
    what = (
        f"records {', '.join(recorded)}"
        if recorded
        else f"records {answer.records[0]}, which is none of the files given"
    )
    return msgspec.structs.replace(answer, says=f"{answer.says}; {what}")


def _verify(path: Path, trust: trusting.Found) -> Answer:
    kind = "file"
    try:
        if path.is_dir() or path.name.endswith((".tar", ".tar.gz", ".tgz")):
            kind = "bundle"
            return _bundle(path, bundles.read(path), trust)
        data = read_whole(path, limit=MAX_RESULT)
        found = strict_json.load(data, what=str(path), limit=MAX_RESULT)
        if isinstance(found, dict) and found.get("format") == RECEIPT:
            kind = "receipt"
            return _receipt(path, data, trust)
        if isinstance(found, dict) and "payloadType" in found:
            kind = "envelope"
            return _envelope(path, Envelope.parse(data, what=str(path)), trust)
        raise Malformed("it is no bundle, result or receipt")
    except Unavailable as error:
        return Answer(path=path, kind=kind, holds=None, reason=str(error), trust=trust.where)
    except AssayError as error:
        return Answer(path=path, kind=kind, holds=False, reason=str(error), trust=trust.where)


def _bundle(path: Path, bundle: Bundle, trust: trusting.Found) -> Answer:
    envelope = Envelope.parse(bundle.envelope, what="attestation.dsse.json")
    attestation = parse_attestation(envelope.payload)
    standing = verify_envelope(
        envelope, trust.root, purpose="provider", provider=attestation.provider.name, at=now()
    )
    if not standing.verified:
        raise Untrusted(f"attestation.dsse.json: {standing.reason}")
    missing = compare(bundle, attestation)
    if missing:
        raise Malformed(str(missing[0]))
    _customers(bundle, attestation.customers)
    says = f"signed by {standing.signer!r} with {' and '.join(standing.algorithms)}; {len(bundle.artifacts)} artifacts match their digests"
    return Answer(
        path=path,
        kind="bundle",
        holds=True,
        says=_trial(says, standing.trial),
        trust=trust.where,
        identity=envelope.identity,
    )


def _customers(bundle: Bundle, committed: Digest | None) -> None:
    found = customers.commitment(customers.parse(bundle.customers)) if bundle.customers is not None else None
    if found != committed:
        raise Malformed(
            f"customers.json has the commitment {found}, expected {committed} as the attestation says"
        )


def _envelope(path: Path, envelope: Envelope, trust: trusting.Found) -> Answer:
    if svr.PREDICATE_TYPE.encode() in envelope.payload:
        return _svr(path, envelope, trust)
    if not _is_result(envelope.payload):
        attestation = parse_attestation(envelope.payload)
        standing = verify_envelope(
            envelope, trust.root, purpose="provider", provider=attestation.provider.name, at=now()
        )
        kind, says = "attestation", f"of {attestation.provider.name or 'an unnamed provider'}"
    else:
        verdict, _ = parse_result(envelope.payload)
        standing = verify_envelope(
            envelope, trust.root, purpose="office", provider=verdict.provider, at=now()
        )
        kind, says = (
            "result",
            f"{verdict.product} {verdict.releases[0].version if verdict.releases else ''}: {verdict.result}",
        )
    if not standing.verified:
        raise Untrusted(standing.reason)
    says = f"{says}; signed by {standing.signer!r} with {' and '.join(standing.algorithms)}"
    return Answer(
        path=path,
        kind=kind,
        holds=True,
        says=_trial(says, standing.trial),
        trust=trust.where,
        identity=envelope.identity,
    )


def _svr(path: Path, envelope: Envelope, trust: trusting.Found) -> Answer:
    _, found = svr.parse_svr(envelope.payload)
    standing = verify_envelope(envelope, trust.root, purpose="office", provider="", at=now())
    if not standing.verified:
        raise Untrusted(standing.reason)
    says = f"{len(found.properties)} properties hold; signed by {standing.signer!r}"
    return Answer(path=path, kind="svr", holds=True, says=_trial(says, standing.trial), trust=trust.where)


def _is_result(payload: bytes) -> bool:
    """Whether the payload embeds a verdict; :func:`parse_result` then says whether it is a sound result."""
    match strict_json.load(payload, what="payload", limit=MAX_RESULT):
        case {"predicate": {"declarations": {"evidence": list() as evidence}}}:
            return any(isinstance(item, dict) and item.get("bom-ref") == VERDICT for item in evidence)
    return False


def _receipt(path: Path, data: bytes, trust: trusting.Found) -> Answer:
    receipt = Receipt.parse(data, what=str(path))
    verified = receipt.verify(_log_keys(trust.root, receipt.origin))
    head = verified.checkpoint.checkpoint
    says = f"entry {verified.index} of {head.size} in {head.origin}, a {verified.entry.kind}; grade logged"
    return Answer(
        path=path, kind="receipt", holds=True, says=says, trust=trust.where, records=verified.entry.digests
    )


def _log_keys(root: TrustRoot, origin: str) -> LogKeys:
    log = root.log(origin)
    if log is None:
        raise Untrusted(f"register {origin!r} is not among those trusted")
    return LogKeys.from_vkeys(log.origin, log.vkeys)


def _trial(says: str, trial: bool) -> str:
    return f"{says}; a trial key, worth nothing elsewhere" if trial else says
