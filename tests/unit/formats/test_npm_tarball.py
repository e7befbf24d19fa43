"""npm packages."""

import json
from typing import Any

import pytest
from tests.support.archives import npm, tar_gz

from assay.errors import Malformed
from assay.formats import npm_tarball, tar_archive
from assay.formats.npm_tarball import Need, Package


def _read(data: bytes) -> Package:
    return npm_tarball.read(tar_archive.read(data, what="x.tgz"), what="x.tgz")


def test_reads() -> None:
    found = _read(
        npm(
            dependencies={"wick": "^3.0.0", "oil": "1.x"},
            optionalDependencies={"oil": "2.x"},
            peerDependencies={"lamp": "*"},
            devDependencies={"never": "1"},
            bundleDependencies=["wick"],
        )
    )
    assert (found.name, found.version, found.licence) == ("@lighthouse/lantern", "2.1.0", "MIT")
    assert set(found.needs) == {
        Need("wick", "^3.0.0", ""),
        Need("oil", "2.x", "optional"),
        Need("lamp", "*", "peer"),
    }
    assert found.bundled == ("wick",)


@pytest.mark.parametrize(
    ("manifest", "field", "value"),
    [
        ({"bundledDependencies": True}, "bundled", ("*",)),
        ({"bundleDependencies": False}, "bundled", ()),
        ({"license": {"type": "ISC", "url": "x"}}, "licence", "ISC"),
        ({"license": 7}, "licence", ""),
    ],
)
def test_old_spellings(manifest: dict[str, Any], field: str, value: object) -> None:
    assert getattr(_read(npm(**manifest)), field) == value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(npm(name=""), "no well-formed name", id="empty name"),
        pytest.param(npm(version="1\n2"), "no well-formed version", id="line break in the version"),
        pytest.param(npm(dependencies=["wick"]), "Expected `object`", id="dependencies in a list"),
        pytest.param(
            tar_gz({"package/index.js": b""}), "no package.json in one top folder", id="no package.json"
        ),
        pytest.param(
            tar_gz({"a/package.json": b"{}", "b": b""}), "no package.json in one top folder", id="two tops"
        ),
        pytest.param(tar_gz({"p/package.json": b"{"}), "package.json", id="no JSON"),
        pytest.param(
            tar_gz({"p/package.json": b'{"name":"a","version":"1","name":"b"}'}), "twice", id="two names"
        ),
    ],
)
def test_refuses(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        _read(data)


def test_byte_order_mark_as_npm_reads_it() -> None:
    about = b"\xef\xbb\xbf" + json.dumps({"name": "a", "version": "1"}).encode()
    assert _read(tar_gz({"package/package.json": about})).name == "a"
