"""Lock files of Python's tools: what each can say that the others cannot."""

import pytest
from tests.support.locks import COMMIT, GLASS, PIPFILE, POETRY, POETRY_1, PYLOCK, REQUIREMENTS, UV, WICK

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats.locks import pipfile, poetry, pylock, requirements, uv
from assay.formats.locks.model import LockedPackage


def only(text: str) -> LockedPackage:
    (found,) = requirements.parse(text.encode(), what="requirements.txt").packages
    return found


@pytest.mark.parametrize(
    ("line", "name", "version", "source", "location"),
    [
        ("Wick==1.4.0", "wick", "1.4.0", "registry", ""),
        ("wick===1.4.0+local", "wick", "1.4.0+local", "registry", ""),
        ("wick[bright,warm]==1.4.0", "wick", "1.4.0", "registry", ""),
        ("wick ==1.4.0 ; os_name == 'posix'  # why", "wick", "1.4.0", "registry", ""),
        ("wick==1.4.*", "wick", "", "registry", ""),
        ("wick>=1.4", "wick", "", "registry", ""),
        ("wick==1.4.0,!=1.4.1", "wick", "1.4.0", "registry", ""),
        ("wick", "wick", "", "registry", ""),
        ("wick @ https://files.example/wick.tar.gz", "wick", "", "url", "https://files.example/wick.tar.gz"),
        (
            "wick @ https://files.example/wick-1.4.0-py3-none-any.whl#egg=wick",
            "wick",
            "1.4.0",
            "url",
            "https://files.example/wick-1.4.0-py3-none-any.whl",
        ),
        ("-e .", ".", "", "self", "."),
        ("--editable=./tools/wick", "./tools/wick", "", "path", "./tools/wick"),
        ("-e git+https://git.example/wick#egg=Wick", "wick", "", "git", "git+https://git.example/wick"),
        ("./wick-1.4.0-py3-none-any.whl", "wick", "1.4.0", "path", "./wick-1.4.0-py3-none-any.whl"),
        ("dist/wick-1.4.0.tar.gz", "dist/wick-1.4.0.tar.gz", "", "path", "dist/wick-1.4.0.tar.gz"),
        ("file:///srv/wick", "file:///srv/wick", "", "path", "file:///srv/wick"),
        (
            "https://files.example/wick-1.4.0-py3-none-any.whl",
            "wick",
            "1.4.0",
            "url",
            "https://files.example/wick-1.4.0-py3-none-any.whl",
        ),
    ],
)
def test_a_requirement_line(line: str, name: str, version: str, source: str, location: str) -> None:
    found = only(line)
    assert (found.name, found.version, found.source, found.location) == (name, version, source, location)


@pytest.mark.parametrize(
    ("line", "commit"),
    [
        (f"oil @ git+https://git.example/oil@{COMMIT}", COMMIT),
        ("oil @ git+https://git.example/oil@v1.2", "v1.2"),
        ("oil @ git+ssh://git@git.example/oil", ""),
        (f"git+ssh://git@git.example/oil@{COMMIT}#egg=oil", COMMIT),
    ],
)
def test_the_commit_of_a_git_requirement(line: str, commit: str) -> None:
    found = only(line)
    assert (found.name, found.source, found.commit) == ("oil", "git", commit)


def test_continued_lines_hashes_and_comments() -> None:
    found = only(f"wick==1.4.0 \\\n  --hash=sha256:{WICK} \\\n--hash sha256:{GLASS} # both\n")
    assert [digest.value for digest in found.digests] == [WICK, GLASS]


def test_includes_are_named_not_followed() -> None:
    lock = requirements.parse(b"-r base.txt\n-c limits.txt\n--requirement=more.txt\nwick==1\n", what="r.txt")
    assert lock.incomplete == ("-r base.txt", "-c limits.txt", "--requirement more.txt")
    assert [p.key for p in lock.packages] == ["wick@1"]


@pytest.mark.parametrize(
    ("text", "roots", "links"),
    [
        pytest.param("glass==3\nwick==1\n", (), (), id="no notes, no relations"),
        pytest.param(
            "glass==3  # via wick\nwick==1  # via -r in.txt\n", ("wick",), ("glass@3",), id="on one line"
        ),
        pytest.param(
            "glass==3\n# via\n#   wick\n#   -c limits.txt\nwick==1\n", ("wick",), ("glass@3",), id="in lines"
        ),
        pytest.param(
            "glass==3\n# via wick[warm]\nwick==1\n# via app\n", ("wick",), ("glass@3",), id="extras"
        ),
    ],
)
def test_notes_of_who_asked_give_relations(text: str, roots: tuple[str, ...], links: tuple[str, ...]) -> None:
    lock = requirements.parse(text.encode(), what="requirements.txt")
    assert (lock.relations, lock.roots) == (bool(links), roots)
    assert [p.links for p in lock.packages if p.name == "wick"] == [links]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello world\n", "line 1 is 'hello world', expected a requirement (PEP 508)"),
        ("wick==\n", "line 1 is 'wick==', expected a requirement"),
        ("\n-\n", "line 2 is '-', expected a requirement or an option"),
        ("-e \n", "line 1 names no path or URL"),
        ("wick==1 --hash=sha256\n", "line 1 has the hash 'sha256', expected algorithm:hex"),
        ("./wick.whl\n", "'wick.whl' is not the name of a wheel"),
        ("wick==1 ; " + "(" * 5000 + "\n", "expected a requirement (PEP 508)"),
        ('wick==1 ; os_name == "' + "x" * 70000 + '"\n', "line 1 has over 65536 characters"),
    ],
)
def test_refuses_requirements(text: str, says: str) -> None:
    with pytest.raises(Malformed) as caught:
        requirements.parse(text.encode(), what="requirements.txt")
    assert says in str(caught.value)


def test_an_unknown_hash_algorithm_is_kept_as_written() -> None:
    found = only("wick==1 --hash=blake2b:abcd")
    assert (found.digests, found.other_hashes) == ((), ("blake2b:abcd",))


@pytest.mark.parametrize(
    ("parse", "text", "old", "new", "says"),
    [
        pytest.param(
            pylock.parse, PYLOCK, '"1.0"', '"2.0"', "has lock-version '2.0', expected 1.0", id="pylock 2"
        ),
        pytest.param(
            pylock.parse, PYLOCK, "vcs = ", "vsc = ", "package 'oil' has no source", id="pylock no source"
        ),
        pytest.param(
            pylock.parse, PYLOCK, 'name = "oil"', "name = 7", "Expected `str`, got `int`", id="pylock type"
        ),
        pytest.param(
            pylock.parse, PYLOCK, 'name = "oil"', 'name = ""', "has a package without a name", id="no name"
        ),
        pytest.param(
            uv.parse, UV, "version = 1", "version = 2", "uv.lock has version 2, expected 1", id="uv 2"
        ),
        pytest.param(
            uv.parse, UV, "{ git =", "{ svn =", "package 'oil' has a source of a kind", id="uv source"
        ),
        pytest.param(
            poetry.parse,
            POETRY,
            '"2.1"',
            '"3.0"',
            "has lock-version '3.0', expected 1.x or 2.x",
            id="poetry 3",
        ),
        pytest.param(
            poetry.parse, POETRY, '"git"', '"fossil"', "has a source of type 'fossil'", id="poetry source"
        ),
        pytest.param(
            pipfile.parse,
            PIPFILE,
            '"default"',
            '"defaults"',
            "expected an object with _meta and default",
            id="pipfile",
        ),
        pytest.param(
            pipfile.parse, PIPFILE, '"==3.0.1"', "301", "Expected `str`, got `int`", id="pipfile type"
        ),
    ],
)
def test_refuses(parse: object, text: str, old: str, new: str, says: str) -> None:
    assert old in text
    assert callable(parse)
    what = str(parse.__module__).rpartition(".")[2] + ".lock"
    with pytest.raises(Malformed) as caught:
        parse(text.replace(old, new, 1).encode(), what=what)
    assert says in str(caught.value)
    assert str(caught.value).startswith(what)


def test_poetry_tells_development_by_category_or_group_but_not_in_between() -> None:
    without = POETRY_1.replace('category = "dev"\n', "").replace('category = "main"\n', "")
    assert poetry.parse(POETRY_1.encode(), what="poetry.lock").tells_development
    assert not poetry.parse(without.encode(), what="poetry.lock").tells_development


def test_uv_takes_a_fork_of_one_name_by_version() -> None:
    text = """\
version = 1
[manifest]
members = ["app", "base"]
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
  { name = "wick", version = "1.0", source = { registry = "https://registry.example" }, marker = "a" },
  { name = "wick", version = "2.0", source = { registry = "https://registry.example" } },
  { name = "base" },
]
[[package]]
name = "base"
version = "1"
source = { editable = "packages/base" }
[[package]]
name = "wick"
version = "1.0"
source = { registry = "https://registry.example" }
resolution-markers = ["python_full_version < '3.12'", "os_name == 'nt'"]
[[package]]
name = "wick"
version = "2.0"
source = { registry = "https://registry.example" }
[[package]]
name = "wick"
version = "3.0"
source = { registry = "https://registry.example" }
"""
    lock = uv.parse(text.encode(), what="uv.lock")
    assert {p.key: p.source for p in lock.packages} == {
        "app@1": "self",
        "base@1": "self",
        "wick@1.0": "registry",
        "wick@2.0": "registry",
        "wick@3.0": "registry",
    }
    assert lock.links == ("wick@1.0", "wick@2.0", "base@1")
    assert lock.root == ""
    assert lock.packages[2].marker == "python_full_version < '3.12' or os_name == 'nt'"


def test_a_lock_of_endless_relations_ends_early() -> None:
    entry = '[[package]]\nname = "a"\nversion = "{}"\nsource = {{ virtual = "." }}\ndependencies = [{}]\n'
    wanted = '{ name = "a" },' * 200
    text = "version = 1\n" + "".join(entry.format(i, wanted) for i in range(200))
    with pytest.raises(TooLarge, match=r"uv\.lock has over 1000000 dependency relations"):
        uv.parse(text.encode(), what="uv.lock")


def test_every_parser_refuses_an_empty_document_or_finds_nothing_in_it() -> None:
    for parse in (pylock.parse, poetry.parse, pipfile.parse, uv.parse):
        with pytest.raises(AssayError, match="empty"):
            parse(b"", what="empty")
    assert requirements.parse(b"", what="empty").packages == ()


def test_requirements_example_keeps_markers() -> None:
    lock = requirements.parse(REQUIREMENTS.encode(), what="requirements.txt")
    assert lock.packages[0].marker == 'python_version >= "3.11"'
