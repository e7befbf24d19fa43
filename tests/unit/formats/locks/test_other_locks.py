"""Lock files of npm, Yarn, pnpm, Cargo, Go, Bundler and Composer."""

import json
from collections.abc import Callable

import pytest
from tests.support.locks import (
    CARGO,
    COMMIT,
    COMPOSER,
    GEMFILE,
    GLASS,
    GO_MOD,
    GO_SUM,
    NPM,
    PNPM_5,
    PNPM_9,
    SNUFFER,
    WICK,
    YARN,
    YARN_BERRY,
    sri,
)

from assay.errors import Malformed, TooLarge
from assay.formats.digest import Digest
from assay.formats.locks import cargo, composer, gemfile, go, npm, pnpm, yarn_berry, yarn_classic
from assay.formats.locks.model import Lockfile


def keys(lock: Lockfile) -> dict[str, str]:
    return {p.key: p.source for p in lock.packages}


def test_npm_resolves_from_the_place_of_the_package() -> None:
    lock = npm.parse(NPM.encode(), what="package-lock.json")
    links = {p.key: p.links for p in lock.packages}
    assert links["wick@1.4.0"] == ("glass@3.0.1", "thread@1.0.0")
    assert links["snuffer@0.9.0"] == ("glass@2.0.0",)
    assert links["@lighthouse/base@1.0.0"] == ("wick@1.4.0",)
    assert keys(lock)["@lighthouse/base@1.0.0"] == "path"
    assert keys(lock)["thread@1.0.0"] == "bundled"


def test_npm_takes_the_name_of_an_alias_from_its_entry_and_joins_places() -> None:
    packages = {
        "": {"name": "app", "version": "1.0.0", "dependencies": {"short": "npm:long@1"}},
        "node_modules/short": {"name": "long", "version": "1.0.0", "integrity": sri(WICK)},
        "node_modules/b": {"version": "2.0.0", "integrity": sri(GLASS), "dependencies": {"long": "1"}},
        "node_modules/b/node_modules/long": {"version": "1.0.0", "integrity": sri(WICK), "dev": True},
        "node_modules/file": {"version": "file:../file", "resolved": "file:../file"},
    }
    lock = npm.parse(
        json.dumps({"lockfileVersion": 2, "packages": packages}).encode(), what="package-lock.json"
    )
    assert keys(lock) == {
        "app@1.0.0": "self",
        "long@1.0.0": "registry",
        "b@2.0.0": "registry",
        "file@file:../file": "path",
    }
    assert lock.links == ("long@1.0.0",)
    assert [p.development for p in lock.packages if p.name == "long"] == [False]


def test_npm_integrity_of_several_algorithms() -> None:
    digests, others = npm.sri(f"sha1-qqqqqqqqqqqqqqqqqqqqqqqqqqo= {sri(WICK)}?opt sha3-AAAA", what="x")
    assert digests == (Digest("sha1", "aa" * 20), Digest("sha512", WICK * 2))
    assert others == ("sha3-AAAA",)


def test_npm_nesting_is_bounded() -> None:
    path = "node_modules/a" + "/node_modules/a" * 40
    packages = {path: {"version": "1", "dependencies": {"b": "1"}}}
    with pytest.raises(TooLarge, match="nests packages over 32 levels deep"):
        npm.parse(json.dumps({"lockfileVersion": 3, "packages": packages}).encode(), what="package-lock.json")


def test_yarn_classic_keys_aliases_and_tables() -> None:
    lock = yarn_classic.parse(YARN.encode(), what="yarn.lock")
    assert keys(lock) == {
        "@lighthouse/base@1.0.0": "registry",
        "glass@3.0.1": "registry",
        "oil@0.1.0": "git",
        "wick@1.4.0": "registry",
    }
    assert next(p for p in lock.packages if p.name == "wick").requires == ("@lighthouse/base", "glass")


@pytest.mark.parametrize(
    ("descriptor", "name"),
    [
        ("wick@^1", "wick"),
        ("@a/wick@^1", "@a/wick"),
        ("short@npm:wick@^1", "wick"),
        ("@a/short@npm:@b/wick@^1", "@b/wick"),
        ("wick@npm:^1", "wick"),
    ],
)
def test_yarn_classic_package_of_a_descriptor(descriptor: str, name: str) -> None:
    assert yarn_classic.package_name(descriptor) == name


def test_yarn_berry_sources() -> None:
    entries = {
        "npm": "wick@npm:1.4.0",
        "patch": "@a/wick@patch:@a/wick@npm%3A1.4.0#~builtin",
        "file": "wick@file:../wick#../wick::hash=1&locator=x",
        "url": "wick@https://files.example/wick.tgz",
        "git": f"wick@git@git.example:oil.git#commit={COMMIT}",
        "self": "@a/base@workspace:packages/base",
    }
    text = "__metadata:\n  version: 8\n" + "".join(
        f'"{kind}":\n  version: 1.4.0\n  resolution: "{resolution}"\n' for kind, resolution in entries.items()
    )
    found = {(p.name, p.source, p.commit) for p in yarn_berry.parse(text.encode(), what="yarn.lock").packages}
    assert found == {
        ("wick", "registry", ""),
        ("@a/wick", "registry", ""),
        ("wick", "path", ""),
        ("wick", "url", ""),
        ("wick", "git", COMMIT),
        ("@a/base", "self", ""),
    }


def test_pnpm_marks_optional_and_tools_of_pnpm_itself() -> None:
    tools = PNPM_5.replace("wick", "pnpm-exe").replace("glass", "pnpm-core")
    own = PNPM_9.replace("    devDependencies:", "    optionalDependencies:")
    lock = pnpm.parse(f"{tools}---\n{own}".encode(), what="pnpm-lock.yaml")
    assert {p.name for p in lock.packages if p.development} == {
        "pnpm-exe",
        "pnpm-core",
        "@lighthouse/snuffer",
    }
    assert [p.name for p in lock.packages if p.optional] == ["snuffer"]
    assert set(lock.roots) == {"oil", "wick", "snuffer"}


def test_pnpm_aliases_tarballs_and_hosted_git() -> None:
    text = f"""\
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      short: {{specifier: npm:wick@1, version: wick@1.4.0}}
      tar: {{specifier: x, version: https://files.example/tar.tgz}}
      linked: {{specifier: x, version: link:../linked}}
      hosted: {{specifier: x, version: https://codeload.example/a/hosted/tar.gz/{COMMIT}}}
packages:
  wick@1.4.0:
    resolution: {{integrity: {sri(WICK)}}}
  tar@https://files.example/tar.tgz:
    resolution: {{integrity: {sri(GLASS)}, tarball: https://files.example/tar.tgz}}
    version: 2.0.0
  hosted@https://codeload.example/a/hosted/tar.gz/{COMMIT}:
    resolution: {{tarball: https://codeload.example/a/hosted/tar.gz/{COMMIT}}}
    version: 3.0.0
"""
    lock = pnpm.parse(text.encode(), what="pnpm-lock.yaml")
    assert keys(lock) == {"wick@1.4.0": "registry", "tar@2.0.0": "url", "hosted@3.0.0": "git"}
    assert set(lock.links) == set(keys(lock))
    assert next(p for p in lock.packages if p.name == "hosted").commit == COMMIT


def test_cargo_tells_the_project_from_its_local_crates() -> None:
    assert keys(cargo.parse(CARGO.encode(), what="Cargo.lock")) == {
        "glass@2.0.0": "registry",
        "glass@3.0.1": "registry",
        "lantern@2.1.0": "self",
        "lantern-core@2.1.0": "path",
        "oil@0.1.0": "git",
        "wick@1.4.0": "registry",
    }


def test_go_applies_replacements_and_reads_hashes_of_code_only() -> None:
    lock = go.parse_mod(GO_MOD.encode(), what="go.mod")
    assert keys(lock) == {
        "git.example/candle/glass/v3@v3.0.1": "registry",
        "git.example/candle/wick@v1.4.0": "registry",
        "git.example/new@v1.2.0": "registry",
        "git.example/oil@v0.0.0-20260301100000-1234567890ab": "path",
    }
    assert "git.example/candle/glass/v3" not in lock.roots
    assert not lock.expects_hashes
    sums = go.parse_sum(GO_SUM.encode(), what="go.sum")
    assert "git.example/candle/wick@v1.3.0" not in keys(sums)


def test_gemfile_joins_platforms_and_says_whether_it_has_checksums() -> None:
    lock = gemfile.parse(GEMFILE.encode(), what="Gemfile.lock")
    glass = next(p for p in lock.packages if p.name == "glass")
    assert [d.value for d in glass.digests] == [GLASS, SNUFFER]
    assert lock.expects_hashes
    without = GEMFILE[: GEMFILE.index("CHECKSUMS")]
    assert not gemfile.parse(without.encode(), what="Gemfile.lock").expects_hashes


def test_composer_names_are_lower_case_and_missing_shasums_expected() -> None:
    lock = composer.parse(COMPOSER.encode(), what="composer.lock")
    assert keys(lock) == {
        "candle/glass@v3.0.1": "registry",
        "candle/wick@1.4.0": "registry",
        "candle/oil@dev-main": "git",
        "candle/snuffer@0.9.0": "path",
    }
    assert not lock.expects_hashes
    assert lock.packages[0].licence == "MIT OR GPL-2.0-only"


@pytest.mark.parametrize(
    ("parse", "text", "old", "new", "says"),
    [
        pytest.param(npm.parse, NPM, '"lockfileVersion": 3', '"lockfileVersion": 1', "lockfileVersion 1, expected 2 or 3", id="npm 1"),
        pytest.param(npm.parse, NPM, '"packages": {', '"package": {', "lockfileVersion 3, expected 2 or 3 with packages", id="npm none"),
        pytest.param(npm.parse, NPM, '"version": "3.0.1"', '"version": 3', "Expected `str`, got `int`", id="npm type"),
        pytest.param(npm.parse, NPM, "sha512-", "sha512:", "has the integrity 'sha512:", id="npm integrity"),
        pytest.param(yarn_classic.parse, YARN, "  version", "version", "line 6 is 'version \"1.0.0\"', expected a block or field", id="yarn indent"),
        pytest.param(yarn_classic.parse, YARN, "glass@^3.0.0, glass@~3.0.1:", ":", "line 9 is '', expected words", id="yarn no key"),
        pytest.param(yarn_berry.parse, YARN_BERRY, 'resolution: "glass@npm:3.0.1"', "version2: x", "missing required field `resolution`", id="berry"),
        pytest.param(yarn_berry.parse, YARN_BERRY, '"glass@npm:^3.0.0, glass@npm:~3.0.1"', '"wick@npm:^1.4.0"', "twice", id="berry twice"),
        pytest.param(pnpm.parse, PNPM_9, "'9.0'", "'7.0'", "has lockfileVersion '7.0', expected 5, 6 or 9", id="pnpm 7"),
        pytest.param(pnpm.parse, PNPM_9, "  glass@3.0.1:\n    res", "  glass:\n    res", "the package 'glass', expected a name and a version", id="pnpm key"),
        pytest.param(cargo.parse, CARGO, "version = 4", "version = 5", "has version 5, expected 1 to 4", id="cargo 5"),
        pytest.param(cargo.parse, CARGO, '"glass 2.0.0"', '"glass 9.9.9"', "package 'lantern' depends on 'glass 9.9.9', which the lock does not hold", id="cargo edge"),
        pytest.param(cargo.parse, CARGO, '"registry+', '"ftp+', "package 'glass' has the source 'ftp+", id="cargo source"),
        pytest.param(go.parse_mod, GO_MOD, "module git.example/lighthouse/lantern", "", "has no module directive", id="go module"),
        pytest.param(go.parse_mod, GO_MOD, "exclude", "include", "line 20 starts with 'include', which is no directive", id="go unknown"),
        pytest.param(go.parse_mod, GO_MOD, "wick v1.4.0\n", "wick\n", "line 7 requires 'git.example/candle/wick', expected", id="go version"),
        pytest.param(go.parse_mod, GO_MOD, "=> ../oil", "../oil", "line 16 replaces 'git.example/oil ../oil', expected", id="go replace"),
        pytest.param(go.parse_mod, GO_MOD, "\n)\n\nexclude", "\n\nexclude", "ends inside a replace block", id="go block"),
        pytest.param(go.parse_sum, GO_SUM, " v1.4.0 ", " ", "line 4 is 'git.example/candle/wick h1:", id="go.sum words"),
        pytest.param(go.parse_sum, GO_SUM, "h1:", "h1-", "line 1 has the hash 'h1-", id="go.sum hash"),
        pytest.param(gemfile.parse, GEMFILE, "DEPENDENCIES", "DEPENDENTS", "has no section DEPENDENCIES", id="gemfile"),
        pytest.param(gemfile.parse, GEMFILE, "    wick (1.4.0)", "    wick 1.4.0", "line 19 is 'wick 1.4.0', expected name (version)", id="gem spec"),
        pytest.param(gemfile.parse, GEMFILE, "sha256=", "sha256 = ", "line 32 is 'glass (3.0.1) sha256 = ", id="gem checksum"),
        pytest.param(composer.parse, COMPOSER, '"packages":', '"package":', "missing required field `packages`", id="composer"),
    ],
)  # fmt: skip
def test_refuses(parse: Callable[..., Lockfile], text: str, old: str, new: str, says: str) -> None:
    assert old in text
    with pytest.raises(Malformed) as caught:
        parse(text.replace(old, new, 1).encode(), what="the lock")
    assert says in str(caught.value)
    assert "the lock" in str(caught.value)
