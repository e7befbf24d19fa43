"""SCITT (RFC 9943): signed statements, made and read, and transparent statements, which carry receipts.

A signed statement is an issuer's COSE_Sign1 with CWT claims. Its leaf in a register is the statement itself with an empty
unprotected header: nothing that can be changed without breaking the signature enters the tree, and a transparent
statement, which is the same with receipts in header 394, leads back to the same leaf.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from assay.crypto.keys import PrivateKey, PublicKey
from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import cose
from assay.formats.digest import Digest
from assay.register import cose_receipt, leaf
from assay.register.checkpoint import BOTH, Checkpoint, Scheme
from assay.register.cose_receipt import MAX_RECEIPTS, CoseReceipt, Proven
from assay.register.identity import LogKeys

MAX_BYTES = 65_535
"""Of a signed statement: what one entry of a tiled log can hold."""
MAX_TRANSPARENT = MAX_BYTES + MAX_RECEIPTS * cose_receipt.MAX_BYTES
MAX_TEXT = 8192
HASHES = {-16: "sha256", -43: "sha384", -44: "sha512"}
"""COSE identifiers of hash functions (RFC 9054)."""
_ENVELOPE = (cose.PAYLOAD_HASH_ALG, cose.PREIMAGE_TYPE, cose.PAYLOAD_LOCATION)

ContentType = str | int
"""A media type, or the number of a CoAP content format."""


class Document(msgspec.Struct, frozen=True):
    """What a hash envelope (RFC 9995) stands for."""

    digest: Digest
    content_type: ContentType | None = None
    location: str | None = None
    """Where its issuer says that it lies. Nothing here fetches it."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a signed statement says. Who said it is known after :meth:`check`."""

    signed: cose.Sign1
    issuer: str | None
    subject: str | None
    kid: bytes | None
    content_type: ContentType | None = None
    document: Document | None = None
    """Set where the payload is a digest: then the payload is of this document."""

    @classmethod
    def parse(cls, data: bytes, *, what: str = "signed statement") -> "Statement":
        """Read a statement with its payload inside and an empty unprotected header; any protected header, keys in any order."""
        if len(data) > MAX_BYTES:
            raise TooLarge(f"{what} has {len(data)} bytes, over {MAX_BYTES}")
        signed = cose.Sign1.parse(data, what=what, foreign=True)
        if signed.unprotected:
            raise Malformed(
                f"{what}: unprotected header holds {cose.labels(signed.unprotected)}, expected an empty one"
            )
        return _statement(signed, what)

    @property
    def data(self) -> bytes:
        """Its bytes, the only ones there are: what a register records as the leaf."""
        return self.signed.encode()

    def check(self, key: PublicKey) -> None:
        """Return when *key*, the issuer's, signed it."""
        self.signed.check(key.algorithm, key.verify, foreign=True)

    def registrable(self) -> bytes:
        """Its leaf; Malformed where it lacks what RFC 9943 demands of a statement to register, signature aside."""
        if not self.issuer or not self.subject:
            raise Malformed("signed statement lacks an issuer (iss) or a subject (sub) among its CWT claims")
        headers = self.signed.headers(what="signed statement: protected header", foreign=True)
        if not self.kid and cose.X5T not in headers:
            raise Malformed(
                "signed statement names no key: neither kid (4) nor x5t (34) is in its protected header"
            )
        if cose.CRIT in headers:
            raise Unsupported(
                f"signed statement has critical headers {cose.told(headers[cose.CRIT])}, none is understood"
            )
        if headers.get(cose.TYP) == leaf.TYP:
            raise Malformed(
                f"signed statement is of type {leaf.TYP}, which only the register's own entries are"
            )
        return self.data


def sign(payload: bytes, *, issuer: str, subject: str, content_type: ContentType, key: PrivateKey) -> bytes:
    """A signed statement over *payload*. *key* is Ed25519 or ML-DSA."""
    return _sign({cose.CONTENT_TYPE: content_type}, payload, issuer, subject, key)


def sign_digest(document: Document, *, issuer: str, subject: str, key: PrivateKey) -> bytes:
    """A signed statement about a document that lies elsewhere: a hash envelope (RFC 9995)."""
    numbers = {name: number for number, name in HASHES.items()}
    headers: dict[int, Any] = {cose.PAYLOAD_HASH_ALG: numbers[document.digest.algorithm]}
    if document.content_type is not None:
        headers[cose.PREIMAGE_TYPE] = document.content_type
    if document.location is not None:
        headers[cose.PAYLOAD_LOCATION] = document.location
    return _sign(headers, document.digest.raw, issuer, subject, key)


def bare(data: bytes, *, what: str = "signed statement") -> bytes:
    """The statement in *data* without its unprotected header: no receipts, and nothing else that is not signed."""
    signed = cose.Sign1.parse(data, what=what, foreign=True, limit=MAX_TRANSPARENT)
    return Statement.parse(msgspec.structs.replace(signed, unprotected={}).encode(), what=what).data


def is_statement(data: bytes) -> bool:
    """Whether a leaf is a signed statement of somebody else, which has its own issuer's signature and form."""
    try:
        header = Statement.parse(data).signed.headers(what="header", foreign=True)
    except Malformed:
        return False  # then it is none, whatever else it is
    return header.get(cose.TYP) != leaf.TYP


def own_entry(data: bytes) -> leaf.Entry | None:
    """What a leaf of the register itself says; None for somebody else's statement, Malformed for neither."""
    try:
        return leaf.parse(data)
    except Malformed:
        if is_statement(data):
            return None
        raise


class TransparentStatement(msgspec.Struct, frozen=True):
    statement: Statement
    receipts: tuple[bytes, ...]
    """COSE receipts, of any register and structure."""

    @classmethod
    def parse(cls, data: bytes, *, what: str = "transparent statement") -> "TransparentStatement":
        """Read what :meth:`encode` writes, the statement's own protected header aside."""
        signed = cose.Sign1.parse(data, what=what, foreign=True, limit=MAX_TRANSPARENT)
        match signed.unprotected:
            case {cose.RECEIPTS: tuple() as receipts} if len(signed.unprotected) == 1:
                pass
            case _:
                raise Malformed(
                    f"{what}: unprotected header holds {cose.labels(signed.unprotected)}, expected receipts ({cose.RECEIPTS}) alone"
                )
        if not 1 <= len(receipts) <= MAX_RECEIPTS or any(not isinstance(one, bytes) for one in receipts):
            raise Malformed(f"{what}: receipts are not 1 to {MAX_RECEIPTS} byte strings")
        alone = msgspec.structs.replace(signed, unprotected={}).encode()
        return cls(Statement.parse(alone, what=what), receipts)

    def encode(self) -> bytes:
        return msgspec.structs.replace(
            self.statement.signed, unprotected={cose.RECEIPTS: self.receipts}
        ).encode()

    def verify(
        self,
        keys: LogKeys,
        *,
        issuer: PublicKey | None = None,
        checkpoint: Checkpoint | None = None,
        required: Sequence[Scheme] = BOTH,
    ) -> tuple[Proven, ...]:
        """What the receipts of the register with *keys* prove; the statement's own signature too where *issuer* is given.

        Receipts of other structures and of strangers are ignored; see :func:`cose_receipt.verify_inclusion`.
        """
        if issuer is not None:
            self.statement.check(issuer)
        ours = [
            CoseReceipt.parse(one, what=f"receipt {at}", foreign=True)
            for at, one in enumerate(self.receipts)
            if cose_receipt.structure(one, what=f"receipt {at}") == cose_receipt.RFC9162_SHA256
        ]
        return cose_receipt.verify_inclusion(
            ours, self.statement.data, keys, checkpoint=checkpoint, required=required
        )


def transparent(statement: bytes, receipts: Sequence[bytes]) -> bytes:
    """The transparent statement of a signed one and at least one receipt."""
    if not 1 <= len(receipts) <= MAX_RECEIPTS:
        raise ValueError(f"a transparent statement carries 1 to {MAX_RECEIPTS} receipts, not {len(receipts)}")
    return TransparentStatement(Statement.parse(statement), tuple(receipts)).encode()


def _sign(headers: dict[int, Any], payload: bytes, issuer: str, subject: str, key: PrivateKey) -> bytes:
    if key.algorithm not in cose.IDENTIFIERS:
        raise ValueError(
            f"statements are signed with {', '.join(cose.IDENTIFIERS)}, not with {key.algorithm}"
        )
    protected = {
        cose.ALG: cose.IDENTIFIERS[key.algorithm],
        cose.KID: bytes.fromhex(key.public.keyid),
        cose.CWT_CLAIMS: {cose.ISS: issuer, cose.SUB: subject},
        **headers,
    }
    data = cose.sign1(protected, payload, key.sign).encode()
    Statement.parse(data).registrable()
    return data


def _statement(signed: cose.Sign1, what: str) -> Statement:
    headers = signed.headers(what=f"{what}: protected header", foreign=True)
    claims = headers.get(cose.CWT_CLAIMS, {})
    if not isinstance(claims, dict):
        raise Malformed(f"{what}: CWT claims (15) are not a map")
    kid = headers.get(cose.KID)
    if kid is not None and not isinstance(kid, bytes):
        raise Malformed(f"{what}: kid (4) is {cose.told(kid)}, expected bytes")
    return Statement(
        signed=signed,
        issuer=_text(claims.get(cose.ISS), f"{what}: iss"),
        subject=_text(claims.get(cose.SUB), f"{what}: sub"),
        kid=kid,
        content_type=_content_type(headers.get(cose.CONTENT_TYPE), f"{what}: content type (3)"),
        document=_document(headers, signed.payload, what),
    )


def _document(headers: dict[Any, Any], payload: bytes, what: str) -> Document | None:
    """RFC 9995 section 4."""
    number = headers.get(cose.PAYLOAD_HASH_ALG)
    if number is None:
        if stray := [label for label in _ENVELOPE if label in headers]:
            raise Malformed(
                f"{what}: header {stray[0]} belongs to a hash envelope, which lacks its algorithm (258)"
            )
        return None
    if isinstance(number, bool) or not isinstance(number, int) or number not in HASHES:
        raise Unsupported(
            f"{what}: payload is hashed with {cose.told(number)}, expected one of {', '.join(map(str, HASHES))}"
        )
    if cose.CONTENT_TYPE in headers:
        raise Malformed(f"{what}: hash envelope has a content type (3), expected that of its preimage (259)")
    return Document(
        Digest.of(HASHES[number], payload.hex(), what=f"{what}: payload"),
        _content_type(headers.get(cose.PREIMAGE_TYPE), f"{what}: content type of the preimage (259)"),
        _text(headers.get(cose.PAYLOAD_LOCATION), f"{what}: location (260)"),
    )


def _text(value: Any, what: str) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > MAX_TEXT):
        raise Malformed(f"{what} is not text of at most {MAX_TEXT} characters")
    return value


def _content_type(value: Any, what: str) -> ContentType | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65_535:
        return value
    return _text(value, what)
