"""Zips that every reader would read alike, and the ones that would be read differently."""

import io
import stat
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.archives import zipped

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import zip_archive
from assay.formats.archive import Limits

FILES = {"a/one.txt": b"one " * 500, "a/two.bin": bytes(range(256)), "empty": b""}
ZIP = zipped(FILES)
CENTRAL = ZIP.index(b"PK\x01\x02")
END = ZIP.index(b"PK\x05\x06")

names = st.from_regex(r"[a-z\u00e0-\u00ff]{1,8}(/[A-Za-z0-9_.-]{0,5}[a-z]){0,3}", fullmatch=True)


@given(st.dictionaries(names, st.binary(max_size=300), max_size=6), st.sampled_from([0, 8]))
def test_reads_what_zipfile_writes(files: dict[str, bytes], method: int) -> None:
    try:
        archive = zip_archive.read(zipped(files, method=method), what="x.zip")
    except Malformed as error:
        assert "which is no folder" in str(error)  # noqa: PT017 - hypothesis may make 'a' and 'a/b'
        return
    assert {entry.path: archive.read(entry.path) for entry in archive.entries} == files


def test_describes_members() -> None:
    archive = zip_archive.read(ZIP, what="x.zip")
    assert [(e.path, e.kind, e.size) for e in archive.entries] == [
        ("a/one.txt", "file", 2000), ("a/two.bin", "file", 256), ("empty", "file", 0)]  # fmt: skip
    assert archive.entries[0].modified is not None
    assert archive.entries[0].modified.isoformat() == "2026-10-20T08:30:00+00:00"


def test_streamed_zip_with_descriptors_and_zip64() -> None:
    class Pipe(io.RawIOBase):
        """Cannot seek, so zipfile writes sizes after the data."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    for wide in (False, True):
        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in FILES.items():
                with archive.open(path, "w", force_zip64=wide) as member:
                    member.write(data)
        assert b"PK\x07\x08" in pipe.data
        opened = zip_archive.read(bytes(pipe.data), what="x.zip")
        assert {e.path: opened.read(e.path) for e in opened.entries} == FILES


def test_zip64_end_record() -> None:
    size, offset = END - CENTRAL, CENTRAL
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 3, 3, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, END, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    wide = ZIP[:END] + end64 + locator + end
    assert zip_archive.read(wide, what="x").read("a/two.bin") == FILES["a/two.bin"]
    with pytest.raises(Malformed, match="zip64 end record contradicts"):
        zip_archive.read(
            ZIP[:END] + end64.replace(struct.pack("<Q", 3), struct.pack("<Q", 2)) + locator + ZIP[END:],
            what="x",
        )
    with pytest.raises(Malformed, match="not where its locator says"):
        zip_archive.read(
            ZIP[:END] + end64 + locator.replace(struct.pack("<Q", END), bytes(8)) + end, what="x"
        )


def test_symbolic_link_is_listed_not_followed() -> None:
    archive = zip_archive.read(_with_link("../empty"), what="x.zip")
    link = archive.entries[-1]
    assert (link.path, link.kind, link.target) == ("a/link", "symlink", "../empty")
    with pytest.raises(Malformed, match="points outside the archive"):
        zip_archive.read(_with_link("../../etc/passwd"), what="x.zip")


def _with_link(target: str, kind: int = stat.S_IFLNK) -> bytes:
    out = io.BytesIO(ZIP)
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("a/link")
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(info, target)
    return out.getvalue()


def _patch(at: int, new: bytes) -> bytes:
    return ZIP[:at] + new + ZIP[at + len(new) :]


def _appended(path: str, data: bytes) -> bytes:
    out = io.BytesIO(ZIP)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(path, data)
    return out.getvalue()


HOSTILE = [
    pytest.param(b"", "no end-of-central-directory record", id="nothing"),
    pytest.param(ZIP[:-1], "no end-of-central-directory|cut off", id="one byte short"),
    pytest.param(b"#!/bin/sh\n" + ZIP, "bytes before or after it", id="prefix"),
    pytest.param(ZIP + b"\0", "does not stand at the end", id="suffix"),
    pytest.param(ZIP[:END] + b"hidden" + ZIP[END:], "bytes before or after it", id="between directory and end"),
    pytest.param(_patch(END + 8, b"\x02\0\x02\0"), "does not end with its 2 rows", id="fewer rows"),
    pytest.param(_patch(END + 8, b"\x04\0\x04\0"), "row 3 of the central directory is missing", id="more rows"),
    pytest.param(_patch(END + 4, b"\x01\0"), "several parts", id="disk 1"),
    pytest.param(_patch(CENTRAL + 46, b"b"), "contradicts the central directory", id="other name in the directory"),
    pytest.param(_patch(30, b"b"), "contradicts the central directory", id="other name in the header"),
    pytest.param(_patch(CENTRAL + 16, b"\1\2\3\4"), "contradicts the central directory", id="CRC in the directory"),
    pytest.param(_patch(CENTRAL + 24, b"\1\0\0\0"), "contradicts the central directory", id="size in the directory"),
    pytest.param(_patch(8, b"\0"), "contradicts the central directory", id="method in the header"),
    pytest.param(_patch(CENTRAL + 10, b"\x0c"), "method 12, expected stored or deflated", id="bzip2"),
    pytest.param(_patch(CENTRAL + 8, b"\1"), "'a/one.txt' is encrypted", id="encrypted"),
    pytest.param(_patch(CENTRAL + 42, b"\1"), "no local header at byte 1", id="offset"),
    pytest.param(_patch(END + 16, b"\0"), "row 0|bytes before or after", id="offset of the directory"),
    pytest.param(_appended("a/one.txt", b"again"), "'a/one.txt' is there twice", id="duplicate"),
    pytest.param(_with_link("x", stat.S_IFCHR), "device, pipe or folder", id="device"),
    pytest.param(zipped({"a": b"", "a/b": b""}), "'a/b' is below 'a'", id="below a file"),
    pytest.param(zipped({"../a": b""}), "the part '..'", id="traversal"),
    pytest.param(zipped({"x/": b"data"}), "is a folder, yet has 4 bytes", id="folder with bytes"),
    pytest.param(zipped({}) .replace(b"PK\5\6", b"hid" + b"PK\5\6"), "bytes before or after it", id="bytes and no member"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), HOSTILE)
def test_refuses(data: bytes, reason: str) -> None:
    assert data != ZIP
    with pytest.raises(Malformed, match=reason) as caught:
        zip_archive.read(data, what="x.zip")
    assert str(caught.value).startswith("x.zip")
    assert "\n" not in str(caught.value)


def test_refuses_a_gap_and_an_overlap() -> None:
    """Quoted overlap (Fifield 2019): two rows of the directory that share bytes; and a member no row names."""
    first, second = zipped({"a": b"A" * 9}, method=0), zipped({"b": b"B" * 9}, method=0)
    local_a, local_b = first[: first.index(b"PK\x01\x02")], second[: second.index(b"PK\x01\x02")]
    row_a = first[first.index(b"PK\x01\x02") : first.index(b"PK\x05\x06")]
    row_b = second[second.index(b"PK\x01\x02") : second.index(b"PK\x05\x06")]

    def end(rows: bytes, count: int, offset: int) -> bytes:
        return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(rows), offset, 0)

    def at(row: bytes, offset: int) -> bytes:
        return row[:42] + struct.pack("<L", offset) + row[46:]

    both = row_a + at(row_b, len(local_a))
    fine = local_a + local_b + both + end(both, 2, len(local_a) * 2)
    assert [e.path for e in zip_archive.read(fine, what="x").entries] == ["a", "b"]
    hidden = local_a + local_b + row_a + end(row_a, 1, len(local_a) * 2)
    with pytest.raises(Malformed, match=f"'a' is followed by {len(local_b)} bytes that belong to no member"):
        zip_archive.read(hidden, what="x")
    size = len(local_b) + 9
    head = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, *struct.unpack_from("<2H", local_a, 10),
                       zlib.crc32(local_b + b"B" * 9), size, size, 1, 0) + b"a"  # fmt: skip
    outer = row_a[:16] + struct.pack("<3L", zlib.crc32(local_b + b"B" * 9), size, size) + row_a[28:]
    rows = outer + at(row_b, len(head))
    nested = head + local_b + b"B" * 9
    with pytest.raises(Malformed, match="'a' overlaps what follows it"):
        zip_archive.read(nested + rows + end(rows, 2, len(nested)), what="x")


def test_refuses_wrong_bytes_when_read() -> None:
    stored = zipped({"a": b"plain text"}, method=0)
    archive = zip_archive.read(stored.replace(b"plain", b"plane"), what="x.zip")
    with pytest.raises(Malformed, match=r"'a' has CRC-32 [0-9a-f]{8}, expected"):
        archive.read("a")
    damaged = bytearray(ZIP)
    damaged[45] ^= 0xFF
    with pytest.raises(Malformed, match=r"x\.zip: member 'a/one\.txt'"):
        zip_archive.read(bytes(damaged), what="x.zip").read("a/one.txt")
    with pytest.raises(Malformed, match="has no file 'b'"):
        zip_archive.read(ZIP, what="x.zip").read("b")


def test_member_that_unpacks_to_more_than_declared() -> None:
    big = zipped({"a": b"\0" * 100_000})
    size = struct.pack("<L", 100_000)
    lying = big.replace(size, struct.pack("<L", 10))
    assert big.count(size) == 2
    with pytest.raises(Malformed, match="unpacks to more than its declared 10 bytes"):
        zip_archive.read(lying, what="x").read("a")


def test_member_that_unpacks_to_less_than_declared() -> None:
    big = zipped({"a": b"\0" * 100_000})
    longer = big.replace(struct.pack("<L", 100_000), struct.pack("<L", 100_001))
    with pytest.raises(Malformed, match="unpacks to 100000 bytes, expected 100001"):
        zip_archive.read(longer, what="x").read("a")
    stored = zipped({"a": b"x" * 3000}, method=0)
    both = struct.pack("<LL", 3000, 3000)
    assert stored.count(both) == 2
    with pytest.raises(Malformed, match="'a' is stored, yet has 3000 bytes for a size of 2999"):
        zip_archive.read(stored.replace(both, struct.pack("<LL", 3000, 2999)), what="x")


def test_program_before_the_first_member() -> None:
    out = io.BytesIO(b"#!/bin/sh\n")
    with zipfile.ZipFile(out, "a") as archive:  # offsets count from the start of the file here
        archive.writestr("a", b"x")
    with pytest.raises(Malformed, match="has 10 bytes before its first member"):
        zip_archive.read(out.getvalue(), what="x")


def test_ratio_of_the_whole() -> None:
    limits = Limits(ratio=10, ratio_floor=3000)
    zip_archive.read(zipped({"a": bytes(2000)}), what="x", limits=limits)
    with pytest.raises(TooLarge, match=r"x unpacks to 10000 bytes from \d+, over 10 to 1"):
        zip_archive.read(zipped({name: bytes(2000) for name in "abcde"}), what="x", limits=limits)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(members=2), "has 3 members, over the limit of 2"),
        (Limits(single=1999), "unpacks to 2000 bytes, over the limit of 1999"),
        (Limits(total=2255), "unpacks to 2256 bytes, over the limit of 2255"),
        (Limits(ratio=10, ratio_floor=1000), "over 10 to 1"),
    ],
)
def test_limits(limits: Limits, reason: str) -> None:
    with pytest.raises(TooLarge, match=reason):
        zip_archive.read(ZIP, what="x.zip", limits=limits)


def test_bomb_is_refused_unopened() -> None:
    with pytest.raises(TooLarge, match="over 250 to 1"):
        zip_archive.read(zipped({"zeros": bytes(64 * 1024 * 1024)}), what="bomb.zip")


def test_second_name_in_a_unicode_path_field() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("harmless.py")
        info.extra = struct.pack("<HHBL", 0x7075, 5 + 7, 1, zlib.crc32(b"harmless.py")) + b"evil.py"
        archive.writestr(info, b"")
    with pytest.raises(Unsupported, match="second name"):
        zip_archive.read(out.getvalue(), what="x")
