"""in-toto statements: what someone says, under signature, about digests."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.evidence.model import UNSIGNED, Signature, Standing
from assay.formats import intoto, pep740, sigstore_bundle, slsa, strict_json, test_result
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.intoto import Resource
from assay.formats.sigstore_bundle import SigstoreBundle
from assay.formats.slsa import Provenance
from assay.formats.test_result import TestResult
from assay.formats.text import shown
from assay.trust.envelope import vouches
from assay.trust.root import Identity, Purpose, Sigstore, TrustRoot

__all__ = [
    "OtherPredicate",
    "Provenance",
    "Resource",
    "SignedStatement",
    "SigstoreAnswer",
    "SigstoreVerifier",
    "Statement",
    "TestResult",
    "read",
    "signature_of",
]

MAX_BYTES = 64 * 1024 * 1024
MAX_STATEMENTS = 1_000
PURPOSES: tuple[Purpose, ...] = ("ci", "provider")
"""Whose statements count as evidence."""


class OtherPredicate(msgspec.Struct, frozen=True):
    """A predicate Assay does not interpret; its digests still count as named."""

    resources: tuple[Resource, ...] = ()


class Statement(msgspec.Struct, frozen=True):
    predicate_type: str
    """Empty for a bare signature over a file (a Sigstore messageSignature): it says no more than "this one"."""
    subjects: tuple[Resource, ...]
    predicate: Provenance | TestResult | OtherPredicate

    def names(self, digest: Digest) -> bool:
        """Whether *digest* stands among the subjects or any resource of the predicate."""
        return any(digest in resource.digests for resource in self.resources())

    def resources(self) -> tuple[Resource, ...]:
        match self.predicate:
            case Provenance(materials=materials, byproducts=byproducts, source_digests=source):
                return (*self.subjects, *materials, *byproducts, Resource(digests=source))
            case TestResult(configuration=configuration):
                return (*self.subjects, *configuration)
            case OtherPredicate(resources=resources):
                return (*self.subjects, *resources)


class SignedStatement(msgspec.Struct, frozen=True):
    """A statement with what is needed to verify it."""

    statement: Statement
    form: Literal["dsse", "sigstore", "pep740", "unsigned"]
    envelope: Envelope | None = None
    """What a key of the trust root may have signed."""
    bundle: SigstoreBundle | None = None
    """What a Sigstore certificate signed."""


class SigstoreAnswer(msgspec.Struct, frozen=True):
    """What verifying a bundle gave. Only ``verified`` says anything in its favour, only ``invalid`` anything against."""

    standing: Literal["verified", "unknown_signer", "invalid", "unchecked"]
    """``invalid``: the bundle contradicts itself (its signature is not of its payload), whatever the trusted root."""
    identity: str = ""
    issuer: str = ""
    reason: str = ""


class SigstoreVerifier(Protocol):
    """Verifies bundles offline. No answer may need a network, and none may change without its arguments."""

    def verify(
        self, bundle: SigstoreBundle, instance: Sigstore, identities: tuple[Identity, ...]
    ) -> SigstoreAnswer:
        """Whether *bundle* verifies under *instance*'s trusted root and is by one of *identities* (empty: by none).

        Raises nothing: what could not be done is ``unchecked`` with the reason.
        """


def read(data: bytes, *, name: str) -> tuple[SignedStatement, ...]:
    """Every statement in a file, at least one.

    A file is one of these, or JSON lines or a JSON array of them: a DSSE envelope, a Sigstore bundle, a PEP 740
    attestation or provenance object, an ``attestations`` listing of bundles (npm, GitHub), an in-toto statement by itself.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{name} has {len(data)} bytes, over the limit of {MAX_BYTES}")
    found: list[SignedStatement] = []
    for value, what in _values(data, name):
        for signed in _statements(value, what):
            if len(found) == MAX_STATEMENTS:
                raise TooLarge(f"{name} carries over {MAX_STATEMENTS} statements")
            found.append(signed)
    if not found:
        raise Malformed(f"{name} carries no statement")
    return tuple(found)


def signature_of(
    signed: SignedStatement,
    root: TrustRoot,
    at: datetime,
    sigstore: SigstoreVerifier | None,
    *,
    provider: str = "",
) -> Signature:
    """What *root* says of the signature at that moment. With *provider*, a signer that lists providers must list it."""
    if signed.bundle is not None:
        return _by_certificate(signed.bundle, root, sigstore)
    if signed.envelope is not None:
        voucher = vouches(signed.envelope, root, at=at, purposes=PURPOSES, provider=provider)
        return Signature(Standing(voucher.standing), voucher.signers, voucher.reason)
    return UNSIGNED


def _values(data: bytes, name: str) -> Iterator[tuple[Any, str]]:
    lines = [line for line in data.split(b"\n") if line.strip()]
    if len(lines) > 1 and all(line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines):
        if len(lines) > MAX_STATEMENTS:
            raise TooLarge(f"{name} has {len(lines)} lines, over {MAX_STATEMENTS}")
        for number, line in enumerate(lines, 1):
            what = f"{name}: line {number}"
            yield strict_json.load(line, what=what, limit=MAX_BYTES), what
        return
    value = strict_json.load(data, what=name, limit=MAX_BYTES)
    if isinstance(value, list):
        yield from ((one, f"{name}: [{at}]") for at, one in enumerate(value))
    else:
        yield value, name


def _statements(value: Any, what: str) -> Iterator[SignedStatement]:
    if pep740.is_provenance(value):
        for published in pep740.provenance(value, what=what):
            for attestation in published.attestations:
                yield _of_pep740(attestation, what)
        return
    match value:
        case {"attestations": [*listed]}:
            for at, one in enumerate(listed):
                where = f"{what}: attestations[{at}]"
                if not isinstance(one, dict) or "bundle" not in one:
                    raise Malformed(f"{where} has no Sigstore bundle")
                yield _statement(one["bundle"], where)
        case _:
            yield _statement(value, what)


def _statement(value: Any, what: str) -> SignedStatement:
    if sigstore_bundle.recognises(value):
        return _of_bundle(sigstore_bundle.of(value, what=what), "sigstore", what)
    if pep740.is_attestation(value):
        return _of_pep740(pep740.of(value, what=what), what)
    match value:
        case {"payloadType": _, "signatures": _}:
            envelope = Envelope.parse(strict_json.encode(value), what=what)
            return SignedStatement(_of_envelope(envelope, what), "dsse", envelope=envelope)
        case {"_type": _}:
            return SignedStatement(_of_payload(strict_json.encode(value), what), "unsigned")
    raise Malformed(
        f"{what} is neither a DSSE envelope, a Sigstore bundle, a PEP 740 attestation nor an in-toto statement"
    )


def _of_pep740(attestation: pep740.Attestation, what: str) -> SignedStatement:
    return _of_bundle(sigstore_bundle.of(pep740.to_bundle(attestation), what=what), "pep740", what)


def _of_bundle(bundle: SigstoreBundle, form: Literal["sigstore", "pep740"], what: str) -> SignedStatement:
    if isinstance(bundle.content, Envelope):
        statement = _of_envelope(bundle.content, what)
        if not bundle.certificate:
            return SignedStatement(statement, form, envelope=bundle.content)
        return SignedStatement(statement, form, bundle=bundle)
    subject = Resource(digests=(bundle.content.digest,))
    return SignedStatement(Statement("", (subject,), OtherPredicate()), form, bundle=bundle)


def _of_envelope(envelope: Envelope, what: str) -> Statement:
    if envelope.payload_type != intoto.PAYLOAD_TYPE:
        found = shown(envelope.payload_type, 80)
        raise Unsupported(f"{what}: payloadType is {found!r}, expected {intoto.PAYLOAD_TYPE!r}")
    return _of_payload(envelope.payload, what)


def _of_payload(payload: bytes, what: str) -> Statement:
    raw = intoto.parse(payload, what=f"{what}: statement")
    return Statement(raw.predicate_type, raw.subjects, _predicate(raw, f"{what}: predicate"))


def _predicate(raw: intoto.RawStatement, what: str) -> Provenance | TestResult | OtherPredicate:
    kind = raw.predicate_type
    if kind in slsa.PREDICATES:
        return slsa.PREDICATES[kind](raw.predicate, what=what)
    if kind == test_result.PREDICATE_TYPE:
        return test_result.parse(raw.predicate, what=what)
    if intoto.is_sbom(kind):
        return OtherPredicate()
    return OtherPredicate(intoto.resources_in(raw.predicate, what=what))


def _by_certificate(bundle: SigstoreBundle, root: TrustRoot, sigstore: SigstoreVerifier | None) -> Signature:
    if not bundle.certificate:
        return _unchecked(
            f"it names the key {shown(bundle.key_hint, 40)!r}, and such signatures over files are not read"
        )
    if not root.sigstore:
        return _unchecked("the trust root names no Sigstore instance")
    if sigstore is None:
        return _unchecked("there is nothing here to verify Sigstore bundles with")
    answers = [sigstore.verify(bundle, instance, _counting(instance)) for instance in root.sigstore]
    order = ("verified", "invalid", "unknown_signer", "unchecked")
    best = min(answers, key=lambda answer: order.index(answer.standing))
    signers = (best.identity,) if best.standing == "verified" else ()
    return Signature(Standing(best.standing), signers, best.reason)


def _counting(instance: Sigstore) -> tuple[Identity, ...]:
    return tuple(one for one in instance.identities if one.purpose in PURPOSES)


def _unchecked(reason: str) -> Signature:
    return Signature(Standing.UNCHECKED, (), reason)
