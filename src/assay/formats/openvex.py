"""OpenVEX 0.2.0 documents.

Older documents are another format (products and vulnerabilities are plain text there) and are refused by their context.
Rules for single statements (a reason for ``not_affected``, an action for ``affected``) are left to the reader: one bad
statement should not hide the others.
"""

from typing import Literal

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_json
from assay.formats.digest import LENGTHS, Digest
from assay.formats.text import shown

CONTEXT = "https://openvex.dev/ns/v0.2.0"
MAX_DOCUMENT = 64 * 1024 * 1024
MAX_STATEMENTS = 100_000

Status = Literal["not_affected", "affected", "fixed", "under_investigation"]


class Identifiers(msgspec.Struct, frozen=True):
    purl: str = ""
    cpe22: str = ""
    cpe23: str = ""


class Subcomponent(msgspec.Struct, frozen=True, rename={"id": "@id"}):
    id: str = ""
    identifiers: Identifiers = Identifiers()
    hashes: dict[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Identifiers as written, hashes as ``algorithm:hex``; hash names we do not know stay out."""
        written = (self.id, self.identifiers.purl, self.identifiers.cpe23, self.identifiers.cpe22)
        hashes = (_digest(name, value) for name, value in self.hashes.items())
        return tuple(dict.fromkeys(name for name in (*written, *hashes) if name))


class Product(Subcomponent, frozen=True, rename={"id": "@id"}):
    subcomponents: tuple[Subcomponent, ...] = ()


class Vulnerability(msgspec.Struct, frozen=True, rename={"id": "@id"}):
    name: str
    id: str = ""
    aliases: tuple[str, ...] = ()


class Statement(msgspec.Struct, frozen=True):
    vulnerability: Vulnerability
    status: Status
    products: tuple[Product, ...] = ()
    timestamp: str = ""
    last_updated: str = ""
    justification: str = ""
    impact_statement: str = ""
    action_statement: str = ""


class Document(msgspec.Struct, frozen=True, rename={"context": "@context", "id": "@id"}):
    context: str
    id: str
    author: str
    timestamp: str
    version: int
    statements: tuple[Statement, ...]
    last_updated: str = ""


class _Head(msgspec.Struct, frozen=True, rename={"context": "@context"}):
    context: msgspec.Raw = msgspec.Raw(b"null")


def parse(data: bytes, *, what: str) -> Document:
    strict_json.check(data, what=what, limit=MAX_DOCUMENT)
    context = _context(data, what)
    if context != CONTEXT:
        raise Unsupported(f"{what} has the context {shown(context, 80)!r}, expected {CONTEXT!r}")
    try:
        document = msgspec.json.decode(data, type=Document)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Malformed(f"{what}: {shown(str(error))}") from error
    if document.version < 1:
        raise Malformed(f"{what} has version {document.version}, expected 1 or more")
    if not document.statements:
        raise Malformed(f"{what} has no statements, expected at least one")
    if len(document.statements) > MAX_STATEMENTS:
        raise TooLarge(f"{what} has over {MAX_STATEMENTS} statements")
    return document


def _context(data: bytes, what: str) -> str:
    try:
        return msgspec.json.decode(msgspec.json.decode(data, type=_Head).context, type=str)
    except msgspec.MsgspecError as error:
        raise Malformed(f"{what} is no OpenVEX document: @context: {shown(str(error))}") from error


def _digest(name: str, value: str) -> str:
    algorithm = name.replace("sha-", "sha")
    known = LENGTHS.get(algorithm) == len(value)
    return str(Digest(algorithm, value.lower())) if known else ""
