"""Signatures of webhooks as in Standard Webhooks 1.0, when to try again, and what an answer means. All pure.

Delivery is *at least once*: an answer that got lost brings the same event again. Its id is the same every time, so a
receiver that remembers ids for as long as it accepts a timestamp takes each event once, and refuses replays.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from assay.crypto.keys import PrivateKey, PublicKey
from assay.errors import Malformed, Untrusted
from assay.formats import b64
from assay.formats.text import shown
from assay.office.retry import Retry

TOLERANCE_S = 300
"""A timestamp that differs more from the receiver's clock is refused."""
SECRET_BYTES = 32
MAX_SIGNATURES = 16
MAX_HEADER = 4096
MAX_WAIT_S = 24 * 3600
"""For which a receiver may put the office off (``Retry-After``)."""
MAX_REFUSALS = 3
"""Attempts after which an answer that repeating does not change, such as 404, ends a delivery."""
RETRY = Retry(first_s=30, most_s=8 * 3600, attempts=12)
"""Pauses of 30 seconds to eight hours: a receiver may be away for most of a day."""

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_SECRET, _PUBLIC = "whsec_", "whpk_"
_ID = re.compile(r"[0-9A-Za-z_-]{1,80}\Z")
_SECONDS = re.compile(r"[1-9][0-9]{0,11}\Z")

Verdict = Literal["delivered", "again", "refused", "gone"]


class Secret(msgspec.Struct, frozen=True):
    """What the office shares with one subscriber. Never printed by accident."""

    raw: bytes

    def __post_init__(self) -> None:
        if not 24 <= len(self.raw) <= 64:
            raise Malformed(f"a webhook's secret has {len(self.raw)} bytes, expected 24 to 64")

    @classmethod
    def parse(cls, text: str) -> "Secret":
        """``whsec_`` and base64."""
        return cls(_coded(text, _SECRET, "a webhook's secret"))

    @classmethod
    def derived(cls, master: bytes, subscription: str, version: int) -> "Secret":
        """The *version*-th secret of a subscription, from the office's own *master*: none of them is stored anywhere."""
        label = f"assay-webhook-v1\0{subscription}\0{version}".encode()
        return cls(hmac.digest(master, label, hashlib.sha256))

    def unsafe_text(self) -> str:
        """As the subscriber is told it, once."""
        return _SECRET + b64.encode(self.raw)

    def __repr__(self) -> str:
        return "Secret(...)"


def own_keys(seed: bytes) -> tuple[bytes, PrivateKey]:
    """From a secret of the office: the master that all subscriptions' secrets are derived from, and the key of ``v1a`` signatures."""
    master = hmac.digest(seed, b"assay-webhook-master-v1", hashlib.sha256)
    return master, PrivateKey("ed25519", hmac.digest(seed, b"assay-webhook-ed25519-v1", hashlib.sha256))


def public_text(key: PublicKey) -> str:
    """How subscribers are told the key of ``v1a`` signatures: ``whpk_`` and base64."""
    if key.algorithm != "ed25519":
        raise ValueError(f"webhooks are not signed with {key.algorithm}")
    return _PUBLIC + b64.encode(key.raw)


def parse_public(text: str) -> PublicKey:
    return PublicKey("ed25519", _coded(text, _PUBLIC, "a webhook's public key"))


def signed(
    event_id: str, body: bytes, now: datetime, secrets: Sequence[Secret], key: PrivateKey | None = None
) -> dict[str, str]:
    """The headers of one attempt at *now*: a signature for each of *secrets*, while one replaces another, and of *key*."""
    if not _ID.match(event_id) or not secrets:
        raise ValueError(f"event {event_id!r} signed with {len(secrets)} secrets")
    seconds = str(int(now.timestamp()))
    message = _message(event_id, seconds, body)
    signatures = [f"v1,{b64.encode(_mac(one, message))}" for one in secrets]
    if key is not None:
        signatures.append(f"v1a,{b64.encode(key.sign(message))}")
    return {ID: event_id, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def verify(
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    secrets: Sequence[Secret] = (),
    keys: Sequence[PublicKey] = (),
    tolerance_s: int = TOLERANCE_S,
) -> str:
    """The event's id, when one signature over *body* is good and of about *now*, for whoever receives a webhook.

    Untrusted when none is, Malformed for headers that are missing or not in their form. The same id again is a replay, or a
    delivery whose answer got lost: the receiver has to remember ids for *tolerance_s*.
    """
    found = {name.lower(): value for name, value in headers.items()}
    event_id, seconds = _header(found, ID), _header(found, TIMESTAMP)
    if not _ID.match(event_id):
        raise Malformed(f"{ID} is {shown(event_id, 80)!r}, expected letters, digits, '_' and '-'")
    if not _SECONDS.match(seconds):
        raise Malformed(f"{TIMESTAMP} is {shown(seconds, 40)!r}, expected seconds since 1970")
    if abs(now.timestamp() - int(seconds)) > tolerance_s:
        raise Untrusted(f"{TIMESTAMP} is {seconds}, over {tolerance_s} s from the time here")
    message = _message(event_id, seconds, body)
    for signature in _header(found, SIGNATURE).split(" ")[:MAX_SIGNATURES]:
        version, _, text = signature.partition(",")
        if (version == "v1" and _is_mac(secrets, message, text)) or (
            version == "v1a" and _is_signature(keys, message, text)
        ):
            return event_id
    raise Untrusted(f"no signature in {SIGNATURE} is good")


def verdict(status: int) -> Verdict:
    """What an answer means. *again*: it may be different later; *refused*: hardly, but somebody may be mending it."""
    if 200 <= status <= 299:
        return "delivered"
    if status == 410:
        return "gone"
    return "again" if status >= 500 or status in (408, 425, 429) else "refused"


def wait_s(
    event_id: str,
    attempts: int,
    how: Verdict,
    asked: str = "",
    now: datetime | None = None,
    retry: Retry = RETRY,
) -> float | None:
    """Seconds until the next attempt, after *attempts* of which the last ended as *how*; None: there is none.

    *asked*: the answer's ``Retry-After``, in seconds or as an HTTP date, which is kept to up to a day.
    """
    if how in ("delivered", "gone") or (how == "refused" and attempts >= MAX_REFUSALS):
        return None
    pause_s = retry.pause_s(event_id, attempts)
    if pause_s is None:
        return None
    return max(pause_s, min(_asked(asked, now), MAX_WAIT_S))


def _asked(text: str, now: datetime | None) -> float:
    """Anything else than a number or a date asks for nothing."""
    if re.match(r"[0-9]{1,9}\Z", text):
        return float(text)
    if now is None:
        return 0.0
    try:
        at = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=now.tzinfo)
    except ValueError:
        return 0.0
    return (at - now) / timedelta(seconds=1)


def _message(event_id: str, seconds: str, body: bytes) -> bytes:
    """Neither of the first two has a full stop, so that no two messages are the same bytes."""
    return f"{event_id}.{seconds}.".encode() + body


def _mac(secret: Secret, message: bytes) -> bytes:
    return hmac.digest(secret.raw, message, hashlib.sha256)


def _is_mac(secrets: Sequence[Secret], message: bytes, text: str) -> bool:
    try:
        given = b64.decode(text, what=SIGNATURE)
    except Malformed:
        return False  # another signature of the list may be good
    return any(hmac.compare_digest(_mac(one, message), given) for one in secrets)


def _is_signature(keys: Sequence[PublicKey], message: bytes, text: str) -> bool:
    try:
        given = b64.decode(text, what=SIGNATURE)
    except Malformed:
        return False  # another signature of the list may be good
    return any(key.made(message, given) for key in keys)


def _header(found: Mapping[str, str], name: str) -> str:
    value = found.get(name, "")
    if not value or len(value) > MAX_HEADER:
        raise Malformed(f"header {name} has {len(value)} characters, expected 1 to {MAX_HEADER}")
    return value


def _coded(text: str, prefix: str, what: str) -> bytes:
    if not text.startswith(prefix):
        raise Malformed(f"{what} does not begin with {prefix!r}")
    return b64.decode(text.removeprefix(prefix), what=what)
