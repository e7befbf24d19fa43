"""Tars in the three common dialects, and the ones that readers disagree about."""

import bz2
import gzip
import lzma
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.archives import special, tar

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import tar_archive
from assay.formats.archive import Limits

FILES = {"a/one.txt": b"one " * 500, "a/two.bin": bytes(range(256)), "empty": b""}
TAR = tar(FILES, form=tarfile.USTAR_FORMAT)
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]

names = st.from_regex(r"[a-z\u00e0-\u00ff]{1,8}(/[A-Za-z0-9_.-]{0,5}[a-z]){0,3}", fullmatch=True)


@given(st.dictionaries(names, st.binary(max_size=1500), max_size=6), st.sampled_from(FORMATS))
def test_reads_what_tarfile_writes(files: dict[str, bytes], form: int) -> None:
    files = {path: data for path, data in files.items() if not any(o.startswith(path + "/") for o in files)}
    archive = tar_archive.read(tar(files, form=form), what="x.tar")
    assert {entry.path: archive.read(entry.path) for entry in archive.entries} == files


@pytest.mark.parametrize("form", FORMATS[1:])
def test_long_names(form: int) -> None:
    path = "/".join(["a-folder-with-a-name"] * 15)
    link = special("link", tarfile.SYMTYPE, path)
    archive = tar_archive.read(tar({path: b"x", "link": link}, form=form), what="x.tar")
    assert [(e.path, e.target) for e in archive.entries] == [(path, ""), ("link", path)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed(pack: object) -> None:
    assert callable(pack)
    archive = tar_archive.read(pack(TAR), what="x.tar.gz")
    assert archive.read("a/one.txt") == FILES["a/one.txt"]
    two = tar_archive.read(pack(TAR[:700]) + pack(TAR[700:]) + bytes(20), what="two streams and padding")
    assert two.entries == archive.entries


def test_describes_members() -> None:
    folder, run = special("a", tarfile.DIRTYPE), special("run", tarfile.REGTYPE)
    run.mode, run.mtime = 0o755, 86400
    link, hard = special("a/link", tarfile.SYMTYPE, "../run"), special("hard", tarfile.LNKTYPE, "a/one.txt")
    root = special(".", tarfile.DIRTYPE)
    archive = tar_archive.read(
        tar({".": root, "a": folder, "run": run, **FILES, "l": link, "h": hard}), what="x.tar"
    )
    found = {e.path: (e.kind, e.target, e.executable) for e in archive.entries}
    assert found["a"] == ("directory", "", False)
    assert found["run"] == ("file", "", True)
    assert found["a/link"] == ("symlink", "../run", False)
    assert found["hard"] == ("hardlink", "a/one.txt", False)
    assert "." not in found
    moments = {e.path: e.modified for e in archive.entries}
    assert str(moments["run"]) == "1970-01-02 00:00:00+00:00"
    with pytest.raises(Malformed, match="has no file 'a/link'"):
        archive.read("a/link")


def _checked(header: bytes) -> bytes:
    """*header* with its checksum made right again."""
    total = sum(header[:148] + b" " * 8 + header[156:512])
    return header[:148] + f"{total:06o}\0 ".encode() + header[156:]


def _patch(at: int, new: bytes) -> bytes:
    return _checked(TAR[:at] + new + TAR[at + len(new) :])


def _pax(records: bytes, kind: bytes = b"x") -> bytes:
    header = bytearray(TAR[:512])
    header[156:157], header[124:136] = kind, f"{len(records):011o}\0".encode()
    return _checked(bytes(header)) + records.ljust(512, b"\0") + TAR


HOSTILE = [
    pytest.param(b"", "cut off at byte 0", id="nothing"),
    pytest.param(TAR[:511], "cut off at byte 511", id="inside a header"),
    pytest.param(TAR[:600], "'a/one.txt' is cut off, 2000 bytes expected", id="inside a member"),
    pytest.param(TAR[: 512 * 5], "before its end-of-archive marker", id="no end marker"),
    pytest.param(TAR + b"hidden", "bytes after its end-of-archive marker", id="after the end"),
    pytest.param(TAR[:5] + b"X" + TAR[6:], "wrong checksum", id="checksum"),
    pytest.param(_patch(124, b"99999999999\0"), "is not an octal number", id="size in decimal"),
    pytest.param(_patch(124, b"\xff" * 12), "size is negative", id="negative size"),
    pytest.param(_patch(124, b"\x80" + b"\x7f" * 11), "is cut off", id="huge size"),
    pytest.param(_patch(0, b"/"), "absolute path", id="absolute"),
    pytest.param(_patch(0, b"../"), "the part '..'", id="traversal"),
    pytest.param(_patch(0, b"\xff"), "name that is not UTF-8", id="latin-1"),
    pytest.param(_patch(257, b"other"), "magic", id="magic"),
    pytest.param(_patch(136, b"\x80" + b"\0" * 4 + b"\x7f" * 7), "after the year 9999", id="time beyond time"),
    pytest.param(_patch(156, b"3"), "a device or pipe", id="device"),
    pytest.param(_patch(156, b"S"), "of type b'S'", id="sparse"),
    pytest.param(_patch(156, b"2"), "yet has 2000 bytes", id="link with bytes"),
    pytest.param(_pax(b"9 size=7\n"), "size 2000 in its header and 7 in its extension", id="two sizes"),
    pytest.param(_pax(b"99 path=b\n"), "wrong length", id="pax length too long"),
    pytest.param(_pax(b"3 path=b\n"), "wrong length", id="pax length too short"),
    pytest.param(_pax(b"junk"), "has no pax record", id="no pax"),
    pytest.param(_pax(b"10 path=b\n10 path=c\n"), "gives path twice", id="two names"),
    pytest.param(_pax(b"12 size=-1e\n"), "expected a number", id="size no number"),
    pytest.param(_pax(b"22 GNU.sparse.major=1\n"), "sparse file", id="pax sparse"),
    pytest.param(_pax(b"10 path=b\n", b"g"), "gives all members one path", id="global path"),
    pytest.param(_pax(b"11 path=\0b\n"), "no usable path", id="NUL in pax path"),
    pytest.param(_pax(b"name", b"L")[:1024] + _pax(b"name", b"L"), "second name", id="two long names"),
    pytest.param(tar({"a": special("a", tarfile.SYMTYPE, "../b")}), "points outside the archive", id="symlink"),
    pytest.param(tar({"a": special("a", tarfile.LNKTYPE, "b")}), "hard link 'a' is to no file", id="hard link to nothing"),
    pytest.param(tar({"a": special("a", tarfile.LNKTYPE, "/etc/passwd")}), "absolute path", id="hard link outside"),
    pytest.param(tar({"a": special("a", tarfile.SYMTYPE, "b"), "a/c": b""}), "below 'a', which is no folder", id="below a link"),
    pytest.param(TAR[: 512 * 5] + TAR, "is there twice", id="duplicate"),
    pytest.param(gzip.compress(TAR)[:-4], "cut off", id="gzip cut"),
    pytest.param(gzip.compress(TAR) + b"junk", "incorrect header check", id="gzip then junk"),
    pytest.param(lzma.compress(TAR)[:40], "cut off", id="xz cut"),
    pytest.param(bz2.compress(TAR)[:-20], "cut off", id="bzip2 cut"),
    pytest.param(b"BZh9junkjunkjunk", "Invalid data stream", id="bzip2 junk"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), HOSTILE)
def test_refuses(data: bytes, reason: str) -> None:
    assert data != TAR
    with pytest.raises(Malformed, match=reason) as caught:
        tar_archive.read(data, what="x.tar")
    assert str(caught.value).startswith("x.tar")
    assert "\n" not in str(caught.value)


def test_extension_without_member() -> None:
    with pytest.raises(Malformed, match="ends after an extension header"):
        tar_archive.read(_pax(b"10 path=b\n")[:1024] + bytes(1024), what="x.tar")


def test_pax_overrides() -> None:
    archive = tar_archive.read(_pax("11 path=ü\n17 mtime=86400.5\n12 comment=\n".encode()), what="x.tar")
    assert archive.entries[0].path == "ü"
    assert str(archive.entries[0].modified) == "1970-01-02 00:00:00+00:00"


def test_zstd_is_named_and_not_read() -> None:
    with pytest.raises(Unsupported, match="is zstd compressed, expected gzip, bzip2 or xz"):
        tar_archive.read(b"\x28\xb5\x2f\xfd" + bytes(20), what="x.tar.zst")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(members=2), "over 2 members"),
        (Limits(single=1999), "has 2000 bytes, over the limit of 1999"),
        (Limits(held=5000), "unpacks to over 5000 bytes"),
        (Limits(ratio=10, ratio_floor=1000), "over 10 to 1"),
    ],
)
def test_limits(limits: Limits, reason: str) -> None:
    with pytest.raises(TooLarge, match=reason):
        tar_archive.read(gzip.compress(TAR), what="x.tar.gz", limits=limits)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_bomb(pack: object) -> None:
    assert callable(pack)
    with pytest.raises(TooLarge, match="over 250 to 1"):
        tar_archive.read(pack(bytes(64 * 1024 * 1024)), what="bomb.tar.gz")


def test_many_empty_streams() -> None:
    with pytest.raises(TooLarge, match="over 1024 streams in a row"):
        tar_archive.read(gzip.compress(b"") * 2000, what="x.tar.gz")
