"""Whether an identifier means a product."""

import pytest

from assay.evidence.subject import Relation, Subject, subject_of

LANTERN = Subject(
    "lantern",
    "2.1.0",
    "pypi",
    digests=frozenset({"sha256:" + "ab" * 32}),
    refs=frozenset({"urn:cdx:3e67#lantern"}),
)


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param("pkg:pypi/lantern@2.1.0", id="purl"),
        pytest.param("pkg:pypi/Lantern@2.1", id="other spelling of name and version"),
        pytest.param("pkg:pypi/lantern", id="every version"),
        pytest.param("sha256:" + "ab" * 32, id="digest"),
        pytest.param("urn:cdx:3e67/4#lantern", id="BOM-Link"),
        pytest.param("Lantern 2.1.0", id="name and version"),
    ],
)
def test_same(identifier: str) -> None:
    assert LANTERN.relation(identifier) is Relation.SAME


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param("pkg:pypi/lantern@2.0.0", id="other version"),
        pytest.param("pkg:pypi/lantern-docs@2.1.0", id="other name"),
        pytest.param("pkg:npm/candle@2.1.0", id="other ecosystem and name"),
        pytest.param("pkg:npm/lantern@9.0.0", id="other ecosystem and version"),
    ],
)
def test_other(identifier: str) -> None:
    assert LANTERN.relation(identifier) is Relation.OTHER


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param("pkg:github/lighthouse/lantern@2.1.0", id="same name elsewhere"),
        pytest.param("pkg:pypi/lantern@2.1.0?file_name=x.whl", id="narrower than the product"),
        pytest.param("sha256:" + "cd" * 32, id="digest of something unknown"),
        pytest.param("https://lighthouse.example/lantern", id="address"),
        pytest.param("cpe:2.3:a:lighthouse:lantern:2.1.0:*:*:*:*:*:*:*", id="CPE"),
        pytest.param("component-7", id="bom-ref"),
        pytest.param("pkg:", id="broken purl"),
    ],
)
def test_unclear(identifier: str) -> None:
    assert LANTERN.relation(identifier) is Relation.UNCLEAR


def test_qualifiers_that_contradict_mean_another_product() -> None:
    linux = subject_of("pkg:npm/lantern@2.1.0?arch=x86_64")
    assert linux is not None
    assert linux.relation("pkg:npm/lantern@2.1.0?arch=x86_64") is Relation.SAME
    assert linux.relation("pkg:npm/lantern@2.1.0?arch=arm64") is Relation.OTHER


def test_a_product_without_purl_answers_to_name_and_version() -> None:
    plain = Subject("lantern", "2.1.0")
    assert plain.relation("pkg:pypi/lantern@2.1.0") is Relation.SAME
    assert plain.relation("pkg:pypi/lantern@2.0.0") is Relation.OTHER


def test_an_unknown_version_is_not_taken_for_any() -> None:
    assert Subject("wick-trim", "", "pypi").relation("pkg:pypi/wick-trim@1.4.1") is Relation.UNCLEAR
