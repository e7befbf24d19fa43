"""URLs of servers: ``http`` or ``https``, of plain characters."""

import re
from urllib.parse import SplitResult, quote, urlsplit

from assay.errors import Malformed
from assay.formats.text import shown

MAX_URL = 2000
_HOST = re.compile(r"[A-Za-z0-9._:-]+\Z")
_SAFE = "%:/?#[]@!$&'()*+,;=~-._"


def parse_url(url: str) -> SplitResult:
    """An ``http`` or ``https`` URL without user name, fragment or characters that do not belong; else :class:`Malformed`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Malformed(f"URL {shown(url, 100)!r}: {error}") from error
    if (
        len(url) > MAX_URL
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or parts.fragment
        or port == 0
        or quote(url, safe=_SAFE) != url
        or not _HOST.match(parts.hostname)
        or ("[" in parts.netloc) != (":" in parts.hostname)
    ):
        raise Malformed(f"{shown(url, 100)!r} is not an http or https URL of plain characters")
    return parts
