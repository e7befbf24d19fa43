"""By what else than names a case is found: digests of files that were released, and packages.

Stores hold these as keys of one length: what they stand for is not read out of a table.
"""

from collections.abc import Iterable, Iterator

from assay.formats import purl as purls
from assay.formats.attestation import Release
from assay.formats.digest import Digest
from assay.formats.purl import Purl
from assay.office.portfolio import package_key

MAX_KEYS = 20_000
"""Of one case; what an attestation names beyond them is found by names alone."""


def keys_of(releases: Iterable[Release]) -> tuple[str, ...]:
    """Of a case about *releases*, each once."""
    names = (name for release in releases for name in _names(release))
    return tuple(dict.fromkeys(hashed(name) for _, name in zip(range(MAX_KEYS), names, strict=False)))


def asked(*, digest: Digest | None = None, purl: Purl | None = None) -> tuple[str, ...]:
    """What a case has to have for these; a purl with a version finds that version, one without finds all."""
    found = [] if digest is None else [_of_digest(digest)]
    if purl is not None:
        found.append(_of_version(purl, purl.version) if purl.version else _of_package(purl))
    return tuple(map(hashed, found))


def hashed(text: str) -> str:
    """Of one length, whatever the names."""
    return Digest.sha256(text.encode("utf-8", "surrogatepass")).value[:32]


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
