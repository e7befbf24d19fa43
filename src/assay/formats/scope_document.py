"""What an attestation without release files is about, as canonical bytes whose SHA-256 is its subject.

Whoever knows the provider, the products and the versions can write the same bytes, and so find the attestation.
"""

from typing import Literal

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import strict_json
from assay.formats.attestation import Attestation, Scope
from assay.formats.canonical_json import canonical

NAME = "scope.json"
SCHEMA: Literal["urn:assay:scope:1"] = "urn:assay:scope:1"
LIMIT = 8 * 1024 * 1024


class Product(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    name: str
    versions: tuple[str, ...] = ()
    """Sorted, each once; empty when no version is named."""


class ScopeDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    schema: Literal["urn:assay:scope:1"] = SCHEMA
    provider: str
    scope: Scope | None
    future_versions: bool
    products: tuple[Product, ...]
    """Sorted by name, each once; empty means all of the provider's products."""


def of(attestation: Attestation) -> ScopeDocument:
    """The scope that *attestation* states."""
    versions: dict[str, set[str]] = {}
    for release in attestation.releases:
        named = versions.setdefault(release.name, set())
        if release.version:
            named.add(release.version)
    return ScopeDocument(
        provider=attestation.provider.name,
        scope=attestation.scope,
        future_versions=attestation.binds_future_versions,
        products=tuple(Product(name, tuple(sorted(versions[name]))) for name in sorted(versions)),
    )


def encode(scope: ScopeDocument) -> bytes:
    """RFC 8785 text, every field written."""
    return canonical(scope)


def parse(data: bytes) -> ScopeDocument:
    """Read a scope document in its only spelling."""
    raw = strict_json.load(data, what="scope document", limit=LIMIT)
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if isinstance(schema, str) and schema != SCHEMA:
        raise Unsupported(f"scope document has schema {schema[:80]!r}, expected {SCHEMA!r}")
    scope = strict_json.decode(data, ScopeDocument, what="scope document", limit=LIMIT)
    tidy = msgspec.structs.replace(scope, products=_tidy(scope.products))
    if encode(tidy) != data:
        raise Malformed(
            "scope document is not in its canonical form (RFC 8785, every field, names sorted and once)"
        )
    return scope


def _tidy(products: tuple[Product, ...]) -> tuple[Product, ...]:
    return tuple(
        sorted(
            {item.name: Product(item.name, tuple(sorted(set(item.versions)))) for item in products}.values()
        )
    )
