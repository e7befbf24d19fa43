"""An issuer of identity tokens, as CI systems have them, with real keys."""

import json
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from assay.adapters.oidc import Issuer
from assay.errors import Unavailable

ISSUER = "https://ci.example"
KEYS = "https://ci.example/keys"
AUDIENCE = "https://office.example"
CONFIGURED = Issuer(issuer=ISSUER, keys=KEYS, audiences=(AUDIENCE, "other"))


class TokenIssuer:
    """*fetched*: how often its keys were asked for; *down*: nobody answers."""

    def __init__(self) -> None:
        self.private: dict[str, Any] = {
            "RS256": rsa.generate_private_key(65537, 2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        }
        self.fetched = 0
        self.down = False
        self.document: bytes | None = None

    def rotate(self, algorithm: str, name: str) -> None:
        self.private[name] = ec.generate_private_key(ec.SECP256R1())
        del self.private[algorithm]

    def fetch(self, url: str) -> bytes:
        assert url == KEYS
        self.fetched += 1
        if self.down:
            raise Unavailable("connection refused")
        return self.keys() if self.document is None else self.document

    def keys(self) -> bytes:
        return json.dumps({"keys": [public(name, key) for name, key in self.private.items()]}).encode()

    def token(self, now: datetime, algorithm: str = "ES256", *, kid: str | None = None, **claims: Any) -> str:
        """Right, but for *claims*; those that are None are left out."""
        seconds = int(now.timestamp())
        said = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": "repo:lighthouse/lantern", "iat": seconds, "nbf": seconds,
            "exp": seconds + 300, "jti": "1", "repository": "lighthouse/lantern", "ref": "refs/heads/main",
            "ref_protected": True, "run_id": 12, "labels": ["a"],
        }  # fmt: skip
        kept = {name: value for name, value in (said | claims).items() if value is not None}
        key = self.private[kid or algorithm]
        return jwt.encode(kept, key, algorithm, headers={"kid": kid or algorithm})


def public(name: str, key: Any) -> dict[str, Any]:
    kind: Any = {
        rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
    }
    algorithm = next((made for of, made in kind.items() if isinstance(key, of)), jwt.algorithms.OKPAlgorithm)
    found: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return found | {"kid": name, "use": "sig"}
