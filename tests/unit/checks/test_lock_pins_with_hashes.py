"""A lock is believed to lock only what it pins."""

from typing import Any

import msgspec
import pytest
from tests.support.cases import exhibit, findings
from tests.support.locks import COMMIT, EXAMPLES, SHA1, WICK

from assay.checks.lock_pins_with_hashes import CHECK
from assay.checks.model import Finding, Outcome
from assay.evidence.lockfile import LockedPackage, Lockfile, read
from assay.formats.digest import Digest

HASHED = (Digest("sha256", WICK),)
GOOD = LockedPackage("wick", "1.4.0", HASHED)


def lock(*packages: LockedPackage, **rest: Any) -> Lockfile:
    return Lockfile(rest.pop("format", "uv.lock"), "pypi", packages, **rest)


def told(*locks: Lockfile, name: str = "uv.lock", **rest: Any) -> list[Finding]:
    return findings(CHECK, *(exhibit(one, name) for one in locks), **rest)


def test_satisfied_by_versions_with_hashes() -> None:
    (finding,) = told(lock(GOOD, msgspec.structs.replace(GOOD, name="glass")))
    assert (finding.outcome, finding.message) == (
        Outcome.SATISFIED,
        "uv.lock pins 2 packages with hash or commit",
    )


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (LockedPackage("wick", "1.4.0"), "uv.lock gives wick 1.4.0 no hash"),
        (LockedPackage("wick", "", HASHED), "uv.lock gives wick no exact version"),
        (
            LockedPackage("oil", "0.1", source="git", commit="main"),
            "uv.lock takes oil from git at 'main', expected a full commit",
        ),
        (
            LockedPackage("oil", "0.1", source="git", commit=COMMIT[:12]),
            f"uv.lock takes oil from git at '{COMMIT[:12]}', expected a full commit",
        ),
        (
            LockedPackage("oil", "0.1", HASHED, source="git"),
            "uv.lock takes oil from git without saying where, expected a full commit",
        ),
        (
            LockedPackage("shade", "", source="url", location="https://files.example/s.whl"),
            "uv.lock gives shade no hash",
        ),
    ],
)
def test_contradicted_by_one_package_that_is_not_pinned(package: LockedPackage, message: str) -> None:
    (finding,) = told(lock(GOOD, package))
    assert (finding.outcome, finding.message, finding.at) == (Outcome.NOT_SATISFIED, message, package.key)
    assert finding.remedy


@pytest.mark.parametrize(
    "package",
    [
        LockedPackage("oil", "0.1", source="git", commit=COMMIT),
        LockedPackage("oil", "0.1", source="git", commit="ab" * 32),
        LockedPackage("shade", "", HASHED, source="url"),
        LockedPackage("lantern", "2.1.0", source="self"),
        LockedPackage("base", "", source="path", location="base"),
        LockedPackage("thread", "1.0.0", source="bundled"),
        LockedPackage("mod", "v1", other_hashes=("h1:xyz",)),
        LockedPackage("old", "1", (Digest("sha1", SHA1), *HASHED)),
        LockedPackage("tool", "", development=True),
    ],
)
def test_near_misses_are_not_accused(package: LockedPackage) -> None:
    assert {finding.outcome for finding in told(lock(GOOD, package))} == {Outcome.SATISFIED}


def test_development_packages_are_counted_apart_and_judged_on_request() -> None:
    tool = LockedPackage("snuffer", "0.9.0", development=True)
    (finding,) = told(lock(GOOD, tool))
    assert finding.message == (
        "uv.lock pins 1 package with hash or commit; besides, for development alone: 1 package, "
        "1 of them without exact version or hash"
    )
    strict = told(lock(GOOD, tool), parameters={"development_too": True})
    assert [f.outcome for f in strict] == [Outcome.NOT_SATISFIED]
    (alone,) = told(lock(tool))
    assert alone.outcome == Outcome.NOT_APPLICABLE


def test_many_faults_are_named_in_part_and_counted() -> None:
    found = told(lock(*(LockedPackage(f"p{i:02}", "1") for i in range(25))))
    assert [f.outcome for f in found] == [Outcome.NOT_SATISFIED] * 11
    assert found[-1].message == "uv.lock: 15 more packages like these"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(
            lock(GOOD, LockedPackage("glass", "3"), format="Gemfile.lock", expects_hashes=False),
            "Gemfile.lock gives 1 package no hash, since it has no CHECKSUMS",
            id="Gemfile.lock without checksums",
        ),
        pytest.param(
            lock(
                LockedPackage("a/b", "1"),
                LockedPackage("a/c", "1"),
                format="composer.lock",
                expects_hashes=False,
            ),
            "composer.lock gives 2 packages no hash, since their repository offers none",
            id="composer.lock",
        ),
        pytest.param(
            lock(LockedPackage("wick", ""), format="requirements.txt"),
            "requirements.txt lists what is wanted and pins nothing: it is not a lock",
            id="ranges only",
        ),
        pytest.param(
            lock(LockedPackage("wick", "1", (Digest("sha1", SHA1),)), format="yarn.lock"),
            "yarn.lock pins wick 1 by sha1 alone, which can be made to collide",
            id="sha1 alone",
        ),
    ],
)
def test_unknown_where_the_lock_cannot_tell(value: Lockfile, message: str) -> None:
    (finding,) = told(value, name=value.format)
    assert (finding.outcome, finding.message) == (Outcome.UNKNOWN, message)


def test_included_files_leave_faults_open() -> None:
    value = lock(LockedPackage("wick", "1"), format="requirements.txt", incomplete=("-c limits.txt",))
    found = told(value, name="app/requirements.txt")
    assert [(f.outcome, f.message) for f in found] == [
        (Outcome.UNKNOWN, "app/requirements.txt takes in 'limits.txt', which was not read"),
        (Outcome.UNKNOWN, "app/requirements.txt gives wick 1 no hash"),
    ]


def test_an_included_file_that_is_in_the_bundle_is_judged_there() -> None:
    whole = lock(GOOD, format="requirements.txt", incomplete=("-r ../base.txt",))
    found = findings(CHECK, exhibit(whole, "app/requirements.txt"), exhibit(lock(GOOD), "base.txt"))
    assert [f.outcome for f in found] == [Outcome.SATISFIED, Outcome.SATISFIED]


def test_go_modules_need_their_sums() -> None:
    module, sums = read(EXAMPLES["go.mod"], name="go.mod"), read(EXAMPLES["go.sum"], name="go.sum")
    alone = findings(CHECK, exhibit(module, "go.mod"))
    assert [(f.outcome, f.message) for f in alone] == [
        (Outcome.UNKNOWN, "go.mod names exact versions, but there is no go.sum with hashes")
    ]
    partly = findings(CHECK, exhibit(module, "go.mod"), exhibit(sums, "go.sum"))
    assert (partly[0].outcome, partly[0].at) == (Outcome.UNKNOWN, "git.example/new@v1.2.0")
    hashed = LockedPackage("git.example/new", "v1.2.0", other_hashes=("h1:x",))
    both = msgspec.structs.replace(sums, packages=(*sums.packages, hashed))
    whole = findings(CHECK, exhibit(module, "go.mod"), exhibit(both, "go.sum"))
    assert [f.outcome for f in whole] == [Outcome.SATISFIED, Outcome.SATISFIED]
    assert whole[0].message == "go.mod: 3 of 3 modules have their hash in go.sum, all direct ones among them"


def test_a_lock_of_local_things_says_nothing() -> None:
    (finding,) = told(lock(LockedPackage("lantern", "2.1.0", source="self")))
    assert (finding.outcome, finding.message) == (
        Outcome.NOT_APPLICABLE,
        "uv.lock takes no package from elsewhere",
    )


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("pylock.toml", Outcome.SATISFIED),
        ("uv.lock", Outcome.SATISFIED),
        ("poetry.lock", Outcome.SATISFIED),
        ("Pipfile.lock", Outcome.SATISFIED),
        ("requirements.txt", Outcome.SATISFIED),
        ("package-lock.json", Outcome.SATISFIED),
        ("yarn.lock", Outcome.UNKNOWN),
        ("berry/yarn.lock", Outcome.SATISFIED),
        ("pnpm-lock.yaml", Outcome.SATISFIED),
        ("Cargo.lock", Outcome.SATISFIED),
        ("go.sum", Outcome.SATISFIED),
        ("Gemfile.lock", Outcome.SATISFIED),
        ("composer.lock", Outcome.UNKNOWN),
    ],
)
def test_every_format_is_judged_from_its_bytes(name: str, outcome: Outcome) -> None:
    found = findings(CHECK, exhibit(read(EXAMPLES[name], name=name), name))
    assert {finding.outcome for finding in found} == {outcome}
