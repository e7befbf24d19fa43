"""``assay verify`` of a package: who signed its manifest, every file's digest, and every receipt and result inside."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from assay.bootstrap import receipt_forms, trusting
from assay.bootstrap.answer import Answer
from assay.errors import Malformed, Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.formats.package import SIGNED, FileKind, Package
from assay.register.rotation import KeyHistory
from assay.trust.envelope import verify

RECEIPTS = ("receipt", receipt_forms.TLOG_PROOF, receipt_forms.STATEMENT)
Judge = Callable[[str, datetime, Mapping[str, KeyHistory]], Answer]
"""The answer to a file inside, by its path, at a moment, with key histories by origin."""


def answer(
    path: Path,
    package: Package,
    trust: trusting.Found,
    at: datetime,
    told: Mapping[str, KeyHistory],
    judge: Judge,
) -> Answer:
    """Of a package whose files are as its manifest says.

    Untrusted or Unavailable, naming the file, where the manifest's signature, a receipt, a key history or a result does not
    hold; Malformed for a receipt of a document that the package neither has nor withholds. The attestation's own signature is
    told and does not count: whoever gets a referral need not know the provider.
    """
    manifest = package.manifest
    standing = verify(package.envelope, trust.root, purpose="office", provider=manifest.provider, at=at)
    if not standing.verified:
        raise Untrusted(f"{SIGNED}: {standing.reason}")
    known = dict(told)
    for name in _of(package, "key-history"):
        history = _holding(judge(name, at, told), "key history").history
        if history is not None:
            known[history.origin] = history
    receipts = [_holding(judge(name, at, known), *RECEIPTS) for name in _of(package, "receipt")]
    _require_about(package, receipts)
    moments = {digest: one.recorded for one in receipts if one.recorded for digest in one.records}
    for name in _of(package, "result"):
        _result(judge, name, at, moments)
    said = [f"a {manifest.purpose} package of {manifest.office} about {_name(package)}"]
    said.append(f"signed by {standing.signer!r} with {' and '.join(standing.algorithms)}")
    said.append(f"{len(package.files)} files match their digests, {len(receipts)} receipts hold")
    if manifest.withheld:
        said.append(f"{len(manifest.withheld)} documents are withheld")
    said += [
        f"{name}: {one.reason}"
        for name in _of(package, "attestation")
        if not (one := judge(name, at, known)).holds
    ]
    if standing.trial:
        said.append("a trial key, worth nothing elsewhere")
    return Answer(
        path=path,
        kind="package",
        holds=True,
        says="; ".join(said),
        trust=trust.where,
        identity=package.envelope.identity,
    )


def _of(package: Package, kind: FileKind) -> tuple[str, ...]:
    return tuple(file.path for file in package.manifest.files if file.kind == kind)


def _name(package: Package) -> str:
    one = package.manifest
    return " ".join(part for part in (one.product or one.provider, one.version) if part)


def _holding(one: Answer, *kinds: str) -> Answer:
    if one.holds is None:
        raise Unavailable(f"{one.path}: {one.reason}")
    if not one.holds:
        raise Untrusted(f"{one.path}: {one.reason}")
    if one.kind not in kinds:
        raise Malformed(f"{one.path} is a {one.kind}, expected a {kinds[0]} as the manifest says")
    return one


def _require_about(package: Package, receipts: list[Answer]) -> None:
    named = package.named()
    for one in receipts:
        if one.records and not named & set(one.records):
            raise Malformed(
                f"{one.path} records {one.records[0]}, which the package neither has nor says that it withholds"
            )


def _result(judge: Judge, name: str, at: datetime, moments: Mapping[Digest, datetime]) -> None:
    """A result holds now, or held when a receipt of the package says that it was recorded."""
    found = judge(name, at, {})
    moment = moments.get(found.identity) if found.identity else None
    if not found.holds and moment is not None:
        found = judge(name, moment, {})
    _holding(found, "result")
