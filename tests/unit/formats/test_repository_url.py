import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.formats.repository_url import canonical, same


@pytest.mark.parametrize(
    "text",
    [
        "https://git.example/lighthouse/lantern",
        "https://git.example/lighthouse/lantern/",
        "https://git.example/lighthouse/lantern.git",
        "https://Git.Example/Lighthouse/Lantern",
        "https://git.example//lighthouse/lantern",
        "https://user:secret@git.example:8443/lighthouse/lantern.git",
        "git+https://git.example/lighthouse/lantern@refs/tags/v2.1.0",
        "git+https://git.example/lighthouse/lantern.git@1f1f1f1f",
        "git+ssh://git@git.example/lighthouse/lantern.git#main",
        "ssh://git@git.example:22/lighthouse/lantern.git",
        "git://git.example/lighthouse/lantern.git",
        "git@git.example:lighthouse/lantern.git",
        "git@git.example:/lighthouse/lantern.git",
        "git.example:lighthouse/lantern",
        "scm:git:https://git.example/lighthouse/lantern?x=1",
        " https://git.example/lighthouse/lantern\n",
    ],
)
def test_spellings_of_one_repository(text: str) -> None:
    assert canonical(text) == "git.example/lighthouse/lantern"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg:github/Lighthouse/lantern@1f1f", "github.com/lighthouse/lantern"),
        ("https://[2001:db8::1]:8443/a/b.git", "[2001:db8::1]/a/b"),
        ("https://git.example/group/sub/lantern", "git.example/group/sub/lantern"),
        ("https://git.example/lantern.gitx", "git.example/lantern.gitx"),
    ],
)
def test_other_addresses(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "lantern", "/srv/git/lantern", "C:\\src\\lantern", "pkg:pypi/lantern@2.1.0", "urn:uuid:1", "https://git.example",
     "https://git.example/", "https://git.example/.git", "file:///srv/lantern", "mailto:git@git.example", "x" * 5000],
)  # fmt: skip
def test_no_address_to_compare(text: str) -> None:
    assert canonical(text) == ""


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("git@git.example:a/b", "https://git.example/a/b.git", True, id="two spellings"),
        pytest.param("https://git.example/a/b", "https://git.example/a/c", False, id="another name"),
        pytest.param("https://git.example/a/b", "https://mirror.example/a/b", False, id="another host"),
        pytest.param("https://git.example/a/b", "", None, id="nothing to compare"),
        pytest.param("", "", None, id="nothing at all"),
    ],
)
def test_same(one: str, other: str, expected: bool | None) -> None:
    assert same(one, other) is expected


@given(st.text())
def test_any_text_has_an_answer_and_keeps_it(text: str) -> None:
    found = canonical(text)
    assert not found or canonical(f"https://{found}") in (found, found.removesuffix(".git"))
