"""The verdict as a pure function of its inputs: bundle, packs, policy, trust, snapshot, history, time, engine.

This is what an office computes, what ``assay check`` shows beforehand, and what ``assay replay`` computes again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec

from assay.checks.catalogue import CHECKS
from assay.checks.completeness.model import Submission
from assay.checks.completeness.rules import missing
from assay.checks.model import Case, CustomerStanding, Facts, Malicious
from assay.evidence.memory import Memory
from assay.evidence.read import Reading, read
from assay.evidence.statement import SigstoreVerifier
from assay.formats.attestation import Attestation, Release
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.known_exploited import Catalogue
from assay.formats.known_exploited import parse as parse_exploited
from assay.formats.text import shown
from assay.formats.verdict import (
    ClaimVerdict,
    Engine,
    File,
    Input,
    Missing,
    ReleaseRef,
    ResultToken,
    Unchecked,
    VerdictDocument,
)
from assay.packs.model import Pack
from assay.packs.read import parse as parse_pack
from assay.validation.advisories import advisories
from assay.validation.belonging import concerns
from assay.validation.history import History
from assay.validation.judge import Bench, judge
from assay.validation.opened import Opened, customers_of, open_attestation, read_trust
from assay.validation.policy import Policy
from assay.validation.remembered import remembered
from assay.validation.run import MAX_MESSAGE
from assay.validation.snapshot import malicious

MAX_UNREADABLE = 200
"""Artifacts named one by one among what was not checked."""


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a verdict depends on, as bytes that a digest can name."""

    bundle: Bundle
    packs: tuple[tuple[str, bytes], ...]
    """(``pack@edition``, file) in the order they are judged."""
    policy: bytes
    trust: bytes
    history: bytes
    snapshot: bytes | None = None
    """Known-malicious packages; None when the office has no snapshot."""
    exploited: bytes | None = None
    """Catalogue of known exploited vulnerabilities; None when the office has none."""
    now: datetime
    engine: Engine


def examine(
    inputs: Inputs, sigstore: SigstoreVerifier | None, memory: Memory | None = None
) -> VerdictDocument:
    """The same whether there is a *memory* or not, and whatever is in it: it only says what was read before."""
    return _judged(inputs, _open(inputs), sigstore, memory)


def examine_as_asked(
    inputs: Inputs, sigstore: SigstoreVerifier | None, memory: Memory | None = None
) -> tuple[VerdictDocument, Attestation]:
    """As :func:`examine`, by those of the packs that the attestation names, in its order; by all where it names none of them. And
    the attestation."""
    opened = _open(inputs)
    have = dict(inputs.packs)
    asked = tuple((ref, have[ref]) for ref in opened.attestation.packs if ref in have)
    by = msgspec.structs.replace(inputs, packs=asked or inputs.packs)
    return _judged(by, opened, sigstore, memory), opened.attestation


def _open(inputs: Inputs) -> Opened:
    return open_attestation(inputs.bundle, read_trust(inputs.trust), inputs.now)


def reading_of(
    inputs: Inputs, attestation: Attestation, sigstore: SigstoreVerifier | None, memory: Memory | None
) -> Reading:
    """The artifacts that *attestation* names, as far as the bundle has them."""
    return read(
        attestation.artifacts,
        inputs.bundle.artifacts,
        trust=read_trust(inputs.trust),
        at=inputs.now,
        sigstore=sigstore,
        provider=attestation.provider.name,
        memory=memory,
    )


def _judged(
    inputs: Inputs, opened: Opened, sigstore: SigstoreVerifier | None, memory: Memory | None
) -> VerdictDocument:
    policy = _policy(inputs.policy)
    history = History.parse(inputs.history)
    packs = tuple(parse_pack(data, name=ref) for ref, data in inputs.packs)
    attestation = opened.attestation
    customers = customers_of(inputs.bundle)
    reading = reading_of(inputs, attestation, sigstore, memory)
    facts = Facts(
        signature=opened.standing,
        malicious=snapshot_facts(inputs.snapshot),
        exploited=None if inputs.exploited is None else _exploited(inputs.exploited),
        advisories=None
        if inputs.exploited is None or inputs.snapshot is None
        else advisories(inputs.snapshot),
        accepted_builders=policy.accepted_builders,
        customers=customers,
        artifact_uses=history.uses,
    )
    bench = Bench(cases(attestation, reading, facts, inputs.now), CHECKS)
    claims = tuple(row for pack in packs for row in judge(pack, attestation, bench))
    lacking = _lacking(inputs, opened, packs, policy, history, customers)
    return VerdictDocument(
        provider=attestation.provider.name,
        product=attestation.releases[0].name if attestation.releases else "",
        releases=tuple(_release_ref(release) for release in attestation.releases),
        attestation=str(opened.envelope.identity),
        judged=inputs.now,
        complete=not lacking,
        missing=lacking,
        claims=claims,
        result=conclude(lacking, claims),
        reasons=tuple(_reasons(lacking, claims)),
        inputs=tuple(inputs_named(inputs, attestation)),
        engine=inputs.engine,
        checked=tuple(
            dict.fromkeys(answer.check.id for answer in bench.answers() if answer.outcome != "unknown")
        ),
        not_checked=tuple(dict.fromkeys(_not_checked(bench, reading))),
        draft=attestation.draft,
    )


# An office judges by the same few documents all day; reading one takes longer than most checks.


@lru_cache(maxsize=4)
def _policy(data: bytes) -> Policy:
    return Policy.parse(data)


@lru_cache(maxsize=1)
def _snapshot(data: bytes) -> Malicious:
    return malicious(data)


@lru_cache(maxsize=1)
def _exploited(data: bytes) -> Catalogue:
    return parse_exploited(data)


def snapshot_facts(data: bytes | None) -> Malicious | None:
    """The malicious packages known to the office; None where it has no snapshot."""
    return None if data is None else _snapshot(data)


@remembered
def _standing(data: bytes) -> str:
    """The digest of a document that all are judged by."""
    return str(Digest.sha256(data))


def cases(attestation: Attestation, reading: Reading, facts: Facts, now: datetime) -> tuple[Case, ...]:
    """One for each release of *attestation*, with the evidence that is about it."""
    releases = attestation.releases or (Release(name=attestation.provider.name),)
    return tuple(
        Case(
            attestation=attestation,
            release=release,
            now=now,
            exhibits=tuple(
                exhibit
                for artifact, exhibit in reading.exhibits
                if concerns(release, others, artifact, exhibit.value)
            ),
            unreadable=tuple(
                item for artifact, item in reading.unreadable if concerns(release, others, artifact)
            ),
            facts=facts,
        )
        for release, others in _each(releases)
    )


def _each(releases: Sequence[Release]) -> Iterator[tuple[Release, tuple[Release, ...]]]:
    """Each release, with the others of its attestation."""
    for at, release in enumerate(releases):
        yield release, (*releases[:at], *releases[at + 1 :])


def _lacking(
    inputs: Inputs,
    opened: Opened,
    packs: Sequence[Pack],
    policy: Policy,
    history: History,
    customers: CustomerStanding | None,
) -> tuple[Missing, ...]:
    submission = Submission(
        attestation=opened.attestation,
        signature=opened.standing,
        present=frozenset(inputs.bundle.artifacts),
        customers=customers,
        payload=opened.envelope.identity,
        accepted=frozenset(Digest.parse(text) for text in history.payloads),
        must_answer=tuple(ref for pack in packs for ref in pack.must_answer),
        known=frozenset(ref for pack in packs for ref in pack.claimable),
        in_scope_from=policy.in_scope_from,
        now=inputs.now,
    )
    return tuple(Missing(item.rule, item.reason, item.remedy) for item in missing(submission))


def conclude(lacking: Sequence[Missing], claims: Sequence[ClaimVerdict]) -> ResultToken:
    """The result of an attestation: of what completeness lacks, and of the claimed rows."""
    claimed = [row for row in claims if row.claimed]
    if lacking:
        return "incomplete"
    if any(row.verdict == "not_satisfied" for row in claimed):
        return "contradicted"
    decided = [row for row in claimed if row.verdict != "not_applicable"]
    if not decided or any(row.verdict == "unknown" for row in decided):
        return "insufficient_evidence"
    return "validated_with_findings" if any(_has_findings(row) for row in decided) else "validated"


def _has_findings(row: ClaimVerdict) -> bool:
    return row.basis == "statement" or any(finding.outcome == "not_satisfied" for finding in row.findings)


def _reasons(lacking: Sequence[Missing], claims: Sequence[ClaimVerdict]) -> list[str]:
    claimed = [row for row in claims if row.claimed]
    lines = [f"{item.rule}: {item.reason}" for item in lacking]
    lines += [f"{row.requirement}: {row.reason}" for row in claimed if row.verdict == "not_satisfied"]
    lines += [f"{row.requirement}: {row.reason}" for row in claimed if row.verdict == "unknown"]
    if not claimed:
        lines.append("nothing is claimed, so nothing can be validated")
    return lines


def _release_ref(release: Release) -> ReleaseRef:
    files = tuple(File(file.filename, str(file.digest)) for file in release.files)
    return ReleaseRef(release.name, release.version, release.purl, files)


def inputs_named(inputs: Inputs, attestation: Attestation) -> list[Input]:
    """Inputs by name and digest. Packs, policy and trust are public; what the provider handed in is not."""
    bundle = inputs.bundle
    named = [("attestation.dsse.json", bundle.envelope, False)]
    if bundle.customers is not None:
        named.append(("customers.json", bundle.customers, False))
    named += [(f"pack:{ref}", data, True) for ref, data in inputs.packs]
    named += [
        ("policy", inputs.policy, True),
        ("trust", inputs.trust, True),
        ("history", inputs.history, False),
    ]
    if inputs.snapshot is not None:
        named.append(("malicious-packages", inputs.snapshot, True))
    if inputs.exploited is not None:
        named.append(("known-exploited", inputs.exploited, True))
    found = [
        Input(name, _standing(data) if public else str(Digest.sha256(data)), public)
        for name, data, public in named
    ]
    found += [
        Input(f"artifact:{artifact.digest.value}", str(artifact.digest), False)
        for artifact in attestation.artifacts
        if artifact.digest in bundle.artifacts
    ]
    return list({item.name: item for item in found}.values())


def _not_checked(bench: Bench, reading: Reading) -> list[Unchecked]:
    rows = [
        Unchecked(answer.check.title, next(f.message for f in answer.findings if f.outcome == "unknown"))
        for answer in bench.answers()
        if answer.outcome == "unknown" and answer.findings
    ]
    rows += [
        Unchecked(f"{item.kind} {shown(item.source.name)}", shown(item.reason, MAX_MESSAGE))
        for _, item in reading.unreadable[:MAX_UNREADABLE]
    ]
    if (more := len(reading.unreadable) - MAX_UNREADABLE) > 0:
        rows.append(Unchecked(f"{more} more artifacts", "they could not be read either"))
    return rows
