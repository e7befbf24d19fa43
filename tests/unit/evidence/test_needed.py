"""What a release needs: nothing that is for development, nothing of another lock, nothing left out."""

from typing import Any

import pytest
from tests.support.locks import EXAMPLES, WICK, h1

from assay.evidence.lockfile import LockedPackage, Lockfile, read
from assay.evidence.needed import Installed, Needed, select
from assay.evidence.release import ReleaseFile, Requires
from assay.formats.digest import Digest


def wheel(*requires: Requires, **changes: Any) -> ReleaseFile:
    fields = {"ecosystem": "pypi", "name": "lantern", "version": "2.1.0", **changes}
    return ReleaseFile(
        "lantern-2.1.0-py3-none-any.whl",
        "wheel",
        9,
        (Digest("sha256", "ff" * 32),),
        requires=requires,
        **fields,
    )


def example(*names: str) -> list[tuple[str, Lockfile]]:
    return [(name, read(EXAMPLES[name], name=name)) for name in names]


def keys(needed: Needed) -> list[str]:
    return [part.package.key for part in needed.parts]


@pytest.mark.parametrize(
    ("name", "expected", "direct"),
    [
        (
            "uv.lock",
            ["glass@3.0.1", "oil@0.1", "shade@5.0", "wick@1.4.0"],
            {"oil@0.1", "shade@5.0", "wick@1.4.0"},
        ),
        (
            "package-lock.json",
            ["glass@3.0.1", "oil@0.1.0", "thread@1.0.0", "wick@1.4.0"],
            {"oil@0.1.0", "wick@1.4.0"},
        ),
        ("pnpm-lock.yaml", ["glass@3.0.1", "oil@0.1.0", "wick@1.4.0"], {"oil@0.1.0", "wick@1.4.0"}),
        ("requirements.txt", ["glass@3.0.1", "oil@", "wick@1.4.0"], {"oil@", "wick@1.4.0"}),
        ("Gemfile.lock", ["glass@3.0.1", "wick@1.4.0"], {"wick@1.4.0"}),
        (
            "Cargo.lock",
            ["glass@2.0.0", "glass@3.0.1", "lantern-core@2.1.0", "oil@0.1.0", "wick@1.4.0"],
            {"glass@2.0.0", "lantern-core@2.1.0", "oil@0.1.0", "wick@1.4.0"},
        ),
    ],
)
def test_what_the_project_leads_to_without_its_development(
    name: str, expected: list[str], direct: set[str]
) -> None:
    needed = select(example(name), [], name="lantern")
    assert keys(needed) == expected
    assert set(needed.direct) == direct
    assert needed.complete
    assert needed.locks == (name,)


@pytest.mark.parametrize("name", ["poetry.lock", "pylock.toml"])
def test_a_lock_without_the_project_starts_from_what_the_release_declares(name: str) -> None:
    needed = select(
        example(name), [wheel(Requires("wick"), Requires("oil", marker="os_name == 'nt'"))], name="lantern"
    )
    assert keys(needed) == ["glass@3.0.1", "oil@0.1", "wick@1.4.0"]
    assert set(needed.direct) == {"oil@0.1", "wick@1.4.0"}


def test_a_lock_without_relations_gives_all_but_development_and_takes_relations_from_what_is_installed() -> (
    None
):
    environment = (
        Installed("wick", "1.4.0", "MIT", "Candle", ("glass", "absent")),
        Installed("glass", "2.9", "ISC", "Glazier"),
    )
    needed = select(example("Pipfile.lock"), [wheel(Requires("wick"))], name="lantern", installed=environment)
    parts = {part.package.name: part for part in needed.parts}
    assert set(parts) == {"glass", "oil", "wick"}
    assert needed.direct == ("wick@1.4.0",)
    assert parts["wick"].links == ("glass@3.0.1",)
    assert parts["oil"].links is None
    assert parts["wick"].installed == environment[0]
    assert parts["glass"].installed is None, (
        "another version is installed: its metadata say nothing of this one"
    )


def test_hashes_of_go_modules_come_from_go_sum() -> None:
    needed = select(example("go.mod", "go.sum"), [], name="git.example/lighthouse/lantern")
    wick = next(part for part in needed.parts if part.package.name.endswith("wick"))
    assert wick.package.other_hashes == (h1(WICK),)
    assert needed.locks == ("go.mod",)


LOCK = Lockfile(
    "requirements.txt", "pypi", (LockedPackage("wick", "1"), LockedPackage("glass", "3")), relations=False
)
OTHER = Lockfile("requirements.txt", "pypi", (LockedPackage("sphinx", "7"),), relations=False)
TOOLS = Lockfile("requirements.txt", "pypi", (LockedPackage("wick", "9", development=True),), relations=False)
NAMED = Lockfile("uv.lock", "pypi", (LockedPackage("lantern", "2.1.0", source="self"),), root="lantern")


@pytest.mark.parametrize(
    ("locks", "chosen"),
    [
        pytest.param(
            [("docs/requirements.txt", OTHER), ("requirements.txt", LOCK)],
            "requirements.txt",
            id="holds what is declared",
        ),
        pytest.param([("a.txt", OTHER), ("deep/down/b.txt", LOCK)], "deep/down/b.txt", id="wherever it lies"),
        pytest.param([("uv.lock", NAMED), ("requirements.txt", LOCK)], "uv.lock", id="names the project"),
        pytest.param(
            [("dev.txt", TOOLS), ("requirements.txt", LOCK)], "requirements.txt", id="not for development"
        ),
        pytest.param([("b.txt", LOCK), ("a.txt", LOCK)], "a.txt", id="the first of equals"),
        pytest.param([("x/b.txt", LOCK), ("b.txt", LOCK)], "b.txt", id="the highest of equals"),
    ],
)
def test_one_lock_of_several(locks: list[tuple[str, Lockfile]], chosen: str) -> None:
    for order in (locks, locks[::-1]):
        assert select(order, [wheel(Requires("wick"))], name="lantern").locks == (chosen,)


def test_a_lock_of_another_ecosystem_is_not_the_release() -> None:
    needed = select(example("package-lock.json", "uv.lock"), [wheel()], name="lantern")
    assert needed.locks == ("uv.lock",)
    assert {part.ecosystem for part in needed.parts} == {"pypi"}


def test_what_is_declared_and_not_locked_is_there_with_what_is_known_of_it() -> None:
    declared = (
        Requires("glass", "==3.0.1"),
        Requires("wick", ">=1"),
        Requires("shade", extra="fancy"),
        Requires("tomli", marker="python_version < '3.11'"),
    )
    bare = select([], [wheel(*declared)], name="lantern")
    assert keys(bare) == ["glass@3.0.1", "wick@"]
    assert [part.links for part in bare.parts] == [None, None]
    assert not bare.complete
    environment = (Installed("wick", "1.4.0", requires=("glass",)), Installed("glass", "3.0.1"))
    whole = select([], [wheel(*declared)], name="lantern", installed=environment)
    assert keys(whole) == ["glass@3.0.1", "wick@1.4.0"]
    assert whole.parts[1].links == ("glass@3.0.1",)
    assert whole.complete


def test_a_project_that_needs_nothing_needs_nothing() -> None:
    lock = Lockfile(
        "uv.lock", "pypi", (NAMED.packages[0], LockedPackage("tool", "1", development=True)), root="lantern"
    )
    needed = select([("uv.lock", lock)], [wheel()], name="lantern")
    assert (needed.parts, needed.direct, needed.complete) == ((), (), True)


def test_no_lock_no_files_nothing_known() -> None:
    assert select([], [], name="lantern") == Needed()


def test_a_lock_that_takes_in_other_files_is_incomplete() -> None:
    lock = Lockfile("requirements.txt", "pypi", LOCK.packages, incomplete=("-r base.txt",), relations=False)
    assert not select([("requirements.txt", lock)], [wheel(Requires("wick"))], name="lantern").complete


def test_what_only_an_extra_brings_is_optional() -> None:
    declared = wheel(Requires("oil"), Requires("wick", marker="extra == 'bright'", extra="bright"))
    needed = select(example("poetry.lock"), [declared], name="lantern")
    assert {part.package.name: part.package.optional for part in needed.parts} == {
        "oil": False,
        "wick": True,
        "glass": True,
    }
    uv = select(example("uv.lock"), [], name="lantern")
    assert [part.package.name for part in uv.parts if part.package.optional] == ["shade"]


def test_where_the_lock_cannot_tell_tools_apart_the_release_file_does() -> None:
    package = wheel(Requires("wick"), ecosystem="npm")
    alone = select(example("berry/yarn.lock"), [], name="lantern")
    assert (keys(alone), alone.development) == (["glass@3.0.1", "oil@0.1.0", "wick@1.4.0"], True)
    told = select(example("berry/yarn.lock"), [package], name="lantern")
    assert (keys(told), told.direct, told.development) == (
        ["glass@3.0.1", "wick@1.4.0"],
        ("wick@1.4.0",),
        False,
    )
