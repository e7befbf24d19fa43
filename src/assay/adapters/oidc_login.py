"""Login of people at an issuer: OpenID Connect core 1.0, section 3.1 (authorization code), with PKCE (RFC 7636)."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

import msgspec

from assay.adapters.http_client import HttpClient
from assay.adapters.oidc import Issuer, OidcIssuers
from assay.adapters.oidc_discovery import MAX_DOCUMENT, Fetch, discover
from assay.errors import Malformed, Unavailable, Untrusted
from assay.formats import strict_json
from assay.office.identity.ports import Claims

FORM = "application/x-www-form-urlencoded"
MAX_CODE = 4096
Post = Callable[[str, bytes, Mapping[str, str]], tuple[int, bytes]]
"""Status and body that a URL answers a form with, given with headers. Unavailable."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer knows the office as."""

    issuer: str
    id: str
    secret: str = ""

    @property
    def authorization(self) -> dict[str, str]:
        """RFC 6749 section 2.3.1."""
        if not self.secret:
            return {}
        pair = f"{quote_plus(self.id)}:{quote_plus(self.secret)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


class OidcLogin:
    """*back*: URL of the office's page that the browser comes back to."""

    def __init__(self, clients: Sequence[Client], back: str, fetch: Fetch, post: Post) -> None:
        self._clients = {one.issuer: one for one in clients}
        self._back, self._fetch, self._post = back, fetch, post
        self._tokens = OidcIssuers([Issuer(issuer=one.issuer, audiences=(one.id,)) for one in clients], fetch)

    def issuers(self) -> tuple[str, ...]:
        return tuple(self._clients)

    def address(self, issuer: str, *, state: str, nonce: str, verifier: str) -> str:
        page = discover(issuer, self._fetch).authorization
        if not page:
            raise Unavailable(f"{issuer} names no page to log in at")
        proof = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self._clients[issuer].id,
            "redirect_uri": self._back,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": proof,
            "code_challenge_method": "S256",
        }
        return f"{page}{'&' if '?' in page else '?'}{urlencode(asked)}"

    def redeem(self, issuer: str, code: str, *, verifier: str, now: datetime) -> Claims:
        client = self._clients[issuer]
        if len(code) > MAX_CODE:
            raise Malformed(f"the code has {len(code)} characters, over {MAX_CODE}")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": client.id,
            "code_verifier": verifier,
        }
        # A code may hold anything: what is no UTF-8 is sent as a question mark, and refused there.
        body = urlencode(form, errors="replace").encode()
        where = discover(issuer, self._fetch).token
        if not where:
            raise Unavailable(f"{issuer} names no place to redeem codes at")
        status, answer = self._post(where, body, client.authorization)
        if status != 200:
            raise (Untrusted if 400 <= status < 500 else Unavailable)(
                f"{issuer} answered {status}, expected 200"
            )
        said = strict_json.decode(answer, dict[str, Any], what=f"the answer of {issuer}", limit=MAX_DOCUMENT)
        token = said.get("id_token")
        if not isinstance(token, str):
            raise Malformed(f"the answer of {issuer} has no id_token")
        claims = self._tokens.verify(token, now)
        if claims.values.get("azp", client.id) != client.id:
            raise Untrusted(f"the token was given to another client of {issuer}")
        return claims


def form_over_http(client: HttpClient) -> Post:
    def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        answer = client.post(url, body, limit=MAX_DOCUMENT, content_type=FORM, headers=headers)
        return answer.status, answer.body

    return post
