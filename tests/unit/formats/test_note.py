from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats.note import ED25519, MAX_SIGNATURES, Note, NoteSignature, Vkey

# The example of c2sp.org/signed-note; its key is not published there.
EXAMPLE = """Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

names = st.text(
    st.characters(codec="utf-8", exclude_characters="+", exclude_categories=("Z", "C")),
    min_size=1,
    max_size=40,
).filter(lambda name: not any(c.isspace() for c in name))
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.just("\n"), min_size=1, max_size=60
)
notes = st.builds(
    Note,
    texts.map(lambda text: f"{text}\n"),
    st.lists(st.builds(NoteSignature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=70)),
             min_size=1, max_size=4).map(tuple),
)  # fmt: skip


@given(notes)
def test_round_trips(note: Note) -> None:
    assert Note.parse(note.encode()) == note


def test_the_specification_s_example() -> None:
    note = Note.parse(EXAMPLE.encode())
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert [(one.name, one.key_id.hex(), len(one.signature)) for one in note.signatures] == [
        ("quasimodo.example/salvatore", "367ba04b", 64)
    ]
    assert note.encode() == EXAMPLE.encode()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("sera.\n\n", "sera.\n", "signature line 'ed è subito", id="no blank line before the signatures"),
        pytest.param("Ic=\n", "Ic=", "does not end with a newline", id="no final newline"),
        pytest.param("Ic=\n", "Ic=\n\n", "does not end with a newline", id="blank line at the end"),
        pytest.param("— q", "- q", "signature line", id="hyphen for dash"),
        pytest.param("— q", "—  q", "key name has 0 characters", id="two spaces"),
        pytest.param("/salv", "+salv", "a space, a control character or '+'", id="plus in name"),
        pytest.param("/salv", "\u00a0salv", "a space, a control character or '+'", id="no-break space in name"),
        pytest.param("Ic=\n", "Id=\n", "not standard base64", id="stray low bits"),
        pytest.param("Ic=\n", "Ic\n", "not standard base64", id="padding missing"),
        pytest.param("Ic=\n", "Ic=\r\n", "not standard base64", id="carriage return"),
        pytest.param("Ognuno", "Ogn\tuno", "control character 0x09 at 3", id="tab in text"),
        pytest.param("Ognuno", "Ogn\0uno", "control character 0x00 at 3", id="null in text"),
        pytest.param("NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=",
                     "NnugSw==", "has 4 bytes, expected a 4-byte key id and more", id="no signature after the id"),
    ],
)  # fmt: skip
def test_rejects(old: str, new: str, message: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(Malformed) as caught:
        Note.parse(EXAMPLE.replace(old, new).encode())
    assert message in str(caught.value)


def test_bounds() -> None:
    line = EXAMPLE.rpartition("\n\n")[2]
    assert len(Note.parse((EXAMPLE + line * (MAX_SIGNATURES - 1)).encode()).signatures) == MAX_SIGNATURES
    with pytest.raises(TooLarge, match="carries 65 signatures, over 64"):
        Note.parse((EXAMPLE + line * MAX_SIGNATURES).encode())
    with pytest.raises(TooLarge, match="bytes, over"):
        Note.parse(b"x" * 600_000)
    with pytest.raises(Malformed, match="not UTF-8: byte 0"):
        Note.parse(b"\xff" + EXAMPLE.encode())
    with pytest.raises(Malformed, match="no blank line"):
        Note.parse(b"")


def test_the_text_is_not_empty_and_ends_with_a_newline() -> None:
    (line,) = Note.parse(EXAMPLE.encode()).signatures
    for text in ("\n", "", "no newline"):
        with pytest.raises(Malformed, match="the text is empty or does not end with a newline"):
            Note(text, (line,)).encode()
    with pytest.raises(Malformed, match="the text is empty"):
        Note.parse(b"\n\n" + EXAMPLE.rpartition("\n\n")[2].encode())
    with pytest.raises(Malformed, match="not of the form '— name base64'"):
        Note.parse("text\n\n— name\n".encode())


def test_vkey_of_the_tiled_log() -> None:
    vkey = Vkey.parse(VKEY)
    assert (vkey.name, vkey.kind, vkey.key_id.hex(), len(vkey.public)) == (
        "example.com/log/testdata", ED25519, "33d7b496", 32
    )  # fmt: skip
    assert vkey.encode() == VKEY


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("33d7b496", "33d7b497", "says id 33d7b497, its key has 33d7b496", id="other id"),
        pytest.param("33d7b496", "33D7B496", "not of the form", id="upper case"),
        pytest.param("testdata", "testdatb", "says id 33d7b496", id="other name"),
        pytest.param("AeHT", "AuHT", "says id 33d7b496", id="other type"),
        pytest.param("kkSx", "kkS", "not standard base64", id="truncated"),
        pytest.param(
            "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", "AQ==", "holds no public key", id="type alone"
        ),
        pytest.param("example.com", "example .com", "a space", id="space in name"),
        pytest.param("example.com/log/testdata+", "", "not of the form", id="no name"),
        pytest.param("kkSx", "kkSx\n", "not of the form", id="newline"),
    ],
)
def test_rejects_vkeys(old: str, new: str, message: str) -> None:
    assert old in VKEY
    with pytest.raises(Malformed) as caught:
        Vkey.parse(VKEY.replace(old, new))
    assert message in str(caught.value)


def test_vkey_bounds() -> None:
    with pytest.raises(TooLarge, match="over 16384"):
        Vkey.parse("x" * 20_000)
    with pytest.raises(Malformed, match="expected one byte"):
        Vkey("x", 256, b"k")
    with pytest.raises(Malformed, match="expected 1 to 255 bytes"):
        Vkey("é" * 128, 1, b"k")


@given(st.binary(max_size=100), st.integers(0, len(EXAMPLE.encode()) - 1), st.integers(1, 255))
def test_any_bytes_give_an_assay_error_or_a_note(junk: bytes, at: int, flip: int) -> None:
    whole = EXAMPLE.encode()
    for data in (junk, whole[:at], whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]):
        with suppress(AssayError):
            assert Note.parse(data).encode() == data
        with suppress(AssayError):
            assert Vkey.parse(data.decode(errors="replace"))
