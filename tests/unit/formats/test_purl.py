import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Malformed, TooLarge
from assay.formats.purl import Purl, canonical, identity, normalise_name

words = st.text(alphabet="abcdefgh0123456789.-_+ %@:é雪", min_size=1, max_size=12)
types = st.sampled_from(["npm", "maven", "generic", "deb", "rpm", "golang", "pypi", "cargo", "github", "gem"])


@st.composite
def purls(draw: st.DrawFn) -> Purl:
    kind = draw(types)
    namespace = "" if kind in {"pypi", "cargo"} else "/".join(draw(st.lists(words, max_size=2)))
    keys = st.text(alphabet="abcxyz_.-", min_size=1, max_size=5).filter(lambda key: key[0].isalpha())
    return Purl.of(
        kind,
        draw(words),
        namespace=namespace,
        version=draw(words | st.just("")),
        qualifiers=draw(st.dictionaries(keys, words, max_size=3)),
        subpath="/".join(draw(st.lists(words, max_size=2))),
    )


@given(purls())
def test_round_trips(purl: Purl) -> None:
    assert Purl.parse(str(purl)) == purl
    assert canonical(str(purl)) == str(purl)


@given(
    st.text(max_size=40)
    | st.text(alphabet="pkg:/@?#%&=.aN0é", max_size=40).map(lambda tail: "pkg:npm/" + tail)
)
def test_any_text_is_a_purl_or_malformed(text: str) -> None:
    found = identity(text)
    if found is None:
        with pytest.raises(Malformed, match=r"^purl "):
            canonical(text)
    else:
        assert canonical(str(found)) == str(found)


EXAMPLE = "pkg:npm/%40scope/name@1.0.0?arch=x86#src/lib"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param("pkg:", "pkg%3A", "does not start with 'pkg:'", id="encoded colon"),
        pytest.param("pkg:", "", "does not start with 'pkg:'", id="no scheme"),
        pytest.param("npm", "n&m", "purl type 'n&m' is not letters", id="type with a sign"),
        pytest.param("npm", "1pm", "purl type '1pm' is not letters", id="type starts with a digit"),
        pytest.param("/%40scope/name", "", "has no name", id="no name"),
        pytest.param("/name", "/", "has an empty name", id="empty name"),
        pytest.param("%40scope", "%4", "'%' without two hexadecimal digits", id="half an escape"),
        pytest.param("%40scope", "%ff", "is not UTF-8", id="escape that is no UTF-8"),
        pytest.param("%40scope", "a%2Fb", "encoded '/' in a namespace", id="encoded slash"),
        pytest.param("arch=", "Arch=", "lower-case key", id="capital in a key"),
        pytest.param("arch=", "ar%63h=", "lower-case key", id="encoded key"),
        pytest.param("arch=x86", "arch", "of the form key=value", id="key without value"),
        pytest.param("arch=x86", "a=1&a=2", "qualifier 'a' twice", id="key twice"),
        pytest.param(
            "npm/%40scope",
            "pypi/scope",
            "has the namespace 'scope', expected none",
            id="namespace where none is",
        ),
        pytest.param("npm/%40scope", "swift", "has no namespace", id="no namespace where one must be"),
    ],
)
def test_refuses(old: str, new: str, reason: str) -> None:
    assert old in EXAMPLE
    Purl.parse(EXAMPLE)
    with pytest.raises(Malformed, match=reason):
        Purl.parse(EXAMPLE.replace(old, new))


def test_bounds_its_length() -> None:
    with pytest.raises(TooLarge, match="purl has 8201 characters, over 8192"):
        Purl.parse("pkg:npm/a" + "a" * 8192)


@pytest.mark.parametrize(
    ("ecosystem", "written", "normal"),
    [
        ("pypi", "Zope.Interface", "zope-interface"),
        ("pypi", "ruamel__yaml._.clib", "ruamel-yaml-clib"),
        ("npm", "@Angular/Core", "@angular/core"),
        ("cargo", "serde_json", "serde-json"),
        ("golang", "github.com/BurntSushi/toml", "github.com/burntsushi/toml"),
        ("pub", "http-parser", "http_parser"),
        ("maven", "org.apache:commons", "org.apache/commons"),
        ("maven", "HTTPClient/HTTPClient", "HTTPClient/HTTPClient"),
        ("gem", "RedCloth", "RedCloth"),
        ("nuget", "Newtonsoft.Json", "newtonsoft.json"),
        ("", "As Is", "As Is"),
    ],
)
def test_names_are_compared_as_their_ecosystem_does(ecosystem: str, written: str, normal: str) -> None:
    assert normalise_name(ecosystem, written) == normal
    assert normalise_name(ecosystem, normal) == normal


def test_parts_and_bare() -> None:
    purl = Purl.parse(EXAMPLE)
    assert (purl.full_name, purl.version, purl.bare) == (
        "@scope/name",
        "1.0.0",
        "pkg:npm/%40scope/name@1.0.0",
    )
    assert identity("cpe:2.3:a:b:c") is None
    assert identity("pkg:gem/a@1?Platform=java") == Purl.parse("pkg:gem/a@1?platform=java")
