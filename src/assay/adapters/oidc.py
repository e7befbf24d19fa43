"""Identity tokens (OpenID Connect core 1.0, section 2) of issuers that the office listens to, verified with their published keys."""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import msgspec

from assay.adapters.oidc_discovery import MAX_DOCUMENT, Fetch, discover
from assay.errors import AssayError, Malformed, Unavailable, Untrusted
from assay.formats import strict_json
from assay.formats.text import shown
from assay.office.identity.ports import Claims

MAX_TOKEN = 16 * 1024
MAX_KEYS = 100
MIN_RSA_BITS = 2048
LEEWAY = timedelta(seconds=60)
"""By which clocks may differ."""
MAX_LIFE = timedelta(hours=24)
MAX_SECONDS = 253_402_300_799
"""The last second of the year 9999."""
KEEP = timedelta(hours=1)
"""How long an issuer's keys are good without asking again."""
AGAIN = timedelta(minutes=1)
"""How soon a token with an unknown key makes the office ask again."""
_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
"""By type and curve of the key: a token's header does not choose. There is no symmetric one, and no ``none``."""
_JWS = jwt.PyJWS(algorithms=list(_ALGORITHMS.values()))
_THEIRS = (jwt.PyJWTError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What the library lets out over hostile input."""


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    issuer: str
    """As its tokens say it in ``iss``."""
    audiences: tuple[str, ...]
    """What its tokens may be for; one of them suffices."""
    keys: str = ""
    """URL of its keys, a JSON Web Key Set; empty: as the issuer itself says."""


class _Key(msgspec.Struct, frozen=True):
    id: str
    algorithm: str
    key: jwt.PyJWK


class _Known(msgspec.Struct, frozen=True):
    at: datetime
    keys: tuple[_Key, ...]


class OidcIssuers:
    """Any thread."""

    def __init__(self, issuers: Sequence[Issuer], fetch: Fetch) -> None:
        self._issuers: Mapping[str, Issuer] = {one.issuer: one for one in issuers}
        if len(self._issuers) != len(issuers):
            raise ValueError("an issuer is named twice")
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    @property
    def read(self) -> Mapping[str, tuple[str, ...]]:
        return {one.issuer: one.audiences for one in self._issuers.values()}

    def verify(self, token: str, now: datetime) -> Claims:
        header, unverified = _open(token)
        name = unverified.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise Untrusted(f"the token is by {_told(name)}, whom this office does not listen to")
        key = self._key(issuer, header, now)
        try:
            signed = _JWS.decode_complete(token, key=key.key, algorithms=[key.algorithm])["payload"]
        except _THEIRS as error:
            raise Untrusted(f"the token's signature does not verify: {shown(str(error))}") from error
        return _claims(_object(signed, "the token's payload"), issuer, now)

    def _key(self, issuer: Issuer, header: Mapping[str, Any], now: datetime) -> _Key:
        """Asks the issuer again, once, when the key is not among those that are known."""
        for again in (False, True):
            found = _chosen(self._keys(issuer, now, again=again), header)
            if found is not None:
                return found
        raise Untrusted(
            f"the token is signed with {_told(header.get('alg'))} under key {_told(header.get('kid'))}, "
            f"which is none that {issuer.issuer} publishes and this office accepts"
        )

    def _keys(self, issuer: Issuer, now: datetime, *, again: bool) -> tuple[_Key, ...]:
        with self._lock:
            known = self._known.get(issuer.issuer)
        if known is not None and timedelta() <= now - known.at < (AGAIN if again else KEEP):
            return known.keys
        # Without the lock: who waits for one issuer does not keep those of another waiting.
        try:
            keys = _published(self._fetch(issuer.keys or discover(issuer.issuer, self._fetch).keys))
        except Unavailable as error:
            raise Unavailable(f"the keys of {issuer.issuer}: {error}") from error
        except AssayError as error:
            raise Unavailable(f"the keys of {issuer.issuer} are not what was expected: {error}") from error
        with self._lock:
            self._known[issuer.issuer] = _Known(now, keys)
        return keys


def _open(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload, of which nothing is verified."""
    if len(token) > MAX_TOKEN or not token.isascii() or token.count(".") != 2:
        raise Malformed(f"the token is not a signed JSON Web Token of up to {MAX_TOKEN} characters")
    try:
        parts = [jwt.utils.base64url_decode(part) for part in token.split(".")[:2]]
    except ValueError as error:
        raise Malformed("the token is not of URL-safe base64") from error
    header, payload = (
        _object(part, f"the token's {what}") for part, what in zip(parts, ("header", "payload"), strict=True)
    )
    if "crit" in header or "b64" in header:
        raise Untrusted("the token's header asks for an extension that this office does not know")
    if header.get("typ", "JWT") not in ("JWT", "jwt"):
        raise Untrusted(f"the token is of type {_told(header['typ'])}, expected 'JWT'")
    return header, payload


def _object(data: bytes, what: str) -> dict[str, Any]:
    return strict_json.decode(data, dict[str, Any], what=what, limit=MAX_TOKEN)


def _chosen(keys: Sequence[_Key], header: Mapping[str, Any]) -> _Key | None:
    """The key that the header names; the only one of its algorithm when it names none."""
    able = [one for one in keys if one.algorithm == header.get("alg")]
    named = [one for one in able if one.id == header["kid"]] if "kid" in header else able
    return named[0] if len(named) == 1 else None


def _published(data: bytes) -> tuple[_Key, ...]:
    """Those of the published keys that sign with an algorithm of ours; the others are somebody else's business."""
    document = strict_json.decode(data, dict[str, Any], what="key set", limit=MAX_DOCUMENT)
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Malformed(f"key set: expected a list 'keys' of up to {MAX_KEYS}")
    found = [_read(one) for one in listed if isinstance(one, dict)]
    return tuple(one for one in found if one is not None)


def _read(key: dict[str, Any]) -> _Key | None:
    kind, curve = str(key.get("kty")), key.get("crv")
    algorithm = _ALGORITHMS.get((kind, curve if isinstance(curve, str) else None))
    if algorithm is None or key.get("alg", algorithm) != algorithm or key.get("use", "sig") != "sig":
        return None
    try:
        public = {"kty": kind} | {name: key[name] for name in _MEMBERS[kind]}
        made = jwt.PyJWK(public, algorithm=algorithm)
    except _THEIRS:
        return None
    if kind == "RSA" and made.key.key_size < MIN_RSA_BITS:
        return None
    return _Key(str(key.get("kid", "")), algorithm, made)


def _claims(said: dict[str, Any], issuer: Issuer, now: datetime) -> Claims:
    expires = _moment(said, "exp")
    issued = _moment(said, "iat")
    if expires <= now - LEEWAY:
        raise Untrusted("the token has expired")
    for name in ("iat", "nbf"):
        if name in said and _moment(said, name) > now + LEEWAY:
            raise Untrusted(f"the token is not good yet ({name})")
    if expires - issued > MAX_LIFE:
        raise Untrusted(f"the token lasts over {MAX_LIFE}")
    audiences = said.get("aud")
    for_whom = tuple(audiences) if isinstance(audiences, list) else (audiences,)
    if not all(isinstance(one, str) for one in for_whom) or not set(for_whom) & set(issuer.audiences):
        raise Untrusted(f"the token is for {_told(audiences)}, expected {' or '.join(issuer.audiences)}")
    return Claims(
        issuer=issuer.issuer,
        subject=_text(said, "sub"),
        audiences=for_whom,
        expires=expires,
        id=_text(said, "jti"),
        nonce=_text(said, "nonce"),
        values={name: text for name, value in said.items() if (text := _plain(value)) is not None},
    )


def _moment(said: Mapping[str, Any], name: str) -> datetime:
    value = said.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= MAX_SECONDS:
        raise Untrusted(f"the token's {name} is {_told(value)}, expected seconds since 1970")
    return datetime.fromtimestamp(value, UTC)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise Untrusted(f"the token's {name} is {_told(value)}, expected text")
    return value


def _plain(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return None
    return str(value) if isinstance(value, str | int) else None


def _told(value: Any) -> str:
    """For a message. Whatever is no text is not shown: it may be a number of thousands of digits."""
    return repr(shown(value, 80)) if isinstance(value, str) else f"no text but {type(value).__name__}"
