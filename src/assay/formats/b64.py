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
    altchars = b"-_" if url else b"+/"
    try:
        raw = text.encode("ascii")
        data = base64.b64decode(raw, altchars=altchars, validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise Malformed(f"{what} is not {spelling}, in its one spelling") from error
    if base64.b64encode(data, altchars) != raw:
        raise Malformed(f"{what} is not {spelling}, in its one spelling")
    return data
