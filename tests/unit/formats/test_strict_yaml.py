"""YAML: one reading of every document, and no document that costs more than its size."""

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, TooLarge, Unsupported
from assay.formats import strict_yaml
from assay.formats.strict_yaml import LineList, LineMap, line

EXAMPLE = b"""\
# a workflow (fictional)
name: build
on:
  push: {branches: [main]}
defaults: &shell
  run: {shell: bash}
jobs:
  test:
    <<: *shell
    steps:
      - uses: forge.example/checkout@1f1f1f
      - run: |
          make
          make test
"""

texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029"), max_size=12
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
@settings(max_examples=60, deadline=None)
def test_reads_back_what_a_writer_wrote(value: Any) -> None:
    written = yaml.safe_dump(value, allow_unicode=True, default_style='"').encode()
    assert strict_yaml.load(written, what="document") == value


def test_reads_a_document_with_merge_keys_and_keeps_on_as_text() -> None:
    document = strict_yaml.load(EXAMPLE, what="workflow")
    assert document["on"] == {"push": {"branches": ["main"]}}
    assert document["jobs"]["test"]["run"] == {"shell": "bash"}
    assert document["jobs"]["test"]["steps"][1] == {"run": "make\nmake test\n"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("on", "on", id="on is text"),
        pytest.param("no", "no", id="no is text"),
        pytest.param("1:30", "1:30", id="no sexagesimal"),
        pytest.param("2026-01-01", "2026-01-01", id="no dates"),
        pytest.param("0123", 123, id="no octal by a leading zero"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("1_000", "1_000", id="no digit separators"),
        pytest.param("1.5", 1.5, id="float"),
        pytest.param("1.2.3", "1.2.3", id="version"),
        pytest.param("True", True, id="true"),
        pytest.param("~", None, id="null"),
        pytest.param("", None, id="empty"),
        pytest.param(".inf", ".inf", id="infinity is text"),
        pytest.param("9e999", "9e999", id="overflow is text"),
        pytest.param("1" * 40, "1" * 40, id="a commit of digits is text"),
        pytest.param("'7'", "7", id="quoted"),
        pytest.param("!!str 7", "7", id="tagged"),
        pytest.param("! 7", "7", id="non-specific tag"),
    ],
)
def test_scalars_follow_the_core_schema(written: str, value: object) -> None:
    got = strict_yaml.load(f"key: {written}\n".encode(), what="document")["key"]
    assert (type(got), got) == (type(value), value)


def test_text_scalars_stay_as_written() -> None:
    data = b"a: 1.10\nb: 12345e6\nc: true\nd:\n"
    assert strict_yaml.load(data, what="lock", scalars="text") == {
        "a": "1.10",
        "b": "12345e6",
        "c": "true",
        "d": "",
    }
    assert strict_yaml.load(data, what="lock")["a"] == 1.1


def test_keys_are_text() -> None:
    assert strict_yaml.load(b"1: a\nyes: b\n~: c\n", what="document") == {"1": "a", "yes": "b", "~": "c"}


def test_lines_point_into_the_file() -> None:
    document = strict_yaml.load_with_lines(EXAMPLE, what="workflow")
    assert isinstance(document, LineMap)
    steps = document["jobs"]["test"]["steps"]
    assert isinstance(steps, LineList)
    assert [line(document, "on"), line(document["jobs"]["test"], "run")] == [3, 9]
    assert [line(steps, 0), line(steps, 1), line(steps[1], "run")] == [11, 12, 12]
    assert [line(steps, 2), line(document, "absent"), line({}, "on")] == [0, 0, 0]
    assert document == strict_yaml.load(EXAMPLE, what="workflow")


def test_documents() -> None:
    assert strict_yaml.load(b"# nothing\n", what="document") is None
    assert strict_yaml.load_all(b"a: 1\n---\nb: 2\n", what="documents") == [{"a": 1}, {"b": 2}]
    with pytest.raises(Malformed, match="document holds 2 YAML documents, expected one"):
        strict_yaml.load(b"a: 1\n---\nb: 2\n", what="document")


def test_local_tags_are_read_only_on_request() -> None:
    data = b"script: !reference [.setup, script]\n"
    assert strict_yaml.load(data, what="pipeline", local_tags=True) == {"script": [".setup", "script"]}
    with pytest.raises(Unsupported, match="has the tag '!reference' at line 1"):
        strict_yaml.load(data, what="pipeline")


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9)
)


@pytest.mark.parametrize(
    ("data", "kind", "says"),
    [
        pytest.param(
            b"a: 1\nb: 2\na: 3\n", Malformed, "has the key 'a' twice, again at line 3", id="key twice"
        ),
        pytest.param(b"{a: 1, 'a': 2}", Malformed, "has the key 'a' twice", id="key twice, flow"),
        pytest.param(b"<<: {a: 1}\n<<: {b: 1}\n", Malformed, "has the key '<<' twice", id="merged twice"),
        pytest.param(
            b"<<: 7\n", Malformed, "merges something that is not a mapping at line 1", id="merge of a number"
        ),
        pytest.param(b"? [a]\n: 1\n", Malformed, "key that is not text at line 1", id="sequence as key"),
        pytest.param(b"a: &x b\n*x : 1\n", Malformed, "key that is not text at line 2", id="alias as key"),
        pytest.param(b"a: &a [*a]", Malformed, "refers to 'a' before it is complete", id="recursion"),
        pytest.param(b"a: *nowhere", Malformed, "refers to 'nowhere'", id="alias to nothing"),
        pytest.param(b"x: &x 1\n---\ny: *x\n", Malformed, "refers to 'x'", id="alias into another document"),
        pytest.param(
            b"a: !!python/object:os.system x", Unsupported, "python/object:os.system", id="python tag"
        ),
        pytest.param(b"a: !!int x", Malformed, "has 'x' tagged as int at line 1", id="false tag"),
        pytest.param(b"a: !!map x", Unsupported, "tag:yaml.org,2002:map", id="scalar tagged as map"),
        pytest.param(b"a: [1\n", Malformed, "at line", id="unclosed"),
        pytest.param(b"a: b: c\n", Malformed, "mapping values are not allowed", id="nested on one line"),
        pytest.param(b"a: \x00\n", Malformed, "document: ", id="control character"),
        pytest.param(b"a: \xff\n", Malformed, "document is not UTF-8: byte 3", id="not UTF-8"),
        pytest.param(b'a: "\\ud800"\n', Malformed, "document", id="lone surrogate"),
        pytest.param(BOMB, TooLarge, "over 2000000 YAML nodes", id="billion laughs"),
        pytest.param(b"[" * 200, TooLarge, "nested over 100 levels", id="deep flow"),
        pytest.param(b"- " * 200, TooLarge, "nested over 100 levels", id="deep block"),
        pytest.param(b" " * (16 * 1024 * 1024 + 1), TooLarge, "over the limit of 16777216", id="too long"),
    ],
)
def test_refuses(data: bytes, kind: type[AssayError], says: str) -> None:
    with pytest.raises(kind, match="document") as caught:
        strict_yaml.load_all(data, what="document")
    assert says in str(caught.value)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_nothing_but_our_errors_escapes(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(EXAMPLE)))
    noise = data.draw(
        st.binary(max_size=8)
        | st.sampled_from([b"*x", b"&x", b"? ", b"<<:", b"!!set", b"\t", b"%YAML 9.9\n"])
    )
    with suppress(AssayError):
        strict_yaml.load_with_lines(EXAMPLE[:cut] + noise + EXAMPLE[cut + len(noise) :], what="document")
