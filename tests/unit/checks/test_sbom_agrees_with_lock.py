"""Two documents about one resolution must say the same."""

from typing import Any

import pytest
from tests.support.cases import exhibit, findings
from tests.support.sboms import SHA, bill, part

from assay.checks.model import Finding, Outcome
from assay.checks.sbom_agrees_with_lock import CHECK
from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.sbom import Component, Distribution, Sbom
from assay.formats.digest import Digest

OTHER = Digest("sha256", "0b" * 32)
THIRD = Digest("sha256", "0c" * 32)


def lock(*packages: LockedPackage, ecosystem: str = "pypi", **rest: Any) -> Lockfile:
    return Lockfile("uv.lock", ecosystem, packages, **rest)


def locked(name: str = "wick", version: str = "1.4.0", **fields: Any) -> LockedPackage:
    return LockedPackage(name, version, **({"digests": (SHA,)} | fields))


def told(value: Sbom, *locks: Lockfile) -> list[Finding]:
    return findings(CHECK, exhibit(value, "bill.json"), *(exhibit(one, "uv.lock") for one in locks))


def test_satisfied_by_the_same_version_and_hash() -> None:
    (finding,) = told(bill(part(), part("glass")), lock(locked(), locked("glass")))
    assert (finding.outcome, finding.message) == (
        Outcome.SATISFIED,
        "2 components of bill.json have a locked version and no other hash",
    )


@pytest.mark.parametrize(
    ("component", "package"),
    [
        pytest.param(part(version="1.4"), locked(), id="the same PEP 440 version"),
        pytest.param(part("Wick", purl="pkg:pypi/Wick@1.4.0"), locked(), id="name in another case"),
        pytest.param(part(version="", purl="pkg:pypi/wick@1.4.0"), locked(), id="version in the purl only"),
        pytest.param(part(digests=()), locked(), id="no hash in the bill"),
        pytest.param(part(), locked(digests=()), id="no hash in the lock"),
        pytest.param(part(), locked(digests=(OTHER, SHA, THIRD)), id="one of several locked files"),
        pytest.param(part(digests=(Digest("sha512", "aa" * 64),)), locked(), id="hash of another algorithm"),
        pytest.param(
            part(digests=(), distributions=(Distribution("a", (OTHER,)), Distribution("b", (SHA,)))),
            locked(),
            id="one distribution is",
        ),
        pytest.param(part(version="9"), locked(version="", source="path"), id="the project's own part"),
        pytest.param(
            part(), locked(digests=(OTHER,), source="git"), id="hash of a git source is of another thing"
        ),
    ],
)
def test_satisfied_by_other_honest_pairs(component: Component, package: LockedPackage) -> None:
    assert [finding.outcome for finding in told(bill(component), lock(package))] == [Outcome.SATISFIED]


def test_any_of_several_locked_versions_will_do() -> None:
    assert told(bill(part()), lock(locked(version="1.3.0"), locked()))[0].outcome is Outcome.SATISFIED
    assert told(bill(part()), lock(locked(version="1.3.0")), lock(locked()))[0].outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    ("component", "package", "message"),
    [
        pytest.param(
            part(version="1.3.9"),
            locked(),
            "bill.json has 'wick' 1.3.9, uv.lock has 1.4.0",
            id="older version",
        ),
        pytest.param(
            part(digests=(OTHER,)),
            locked(),
            f"bill.json gives 'wick' 1.4.0 the sha256 {OTHER.short}…, uv.lock has {SHA.short}…",
            id="other hash",
        ),
        pytest.param(
            part(digests=(THIRD,)),
            locked(digests=(SHA, OTHER)),
            f"bill.json gives 'wick' 1.4.0 the sha256 {THIRD.short}…, uv.lock has 2 others, such as {OTHER.short}…",
            id="none of two hashes",
        ),
        pytest.param(
            part(digests=(), distributions=(Distribution("a", (OTHER,)),)),
            locked(),
            f"bill.json gives 'wick' 1.4.0 the sha256 {OTHER.short}…, uv.lock has {SHA.short}…",
            id="other hash of a distribution",
        ),
    ],
)
def test_contradicted(component: Component, package: LockedPackage, message: str) -> None:
    (finding,) = told(bill(component), lock(package))
    assert (finding.outcome, finding.message, finding.at) == (Outcome.NOT_SATISFIED, message, "wick")
    assert len(finding.evidence) == 2


@pytest.mark.parametrize(
    ("component", "package", "message"),
    [
        pytest.param(
            part(version="", purl="pkg:pypi/wick"),
            locked(),
            "gives 'wick' no version that could be compared",
            id="no version",
        ),
        pytest.param(
            part(version="latest"),
            locked(),
            "gives 'wick' no version that could be compared",
            id="placeholder",
        ),
        pytest.param(
            part(version="1.4.0+cpu"),
            locked(),
            "has 'wick' 1.4.0+cpu, locked but for its local part",
            id="local part",
        ),
        pytest.param(
            part(version="1.3"),
            locked(version=""),
            "pins it for development only, or not at all",
            id="not pinned",
        ),
        pytest.param(
            part(version="1.3"),
            locked(development=True),
            "pins it for development only, or not at all",
            id="development",
        ),
        pytest.param(
            part("oil"),
            locked(),
            "bill.json lists oil, which no lock of the same ecosystem holds",
            id="in no lock",
        ),
    ],
)
def test_unknown(component: Component, package: LockedPackage, message: str) -> None:
    (finding,) = told(bill(component), lock(package))
    assert finding.outcome is Outcome.UNKNOWN
    assert message in finding.message


def test_unknown_when_nothing_is_in_both() -> None:
    for value in (bill(part(purl="pkg:npm/wick@1.4.0")), bill(part(purl=""))):
        (finding,) = told(value, lock(locked()))
        assert (finding.outcome, finding.message) == (
            Outcome.UNKNOWN,
            "bill.json and the locks have no package in common",
        )


def test_an_invented_component_is_not_lost_among_honest_ones() -> None:
    unknown, good = told(bill(part(), part("totally-real")), lock(locked()))
    assert (unknown.outcome, unknown.at, good.outcome) == (Outcome.UNKNOWN, "totally-real", Outcome.SATISFIED)


@pytest.mark.parametrize("name", ["pip", "setuptools", "wheel", "lantern"])
def test_installers_and_the_release_itself_stand_in_no_lock(name: str) -> None:
    assert [finding.outcome for finding in told(bill(part(), part(name)), lock(locked()))] == [
        Outcome.SATISFIED
    ]


def test_an_installer_that_is_locked_is_compared() -> None:
    assert told(bill(part("pip", "23.0")), lock(locked("pip", "24.0")))[0].outcome is Outcome.NOT_SATISFIED


def test_other_ecosystems_of_the_bill_do_not_matter() -> None:
    value = bill(part(), part("libc", purl="pkg:deb/debian/libc6@2.36"))
    assert [finding.outcome for finding in told(value, lock(locked()))] == [Outcome.SATISFIED]


def test_go_modules_compare_without_case() -> None:
    component = part("toml", "v1.3.2", purl="pkg:golang/github.com/burntsushi/toml@v1.3.2", digests=())
    package = LockedPackage("github.com/BurntSushi/toml", "v1.3.2", other_hashes=("h1:abc",))
    assert told(bill(component), lock(package, ecosystem="golang"))[0].outcome is Outcome.SATISFIED


def test_many_contradictions_are_counted() -> None:
    names = [f"p{i}" for i in range(50)]
    found = told(bill(*(part(name, "1.0") for name in names)), lock(*(locked(name, "2.0") for name in names)))
    assert len(found) == 21
    assert {finding.outcome for finding in found} == {Outcome.NOT_SATISFIED}
    assert found[-1].message == "30 more components of bill.json are like these"
