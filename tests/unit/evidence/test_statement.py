"""Reading statements in every form, and what the trust root says of their signatures."""

import hashlib
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from tests.support import sigstore_world
from tests.support.cases import COMMIT, WHEEL
from tests.support.damage import damaged
from tests.support.json_edit import drop, edited, put
from tests.support.signing import AT, PROVIDER, private, signer, trust_root
from tests.support.sigstore_world import ISSUER, SUBJECT, World
from tests.support.statements import FILENAME, TEST_RESULT, V02, unsigned_envelope, wire

from assay.errors import AssayError, Malformed, TooLarge, Unsupported
from assay.evidence.model import UNSIGNED, Signature, Standing
from assay.evidence.statement import (
    OtherPredicate,
    Provenance,
    Resource,
    SigstoreAnswer,
    Statement,
    TestResult,
    read,
    signature_of,
)
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.sigstore_bundle import SigstoreBundle
from assay.trust.envelope import sign
from assay.trust.root import Identity, Sigstore, TrustRoot

KEY = private("ed25519", "ci")
CI = signer("ci", "ci", keys=(KEY,))
DSSE = sign(PAYLOAD_TYPE, wire(), [KEY]).encode()
BUNDLE = World().sign_statement(wire())
PEP740 = sigstore_world.pep740(BUNDLE)
ROOT = World().trusted_root()
INSTANCE = Sigstore(hashlib.sha256(ROOT.encode()).hexdigest(), ROOT, (Identity(ISSUER, SUBJECT, "ci"),))
PUBLISH = wire("https://index.example/publish/v1", None)


class Answering:
    """Answers what it was told to, and keeps what it was asked."""

    def __init__(self, *answers: SigstoreAnswer) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Sigstore, tuple[Identity, ...]]] = []

    def verify(
        self, bundle: SigstoreBundle, instance: Sigstore, identities: tuple[Identity, ...]
    ) -> SigstoreAnswer:
        assert bundle.certificate
        self.asked.append((instance, identities))
        return self.answers.pop(0)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("data", "form"),
    [
        pytest.param(DSSE, "dsse", id="DSSE envelope"),
        pytest.param(encoded(BUNDLE), "sigstore", id="Sigstore bundle"),
        pytest.param(encoded(PEP740), "pep740", id="PEP 740 attestation"),
        pytest.param(wire(), "unsigned", id="bare statement"),
        pytest.param(
            encoded({"version": 1, "attestation_bundles": [{"publisher": {}, "attestations": [PEP740]}]}),
            "pep740",
            id="PEP 740 provenance",
        ),
        pytest.param(
            encoded({"attestations": [{"predicateType": "x", "bundle": BUNDLE}]}), "sigstore", id="listing"
        ),
        pytest.param(b"[" + DSSE + b"]", "dsse", id="array"),
    ],
)
def test_reads_every_form(data: bytes, form: str) -> None:
    (signed,) = read(data, name="x")
    assert signed.form == form
    assert signed.statement.subjects == (Resource(FILENAME, digests=(WHEEL,)),)
    assert isinstance(signed.statement.predicate, Provenance)


def test_reads_json_lines() -> None:
    data = DSSE + b"\n\n" + encoded(BUNDLE) + b"\r\n" + wire() + b"\n"
    assert [signed.form for signed in read(data, name="x.intoto.jsonl")] == ["dsse", "sigstore", "unsigned"]


def test_reads_one_object_over_many_lines() -> None:
    pretty = json.dumps(json.loads(DSSE), indent=1).encode()
    assert [signed.form for signed in read(pretty, name="x")] == ["dsse"]


def test_a_signature_over_a_file_is_a_statement_that_says_no_more() -> None:
    (signed,) = read(encoded(World().sign_file(b"the wheel of lantern 2.1.0")), name="x")
    assert signed.statement == Statement("", (Resource(digests=(WHEEL,)),), OtherPredicate())


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        pytest.param(wire("https://slsa.dev/provenance/v0.2", V02), Provenance, id="provenance v0.2"),
        pytest.param(
            wire("https://in-toto.io/attestation/test-result/v0.1", TEST_RESULT), TestResult, id="test result"
        ),
        pytest.param(PUBLISH, OtherPredicate, id="no predicate"),
        pytest.param(wire("https://slsa.dev/provenance/v0.1", {}), OtherPredicate, id="provenance too old"),
    ],
)
def test_reads_the_predicates(payload: bytes, kind: type) -> None:
    (signed,) = read(payload, name="x")
    assert type(signed.statement.predicate) is kind


def test_other_predicates_still_name_what_they_name() -> None:
    other = Digest("sha256", "cd" * 32)
    predicate = {"inputs": [{"uri": "x", "digest": {"sha256": other.value}}]}
    (signed,) = read(wire("https://statements.example/v1", predicate), name="x")
    assert signed.statement.names(other)
    assert signed.statement.names(WHEEL)
    assert not signed.statement.names(Digest("sha512", other.value * 2))


def test_a_bill_inside_a_statement_names_only_its_subjects() -> None:
    predicate = {"components": [{"digest": {"sha256": "cd" * 32}}] * 300_000}
    (signed,) = read(wire("https://cyclonedx.org/bom/v1.6", predicate), name="x")
    assert signed.statement.predicate == OtherPredicate()


def test_a_provenance_names_source_materials_and_byproducts() -> None:
    (signed,) = read(wire(), name="x")
    assert signed.statement.names(Digest("gitCommit", COMMIT))
    assert signed.statement.names(Digest("sha256", "ab" * 32))


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        pytest.param(b"{}", Malformed, "neither a DSSE envelope", id="another object"),
        pytest.param(b"5", Malformed, "neither a DSSE envelope", id="a number"),
        pytest.param(b"[]", Malformed, "carries no statement", id="an empty array"),
        pytest.param(b'{"attestations": []}', Malformed, "carries no statement", id="an empty listing"),
        pytest.param(b'{"attestations": [{}]}', Malformed, "attestations[0] has no Sigstore bundle", id="no bundle"),
        pytest.param(b"[[]]", Malformed, "[0] is neither", id="an array in an array"),
        pytest.param(b"", Malformed, "x.json", id="nothing"),
        pytest.param(DSSE[:-1], Malformed, "x.json", id="cut short"),
        pytest.param(wire() + b"\n" + b'{"a":}', Malformed, "line 2", id="a bad line"),
        pytest.param(b"{}\n" * 1001, TooLarge, "1001 lines", id="1001 lines"),
        pytest.param(b"[" + b",".join([wire()] * 1001) + b"]", TooLarge, "over 1000 statements", id="1001 of them"),
        pytest.param(edited(DSSE, put("/payloadType", "application/json")), Unsupported, "payloadType", id="no in-toto"),
        pytest.param(edited(DSSE, put("/payload", "e30=")), Unsupported, "statement has the type", id="no statement"),
        pytest.param(wire("https://slsa.dev/provenance/v1", {}), Malformed, "buildDefinition", id="an empty provenance"),
        pytest.param(
            wire("https://in-toto.io/attestation/test-result/v0.1", {}), Malformed, "result", id="an empty result"
        ),
    ],
)  # fmt: skip
def test_refuses(data: bytes, error: type[AssayError], message: str) -> None:
    with pytest.raises(error) as caught:
        read(data, name="x.json")
    assert str(caught.value).startswith("x.json")
    assert message in str(caught.value)


def test_refuses_more_bytes_than_a_file_may_have() -> None:
    with pytest.raises(TooLarge, match="over the limit"):
        read(b" " * (64 * 1024 * 1024 + 1), name="x")


@settings(max_examples=200)
@given(damaged(DSSE + b"\n" + wire()))
def test_damage_never_escapes(data: bytes) -> None:
    with suppress(AssayError):
        assert read(data, name="x")


def verdict(data: bytes, root: TrustRoot, sigstore: Answering | None = None, provider: str = "") -> Signature:
    (signed,) = read(data, name="x")
    return signature_of(signed, root, AT, sigstore, provider=provider)


def test_a_trusted_key_verifies() -> None:
    assert verdict(DSSE, trust_root(CI)) == Signature(Standing.VERIFIED, ("ci",))


@pytest.mark.parametrize(
    ("data", "root", "standing", "reason"),
    [
        pytest.param(wire(), trust_root(CI), Standing.UNSIGNED, "", id="no signature"),
        pytest.param(DSSE, trust_root(), Standing.UNKNOWN_SIGNER, "no key of the trust root", id="unknown key"),
        pytest.param(
            DSSE, trust_root(signer("ci", "office", keys=(KEY,))), Standing.UNKNOWN_SIGNER, "not as ci", id="an office's key"
        ),
        pytest.param(
            Envelope(PAYLOAD_TYPE, PUBLISH, Envelope.parse(DSSE).signatures).encode(),
            trust_root(CI), Standing.INVALID, "did not make it over this payload", id="another payload",
        ),
        pytest.param(
            unsigned_envelope(wire()).encode(), trust_root(CI), Standing.UNKNOWN_SIGNER, "no key", id="zeros as signature"
        ),
    ],
)  # fmt: skip
def test_other_signatures_do_not(data: bytes, root: TrustRoot, standing: Standing, reason: str) -> None:
    found = verdict(data, root)
    assert found.standing is standing
    assert reason in found.reason


def test_a_signer_that_lists_providers_speaks_for_those_alone() -> None:
    assert verdict(DSSE, trust_root(CI), provider=PROVIDER).standing is Standing.VERIFIED
    assert verdict(DSSE, trust_root(CI), provider="Another").standing is Standing.UNKNOWN_SIGNER


@pytest.mark.parametrize("data", [encoded(BUNDLE), encoded(PEP740)], ids=["sigstore", "pep740"])
def test_without_a_sigstore_root_a_bundle_is_unchecked(data: bytes) -> None:
    found = verdict(data, trust_root(CI), Answering())
    assert found == Signature(Standing.UNCHECKED, (), "the trust root names no Sigstore instance")


def test_without_a_verifier_a_bundle_is_unchecked() -> None:
    found = verdict(encoded(BUNDLE), TrustRoot(sigstore=(INSTANCE,)))
    assert found.standing is Standing.UNCHECKED
    assert "nothing here to verify" in found.reason


def test_a_bundle_by_a_key_is_verified_as_an_envelope() -> None:
    keyed = edited(
        encoded(BUNDLE),
        drop("/verificationMaterial/certificate"),
        put("/verificationMaterial/publicKey", {"hint": "ci"}),
        put("/dsseEnvelope", json.loads(DSSE)),
    )
    assert verdict(keyed, trust_root(CI)) == Signature(Standing.VERIFIED, ("ci",))


def test_a_file_signature_by_a_key_is_unchecked() -> None:
    keyed = edited(
        encoded(World().sign_file(b"x")),
        drop("/verificationMaterial/certificate"),
        put("/verificationMaterial/publicKey", {"hint": "ci"}),
    )
    assert verdict(keyed, trust_root(CI)).standing is Standing.UNCHECKED


def test_the_signer_of_a_verified_bundle_is_its_identity() -> None:
    answering = Answering(SigstoreAnswer("verified", SUBJECT, ISSUER))
    found = verdict(encoded(BUNDLE), TrustRoot(sigstore=(INSTANCE,)), answering)
    assert found == Signature(Standing.VERIFIED, (SUBJECT,))
    assert answering.asked == [(INSTANCE, INSTANCE.identities)]


def test_only_identities_for_evidence_count() -> None:
    instance = Sigstore("ab" * 32, identities=(Identity(ISSUER, SUBJECT, "office"),))
    answering = Answering(SigstoreAnswer("unchecked", reason="none"))
    verdict(encoded(BUNDLE), TrustRoot(sigstore=(instance,)), answering)
    assert answering.asked == [(instance, ())]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("unchecked", "verified", Standing.VERIFIED),
        ("invalid", "verified", Standing.VERIFIED),
        ("unknown_signer", "invalid", Standing.INVALID),
        ("unchecked", "unknown_signer", Standing.UNKNOWN_SIGNER),
        ("unchecked", "unchecked", Standing.UNCHECKED),
    ],
)
def test_the_best_answer_of_several_instances_counts(first: Any, second: Any, expected: Standing) -> None:
    answering = Answering(SigstoreAnswer(first, "a"), SigstoreAnswer(second, "b"))
    other = Sigstore("cd" * 32, identities=INSTANCE.identities)
    found = verdict(encoded(BUNDLE), TrustRoot(sigstore=(INSTANCE, other)), answering)
    assert found.standing is expected
    assert bool(found.signers) == (expected is Standing.VERIFIED)


def test_a_bare_statement_has_no_signature() -> None:
    assert verdict(wire(), trust_root(CI)) is UNSIGNED
