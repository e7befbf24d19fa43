"""RECORD against the wheel."""

import base64
import hashlib
from collections.abc import Mapping

import pytest
from tests.support.archives import INFO, npm, record, sdist, wheel, wheel_files, zipped
from tests.support.cases import exhibit, findings

from assay.checks.model import Outcome
from assay.checks.release_record_intact import CHECK
from assay.evidence.release import ReleaseFile, read

NAME = "lantern-2.1.0-py3-none-any.whl"
FILES = wheel_files({"lantern/wick.py": b"lit = True\n"})
RECORD = FILES[f"{INFO}/RECORD"]


def _wheel(changes: Mapping[str, bytes | None]) -> ReleaseFile:
    return read(zipped({p: d for p, d in {**FILES, **changes}.items() if d is not None}), name=NAME)


def test_intact() -> None:
    (finding,) = findings(CHECK, exhibit(_wheel({})))
    assert (finding.outcome, finding.message) == (
        Outcome.SATISFIED,
        f"{NAME}: all 5 files are as RECORD lists them",
    )
    signed = _wheel({f"{INFO}/RECORD.jws": b"{}", f"{INFO}/RECORD.p7s": b"x"})
    assert [f.outcome for f in findings(CHECK, exhibit(signed))] == [Outcome.SATISFIED]


SWAPPED = base64.urlsafe_b64encode(hashlib.sha256(b"lit = None\n").digest()).rstrip(b"=")
GOOD = base64.urlsafe_b64encode(hashlib.sha256(b"lit = True\n").digest()).rstrip(b"=")


@pytest.mark.parametrize(
    ("changes", "message", "at"),
    [
        pytest.param({"lantern/wick.py": b"lit = None\n"}, "lantern/wick.py has sha256 ", "lantern/wick.py", id="changed"),
        pytest.param({"lantern/wick.py": b""}, "lantern/wick.py has 0 bytes, RECORD says 11", "lantern/wick.py", id="emptied"),
        pytest.param({"lantern/oil.py": b""}, "lantern/oil.py is in the wheel and not in RECORD", "lantern/oil.py", id="slipped in"),
        pytest.param({"RECORD": b""}, "RECORD is in the wheel and not in RECORD", "RECORD", id="slipped in as RECORD"),
        pytest.param({"lantern/wick.py": None}, "RECORD lists lantern/wick.py, which is not in the wheel", "lantern/wick.py", id="removed"),
        pytest.param({f"{INFO}/RECORD": RECORD.replace(GOOD, SWAPPED)}, "lantern/wick.py has sha256 ", "lantern/wick.py", id="edited RECORD"),
        pytest.param({f"{INFO}/RECORD": RECORD.replace(b",sha256=" + GOOD, b",")}, "RECORD lists lantern/wick.py without a digest", "lantern/wick.py", id="digest blanked"),
        pytest.param({f"{INFO}/RECORD": RECORD.replace(b",11", b",12")}, "has 11 bytes, RECORD says 12", "lantern/wick.py", id="size"),
        pytest.param({f"{INFO}/RECORD": None}, f"{NAME} has no RECORD, which every wheel must have", "RECORD", id="no RECORD"),
        pytest.param({f"{INFO}/RECORD": b"a,b\n"}, f"{NAME}: RECORD line 1 has 2 fields", "RECORD", id="broken RECORD"),
    ],
)  # fmt: skip
def test_changed(changes: Mapping[str, bytes | None], message: str, at: str) -> None:
    against = [f for f in findings(CHECK, exhibit(_wheel(changes))) if f.outcome is Outcome.NOT_SATISFIED]
    assert against
    assert message in against[0].message
    assert {f.at for f in against} == {at}
    assert all(f.remedy for f in against)
    assert all(f.outcome is not Outcome.SATISFIED for f in findings(CHECK, exhibit(_wheel(changes))))


def _row(algorithm: str, digest: bytes) -> bytes:
    return RECORD.replace(
        b"sha256=" + GOOD, algorithm.encode() + b"=" + base64.urlsafe_b64encode(digest).rstrip(b"=")
    )


def test_other_algorithms() -> None:
    strong = _wheel({f"{INFO}/RECORD": _row("sha512", hashlib.sha512(b"lit = True\n").digest())})
    assert [f.outcome for f in findings(CHECK, exhibit(strong))] == [Outcome.SATISFIED]
    wrong = _wheel({f"{INFO}/RECORD": _row("sha384", hashlib.sha384(b"lit = None\n").digest())})
    assert [f.outcome for f in findings(CHECK, exhibit(wrong))] == [Outcome.NOT_SATISFIED]
    weak = _wheel({f"{INFO}/RECORD": _row("md5", hashlib.md5(b"lit = True\n").digest())})
    (finding,) = findings(CHECK, exhibit(weak))
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.message == "RECORD lists lantern/wick.py with md5, expected sha256 or better"


def test_compiled_python_may_be_listed_bare() -> None:
    files = {**FILES, "lantern/wick.pyc": b"\0"}
    del files[f"{INFO}/RECORD"]
    listed = record(files).decode().splitlines()
    bare = "\n".join(
        "lantern/wick.pyc,," if row.startswith("lantern/wick.pyc") else row for row in listed
    ).encode()
    assert [
        f.outcome
        for f in findings(CHECK, exhibit(_wheel({"lantern/wick.pyc": b"\0", f"{INFO}/RECORD": bare})))
    ] == [Outcome.SATISFIED]


def test_names_that_some_file_systems_confuse() -> None:
    both = read(wheel({"lantern/Wick.py": b"1", "lantern/wick.py": b"2"}), name=NAME)
    assert [f.outcome for f in findings(CHECK, exhibit(both))] == [Outcome.UNKNOWN, Outcome.SATISFIED]


def test_many_findings_are_counted() -> None:
    changes = {f"lantern/extra{number}.py": b"" for number in range(30)}
    found = findings(CHECK, exhibit(_wheel(changes)))
    assert len(found) == 21
    assert found[-1].message == f"{NAME}: 10 more like these"


@pytest.mark.parametrize(
    ("data", "name"), [(sdist(), "lantern-2.1.0.tar.gz"), (npm(), "lantern-2.1.0.tgz"), (b"x", "run")]
)
def test_other_files_have_no_record(data: bytes, name: str) -> None:
    assert [f.outcome for f in findings(CHECK, exhibit(read(data, name=name)))] == [Outcome.NOT_APPLICABLE]
