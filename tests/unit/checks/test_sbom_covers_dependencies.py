"""What the release always needs must be in its bill."""

import pytest
from tests.support.cases import RELEASE, WHEEL, exhibit, findings
from tests.support.sboms import bill, part

from assay.checks.model import Finding, Outcome
from assay.checks.sbom_covers_dependencies import CHECK
from assay.evidence.release import ReleaseFile, Requires
from assay.evidence.sbom import Sbom


def wheel(*requires: Requires, **fields: object) -> ReleaseFile:
    base = {
        "filename": RELEASE.files[0].filename,
        "kind": "wheel",
        "size": 9,
        "digests": (WHEEL,),
        "ecosystem": "pypi",
        "name": "lantern",
        "version": "2.1.0",
        "requires": requires,
    }
    return ReleaseFile(**(base | fields))  # type: ignore[arg-type]


def told(value: Sbom, *files: ReleaseFile) -> list[Finding]:
    return findings(CHECK, exhibit(value, "bill.json"), *(exhibit(file, file.filename) for file in files))


def test_satisfied_when_all_are_listed() -> None:
    (finding,) = told(bill(part("wick"), part("glass")), wheel(Requires("wick", ">=1"), Requires("glass")))
    assert (finding.outcome, finding.message) == (
        Outcome.SATISFIED,
        "bill.json lists all that lantern-2.1.0-py3-none-any.whl always needs: wick, glass",
    )


def test_contradicted_by_a_dependency_that_is_left_out() -> None:
    (finding,) = told(bill(part("wick")), wheel(Requires("wick"), Requires("glass")))
    assert (finding.outcome, finding.message, finding.at) == (
        Outcome.NOT_SATISFIED,
        "lantern-2.1.0-py3-none-any.whl needs 'glass', which is not among the 2 components of bill.json",
        "METADATA",
    )


@pytest.mark.parametrize(
    "component",
    [
        pytest.param(part("Glass.Pane", purl="pkg:pypi/Glass_Pane@1"), id="spelled otherwise"),
        pytest.param(part("glass_pane", purl=""), id="without purl"),
        pytest.param(
            part("glass-pane", purl="pkg:pypi/glass-pane?extension=x"),
            id="purl without version, with qualifier",
        ),
    ],
)
def test_names_are_compared_as_pypi_does(component: object) -> None:
    value = bill(part("wick"), component)  # type: ignore[arg-type]
    assert told(value, wheel(Requires("glass-pane")))[0].outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    "purl",
    [
        pytest.param("pkg:npm/glass@1", id="another ecosystem"),
        pytest.param("pkg:pypi/glasses@1", id="a longer name"),
    ],
)
def test_another_package_is_none(purl: str) -> None:
    value = bill(part("glass", purl=purl))
    assert [finding.outcome for finding in told(value, wheel(Requires("glass")))] == [Outcome.NOT_SATISFIED]


@pytest.mark.parametrize(
    ("requires", "demanded"),
    [
        (Requires("glass", extra="all"), False),
        (Requires("glass", marker="extra == 'all'"), False),
        (Requires("glass", marker="sys_platform == 'win32'"), False),
        (Requires("glass", marker="sys_platform != 'win32'"), False),
        (Requires("glass", marker="platform_machine != 'riscv'"), False),
        (Requires("glass", marker="python_version < '3.11'"), False),
        (Requires("glass", marker="python_version >= '3.8'"), False),
        (Requires("glass", marker="python_version >= '3'"), False),
        (Requires("glass", marker="python_version >= '2.7'"), True),
        (Requires("glass", marker="python_version < '4' and python_version not in '1.5'"), True),
        (Requires("glass", marker="'python_version' == 'python_version'"), False),
        (Requires("glass", marker="no marker at all"), False),
        (Requires("glass", marker="python_version >= "), False),
        (Requires("glass"), True),
        (Requires("lantern"), False),
    ],
    ids=lambda value: (
        f"{value.name} {value.marker or value.extra}" if isinstance(value, Requires) else str(value)
    ),
)
def test_only_what_is_needed_everywhere_is_asked_for(requires: Requires, demanded: bool) -> None:
    (finding,) = told(bill(), wheel(requires))
    expected = (
        (Outcome.NOT_SATISFIED, "needs 'glass'")
        if demanded
        else (Outcome.SATISFIED, "always needs nothing else")
    )
    assert (finding.outcome, expected[1] in finding.message) == (expected[0], True)


def test_npm_has_its_own_markers_and_bundles() -> None:
    requires = (
        Requires("@light/glass"),
        Requires("peer", marker="peer"),
        Requires("maybe", marker="optional"),
        Requires("inside"),
    )
    package = wheel(*requires, filename="lantern-2.1.0.tgz", kind="npm", ecosystem="npm", bundled=("inside",))
    listed = bill(part("glass", purl="pkg:npm/%40light/glass@1"))
    assert [finding.outcome for finding in told(listed, package)] == [Outcome.SATISFIED]
    (finding,) = told(bill(), package)
    assert (finding.outcome, finding.at) == (Outcome.NOT_SATISFIED, "package.json")
    everything = wheel(*requires, filename="a.tgz", kind="npm", ecosystem="npm", bundled=("*",))
    assert told(bill(), everything)[0].message == "a.tgz always needs nothing else"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        pytest.param(
            wheel(filename="lantern.bin", kind="other", ecosystem="", name=""),
            "lantern.bin does not say what it needs",
            id="no package",
        ),
        pytest.param(
            wheel(filename="lantern-2.1.0.tar.gz", kind="sdist"),
            "lantern-2.1.0.tar.gz names no dependency; an sdist may leave them to its build",
            id="sdist without Requires-Dist",
        ),
    ],
)
def test_unknown(file: ReleaseFile, message: str) -> None:
    (finding,) = told(bill(), file)
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, message)


def test_an_sdist_that_leaves_them_to_its_build_hides_nothing_beside_its_wheel() -> None:
    sdist = wheel(filename="lantern-2.1.0.tar.gz", kind="sdist")
    wheel_finding, sdist_finding = told(bill(part("glass")), wheel(Requires("glass")), sdist)
    assert wheel_finding.outcome is Outcome.SATISFIED
    assert sdist_finding.outcome is Outcome.NOT_APPLICABLE
    assert "what it needs stands in lantern-2.1.0-py3-none-any.whl" in sdist_finding.message
    *_, alone = told(bill(part("glass")), wheel(Requires("glass"), version="2.0.0"), sdist)
    assert alone.outcome is Outcome.UNKNOWN


def test_an_sdist_that_names_dependencies_is_believed() -> None:
    (finding,) = told(bill(), wheel(Requires("glass"), filename="lantern-2.1.0.tar.gz", kind="sdist"))
    assert (finding.outcome, finding.at) == (Outcome.NOT_SATISFIED, "PKG-INFO")


def test_many_gaps_are_counted() -> None:
    found = told(bill(), wheel(*(Requires(f"p{i}") for i in range(50))))
    assert len(found) == 21
    assert found[-1].message == "lantern-2.1.0-py3-none-any.whl needs 30 more that bill.json does not list"
