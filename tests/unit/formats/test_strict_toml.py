"""TOML: what the standard library reads, minus what would make it slow or deep."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats import strict_toml

EXAMPLE = b"""\
# fictional
version = 1
[[package]]
name = "lantern"   # [not.a.table]
source = { registry = "https://registry.example/simple" }
"quoted.key" = '''
[[[[[[ not a table
'''
when = 2026-11-01
sizes = [1, 2, [3.5]]
"""


def test_reads() -> None:
    document = strict_toml.load(EXAMPLE, what="lock")
    assert document["package"][0]["quoted.key"] == "[[[[[[ not a table\n"
    assert document["package"][0]["when"] == date(2026, 11, 1)
    assert document["package"][0]["sizes"] == [1, 2, [3.5]]


def test_brackets_and_dots_inside_strings_and_comments_do_not_count() -> None:
    data = b'a = "' + b"[." * 500 + b'"\nb = """' + b"{\n." * 500 + b'"""\n# ' + b"[." * 500
    assert strict_toml.load(data, what="lock")["a"] == "[." * 500


@pytest.mark.parametrize(
    ("data", "kind", "says"),
    [
        pytest.param(b"a = 1\na = 2\n", Malformed, "Cannot overwrite a value", id="key twice"),
        pytest.param(b"[a]\n[a]\n", Malformed, "Cannot declare", id="table twice"),
        pytest.param(b'a = "', Malformed, "Unterminated string", id="cut"),
        pytest.param(b"a = \xff", Malformed, "lock is not UTF-8: byte 4", id="not UTF-8"),
        pytest.param(b"a = " + b"[" * 65 + b"]" * 65, TooLarge, "nested over 64 levels", id="deep arrays"),
        pytest.param(b"a = " + b"{b = " * 65, TooLarge, "nested over 64 levels", id="deep inline tables"),
        pytest.param(
            b".".join([b"a"] * 65) + b" = 1", TooLarge, "dotted key of over 64 parts", id="long key"
        ),
        pytest.param(
            b"[" + b".".join([b"'a'"] * 65) + b"]", TooLarge, "dotted key of over 64 parts", id="long header"
        ),
        pytest.param(
            b"a = 0x" + b"f" * 9000, TooLarge, "integer over 64 bits", id="hexadecimal of 9000 digits"
        ),
        pytest.param(b"a = " + b"9" * 9000, Malformed, "lock: ", id="decimal of 9000 digits"),
        pytest.param(b"a = 2026-13-45", Malformed, "lock: ", id="impossible date"),
        pytest.param(b"#" * (16 * 1024 * 1024 + 1), TooLarge, "over the limit of 16777216", id="too long"),
    ],
)
def test_refuses(data: bytes, kind: type[AssayError], says: str) -> None:
    with pytest.raises(kind, match="lock") as caught:
        strict_toml.load(data, what="lock")
    assert says in str(caught.value)


def test_the_deepest_that_is_allowed() -> None:
    assert strict_toml.load(b"a = " + b"[" * 64 + b"]" * 64, what="lock")["a"]
    assert strict_toml.load(b".".join([b"a"] * 64) + b" = 1", what="lock")["a"]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_nothing_but_our_errors_escapes(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(EXAMPLE)))
    noise = data.draw(
        st.binary(max_size=8) | st.sampled_from([b"'''", b'"""', b"[[", b"{", b"=", b"\\u", b"0x"])
    )
    with suppress(AssayError):
        strict_toml.load(EXAMPLE[:cut] + noise + EXAMPLE[cut + len(noise) :], what="lock")
