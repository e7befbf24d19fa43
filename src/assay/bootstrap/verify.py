"""``assay verify``: what each file is, and whether it holds, from files alone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import msgspec

from assay.adapters import bundles
from assay.adapters.filesystem import read_whole
from assay.bootstrap import key_histories, now, packages, receipt_forms, trusting
from assay.bootstrap.answer import Answer
from assay.bootstrap.receipt_forms import trusted_log
from assay.bootstrap.results import MAX_RESULT
from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.formats import customers, package, strict_json, svr, times
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.bundle import ENVELOPE, Bundle, compare, read_tar
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.result import VERDICT, read_result
from assay.formats.tlog_policy import MAX_BYTES as MAX_POLICY
from assay.register.leaf import Kind
from assay.register.quorum import Quorum, graded
from assay.register.receipt import FORMAT as RECEIPT
from assay.register.receipt import Receipt
from assay.register.rotation import KeyHistory
from assay.trust.envelope import verify as verify_envelope

TARS = (".tar", ".tar.gz", ".tgz")
BY = {"office": "the office", "officer": "an officer", "two officers": "two officers"}
"""Who determined, in words."""
ABOUT = {Kind.SUBMISSION: ("bundle", "attestation"), Kind.PUBLICATION: ("result",)}


def verify_files(files: Sequence[Path], trust: Path | None, policy: Path | None = None) -> tuple[Answer, ...]:
    """An answer per file; receipts also say which of the other files they record.

    *policy* (c2sp.org/tlog-policy) says which witnesses every receipt needs, instead of what the trust root asks for. A
    receipt that records none of the files of its kind that lie beside it is another file's: it does not hold for these.

    A signature is good that was good when a receipt among the files recorded what it signs: keys end, and results stay.
    """
    quorum = None if policy is None else read_policy(policy)
    maybe = {path: _verify(path, trusting.find(trust, path)) for path in files if key_histories.like(path)}
    # Anything may say that it is a history somewhere inside; what is not one is read again, under the policy.
    known = {path: one for path, one in maybe.items() if one.kind == "key history"}
    told = {one.history.origin: one.history for one in known.values() if one.history is not None}
    answers = [
        known.get(path) or _verify(path, trusting.find(trust, path), quorum, told=told) for path in files
    ]
    moments = {
        digest: one.recorded for one in answers if one.holds and one.recorded for digest in one.records
    }
    answers = [_as_recorded(answer, trusting.find(trust, answer.path), moments) for answer in answers]
    return tuple(_with_recorded(answer, answers) for answer in answers)


def _as_recorded(answer: Answer, trust: trusting.Found, moments: Mapping[Digest, datetime]) -> Answer:
    moment = moments.get(answer.identity) if answer.identity else None
    if answer.holds is not False or moment is None:
        return answer
    then = _verify(answer.path, trust, at=moment)
    if not then.holds:
        return answer
    says = f"{then.says}; as of {times.encode(moment)}, when it was recorded; now {answer.reason}"
    return msgspec.structs.replace(then, says=says)


def _with_recorded(answer: Answer, answers: Sequence[Answer]) -> Answer:
    if not answer.holds or not answer.records:
        return answer
    recorded = [str(other.path) for other in answers if other.identity in answer.records]
    if recorded:
        return msgspec.structs.replace(answer, says=f"{answer.says}; records {', '.join(recorded)}")
    says = f"records {answer.records[0]}, which is none of the files given"
    if any(other.identity and other.kind in answer.of for other in answers):
        return msgspec.structs.replace(answer, holds=False, reason=f"{answer.says}; {says}")
    return msgspec.structs.replace(answer, says=f"{answer.says}; {says}")


def read_policy(path: Path) -> Quorum:
    return Quorum.parse(read_whole(path, limit=MAX_POLICY), what=str(path))


class _Seen(msgspec.Struct):
    """What was understood of a file before it failed."""

    kind: str = "file"
    identity: Digest | None = None


def _verify(
    path: Path,
    trust: trusting.Found,
    quorum: Quorum | None = None,
    at: datetime | None = None,
    told: Mapping[str, KeyHistory] = MappingProxyType({}),
) -> Answer:
    moment = at or now()
    return _answered(path, trust, lambda seen: _file(seen, path, trust, quorum, told, moment))


def _answered(path: Path, trust: trusting.Found, look: Callable[[_Seen], Answer]) -> Answer:
    seen = _Seen()
    try:
        return look(seen)
    except Unavailable as error:
        return Answer(path=path, kind=seen.kind, holds=None, reason=str(error), trust=trust.where)
    except AssayError as error:
        reason = str(error)
        return Answer(
            path=path, kind=seen.kind, holds=False, reason=reason, trust=trust.where, identity=seen.identity
        )


def _file(
    seen: _Seen,
    path: Path,
    trust: trusting.Found,
    quorum: Quorum | None,
    told: Mapping[str, KeyHistory],
    at: datetime,
) -> Answer:
    if path.is_dir():
        seen.kind = "bundle"
        return _bundle(seen, path, bundles.read(path), trust, at)
    if not path.name.endswith(TARS):
        return _document(seen, path, read_whole(path, limit=MAX_RESULT), trust, quorum, told, at)
    data = read_whole(path, limit=bundles.MAX_TAR)
    if not package.like(data):
        seen.kind = "bundle"
        return _bundle(seen, path, read_tar(data, what=str(path)), trust, at)
    seen.kind = "package"
    found = package.read(data, what=str(path))
    seen.identity = found.envelope.identity

    def judge(inside: str, moment: datetime, known: Mapping[str, KeyHistory]) -> Answer:
        where = Path(inside)
        return _answered(
            where,
            trust,
            lambda one: _document(one, where, found.files[inside], trust, quorum, known, moment),
        )

    return packages.answer(path, found, trust, at, told, judge)


def _document(
    seen: _Seen,
    path: Path,
    data: bytes,
    trust: trusting.Found,
    quorum: Quorum | None,
    told: Mapping[str, KeyHistory],
    at: datetime,
) -> Answer:
    if form := receipt_forms.kind(data):
        seen.kind = form
        return _form(path, form, receipt_forms.verify(data, trust.root, quorum, told), trust)
    found = strict_json.load(data, what=str(path), limit=MAX_RESULT)
    if isinstance(found, dict) and found.get("format") == RECEIPT:
        seen.kind = "receipt"
        return _receipt(path, data, trust, quorum, told)
    if isinstance(found, dict) and found.get("format") == key_histories.FORMAT:
        seen.kind = "key history"
        history = key_histories.verified(data, trust.root, what=str(path))
        says = key_histories.said(history)
        return Answer(path=path, kind=seen.kind, holds=True, says=says, trust=trust.where, history=history)
    if isinstance(found, dict) and "payloadType" in found:
        seen.kind = "envelope"
        envelope = Envelope.parse(data, what=str(path), expected=PAYLOAD_TYPE)
        seen.identity = envelope.identity
        return _envelope(path, envelope, trust, at)
    raise Malformed("it is no bundle, package, result or receipt")


def _bundle(seen: _Seen, path: Path, bundle: Bundle, trust: trusting.Found, at: datetime) -> Answer:
    envelope = Envelope.parse(bundle.envelope, what=ENVELOPE, expected=PAYLOAD_TYPE)
    seen.identity = envelope.identity
    attestation = parse_attestation(envelope.payload)
    standing = verify_envelope(
        envelope, trust.root, purpose="provider", provider=attestation.provider.name, at=at
    )
    if not standing.verified:
        raise Untrusted(f"{ENVELOPE}: {standing.reason}")
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


def _envelope(path: Path, envelope: Envelope, trust: trusting.Found, at: datetime) -> Answer:
    payload = strict_json.load(envelope.payload, what="payload", limit=MAX_RESULT)
    if isinstance(payload, dict) and payload.get("predicateType") == svr.PREDICATE_TYPE:
        return _svr(path, envelope, trust, at)
    if not _is_result(payload):
        attestation = parse_attestation(envelope.payload)
        standing = verify_envelope(
            envelope, trust.root, purpose="provider", provider=attestation.provider.name, at=at
        )
        kind, says = "attestation", f"of {attestation.provider.name or 'an unnamed provider'}"
    else:
        found = read_result(envelope.payload)
        verdict = found.verdict
        standing = verify_envelope(envelope, trust.root, purpose="office", provider=verdict.provider, at=at)
        version = verdict.releases[0].version if verdict.releases else ""
        kind, says = "result", f"{verdict.product} {version}: {found.token}"
        if found.determination is not None:
            says += f", determined by {BY[found.determination.by]}; the checks alone came to {verdict.result}"
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


def _svr(path: Path, envelope: Envelope, trust: trusting.Found, at: datetime) -> Answer:
    _, found = svr.parse_svr(envelope.payload)
    standing = verify_envelope(envelope, trust.root, purpose="office", provider="", at=at)
    if not standing.verified:
        raise Untrusted(standing.reason)
    says = f"{len(found.properties)} properties hold; signed by {standing.signer!r}"
    return Answer(path=path, kind="svr", holds=True, says=_trial(says, standing.trial), trust=trust.where)


def _is_result(payload: object) -> bool:
    """Whether the payload embeds a verdict; :func:`read_result` then says whether it is a sound result."""
    match payload:
        case {"predicate": {"declarations": {"evidence": list() as evidence}}}:
            return any(isinstance(item, dict) and item.get("bom-ref") == VERDICT for item in evidence)
    return False


def _receipt(
    path: Path,
    data: bytes,
    trust: trusting.Found,
    quorum: Quorum | None,
    told: Mapping[str, KeyHistory],
) -> Answer:
    receipt = Receipt.parse(data, what=str(path))
    log = trusted_log(trust.root, receipt.origin)
    history = told.get(receipt.origin)
    verified = receipt.verify(log.keys) if history is None else history.verify(receipt)
    head = verified.checkpoint.checkpoint
    grade = graded(verified.checkpoint.note, quorum or log.quorum)
    says = f"entry {verified.index} of {head.size} in {head.origin}, a {verified.entry.kind}; {grade.says}"
    return Answer(
        path=path,
        kind="receipt",
        holds=True,
        says=says,
        trust=trust.where,
        records=verified.entry.digests,
        of=ABOUT.get(verified.entry.kind, ()),
        recorded=verified.entry.time,
        grade=grade.grade,
    )


def _form(path: Path, kind: str, found: receipt_forms.Shown, trust: trusting.Found) -> Answer:
    return Answer(
        path=path,
        kind=kind,
        holds=True,
        says=found.says,
        trust=trust.where,
        records=found.entry.digests if found.entry else (),
        of=ABOUT.get(found.entry.kind, ()) if found.entry else (),
        recorded=found.entry.time if found.entry else None,
        grade=found.grade,
    )


def _trial(says: str, trial: bool) -> str:
    return f"{says}; a trial key, worth nothing elsewhere" if trial else says
