"""Wheels: metadata, tags, RECORD."""

import pytest
from tests.support.archives import INFO, METADATA, WHEEL, record, wheel_files, zipped

from assay.errors import Malformed
from assay.formats import wheel, zip_archive
from assay.formats.digest import Digest
from assay.formats.wheel import Wheel, read_record

FILES = wheel_files({"lantern/wick.py": b"lit = True\n"})


def _read(files: dict[str, bytes]) -> Wheel:
    return wheel.read(zip_archive.read(zipped(files), what="x.whl"), what="x.whl")


def test_reads() -> None:
    found = _read(FILES)
    assert (found.metadata.name, found.metadata.version, found.dist_info) == ("lantern", "2.1.0", INFO)
    assert found.tags == ("py3-none-any",)
    assert found.record is not None
    rows = {row.path: row for row in found.record}
    assert rows["lantern/wick.py"].digest == Digest.sha256(b"lit = True\n")
    assert rows["lantern/wick.py"].size == 11
    assert rows[f"{INFO}/RECORD"].digest is None


def test_compressed_tags_are_expanded() -> None:
    tag = b"Tag: py2.py3-none-any\nTag: cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64"
    assert _read({**FILES, f"{INFO}/WHEEL": WHEEL.replace(b"Tag: py3-none-any", tag)}).tags == (
        "py2-none-any",
        "py3-none-any",
        "cp311-abi3-manylinux_2_17_x86_64",
        "cp311-abi3-manylinux2014_x86_64",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({f"{INFO}/METADATA": None}, "has no lantern-2.1.0.dist-info/METADATA", id="no METADATA"),
        pytest.param({f"{INFO}/WHEEL": None}, "has no lantern-2.1.0.dist-info/WHEEL", id="no WHEEL"),
        pytest.param({"other-1.dist-info/METADATA": METADATA}, "has 2 .dist-info folders", id="two of them"),
        pytest.param({f"{INFO}/WHEEL": b"Tag: any"}, "tag 'any', expected python-abi-platform", id="tag"),
        pytest.param({f"{INFO}/WHEEL": b"Wheel-Version: 1.0"}, "has no Tag", id="no tag"),
        pytest.param({f"{INFO}/WHEEL": b"Tag: a-b-\xff"}, "not UTF-8", id="tag in latin-1"),
    ],
)
def test_refuses(changes: dict[str, bytes | None], reason: str) -> None:
    files = {path: data for path, data in {**FILES, **changes}.items() if data is not None}
    with pytest.raises(Malformed, match=reason):
        _read(files)


def test_absent_or_broken_record_is_a_value() -> None:
    without = {path: data for path, data in FILES.items() if not path.endswith("RECORD")}
    assert (_read(without).record, _read(without).record_fault) == (None, "")
    broken = _read({**FILES, f"{INFO}/RECORD": b"lantern/wick.py\n"})
    assert broken.record is None
    assert broken.record_fault == "RECORD line 1 has 1 fields, expected path, digest and size"


GOOD = record({"a.py": b"1"})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param(b",1\n", b",one\n", "line 1 has size 'one', expected a number", id="size"),
        pytest.param(b",1\n", b",-1\n", "line 1 has size '-1'", id="negative size"),
        pytest.param(b"sha256=", b"sha256:", "expected algorithm=base64", id="colon"),
        pytest.param(b"sha256=", b"sha256=A", "is not 64 lower-case", id="too long"),
        pytest.param(b"sha256=", b"sha3=", "is 'sha3', expected one of", id="algorithm"),
        pytest.param(b"a.py", b'"a.py', "is not CSV", id="quote never closed"),
        pytest.param(b"a.py", b"\xff.py", "RECORD is not UTF-8", id="latin-1"),
    ],
)
def test_record_refuses(old: bytes, new: bytes, reason: str) -> None:
    assert old in GOOD
    with pytest.raises(Malformed, match=reason):
        read_record(GOOD.replace(old, new, 1))


def test_record_reads_quoted_paths_and_padded_digests() -> None:
    rows = read_record(GOOD.replace(b"a.py", b'"a,b.py"').replace(b",1\n", b"=,1\n"))
    assert rows[0].path == "a,b.py"
    assert rows[0].digest == Digest.sha256(b"1")
