"""Identity tokens: whose are believed, and which are not."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.support.issuer import AUDIENCE, CONFIGURED, ISSUER, TokenIssuer, public

from assay.adapters.http_client import HttpClient
from assay.adapters.oidc import Issuer, OidcIssuers
from assay.adapters.oidc_discovery import over_http
from assay.errors import Malformed, Unavailable, Untrusted

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SHARED = TokenIssuer()
LISTENING = OidcIssuers([CONFIGURED], SHARED.fetch)
TOKENS = [SHARED.token(NOW, algorithm) for algorithm in ("ES256", "EdDSA", "RS256")]


@pytest.fixture
def issuer() -> TokenIssuer:
    made = TokenIssuer.__new__(TokenIssuer)
    made.__dict__ |= SHARED.__dict__ | {"private": dict(SHARED.private), "fetched": 0}
    return made


@pytest.fixture
def issuers(issuer: TokenIssuer) -> OidcIssuers:
    return OidcIssuers([CONFIGURED], issuer.fetch)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_believes_what_an_issuer_signed(issuer: TokenIssuer, issuers: OidcIssuers, algorithm: str) -> None:
    claims = issuers.verify(issuer.token(NOW, algorithm), NOW)
    assert (claims.issuer, claims.subject, claims.audiences, claims.id) == (
        ISSUER, "repo:lighthouse/lantern", (AUDIENCE,), "1",
    )  # fmt: skip
    assert claims.expires == NOW + timedelta(minutes=5)
    assert claims.values["repository"] == "lighthouse/lantern"
    assert (claims.values["ref_protected"], claims.values["run_id"]) == ("true", "12")
    assert "labels" not in claims.values


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["x", "other"]},
        {"exp": SECONDS + 0.5},
        {"nbf": None},
        {"jti": None, "sub": None},
        {"exp": SECONDS - 59, "iat": SECONDS - 300},
        {"iat": SECONDS + 60, "nbf": SECONDS + 60},
        {"exp": SECONDS + 24 * 3600},
    ],
    ids=str,
)
def test_believes(issuer: TokenIssuer, issuers: OidcIssuers, claims: dict[str, Any]) -> None:
    issuers.verify(issuer.token(NOW, **claims), NOW)


@pytest.mark.parametrize(
    ("claims", "match"),
    [
        ({"iss": "https://evil.example"}, "does not listen"),
        ({"iss": ISSUER + "/"}, "does not listen"),
        ({"iss": None}, "does not listen"),
        ({"aud": "https://evil.example"}, "is for"),
        ({"aud": AUDIENCE + "/"}, "is for"),
        ({"aud": None}, "is for"),
        ({"aud": []}, "is for"),
        ({"aud": [AUDIENCE, 5]}, "is for"),
        ({"aud": {AUDIENCE: 1}}, "is for"),
        ({"exp": SECONDS - 60}, "expired"),
        ({"exp": None}, "expected seconds"),
        ({"exp": "tomorrow"}, "expected seconds"),
        ({"exp": True}, "expected seconds"),
        ({"exp": 10**15}, "expected seconds"),
        ({"exp": 10**400}, "expected seconds"),
        ({"exp": 10**4000 * 7}, "expected seconds"),
        ({"exp": -1}, "expected seconds"),
        ({"exp": float("inf")}, "expected seconds|payload"),
        ({"iss": 10**4000 * 7}, "does not listen"),
        ({"aud": 10**4000 * 7}, "is for"),
        ({"jti": 10**4000 * 7}, "jti"),
        ({"exp": SECONDS + 24 * 3600 + 1}, "lasts over"),
        ({"iat": SECONDS + 61}, "not good yet"),
        ({"iat": None}, "expected seconds"),
        ({"nbf": SECONDS + 61}, "not good yet"),
        ({"nbf": "now"}, "expected seconds"),
    ],
    ids=lambda value: str(value)[:30] if not isinstance(value, dict) else "-".join(value),
)
def test_does_not_believe(
    issuer: TokenIssuer, issuers: OidcIssuers, claims: dict[str, Any], match: str
) -> None:
    # The library itself refuses to write some of these.
    token = sign(issuer, claims)
    issuers.verify(sign(issuer, {}), NOW)
    with pytest.raises((Untrusted, Malformed), match=match):
        issuers.verify(token, NOW)


def sign(issuer: TokenIssuer, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    """As ``token`` does, whatever the claims are."""
    plain = jwt.decode(issuer.token(NOW), options={"verify_signature": False})
    said = {name: value for name, value in (plain | claims).items() if value is not None}
    heads = {"alg": "ES256", "typ": "JWT", "kid": "ES256"} | (header or {})
    start = ".".join(b64(json.dumps(one).encode()) for one in (heads, said))
    algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
    return f"{start}.{b64(algorithm.sign(start.encode(), issuer.private['ES256']))}"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def confused(issuer: TokenIssuer) -> str:
    """Signed with the public key as if it were a shared secret."""
    import hashlib
    import hmac

    text = issuer.private["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    start = ".".join(sign(issuer, {}, {"alg": "HS256", "kid": "RS256"}).split(".")[:2])
    return f"{start}.{b64(hmac.new(text, start.encode(), hashlib.sha256).digest())}"


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ({"alg": "none"}, "'none'"),
        ({"alg": "None"}, "'None'"),
        ({"alg": "HS256"}, "'HS256'"),
        ({"alg": "RS256"}, "'RS256' under key 'ES256'"),
        ({"alg": "ES384"}, "'ES384'"),
        ({"alg": None}, "under key"),
        ({"alg": ["ES256"]}, "under key"),
        ({"kid": "other"}, "under key 'other'"),
        ({"kid": None}, "under key no text"),
        ({"kid": 10**4000 * 7}, "under key no text"),
        ({"kid": ["ES256"]}, "under key"),
        ({"crit": ["exp"]}, "extension"),
        ({"b64": False, "crit": ["b64"]}, "extension"),
        ({"typ": "at+jwt"}, "expected 'JWT'"),
        ({"typ": 5}, "expected 'JWT'"),
    ],
    ids=lambda value: str(value)[:30] if not isinstance(value, dict) else "-".join(value),
)
def test_the_header_chooses_nothing(
    issuer: TokenIssuer, issuers: OidcIssuers, header: dict[str, Any], match: str
) -> None:
    with pytest.raises(Untrusted, match=match):
        issuers.verify(sign(issuer, {}, header), NOW)


def test_neither_none_nor_a_confused_key_signs(issuer: TokenIssuer, issuers: OidcIssuers) -> None:
    bare = jwt.encode({"iss": ISSUER}, "", "none")
    for token in (bare, confused(issuer), sign(issuer, {}).rpartition(".")[0] + "."):
        with pytest.raises(Untrusted):
            issuers.verify(token, NOW)


def test_a_token_without_key_id_is_by_the_only_one_of_its_algorithm(
    issuer: TokenIssuer, issuers: OidcIssuers
) -> None:
    token = jwt.encode(
        jwt.decode(issuer.token(NOW), options={"verify_signature": False}), issuer.private["ES256"], "ES256"
    )
    issuers.verify(token, NOW)
    issuer.private["second"] = jwt.algorithms.ECAlgorithm.from_jwk(_fresh_ec())
    with pytest.raises(Untrusted):
        OidcIssuers([CONFIGURED], issuer.fetch).verify(token, NOW)


def _fresh_ec() -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import ec

    found: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(
        ec.generate_private_key(ec.SECP256R1()), as_dict=True
    )
    return found


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "e30.e30", "e30.e30.e30.e30", "e30.bnVsbA.", "é.e30.e30", "e30." + "A" * 20_000 + ".x",
     b64(b'{"alg":"ES256","alg":"none"}') + ".e30.x"],
)  # fmt: skip
def test_what_is_no_token_is_malformed_or_untrusted(issuers: OidcIssuers, token: str) -> None:
    with pytest.raises((Malformed, Untrusted)):
        issuers.verify(token, NOW)


@given(st.data())
def test_a_changed_character_is_refused(data: st.DataObject) -> None:
    token = data.draw(st.sampled_from(TOKENS))
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AQgw_-.=+/ é\0"))
    changed = token[:at] + other + token[at + 1 :]
    parts = [jwt.utils.base64url_decode(part) for part in token.split(".")]
    try:
        same = [jwt.utils.base64url_decode(part) for part in changed.split(".")] == parts
    except ValueError:
        same = False
    # The last character of a part may be spelt in several ways; header and payload are signed as they are spelt.
    if changed == token or (same and changed.rpartition(".")[0] == token.rpartition(".")[0]):
        return
    with pytest.raises((Malformed, Untrusted)):
        LISTENING.verify(changed, NOW)


def test_keys_are_asked_for_once_an_hour(issuer: TokenIssuer, issuers: OidcIssuers) -> None:
    for minutes in (0, 30, 59):
        issuers.verify(issuer.token(NOW, exp=SECONDS + 7200), NOW + timedelta(minutes=minutes))
    assert issuer.fetched == 1
    issuers.verify(issuer.token(NOW, exp=SECONDS + 7200), NOW + timedelta(minutes=60))
    assert issuer.fetched == 2


def test_a_new_key_is_asked_for_once(issuer: TokenIssuer, issuers: OidcIssuers) -> None:
    issuers.verify(issuer.token(NOW), NOW)
    former = issuer.token(NOW, exp=SECONDS + 7200)
    issuer.rotate("ES256", "next")
    later = NOW + timedelta(minutes=2)
    issuers.verify(issuer.token(later, kid="next"), later)
    assert issuer.fetched == 2
    with pytest.raises(Untrusted):
        issuers.verify(former, later)


def test_unknown_keys_do_not_make_it_ask_and_ask(issuer: TokenIssuer, issuers: OidcIssuers) -> None:
    for _ in range(20):
        with pytest.raises(Untrusted):
            issuers.verify(sign(issuer, {}, {"kid": "unknown"}), NOW)
    assert issuer.fetched == 1
    with pytest.raises(Untrusted):
        issuers.verify(sign(issuer, {}, {"kid": "unknown"}), NOW + timedelta(minutes=1))
    assert issuer.fetched == 2


def test_no_keys_is_unavailable_never_a_refusal(issuer: TokenIssuer, issuers: OidcIssuers) -> None:
    issuer.down = True
    with pytest.raises(Unavailable, match=r"the keys of https://ci\.example: connection refused"):
        issuers.verify(issuer.token(NOW), NOW)
    issuer.down = False
    issuers.verify(issuer.token(NOW), NOW)
    issuer.down = True
    issuers.verify(issuer.token(NOW), NOW)
    with pytest.raises(Unavailable):
        issuers.verify(issuer.token(NOW, exp=SECONDS + 7200), NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b"[]", b"{}", b'{"keys": {}}', b'{"keys": [], "keys": []}', b'{"keys": [' + b"{}," * 200 + b"{}]}",
     b" " * 300_000],
    ids=lambda data: repr(data[:12]),
)  # fmt: skip
def test_a_key_set_that_is_none_is_unavailable(
    issuer: TokenIssuer, issuers: OidcIssuers, document: bytes
) -> None:
    issuer.document = document
    with pytest.raises(Unavailable, match="not what was expected"):
        issuers.verify(issuer.token(NOW), NOW)


def test_keys_that_it_cannot_use_are_passed_over(issuer: TokenIssuer, issuers: OidcIssuers) -> None:
    good = public("ES256", issuer.private["ES256"])
    weak = public("RS256", rsa.generate_private_key(65537, 1024))
    others: list[Any] = [
        5, {}, {"kty": "oct", "k": "AAAA", "kid": "ES256"}, {"kty": "EC", "crv": "P-384"}, {"kty": "EC", "crv": "P-256"},
        {"kty": "EC", "crv": []}, {"kty": []}, good | {"use": "enc"}, good | {"alg": "ES384"}, good | {"x": "AAAA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "EdDSA"}, weak,
    ]  # fmt: skip
    issuer.document = json.dumps({"keys": [*others, good]}).encode()
    issuers.verify(issuer.token(NOW), NOW)
    for algorithm in ("RS256", "EdDSA"):
        with pytest.raises(Untrusted):
            issuers.verify(issuer.token(NOW, algorithm), NOW)


def test_two_keys_of_one_name_are_neither(issuer: TokenIssuer, issuers: OidcIssuers) -> None:
    good = public("ES256", issuer.private["ES256"])
    issuer.document = json.dumps({"keys": [good, good]}).encode()
    with pytest.raises(Untrusted):
        issuers.verify(issuer.token(NOW), NOW)


def test_an_issuer_is_configured_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        OidcIssuers([CONFIGURED, Issuer(issuer=ISSUER, keys="x", audiences=())], SHARED.fetch)


def test_over_http_nobody_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        over_http(HttpClient(timeout_s=1))("http://127.0.0.1:9/keys")
