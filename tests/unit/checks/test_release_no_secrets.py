"""Secrets in a release: what proves itself counts, what is made to be public does not."""

import hashlib

import pytest
from tests.support.archives import npm, sdist, wheel, zipped
from tests.support.cases import exhibit, findings
from tests.support.secrets import aws, ec_key, github, letters, pem, pypi, rsa_key

from assay.checks.model import Finding, Outcome
from assay.checks.release_no_secrets import CHECK
from assay.evidence.release import ReleaseFile, read

NAME = "lantern-2.1.0-py3-none-any.whl"
KEY, LOCKED = pem(rsa_key()), pem(ec_key(), passphrase="open sesame")


def judged(path: str, data: bytes) -> list[Finding]:
    return findings(CHECK, exhibit(read(wheel({path: data}), name=NAME)))


def outcomes(found: list[Finding]) -> list[Outcome]:
    return [finding.outcome for finding in found]


def test_clean() -> None:
    (finding,) = judged("lantern/wick.py", b"lit = True\n")
    assert finding.outcome is Outcome.SATISFIED
    assert finding.message == "5 files looked through for private keys and access tokens"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        pytest.param(KEY, f"private key (PKCS 8) of {len(KEY) - 1} characters", id="private key"),
        pytest.param(github(), "GitHub token ghp_… of 40 characters: its checksum is right", id="GitHub"),
        pytest.param(pypi(), f"PyPI token pypi… of {len(pypi())} characters: its checksum is right", id="PyPI"),
        pytest.param(aws().splitlines()[0] + b' secret "' + letters(40, seed=3).encode() + b'"',
                     f"AWS secret access key {letters(4, seed=3)}… of 40 characters", id="AWS"),
        pytest.param(f"sk_live_{letters(24)}".encode(), "Stripe live key sk_l… of 32 characters", id="Stripe"),
    ],
)  # fmt: skip
def test_secret(data: bytes, what: str) -> None:
    found = judged("lantern/config.py", b"# line one\n\nKEY = '''\n" + data + b"'''\n")
    assert outcomes(found) == [Outcome.NOT_SATISFIED, Outcome.SATISFIED]
    assert found[0].message == f"holds: {what}"
    assert found[0].at == "lantern/config.py:4"
    assert found[0].remedy


def test_never_prints_the_secret() -> None:
    body = letters(24)
    for finding in judged("lantern/config.py", f"sk_live_{body}".encode() + b"\n" + github() + b"\n" + KEY):
        assert body[:6] not in finding.message
        assert github().decode()[:10] not in finding.message
        assert KEY.decode().splitlines()[1][:10] not in finding.message


@pytest.mark.parametrize(
    ("path", "data", "noted"),
    [
        pytest.param(
            "lantern/tests/server.key", KEY, "1 found in tests, taken as made to be public", id="test key"
        ),
        pytest.param("dummyserver/server.key", KEY, "1 found in tests", id="dummy server"),
        pytest.param("lantern/docs/usage.py", KEY, "1 found in documentation", id="documentation"),
        pytest.param("lantern/howto.rst", aws(), "1 found in documentation", id="how-to"),
        pytest.param(
            "lantern/example/keys.py", f"sk_live_{letters(24)}".encode(), "1 found in tests", id="example"
        ),
    ],
)
def test_made_to_be_public(path: str, data: bytes, noted: str) -> None:
    (finding,) = judged(path, data)
    assert finding.outcome is Outcome.SATISFIED
    assert noted in finding.message


@pytest.mark.parametrize(
    ("path", "data", "message"),
    [
        pytest.param("lantern/keys.py", LOCKED, "it is locked by a passphrase", id="locked key"),
        pytest.param("tests/replay.txt", github("ghs_"), "its checksum is right, yet it is in tests", id="token in a test"),
        pytest.param("lantern/README.md", pypi(), "its checksum is right, yet it is in documentation", id="in a README"),
        pytest.param("lantern/a.pem", b"-----BEGIN PRIVATE KEY-----\n" * 2001, "over 2000 private key blocks", id="too many"),
    ],
)  # fmt: skip
def test_cannot_tell(path: str, data: bytes, message: str) -> None:
    found = judged(path, data)
    assert outcomes(found) == [Outcome.UNKNOWN, Outcome.SATISFIED]
    assert message in found[0].message
    assert found[0].at.startswith(path)


@pytest.mark.parametrize(
    "text",
    [
        b"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
        b"-----BEGIN RSA PRIVATE KEY-----\n<your key>\n-----END RSA PRIVATE KEY-----\n",
        b'TOKEN = "ghp_' + b"x" * 36 + b'"',
        b'if data.startswith(b"-----BEGIN PRIVATE KEY-----"): ...',
    ],
)
def test_examples_accuse_nobody(text: bytes) -> None:
    assert outcomes(judged("lantern/config.py", text)) == [Outcome.SATISFIED]


def test_top_folder_of_an_sdist_says_nothing() -> None:
    inside = {"PKG-INFO": b"Metadata-Version: 2.1\nName: test-lantern\nVersion: 2.1.0\n", "core.py": KEY}
    data = zipped({f"test-lantern-2.1.0/{path}": body for path, body in inside.items()})
    found = findings(CHECK, exhibit(read(data, name="test-lantern-2.1.0.zip")))
    assert outcomes(found) == [Outcome.NOT_SATISFIED, Outcome.SATISFIED]
    assert found[0].at == "test-lantern-2.1.0/core.py:1"


def test_every_kind_of_file() -> None:
    for file in (
        read(sdist({"lantern/key.pem": KEY}), name="lantern-2.1.0.tar.gz"),
        read(npm({"lib/key.pem": KEY}), name="lantern-2.1.0.tgz"),
        read(KEY, name="id_rsa"),
    ):
        assert outcomes(findings(CHECK, exhibit(file))) == [Outcome.NOT_SATISFIED, Outcome.SATISFIED]


def test_accepted_file_is_passed_over() -> None:
    file = read(wheel({"lantern/ca.key": KEY}), name=NAME)
    accepted = {"accepted_sha256": [hashlib.sha256(KEY).hexdigest()]}
    assert outcomes(findings(CHECK, exhibit(file), parameters=accepted)) == [Outcome.SATISFIED]
    other = {"accepted_sha256": [hashlib.sha256(b"").hexdigest()]}
    assert Outcome.NOT_SATISFIED in outcomes(findings(CHECK, exhibit(file), parameters=other))


def test_nested_archives_are_named() -> None:
    (finding,) = judged("lantern/data.zip", zipped({"key.pem": KEY}))
    assert finding.message.endswith("archives in it, not opened: 1")


def test_many_secrets_are_counted() -> None:
    text = b"\n".join(f"sk_live_{letters(24, seed=seed)}".encode() for seed in range(40))
    found = judged("lantern/config.py", text)
    assert len(found) == 22
    assert found[20].message == "20 more secrets in this file"


def test_bytes_not_at_hand() -> None:
    file = ReleaseFile("x.whl", "wheel", 0, ())
    assert outcomes(findings(CHECK, exhibit(file))) == [Outcome.UNKNOWN]
