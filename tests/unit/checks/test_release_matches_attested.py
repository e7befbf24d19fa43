"""The submitted files against the attested ones."""

from typing import Any

import msgspec
import pytest
from tests.support.archives import METADATA, npm, sdist, wheel, wheel_files, zipped
from tests.support.cases import RELEASE, exhibit, findings

from assay.checks.model import Finding, Outcome
from assay.checks.release_matches_attested import CHECK
from assay.evidence.release import ReleaseFile, read
from assay.formats.attestation import Release, ReleaseDigest
from assay.formats.digest import Digest

NAME = "lantern-2.1.0-py3-none-any.whl"
WHEEL = read(wheel(), name=f"dist/{NAME}")
SDIST = read(sdist(), name="lantern-2.1.0.tar.gz")


def release(*files: ReleaseFile, **changes: Any) -> Release:
    attested = tuple(ReleaseDigest(file.filename, file.digests[0]) for file in files)
    return msgspec.structs.replace(RELEASE, files=attested, **changes)


def outcomes(found: list[Finding]) -> list[Outcome]:
    return [finding.outcome for finding in found]


def only(found: list[Finding], outcome: Outcome) -> Finding:
    (finding,) = (f for f in found if f.outcome is outcome)
    return finding


def test_matches() -> None:
    found = findings(CHECK, exhibit(WHEEL), exhibit(SDIST), release=release(WHEEL, SDIST))
    assert outcomes(found) == [Outcome.SATISFIED] * 4
    assert found[0].message == f"{NAME} has the attested sha256 {WHEEL.digests[0].short}…"
    assert found[1].message == "metadata say lantern 2.1.0, as attested"


@pytest.mark.parametrize(
    "changes",
    [
        {"purl": ""},
        {"purl": "", "name": "Lantern"},
        {"version": "v2.1.0", "purl": ""},
        {"version": "2.1", "purl": ""},
        {"purl": "pkg:pypi/Lantern@2.1.0", "name": "The Lighthouse Lantern"},
        {"purl": "pkg:pypi/lantern", "name": "The Lighthouse Lantern"},
        {"purl": "pkg:generic/something@9", "name": "lantern"},
    ],
)
def test_spellings_of_name_and_version(changes: dict[str, str]) -> None:
    assert (
        outcomes(findings(CHECK, exhibit(WHEEL), release=release(WHEEL, **changes)))
        == [Outcome.SATISFIED] * 2
    )


def test_sha512_and_folders_in_attested_names() -> None:
    attested = msgspec.structs.replace(RELEASE, files=(ReleaseDigest(f"dist/{NAME}", WHEEL.digests[1]),))
    assert outcomes(findings(CHECK, exhibit(WHEEL), release=attested)) == [Outcome.SATISFIED] * 2


def test_swapped_file() -> None:
    other = read(wheel({"lantern/evil.py": b""}), name=NAME)
    found = findings(CHECK, exhibit(other), release=release(WHEEL))
    assert outcomes(found) == [Outcome.NOT_SATISFIED]
    assert found[0].message == (
        f"{NAME} has sha256 {other.digests[0].short}…, the attestation names {WHEEL.digests[0].short}…"
    )


def test_two_files_under_one_name() -> None:
    other = read(wheel({"lantern/evil.py": b""}), name=NAME)
    found = findings(CHECK, exhibit(WHEEL), exhibit(other, "second"), release=release(WHEEL))
    assert outcomes(found) == [Outcome.SATISFIED, Outcome.SATISFIED, Outcome.NOT_SATISFIED]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "2.0.0", "purl": ""}, "metadata say version '2.1.0', the attested release is '2.0.0'"),
        ({"purl": "pkg:pypi/lantern@2.0.0"}, "metadata say version '2.1.0', the attested release is '2.0.0'"),
        (
            {"purl": "pkg:pypi/wick@2.1.0"},
            "metadata name the package 'lantern', the attested package is 'wick'",
        ),
    ],
)
def test_other_product_or_version(changes: dict[str, str], message: str) -> None:
    finding = only(findings(CHECK, exhibit(WHEEL), release=release(WHEEL, **changes)), Outcome.NOT_SATISFIED)
    assert (finding.message, finding.at) == (message, "METADATA")


def test_wheel_under_another_wheels_name() -> None:
    renamed = read(wheel(), name="wick-9.0-py3-none-any.whl")
    found = findings(CHECK, exhibit(renamed), release=release(renamed, name="wick", version="9.0", purl=""))
    finding = only(found, Outcome.NOT_SATISFIED)
    assert finding.message == "wick-9.0-py3-none-any.whl is named wick 9.0, its metadata say lantern 2.1.0"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"name": "Lighthouse Suite", "purl": ""},
            "metadata name the package 'lantern', the attested product is 'Lighthouse Suite'",
        ),
        ({"version": "", "purl": ""}, "the attestation gives no version for this release"),
        (
            {"version": "October", "purl": ""},
            "metadata say version '2.1.0', attested is 'October': these cannot be compared",
        ),
    ],
)
def test_cannot_tell(changes: dict[str, str], message: str) -> None:
    finding = only(findings(CHECK, exhibit(WHEEL), release=release(WHEEL, **changes)), Outcome.UNKNOWN)
    assert finding.message == message


def test_not_submitted_and_not_attested() -> None:
    found = findings(CHECK, exhibit(SDIST), release=release(WHEEL))
    assert outcomes(found) == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert "is attested and was not submitted" in found[0].message
    assert (
        found[1].message
        == "lantern-2.1.0.tar.gz is submitted as a release and is not among the attested files"
    )
    nothing = findings(CHECK, exhibit(SDIST), release=release())
    assert outcomes(nothing) == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert nothing[0].message == "the attestation names no file of this release"


def test_digest_that_is_not_computed() -> None:
    attested = msgspec.structs.replace(RELEASE, files=(ReleaseDigest(NAME, Digest("sha1", "ab" * 20)),))
    finding = only(findings(CHECK, exhibit(WHEEL), release=attested), Outcome.UNKNOWN)
    assert finding.message == f"{NAME} is attested by sha1, expected one of sha256, sha512"


def test_npm_names_with_scope() -> None:
    file = read(npm(), name="lighthouse-lantern-2.1.0.tgz")
    for purl in ("pkg:npm/%40lighthouse/lantern@2.1.0", "pkg:npm/@lighthouse/lantern@2.1.0", ""):
        assert (
            outcomes(findings(CHECK, exhibit(file), release=release(file, purl=purl)))
            == [Outcome.SATISFIED] * 2
        )
    found = findings(CHECK, exhibit(file), release=release(file, purl="pkg:npm/%40other/lantern@2.1.0"))
    assert only(found, Outcome.NOT_SATISFIED).at == "package.json"


def test_file_without_metadata_is_compared_by_digest() -> None:
    file = read(b"#!/bin/sh\n", name="install.sh")
    assert outcomes(findings(CHECK, exhibit(file), release=release(file))) == [Outcome.SATISFIED]


def test_local_version_is_another_version() -> None:
    files = {
        **wheel_files(),
        "lantern-2.1.0.dist-info/METADATA": METADATA.replace(b"2.1.0", b"2.1.0+patched"),
    }
    file = read(zipped(files), name=NAME)
    found = findings(CHECK, exhibit(file), release=release(file))
    assert (
        outcomes(found).count(Outcome.NOT_SATISFIED) == 2
    )  # against its file name and against the attestation
