"""What travels inside an archive says itself what it is."""

import json

import pytest
from tests.support import archives, locks

from assay.evidence import packaged, release
from assay.evidence.packaged import Packaged, inside

METADATA = b"Metadata-Version: 2.1\nName: Soot.Flake\nVersion: 0.3\n"
NODE = json.dumps({"name": "@coal/tar", "version": "1.0.0"}).encode()


def names(found: Packaged) -> list[tuple[str, str, str, str]]:
    return [(one.ecosystem, one.package.name, one.package.version, one.purpose) for one in found.packages]


def test_of_a_wheel() -> None:
    file = release.read(
        archives.wheel(
            {"lantern/_vendor/soot_flake-0.3.dist-info/METADATA": METADATA, "lantern/uv.lock": b"x"}
        ),
        name="lantern-2.1.0-py3-none-any.whl",
    )
    assert names(inside(file)) == [("pypi", "soot-flake", "0.3", "")]
    assert inside(file).locks == ()  # not at the root


def test_of_an_sdist_with_what_its_build_left() -> None:
    left = {"src/lantern.egg-info/PKG-INFO": archives.METADATA, "tests/soot.egg-info/PKG-INFO": METADATA}
    file = release.read(archives.sdist({**left, "uv.lock": locks.UV.encode()}), name="lantern-2.1.0.tar.gz")
    found = inside(file)
    assert names(found) == [("pypi", "soot-flake", "0.3", "tests")]
    assert [(lock.path, lock.installed) for lock in found.locks] == [("lantern-2.1.0/uv.lock", False)]


def test_of_an_npm_tarball() -> None:
    bundled = {
        "node_modules/@coal/tar/package.json": NODE,
        "node_modules/@coal/tar/node_modules/ash/package.json": b'{"name": "ash", "version": "2.0.0"}',
        "node_modules/.package-lock.json": b"{}",
        "lib/package.json": b'{"type": "module"}',
        "npm-shrinkwrap.json": locks.NPM.encode(),
    }
    found = inside(release.read(archives.npm(bundled), name="lantern-2.1.0.tgz"))
    assert names(found) == [("npm", "@coal/tar", "1.0.0", ""), ("npm", "ash", "2.0.0", "")]
    assert [lock.installed for lock in found.locks] == [True]


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        pytest.param(
            "a/x-1.dist-info/METADATA", b"Name: x\n", "no single well-formed Version", id="no-version"
        ),
        pytest.param("a/x-1.dist-info/METADATA", b"\xff\xfe", "no single well-formed Name", id="no-text"),
        pytest.param("node_modules/x/package.json", b"{", "package.json", id="no-json"),
        pytest.param("uv.lock", b"version = ", "uv.lock", id="broken-lock"),
    ],
)
def test_what_cannot_be_read_is_named(path: str, data: bytes, words: str) -> None:
    found = inside(release.read(archives.zipped({path: data, "b/c": b""}), name="lantern.zip"))
    assert (found.packages, found.locks) == ((), ())
    ((where, reason),) = found.unread
    assert (where, words in reason) == (path, True), reason


def test_archives_inside_are_counted_and_links_are_not_followed() -> None:
    link = archives.special("x/node_modules/ash/package.json", b"2", "../../y")
    file = release.read(
        archives.tar({"x/inner.zip": archives.zipped({"a": b"b"}), "x/y": b"", link.name: link}),
        name="lantern.tar",
    )
    found = inside(file)
    assert (names(found), found.archives, found.unread) == ([], 1, ())


def test_there_is_an_end_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "MAX_PACKAGES", 2)
    many = {f"v/n{number}-1.dist-info/METADATA": b"Name: n%d\nVersion: 1\n" % number for number in range(4)}
    found = inside(release.read(archives.zipped({**many, "b/c": b""}), name="lantern.zip"))
    assert (len(found.packages), found.unread[0][1]) == (2, "over 2 packages are inside")


def test_what_is_no_archive_holds_nothing() -> None:
    assert inside(release.read(b"just bytes", name="lantern.bin")) == Packaged()
