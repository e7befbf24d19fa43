"""A bill is believed to be about the release only if its root says so."""

from typing import Any

import msgspec
import pytest
from tests.support.cases import RELEASE, WHEEL, exhibit, findings
from tests.support.sboms import bill, part, root

from assay.checks.model import Finding, Outcome
from assay.checks.sbom_describes_release import CHECK
from assay.evidence.release import ReleaseFile
from assay.evidence.sbom import Distribution, Sbom
from assay.formats.attestation import Release
from assay.formats.digest import Digest

SHA512 = Digest("sha512", "f1" * 64)
FILE = ReleaseFile(
    RELEASE.files[0].filename, "wheel", 9, (WHEEL, SHA512), ecosystem="pypi", name="lantern", version="2.1.0"
)
OTHER = Digest("sha256", "0b" * 32)
BARE = msgspec.structs.replace(RELEASE, purl="")


def told(value: Sbom, *files: ReleaseFile, release: Release = RELEASE) -> list[Finding]:
    return findings(CHECK, exhibit(value, "bill.json"), *(exhibit(file) for file in files), release=release)


def test_satisfied_by_name_and_version() -> None:
    (finding,) = told(bill())
    assert (finding.outcome, finding.message, finding.at) == (
        Outcome.SATISFIED,
        "bill.json describes 'lantern' 2.1.0, as attested",
        "/metadata/component/version",
    )


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"name": "Lantern", "purl": ""}, id="another case, no purl"),
        pytest.param({"version": "v2.1.0"}, id="v in front"),
        pytest.param({"version": "2.1"}, id="the same PEP 440 version"),
        pytest.param({"version": ""}, id="version in the purl only"),
        pytest.param({"name": "Lighthouse/lantern", "purl": ""}, id="group in front"),
        pytest.param({"name": "The Lantern Suite"}, id="other name, same purl"),
        pytest.param({"purl": "pkg:generic/x@2.1.0"}, id="purl of no known ecosystem"),
        pytest.param({"digests": (WHEEL,)}, id="attested digest"),
        pytest.param({"digests": (OTHER, WHEEL)}, id="several digests, an attested one among them"),
        pytest.param(
            {"distributions": (Distribution("https://f.example/lantern-2.1.0.tar.gz", (OTHER,)),)},
            id="a file that is not attested",
        ),
    ],
)
def test_satisfied_by_other_honest_roots(fields: dict[str, Any]) -> None:
    found = told(bill(root=root(**fields)))
    assert {finding.outcome for finding in found} == {Outcome.SATISFIED}


@pytest.mark.parametrize(
    ("fields", "message", "at"),
    [
        pytest.param(
            {"version": "2.0.0"},
            "bill.json describes version '2.0.0', the attested release is '2.1.0'",
            "/metadata/component/version",
            id="earlier version",
        ),
        pytest.param(
            {"version": "2.1.0rc1"},
            "bill.json describes version '2.1.0rc1', the attested release is '2.1.0'",
            None,
            id="candidate",
        ),
        pytest.param(
            {"name": "beacon", "purl": "pkg:pypi/beacon@2.1.0"},
            "bill.json is about 'beacon' 2.1.0, the attested release is 'lantern' 2.1.0",
            "/metadata/component/name",
            id="another package",
        ),
        pytest.param(
            {"name": "beacon", "version": "5.0", "purl": ""},
            "bill.json is about 'beacon' 5.0, the attested release is 'lantern' 2.1.0",
            "/metadata/component/name",
            id="another product without purl",
        ),
        pytest.param(
            {"digests": (OTHER,)},
            f"bill.json gives the release the sha256 {OTHER.short}…, attested is {WHEEL.short}…",
            "/metadata/component/hashes",
            id="another digest",
        ),
        pytest.param(
            {"distributions": (Distribution(f"https://f.example/{FILE.filename}#x", (OTHER,)),)},
            f"bill.json gives {FILE.filename} the sha256 {OTHER.short}…, attested is {WHEEL.short}…",
            "/metadata/component/externalReferences",
            id="another digest of a file of that name",
        ),
    ],
)
def test_contradicted(fields: dict[str, Any], message: str, at: str | None) -> None:
    against = [
        finding for finding in told(bill(root=root(**fields))) if finding.outcome is Outcome.NOT_SATISFIED
    ]
    assert [finding.message for finding in against] == [message]
    assert against[0].at == (at or against[0].at)
    assert against[0].remedy == "make the bill anew for this release"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(
            bill(root=None),
            "bill.json does not say what software it is about, expected one root component",
            id="no root",
        ),
        pytest.param(
            bill(root=None, described=("a", "b")),
            "bill.json is about 2 things, expected one root component",
            id="two",
        ),
        pytest.param(
            bill(root=root(version="", purl="")), "bill.json gives no version of 'lantern'", id="no version"
        ),
        pytest.param(
            bill(root=root(version="latest", purl="")),
            "bill.json gives only 'latest' as version of 'lantern'",
            id="placeholder",
        ),
        pytest.param(
            bill(root=root(version="0.0.0")),
            "bill.json gives only '0.0.0' as version of 'lantern'",
            id="zeros",
        ),
        pytest.param(
            bill(root=root(version="2.1.0+a1b2")),
            "bill.json describes version '2.1.0+a1b2', the attested release is '2.1.0': only the local part differs",
            id="local version",
        ),
        pytest.param(
            bill(root=root(name="beacon", purl="")),
            "bill.json is about 'beacon' 2.1.0, the attested release is 'lantern' 2.1.0: nothing ties the two names",
            id="another name, the same version",
        ),
        pytest.param(
            bill(root=root(name=".", version="7", purl="")),
            "bill.json is about '.' 7, the attested release is 'lantern' 2.1.0: nothing ties the two names",
            id="a folder",
        ),
        pytest.param(
            bill(root=root(name="registry.example/app", version="sha256:ab", purl="", type="container")),
            "bill.json is about 'registry.example/app' sha256:ab, the attested release is 'lantern' 2.1.0: nothing ties the two names",
            id="an image",
        ),
        pytest.param(
            bill(part("lantern", "2.1.0"), root=root(name="suite", version="7.0", purl="")),
            "bill.json is about 'suite' 7.0 and lists the release as a part of it; the attested release is 'lantern' 2.1.0",
            id="a larger product that has it inside",
        ),
        pytest.param(
            bill(root=root(digests=(SHA512,))),
            "bill.json has a sha512 of the release; none is attested or could be computed",
            id="a digest that cannot be compared",
        ),
    ],
)
def test_unknown(value: Sbom, message: str) -> None:
    unknown = [finding for finding in told(value) if finding.outcome is not Outcome.SATISFIED]
    assert [(finding.outcome, finding.message) for finding in unknown] == [(Outcome.UNKNOWN, message)]


def test_the_opened_file_stands_beside_the_product_name() -> None:
    """A product's own name need not be its package's; the attested file's metadata tie the two."""
    sold = msgspec.structs.replace(BARE, name="Lantern Office Suite")
    assert [finding.outcome for finding in told(bill(), release=sold)] == [Outcome.UNKNOWN]
    assert [finding.outcome for finding in told(bill(), FILE, release=sold)] == [Outcome.SATISFIED]
    wrong = told(bill(root=root(name="beacon", purl="pkg:pypi/beacon@2.1.0")), FILE, release=sold)
    assert [finding.outcome for finding in wrong] == [Outcome.NOT_SATISFIED]


def test_digests_of_the_opened_file_count_once_it_is_attested() -> None:
    value = bill(root=root(digests=(SHA512,)))
    assert {finding.outcome for finding in told(value, FILE)} == {Outcome.SATISFIED}
    stranger = msgspec.structs.replace(FILE, digests=(OTHER, SHA512))
    assert Outcome.UNKNOWN in {finding.outcome for finding in told(value, stranger)}


def test_a_bill_about_an_attested_file() -> None:
    subject = root(
        name=f"./dist/{FILE.filename}", type="file", version="sha256:ab", purl="", digests=(WHEEL,)
    )
    assert [finding.message for finding in told(bill(root=subject))] == [
        f"bill.json is about './dist/{FILE.filename}', an attested file",
        "the sha256 of the release in bill.json is an attested one",
    ]


def test_without_attested_version_nothing_is_compared() -> None:
    (finding,) = told(bill(), release=Release(name="lantern"))
    assert (finding.outcome, finding.message) == (
        Outcome.UNKNOWN,
        "the attestation gives no version for this release",
    )


def test_each_bill_is_judged() -> None:
    old = exhibit(bill(root=root(version="1.0")), "old.json")
    assert [finding.outcome for finding in findings(CHECK, exhibit(bill(), "bill.json"), old)] == [
        Outcome.SATISFIED,
        Outcome.NOT_SATISFIED,
    ]
