import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from tests.support.damage import damaged
from tests.support.json_edit import Edit, drop, edited, put
from tests.support.sigstore_world import World
from tests.support.statements import wire

from assay.errors import AssayError, Malformed, TooLarge, Unsupported
from assay.formats import sigstore_bundle
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.sigstore_bundle import MessageSignature

STATEMENT = json.dumps(World().sign_statement(wire())).encode()
FILE = json.dumps(World().sign_file(b"the wheel of lantern 2.1.0")).encode()
CERTIFICATE = json.loads(STATEMENT)["verificationMaterial"]["certificate"]
MATERIAL = "/verificationMaterial"


def test_takes_a_bundle_over_a_statement_apart() -> None:
    bundle = sigstore_bundle.parse(STATEMENT)
    assert bundle.version == "0.3"
    assert isinstance(bundle.content, Envelope)
    assert bundle.content.payload == wire()
    assert bundle.certificate.startswith(b"\x30\x82")
    assert bundle.log_entries == 1
    assert json.loads(bundle.data) == json.loads(STATEMENT)


def test_takes_a_bundle_over_a_file_apart() -> None:
    content = sigstore_bundle.parse(FILE).content
    assert isinstance(content, MessageSignature)
    assert content.digest == Digest.sha256(b"the wheel of lantern 2.1.0")
    assert content.signature


@pytest.mark.parametrize("version", ["0.1", "0.2"])
def test_older_versions_keep_the_leaf_first_in_a_chain(version: str) -> None:
    chain = {"certificates": [CERTIFICATE, {"rawBytes": "AAAA"}]}
    old = edited(
        STATEMENT,
        put("/mediaType", f"application/vnd.dev.sigstore.bundle+json;version={version}"),
        drop(f"{MATERIAL}/certificate"),
        put(f"{MATERIAL}/x509CertificateChain", chain),
    )
    bundle = sigstore_bundle.parse(old)
    assert bundle.version == version
    assert bundle.certificate == sigstore_bundle.parse(STATEMENT).certificate


def test_a_bundle_may_name_a_key_instead() -> None:
    keyed = edited(
        STATEMENT, drop(f"{MATERIAL}/certificate"), put(f"{MATERIAL}/publicKey", {"hint": "ci-2026"})
    )
    bundle = sigstore_bundle.parse(keyed)
    assert (bundle.certificate, bundle.key_hint) == (b"", "ci-2026")


PAYLOAD = json.loads(STATEMENT)["dsseEnvelope"]["payload"]


@pytest.mark.parametrize(
    ("edits", "error", "message"),
    [
        pytest.param([put("/mediaType", "application/vnd.dev.sigstore.bundle.v0.4+json")], Unsupported, "expected version", id="v0.4"),
        pytest.param([put("/mediaType", "application/json")], Malformed, "mediaType does not begin", id="another type"),
        pytest.param([drop("/mediaType")], Malformed, "mediaType does not begin", id="no type"),
        pytest.param([drop("/verificationMaterial")], Malformed, "verificationMaterial", id="no material"),
        pytest.param([drop(f"{MATERIAL}/certificate")], Malformed, "it has 0", id="no certificate"),
        pytest.param([put(f"{MATERIAL}/publicKey", {})], Malformed, "it has 2", id="certificate and key"),
        pytest.param([put(f"{MATERIAL}/certificate/rawBytes", "")], Malformed, "0 characters", id="an empty certificate"),
        pytest.param([put(f"{MATERIAL}/certificate/rawBytes", "AA")], Malformed, "certificate is not standard base64", id="unpadded"),
        pytest.param(
            [drop(f"{MATERIAL}/certificate"), put(f"{MATERIAL}/x509CertificateChain", {"certificates": []})],
            Malformed, "0 certificates", id="an empty chain",
        ),
        pytest.param([put(f"{MATERIAL}/tlogEntries", {})], Malformed, "array", id="entries no list"),
        pytest.param([put(f"{MATERIAL}/tlogEntries", [{}] * 33)], TooLarge, "33 log entries", id="33 entries"),
        pytest.param([drop("/dsseEnvelope")], Malformed, "either dsseEnvelope or messageSignature", id="no content"),
        pytest.param(
            [put("/messageSignature", {"signature": "AAAA"})], Malformed, "either dsseEnvelope or", id="two contents"
        ),
        pytest.param([put("/dsseEnvelope/signatures", [])], Malformed, "carries no signature", id="no signature"),
        pytest.param([put("/dsseEnvelope/payload", PAYLOAD[:-1])], Malformed, "base64", id="payload unpadded"),
        pytest.param([put("/dsseEnvelope/payload", "-_-_")], Malformed, "payload is not standard base64", id="URL-safe payload"),
        pytest.param([put("/dsseEnvelope/payload", PAYLOAD[:8] + "\n" + PAYLOAD[8:])], Malformed, "base64", id="a newline inside"),
    ],
)  # fmt: skip
def test_refuses(edits: list[Edit], error: type[AssayError], message: str) -> None:
    with pytest.raises(error) as caught:
        sigstore_bundle.parse(edited(STATEMENT, *edits), what="x.sigstore.json")
    assert str(caught.value).startswith("x.sigstore.json")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        pytest.param(drop("/messageSignature/messageDigest"), Unsupported, "which file", id="no digest"),
        pytest.param(put("/messageSignature/messageDigest/algorithm", "SHA3_256"), Unsupported, "SHA3_256", id="SHA-3"),
        pytest.param(put("/messageSignature/messageDigest/digest", "AAAA"), Malformed, "64", id="three bytes"),
        pytest.param(put("/messageSignature/signature", "***"), Malformed, "signature is not", id="no base64"),
    ],
)  # fmt: skip
def test_refuses_over_files(edit: Edit, error: type[AssayError], message: str) -> None:
    with pytest.raises(error, match=message):
        sigstore_bundle.parse(edited(FILE, edit))


@pytest.mark.parametrize("value", [None, [], {}, {"mediaType": 5}, {"mediaType": None}])
def test_recognises_nothing_else(value: object) -> None:
    assert not sigstore_bundle.recognises(value)


@settings(max_examples=200)
@given(damaged(STATEMENT))
def test_damage_never_escapes(data: bytes) -> None:
    with suppress(AssayError):
        assert sigstore_bundle.parse(data).data
