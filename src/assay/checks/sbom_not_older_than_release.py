"""The bill was made before the release it is said to describe.

A bill from before the code was committed, or before the release was built, cannot have looked at either. Its time is held
against the attested commit and the newest file inside the release. A release date alone proves less: files are often built
days before they are announced.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.release import ReleaseFile
from assay.evidence.repository import GitState
from assay.evidence.sbom import Sbom
from assay.formats import times
from assay.formats.text import shown


class _Moment(msgspec.Struct, frozen=True):
    """Something that happened before the release was there."""

    time: datetime
    what: str
    exhibit: Exhibit[ReleaseFile] | Exhibit[GitState]


def examine(case: Case) -> Iterator[Finding]:
    tolerance = timedelta(hours=case.number("tolerance_hours"))
    moments = [moment for moment in (*_files(case), *_commits(case)) if moment.time <= case.now]
    for exhibit in case.of(Sbom):
        made = exhibit.value.timestamp
        name = shown(exhibit.source.name, 120)
        if made is None:
            yield Finding.unknown(
                f"{name} does not say when it was made",
                exhibit,
                at=_at(exhibit.value),
                remedy="give the bill its time",
            )
            continue
        older = [moment for moment in moments if moment.time - made > tolerance]
        for moment in older:
            yield Finding.against(
                f"{name} was made {times.encode(made)}, {_ago(moment.time - made)} before {moment.what} ({times.encode(moment.time)})",
                exhibit,
                moment.exhibit,
                at=_at(exhibit.value),
                remedy="make the bill anew for this release",
            )
        if moments and not older:
            latest = max(moments, key=lambda moment: moment.time)
            yield Finding.supports(
                f"{name} was made {times.encode(made)}, not before {latest.what} ({times.encode(latest.time)})",
                exhibit,
                latest.exhibit,
            )
        elif not moments:
            yield _dated(case, exhibit, made, tolerance)


def _files(case: Case) -> Iterator[_Moment]:
    """Dates that reproducible builds fix are not among the members' times."""
    attested = {file.digest for file in case.release.files}
    for exhibit in case.of(ReleaseFile):
        if exhibit.value.newest and (not attested or attested.intersection(exhibit.value.digests)):
            yield _Moment(
                exhibit.value.newest, f"the newest file in {shown(exhibit.value.filename, 120)}", exhibit
            )


def _commits(case: Case) -> Iterator[_Moment]:
    for exhibit in case.of(GitState):
        state = exhibit.value
        if state.committed and case.release.commit and state.commit == case.release.commit:
            yield _Moment(state.committed, f"the attested commit {state.commit[:12]}", exhibit)


def _dated(case: Case, exhibit: Exhibit[Sbom], made: datetime, tolerance: timedelta) -> Finding:
    """With nothing but the attested release date to go by."""
    name = shown(exhibit.source.name, 120)
    released = case.release.released
    if released is None:
        return Finding.unknown(
            f"nothing says when the release that {name} describes was made", exhibit, at=_at(exhibit.value)
        )
    if datetime.combine(released, time(), UTC) - made > tolerance:
        return Finding.unknown(
            f"{name} was made {times.encode(made)}, the release is dated {released}, and nothing says when it was built",
            exhibit,
            at=_at(exhibit.value),
            remedy="submit the state of the source, or release files with real times",
        )
    return Finding.supports(
        f"{name} was made {times.encode(made)}, not before the release date {released}",
        exhibit,
        at=_at(exhibit.value),
    )


def _ago(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"


def _at(bill: Sbom) -> str:
    if bill.format == "CycloneDX":
        return "/metadata/timestamp"
    return "/creationInfo/created" if bill.format_version.startswith("2.") else "/@graph"


CHECK = Check(
    id="sbom-not-older-than-release",
    title="the bill of materials is not older than the release",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    reads=(Sbom,),
    also=(ReleaseFile, GitState),
    proves="The bill's own time is not before the attested commit and the newest file of the release.",
    does_not_prove="That the time in the bill is true, or that it was made from this release.",
    parameters={"tolerance_hours": 24},
    examine=examine,
)
