"""What an issuer says of itself (OpenID Connect discovery 1.0), and how its documents are fetched."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from assay.adapters.http_client import HttpClient
from assay.errors import AssayError, Malformed, Unavailable
from assay.formats import strict_json
from assay.formats.text import shown

MAX_DOCUMENT = 256 * 1024
Fetch = Callable[[str], bytes]
"""The document at a URL, up to MAX_DOCUMENT bytes. Unavailable."""


class Endpoints(msgspec.Struct, frozen=True):
    keys: str
    """URL of its keys."""
    authorization: str
    """URL of the page to log in at; empty where there is none, as at issuers for CI jobs."""
    token: str
    """URL where a code is redeemed; empty where there is none."""


def discover(issuer: str, fetch: Fetch) -> Endpoints:
    """Unavailable when it does not answer, or not as *issuer*."""
    what = f"the description of {issuer}"
    try:
        said = strict_json.decode(
            fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration"),
            dict[str, Any],
            what=what,
            limit=MAX_DOCUMENT,
        )
        if said.get("issuer") != issuer:
            raise Malformed(f"{what} is of another issuer")
        if "jwks_uri" not in said:
            raise Malformed(f"{what} has no jwks_uri")
        return Endpoints(
            keys=_url(said, "jwks_uri", issuer, what),
            authorization=_url(said, "authorization_endpoint", issuer, what),
            token=_url(said, "token_endpoint", issuer, what),
        )
    except Unavailable:
        raise
    except AssayError as error:
        raise Unavailable(f"{error}") from error


def over_http(client: HttpClient) -> Fetch:
    def fetch(url: str) -> bytes:
        answer = client.get(url, limit=MAX_DOCUMENT)
        if answer.status != 200:
            raise Unavailable(f"{shown(url, 200)} answered {answer.status}, expected 200")
        return answer.body

    return fetch


def _url(said: dict[str, Any], name: str, issuer: str, what: str) -> str:
    """An issuer on https names no address without TLS."""
    value = said.get(name, "")
    if not isinstance(value, str):
        raise Malformed(f"{what}: {name} is no text")
    if value and urlsplit(value).scheme not in {"https", urlsplit(issuer).scheme}:
        raise Malformed(f"{what}: {name} is {shown(value, 80)!r}, expected https")
    return value
