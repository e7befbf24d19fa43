"""Projects that somebody else made: settings, names and links that want more than to be evidence."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenario.conftest import Assay
from tests.scenario.hostile.conftest import ESCAPES, plain, refused

SETTINGS = [
    pytest.param("a=" + "[" * 100_000, "nested", id="deep arrays"),
    pytest.param("a." * 20_000 + "b=1", "dotted key", id="a long dotted key"),
    pytest.param('[provider]\nname = "a"\nname = "b"', "overwrite", id="a key twice"),
    pytest.param("[provider]\nname = 3", "provider.name", id="a wrong type"),
    pytest.param('[provider]\nnmae = "a"', "nmae", id="an unknown key"),
    pytest.param("[submission]\nnotify = " + "9" * 5000, "5000 digits", id="a very long number"),
    pytest.param("# " + "x" * (1 << 20), "over 1048576 bytes", id="over the limit"),
    pytest.param('[[artifacts]]\npath = "../../etc/passwd"', "leaves the project", id="path traversal"),
    pytest.param('[[artifacts]]\npath = "/etc/passwd"', "leaves the project", id="an absolute path"),
    pytest.param('[[artifacts]]\npath = "linked/passwd"', "leaves the project", id="a path through a link"),
    pytest.param('[[artifacts]]\npath = "a\\u0000b"', "NUL", id="a NUL in a path"),
    pytest.param('[[products]]\nname = "x"\nfiles = ["../x.whl"]', "leaves the project", id="a release file outside"),
    pytest.param('[assessment]\nassessor = "x"\nreport = "../x"', "leaves the project", id="a report outside"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fragment"), SETTINGS)
def test_hostile_settings(assay: Assay, project: Path, text: str, fragment: str) -> None:
    (project / "linked").symlink_to("/etc")
    (project / "assay.toml").write_text(text)
    refused(assay("collect", project), fragment)
    refused(assay("trial", project, "--json"), fragment)
    assert not (project / ".assay" / "office").exists()


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        pytest.param('packs = ["../../etc/passwd"]', "is not one of cisa-form", id="a pack that is a path"),
        pytest.param('packs = ["x@../../etc/passwd"]', "expected one of cisa-form", id="an edition that is a path"),
        pytest.param('[provider]\nname = "a\\u001b[31m"', "printable", id="an escape sequence as provider"),
        pytest.param('[submission]\nreplaces = "sha256:zz"', "submission.replaces", id="a digest that is none"),
    ],
)  # fmt: skip
def test_settings_that_an_attestation_cannot_hold(
    assay: Assay, project: Path, text: str, fragment: str
) -> None:
    (project / "assay.toml").write_text(text)
    refused(assay("trial", project, "--json"), fragment)


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("plant", [pipe, Path.mkdir], ids=["a pipe", "a folder"])
def test_settings_that_are_no_file(assay: Assay, project: Path, plant: Callable[[Path], None]) -> None:
    plant(project / "assay.toml")
    refused(assay("trial", project), "assay.toml")


@pytest.fixture
def littered(project: Path) -> Path:
    """Files whose names and contents attack whoever lists, shows or publishes them."""
    (project / f"a{ESCAPES.replace('/', '')}\n.sarif").write_text("{}")
    (project / "<script>alert(1)<.sarif").write_text("{}")
    (project / "junit<img src=x onerror=alert(1)>.xml").write_text("<testsuite tests='1'/>")
    with open(os.fsencode(project) + b"/not-utf-8-\xff.sarif", "wb") as file:  # noqa: PTH123 - no str has this name
        file.write(b"{}")
    (project / "round").symlink_to(project)
    (project / "root").symlink_to("/")
    os.mkfifo(project / "scan.osv.json")
    (project / "security.txt").symlink_to("/etc/hostname")
    return project


def test_hostile_names_reach_no_terminal_and_no_page(assay: Assay, littered: Path) -> None:
    listed = assay("collect", littered)
    assert (listed.code, plain(listed.out + listed.err)) == (0, True), listed.err
    for name in ("round", "root", "security.txt", "scan.osv.json"):
        assert f"left out {name}: " in listed.out
    ran = assay("trial", littered, "--json")
    assert (ran.code, ran.err) == (1, "")
    assert plain(ran.out)
    pages = list(Path(ran.json()["pages"]).parents[2].rglob("*.html"))
    assert len(pages) >= 2
    for page in pages:
        assert "<script>alert" not in page.read_text()
        assert "<img src=x" not in page.read_text()
    shown = assay("trial", littered)
    assert (shown.code, plain(shown.out + shown.err)) == (1, True)
    told = assay("explain", ran.json()["result"])
    assert (told.code, plain(told.out)) == (0, True)


def test_nothing_of_a_linked_file_is_collected(assay: Assay, littered: Path) -> None:
    said = assay("collect", littered, "--json", "--output", "kept").json()
    assert "security.txt" not in {one["name"] for one in said["artifacts"]}
    secret = Path("/etc/hostname").read_bytes()
    assert all(
        path.read_bytes() != secret for path in (littered.parent / "kept").rglob("*") if path.is_file()
    )


def test_a_home_that_is_a_link_is_refused(assay: Assay, project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / ".assay").symlink_to(tmp_path / "elsewhere")
    refused(assay("trial", project), ".assay is a symbolic link", "ASSAY_HOME")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["trial", "keys", "office", "trust.json"])
def test_nothing_is_written_through_a_link_in_the_home(
    assay: Assay, project: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / ".assay").mkdir()
    (project / ".assay" / name).symlink_to(tmp_path / "elsewhere")
    refused(assay("trial", project), f".assay/{name} is a symbolic link", "nothing is written through it")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("planted", ["file", "folder"])
def test_a_bundle_is_never_written_over_something_else(
    assay: Assay, project: Path, tmp_path: Path, planted: str
) -> None:
    place = tmp_path / "taken"
    if planted == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine").write_text("mine")
    refused(assay("attest", project, "-o", "taken"), "taken", "is there already")
    kept = place if planted == "file" else place / "mine"
    assert kept.read_text() == "mine"


def test_init_writes_a_hostile_name_as_text(assay: Assay, project: Path) -> None:
    hostile = 'a"\n[provider]\nname = "b\x1b[31m{provider}'
    (project / "pyproject.toml").write_text(f'[project]\nname = {json.dumps(hostile)}\nversion = "1"\n')
    assert assay("init", project).code == 0
    said = assay("trial", project, "--json")
    assert (said.code, said.json()["provider"]) == (1, "")
