import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats import strict_json

SLICES = pytest.mark.parametrize(
    "size", [1, 40, strict_json.SLICE], ids=["every value cut", "small slices", "one slice"]
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["", ":", '"', "\\", "[{", "]}", "\\u003a", "a:b"]
)
values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@SLICES
@given(value=values, ascii_only=st.booleans(), indent=st.sampled_from([None, 0, 2]))
def test_reads_what_json_writes(size: int, value: Any, ascii_only: bool, indent: int | None) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "SLICE", size)
        assert strict_json.load(data, what="value") == value


def _with_twin(value: Any, key: str) -> str:
    """*value* as text, its first object having *key* a second time; the value alone where it has no object."""
    if isinstance(value, dict):
        members = [f"{json.dumps(name)}: {json.dumps(inner)}" for name, inner in value.items()]
        return "{" + ", ".join([*members, f"{json.dumps(key)}: 1", f"{_escaped(key)}: 2"]) + "}"
    return json.dumps(value)


def _escaped(text: str) -> str:
    """The same key, spelled with escapes only."""
    return '"' + "".join(f"\\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le")).cast("H")) + '"'


@SLICES
@given(before=st.lists(values, max_size=3), twin=st.dictionaries(texts, values, max_size=3), key=texts)
def test_refuses_a_key_that_comes_twice_however_it_is_spelled(
    size: int, before: list[Any], twin: Any, key: str
) -> None:
    twin.pop(key, None)
    parts = [json.dumps(value) for value in before]
    good = "[" + ", ".join([*parts, json.dumps(twin)]) + "]"
    bad = "[" + ", ".join([*parts, _with_twin(twin, key)]) + "]"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "SLICE", size)
        strict_json.check(good.encode(), what="value")
        with pytest.raises(Malformed, match=r"value: key .* appears twice in one object"):
            strict_json.check(bad.encode(), what="value")


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        pytest.param(
            b"", Malformed, "file: JSON ends before its first value, where more was expected", id="nothing"
        ),
        pytest.param(b"  ", Malformed, "file: JSON ends after 2 bytes", id="blank"),
        pytest.param(
            b'\xef\xbb\xbf{"a":1}', Malformed, "file starts with a byte order mark", id="byte order mark"
        ),
        pytest.param(b'{"a":"\xff"}', Malformed, "file is not UTF-8: byte 6", id="bad byte"),
        pytest.param(b'{"\xc0\x80":1}', Malformed, "file is not UTF-8: byte 2", id="overlong key"),
        pytest.param(b'"\\ud800"', Malformed, "file: ", id="lone surrogate"),
        pytest.param('{"a":1}'.encode("utf-16"), Malformed, "file is not UTF-8: byte 0", id="UTF-16"),
        pytest.param(b'{"a":NaN}', Malformed, "invalid character", id="NaN"),
        pytest.param(b'{"a":Infinity}', Malformed, "invalid character", id="Infinity"),
        pytest.param(b'{"a":1e999}', Malformed, "out of range", id="number beyond double"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", Malformed, "out of range", id="5000 digits"),
        pytest.param(b'{"a":01}', Malformed, "invalid number", id="leading zero"),
        pytest.param(b'{"a":1,}', Malformed, "trailing comma", id="trailing comma"),
        pytest.param(b"{'a':1}", Malformed, "object keys must be strings", id="single quotes"),
        pytest.param(b'{"a":"\n"}', Malformed, "invalid character", id="raw newline in a string"),
        pytest.param(b'{"a":1} x', Malformed, "trailing characters", id="text behind"),
        pytest.param(b'{"a":1', Malformed, "JSON ends after 6 bytes", id="cut"),
        pytest.param(
            b"]" * 300 + b"[" * 300, Malformed, "invalid character", id="brackets the wrong way round"
        ),
        pytest.param(
            b'{"a":1,"a":1}', Malformed, "file: key 'a' appears twice in one object", id="key twice"
        ),
        pytest.param(
            b'{"a":1,"\\u0061":1}', Malformed, "file: key 'a' appears twice", id="key twice, escaped"
        ),
        pytest.param(
            b'{":":1,"\\u003a":1}', Malformed, "file: key ':' appears twice", id="colon twice, escaped"
        ),
        pytest.param(
            b'{"\\\\u003a":1,"b":{"c":1,"c":1}}', Malformed, "key 'c' appears twice", id="escape that is none"
        ),
        pytest.param(b"[" * 129 + b"]" * 129, TooLarge, "nested over 128 levels deep", id="129 levels"),
        pytest.param(b"[" * 100_000, TooLarge, "nested over 128 levels deep", id="100,000 open brackets"),
        pytest.param(
            b'{"a":' * 129 + b"1" + b"}" * 129, TooLarge, "nested over 128 levels deep", id="129 objects"
        ),
        pytest.param(
            b'["' + b"a" * 1000 + b'"]', TooLarge, "file has 1004 bytes, over the limit of 1000", id="bytes"
        ),
    ],
)
def test_refuses(data: bytes, error: type[AssayError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        strict_json.load(data, what="file", limit=1000 if len(data) == 1004 else strict_json.MAX_BYTES)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[" * 128 + b"]" * 128, id="128 levels"),
        pytest.param(b'["' + b"[" * 500 + b'"]', id="brackets in a string"),
        pytest.param(b'["\\"' + b"[" * 500 + b'"]', id="brackets behind an escaped quote"),
        pytest.param(b'["\\\\",' + b"[" * 127 + b"]" * 127 + b"]", id="brackets behind an escaped backslash"),
        pytest.param(b"[" + b"[],[[]]," * 5000 + b"1]", id="many, but flat"),
        pytest.param(b'[{"a":1},{"a":2}]', id="the same key in two objects"),
        pytest.param(b'{"a":"\\u003a\\u003A:","b":":"}', id="colons, plain and escaped"),
        pytest.param(b' \n{"a": 1}\n ', id="space around"),
        pytest.param(b'"\\ud83d\\ude00"', id="surrogate pair"),
    ],
)
def test_accepts(data: bytes) -> None:
    strict_json.check(data, what="file")


def test_counts_values_before_building_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "MAX_VALUES", 1600)
    strict_json.check(b"[" + b"1," * 90 + b"1]", what="file")
    with pytest.raises(TooLarge, match=r"file has over \d+ values"):
        strict_json.check(b"[" + b"1," * 900 + b"1]", what="file")
    with pytest.raises(TooLarge, match=r"file has over \d+ values"):
        strict_json.check(b"[" + b"[]," * 900 + b"1]", what="file")
    strict_json.check(b"[" + b'"a long text",' * 900 + b"1]", what="file")


def test_counts_the_members_of_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "MAX_KEYS", 1000)
    monkeypatch.setattr(strict_json, "SLICE", 1000)
    members = ",".join(f'"{i}": {i}' for i in range(1000))
    strict_json.check(f"{{{members}}}".encode(), what="file")
    with pytest.raises(TooLarge, match="file has an object with over 1000 members"):
        strict_json.check(f'{{{members}, "a": 1}}'.encode(), what="file")


@SLICES
@given(items=st.lists(values, max_size=30))
def test_runs_lose_nothing_and_keep_the_order(size: int, items: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "SLICE", size)
        pieces = strict_json.elements(json.dumps(items).encode(), what="items")
        found = list(strict_json.runs(pieces))
        assert [value for _, text in found for value in strict_json.plain(text, what="items")] == items
        assert [piece for run, _ in found for piece in run] == list(pieces)
        assert all(len(run) == 1 or len(text) <= 4 * size for run, text in found)


@SLICES
@given(document=st.dictionaries(texts, values, max_size=6))
def test_cutting_leaves_the_rest_and_the_elements(size: int, document: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "SLICE", size)
        found = strict_json.members(json.dumps(document).encode(), what="document")
        rest, long = strict_json.cut(found, set(document), what="document")
        put_back = json.loads(rest) | {
            name: [json.loads(bytes(piece)) for piece in long[name]] for name in long
        }
    assert put_back == document
    assert list(put_back) == list(document)


@pytest.mark.parametrize("data", [b"[]", b"1", b'"a"', b"null"])
def test_members_are_those_of_an_object(data: bytes) -> None:
    with pytest.raises(Malformed, match="file is not a JSON object"):
        strict_json.members(data, what="file")


def test_members_come_once() -> None:
    with pytest.raises(Malformed, match="file: key 'a' appears twice in one object"):
        strict_json.members(b'{"a":{}, "b":1, "a":{}}', what="file")


@given(st.binary(max_size=60) | st.binary(max_size=20).map(lambda tail: b'{"a":[1,{"b":"c"}]' + tail))
def test_nothing_but_our_errors_escapes(data: bytes) -> None:
    try:
        expected = json.loads(data.decode())
    except (ValueError, RecursionError):
        expected = None
    reason = _refusal(data)
    assert reason == "" or reason.startswith("file")
    assert reason or strict_json.load(data, what="file") == expected


def _refusal(data: bytes) -> str:
    try:
        strict_json.check(data, what="file")
    except Malformed as error:
        return str(error)
    return ""


def test_decodes_into_a_type() -> None:
    assert strict_json.decode(b'{"a": 1}', dict[str, int], what="file") == {"a": 1}
    with pytest.raises(Malformed, match=r"file: Expected `int`, got `str` - at `\$\[...\]`"):
        strict_json.decode(b'{"a": "1"}', dict[str, int], what="file")


def test_writes_one_way() -> None:
    assert strict_json.encode({"b": 1, "a": [True, None]}) == b'{"a":[true,null],"b":1}'
    assert strict_json.pretty({"b": 1, "a": 2}) == b'{\n  "b": 1,\n  "a": 2\n}\n'
    assert msgspec.json.decode(strict_json.encode({"b": 1})) == {"b": 1}


def test_a_name_that_is_quoted_stays_on_one_line() -> None:
    for name in ("x\\ny", "x" * 5000):
        with pytest.raises(Malformed, match=r"^notes: Object contains unknown field `x") as refused:
            strict_json.decode(f'{{"{name}":1}}'.encode(), _Closed, what="notes", limit=10_000)
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 500


class _Closed(msgspec.Struct, forbid_unknown_fields=True):
    pass
