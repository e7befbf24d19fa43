"""What a release is made of, by its bills and locks."""

from tests.support.cases import exhibit

from assay.evidence.contents import parts
from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.sbom import Component, Sbom

BILL = exhibit(
    Sbom(
        "CycloneDX",
        "1.6",
        serial="urn:uuid:3e67",
        root=Component("root", "lantern", "2.1.0", purl="pkg:pypi/lantern@2.1.0"),
        components=(
            Component("w", "Wick.Trim", "1.4.1", "library", "pkg:pypi/Wick.Trim@1.4.1"),
            Component("f", "flame", "3.0", "library"),
            Component("readme", "README.md", type="file"),
        ),
    ),
    "sbom.json",
)
LOCK = exhibit(
    Lockfile(
        "uv.lock",
        "pypi",
        (
            LockedPackage("lantern", "2.1.0", source="self"),
            LockedPackage("pytest", "9.0", development=True),
            LockedPackage("local", "1.0", source="path"),
        ),
    ),
    "uv.lock",
)


def test_lists_components_and_locked_packages_but_not_the_release_itself() -> None:
    listed = list(parts([BILL], [LOCK]))
    assert [
        (part.subject.type, part.subject.name, part.subject.version, part.listed_in, part.at)
        for part in listed
    ] == [
        ("pypi", "wick-trim", "1.4.1", "sbom", "w"),
        ("", "flame", "3.0", "sbom", "f"),
        ("pypi", "pytest", "9.0", "lockfile", "pytest@9.0"),
        ("pypi", "local", "1.0", "lockfile", "local@1.0"),
    ]
    assert [part.development for part in listed] == [False, False, True, False]
    assert [part.elsewhere for part in listed] == ["", "", "", "the lock takes it from a path source"]
    assert listed[0].subject.refs == {"urn:cdx:3e67#w"}
