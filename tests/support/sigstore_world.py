"""A Sigstore of our own: certificate authority, certificate log and signature log, fictional and offline.

It plays the other party for verifiers: what it makes has the form that Fulcio, the CT log and Rekor (v1) give, under
keys derived from a label. Times are fixed.
"""

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from assay.formats.dsse import pae
from assay.formats.intoto import PAYLOAD_TYPE

SIGNED = datetime(2026, 10, 20, 10, 0, tzinfo=UTC)
ISSUER = "https://ci.example/oidc"
SUBJECT = "https://git.example/lighthouse/lantern/ci/release.yml@refs/tags/v2.1.0"
_START, _END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
_ECDSA = ec.ECDSA(hashes.SHA256())
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER_V2 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")


class World:
    """One Sigstore instance; another label is another instance."""

    def __init__(self, label: str = "harbour") -> None:
        self.ca_key = _key(f"{label} certificate authority")
        self.ct_key = _key(f"{label} certificate log")
        self.log_key = _key(f"{label} signature log")
        self.ca = self._authority(label)

    def trusted_root(self, **changes: Any) -> str:
        """The trusted root as JSON; *changes* replace members."""
        period = {"start": _START.isoformat(), "end": _END.isoformat()}
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [_log(self.log_key, "https://log.example", period)],
                "certificateAuthorities": [
                    {
                        "subject": {"organization": "Fictional", "commonName": "harbour"},
                        "uri": "https://ca.example",
                        "certChain": {"certificates": [{"rawBytes": _b64(_der(self.ca))}]},
                        "validFor": period,
                    }
                ],
                "ctlogs": [_log(self.ct_key, "https://ct.example", period)],
                "timestampAuthorities": [],
                **changes,
            }
        )

    def sign_statement(self, payload: bytes, subject: str = SUBJECT, issuer: str = ISSUER) -> dict[str, Any]:
        """A bundle over an in-toto statement."""
        key = _key(f"ephemeral {subject}")
        certificate = self.certificate(key, subject, issuer)
        signature = key.sign(pae(PAYLOAD_TYPE, payload), _ECDSA)
        body = {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": "00" * 32},
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                "signatures": [{"signature": _b64(signature), "verifier": _b64(_pem(certificate))}],
            },
        }
        return {
            **self._bundle(certificate, body),
            "dsseEnvelope": {
                "payload": _b64(payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": _b64(signature)}],
            },
        }

    def sign_file(self, data: bytes, subject: str = SUBJECT, issuer: str = ISSUER) -> dict[str, Any]:
        """A bundle over a file by itself."""
        key = _key(f"ephemeral {subject}")
        certificate = self.certificate(key, subject, issuer)
        digest = hashlib.sha256(data).digest()
        signature = key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        body = {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
                "signature": {
                    "content": _b64(signature),
                    "publicKey": {"content": _b64(_pem(certificate))},
                },
            },
        }
        return {
            **self._bundle(certificate, body),
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": _b64(digest)},
                "signature": _b64(signature),
            },
        }

    def certificate(
        self, key: ec.EllipticCurvePrivateKey, subject: str = SUBJECT, issuer: str = ISSUER
    ) -> x509.Certificate:
        """A leaf for ten minutes around :data:`SIGNED`, with its certificate timestamp."""
        plain = self._leaf(key, subject, issuer).sign(self.ca_key, hashes.SHA256())
        stamped = self._leaf(key, subject, issuer).add_extension(
            x509.UnrecognizedExtension(_SCT_LIST, self._sct(plain.tbs_certificate_bytes)), critical=False
        )
        return stamped.sign(self.ca_key, hashes.SHA256())

    def _authority(self, label: str) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{label} (fictional)")])
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.ca_key.public_key())
            .serial_number(1)
            .not_valid_before(_START)
            .not_valid_after(_END)
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.ca_key.public_key()), critical=False
            )
            .sign(self.ca_key, hashes.SHA256())
        )

    def _leaf(self, key: ec.EllipticCurvePrivateKey, subject: str, issuer: str) -> x509.CertificateBuilder:
        raw = issuer.encode()
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.ca.subject)
            .public_key(key.public_key())
            .serial_number(int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], "big") + 1)
            .not_valid_before(SIGNED - timedelta(minutes=1))
            .not_valid_after(SIGNED + timedelta(minutes=9))
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca_key.public_key()), critical=False
            )
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(subject)]), critical=True
            )
            .add_extension(
                x509.UnrecognizedExtension(_ISSUER_V2, bytes((0x0C, len(raw))) + raw), critical=False
            )
        )

    def _sct(self, tbs: bytes) -> bytes:
        """A signed certificate timestamp list, RFC 6962 section 3.2 and 3.3, as the extension's OCTET STRING."""
        stamp = int(SIGNED.timestamp() * 1000)
        entry = hashlib.sha256(_spki(self.ca_key)).digest() + len(tbs).to_bytes(3, "big") + tbs
        signature = self.ct_key.sign(
            struct.pack("!BBQH", 0, 0, stamp, 1) + entry + struct.pack("!H", 0), _ECDSA
        )
        sct = struct.pack("!B32sQH", 0, hashlib.sha256(_spki(self.ct_key)).digest(), stamp, 0)
        sct += struct.pack("!BBH", 4, 3, len(signature)) + signature
        listed = struct.pack("!HH", len(sct) + 2, len(sct)) + sct
        return (
            bytes((0x04, len(listed))) + listed
            if len(listed) < 128
            else bytes((0x04, 0x81, len(listed))) + listed
        )

    def _bundle(self, certificate: x509.Certificate, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": _b64(_der(certificate))},
                "tlogEntries": [self._entry(body)],
            },
        }

    def _entry(self, body: dict[str, Any]) -> dict[str, Any]:
        """The second of two leaves, with promise, proof and checkpoint."""
        leaf = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        first = hashlib.sha256(b"\x00another entry").digest()
        root = hashlib.sha256(b"\x01" + first + hashlib.sha256(b"\x00" + leaf).digest()).digest()
        log_id = hashlib.sha256(_spki(self.log_key)).digest()
        stamp = int(SIGNED.timestamp())
        promise = {"body": _b64(leaf), "integratedTime": stamp, "logID": log_id.hex(), "logIndex": 1}
        promised = json.dumps(promise, sort_keys=True, separators=(",", ":")).encode()
        note = f"log.example - 1\n2\n{_b64(root)}\n"
        signed = _b64(log_id[:4] + self.log_key.sign(note.encode(), _ECDSA))
        return {
            "logIndex": "1",
            "logId": {"keyId": _b64(log_id)},
            "kindVersion": {"kind": body["kind"], "version": "0.0.1"},
            "integratedTime": str(stamp),
            "inclusionPromise": {"signedEntryTimestamp": _b64(self.log_key.sign(promised, _ECDSA))},
            "inclusionProof": {
                "logIndex": "1",
                "rootHash": _b64(root),
                "treeSize": "2",
                "hashes": [_b64(first)],
                "checkpoint": {"envelope": f"{note}\n\u2014 log.example {signed}\n"},
            },
            "canonicalizedBody": _b64(leaf),
        }


def pep740(bundle: dict[str, Any]) -> dict[str, Any]:
    """The attestation object that says the same as a bundle over a statement."""
    envelope, material = bundle["dsseEnvelope"], bundle["verificationMaterial"]
    return {
        "version": 1,
        "verification_material": {
            "certificate": material["certificate"]["rawBytes"],
            "transparency_entries": material["tlogEntries"],
        },
        "envelope": {"statement": envelope["payload"], "signature": envelope["signatures"][0]["sig"]},
    }


def _key(label: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(label.encode()).digest()) >> 1, ec.SECP256R1())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _log(key: ec.EllipticCurvePrivateKey, url: str, period: dict[str, str]) -> dict[str, Any]:
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": _b64(_spki(key)),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": period,
        },
        "logId": {"keyId": _b64(hashlib.sha256(_spki(key)).digest())},
    }


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
