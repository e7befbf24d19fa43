"""Sigstore bundles verified offline with the ``sigstore`` library, against a trusted root that was supplied.

Nothing is fetched: no TUF repository, no log, no certificate authority. The library is imported on first use, because
most installations never see a bundle.
"""

import hashlib
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.crypto.fulcio import Certificate, identity
from assay.errors import Malformed
from assay.evidence.statement import SigstoreAnswer
from assay.formats import strict_json
from assay.formats.dsse import Envelope
from assay.formats.sigstore_bundle import MessageSignature, SigstoreBundle
from assay.formats.text import shown
from assay.trust.root import Identity, Sigstore

if TYPE_CHECKING:
    from sigstore.verify import Verifier

MAX_ROOT = 16 * 1024 * 1024
MAX_REASON = 300

_SIGNING_CONFIG = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
_TRUST_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_OTHER_PAYLOAD = "the verifier read another payload"
_CONTRADICTIONS = (
    "DSSE: invalid signature",
    "Signature is invalid for input",
    "log entry payload hash does not match bundle",
    "log entry signatures do not match bundle",
    "transparency log entry is inconsistent with other materials",
    _OTHER_PAYLOAD,
)
"""What the library says when certificate, signature, payload and log entry of a bundle do not belong together.

Every other failure may be the trusted root's: one that is older than the log or of another instance. It says nothing
against the bundle.
"""


class OfflineSigstore:
    """A :class:`~assay.evidence.statement.SigstoreVerifier`.

    *roots* are trusted root files by SHA-256 (lower-case hexadecimal), for instances that a trust root names by digest.
    """

    def __init__(self, roots: Mapping[str, bytes] | None = None) -> None:
        self._roots = dict(roots or {})
        self._verifiers: dict[str, Verifier | str] = {}

    def verify(
        self, bundle: SigstoreBundle, instance: Sigstore, identities: tuple[Identity, ...]
    ) -> SigstoreAnswer:
        if not identities:
            return SigstoreAnswer(
                "unchecked", reason="the trust root accepts no Sigstore identity for such statements"
            )
        verifier = self._verifiers.get(instance.sha256)
        if verifier is None:
            verifier = self._verifiers[instance.sha256] = self._verifier(instance)
        if isinstance(verifier, str):
            return SigstoreAnswer("unchecked", reason=verifier)
        return _verify(verifier, bundle, identities)

    def _verifier(self, instance: Sigstore) -> "Verifier | str":
        """A verifier, or why there is none."""
        data = instance.trusted_root.encode() or self._roots.get(instance.sha256, b"")
        if not data:
            return f"no trusted root with SHA-256 {instance.sha256[:12]} was supplied"
        if hashlib.sha256(data).hexdigest() != instance.sha256:
            return f"the trusted root that was supplied does not have the SHA-256 {instance.sha256[:12]}"
        from sigstore.models import ClientTrustConfig  # noqa: PLC0415
        from sigstore.verify import Verifier  # noqa: PLC0415

        # It warns of odd bundles on standard error; the answer carries the reason.
        logging.getLogger("sigstore").setLevel(logging.CRITICAL)
        try:
            root = strict_json.load(data, what="trusted root", limit=MAX_ROOT)
            # The library reads a trusted root from memory only inside a client configuration.
            config = {
                "mediaType": _TRUST_CONFIG,
                "trustedRoot": root,
                "signingConfig": {"mediaType": _SIGNING_CONFIG},
            }
            return Verifier(
                trusted_root=ClientTrustConfig.from_json(strict_json.encode(config).decode()).trusted_root
            )
        except Exception as error:  # noqa: BLE001 - a foreign file in a foreign library; the cause becomes the reason
            return f"the trusted root cannot be used: {_said(error)}"


class _Seen:
    """A verification policy that lets every certificate pass and keeps it; the identity is judged afterwards.

    The library calls it once chain and certificate timestamp have verified, so it also tells how far that came.
    """

    def __init__(self) -> None:
        self.certificate: Certificate | None = None

    def verify(self, cert: Certificate) -> None:
        self.certificate = cert


def _verify(verifier: "Verifier", bundle: SigstoreBundle, identities: tuple[Identity, ...]) -> SigstoreAnswer:
    from sigstore.errors import CertValidationError, VerificationError  # noqa: PLC0415

    seen = _Seen()
    try:
        _run(verifier, bundle, seen)
    except CertValidationError as error:
        reason = f"its certificate was not issued under the trusted root: {_said(error)}"
        return SigstoreAnswer("unknown_signer", reason=reason)
    except VerificationError as error:
        reason = _said(error)
        if seen.certificate is not None and reason.startswith(_CONTRADICTIONS):
            return SigstoreAnswer("invalid", reason=reason)
        return SigstoreAnswer("unchecked", reason=f"it does not verify under the trusted root: {reason}")
    except Exception as error:  # noqa: BLE001 - hostile bytes in a foreign library; nothing is known, with the cause
        return SigstoreAnswer("unchecked", reason=f"the verifier cannot read it: {_said(error)}")
    if seen.certificate is None:
        return SigstoreAnswer("unchecked", reason="the verifier did not look at the certificate")
    return _judge(seen.certificate, identities)


def _run(verifier: "Verifier", bundle: SigstoreBundle, policy: _Seen) -> None:
    from sigstore.errors import VerificationError  # noqa: PLC0415
    from sigstore.hashes import Hashed  # noqa: PLC0415
    from sigstore.models import Bundle  # noqa: PLC0415
    from sigstore_models.common.v1 import HashAlgorithm  # noqa: PLC0415

    parsed = Bundle.from_json(bundle.data)
    content: Envelope | MessageSignature = bundle.content
    if isinstance(content, Envelope):
        if verifier.verify_dsse(parsed, policy) != (content.payload_type, content.payload):
            raise VerificationError(_OTHER_PAYLOAD)
    else:
        algorithms: dict[str, Any] = {"sha256": HashAlgorithm.SHA2_256}
        if content.digest.algorithm not in algorithms:
            raise ValueError(f"signatures over {content.digest.algorithm} are not verified")
        hashed = Hashed(algorithm=algorithms[content.digest.algorithm], digest=content.digest.raw)
        verifier.verify_artifact(hashed, parsed, policy)


def _judge(certificate: Certificate, identities: tuple[Identity, ...]) -> SigstoreAnswer:
    try:
        issuer, subject = identity(certificate)
    except Malformed as error:
        return SigstoreAnswer("unknown_signer", reason=str(error))
    if any(one.matches(issuer, subject) for one in identities):
        return SigstoreAnswer("verified", subject, issuer)
    reason = f"signed by {shown(subject, 120)} of {shown(issuer, 80)}, an identity that the trust root does not accept"
    return SigstoreAnswer("unknown_signer", subject, issuer, reason)


def _said(error: BaseException) -> str:
    return shown(f"{error}" or type(error).__name__, MAX_REASON)
