"""Which logs a witness is told of."""

from pathlib import Path

import pytest
from tests.support.logs import FictionalLog
from tests.support.register import KEYS, ORIGIN

from assay.bootstrap.witness import known_logs, read_logs
from assay.errors import AssayError, Malformed, Refused
from assay.register.identity import LogKeys
from assay.trust.root import Log, TrustRoot

OTHER = FictionalLog("register.example/other")
LINES = "".join(f"{key.encode()}\n" for log in (KEYS, OTHER.keys) for key in log.vkeys)


def test_verifier_keys_one_a_line() -> None:
    found = read_logs(f"# c\n\n  {LINES}".encode(), what="logs")
    assert {one.origin for one in found} == {ORIGIN, OTHER.origin}  # entry keys sign no checkpoints
    assert found[0].ml_dsa_44 == KEYS.ml_dsa_44


def test_a_trust_root() -> None:
    root = TrustRoot(logs=(Log(ORIGIN, KEYS.vkeys),))
    assert read_logs(b"\n " + root.pretty(), what="root") == (KEYS,)


def test_several_files_and_a_policy(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(LINES)
    key = KEYS.vkeys[0].encode()
    (tmp_path / "policy").write_text(
        f"log {OTHER.keys.vkeys[0].encode()}\nlog {OTHER.keys.vkeys[1].encode()}\nquorum none\n"
    )
    assert set(known_logs([tmp_path / "a"], None)) == {ORIGIN, OTHER.origin}
    assert set(known_logs([], tmp_path / "policy")) == {OTHER.origin}
    (tmp_path / "b").write_text(f"{key}\n")
    with pytest.raises(Refused, match="is given with other keys before"):
        known_logs([tmp_path / "a", tmp_path / "b"], None)
    assert known_logs([], None) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("junk\n", "logs line 1: verifier key 'junk' is not of the form"),
        (f"# c\n{LINES.splitlines()[0]}x\n", "logs line 2: "),
        ("\ufeffé\n", "logs line 1"),
        ("{}", "logs: "),
    ],
)
def test_bad_files_name_the_line(text: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        read_logs(text.encode(), what="logs")


def test_a_cosigners_key_is_no_logs() -> None:
    key = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    with pytest.raises(AssayError, match="of type 0x04 is none that register"):
        read_logs(f"{key}\n".encode(), what="logs")
    assert LogKeys(origin="x").vkeys == ()
