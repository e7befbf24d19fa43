import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.signing import AT, START, private, signer, trust_root

from assay.errors import AssayError, Malformed
from assay.formats.digest import Digest
from assay.formats.note import ED25519, Vkey
from assay.trust.root import Identity, Log, Policy, Revocation, Sigstore, TrustRoot

ROOT_JSON = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
BUILD = "https://git.example/lighthouse/lantern/.workflows/release"


def full() -> TrustRoot:
    one = signer("lighthouse", "provider", "ci")
    first, second = one.keys
    keys = (
        msgspec.structs.replace(first, revoked=Revocation(AT, "laptop stolen")),
        msgspec.structs.replace(second, valid_until=AT + timedelta(days=365)),
    )
    return TrustRoot(
        policy=Policy(accepted=("ed25519", "ml-dsa-65", "ecdsa-p256")),
        signers=(
            msgspec.structs.replace(one, keys=keys, trial=True),
            signer("office", "office", providers=()),
        ),
        logs=(
            Log(
                "register.example/1",
                (Vkey("register.example/1", ED25519, private("ed25519", "log").public.raw),),
            ),
        ),
        sigstore=(
            Sigstore(
                Digest.sha256(ROOT_JSON.encode()).value,
                ROOT_JSON,
                (
                    Identity("https://issuer.example", BUILD, "ci"),
                    Identity("https://issuer.example", "https://git.example/beacon/*", "ci"),
                ),
            ),
        ),
    )


EXAMPLE = full()


def test_round_trips_in_both_layouts() -> None:
    assert TrustRoot.parse(EXAMPLE.encode()) == EXAMPLE
    assert TrustRoot.parse(EXAMPLE.pretty()) == EXAMPLE
    assert TrustRoot.parse(TrustRoot().encode()) == TrustRoot()


def test_the_digest_ignores_layout_and_sees_every_value() -> None:
    assert TrustRoot.parse(EXAMPLE.pretty()).digest == EXAMPLE.digest
    assert msgspec.structs.replace(EXAMPLE, logs=()).digest != EXAMPLE.digest


def edited(path: str, value: Any) -> bytes:
    document = json.loads(EXAMPLE.encode())
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    target = document
    for name in parents:
        target = target[name]
    assert not (isinstance(target, dict) and target.get(last) == value)
    target[last] = value
    return json.dumps(document).encode()


KEY = json.loads(EXAMPLE.encode())["signers"][1]["keys"][0]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        pytest.param("format", "tuf", "is 'tuf' version 1, expected 'assay-trust-root'", id="another document"),
        pytest.param("version", 2, "version 2, expected 'assay-trust-root' version 1", id="later version"),
        pytest.param("signers/0/keys/0/revokd", {}, "unknown field `revokd`", id="misspelt field"),
        pytest.param("policy/required", [], "policy.required is empty", id="empty policy"),
        pytest.param("policy/required", ["rsa"], "policy.required is 'rsa', expected one of", id="unknown algorithm"),
        pytest.param("policy/required", ["ml-dsa-44"], "'ml-dsa-44', which policy.accepted does not", id="required, not accepted"),
        pytest.param("policy/required", ["ed25519", "ed25519"], "policy.required has 'ed25519' twice", id="required twice"),
        pytest.param("signers/0/purposes", ["ceo"], "signers[0].purposes has 'ceo', expected some of", id="unknown purpose"),
        pytest.param("signers/0/purposes", [], "signer 'lighthouse' has no purpose", id="no purpose"),
        pytest.param("signers/0/purposes", ["ci", "ci"], "purposes has 'ci' twice", id="purpose twice"),
        pytest.param("signers/0/keys", [], "signer 'lighthouse' has 0 keys", id="no keys"),
        pytest.param("signers/1/name", "lighthouse", "signers: name has 'lighthouse' twice", id="name twice"),
        pytest.param("signers/1/name", " x", "without outer spaces", id="name with space"),
        pytest.param("signers/1/name", "a\u202eb", "printable", id="name that misleads"),
        pytest.param("signers/0/keys/0", KEY, "stands under both 'lighthouse' and 'office'", id="key of two signers"),
        pytest.param("signers/1/keys/1", KEY, "signer 'office': keys has", id="key twice"),
        pytest.param("signers/0/keys/0/public", "AAAA", "has 3 bytes, expected 32", id="short key"),
        pytest.param("signers/0/keys/0/public", "!", "signers[0].keys[0].public is not standard base64", id="key not base64"),
        pytest.param("signers/0/keys/0/algorithm", "dsa", "signers[0].keys[0].algorithm is 'dsa'", id="key of unknown algorithm"),
        pytest.param("signers/0/keys/0/valid_from", "2026", "signers[0].keys[0].valid_from '2026'", id="time"),
        pytest.param("signers/0/keys/1/valid_until", "2026-01-01T00:00:00Z", "ends at or before its start", id="no validity"),
        pytest.param("signers/0/keys/0/revoked/reason", "", "reason of revocation", id="revoked without reason"),
        pytest.param("logs/0/vkeys", [], "log 'register.example/1' has no keys", id="log without keys"),
        pytest.param("logs/0/vkeys/0", "x+00000000+AQAA", "says id 00000000", id="vkey with wrong id"),
        pytest.param("sigstore/0/sha256", "00", "not 64 lower-case", id="sigstore digest"),
        pytest.param("sigstore/0/trusted_root", "{}", "does not have the digest", id="another sigstore root"),
        pytest.param("sigstore/0/identities/0/subject", "*", "may have '*' only at its end", id="anybody"),
        pytest.param("sigstore/0/identities/0/subject", "https://*", "may have '*' only", id="any site"),
        pytest.param("sigstore/0/identities/0/subject", "https://git.example/light*", "may have '*' only", id="part of a name"),
        pytest.param("sigstore/0/identities/0/subject", "https://git.example/*/x", "may have '*' only", id="star inside"),
    ],
)  # fmt: skip
def test_rejects(path: str, value: Any, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        TrustRoot.parse(edited(path, value))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        pytest.param("https://git.example/beacon/app", True, id="below the prefix"),
        pytest.param("https://git.example/beacon/", False, id="the prefix itself"),
        pytest.param("https://git.example/beacon-evil/app", False, id="another name"),
        pytest.param(BUILD, True, id="exact"),
        pytest.param(BUILD + "x", False, id="longer than exact"),
    ],
)
def test_sigstore_identities(subject: str, expected: bool) -> None:
    assert (EXAMPLE.sigstore_identity("https://issuer.example", subject, "ci") is not None) is expected
    assert EXAMPLE.sigstore_identity("https://other.example", subject, "ci") is None
    assert EXAMPLE.sigstore_identity("https://issuer.example", subject, "provider") is None


def test_a_sigstore_root_may_come_as_a_file() -> None:
    beside = msgspec.structs.replace(EXAMPLE.sigstore[0], trusted_root="")
    root = msgspec.structs.replace(EXAMPLE, sigstore=(beside,))
    assert TrustRoot.parse(root.encode()) == root
    assert b"trusted_root" not in root.encode()


@pytest.mark.parametrize(
    ("limit", "root", "message"),
    [
        pytest.param("MAX_SIGNERS", EXAMPLE, "2 signers, over 0", id="signers"),
        pytest.param("MAX_NAMES", EXAMPLE, "1 logs, over 0", id="logs"),
        pytest.param("MAX_NAMES", TrustRoot(signers=EXAMPLE.signers), "1 providers, over 0", id="providers"),
        pytest.param(
            "MAX_NAMES", TrustRoot(sigstore=EXAMPLE.sigstore), "2 identities, over 0", id="identities"
        ),
        pytest.param("MAX_KEYS", EXAMPLE, "1 Sigstore instances, over 0", id="instances"),
        pytest.param("MAX_KEYS", TrustRoot(signers=EXAMPLE.signers), "2 keys, expected 1 to 0", id="keys"),
    ],
)
def test_limits(limit: str, root: TrustRoot, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = root.encode()
    monkeypatch.setattr(f"assay.trust.root.{limit}", 0)
    with pytest.raises(Malformed, match=message):
        TrustRoot.parse(data)


def test_objections() -> None:
    key = EXAMPLE.signers[0].keys[0]
    assert key.objection(AT - timedelta(seconds=1)) == ""
    assert key.objection(AT) == "was revoked on 2026-11-01T12:00:00Z: laptop stolen"
    assert key.objection(START - timedelta(seconds=1)) == "is valid only from 2026-01-01T00:00:00Z"


def test_looks_up() -> None:
    assert trust_root().signer("lighthouse") == trust_root().signers[0]
    assert trust_root().signer("nobody") is None
    assert EXAMPLE.log("register.example/1") == EXAMPLE.logs[0]
    assert EXAMPLE.log("register.example/2") is None


@given(st.binary(max_size=80), st.integers(0, len(EXAMPLE.encode()) - 1), st.integers(1, 255))
def test_any_bytes_give_an_assay_error_or_a_root(junk: bytes, at: int, flip: int) -> None:
    whole = EXAMPLE.encode()
    for data in (junk, whole[:at], whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]):
        with suppress(AssayError):
            assert TrustRoot.parse(data).digest != EXAMPLE.digest
