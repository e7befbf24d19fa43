"""Real rounds of public beacons, which anybody can check against the beacons; and beacons of our own, to sign what no real one would."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from py_ecc import optimized_bls12_381
from py_ecc.bls import g2_primitives, hash_to_curve

from assay.crypto.rsa_certificate import RsaCertificate
from assay.formats.drand import DrandChain, DrandRound, Scheme
from assay.formats.nist_pulse import Pulse, written
from assay.register.drand import MAINNET, QUICKNET, TAGS, Drand
from assay.register.nist import PERIOD_S, Nist

curve: Any = optimized_bls12_381
READ: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_suffix(".json").read_bytes())
KNOWN = {"mainnet": MAINNET, "quicknet": QUICKNET}
DRAND = {one["id"]: one for one in READ["drand"]}
FIRST, LATER = (json.dumps(one["document"]).encode() for one in READ["nist"])
"""Of the first there is the certificate, of the later one its output value tells that it was read right."""
CERTIFICATE = READ["nist"][0]["certificate"].encode()


def real(name: str) -> tuple[Drand, int, bytes]:
    """A chain, the number of a real round of it, and the round as its API writes it."""
    one = DRAND[name]
    chain = KNOWN.get(one.get("known", ""))
    if chain is None:  # a testnet, whose schedule is not published with its vector and stands in no signature
        key = bytes.fromhex(one["public_key"])
        chain = Drand(
            DrandChain(scheme=one["scheme"], public_key=key, period_s=3, genesis=0, group_hash=bytes(32))
        )
    return chain, one["document"]["round"], json.dumps(one["document"]).encode()


class OwnDrand:
    """A drand chain with one holder of its key, who signs whatever the tests ask for."""

    def __init__(
        self,
        label: str = "own",
        scheme: Scheme = "bls-unchained-g1-rfc9380",
        *,
        period_s: int = 60,
        genesis: int = 0,
    ) -> None:
        self._secret = int.from_bytes(hashlib.sha256(label.encode()).digest(), "big") % curve.curve_order
        on_g1 = scheme.startswith("pedersen")
        public: Any = curve.multiply(curve.G1 if on_g1 else curve.G2, self._secret)
        self.chain = Drand(
            DrandChain(
                scheme=scheme, period_s=period_s, genesis=genesis, group_hash=hashlib.sha256(label.encode()).digest(),
                public_key=g2_primitives.G1_to_pubkey(public) if on_g1 else g2_primitives.G2_to_signature(public),
                beacon_id=label,
            )
        )  # fmt: skip

    def document(self, number: int, previous: bytes = b"", *, named: int | None = None) -> bytes:
        """Round *number*, which may call itself another one."""
        unsigned = DrandRound(number=number, signature=bytes(48), previous=previous)
        message, tag = unsigned.signed(self.chain.chain), TAGS[self.chain.chain.scheme]
        on_g1 = self.chain.chain.signature_bytes == 48
        to_curve: Any = hash_to_curve.hash_to_G1 if on_g1 else hash_to_curve.hash_to_G2
        point: Any = curve.multiply(to_curve(message, tag, hashlib.sha256), self._secret)
        signature = g2_primitives.G1_to_pubkey(point) if on_g1 else g2_primitives.G2_to_signature(point)
        return DrandRound(
            number=number if named is None else named, signature=bytes(signature), previous=previous
        ).encode()


class OwnNist:
    """A beacon of NIST's form under a certificate of our own."""

    def __init__(self, index: int = 9) -> None:
        self.pem = _certified()[1]
        self.certificates = RsaCertificate.parse_all(self.pem)
        self.chain = Nist(index, self.certificates)

    def document(self, round_: int, **changes: Any) -> bytes:
        """The pulse of that minute, with changes made before it is signed."""
        fields: dict[str, Any] = {
            "uri": f"https://nist.example/chain/{self.chain.index}/pulse/{round_}",
            "version": "2.0",
            "period_ms": PERIOD_S * 1000,
            "certificate": self.certificates[0].identity,
            "chain": self.chain.index,
            "index": round_,
            "time": written(self.chain.due(round_)),
            "local_random": hashlib.sha512(b"local %d" % round_).digest(),
            "source": bytes(64),
            "source_status": 0,
            "source_value": bytes(64),
            "past": (hashlib.sha512(b"past").digest(),) * 5,
            "past_uris": (None,) * 5,
            "precommitment": hashlib.sha512(hashlib.sha512(b"local %d" % (round_ + 1)).digest()).digest(),
            "status": 0,
            "signature": b"",
            "output": b"",
        }
        unsigned = Pulse(**{**fields, **changes})
        message = unsigned.signed()
        signature = _certified()[0].sign(message, padding.PKCS1v15(), hashes.SHA512())
        return Pulse(
            **{
                **fields,
                **changes,
                "signature": signature,
                "output": hashlib.sha512(message + signature).digest(),
            }
        ).encode()


@lru_cache(maxsize=1)
def _certified() -> tuple[rsa.RSAPrivateKey, bytes]:
    """A key and its certificate, of this run only."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nist.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=20_000))
        .sign(key, hashes.SHA256())
    )
    return key, certificate.public_bytes(Encoding.PEM)
