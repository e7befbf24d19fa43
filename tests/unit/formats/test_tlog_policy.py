from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.damage import damaged
from tests.support.register import KEYS, ORIGIN
from tests.support.witnesses import cosigners

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats.note import Vkey
from assay.formats.tlog_policy import MAX_WITNESSES, PolicyGroup, TlogPolicy

LOG = Vkey(ORIGIN, 0x01, KEYS.ed25519[0].raw).encode()
W = {
    name: cosigners(f"witness.example/{name}")[0].vkey.encode()
    for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")
}

# The example of c2sp.org/tlog-policy, with keys.
EXAMPLE = f"""log {LOG}

witness X1 {W["X1"]}
witness X2 {W["X2"]}
witness X3 {W["X3"]}
group X-witnesses 2 X1 X2 X3

witness Y1 {W["Y1"]}
witness Y2 {W["Y2"]}
witness Y3 {W["Y3"]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def parsed(text: str) -> TlogPolicy:
    return TlogPolicy.parse(text.encode())


def test_the_example() -> None:
    found = parsed(EXAMPLE)
    assert found.quorum == "X-and-Y"
    assert [log.vkey.encode() for log in found.logs] == [LOG]
    assert [(one.name, one.vkey.encode()) for one in found.witnesses] == list(W.items())
    assert found.groups == (
        PolicyGroup("X-witnesses", 2, ("X1", "X2", "X3")),
        PolicyGroup("Y-witnesses", 1, ("Y1", "Y2", "Y3")),
        PolicyGroup("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )
    assert TlogPolicy.parse(found.encode()) == found


def test_spaces_comments_and_urls() -> None:
    text = (
        f"# c\n\n \t \n\t # more\n  log\t{LOG}  https://log.example/ \n"
        f"witness w {W['X1']} https://w.example/x\t\nquorum \t w\n"
    )
    found = parsed(text)
    assert found.logs[0].url == "https://log.example/"
    assert found.witnesses[0].url == "https://w.example/x"
    assert TlogPolicy.parse(found.encode()) == found


def test_the_smallest_policy() -> None:
    assert parsed("quorum none\n") == TlogPolicy("none")


def test_names_are_octets() -> None:
    text = f"witness K {W['X1']}\nwitness \u212a {W['X2']}\n".encode() + b"witness \xff " + W["X3"].encode()
    found = TlogPolicy.parse(text + b"\nwitness \xfe " + W["Y1"].encode() + b"\nquorum \xff\n")
    assert len({one.name for one in found.witnesses}) == 4
    assert found.quorum == found.witnesses[2].name
    assert TlogPolicy.parse(found.encode()) == found
    assert b"\nquorum \xff\n" in found.encode()
    with pytest.raises(Malformed, match="no witness or group"):
        TlogPolicy.parse(text + b"\nquorum \xfe\n")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("quorum X-and-Y\n", "", "has no quorum line", id="no quorum"),
        pytest.param("quorum X-and-Y\n", "quorum X-and-Y", "does not end with a newline", id="no last newline"),
        pytest.param("quorum X-and-Y\n", "quorum X-and-Y\nquorum none\n", "line 15: there is a second quorum", id="two quorums"),
        pytest.param("quorum X-and-Y", "quorum", "a quorum is one name", id="quorum of nobody"),
        pytest.param("quorum X-and-Y", "quorum X1 X2", "a quorum is one name", id="quorum of two"),
        pytest.param("quorum X-and-Y", "quorum Z", "line 14: 'Z' is no witness or group", id="unknown quorum"),
        pytest.param("quorum X-and-Y", "Quorum X-and-Y", "'Quorum', expected log, witness, group, quorum", id="upper case"),
        pytest.param("2 X1 X2 X3", "4 X1 X2 X3", "threshold '4', expected 'any', 'all' or 1 to 3", id="more than there are"),
        pytest.param("2 X1 X2 X3", "0 X1 X2 X3", "threshold '0'", id="none of them"),
        pytest.param("2 X1 X2 X3", "02 X1 X2 X3", "threshold '02'", id="leading zero"),
        pytest.param("2 X1 X2 X3", "-1 X1 X2 X3", "threshold '-1'", id="negative"),
        pytest.param("2 X1 X2 X3", "\u0662 X1 X2 X3", "threshold", id="another script's digit"),
        pytest.param("2 X1 X2 X3", "2 X1 X2 X2", "'X2' is a member for the second time", id="a member twice"),
        pytest.param("any Y1 Y2 Y3", "any Y1 Y2 X1", "'X1' is a member for the second time", id="a member of two groups"),
        pytest.param("2 X1 X2 X3", "2 X1 X2 Y1", "line 6: 'Y1' is no witness or group of a line before", id="a member to come"),
        pytest.param("2 X1 X2 X3", "2 X1 X2 none", "'none' is no witness", id="none as a member"),
        pytest.param("2 X1 X2 X3", "2 X1 X2 X-witnesses", "'X-witnesses' is no witness", id="a member of itself"),
        pytest.param("2 X1 X2 X3", "2", "one member or more", id="no members"),
        pytest.param("witness X2", "witness X1", "the name 'X1' is taken", id="a name twice"),
        pytest.param("witness X2", "witness none", "the name 'none' is taken", id="a witness named none"),
        pytest.param("group Y-witnesses", "group Y1", "the name 'Y1' is taken", id="a group named as a witness"),
        pytest.param(W["X2"], W["X1"], "the key of witness 'X2' stands there twice", id="a key twice"),
        pytest.param(f"log {LOG}", f"log {LOG}\nlog {LOG}", "stands there twice", id="a log twice"),
        pytest.param(f"log {LOG}", f"log {LOG} a b", "a verifier key and perhaps a URL", id="a log with more"),
        pytest.param(f"log {LOG}", "log", "a verifier key and perhaps a URL", id="a log without key"),
        pytest.param(f"witness X1 {W['X1']}", f"witness X1 {W['X1']} a b", "perhaps a URL", id="a witness with more"),
        pytest.param(f"witness X1 {W['X1']}", f"witness {W['X1']}", "a witness is a name", id="a witness without name"),
        pytest.param(W["X1"], W["X1"][:-2], "line 3: ", id="a broken key"),
        pytest.param("\n\nwitness X1", "\r\n\nwitness X1", "line 1: control character 0x0d", id="carriage return"),
        pytest.param("quorum X", "quorum\x0bX", "line 14: control character 0x0b", id="vertical tab"),
        pytest.param("quorum X", "quorum\u00a0X", "expected log, witness", id="another space"),
        pytest.param("log ", "#log\nlogs ", "'logs', expected", id="another word"),
    ],
)  # fmt: skip
def test_rejects(old: str, new: str, message: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(Malformed, match=message):
        parsed(EXAMPLE.replace(old, new, 1))


def test_a_key_under_another_name_and_type_is_the_same_key() -> None:
    key = cosigners("witness.example/X1")[0].public.raw
    other = Vkey("witness.example/else", 0x01, key).encode()
    with pytest.raises(Malformed, match="stands there twice"):
        parsed(f"witness a {W['X1']}\nwitness b {other}\nquorum a\n")


def test_limits() -> None:
    with pytest.raises(TooLarge, match="has 600013 bytes"):
        parsed("#" * 600_000 + "\nquorum none\n")
    with pytest.raises(TooLarge, match="a word has 3000 characters"):
        parsed("witness " + "x" * 3000 + " y\nquorum none\n")
    many = [Vkey(f"w{n}", 0x04, n.to_bytes(32, "big")).encode() for n in range(MAX_WITNESSES + 1)]
    lines = "".join(f"witness w{n} {key}\n" for n, key in enumerate(many))
    with pytest.raises(TooLarge, match="line 49: over 48 witnesses"):
        parsed(lines + "quorum none\n")
    names = " ".join(f"w{n}" for n in range(MAX_WITNESSES))
    whole = "".join(f"witness w{n} {key}\n" for n, key in enumerate(many[:-1]))
    assert len(parsed(f"{whole}group g 40 {names}\nquorum g\n").witnesses) == 48
    with pytest.raises(TooLarge, match="over 64 groups"):
        parsed(
            whole
            + "group g0 1 w0\n"
            + "".join(f"group g{n} 1 g{n - 1}\n" for n in range(1, 70))
            + "quorum none\n"
        )


@given(damaged(EXAMPLE.encode()))
def test_any_bytes_give_a_policy_or_an_assay_error(data: bytes) -> None:
    with suppress(AssayError):
        found = TlogPolicy.parse(data)
        assert TlogPolicy.parse(found.encode()) == found


@given(st.text(max_size=60))
def test_any_text_gives_a_policy_or_an_assay_error(text: str) -> None:
    with suppress(AssayError):
        TlogPolicy.parse(text.encode(errors="surrogatepass"))
