"""Components against a snapshot of known-malicious packages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.support.cases import FACTS, NOW, case, exhibit

from assay.checks.model import Malicious, Outcome, Span
from assay.checks.no_malicious_component import CHECK
from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.sbom import Component, Sbom
from assay.validation.run import Answer, run

SNAPSHOT = Malicious(
    as_of=datetime(2026, 10, 3, tzinfo=UTC),
    ecosystems=("npm", "pypi"),
    packages={
        ("pypi", "wick-trlm"): (),
        ("pypi", "wick-trim"): ("1.4.1", "1.4.2"),
        ("npm", "@light/wick"): ("2.0.0",),
    },
    spans={
        ("npm", "spark"): (Span("1.95.6", fixed="1.95.8"),),
        ("npm", "ember"): (Span("1.1.5", last="1.1.7"),),
        ("npm", "cinder"): (Span("1.2.2"),),
        ("pypi", "glow"): (Span("2.0", fixed="2.1"),),
        ("pypi", "wick-trim"): (Span("0"),),
    },
)


def judge(*exhibits: Any, snapshot: Malicious | None = SNAPSHOT) -> Answer:
    return run(CHECK, case(*exhibits, check=CHECK, facts=msgspec.structs.replace(FACTS, malicious=snapshot)))


def bill(*purls: str, **changes: Any) -> Any:
    parts = tuple(
        Component(purl, purl.split("/")[-1].split("@")[0], purl.rpartition("@")[2], "library", purl)
        for purl in purls
    )
    return exhibit(
        msgspec.structs.replace(Sbom("CycloneDX", "1.6", components=parts), **changes), "sbom.json"
    )


def lock(*packages: LockedPackage, ecosystem: str = "pypi") -> Any:
    return exhibit(Lockfile("uv.lock", ecosystem, packages), "uv.lock")


def test_satisfied() -> None:
    answer = judge(bill("pkg:pypi/flame@3.0"), lock(LockedPackage("flame", "3.0")))
    assert answer.outcome is Outcome.SATISFIED
    assert (
        answer.findings[0].message
        == "2 components are not among the malicious packages known as of 2026-10-03"
    )


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        pytest.param(datetime(2019, 10, 1, tzinfo=UTC), "as of 2019-10-01 is 2588 days old, at most 30 expected: 1 components", id="old"),
        pytest.param(NOW + timedelta(days=2), "is dated after 2026-11-01", id="of the future"),
    ],
)  # fmt: skip
def test_a_snapshot_whose_silence_says_nothing(as_of: datetime, message: str) -> None:
    snapshot = msgspec.structs.replace(SNAPSHOT, as_of=as_of)
    answer = judge(bill("pkg:pypi/flame@3.0"), snapshot=snapshot)
    assert answer.outcome is Outcome.UNKNOWN
    assert message in answer.findings[0].message
    assert judge(bill("pkg:pypi/wick-trlm@1.0"), snapshot=snapshot).outcome is Outcome.NOT_SATISFIED


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        pytest.param(
            bill("pkg:pypi/wick-trlm@0.1"), "in every version, as of 2026-10-03", id="every version"
        ),
        pytest.param(bill("pkg:pypi/Wick_Trlm@0.1"), "in every version", id="other spelling"),
        pytest.param(bill("pkg:pypi/wick-trim@1.4.1"), "in this version", id="one version"),
        pytest.param(
            bill("pkg:npm/%40light/wick@2.0.0"), "@light/wick 2.0.0 (npm) is listed", id="npm scope"
        ),
        pytest.param(bill("pkg:npm/spark@1.95.7"), "lies in the range", id="range"),
        pytest.param(bill("pkg:npm/ember@1.1.7"), "lies in the range", id="last of a range"),
        pytest.param(bill("pkg:pypi/glow@2.0.5"), "lies in the range", id="range of PyPI versions"),
        pytest.param(
            lock(LockedPackage("wick-trlm", "0.1", development=True)), "uv.lock", id="for development too"
        ),
    ],
)
def test_not_satisfied(evidence: Any, message: str) -> None:
    answer = judge(evidence)
    assert answer.outcome is Outcome.NOT_SATISFIED
    (finding,) = [item for item in answer.findings if item.outcome is Outcome.NOT_SATISFIED]
    assert message in finding.message or message == evidence.source.name
    assert finding.remedy.startswith("remove it")


@pytest.mark.parametrize(
    "purl",
    [
        pytest.param("pkg:npm/spark@1.95.8", id="first fixed version"),
        pytest.param("pkg:npm/spark@1.95.5", id="before the range"),
        pytest.param("pkg:npm/spark@2.3.3", id="after the range"),
        pytest.param("pkg:npm/ember@1.1.8", id="after the last"),
        pytest.param("pkg:npm/wick@2.0.0", id="same name without the scope"),
        pytest.param("pkg:npm/wick-trlm@0.1", id="same name in another ecosystem"),
        pytest.param("pkg:pypi/wick-trlm2@0.1", id="longer name"),
    ],
)
def test_near_misses_are_clean(purl: str) -> None:
    assert judge(bill(purl)).outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        pytest.param(
            bill("pkg:cargo/ember@1.0.0"), "does not speak of cargo: 1 components", id="ecosystem outside"
        ),
        pytest.param(
            bill("pkg:pypi/wick-trim@1.5.0"),
            "other versions were seen to be malicious",
            id="a range beside versions",
        ),
        pytest.param(
            bill("pkg:npm/spark@latest"), "other versions were seen", id="version that cannot be compared"
        ),
        pytest.param(
            bill("pkg:pypi/wick-trlm@1?repository_url=https://pip.lighthouse.example"),
            "repository_url",
            id="own index",
        ),
        pytest.param(
            lock(LockedPackage("wick-trlm", "1", source="path", location="../x")),
            "from a path source",
            id="own folder",
        ),
        pytest.param(lock(LockedPackage("wick-trim", "")), "no version is given", id="no version"),
        pytest.param(
            exhibit(Sbom("SPDX", "2.3", components=(Component("a", "flame", "3"),))),
            "no purl to look up",
            id="no purl",
        ),
        pytest.param(
            exhibit(Sbom("SPDX", "2.3")), "no readable sbom or lockfile with components", id="empty bill"
        ),
    ],
)
def test_unknown(evidence: Any, message: str) -> None:
    answer = judge(evidence)
    assert answer.outcome is Outcome.UNKNOWN
    assert any(message in finding.message for finding in answer.findings)


def test_a_lock_names_a_component_that_the_bill_leaves_without_purl() -> None:
    nameless = exhibit(Sbom("SPDX", "2.3", components=(Component("a", "Flame", "3.0"),)), "sbom.json")
    assert judge(nameless, lock(LockedPackage("flame", "3.0"))).outcome is Outcome.SATISFIED


def test_unknown_without_snapshot_or_components() -> None:
    assert "no snapshot" in judge(bill("pkg:pypi/flame@3.0"), snapshot=None).findings[0].message
    assert judge().outcome is Outcome.UNKNOWN
