"""Keys by which a case is found: what finds a release, and what only looks like it."""

import pytest
from tests.support.cases import RELEASE, WHEEL

import assay.office.found_by as found_by
from assay.formats.attestation import Release, ReleaseDigest
from assay.formats.digest import Digest
from assay.formats.purl import Purl
from assay.office.found_by import MAX_KEYS, SILENT_DIGEST, SILENT_PACKAGE, asked, hashed, keys_of

KEYS = set(keys_of("Lighthouse Works", [RELEASE]))


@pytest.mark.parametrize(
    "purl",
    [
        pytest.param("pkg:pypi/lantern", id="any version"),
        pytest.param("pkg:pypi/lantern@2.1.0", id="this version"),
        pytest.param("pkg:PyPI/Lantern@2.1.0", id="another spelling"),
    ],
)
def test_finds(purl: str) -> None:
    assert set(asked(purl=Purl.parse(purl), digest=WHEEL)) <= KEYS


@pytest.mark.parametrize(
    "purl",
    ["pkg:pypi/lantern@2.1", "pkg:npm/lantern", "pkg:pypi/lanterns", "pkg:pypi/lantern@2.1.0?repository_url=https://other.example"],
)  # fmt: skip
def test_does_not_find(purl: str) -> None:
    assert not set(asked(purl=Purl.parse(purl))) & KEYS


def test_another_file_is_not_found() -> None:
    assert not set(asked(digest=Digest.sha256(b"another"))) & KEYS


def test_nothing_asked_is_nothing() -> None:
    assert asked() == ()


def test_a_version_that_only_the_release_says() -> None:
    release = Release(name="lantern", version="3", purl="pkg:pypi/lantern")
    assert set(asked(purl=Purl.parse("pkg:pypi/lantern@3"))) <= set(keys_of("Lighthouse Works", [release]))


def test_what_is_no_purl_is_no_key() -> None:
    given = keys_of("Lighthouse Works", [Release(name="lantern", purl="cpe:/a:lantern")])
    assert given == keys_of("Lighthouse Works", [Release(name="lantern")])


@pytest.mark.parametrize(
    ("releases", "lacks"),
    [
        pytest.param([RELEASE], set(), id="all is said"),
        pytest.param([RELEASE, Release(name="oar")], {SILENT_DIGEST, SILENT_PACKAGE}, id="not of each"),
        pytest.param([Release(name="oar", purl="pkg:pypi/oar")], {SILENT_DIGEST}, id="no file"),
        pytest.param([], {SILENT_DIGEST, SILENT_PACKAGE}, id="company-wide"),
    ],
)
def test_what_it_lacks_is_a_key(releases: list[Release], lacks: set[str]) -> None:
    silent = {SILENT_DIGEST, SILENT_PACKAGE}
    assert {one for one in silent if hashed(one) in keys_of("Lighthouse Works", releases)} == lacks


def test_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_by, "MAX_KEYS", 3)
    files = tuple(ReleaseDigest(str(at), Digest.sha256(b"%d" % at)) for at in range(9))
    assert len(keys_of("Lighthouse Works", [Release(name="lantern", files=files)])) == 3
    assert MAX_KEYS > 3
