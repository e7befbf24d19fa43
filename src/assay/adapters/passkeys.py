"""Passkeys by the ``webauthn`` library: user verification always, attestation never (WebAuthn level 3, sections 7.1 and 7.2)."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_attestation_object
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from assay.errors import Malformed, Untrusted
from assay.formats import strict_json
from assay.formats.text import shown
from assay.office.identity.account import Passkey
from assay.office.identity.ports import Enrolled

MAX_ANSWER = 64 * 1024
MAX_ID = 1023
"""Bytes of a credential's id (section 5.8.3)."""
TIMEOUT_MS = 5 * 60 * 1000
ALGORITHMS = [
    Algorithm.ML_DSA_65,
    Algorithm.ML_DSA_44,
    Algorithm.EDDSA,
    Algorithm.ECDSA_SHA_256,
    Algorithm.RSASSA_PKCS1_v1_5_SHA_256,
]
"""In the order of preference."""
_VERIFIED = UserVerificationRequirement.REQUIRED
_THEIRS = (
    WebAuthnException, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, struct.error, RecursionError,
)  # fmt: skip
"""What the library lets out over hostile input."""


class WebAuthnPasskeys:
    """*site*: the domain that passkeys belong to. *origins*: where its pages may be, as ``https://office.example``."""

    def __init__(self, *, site: str, name: str, origins: Sequence[str]) -> None:
        if not origins:
            raise ValueError("a site without origins has no pages")
        self._site, self._name, self._origins = site, name, list(origins)

    def creation(
        self, challenge: bytes, *, account: str, name: str, label: str, known: Sequence[str]
    ) -> bytes:
        options = webauthn.generate_registration_options(
            rp_id=self._site,
            rp_name=self._name,
            user_id=account.encode(),
            user_name=name,
            user_display_name=label,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            exclude_credentials=_descriptors(known),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            supported_pub_key_algs=ALGORITHMS,
        )
        return webauthn.options_to_json(options).encode()

    def created(self, answer: bytes, challenge: bytes) -> Enrolled:
        credential = _credential(answer)
        with _refusals():
            _check_client(credential)
            _check_attestation(credential)
            verified = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origins,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
        if len(verified.credential_id) > MAX_ID:
            raise Malformed(f"the passkey's id has {len(verified.credential_id)} bytes, over {MAX_ID}")
        return Enrolled(
            id=bytes_to_base64url(verified.credential_id),
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            synced=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        )

    def request(self, challenge: bytes, *, known: Sequence[str] = ()) -> bytes:
        options = webauthn.generate_authentication_options(
            rp_id=self._site,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=_descriptors(known),
            user_verification=_VERIFIED,
        )
        return webauthn.options_to_json(options).encode()

    def named(self, answer: bytes) -> str:
        name = _credential(answer).get("id")
        if not isinstance(name, str) or len(name) > 2 * MAX_ID or not name.isascii():
            raise Malformed("the answer names no passkey")
        return name

    def confirmed(self, answer: bytes, challenge: bytes, passkey: Passkey) -> int:
        credential = _credential(answer)
        with _refusals():
            _check_client(credential)
            _check_holder(credential, passkey.account)
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origins,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        if bytes_to_base64url(verified.credential_id) != passkey.id:
            raise Untrusted("the answer is by another passkey")
        return verified.new_sign_count


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except _THEIRS as error:
        raise Untrusted(f"the passkey's answer does not hold: {shown(str(error), 200)}") from error


def _credential(answer: bytes) -> dict[str, Any]:
    return strict_json.decode(answer, dict[str, Any], what="the passkey's answer", limit=MAX_ANSWER)


def _check_client(credential: dict[str, Any]) -> None:
    """Not from inside another site's page (section 7.1 step 10, 7.2 step 14)."""
    data = base64url_to_bytes(credential["response"]["clientDataJSON"])
    client = strict_json.decode(data, dict[str, Any], what="clientDataJSON", limit=MAX_ANSWER)
    if client.get("crossOrigin", False) is not False or "topOrigin" in client:
        raise Untrusted("the passkey was used inside another site's page")


def _check_attestation(credential: dict[str, Any]) -> None:
    """None was asked for: what comes is none, or the key's own signature. Certificates are not read."""
    made = parse_attestation_object(base64url_to_bytes(credential["response"]["attestationObject"]))
    if made.fmt not in ("none", "packed") or made.att_stmt.x5c:
        raise Untrusted(f"an attestation of form {shown(str(made.fmt), 40)!r}, expected none")


def _check_holder(credential: dict[str, Any], account: str) -> None:
    """Section 7.2 step 6."""
    holder = credential["response"].get("userHandle")
    if holder is not None and base64url_to_bytes(holder) != account.encode():
        raise Untrusted("the passkey says that it is another account's")


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]
