"""A wheel was changed after it was built.

RECORD lists every file of a wheel with digest and size. Installers rarely look at it, so a file that was exchanged or
slipped in later stays unseen, unless somebody compares.
"""

import hashlib
from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Outcome, Severity
from assay.evidence.model import Exhibit
from assay.evidence.release import Member, RecordRow, ReleaseFile
from assay.formats.digest import Digest
from assay.formats.text import shown

_SHOWN = 20
_STRONG = ("sha256", "sha384", "sha512")
_UNLISTED = ("RECORD.jws", "RECORD.p7s")
_REMEDY = "build the wheel again; never edit one"


def examine(case: Case) -> Iterator[Finding]:
    for exhibit in case.of(ReleaseFile):
        file = exhibit.value
        if file.kind != "wheel":
            yield Finding.not_applicable(f"{shown(file.filename)} is no wheel and has no RECORD", exhibit)
        elif file.record_fault:
            yield Finding.against(
                f"{shown(file.filename)}: {file.record_fault}", exhibit, at="RECORD", remedy=_REMEDY
            )
        elif file.record is None:
            yield Finding.against(
                f"{shown(file.filename)} has no RECORD, which every wheel must have",
                exhibit,
                at="RECORD",
                remedy=_REMEDY,
            )
        else:
            yield from _compared(exhibit, file.record)


def _compared(exhibit: Exhibit[ReleaseFile], record: tuple[RecordRow, ...]) -> Iterator[Finding]:
    file = exhibit.value
    members = {member.path: member for member in file.members}
    wrong = [*_rows(exhibit, record, members), *_unlisted(exhibit, record, members)]
    yield from wrong[:_SHOWN]
    if len(wrong) > _SHOWN:
        rest = any(finding.outcome is Outcome.NOT_SATISFIED for finding in wrong[_SHOWN:])
        more = Finding.against if rest else Finding.unknown
        yield more(f"{shown(file.filename)}: {len(wrong) - _SHOWN} more like these", exhibit, remedy=_REMEDY)
    for one, other in file.collisions[:_SHOWN]:
        yield Finding.unknown(
            f"{shown(one)} and {shown(other)} are one file where names have no case or are normalised: "
            "what gets installed depends on the file system",
            exhibit,
            at=one,
        )
    if not wrong:
        yield Finding.supports(
            f"{shown(file.filename)}: all {len(members)} files are as RECORD lists them", exhibit, at="RECORD"
        )


def _rows(
    exhibit: Exhibit[ReleaseFile], record: tuple[RecordRow, ...], members: dict[str, Member]
) -> Iterator[Finding]:
    for row in record:
        member = members.get(row.path)
        if member is None:
            yield Finding.against(
                f"RECORD lists {shown(row.path)}, which is not in the wheel",
                exhibit,
                at=shown(row.path),
                remedy=_REMEDY,
            )
            continue
        if row.size is not None and row.size != member.size:
            yield Finding.against(
                f"{shown(row.path)} has {member.size} bytes, RECORD says {row.size}",
                exhibit,
                at=shown(row.path),
                remedy=_REMEDY,
            )
        yield from _digest(exhibit, row, member)


def _digest(exhibit: Exhibit[ReleaseFile], row: RecordRow, member: Member) -> Iterator[Finding]:
    if row.digest is None:
        # RECORD cannot list itself; compiled Python may be listed bare (binary distribution format).
        if not _is_record(row.path) and not row.path.endswith(".pyc"):
            yield Finding.against(
                f"RECORD lists {shown(row.path)} without a digest",
                exhibit,
                at=shown(row.path),
                remedy=_REMEDY,
            )
    elif row.digest.algorithm not in _STRONG:
        yield Finding.unknown(
            f"RECORD lists {shown(row.path)} with {row.digest.algorithm}, expected sha256 or better",
            exhibit,
            at=shown(row.path),
        )
    else:
        found = _computed(exhibit.value, member, row.digest.algorithm)
        if found != row.digest:
            yield Finding.against(
                f"{shown(row.path)} has {found.algorithm} {found.short}…, RECORD says {row.digest.short}…",
                exhibit,
                at=shown(row.path),
                remedy=_REMEDY,
            )


def _computed(file: ReleaseFile, member: Member, algorithm: str) -> Digest:
    if algorithm == "sha256" or file.read is None:
        return member.digest
    return Digest(algorithm, hashlib.new(algorithm, file.read(member.path)).hexdigest())


def _unlisted(
    exhibit: Exhibit[ReleaseFile], record: tuple[RecordRow, ...], members: dict[str, Member]
) -> Iterator[Finding]:
    listed = {row.path for row in record}
    for path in members:
        if path not in listed and not _is_record(path) and not _is_signature(path):
            yield Finding.against(
                f"{shown(path)} is in the wheel and not in RECORD", exhibit, at=path, remedy=_REMEDY
            )


def _is_record(path: str) -> bool:
    return path.count("/") == 1 and path.endswith(".dist-info/RECORD")


def _is_signature(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder.endswith(".dist-info") and "/" not in folder and name in _UNLISTED


CHECK = Check(
    id="release-record-intact",
    title="every file of the wheel is as its RECORD lists it, and nothing else is in it",
    severity=Severity.HIGH,
    basis=Basis.DERIVED,
    reads=(ReleaseFile,),
    proves="the wheel's files have the digests and sizes that its RECORD gave when it was built",
    does_not_prove="that the builder was honest: whoever changes a file can also change RECORD",
    examine=examine,
)
