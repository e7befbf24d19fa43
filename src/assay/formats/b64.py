"""Base64 in one spelling: decoding is the inverse of encoding, and of nothing else (RFC 4648 section 3.5)."""

import base64
import binascii

from assay.errors import Malformed


def encode(data: bytes) -> str:
    """Standard alphabet with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str, *, what: str) -> bytes:
    """Read what :func:`encode` writes; anything else is :class:`Malformed`."""
    return _decode(text, what=what, spelling="standard base64 with padding", url=False)


def decode_either(text: str, *, what: str) -> bytes:
    """Read the standard or the URL-safe alphabet, with padding, not a mixture of both."""
    url = "-" in text or "_" in text
    return _decode(text, what=what, spelling="standard or URL-safe base64 with padding", url=url)


def _decode(text: str, *, what: str, spelling: str, url: bool) -> bytes:
    problem = f"{what} is not {spelling}, in its one spelling"
    try:
        raw = text.encode("ascii")
        if url and (b"+" in raw or b"/" in raw):
            raise Malformed(problem)
        plain = raw.translate(_TO_STANDARD) if url else raw
        data = binascii.a2b_base64(plain)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed(problem) from error
    # Decoding skips what is not of the alphabet; writing again does not bring it back.
    if binascii.b2a_base64(data, newline=False) != plain:
        raise Malformed(problem)
    return data


_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
