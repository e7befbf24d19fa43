import pytest
from tests.support.sboms import bill, part, root

from assay.evidence.listed import Listed, everything, is_no_version, same_name, versions_agree


@pytest.mark.parametrize(
    ("ecosystem", "one", "other", "agree"),
    [
        ("pypi", "2.1", "2.1.0", True),
        ("pypi", "v2.1.0", "2.1.0", True),
        ("pypi", "2.1.0rc1", "2.1.0", False),
        ("pypi", "2.1.0+cpu", "2.1.0", None),
        ("pypi", "2.1.0+cpu", "2.1.0+gpu", None),
        ("pypi", "1!2.1.0", "2.1.0", False),
        ("npm", "1.0.0", "1.0.0", True),
        ("npm", "1.0.0-beta.1", "1.0.0", False),
        ("deb", "1:2.36-9", "1:2.36-9", True),
        ("deb", "1:2.36-9", "2.36-9", False),
        ("golang", "v0.0.0-20200101-abc", "v0.0.0-20200101-abd", False),
        ("", "r12", "r13", False),
    ],
)
def test_versions(ecosystem: str, one: str, other: str, agree: bool | None) -> None:
    assert versions_agree(ecosystem, one, other) is agree
    assert versions_agree(ecosystem, other, one) is agree


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Lantern", "lantern", True),
        ("Lantern Pro", "lantern-pro", True),
        ("lantern_pro", "Lantern.Pro", True),
        ("lantern", "lanterns", False),
    ],
)
def test_names(one: str, other: str, same: bool) -> None:
    assert same_name("", one, other) is same


@pytest.mark.parametrize(
    ("text", "none"),
    [("latest", True), ("0.0.0", True), ("", True), ("TBD", True), ("NOASSERTION", True), ("0.0.1", False)],
)
def test_no_versions(text: str, none: bool) -> None:
    assert is_no_version(text) is none


def test_finds_by_package_and_plain_names_alone_where_there_is_no_purl() -> None:
    wick = part("Wick", purl="pkg:pypi/Wick@1")
    plain = part("wick", ref="plain", purl="")
    broken = part("wick", ref="broken", purl="pkg:pypi")
    other = part("wick", ref="npm", purl="pkg:npm/wick@1")
    listed = Listed((wick, plain, broken, other))
    assert listed.find("pypi", "wick") == (wick, plain, broken)
    assert listed.find("npm", "wick") == (other, plain, broken)
    assert listed.find("cargo", "wick") == (plain, broken)
    assert listed.find("pypi", "wicks") == ()
    assert len(listed) == 4
    assert [(ecosystem, name, len(found)) for ecosystem, name, found in listed.packages()] == [
        ("pypi", "wick", 1),
        ("npm", "wick", 1),
    ]


def test_everything_has_the_root_first() -> None:
    assert [one.ref for one in everything(bill(root=root()))] == ["lantern", "wick"]
    assert [one.ref for one in everything(bill(root=None))] == ["wick"]
