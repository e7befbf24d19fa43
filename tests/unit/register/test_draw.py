"""What a draw's documents refuse, and what is said of a result that its commit does not lead to."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from assay.errors import AssayError, Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import strict_json
from assay.formats.digest import Digest
from assay.register.checkpoint import Checkpoint
from assay.register.draw import (
    NOT_VERIFIABLE,
    Beacon,
    DrawCommit,
    DrawResult,
    Stratum,
    draw,
    seed,
    select,
    verify_result,
)

LEAF = hashlib.sha256(b"leaf").digest()
VALUE = hashlib.sha256(b"round 77").digest()
COMMIT = DrawCommit(
    number=3,
    frame=Checkpoint("register.example/3f9c", 100, hashlib.sha256(b"root").digest()),
    strata=(
        Stratum("high", 1, 2, ((3, 5), (8, 1), (90, 2))),
        Stratum("low", 1, 10, tuple((index, 1) for index in range(20, 60))),
    ),
    policy=Digest.sha256(b"policy"),
    beacon=Beacon("simulated.example:1", 77, datetime(2026, 11, 2, 12, 0, tzinfo=UTC)),
)
RESULT = draw(COMMIT, 101, LEAF, VALUE)


def test_a_fixed_draw() -> None:
    """Seen once and fixed: another number here is another algorithm."""
    assert seed(LEAF, VALUE).hex() == hashlib.sha256(b"assay-draw-v1\x00" + VALUE + LEAF).hexdigest()
    assert COMMIT.digest == Digest.sha256(COMMIT.encode())
    assert RESULT.selected == SELECTED
    assert len(SELECTED) == 2 + 4


SELECTED = (3, 27, 43, 45, 51, 90)


def edit(document: bytes, change: Callable[[Any], object]) -> bytes:
    value = msgspec.json.decode(document)
    change(value)
    edited = strict_json.encode(value)
    assert edited != document  # a row that changes nothing proves nothing
    return edited


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        pytest.param(lambda d: d.update(format="x"), Unsupported, "expected 'assay-draw-commit'", id="format"),
        pytest.param(lambda d: d.update(version=2), Unsupported, "version 2, expected", id="version"),
        pytest.param(lambda d: d.update(algorithm="v2"), Unsupported, "algorithm is 'v2'", id="algorithm"),
        pytest.param(lambda d: d.update(number=0), Malformed, "number is 0, expected 1 to", id="number"),
        pytest.param(lambda d: d.update(extra=1), Malformed, "unknown field `extra`", id="unknown field"),
        pytest.param(lambda d: d["frame"].update(size=0), Malformed, "frame.size is 0", id="empty frame"),
        pytest.param(lambda d: d["frame"].update(size=90), Malformed, "are not entries of the frame", id="leaf"),
        pytest.param(lambda d: d["frame"].update(root="AAAA"), Malformed, "has 3 bytes, expected 32", id="root"),
        pytest.param(lambda d: d["frame"].update(origin="a\nb"), Malformed, "not 1 to 200", id="origin"),
        pytest.param(lambda d: d["strata"].reverse(), Malformed, "order of their names", id="strata"),
        pytest.param(lambda d: d["strata"][0].update(name="low"), Malformed, "each once", id="strata twice"),
        pytest.param(lambda d: d["strata"][0]["leaves"].reverse(), Malformed, "in order", id="leaves"),
        pytest.param(lambda d: d["strata"][0].update(take=3), Malformed, "take is 3, expected 0 to 2", id="take"),
        pytest.param(lambda d: d["strata"][0].update(of=0), Malformed, "of is 0", id="of"),
        pytest.param(lambda d: d["strata"][0].update(take=0.5), Malformed, "Expected `int`", id="a fraction"),
        pytest.param(
            lambda d: d["strata"][0]["leaves"][0].__setitem__(1, 0), Malformed, "weight 0, expected 1", id="weight 0"
        ),
        pytest.param(
            lambda d: d["strata"][0]["leaves"][0].__setitem__(1, 1001), Malformed, "weight 1001", id="weight"
        ),
        pytest.param(
            lambda d: d["strata"][0]["leaves"].__setitem__(1, [20, 1]), Malformed, "in two strata", id="two strata"
        ),
        pytest.param(lambda d: d.update(policy="sha512:" + "a" * 128), Unsupported, "expected sha256", id="policy"),
        pytest.param(lambda d: d["beacon"].update(round=-1), Malformed, "beacon.round is -1", id="round"),
        pytest.param(lambda d: d["beacon"].update(due="soon"), Malformed, "beacon.due 'soon'", id="due"),
        pytest.param(
            lambda d: d["beacon"].update(due="2026-11-02T13:00:00+01:00"), Malformed, "canonical", id="spelling"
        ),
        pytest.param(lambda d: d.update(strata=d["strata"] * 200), TooLarge, "400 strata, over 256", id="many"),
    ],
)  # fmt: skip
def test_commit_refuses(change: Callable[[Any], object], error: type[AssayError], message: str) -> None:
    with pytest.raises(error) as caught:
        DrawCommit.parse(edit(COMMIT.encode(), change))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        pytest.param(
            lambda d: d.update(format="x"), Unsupported, "expected 'assay-draw-result'", id="format"
        ),
        pytest.param(lambda d: d["selected"].reverse(), Malformed, "each once, in order", id="order"),
        pytest.param(lambda d: d["selected"].append(-1), Malformed, "each once, in order", id="negative"),
        pytest.param(lambda d: d.update(value="AA"), Malformed, "value is not standard base64", id="base64"),
        pytest.param(lambda d: d.update(value="A" * 400), TooLarge, "a value of 300 bytes", id="long"),
        pytest.param(lambda d: d.update(round=-5), Malformed, "round is -5", id="round"),
        pytest.param(lambda d: d.update(commit=-5), Malformed, "commit is -5", id="commit"),
    ],
)
def test_result_refuses(change: Callable[[Any], object], error: type[AssayError], message: str) -> None:
    with pytest.raises(error) as caught:
        DrawResult.parse(edit(RESULT.encode(), change))
    assert message in str(caught.value)


@pytest.mark.parametrize("parse", [DrawCommit.parse, DrawResult.parse])
def test_another_layout_is_refused(parse: Callable[[bytes], object]) -> None:
    document = (COMMIT if parse == DrawCommit.parse else RESULT).encode()
    assert parse(document)
    with pytest.raises(Malformed, match="not in its canonical form"):
        parse(msgspec.json.format(document, indent=2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"round": 78}, "used round 78 of the beacon, round 77 was committed to", id="round"),
        pytest.param({"round": None}, "used round None of the beacon", id="no round"),
        pytest.param({"number": 4}, "expected draw 3 of entry 101", id="number"),
        pytest.param({"commit": 100}, "result of entry 100", id="entry"),
        pytest.param({"value": hashlib.sha256(b"78").digest()}, "its commit gives", id="value"),
        pytest.param({"value": b""}, "value has 0 bytes, expected 16 to 128", id="no value"),
        pytest.param({"selected": RESULT.selected[1:]}, "none should not be there, 3 should", id="dropped"),
        pytest.param({"selected": (*RESULT.selected, 99)}, "99 should not be there, none should", id="added"),
    ],
)
def test_a_steered_result_is_named(changes: dict[str, Any], message: str) -> None:
    verify_result(COMMIT, 101, LEAF, RESULT)
    with pytest.raises(Untrusted) as caught:
        verify_result(COMMIT, 101, LEAF, msgspec.structs.replace(RESULT, **changes))
    assert message in str(caught.value)


def test_another_commit_leads_elsewhere() -> None:
    for leaf in (hashlib.sha256(b"other").digest(), hashlib.sha256(b"third").digest()):
        assert seed(leaf, VALUE) != seed(LEAF, VALUE)
        with pytest.raises(Untrusted, match="its commit gives"):
            verify_result(COMMIT, 101, leaf, RESULT)


def test_without_a_beacon_it_says_so() -> None:
    alone = msgspec.structs.replace(COMMIT, beacon=None)
    assert (COMMIT.label, alone.label) == ("", NOT_VERIFIABLE)
    assert select(alone, LEAF, b"") == draw(alone, 101, LEAF, b"").selected
    with pytest.raises(Untrusted, match="committed to without a beacon"):
        select(alone, LEAF, VALUE)
