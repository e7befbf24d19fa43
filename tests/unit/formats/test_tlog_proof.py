import hashlib
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.damage import damaged

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats.tlog_proof import MAX_EXTRA, TlogProof

PATH = tuple(hashlib.sha256(bytes([at])).digest() for at in range(3))
ONE = TlogProof(
    index=73894,
    path=PATH,
    checkpoint="log.example\n109482\nroot\n\n— log.example x\n".encode(),
    extra=b"entry",
)
TEXT = ONE.encode().decode()
LINE = TEXT.split("\n")[3]


def test_reads_as_the_specification_says() -> None:
    lines = TEXT.split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra ZW50cnk=", "index 73894"]
    assert lines[6:9] == ["", "log.example", "109482"]
    assert TlogProof.parse(ONE.encode()) == ONE
    for variant in (
        msgspec.structs.replace(ONE, extra=None),
        msgspec.structs.replace(ONE, extra=b""),
        msgspec.structs.replace(ONE, path=(), index=0),
    ):
        assert TlogProof.parse(variant.encode()) == variant


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        pytest.param("@v1", "@v2", Malformed, "begins with 'c2sp.org/tlog-proof@v2'", id="version"),
        pytest.param("c2sp", " c2sp", Malformed, "begins with", id="leading space"),
        pytest.param("c2sp", "\nc2sp", Malformed, "begins with ''", id="leading newline"),
        pytest.param("extra ", "extra  ", Malformed, "extra is not standard base64", id="two spaces"),
        pytest.param("extra ", "Extra ", Malformed, "is not 'index'", id="capital"),
        pytest.param("extra ZW50cnk=\n", "extra ZW50cnk=\nextra ZW50cnk=\n", Malformed, "'extra ZW50cnk=' is not", id="extra twice"),
        pytest.param("ZW50cnk=", "ZW50cnl=", Malformed, "one spelling", id="extra with stray bits"),
        pytest.param("ZW50cnk=", "ZW50cnk", Malformed, "one spelling", id="extra without padding"),
        pytest.param("extra ZW50cnk=\nindex 73894\n", "index 73894\nextra ZW50cnk=\n", Malformed, r"path\[0\]", id="order"),
        pytest.param("index 73894", "index 073894", Malformed, "index '073894' is not a decimal", id="leading zero"),
        pytest.param("index 73894", "index +73894", Malformed, "is not a decimal", id="sign"),
        pytest.param("index 73894", "index 73_894", Malformed, "is not a decimal", id="digit separators"),
        pytest.param("index 73894", "index ", Malformed, "index '' is not", id="no number"),
        pytest.param("index 73894", "index 9223372036854775807", Malformed, "below 2", id="past the largest tree"),
        pytest.param("index 73894", "index ７", Malformed, "not ASCII", id="full-width digit"),
        pytest.param("index 73894\n", "", Malformed, "is not 'index'", id="no index"),
        pytest.param(LINE, LINE[:-4] + "AA==", Malformed, r"path\[0\] has 31 bytes|one spelling", id="short hash"),
        pytest.param(LINE, LINE.rstrip("="), Malformed, r"path\[0\] is not standard base64", id="hash without padding"),
        pytest.param(LINE, LINE + "\r", Malformed, "one spelling", id="carriage return"),
        pytest.param(LINE + "\n", (LINE + "\n") * 62, TooLarge, "path has 64 hashes, over 63", id="long path"),
        pytest.param("\n\nlog", "\nlog", Malformed, "not standard base64|no blank line|not ASCII", id="no blank line"),
        pytest.param("\n\nlog", "\n", Malformed, "not standard base64|not ASCII", id="no blank line but the note's"),
    ],
)  # fmt: skip
def test_rejects(old: str, new: str, error: type[AssayError], message: str) -> None:
    assert old in TEXT
    with pytest.raises(error, match=message):
        TlogProof.parse(TEXT.replace(old, new, 1).encode())


def test_limits() -> None:
    with pytest.raises(TooLarge, match="over 786432"):
        TlogProof.parse(bytes(786_433))
    with pytest.raises(TooLarge, match="extra has 131073 bytes"):
        TlogProof.parse(msgspec.structs.replace(ONE, extra=bytes(MAX_EXTRA + 1)).encode())
    with pytest.raises(Malformed, match="no blank line with a checkpoint"):
        TlogProof.parse(TEXT.partition("\n\n")[0].encode() + b"\n\n")
    with pytest.raises(Malformed, match="no blank line"):
        TlogProof.parse(b"")


@given(damaged(ONE.encode()))
def test_damage_is_refused_or_read_as_it_stands(data: bytes) -> None:
    with suppress(AssayError):
        assert TlogProof.parse(data).encode() == data


proofs = st.builds(
    TlogProof,
    index=st.integers(0, 2**63 - 2),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    checkpoint=st.binary(min_size=1, max_size=200),
    extra=st.none() | st.binary(max_size=200),
)


@given(proofs)
def test_round_trips(one: TlogProof) -> None:
    assert TlogProof.parse(one.encode()) == one
