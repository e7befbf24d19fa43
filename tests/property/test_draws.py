"""Laws of draws: recomputable, by integers, fair by weight, and steered by nothing but the beacon."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed
from assay.formats.digest import Digest
from assay.register.checkpoint import Checkpoint
from assay.register.draw import Beacon, DrawCommit, DrawResult, Stratum, draw, seed, select, verify_result

DUE = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
BEACON = Beacon("simulated.example:1", 77, DUE)
LEAF = hashlib.sha256(b"leaf").digest()
VALUE = hashlib.sha256(b"round 77").digest()


def commit(*strata: Stratum, beacon: Beacon | None = BEACON) -> DrawCommit:
    frame = Checkpoint("register.example/3f9c", 10_000, hashlib.sha256(b"root").digest())
    return DrawCommit(number=3, frame=frame, strata=strata, policy=Digest.sha256(b"policy"), beacon=beacon)


@st.composite
def commits(make: st.DrawFn) -> DrawCommit:
    indexes = make(st.lists(st.integers(0, 9_999), unique=True, max_size=30))
    cuts = sorted(make(st.lists(st.integers(0, len(indexes)), max_size=3)))
    strata = []
    for at, (low, high) in enumerate(zip([0, *cuts], [*cuts, len(indexes)], strict=True)):
        of = make(st.integers(1, 20))
        leaves = tuple((index, make(st.integers(1, 12))) for index in sorted(indexes[low:high]))
        strata.append(Stratum(f"stratum {at}", make(st.integers(0, of)), of, leaves))
    return commit(*strata, beacon=make(st.sampled_from([BEACON, None])))


def value_of(one: DrawCommit) -> bytes:
    return VALUE if one.beacon else b""


def by_a_stranger() -> Callable[[bytes, bytes, bytes], list[int]]:
    """The program that docs/formats/draw.md prints."""
    page = (Path(__file__).parents[2] / "docs/formats/draw.md").read_text()
    printed = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert printed
    names: dict[str, Any] = {}
    exec(printed[1], names)
    drawn: Callable[[bytes, bytes, bytes], list[int]] = names["drawn"]
    return drawn


STRANGER = by_a_stranger()


@given(commits())
def test_documents_round_trip(one: DrawCommit) -> None:
    assert DrawCommit.parse(one.encode()) == one
    result = draw(one, 500, LEAF, value_of(one))
    assert DrawResult.parse(result.encode()) == result
    verify_result(one, 500, LEAF, result)


@given(commits())
def test_a_stranger_draws_the_same(one: DrawCommit) -> None:
    assert list(select(one, LEAF, value_of(one))) == STRANGER(one.encode(), LEAF, value_of(one))


@given(commits())
def test_each_stratum_gives_its_share_rounded_up(one: DrawCommit) -> None:
    drawn = set(select(one, LEAF, value_of(one)))
    for stratum in one.strata:
        share = len(drawn & {index for index, _ in stratum.leaves})
        assert share == stratum.count
        assert (share - 1) * stratum.of < len(stratum.leaves) * stratum.take <= share * stratum.of


@given(commits(), st.randoms(use_true_random=False))
def test_what_else_is_in_the_frame_changes_no_leaf_s_rank(one: DrawCommit, random: Random) -> None:
    """A leaf that was not drawn can leave: the others stay drawn, as long as the count does."""
    drawn = set(select(one, LEAF, value_of(one)))
    for at, stratum in enumerate(one.strata):
        undrawn = [leaf for leaf in stratum.leaves if leaf[0] not in drawn]
        if not undrawn:
            continue
        gone = random.choice(undrawn)
        rest = tuple(leaf for leaf in stratum.leaves if leaf != gone)
        smaller = msgspec.structs.replace(stratum, leaves=rest, take=stratum.count, of=max(1, len(rest)))
        strata = (*one.strata[:at], smaller, *one.strata[at + 1 :])
        assert set(select(msgspec.structs.replace(one, strata=strata), LEAF, value_of(one))) == drawn


@given(commits(), st.data())
def test_order_is_not_a_choice(one: DrawCommit, data: st.DataObject) -> None:
    """There is one document for one set of leaves: another order of leaves or strata is refused."""
    at = data.draw(st.integers(0, len(one.strata) - 1))
    shuffled = tuple(data.draw(st.permutations(one.strata[at].leaves)))
    stratum = msgspec.structs.replace(one.strata[at], leaves=shuffled)
    strata = (*one.strata[:at], stratum, *one.strata[at + 1 :])
    if shuffled == one.strata[at].leaves:
        assert msgspec.structs.replace(one, strata=strata) == one
    else:
        with pytest.raises(Malformed, match="in order"):
            DrawCommit(
                number=one.number, frame=one.frame, strata=strata, policy=one.policy, beacon=one.beacon
            )


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=64), st.data())
def test_any_byte_changes_the_seed(leaf: bytes, value: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(leaf + value) - 1))
    joined = bytearray(leaf + value)
    joined[at] ^= data.draw(st.integers(1, 255))
    assert seed(bytes(joined[:32]), bytes(joined[32:])) != seed(leaf, value)


@settings(max_examples=30)
@given(commits(), st.data())
def test_any_byte_of_the_commit_changes_its_digest_or_is_refused(
    one: DrawCommit, data: st.DataObject
) -> None:
    document = bytearray(one.encode())
    document[data.draw(st.integers(0, len(document) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        parsed = DrawCommit.parse(bytes(document))
    except AssayError:
        return
    assert parsed.digest != one.digest
    assert parsed.encode() == bytes(document)


@settings(max_examples=50)
@given(st.binary(max_size=200), commits(), st.integers(0, 400))
def test_hostile_bytes_are_refused_in_our_words(junk: bytes, one: DrawCommit, at: int) -> None:
    document = one.encode()
    for data in (junk, document[:at] + junk + document[at:], document[: at % len(document)]):
        for parse in (DrawCommit.parse, DrawResult.parse):
            try:
                again = parse(data).encode()
            except AssayError:
                continue
            assert again == data


def _wins(weights: tuple[int, ...], rounds: int, take: int) -> Counter[int]:
    one = commit(Stratum("all", take, len(weights), tuple(enumerate(weights))))
    wins: Counter[int] = Counter()
    for number in range(rounds):
        wins.update(select(one, LEAF, hashlib.sha256(b"%d" % number).digest()))
    return wins


def test_equal_weights_are_drawn_equally_often() -> None:
    """4,000 draws of 2 of 8: 1,000 expected each; 130 is over four standard deviations of 27."""
    wins = _wins((1,) * 8, 4_000, 2)
    assert sorted(wins) == list(range(8))
    assert all(abs(count - 1_000) < 130 for count in wins.values())


def test_weights_are_odds() -> None:
    """4,000 draws of 1 by weights 1, 3, 6: 400, 1,200 and 2,400 expected, deviations 19, 29 and 31."""
    wins = _wins((1, 3, 6), 4_000, 1)
    assert abs(wins[0] - 400) < 90
    assert abs(wins[1] - 1_200) < 130
    assert abs(wins[2] - 2_400) < 140


def test_the_second_of_two_is_drawn_by_the_weights_that_are_left() -> None:
    """2 of weights 1, 3, 6 leave out 0 with chance 3/10*6/7 + 6/10*3/4 = 0.7071: 1,171 of 4,000 draw it, deviation 29."""
    wins = _wins((1, 3, 6), 4_000, 2)
    assert abs(wins[0] - 1_171) < 130


def test_a_leaf_is_not_drawn_more_often_for_its_place() -> None:
    """Pairs of neighbours among 6 of weight 1: 15 pairs, 2,000 draws, 133 each, deviation 11."""
    one = commit(Stratum("all", 2, 6, tuple((index, 1) for index in range(6))))
    pairs = Counter(
        select(one, LEAF, hashlib.sha256(b"pair %d" % number).digest()) for number in range(2_000)
    )
    assert len(pairs) == 15
    assert all(abs(count - 133) < 55 for count in pairs.values())
