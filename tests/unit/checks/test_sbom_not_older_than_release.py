"""A bill cannot have looked at what was not there yet."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.support.cases import COMMIT, NOW, RELEASE, WHEEL, exhibit, findings
from tests.support.sboms import MADE, bill

from assay.checks.model import Finding, Outcome
from assay.checks.sbom_not_older_than_release import CHECK
from assay.evidence.release import ReleaseFile
from assay.evidence.repository import GitState
from assay.evidence.sbom import Sbom
from assay.formats.attestation import Release
from assay.formats.digest import Digest


def file(newest: datetime | None, digest: Digest = WHEEL) -> ReleaseFile:
    return ReleaseFile(RELEASE.files[0].filename, "wheel", 9, (digest,), newest=newest)


def git(committed: datetime | None, commit: str = COMMIT) -> GitState:
    return GitState(commit, committed)


def told(value: Sbom, *others: Any, release: Release = RELEASE, **rest: Any) -> list[Finding]:
    return findings(CHECK, exhibit(value, "bill.json"), *map(exhibit, others), release=release, **rest)


BEFORE = MADE - timedelta(hours=2)
LATER = MADE + timedelta(days=9)


@pytest.mark.parametrize(
    "others",
    [
        pytest.param((file(BEFORE),), id="files before it"),
        pytest.param((git(BEFORE),), id="commit before it"),
        pytest.param((file(MADE + timedelta(hours=24)),), id="at the edge of the tolerance"),
        pytest.param((git(BEFORE), file(BEFORE)), id="both"),
    ],
)
def test_satisfied(others: tuple[Any, ...]) -> None:
    (finding,) = told(bill(), *others)
    assert finding.outcome is Outcome.SATISFIED
    assert finding.message.startswith("bill.json was made 2026-10-20T18:00:00Z, not before the ")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        pytest.param(
            file(LATER),
            "bill.json was made 2026-10-20T18:00:00Z, 9 days before the newest file in lantern-2.1.0-py3-none-any.whl (2026-10-29T18:00:00Z)",
            id="files after it",
        ),
        pytest.param(
            git(MADE + timedelta(hours=25)),
            "bill.json was made 2026-10-20T18:00:00Z, 25 hours before the attested commit 1f1f1f1f1f1f (2026-10-21T19:00:00Z)",
            id="commit after it",
        ),
    ],
)
def test_contradicted(other: Any, message: str) -> None:
    (finding,) = told(bill(), other)
    assert (finding.outcome, finding.message, finding.at) == (
        Outcome.NOT_SATISFIED,
        message,
        "/metadata/timestamp",
    )
    assert len(finding.evidence) == 2


def test_one_moment_too_many_is_enough() -> None:
    assert [finding.outcome for finding in told(bill(), git(BEFORE), file(LATER))] == [Outcome.NOT_SATISFIED]


def test_the_tolerance_is_a_parameter() -> None:
    other = file(MADE + timedelta(hours=30))
    assert told(bill(), other)[0].outcome is Outcome.NOT_SATISFIED
    assert told(bill(), other, parameters={"tolerance_hours": 30})[0].outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(file(LATER, Digest.sha256(b"another")), id="a file that is not attested"),
        pytest.param(git(LATER, "2e" * 20), id="another commit"),
        pytest.param(file(NOW + timedelta(days=3)), id="a time that is yet to come"),
        pytest.param(file(None), id="dates that a reproducible build fixed"),
        pytest.param(git(None), id="commit without time"),
    ],
)
def test_what_tells_nothing_is_left_aside(other: Any) -> None:
    (finding,) = told(bill(), other)
    assert (finding.outcome, finding.message) == (
        Outcome.SATISFIED,
        "bill.json was made 2026-10-20T18:00:00Z, not before the release date 2026-10-20",
    )


def _released(day: date | None) -> Release:
    return msgspec.structs.replace(RELEASE, released=day)


@pytest.mark.parametrize(
    ("value", "release", "message"),
    [
        pytest.param(bill(timestamp=None), RELEASE, "bill.json does not say when it was made", id="no time"),
        pytest.param(
            bill(),
            _released(None),
            "nothing says when the release that bill.json describes was made",
            id="no date",
        ),
        pytest.param(
            bill(),
            _released(date(2026, 10, 29)),
            "bill.json was made 2026-10-20T18:00:00Z, the release is dated 2026-10-29, and nothing says when it was built",
            id="dated later",
        ),
        pytest.param(
            bill(timestamp=datetime.min.replace(tzinfo=UTC)),
            _released(date.max),
            "bill.json was made 0001-01-01T00:00:00Z, the release is dated 9999-12-31, and nothing says when it was built",
            id="from the first day to the last",
        ),
    ],
)
def test_unknown(value: Sbom, release: Release, message: str) -> None:
    (finding,) = told(value, release=release)
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, message)


def test_a_later_release_date_does_not_matter_when_the_build_is_known() -> None:
    assert told(bill(), file(BEFORE), release=_released(date(2026, 10, 29)))[0].outcome is Outcome.SATISFIED


def test_places_in_spdx() -> None:
    assert told(bill(format="SPDX", format_version="2.3"), file(LATER))[0].at == "/creationInfo/created"
