"""Which subject is which file, and which release a subject's name stands for."""

import msgspec
import pytest
from tests.support.cases import RELEASE

from assay.evidence.provenance import basename, same_version, version_named

WITHOUT_PURL = msgspec.structs.replace(RELEASE, purl="", name="Lantern")
NPM = msgspec.structs.replace(RELEASE, purl="pkg:npm/%40lighthouse/lantern@2.1.0")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lantern-2.0.0-py3-none-any.whl", "2.0.0"),
        ("dist/lantern-2.0.0-py3-none-any.whl", "2.0.0"),
        ("lantern-2.0.0.tar.gz", "2.0.0"),
        ("pkg:pypi/Lantern@2.0.0", "2.0.0"),
        ("pkg:pypi/lantern", None),
        ("pkg:npm/lantern@2.0.0", None),
        ("beacon-2.0.0.tar.gz", None),
        ("lantern-2.0.0.rpm", None),
        ("lantern-notaversion.tar.gz", None),
        ("lantern.whl", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("release", [RELEASE, WITHOUT_PURL], ids=["purl", "name only"])
def test_names_of_a_python_product(name: str, expected: str | None, release: object) -> None:
    assert isinstance(release, type(RELEASE))
    assert version_named(name, release) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pkg:npm/%40lighthouse/lantern@2.0.0", "2.0.0"),
        ("pkg:npm/@lighthouse/lantern@2.0.0", "2.0.0"),
        ("pkg:npm/lantern@2.0.0", None),
        ("lantern-2.0.0.tar.gz", None),
        ("pkg:", None),
    ],
)
def test_names_of_an_npm_product(name: str, expected: str | None) -> None:
    assert version_named(name, NPM) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2.1", "2.1.0", True),
        ("2.1.0-rc1", "2.1.0rc1", True),
        ("2.1.0", "2.1.1", False),
        ("nightly", "nightly", True),
        ("nightly", "weekly", False),
        ("2.1.0", "nightly", False),
    ],
)
def test_same_version(one: str, other: str, expected: bool) -> None:
    assert same_version(one, other) is expected
    assert same_version(other, one) is expected


@pytest.mark.parametrize(("path", "name"), [("a/b", "b"), ("a\\b", "b"), ("b", "b"), ("a/", "")])
def test_basename(path: str, name: str) -> None:
    assert basename(path) == name
