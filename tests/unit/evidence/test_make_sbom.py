"""A generated bill is valid, says everything that is known, and says of the rest that it is not."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.cases import RELEASE
from tests.support.locks import COMMIT, EXAMPLES, GLASS, WICK, h1

from assay.evidence import sbom
from assay.evidence.lockfile import LockedPackage, read
from assay.evidence.make_sbom import build_sbom
from assay.evidence.needed import Installed, Needed, Part, select
from assay.evidence.release import ReleaseFile, Requires
from assay.evidence.sbom import Component, Sbom, Tool
from assay.formats import schemas
from assay.formats.attestation import Release
from assay.formats.digest import Digest

MADE = datetime(2026, 10, 20, 8, 30, tzinfo=UTC)
SERIAL = UUID("00000000-0000-4000-8000-00000000b111")
AUTHOR = "Lighthouse Works (fictional)"
FILE = ReleaseFile(
    "lantern-2.1.0-py3-none-any.whl",
    "wheel",
    9,
    (Digest("sha256", "f0" * 32), Digest("sha512", "f1" * 64)),
    ecosystem="pypi",
    name="lantern",
    version="2.1.0",
    licence="Apache-2.0",
    requires=(Requires("wick"), Requires("oil")),
)
ENVIRONMENT = (
    Installed("glass", "3.0.1", "BSD License", "Glaziers"),
    Installed("wick", "1.4.0", "MIT OR Apache-2.0", "Candle makers", ("glass",)),
)


def bill(
    needed: Needed, release: Release = RELEASE, files: tuple[ReleaseFile, ...] = (FILE,), author: str = AUTHOR
) -> bytes:
    return build_sbom(
        needed, release=release, files=files, author=author, tool_version="0.1.0", serial=SERIAL, made=MADE
    )


def locked(name: str = "uv.lock", files: tuple[ReleaseFile, ...] = (FILE,)) -> Needed:
    return select([(name, read(EXAMPLES[name], name=name))], files, name="lantern", installed=ENVIRONMENT)


def back(data: bytes) -> Sbom:
    schemas.check_cyclonedx(data, what="the bill")
    return sbom.read(data, name="the bill")


def named(found: Sbom, name: str) -> Component:
    (one,) = [component for component in found.components if component.name == name]
    return one


def single(package: LockedPackage, ecosystem: str = "pypi", **changes: Any) -> Component:
    part = Part(ecosystem, package, changes.pop("links", ()), **changes)
    return back(bill(Needed((part,)))).components[0]


def test_reads_back_with_every_field_of_the_bill_itself() -> None:
    found = back(bill(locked()))
    assert (found.format, found.format_version, found.version) == ("CycloneDX", "1.6", "1")
    assert found.serial == f"urn:uuid:{SERIAL}"
    assert found.timestamp == MADE
    assert found.authors == (AUTHOR,)
    assert found.tools == (Tool("Assay", "0.1.0"),)
    assert found.generation == ("post-build",)
    assert found.unknown == ()


def test_reads_back_with_every_field_of_a_component() -> None:
    found = back(bill(locked()))
    wick = named(found, "wick")
    assert (wick.version, wick.purl, wick.identifiers) == (
        "1.4.0",
        "pkg:pypi/wick@1.4.0",
        ("pkg:pypi/wick@1.4.0",),
    )
    assert (wick.licences, wick.producer) == (("MIT OR Apache-2.0",), "Candle makers")
    assert [d.digests for d in wick.distributions] == [(Digest("sha256", WICK), Digest("sha256", GLASS))]
    assert named(found, "glass").digests == (Digest("sha256", GLASS),)
    assert named(found, "glass").licences == ("BSD License",)
    assert dict(found.dependencies)[wick.ref] == (named(found, "glass").ref,)
    assert dict(found.dependencies)[named(found, "glass").ref] == ()


def test_the_root_is_the_release_with_the_digests_of_its_file() -> None:
    root = back(bill(locked())).root
    assert root is not None
    assert (root.name, root.version, root.purl, root.producer) == (
        "lantern",
        "2.1.0",
        "pkg:pypi/lantern@2.1.0",
        AUTHOR,
    )
    assert root.digests == FILE.digests
    assert [d.url for d in root.distributions] == [FILE.filename]
    assert root.licences == ("Apache-2.0",)
    assert root.unknown == ()


def test_the_root_of_several_files_has_each_of_them() -> None:
    sdist = ReleaseFile("lantern 2.1.0.tar.gz", "sdist", 9, (Digest("sha256", "aa" * 32),))
    root = back(bill(locked(), files=(FILE, sdist))).root
    assert root is not None
    assert root.digests == ()
    assert {d.url: d.digests for d in root.distributions} == {
        FILE.filename: FILE.digests,
        "lantern%202.1.0.tar.gz": sdist.digests,
    }
    assert "digests" not in root.unknown


def test_relations_and_their_completeness() -> None:
    found = back(bill(locked()))
    root = found.root
    assert root is not None
    assert set(dict(found.dependencies)[root.ref]) == {
        c.ref for c in found.components if c.name in {"wick", "oil", "shade"}
    }
    assert ("complete", (root.ref,)) in found.aggregates
    assert ("unknown", (root.ref,)) in found.aggregates, "what is bundled inside the files was not looked for"
    assert {ref for ref, _ in found.dependencies} == {root.ref, *(c.ref for c in found.components)}


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    nothing = single(LockedPackage("wick", ""), links=None)
    assert nothing.unknown == ("dependencies", "digests", "licences", "producer", "version")
    assert single(LockedPackage("wick", "1", (Digest("sha256", WICK),))).unknown == ("licences", "producer")
    odd = single(LockedPackage("a/b", "1", (Digest("sha256", WICK),)))
    assert (odd.purl, odd.unknown) == ("", ("identifiers", "licences", "producer"))


def test_an_unknown_relation_has_no_entry_instead_of_an_empty_one() -> None:
    parts = (Part("pypi", LockedPackage("a", "1"), None), Part("pypi", LockedPackage("b", "1"), ()))
    found = back(bill(Needed(parts, complete=False)))
    a, b = found.components
    assert {ref for ref, _ in found.dependencies} == {b.ref, found.root.ref if found.root else ""}
    assert ("unknown", (a.ref,)) in found.aggregates
    assert ("incomplete", (found.root.ref if found.root else "",)) in found.aggregates


def test_without_an_author_that_is_said_too() -> None:
    found = back(bill(locked(), author=""))
    assert (found.authors, found.unknown) == ((), ("authors",))
    assert found.root is not None
    assert "producer" in found.root.unknown


def test_without_files_the_bill_is_of_the_source() -> None:
    found = back(bill(locked(files=()), files=()))
    assert found.generation == ("pre-build",)
    assert found.root is not None
    assert "digests" in found.root.unknown


@pytest.mark.parametrize(
    ("package", "ecosystem", "name", "purl"),
    [
        (LockedPackage("@a/wick", "1"), "npm", "@a/wick", "pkg:npm/%40a/wick@1"),
        (LockedPackage("candle/wick", "v1"), "composer", "candle/wick", "pkg:composer/candle/wick@v1"),
        (
            LockedPackage("git.example/a/wick", "v1"),
            "golang",
            "git.example/a/wick",
            "pkg:golang/git.example/a/wick@v1",
        ),
        (LockedPackage("base", "1", source="path", location="base"), "cargo", "base", "pkg:generic/base@1"),
        (
            LockedPackage(
                "oil",
                "1",
                source="git",
                location="git+https://user:secret@git.example/oil?rev=x",
                commit=COMMIT,
            ),
            "pypi",
            "oil",
            f"pkg:pypi/oil@1?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Foil%40{COMMIT}",
        ),
        (
            LockedPackage(
                "shade", "1", source="url", location="https://u:p@files.example/shade.whl?token=x#y"
            ),
            "pypi",
            "shade",
            "pkg:pypi/shade@1?download_url=https:%2F%2Ffiles.example%2Fshade.whl",
        ),
        (
            LockedPackage("oil", "1", source="git", location="file:///home/me/oil", commit=COMMIT),
            "pypi",
            "oil",
            "pkg:pypi/oil@1",
        ),
        (
            LockedPackage("oil", "1", source="git", location="git@git.example:oil", commit=COMMIT),
            "pypi",
            "oil",
            "pkg:pypi/oil@1",
        ),
    ],
)
def test_names_and_package_urls(package: LockedPackage, ecosystem: str, name: str, purl: str) -> None:
    found = single(package, ecosystem)
    assert (found.name, found.purl) == (name, purl)


def test_credentials_and_machine_paths_stay_out() -> None:
    packages = (
        LockedPackage("a", "1", source="git", location="https://user:secret@git.example/a", commit=COMMIT),
        LockedPackage("b", "1", source="url", location="https://files.example/b.whl?sig=secret"),
        LockedPackage("c", "1", source="path", location="/home/secret/c"),
    )
    data = bill(Needed(tuple(Part("pypi", package, ()) for package in packages)))
    assert b"secret" not in data
    assert b"git.example/a" in data


def test_hashes_that_are_over_no_file_are_kept_as_properties() -> None:
    data = bill(
        Needed((Part("golang", LockedPackage("git.example/wick", "v1", other_hashes=(h1(WICK),)), ()),))
    )
    assert {"name": "assay:lock-hash", "value": h1(WICK)} in json.loads(data)["components"][0]["properties"]
    assert "digests" in back(data).components[0].unknown


def test_one_package_twice_gives_two_references() -> None:
    twice = (
        LockedPackage("base", "1", source="path", location="a"),
        LockedPackage("base", "1", source="path", location="b"),
    )
    needs = Part("pypi", LockedPackage("wick", "1"), ("base@1",))
    found = back(bill(Needed((*(Part("pypi", p, ()) for p in twice), needs), ("wick@1",))))
    refs = [component.ref for component in found.components]
    assert refs == ["pkg:generic/base@1", "pkg:generic/base@1#2", "pkg:pypi/wick@1"]
    assert dict(found.dependencies)["pkg:pypi/wick@1"] == ("pkg:generic/base@1", "pkg:generic/base@1#2")


def test_says_what_it_was_made_from_and_what_it_could_not_tell_apart() -> None:
    said = json.loads(bill(locked("requirements.txt", files=())))["metadata"]["properties"]
    assert [row["value"] for row in said if row["name"] == "assay:made-from"] == [
        "requirements.txt",
        FILE.filename,
    ]
    assert [row["value"] for row in said if row["name"] == "assay:development"]
    told = json.loads(bill(locked()))["metadata"]["properties"]
    assert not [row for row in told if row["name"] == "assay:development"]


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert bill(locked()) == bill(locked())


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_bill_from_every_lock_format_is_valid_and_complete_in_itself(name: str) -> None:
    found = back(bill(locked(name, files=()), files=()))
    refs = {component.ref for component in found.components}
    assert refs, "every example holds packages"
    assert {target for _, targets in found.dependencies for target in targets} <= refs
    for component in found.components:
        assert component.producer or "producer" in component.unknown
        assert component.licences or "licences" in component.unknown
        assert component.purl or "identifiers" in component.unknown
        assert component.version or "version" in component.unknown
        assert component.digests or component.distributions or "digests" in component.unknown


odd = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(
    st.builds(
        LockedPackage,
        name=odd | st.sampled_from(["@", "/", "@a/", "a@b", "..", "%", "#"]),
        version=odd | st.just(""),
        source=st.sampled_from(["registry", "git", "url", "path", "bundled"]),
        location=odd | odd.map(lambda text: f"https://git.example/{text}"),
        commit=odd,
        licence=odd | st.just(""),
    ),
    st.sampled_from(["pypi", "npm", "golang", "cargo", "gem", "composer", ""]),
)
@settings(max_examples=150, deadline=None)
def test_whatever_a_lock_holds_the_bill_is_valid(package: LockedPackage, ecosystem: str) -> None:
    found = back(bill(Needed((Part(ecosystem, package, ()),), (package.key,))))
    assert len(found.components) == 1
