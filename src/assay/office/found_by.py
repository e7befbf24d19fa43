"""By what a case is found: digests of files that were released, packages, and names; and what it lacks to be found by.

Stores hold these as keys of one length: what they stand for is not read out of a table.
"""

from collections.abc import Collection, Iterator, Sequence

from assay.formats import purl as purls
from assay.formats.attestation import Release
from assay.formats.digest import Digest
from assay.formats.inventory import InventoryItem
from assay.formats.purl import Purl
from assay.formats.verdict import ReleaseRef
from assay.office.portfolio import fold, package_key

MAX_KEYS = 20_000
"""Of one case; what an attestation names beyond them is found by names alone."""


def keys_of(provider: str, releases: Sequence[Release]) -> tuple[str, ...]:
    """Of a case about *releases*, each once."""
    names = (
        *_said(provider, releases),
        *(name for release in releases for name in _names(release)),
    )
    return tuple(dict.fromkeys(hashed(name) for _, name in zip(range(MAX_KEYS), names, strict=False)))


def asked(*, digest: Digest | None = None, purl: Purl | None = None) -> tuple[str, ...]:
    """What a case has to have for these; a purl with a version finds that version, one without finds all."""
    found = [] if digest is None else [_of_digest(digest)]
    if purl is not None:
        found.append(_of_version(purl, purl.version) if purl.version else _of_package(purl))
    return tuple(map(hashed, found))


SILENT_DIGEST, SILENT_PACKAGE = "no digest", "no package"
"""What a case is found by that may be about a file, or a package, whatever that is: it does not say it of all its releases."""


def of_statement(leaf: bytes) -> str:
    """Of somebody else's statement that is an entry: the same one has the same."""
    return hashed(f"statement {Digest.sha256(leaf)}")


def of_product(product: str) -> str:
    """Of all products of that name, whoever makes them."""
    return f"product {fold(product)}"


def keys_of_item(item: InventoryItem) -> frozenset[str]:
    """By which it is found when something happens."""
    names = list(_of_item(item))
    if item.provider and item.product:
        names.append(f"name {(fold(item.provider), fold(item.product))}")
    return frozenset(map(hashed, names))


def keys_behind(items: Collection[InventoryItem]) -> tuple[str, ...]:
    """By which cases are found that one of *items* may be about, or whose product has its name; in their order, each once."""
    names = {name for one in items for name in _of_item(one)}
    names |= {of_product(one.product) for one in items if one.product}
    return tuple(sorted(map(hashed, names)))


def _of_item(item: InventoryItem) -> Iterator[str]:
    yield from map(_of_digest, item.digests)
    found = purls.identity(item.purl)
    if found is not None:
        yield _of_package(found)
    if item.provider:
        yield f"company {fold(item.provider)}"


def keys_of_releases(provider: str, releases: Sequence[ReleaseRef]) -> frozenset[str]:
    """The keys of the items that a case about *releases* is about, or may be."""
    names = [] if releases else [f"company {fold(provider)}"]
    for one in releases:
        names.append(f"name {(fold(provider), fold(one.name))}")
        names += [f"digest {Digest.parse(file.digest)}" for file in one.digests]
        found = purls.identity(one.purl)
        if found is not None:
            names.append(f"package {package_key(found)}")
    return frozenset(map(hashed, names))


def hashed(text: str) -> str:
    """Of one length, whatever the names."""
    return Digest.sha256(text.encode("utf-8", "surrogatepass")).value[:32]


def _said(provider: str, releases: Sequence[Release]) -> Iterator[str]:
    if not releases:
        yield f"company {fold(provider)}"
    if not releases or not all(one.files for one in releases):
        yield SILENT_DIGEST
    if not releases or not all(one.purl and purls.identity(one.purl) for one in releases):
        yield SILENT_PACKAGE
    for one in releases:
        yield of_product(one.name)


def _names(release: Release) -> Iterator[str]:
    package = purls.identity(release.purl) if release.purl else None
    if package is not None:
        yield _of_package(package)
        if version := package.version or release.version:
            yield _of_version(package, version)
    for file in release.files:
        yield _of_digest(file.digest)


def _of_digest(digest: Digest) -> str:
    return f"digest {digest}"


def _of_package(purl: Purl) -> str:
    return f"package {package_key(purl)}"


def _of_version(purl: Purl, version: str) -> str:
    return f"version {package_key(purl)} {version}"
