"""Bundles of a Sigstore of our own, verified offline by the real library."""

import base64
import copy
import hashlib
import json
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.support import sigstore_world
from tests.support.damage import damaged
from tests.support.sigstore_world import ISSUER, SUBJECT, World
from tests.support.statements import wire

from assay.adapters.sigstore import OfflineSigstore
from assay.errors import AssayError
from assay.evidence.statement import SigstoreAnswer
from assay.formats import pep740, sigstore_bundle
from assay.trust.root import Identity, Sigstore

WORLD = World()
STATEMENT = WORLD.sign_statement(wire())
FILE = WORLD.sign_file(b"the wheel of lantern 2.1.0")
EXACT = (Identity(ISSUER, SUBJECT, "ci"),)
OFFLINE = OfflineSigstore()


def instance(root: str = "") -> Sigstore:
    text = root or WORLD.trusted_root()
    return Sigstore(hashlib.sha256(text.encode()).hexdigest(), text)


def verify(
    bundle: dict[str, Any], identities: tuple[Identity, ...] = EXACT, root: str = ""
) -> SigstoreAnswer:
    return OFFLINE.verify(sigstore_bundle.of(bundle), instance(root), identities)


def entry(bundle: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = bundle["verificationMaterial"]["tlogEntries"][0]
    return found


@pytest.mark.parametrize("bundle", [STATEMENT, FILE], ids=["statement", "file"])
def test_verifies(bundle: dict[str, Any]) -> None:
    assert verify(bundle) == SigstoreAnswer("verified", SUBJECT, ISSUER)


def test_verifies_a_pep_740_attestation() -> None:
    attestation = pep740.of(sigstore_world.pep740(STATEMENT))
    assert verify(pep740.to_bundle(attestation)).standing == "verified"


def test_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert OfflineSigstore().verify(sigstore_bundle.of(STATEMENT), instance(), EXACT).standing == "verified"


@pytest.mark.parametrize(
    ("identities", "standing", "reason"),
    [
        pytest.param((Identity(ISSUER, "https://git.example/lighthouse/*", "ci"),), "verified", "", id="prefix"),
        pytest.param((Identity(ISSUER, "x", "ci"), *EXACT), "verified", "", id="one of two"),
        pytest.param((), "unchecked", "accepts no Sigstore identity", id="no identity at all"),
        pytest.param((Identity(ISSUER, SUBJECT + "x", "ci"),), "unknown_signer", "does not accept", id="another subject"),
        pytest.param((Identity(ISSUER, SUBJECT[:-1], "ci"),), "unknown_signer", "does not accept", id="a shorter subject"),
        pytest.param((Identity(ISSUER + "/", SUBJECT, "ci"),), "unknown_signer", "does not accept", id="another issuer"),
        pytest.param((Identity("https://evil.example", SUBJECT, "ci"),), "unknown_signer", ISSUER, id="a stranger's issuer"),
    ],
)  # fmt: skip
def test_identities(identities: tuple[Identity, ...], standing: str, reason: str) -> None:
    found = verify(STATEMENT, identities)
    assert found.standing == standing
    assert reason in found.reason


def _payload(bundle: dict[str, Any]) -> None:
    envelope = bundle["dsseEnvelope"]
    envelope["payload"] = base64.b64encode(base64.b64decode(envelope["payload"]) + b" ").decode()


def _signature(bundle: dict[str, Any]) -> None:
    other = WORLD.sign_statement(wire("https://statements.example/v1", {}))
    bundle["dsseEnvelope"]["signatures"] = other["dsseEnvelope"]["signatures"]


def _log_entry_of_another_payload(bundle: dict[str, Any]) -> None:
    other = WORLD.sign_statement(wire("https://statements.example/v1", {}))
    bundle["verificationMaterial"]["tlogEntries"] = [entry(other)]


def _log_entry_of_another_signature(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"] = [entry(WORLD.sign_statement(wire()))]


def _file_digest(bundle: dict[str, Any]) -> None:
    digest = base64.b64encode(hashlib.sha256(b"another wheel").digest()).decode()
    bundle["messageSignature"]["messageDigest"]["digest"] = digest


def _log_entry_of_another_file(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"] = [entry(WORLD.sign_file(b"another wheel"))]


@pytest.mark.parametrize(
    ("bundle", "change", "reason"),
    [
        pytest.param(STATEMENT, _payload, "DSSE: invalid signature", id="payload"),
        pytest.param(STATEMENT, _signature, "DSSE: invalid signature", id="signature"),
        pytest.param(STATEMENT, _log_entry_of_another_payload, "payload hash does not match", id="entry of another payload"),
        pytest.param(STATEMENT, _log_entry_of_another_signature, "signatures do not match", id="entry of another signature"),
        pytest.param(FILE, _file_digest, "Signature is invalid for input", id="digest of another file"),
        pytest.param(FILE, _log_entry_of_another_file, "inconsistent", id="entry of another file"),
    ],
)  # fmt: skip
def test_a_bundle_that_contradicts_itself_is_invalid(
    bundle: dict[str, Any], change: Any, reason: str
) -> None:
    changed = copy.deepcopy(bundle)
    change(changed)
    assert changed != bundle
    found = verify(changed)
    assert found.standing == "invalid"
    assert reason in found.reason


def _unstamped(bundle: dict[str, Any]) -> None:
    entry(bundle)["integratedTime"] = str(int(entry(bundle)["integratedTime"]) + 86_400)


def _promise(bundle: dict[str, Any]) -> None:
    entry(bundle)["inclusionPromise"]["signedEntryTimestamp"] = "AAAA"


def _proof(bundle: dict[str, Any]) -> None:
    entry(bundle)["inclusionProof"]["hashes"] = [base64.b64encode(b"\x00" * 32).decode()]


def _no_entry(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"] = []


def _two_signatures(bundle: dict[str, Any]) -> None:
    bundle["dsseEnvelope"]["signatures"] *= 2


def _certificate(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["certificate"]["rawBytes"] = "AAAA"


@pytest.mark.parametrize(
    ("change", "standing", "reason"),
    [
        pytest.param(_unstamped, "unknown_signer", "not issued under the trusted root", id="logged after the certificate"),
        pytest.param(_promise, "unchecked", "invalid log entry", id="promise"),
        pytest.param(_proof, "unchecked", "invalid log entry", id="proof"),
        pytest.param(_no_entry, "unchecked", "exactly one log entry", id="no log entry"),
        pytest.param(_two_signatures, "unchecked", "exactly one signature", id="two signatures"),
        pytest.param(_certificate, "unchecked", "cannot read", id="certificate"),
    ],
)  # fmt: skip
def test_what_cannot_be_verified_is_no_proof_of_falsehood(change: Any, standing: str, reason: str) -> None:
    changed = copy.deepcopy(STATEMENT)
    change(changed)
    found = verify(changed)
    assert found.standing == standing
    assert reason in found.reason


def test_a_bundle_of_another_instance_has_an_unknown_signer() -> None:
    found = verify(World("another harbour").sign_statement(wire()))
    assert found.standing == "unknown_signer"
    assert "not issued under the trusted root" in found.reason


@pytest.mark.parametrize("member", ["tlogs", "ctlogs"])
def test_a_root_that_lacks_the_log_says_nothing_against_the_bundle(member: str) -> None:
    other = json.loads(World("another harbour").trusted_root())[member]
    found = verify(STATEMENT, root=WORLD.trusted_root(**{member: other}))
    assert found.standing == "unchecked"


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        pytest.param("{", "cannot be used", id="cut short"),
        pytest.param('{"a": 1, "a": 1}', "appears twice", id="a key twice"),
        pytest.param(WORLD.trusted_root(mediaType="x"), "cannot be used", id="another type"),
        pytest.param(WORLD.trusted_root(tlogs=[]), "cannot be used", id="no log"),
        pytest.param(WORLD.trusted_root(certificateAuthorities=[]), "cannot be used", id="no authority"),
    ],
)
def test_a_bad_trusted_root_leaves_everything_unchecked(root: str, reason: str) -> None:
    found = verify(STATEMENT, root=root)
    assert found.standing == "unchecked"
    assert reason in found.reason


def test_a_root_named_by_digest_is_taken_from_those_supplied() -> None:
    text = WORLD.trusted_root()
    named = Sigstore(hashlib.sha256(text.encode()).hexdigest())
    bundle = sigstore_bundle.of(STATEMENT)
    supplied = OfflineSigstore({named.sha256: text.encode()})
    assert supplied.verify(bundle, named, EXACT).standing == "verified"
    assert "was supplied" in OfflineSigstore().verify(bundle, named, EXACT).reason
    wrong = OfflineSigstore({named.sha256: text.encode() + b" "}).verify(bundle, named, EXACT)
    assert (wrong.standing, "does not have the SHA-256" in wrong.reason) == ("unchecked", True)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(damaged(json.dumps(STATEMENT).encode()))
def test_no_damage_escapes_or_verifies(data: bytes) -> None:
    try:
        bundle = sigstore_bundle.parse(data)
    except AssayError:
        return
    found = OFFLINE.verify(bundle, instance(), EXACT)
    assert found.standing != "verified" or bundle.content == sigstore_bundle.of(STATEMENT).content
