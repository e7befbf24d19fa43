"""Every lock format tells the same story of the same project, and no broken lock tells one."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.locks import COMMIT, EXAMPLES, SHA1, WICK, h1, sri

from assay.errors import AssayError, Malformed, Unsupported
from assay.evidence.lockfile import LockedPackage, Lockfile, read
from assay.formats.digest import Digest

ALL = pytest.mark.parametrize("name", EXAMPLES)


def package(lock: Lockfile, name: str) -> LockedPackage:
    (found,) = [p for p in lock.packages if p.name == name]
    return found


@pytest.mark.parametrize(
    ("name", "wick", "algorithm", "hashes"),
    [
        ("pylock.toml", "wick@1.4.0", "sha256", 2),
        ("uv.lock", "wick@1.4.0", "sha256", 2),
        ("poetry.lock", "wick@1.4.0", "sha256", 2),
        ("old/poetry.lock", "wick@1.4.0", "sha256", 1),
        ("Pipfile.lock", "wick@1.4.0", "sha256", 2),
        ("requirements.txt", "wick@1.4.0", "sha256", 2),
        ("package-lock.json", "wick@1.4.0", "sha512", 1),
        ("yarn.lock", "wick@1.4.0", "sha512", 1),
        ("pnpm-lock.yaml", "wick@1.4.0", "sha512", 1),
        ("six/pnpm-lock.yaml", "wick@1.4.0", "sha512", 1),
        ("five/pnpm-lock.yaml", "wick@1.4.0", "sha512", 1),
        ("Cargo.lock", "wick@1.4.0", "sha256", 1),
        ("old/Cargo.lock", "wick@1.4.0", "sha256", 1),
        ("Gemfile.lock", "wick@1.4.0", "sha256", 1),
    ],
)
def test_pins_a_version_with_the_hashes_of_its_files(
    name: str, wick: str, algorithm: str, hashes: int
) -> None:
    found = package(read(EXAMPLES[name], name=name), "wick")
    assert (found.key, found.source, found.development) == (wick, "registry", False)
    assert Digest(algorithm, WICK if algorithm == "sha256" else WICK * 2) in found.digests
    assert len(found.digests) == hashes


def test_hashes_that_are_not_over_a_distribution_file_are_kept_apart() -> None:
    berry = package(read(EXAMPLES["berry/yarn.lock"], name="yarn.lock"), "wick")
    assert (berry.digests, berry.other_hashes) == ((), (f"yarn:10c0/{WICK}{WICK}",))
    go = package(read(EXAMPLES["go.sum"], name="go.sum"), "git.example/candle/wick")
    assert (go.version, go.digests, go.other_hashes) == ("v1.4.0", (), (h1(WICK),))
    composer = package(read(EXAMPLES["composer.lock"], name="composer.lock"), "candle/wick")
    assert composer.digests == (Digest("sha1", SHA1),)


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in EXAMPLES
        if n not in {"go.mod", "go.sum", "Pipfile.lock", "old/poetry.lock", "old/Cargo.lock"}
    ],
)
def test_says_who_needs_whom(name: str) -> None:
    lock = read(EXAMPLES[name], name=name)
    wick = package(lock, "candle/wick" if lock.ecosystem == "composer" else "wick")
    glass = {p.key for p in lock.packages if "glass" in p.name}
    assert lock.relations
    assert glass & set(wick.links)
    assert set(wick.links) <= {p.key for p in lock.packages}
    assert set(wick.requires) == {link.rpartition("@")[0] for link in wick.links}


@pytest.mark.parametrize(
    "name",
    [
        "pylock.toml",
        "uv.lock",
        "poetry.lock",
        "old/poetry.lock",
        "Pipfile.lock",
        "package-lock.json",
        "pnpm-lock.yaml",
        "six/pnpm-lock.yaml",
        "five/pnpm-lock.yaml",
        "composer.lock",
    ],
)
def test_tells_development_packages_apart(name: str) -> None:
    lock = read(EXAMPLES[name], name=name)
    assert lock.tells_development
    assert {p.name.rpartition("/")[2] for p in lock.packages if p.development} - {"glass"} == {"snuffer"}
    assert not [p for p in lock.packages if p.development and "wick" in p.name]


@pytest.mark.parametrize(
    "name", ["yarn.lock", "berry/yarn.lock", "Cargo.lock", "Gemfile.lock", "go.mod", "requirements.txt"]
)
def test_says_when_it_cannot_tell_development_packages_apart(name: str) -> None:
    assert not read(EXAMPLES[name], name=name).tells_development


@pytest.mark.parametrize(
    "name",
    [
        "pylock.toml",
        "uv.lock",
        "poetry.lock",
        "Pipfile.lock",
        "requirements.txt",
        "package-lock.json",
        "yarn.lock",
        "berry/yarn.lock",
        "pnpm-lock.yaml",
        "Cargo.lock",
        "Gemfile.lock",
        "composer.lock",
    ],
)
def test_a_git_source_has_its_commit(name: str) -> None:
    lock = read(EXAMPLES[name], name=name)
    oil = package(lock, "candle/oil" if lock.ecosystem == "composer" else "oil")
    assert (oil.source, oil.commit, oil.digests) == ("git", COMMIT, ())
    assert "git.example/oil" in oil.location


@pytest.mark.parametrize(
    ("name", "root", "roots"),
    [
        ("uv.lock", "lantern", {"oil", "shade", "wick"}),
        ("requirements.txt", "lantern", {"oil", "wick"}),
        ("package-lock.json", "lantern", {"oil", "wick"}),
        ("berry/yarn.lock", "lantern", {"oil", "wick"}),
        ("pnpm-lock.yaml", "", {"oil", "wick"}),
        ("six/pnpm-lock.yaml", "", {"wick"}),
        ("five/pnpm-lock.yaml", "", {"wick"}),
        ("Cargo.lock", "lantern", {"glass", "lantern-core", "oil", "wick"}),
        ("Gemfile.lock", "lantern", {"oil", "wick"}),
        ("poetry.lock", "", set()),
    ],
)
def test_names_the_project_and_what_it_asks_for(name: str, root: str, roots: set[str]) -> None:
    lock = read(EXAMPLES[name], name=name)
    assert (lock.root, set(lock.roots)) == (root, roots)
    assert {link.rpartition("@")[0] for link in lock.links} == roots


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("pylock.toml", "self"),
        ("uv.lock", "self"),
        ("Pipfile.lock", "self"),
        ("package-lock.json", "self"),
        ("berry/yarn.lock", "self"),
        ("Cargo.lock", "self"),
        ("Gemfile.lock", "self"),
    ],
)
def test_the_project_itself_is_not_a_dependency(name: str, source: str) -> None:
    assert package(read(EXAMPLES[name], name=name), "lantern").source == source


@pytest.mark.parametrize(
    ("name", "example"),
    [
        pytest.param("app/pylock.prod.toml", "pylock.toml", id="named pylock"),
        pytest.param("npm-shrinkwrap.json", "package-lock.json", id="shrinkwrap"),
        pytest.param("gems.locked", "Gemfile.lock", id="gems.locked"),
        pytest.param("src/requirements.lock", "requirements.txt", id="requirements.lock"),
        pytest.param("CARGO.LOCK", "Cargo.lock", id="without regard to case"),
    ],
)
def test_the_last_part_of_the_path_chooses_the_reader(name: str, example: str) -> None:
    assert read(EXAMPLES[example], name=name) == read(EXAMPLES[example], name=example)


@pytest.mark.parametrize(
    ("name", "development"),
    [
        ("requirements.txt", False),
        ("requirements-dev.txt", True),
        ("requirements/test.txt", True),
        ("requirements_docs.txt", True),
        ("dev.lock", True),
        ("requirements-developer-portal.txt", False),
        ("requirements-prod.txt", False),
    ],
)
def test_a_requirements_file_named_for_tools_locks_tools(name: str, development: bool) -> None:
    packages = read(EXAMPLES["requirements.txt"], name=name).packages
    assert {p.development for p in packages} == {development}


def test_other_names_are_not_lock_files() -> None:
    with pytest.raises(Unsupported, match=r"'pom.xml' is not the name of a lock file that is read here"):
        read(b"<project/>", name="pom.xml")


@ALL
def test_reading_is_deterministic_and_sorted(name: str) -> None:
    lock = read(EXAMPLES[name], name=name)
    assert lock == read(EXAMPLES[name], name=name)
    assert [p.key for p in lock.packages] == [
        p.key for p in sorted(lock.packages, key=lambda p: (p.name, p.version))
    ]
    assert lock.packages


@ALL
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_nothing_but_our_errors_escapes_from_a_damaged_lock(name: str, data: st.DataObject) -> None:
    whole = EXAMPLES[name]
    at = data.draw(st.integers(0, len(whole)))
    damaged = data.draw(
        st.sampled_from([whole[:at], whole[at:], whole[:at] + whole[at // 2 :]])
        | st.binary(min_size=1, max_size=4).map(lambda noise: whole[:at] + noise + whole[at + len(noise) :])
        | st.sampled_from([b"null", b"[]", b"{}", b"1", b'""', b"-", b"@", b":", b"\n ", b"= ", b"(("]).map(
            lambda noise: whole[:at] + noise + whole[at:]
        )
        | st.integers(0, 7).map(
            lambda bit: whole[:at] + bytes(b ^ (1 << bit) for b in whole[at : at + 1]) + whole[at + 1 :]
        )
    )
    with suppress(AssayError):
        read(damaged, name=name)


@ALL
@given(data=st.binary(max_size=64))
@settings(max_examples=30, deadline=None)
def test_nothing_but_our_errors_escapes_from_noise(name: str, data: bytes) -> None:
    with suppress(AssayError):
        read(data, name=name)


@pytest.mark.parametrize(
    ("name", "hashed", "says"),
    [
        (
            "pylock.toml",
            WICK,
            "hash in pylock.toml package 'Wick' is not 64 lower-case hexadecimal digits (sha256)",
        ),
        ("uv.lock", WICK, "hash in uv.lock package 'wick' is not 64"),
        ("poetry.lock", WICK, "hash in poetry.lock package 'Wick' is not 64"),
        ("Pipfile.lock", WICK, "hash in Pipfile.lock package 'wick' is not 64"),
        ("requirements.txt", WICK, "hash in requirements.txt line 8 is not 64"),
        (
            "package-lock.json",
            sri(WICK),
            "package-lock.json 'node_modules/wick' has the integrity 'sha512-qqqq",
        ),
        ("yarn.lock", sri(WICK), "yarn.lock line 18 has the integrity 'sha512-qqqq"),
        ("pnpm-lock.yaml", sri(WICK), "pnpm-lock.yaml 'wick@1.4.0' has the integrity 'sha512-qqqq"),
        ("Cargo.lock", WICK, "hash in Cargo.lock package 'wick' is not 64"),
        ("go.sum", h1(WICK), "go.sum line 4 hash is not standard base64"),
        ("Gemfile.lock", WICK, "hash in Gemfile.lock gem 'wick' is not 64"),
        ("composer.lock", SHA1, "hash in composer.lock package 'candle/wick' is not 40"),
    ],
)
def test_a_hash_cut_short_is_refused_not_read_as_another(name: str, hashed: str, says: str) -> None:
    whole = EXAMPLES[name].decode()
    assert hashed in whole
    with pytest.raises(Malformed) as caught:
        read(whole.replace(hashed, hashed[:-1]).encode(), name=name)
    assert says in str(caught.value)
