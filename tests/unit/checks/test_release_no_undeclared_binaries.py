"""Code in the release that no bill names."""

import json
import struct
from collections.abc import Mapping

import pytest
from tests.support.archives import INFO, npm, sdist, wheel, zipped
from tests.support.cases import exhibit, findings

from assay.checks.model import Finding, Outcome
from assay.checks.release_no_undeclared_binaries import CHECK
from assay.evidence.model import Exhibit
from assay.evidence.release import read
from assay.evidence.sbom import Component, Sbom
from assay.formats.digest import Digest

NAME = "lantern-2.1.0-py3-none-any.whl"
LINUX = "lantern-2.1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
PE = b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0" + bytes(20)
ZIP = zipped({"a": b""})


def bill(*components: Component) -> Exhibit[Sbom]:
    return exhibit(
        Sbom("CycloneDX", "1.6", root=Component("root", "lantern", "2.1.0"), components=components)
    )


def judged(files: Mapping[str, bytes], *components: Component) -> list[Finding]:
    return findings(CHECK, exhibit(read(wheel(files), name=NAME)), bill(*components))


def outcomes(found: list[Finding]) -> list[Outcome]:
    return [finding.outcome for finding in found]


def test_clean() -> None:
    (finding,) = judged(
        {"lantern/wick.py": b"", "lantern/photo.docx": ZIP, "lantern/table.csv.gz": b"\x1f\x8b\x08"}
    )
    assert finding.outcome is Outcome.SATISFIED


def test_clean_without_a_bill() -> None:
    assert outcomes(findings(CHECK, exhibit(read(wheel(), name=NAME)))) == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    ("path", "data", "message"),
    [
        ("lantern/_glass.so", ELF, "lantern/_glass.so is an ELF binary in a wheel for any platform, and no SBOM names it"),
        ("lantern/glass.dll", PE, "lantern/glass.dll is a Windows binary in a wheel for any platform, and no SBOM names it"),
        ("lantern/glass.dylib", b"\xcf\xfa\xed\xfe" + bytes(60),
         "lantern/glass.dylib is a Mach-O binary in a wheel for any platform, and no SBOM names it"),
        ("lantern/photo.png", ELF, "lantern/photo.png is an ELF binary in a wheel for any platform, and no SBOM names it"),
    ],
)  # fmt: skip
def test_machine_code_in_a_pure_wheel(path: str, data: bytes, message: str) -> None:
    (finding,) = judged({path: data})
    assert (finding.outcome, finding.message, finding.at) == (Outcome.NOT_SATISFIED, message, path)


def test_a_wheel_is_for_the_platform_that_its_name_says() -> None:
    """Some builders rename a wheel for each platform and leave "any" in its WHEEL file; installers go by the name."""
    renamed = "lantern-2.1.0-py3-none-manylinux1_x86_64.whl"
    file = read(wheel({"lantern/driver": ELF}), name=renamed)
    assert file.tags == ("py3-none-any",)
    (finding,) = findings(CHECK, exhibit(file), bill())
    assert finding.outcome is Outcome.SATISFIED


def test_machine_code_in_an_sdist() -> None:
    file = read(sdist({"lantern/_glass.so": ELF}), name="lantern-2.1.0.tar.gz")
    (finding,) = findings(CHECK, exhibit(file), bill())
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert "in a source distribution" in finding.message


@pytest.mark.parametrize(
    "component",
    [
        Component("c", "_glass.so"),
        Component("c", "lantern/_glass.so"),
        Component("c", "the glass", digests=(Digest.sha256(ELF),)),
    ],
)
def test_declared_binary(component: Component) -> None:
    (finding,) = judged({"lantern/_glass.so": ELF}, component)
    assert finding.outcome is Outcome.SATISFIED
    assert finding.message == "5 files; the SBOM names the 1 compiled ones"


def test_bill_inside_the_wheel_declares() -> None:
    inside = json.dumps({"components": [{"name": "_glass.so"}, {"name": "wick"}]}).encode()
    files = {
        "lantern/_glass.so": ELF,
        "lantern/_vendor/wick/__init__.py": b"",
        f"{INFO}/sboms/glass.cdx.json": inside,
    }
    assert outcomes(findings(CHECK, exhibit(read(wheel(files), name=NAME)))) == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    ("path", "data", "message"),
    [
        pytest.param("lantern/t64.exe", PE, "is a Windows binary that no SBOM names", id="launcher"),
        pytest.param(
            "lantern/glass.wasm", b"\0asm\1\0\0\0", "is WebAssembly that no SBOM names", id="portable"
        ),
        pytest.param(
            "lantern/tests/hello", ELF, "is an ELF binary in tests that no SBOM names", id="test data"
        ),
        pytest.param(
            "lantern/embed/pip.whl",
            ZIP,
            "is an archive in the release, not opened here",
            id="wheel in a wheel",
        ),
        pytest.param("lantern/glass.jar", ZIP, "is an archive in the release, not opened here", id="jar"),
        pytest.param(
            "lantern/_vendor/six.py", b"", "seems to carry a copy of six, which no SBOM names", id="module"
        ),
        pytest.param(
            "lantern/_vendor/wick/__init__.py",
            b"",
            "seems to carry a copy of wick, which no SBOM",
            id="package",
        ),
    ],
)
def test_cannot_tell(path: str, data: bytes, message: str) -> None:
    (finding,) = judged({path: data})
    assert finding.outcome is Outcome.UNKNOWN
    assert message in finding.message


def test_without_a_bill_nothing_is_held_against_anybody() -> None:
    files = {"lantern/_glass.so": ELF, "lantern/_vendor/wick-3.0.dist-info/METADATA": b""}
    found = findings(CHECK, exhibit(read(wheel(files), name=NAME)))
    assert outcomes(found) == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert all("there is no SBOM to name it" in finding.message for finding in found)


def test_platform_wheel() -> None:
    data = wheel(
        {"lantern/_glass.so": ELF, "lantern/libglass.a": b"!<arch>\n"},
        tag="cp311-cp311-manylinux_2_28_x86_64",
    )
    (finding,) = findings(CHECK, exhibit(read(data, name=LINUX)), bill())
    assert (finding.outcome, finding.message) == (
        Outcome.SATISFIED,
        "6 files; 1 compiled ones, as its platform says",
    )


def test_libraries_bundled_into_a_platform_wheel() -> None:
    data = wheel({"lantern.libs/libglass-0a1b2c3d.so.5": ELF}, tag="cp311-cp311-manylinux_2_28_x86_64")
    (finding,) = findings(CHECK, exhibit(read(data, name=LINUX)), bill())
    assert finding.outcome is Outcome.UNKNOWN
    assert "is a library from elsewhere that no SBOM names" in finding.message
    for name in ("glass", "libglass", "libglass-0a1b2c3d.so.5"):
        found = findings(CHECK, exhibit(read(data, name=LINUX)), bill(Component("c", name)))
        assert outcomes(found) == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    "folder", ["lantern/_vendor", "lantern/vendor", "lantern/sub/third_party", "lantern/extern"]
)
def test_vendored_copy_with_metadata(folder: str) -> None:
    files = {f"{folder}/wick_trim-3.0.dist-info/METADATA": b"", f"{folder}/wick_trim/__init__.py": b""}
    (finding,) = judged(files)
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert finding.message == "carries a copy of wick_trim 3.0, which no SBOM names"
    assert outcomes(judged(files, Component("c", "Wick.Trim", "3.0"))) == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    "path",
    [
        "lantern/_vendor/__init__.py",
        "lantern/_vendor/vendor.txt",
        "lantern/_vendor/wick/LICENSE",
        "lantern/vendor.py",
        "lantern/vendors/wick/__init__.py",
        "tests/vendor/wick/__init__.py",
    ],
)
def test_what_is_no_copy(path: str) -> None:
    assert outcomes(judged({path: b""})) == [Outcome.SATISFIED]


def test_namespace_folder_of_a_package_with_metadata() -> None:
    files = {
        "lantern/_vendor/jar.text-1.dist-info/METADATA": b"",
        "lantern/_vendor/jar/__init__.py": b"",
    }
    assert outcomes(judged(files, Component("c", "jar.text"))) == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ({}, Outcome.NOT_SATISFIED),
        ({"bundleDependencies": ["@oil/wick"]}, Outcome.SATISFIED),
        ({"bundledDependencies": True}, Outcome.SATISFIED),
        ({"bundleDependencies": ["other"]}, Outcome.NOT_SATISFIED),
    ],
)
def test_node_modules(manifest: Mapping[str, object], expected: Outcome) -> None:
    file = read(npm({"node_modules/@oil/wick/package.json": b"{}"}, **manifest), name="lantern-2.1.0.tgz")
    assert outcomes(findings(CHECK, exhibit(file), bill())) == [expected]


def test_native_addon_in_npm_is_asked_about() -> None:
    file = read(npm({"prebuilds/linux/glass.node": ELF}), name="lantern-2.1.0.tgz")
    assert outcomes(findings(CHECK, exhibit(file), bill())) == [Outcome.UNKNOWN]


def test_what_speaks_against_comes_first() -> None:
    files = {f"lantern/_vendor/mod{n}.py": b"" for n in range(30)} | {
        "lantern/_vendor/wick-3.0.dist-info/METADATA": b""
    }
    found = judged(files)
    assert found[0].outcome is Outcome.NOT_SATISFIED
    assert (len(found), found[-1].message) == (21, "11 more findings about undeclared code")
