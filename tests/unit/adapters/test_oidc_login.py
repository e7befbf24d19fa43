"""Login at an issuer: what it is asked, and what of its answers is believed."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from tests.support.issuer import ISSUER, KEYS, TokenIssuer

from assay.adapters.oidc import Issuer, OidcIssuers
from assay.adapters.oidc_discovery import discover
from assay.adapters.oidc_login import Client, OidcLogin
from assay.errors import Malformed, Unavailable, Untrusted

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
CLIENT = Client(issuer=ISSUER, id="office+1", secret="p&s:w")
BACK = "https://office.example/login/back"
SAID: dict[str, Any] = {
    "issuer": ISSUER,
    "jwks_uri": KEYS,
    "authorization_endpoint": "https://ci.example/authorize?tenant=1",
    "token_endpoint": "https://ci.example/token",
}
SHARED = TokenIssuer()


class Site:
    """The issuer's pages. *answer*: what its token endpoint says to whoever brings the code ``good``."""

    def __init__(self, said: Mapping[str, Any] = SAID) -> None:
        self.said = dict(said)
        self.status, self.answer = 200, b""
        self.asked: list[tuple[str, dict[str, str], Mapping[str, str]]] = []
        self.tells(SHARED.token(NOW, aud="office+1", nonce="n"))

    def tells(self, token: object) -> None:
        self.answer = json.dumps({"access_token": "x", "id_token": token}).encode()

    def fetch(self, url: str) -> bytes:
        if url == f"{ISSUER}/.well-known/openid-configuration":
            return json.dumps(self.said).encode()
        return SHARED.fetch(url)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        form = dict(parse_qsl(body.decode()))
        self.asked.append((url, form, headers))
        return (self.status, self.answer) if form["code"] == "good" else (400, b'{"error": "invalid_grant"}')

    @property
    def login(self) -> OidcLogin:
        return OidcLogin([CLIENT], BACK, self.fetch, self.post)


def test_sends_the_browser_with_everything_it_needs() -> None:
    address = Site().login.address(ISSUER, state="s", nonce="n", verifier="v" * 43)
    assert address.startswith("https://ci.example/authorize?tenant=1&")
    proof = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).decode().rstrip("=")
    assert parse_qs(urlsplit(address).query) == {
        "tenant": ["1"], "response_type": ["code"], "client_id": ["office+1"], "redirect_uri": [BACK], "scope": ["openid"],
        "state": ["s"], "nonce": ["n"], "code_challenge": [proof], "code_challenge_method": ["S256"],
    }  # fmt: skip


def test_redeems_a_code() -> None:
    site = Site()
    claims = site.login.redeem(ISSUER, "good", verifier="v", now=NOW)
    assert (claims.issuer, claims.subject, claims.nonce) == (ISSUER, "repo:lighthouse/lantern", "n")
    ((url, form, headers),) = site.asked
    assert url == "https://ci.example/token"
    assert form == {
        "grant_type": "authorization_code", "code": "good", "redirect_uri": BACK, "client_id": "office+1", "code_verifier": "v",
    }  # fmt: skip
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"office%2B1:p%26s%3Aw"
    assert Client(issuer=ISSUER, id="x").authorization == {}


@pytest.mark.parametrize("code", ["bad", "", "\ud800", "é"])
def test_another_code_is_untrusted(code: str) -> None:
    with pytest.raises(Untrusted, match="answered 400"):
        Site().login.redeem(ISSUER, code or " ", verifier="v", now=NOW)
    with pytest.raises(Malformed, match="over 4096"):
        Site().login.redeem(ISSUER, "x" * 4097, verifier="v", now=NOW)


@pytest.mark.parametrize(
    "claims", [{"aud": "another"}, {"aud": ["office+1"], "azp": "another"}, {"exp": 5, "iat": 0}, {"iss": "https://x.example"}], ids=str
)  # fmt: skip
def test_a_token_for_somebody_else_is_untrusted(claims: dict[str, Any]) -> None:
    site = Site()
    site.tells(SHARED.token(NOW, **{"aud": "office+1", "nonce": "n"} | claims))
    with pytest.raises(Untrusted):
        site.login.redeem(ISSUER, "good", verifier="v", now=NOW)


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"id_token": 5}', b'{"id_token": "x"}'], ids=repr)
def test_an_answer_without_token_is_malformed(answer: bytes) -> None:
    site = Site()
    site.answer = answer
    with pytest.raises(Malformed):
        site.login.redeem(ISSUER, "good", verifier="v", now=NOW)


def test_an_issuer_in_trouble_is_unavailable() -> None:
    site = Site()
    site.status = 503
    with pytest.raises(Unavailable, match="answered 503"):
        site.login.redeem(ISSUER, "good", verifier="v", now=NOW)


def test_keys_are_found_by_asking_the_issuer() -> None:
    site = Site()
    issuers = OidcIssuers([Issuer(issuer=ISSUER, audiences=("https://office.example",))], site.fetch)
    issuers.verify(SHARED.token(NOW), NOW)


@pytest.mark.parametrize(
    "changed",
    [{"issuer": "https://other.example"}, {"issuer": None}, {"jwks_uri": "http://ci.example/keys"}, {"jwks_uri": 5},
     {"token_endpoint": "file:///etc/passwd"}],
    ids=str,
)  # fmt: skip
def test_a_description_of_another_is_unavailable(changed: dict[str, Any]) -> None:
    site = Site(SAID | changed)
    with pytest.raises(Unavailable):
        discover(ISSUER, site.fetch)
    issuers = OidcIssuers([Issuer(issuer=ISSUER, audiences=("https://office.example",))], site.fetch)
    with pytest.raises(Unavailable):
        issuers.verify(SHARED.token(NOW), NOW)


@pytest.mark.parametrize("name", ["jwks_uri", "authorization_endpoint", "token_endpoint"])
def test_a_description_without_what_is_needed_is_unavailable(name: str) -> None:
    site = Site({key: value for key, value in SAID.items() if key != name})
    with pytest.raises(Unavailable, match=r"names no|has no"):
        log_in(site)
    log_in(Site())


def log_in(site: Site) -> None:
    site.login.address(ISSUER, state="s", nonce="n", verifier="v")
    site.login.redeem(ISSUER, "good", verifier="v", now=NOW)
