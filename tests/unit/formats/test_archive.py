"""Names and arrangements that no archive may have."""

import pytest

from assay.errors import Malformed, TooLarge
from assay.formats.archive import Entry, Limits, arrange, link_inside, member_path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("a/b.py", "a/b.py", id="plain"),
        pytest.param("./a/b.py", "a/b.py", id="leading dot"),
        pytest.param("a/b/", "a/b", id="folder"),
        pytest.param("a/..b/...", "a/..b/...", id="dots that are names"),
        pytest.param("é/ü.txt", "é/ü.txt", id="not ASCII"),
    ],
)
def test_accepts(name: str, path: str) -> None:
    assert member_path(name, what="x.zip") == path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("", "the part ''", id="empty"),
        pytest.param("/etc/passwd", "absolute path", id="absolute"),
        pytest.param("C:/windows", "absolute path", id="drive"),
        pytest.param("a:b", "absolute path", id="relative to a drive"),
        pytest.param("a\\b", "backslash", id="backslash"),
        pytest.param("../a", "the part '..'", id="above"),
        pytest.param("a/../../b", "the part '..'", id="above in the middle"),
        pytest.param("a/./b", "the part '.'", id="dot in the middle"),
        pytest.param("a//b", "the part ''", id="two slashes"),
        pytest.param("a\0b", "control character", id="NUL"),
        pytest.param("a\nb", "control character", id="line break"),
        pytest.param("a\ud800b", "broken Unicode", id="lone surrogate"),
    ],
)
def test_refuses_name(name: str, reason: str) -> None:
    with pytest.raises(Malformed, match=r"x\.zip: member") as caught:
        member_path(name, what="x.zip")
    assert reason in str(caught.value)


def test_bounds_names() -> None:
    limits = Limits(name=10, depth=3)
    assert member_path("é" * 5, what="x", limits=limits) == "é" * 5
    with pytest.raises(TooLarge, match="over 10 bytes"):
        member_path("é" * 5 + "a", what="x", limits=limits)
    assert member_path("a/b/c", what="x", limits=limits) == "a/b/c"
    with pytest.raises(TooLarge, match="over 3 folders deep"):
        member_path("a/b/c/d", what="x", limits=limits)


@pytest.mark.parametrize(
    ("path", "target"),
    [("a/b", "c"), ("a/b", "../c"), ("a/b", "./../c/d/../e"), ("a", "b/c"), ("a/b/c", "../../d")],
)
def test_link_inside(path: str, target: str) -> None:
    link_inside(path, target, what="x.tar")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a/b", "../../c"),
        ("a", ".."),
        ("a/b", "/c"),
        ("a/b", "C:/c"),
        ("a/b/c", "d/../../../../e/f/g"),
        ("a", "../a"),
    ],
)
def test_link_outside(path: str, target: str) -> None:
    with pytest.raises(Malformed, match="points outside the archive"):
        link_inside(path, target, what="x.tar")


@pytest.mark.parametrize("target", ["", "a\0b", "a\\b", "a" * 5000])
def test_link_to_nowhere(target: str) -> None:
    with pytest.raises(Malformed, match="no usable target"):
        link_inside("a", target, what="x.tar")


def _entries(*paths: str) -> list[Entry]:
    return [Entry(path.rstrip("/"), "directory" if path.endswith("/") else "file") for path in paths]


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        pytest.param(("a", "b", "a"), "'a' is there twice", id="file twice"),
        pytest.param(("a/", "a"), "'a' is there twice", id="folder and file"),
        pytest.param(("a", "a!b", "a/b"), "'a/b' is below 'a', which is no folder", id="below a file"),
        pytest.param(("a/b/c", "a"), "'a/b/c' is below 'a'", id="far below a file"),
    ],
)
def test_refuses_arrangement(paths: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Malformed, match=r"x\.zip") as caught:
        arrange(_entries(*paths), what="x.zip")
    assert reason in str(caught.value)


def test_accepts_repeated_folders_and_siblings() -> None:
    assert arrange(_entries("a/", "a/", "a/b", "a!", "ab", "a/bc"), what="x") == ()


@pytest.mark.parametrize(
    "pair",
    [("Makefile", "makefile"), ("\u00e9", "e\u0301"), ("stra\u00dfe", "STRASSE"), ("\u212b", "\u00e5")],
)
def test_reports_collisions(pair: tuple[str, str]) -> None:
    assert arrange(_entries(*pair, "other"), what="x") == (pair,)
