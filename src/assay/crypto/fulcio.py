"""Who a Fulcio certificate was issued to (Fulcio's certificate specification and oid-info.md)."""

from cryptography.x509 import (
    Certificate,
    ObjectIdentifier,
    OtherName,
    RFC822Name,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    UnrecognizedExtension,
)
from cryptography.x509.extensions import ExtensionNotFound

from assay.errors import Malformed

__all__ = ["Certificate", "identity"]

_ISSUER_V1 = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
"""The bare text of the issuer; deprecated."""
_ISSUER_V2 = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
"""The issuer as a DER UTF8String."""
_USERNAME = ObjectIdentifier("1.3.6.1.4.1.57264.1.7")


def identity(certificate: Certificate) -> tuple[str, str]:
    """(OIDC issuer, subject). The certificate is verified elsewhere."""
    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound as error:
        raise Malformed("the certificate has no subject alternative name") from error
    except ValueError as error:
        raise Malformed(f"the certificate's extensions cannot be read: {error}") from error
    subjects = [
        _subject(name)
        for name in names
        if isinstance(name, RFC822Name | UniformResourceIdentifier | OtherName)
    ]
    if len(subjects) != 1 or len(list(names)) != 1 or not subjects[0]:
        raise Malformed(
            f"the certificate has {len(list(names))} subject alternative names, expected one identity"
        )
    return _issuer(certificate), subjects[0]


def _subject(name: RFC822Name | UniformResourceIdentifier | OtherName) -> str:
    if isinstance(name, OtherName):
        return _utf8(name.value, "the certificate's username") if name.type_id == _USERNAME else ""
    return name.value


def _issuer(certificate: Certificate) -> str:
    found = {
        one.oid: one.value for one in certificate.extensions if isinstance(one.value, UnrecognizedExtension)
    }
    current, old = found.get(_ISSUER_V2), found.get(_ISSUER_V1)
    if isinstance(current, UnrecognizedExtension):
        return _utf8(current.value, "the certificate's issuer extension")
    if isinstance(old, UnrecognizedExtension):
        return _decoded(old.value, "the certificate's issuer extension")
    raise Malformed("the certificate does not say which OIDC issuer vouched for its subject")


def _utf8(der: bytes, what: str) -> str:
    """A DER UTF8String of up to 65,535 bytes."""
    for header in (2, 3, 4):
        body = der[header:]
        if body and der[:header] == _header(len(body)):
            return _decoded(body, what)
    raise Malformed(f"{what} is not a DER UTF8String")


def _header(length: int) -> bytes:
    if length < 0x80:
        return bytes((0x0C, length))
    size = (length.bit_length() + 7) // 8
    return bytes((0x0C, 0x80 | size)) + length.to_bytes(size, "big")


def _decoded(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8") from error
