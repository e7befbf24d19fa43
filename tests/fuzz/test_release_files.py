"""Whatever bytes arrive as a release file: a value, or one line of ours. Never another exception, never much memory."""

import gzip
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.archives import INFO, WHEEL, npm, sdist, tar, wheel, zipped

from assay.errors import AssayError
from assay.evidence.release import read
from assay.formats.archive import Limits

LIMITS = Limits(members=2000, single=2**20, total=2**22, held=2**22, ratio=100, ratio_floor=2**18)
SMALL = {
    "lantern-2.1.0-py3-none-any.whl": wheel(),
    "lantern-2.1.0.tar.gz": sdist(),
    "lighthouse-lantern-2.1.0.tgz": npm(),
    "plain.tar": tar({"a/b": b"one", "long" * 60: b"two"}),
    "plain.zip": zipped({"a/b": b"one", "c": b"two" * 50}),
}


def attempt(data: bytes, name: str) -> None:
    """Read all of it; only our own errors may come out, each on one line."""
    reason = _reason(data, name)
    assert reason is None or (reason and "\n" not in reason)


def _reason(data: bytes, name: str) -> str | None:
    try:
        found = read(data, name=name, limits=LIMITS)
        assert found.read is not None
        for member in found.members:
            if not member.link:
                found.read(member.path)
    except AssayError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", SMALL)
def test_truncated_at_every_byte(name: str) -> None:
    data = SMALL[name]
    for length in range(len(data)):
        attempt(data[:length], name)


@pytest.mark.parametrize("name", SMALL)
def test_truncation_is_noticed(name: str) -> None:
    data = SMALL[name]
    unnoticed = [length for length in range(len(data)) if _reason(data[:length], name) is None]
    plain_tar = name.endswith(".tar")
    assert all(plain_tar and not any(data[length:]) for length in unnoticed), (
        "only final zeros of a tar may be missing"
    )


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged(name: str, data: st.DataObject) -> None:
    broken = bytearray(SMALL[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at] = data.draw(st.one_of(st.just(broken[at] ^ 0xFF), st.integers(0, 255)))
    attempt(bytes(broken), name)


@pytest.mark.parametrize("name", ["lantern-2.1.0.tar.gz", "lighthouse-lantern-2.1.0.tgz"])
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_below_the_compression(name: str, data: st.DataObject) -> None:
    broken = bytearray(gzip.decompress(SMALL[name]))
    at = data.draw(st.integers(0, len(broken) - 1))
    broken[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    attempt(gzip.compress(bytes(broken)), name)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([*SMALL, "x"]),
    st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08"]),
)
def test_random_bytes(data: bytes, name: str, magic: bytes) -> None:
    attempt(magic + data, name)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=30), st.binary(max_size=50), max_size=5))
def test_strange_names(files: dict[str, bytes]) -> None:
    clean = {name: data for name, data in files.items() if name.isprintable()}
    attempt(zipped(clean), "x.zip")
    attempt(tar(clean), "x.tar")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bomb.zip", zipped({"zeros": bytes(2**26)})),
        ("bombs.zip", zipped({f"zeros{i}": bytes(2**20) for i in range(60)})),
        ("bomb.tar.gz", gzip.compress(bytes(2**26))),
        ("nested.tar.gz", gzip.compress(gzip.compress(bytes(2**26)))),
    ],
)
def test_bombs_cost_little(name: str, data: bytes) -> None:
    tracemalloc.start()
    try:
        attempt(data, name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * LIMITS.held


METADATA = b"""Metadata-Version: 2.4
Name: lantern
Version: 2.1.0
Requires-Dist: wick>=3; python_version < "3.12" and extra == "fuel"
License-Expression: MIT

A light.
"""
ODD = [b"\n ", b"\r", b"\0", b"\xff", b"Name: ", b"Requires-Dist: ", b"=?utf-8?b?//8=?=", b"Content-Type: multipart/mixed; boundary=x\n",
       b"--x\n", b"Content-Transfer-Encoding: base64\n", b"Project-URL: ", b"((((", b'"', b"Keywords: a,\n"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(METADATA)), st.sampled_from(ODD) | st.binary(max_size=3)), max_size=5
    )
)
def test_strange_metadata(insertions: list[tuple[int, bytes]]) -> None:
    text = METADATA
    for at, odd in insertions:
        text = text[:at] + odd + text[at:]
    attempt(
        zipped({f"{INFO}/METADATA": text, f"{INFO}/WHEEL": WHEEL, f"{INFO}/RECORD": text}),
        "lantern-2.1.0-py3-none-any.whl",
    )
