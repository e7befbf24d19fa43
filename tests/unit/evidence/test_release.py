"""A release file becomes a value: what it is, what is in it, what it needs."""

import bz2
import hashlib
import struct
import tarfile

import pytest
from tests.support.archives import INFO, npm, sdist, special, tar_gz, wheel, zipped

from assay.errors import Malformed
from assay.evidence.release import Member, ReleaseFile, Requires, read, sniff
from assay.formats.digest import Digest

ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
PE = b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0" + bytes(20)


def _member(file: ReleaseFile, path: str) -> Member:
    return next(member for member in file.members if member.path == path)


def test_wheel() -> None:
    data = wheel({"lantern/_glass.so": ELF})
    found = read(data, name="dist/lantern-2.1.0-py3-none-any.whl")
    assert (found.kind, found.ecosystem, found.name, found.version) == ("wheel", "pypi", "lantern", "2.1.0")
    assert found.filename == "lantern-2.1.0-py3-none-any.whl"
    assert found.stated == ("lantern", "2.1.0")
    assert found.digests == (Digest.sha256(data), Digest("sha512", hashlib.sha512(data).hexdigest()))
    assert found.requires == (Requires("wick", ">=3"),)
    assert found.tags == ("py3-none-any",)
    assert str(found.newest) == "2026-10-20 08:30:00+00:00"
    assert _member(found, "lantern/_glass.so") == Member("lantern/_glass.so", 64, Digest.sha256(ELF), "elf")
    assert found.read is not None
    assert found.read("lantern/_glass.so") == ELF
    assert found.record is not None
    assert [row.path for row in found.record][-1] == f"{INFO}/RECORD"


def test_sdist() -> None:
    found = read(sdist(), name="lantern-2.1.0.tar.gz")
    assert (found.kind, found.name, found.version, found.record) == ("sdist", "lantern", "2.1.0", None)
    assert [member.path for member in found.members] == [
        "lantern-2.1.0/PKG-INFO",
        "lantern-2.1.0/lantern/__init__.py",
    ]


def test_npm() -> None:
    found = read(
        npm(dependencies={"wick": "^3"}, bundleDependencies=["wick"]), name="lighthouse-lantern-2.1.0.tgz"
    )
    assert (found.kind, found.ecosystem, found.name, found.version) == (
        "npm",
        "npm",
        "@lighthouse/lantern",
        "2.1.0",
    )
    assert found.requires == (Requires("wick", "^3"),)
    assert found.bundled == ("wick",)


def test_links_are_listed() -> None:
    files: dict[str, bytes | tarfile.TarInfo] = {
        "t/a": b"content",
        "t/soft": special("t/soft", tarfile.SYMTYPE, "a"),
        "h": special("t/hard", tarfile.LNKTYPE, "t/a"),
    }
    found = read(tar_gz(files), name="x.tar.gz")
    assert found.kind == "other"
    assert _member(found, "t/soft") == Member("t/soft", 1, Digest.sha256(b"a"), link="a")
    assert _member(found, "t/hard") == Member("t/hard", 7, Digest.sha256(b"content"), link="t/a")


def test_other_files() -> None:
    found = read(b"#!/bin/sh\necho\n", name="tools/run")
    assert (found.kind, found.members, found.stated, found.newest) == ("other", (), ("", ""), None)
    assert found.read is not None
    assert found.read("run") == b"#!/bin/sh\necho\n"
    with pytest.raises(Malformed, match="is no archive and has no member 'walk'"):
        found.read("walk")
    archive = read(zipped({"a.txt": b"x"}), name="bundle")
    assert (archive.kind, [member.path for member in archive.members]) == ("other", ["a.txt"])


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        pytest.param(b"no zip", "lantern-2.1.0-py3-none-any.whl", "no end-of-central-directory", id="wheel"),
        pytest.param(b"no tar", "lantern-2.1.0.tar.gz", "cut off", id="sdist"),
        pytest.param(wheel(), "lantern.whl", "Invalid wheel filename", id="wheel's name"),
        pytest.param(
            zipped({"a": b""}), "lantern-2.1.0-py3-none-any.whl", "has 0 .dist-info folders", id="empty wheel"
        ),
    ],
)
def test_refuses(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason) as caught:
        read(data, name=name)
    assert str(caught.value).startswith("lantern")


@pytest.mark.parametrize("name", ["v2.1.0.tar.gz", "lantern.tar.gz"])
def test_sdist_under_another_name_states_nothing(name: str) -> None:
    assert read(sdist(), name=name).stated == ("", "")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (ELF, "elf"),
        (PE, "pe"),
        (b"MZ" + bytes(100), ""),
        (b"MZ is the best bank", ""),
        (b"\xcf\xfa\xed\xfe" + bytes(8), "macho"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x02", "macho"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x41", "java"),
        (b"\xca\xfe\xba", ""),
        (b"\0asm\1\0\0\0", "wasm"),
        (zipped({"a": b""}), "archive"),
        (tar_gz({"a": b""}), "archive"),
        (bz2.compress(b"a"), "archive"),
        (b"BZhang wrote this", ""),
        (b"!<arch>\n", "archive"),
        (bytes(257) + b"ustar\x0000", "archive"),
        (b"import os\n", ""),
        (b"", ""),
    ],
)
def test_sniff(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize("moment", [0, 315532800, 499162500, 1580601600])
def test_fixed_dates_are_no_dates(moment: int) -> None:
    info = special("t/a", tarfile.REGTYPE)
    info.mtime = moment
    assert read(tar_gz({"a": info}), name="x.tar.gz").newest is None
