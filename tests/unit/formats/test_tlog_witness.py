from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.damage import damaged

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats import tlog_witness
from assay.formats.note import Note
from assay.formats.tlog_witness import AddCheckpoint

# The examples of c2sp.org/tlog-witness.
PROOF = """PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=
"""
NOTE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""
EXAMPLE = f"old 20852014\n{PROOF}\n{NOTE}"
ANSWER = """— witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
— witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==
"""


def test_the_request_of_the_specification() -> None:
    found = AddCheckpoint.parse(EXAMPLE.encode())
    assert (found.old, len(found.proof), found.checkpoint) == (20852014, 4, NOTE.encode())
    assert found.encode() == EXAMPLE.encode()
    assert len(Note.parse(found.checkpoint).signatures) == 2


def test_a_request_without_a_proof() -> None:
    data = f"old 0\n\n{NOTE}".encode()
    assert AddCheckpoint.parse(data) == AddCheckpoint(0, (), NOTE.encode())
    assert AddCheckpoint.parse(data).encode() == data


def test_the_answer_of_the_specification() -> None:
    lines = tlog_witness.parse_lines(ANSWER.encode())
    assert [line.name for line in lines] == ["witness.example/w1", "witness.example/w1", "witness.example/w2"]
    assert tlog_witness.encode_lines(lines) == ANSWER.encode()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("old 20852014", "old 020852014", "without leading zeroes", id="leading zero"),
        pytest.param("old 20852014", "old +20852014", "without leading zeroes", id="sign"),
        pytest.param("old 20852014", "old ", "without leading zeroes", id="no size"),
        pytest.param("old 20852014", "old  20852014", "without leading zeroes", id="two spaces"),
        pytest.param("old 20852014", "old 20852014 ", "without leading zeroes", id="trailing space"),
        pytest.param("old 20852014", "old 9223372036854775808", "without leading zeroes", id="past 2**63"),
        pytest.param("old 20852014", "old 99999999999999999999", "without leading zeroes", id="20 digits"),
        pytest.param("old 20852014", "Old 20852014", "expected 'old' and a size", id="upper case"),
        pytest.param("old 20852014", "old\t20852014", "expected 'old' and a size", id="tab"),
        pytest.param("old 20852014\n", "", "expected 'old' and a size", id="no old size"),
        pytest.param("old 20852014\n", "old 20852014\r\n", "without leading zeroes", id="carriage return"),
        pytest.param("kaw=\n", "kax=\n", "proof.0. is not standard base64", id="stray bits"),
        pytest.param("kaw=\n", "kaw\n", "proof.0. is not standard base64", id="no padding"),
        pytest.param("PlRN", "", "does not have 32 bytes", id="short hash"),
        pytest.param("kaw=\n", "kaw= \n", "proof.0. is not standard base64", id="space"),
        pytest.param("kaw=\n", "ka\u00e9=\n", "outside ASCII", id="not ASCII"),
        pytest.param(f"{PROOF}\n", f"{PROOF}", "proof.4. is not standard base64", id="no empty line"),
        pytest.param(f"\n{NOTE}", "", "is not an old size", id="no checkpoint"),
        pytest.param(NOTE, "", "is not an old size", id="empty checkpoint"),
    ],
)  # fmt: skip
def test_rejects(old: str, new: str, message: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(Malformed, match=message):
        AddCheckpoint.parse(EXAMPLE.replace(old, new, 1).encode())


def test_limits() -> None:
    line = PROOF.splitlines(keepends=True)[0]
    assert len(AddCheckpoint.parse(f"old 1\n{line * 63}\n{NOTE}".encode()).proof) == 63
    with pytest.raises(TooLarge, match="64 hashes of proof, over 63"):
        AddCheckpoint.parse(f"old 1\n{line * 64}\n{NOTE}".encode())
    with pytest.raises(TooLarge, match="over 528384"):
        AddCheckpoint.parse(b"x" * 600_000)
    with pytest.raises(TooLarge, match="over 528384"):
        tlog_witness.parse_lines(b"x" * 600_000)
    with pytest.raises(TooLarge, match="65 signature lines"):
        tlog_witness.parse_lines(ANSWER.splitlines(keepends=True)[0].encode() * 65)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("—", "-", "not of the form", id="another dash"),
        pytest.param("wQ==\n", "wQ==", "ends with a newline", id="no last newline"),
        pytest.param("wQ==\n", "wQ==\n\n", "not of the form", id="empty line"),
        pytest.param("w1 CMp+", "w1  CMp+", "not standard base64", id="two spaces"),
        pytest.param(ANSWER, "", "no signature line", id="nothing"),
        pytest.param(ANSWER, "\n", "not of the form", id="a newline"),
        pytest.param(ANSWER, "— w AAAA\n", "expected a 4-byte key id and more", id="a key id"),
    ],
)
def test_rejects_answers(old: str, new: str, message: str) -> None:
    assert old in ANSWER
    with pytest.raises(Malformed, match=message):
        tlog_witness.parse_lines(ANSWER.replace(old, new).encode())


@pytest.mark.parametrize("size", [0, 5, 20852014, 2**63 - 1])
def test_sizes(size: int) -> None:
    assert tlog_witness.parse_size(tlog_witness.encode_size(size)) == size


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"5", b"05\n", b"5\n\n", b" 5\n", b"-1\n", b"x\n", b"\xff\n", b"9" * 50 + b"\n"]
)
def test_rejects_sizes(data: bytes) -> None:
    with pytest.raises(Malformed, match="answer"):
        tlog_witness.parse_size(data)


@given(st.one_of(damaged(EXAMPLE.encode()), damaged(ANSWER.encode())))
def test_any_bytes_round_trip_or_give_an_assay_error(data: bytes) -> None:
    with suppress(AssayError):
        assert AddCheckpoint.parse(data).encode() == data
    with suppress(AssayError):
        assert tlog_witness.encode_lines(tlog_witness.parse_lines(data)) == data
    with suppress(AssayError):
        assert tlog_witness.encode_size(tlog_witness.parse_size(data)) == data[:40]
