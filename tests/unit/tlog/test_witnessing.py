"""A log that asks its witnesses: honest, slow, lying, and those that know another history."""

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec
import pytest
from tests.support.register import KEYS, ORIGIN, STAMP
from tests.support.signing import private
from tests.support.witnesses import History, MemoryWitnessState, Near, policy, witness

from assay.adapters.witness_client import side_by_side
from assay.errors import Refused, Unavailable, Untrusted
from assay.formats.note import Note
from assay.register import checkpoint, cosignature
from assay.register.quorum import Quorum
from assay.tlog import witnessing
from assay.tlog.ports import Witness
from assay.tlog.witness import NotConsistent
from assay.tlog.witnessing import Together, Witnessing, one_by_one

MAIN, FORK = History(), History("fork", 3)
NAMES = ("witness.example/w1", "witness.example/w2", "witness.example/w3")
TWO_OF_THREE = Quorum.parse(policy(*NAMES, threshold="2"))


def near() -> dict[str, Near]:
    return {name[-2:]: Near(witness(name)) for name in NAMES}


def asked(
    size: int, ones: Mapping[str, Witness], sizes: dict[str, int] | None = None,
    history: History = MAIN, together: Together = one_by_one,
) -> Witnessing:  # fmt: skip
    return witnessing.witness(
        history.note(size), TWO_OF_THREE, ones, history.proof, sizes=sizes, together=together
    )


@pytest.mark.parametrize("together", [one_by_one, side_by_side], ids=["one by one", "side by side"])
def test_all_witnesses_sign_as_the_log_grows(together: Together) -> None:
    ones = near()
    sizes: dict[str, int] = {}
    for size in (0, 1, 5, 5, 8, 40):
        found = asked(size, ones, sizes, together=together)
        sizes = dict(found.sizes)
        assert (found.satisfied, found.cosigned, found.failed, found.alarms) == (
            True,
            ("w1", "w2", "w3"),
            (),
            (),
        )
        assert sizes == dict.fromkeys(ones, size)
        opened = checkpoint.open_(found.note, KEYS)
        assert opened.checkpoint.size == size
        assert len(opened.note.signatures) == 2 + 3 * 2
        assert TWO_OF_THREE.satisfied_by(opened.note)


def test_what_is_remembered_saves_questions() -> None:
    ones = near()
    found = asked(5, ones)
    assert ones["w1"].asked == [5, 0]  # 409 names the size
    asked(9, ones, dict(found.sizes))
    assert ones["w1"].asked == [5, 0, 5]
    asked(12, ones)  # after a restart
    assert ones["w1"].asked == [5, 0, 5, 12, 9]


def test_asking_again_renews_the_lines() -> None:
    states = {name: MemoryWitnessState() for name in NAMES}
    first = asked(5, {name[-2:]: Near(witness(name, states[name])) for name in NAMES})
    later = {name[-2:]: Near(witness(name, states[name], STAMP + 60)) for name in NAMES}
    again = witnessing.witness(first.note, TWO_OF_THREE, dict(later), MAIN.proof)
    assert len(Note.parse(again.note).signatures) == 8
    body = checkpoint.open_(again.note, KEYS).checkpoint
    times = {
        one.timestamp for one in cosignature.verified(Note.parse(again.note), body, tuple(TWO_OF_THREE.cosigners.values()))
    }  # fmt: skip
    assert times == {STAMP + 60}


class Says:
    """Answers the same whatever is asked; an exception is raised."""

    def __init__(self, *answers: "tuple[bytes, ...] | int | Exception") -> None:
        self.answers = list(answers)

    def add_checkpoint(
        self, old: int, proof: tuple[bytes, ...], checkpoint: bytes
    ) -> tuple[bytes, ...] | int:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def line(name: str, size: int = 8, history: History = MAIN, algorithm: str = "ed25519") -> bytes:
    body = checkpoint.Checkpoint(ORIGIN, size, history.root(size))
    key = private("ed25519" if algorithm == "ed25519" else "ml-dsa-44", name)
    return cosignature.sign(body, name, key, STAMP).encode().encode()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(Says(Unavailable("no answer within 10 s")), "no answer within 10 s", id="unreachable"),
        pytest.param(Says(Refused("does not know this log")), "does not know this log", id="does not know the log"),
        pytest.param(Says(Untrusted("forged")), "forged", id="forged over HTTP"),
        pytest.param(Says(NotConsistent("no")), "no", id="calls an empty proof wrong"),
        pytest.param(Says(()), "answers without a signature", id="no lines"),
        pytest.param(Says((b"\xff",)), "not UTF-8", id="not text"),
        pytest.param(Says((b"junk",)), "not of the form", id="junk"),
        pytest.param(Says((line("other.example"),)), "which the policy does not list", id="a stranger's line"),
        pytest.param(Says((line(NAMES[2], history=FORK),)), "does not verify", id="of another tree"),
        pytest.param(Says((line(NAMES[2], size=9),)), "does not verify", id="of another size"),
        pytest.param(Says((line(NAMES[2])[:-5] + b"AAA=\n"[:-1],)), "does not verify|base64", id="broken"),
        pytest.param(Says(3, 4), "answers with one size after the other: 3, then 4", id="moves its size"),
        pytest.param(Says(3, 3), "its size is 3, which is what it was asked with", id="refuses its own size"),
        pytest.param(Says(0, 0), "its size is 0", id="refuses an empty start"),
        pytest.param(Says(3, Unavailable("gone")), "gone", id="gone in the middle"),
    ],
)  # fmt: skip
def test_a_bad_witness_costs_its_line_and_is_told(bad: Says, reason: str) -> None:
    ones = near()
    asked(5, {"w1": ones["w1"], "w2": ones["w2"]})
    found = asked(8, {"w1": ones["w1"], "w3": bad, "w2": ones["w2"]})
    assert found.satisfied
    assert found.cosigned == ("w1", "w2")
    assert [one.witness for one in found.failed] == ["w3"]
    assert re.search(reason, found.failed[0].reason), found.failed[0].reason
    assert found.alarms == ()
    assert checkpoint.open_(found.note, KEYS).checkpoint.size == 8


@pytest.mark.parametrize(
    ("other", "sizes", "message", "size"),
    [
        pytest.param(Says(9), {}, "says it cosigned size 9, this log has 8: it may be an older copy", 9, id="knows more"),
        pytest.param(Says(3, 9), {}, "says it cosigned size 9", 9, id="knows more when asked again"),
        pytest.param(Says(8), {}, "says it cosigned another tree of size 8", 8, id="another root"),
        pytest.param(Says(5, NotConsistent("x")), {}, "does not find size 8 consistent with the 5 it cosigned: x", 5, id="another start"),
        pytest.param(Says(NotConsistent("x")), {"w3": 5}, "consistent with the 5", 5, id="another start, known before"),
    ],
)  # fmt: skip
def test_a_witness_that_knows_another_history_is_an_alarm(
    other: Says, sizes: dict[str, int], message: str, size: int
) -> None:
    found = witnessing.witness(MAIN.note(8), TWO_OF_THREE, {"w3": other}, MAIN.proof, sizes=sizes)
    assert [(one.witness, one.size) for one in found.alarms] == [("w3", size)]
    assert message in found.alarms[0].reason
    assert (found.failed, found.cosigned, found.satisfied) == ((), (), False)
    assert found.sizes["w3"] == size


@pytest.mark.parametrize(
    ("size", "history"), [(5, MAIN), (8, FORK), (12, FORK)], ids=["older copy", "same size", "grown apart"]
)
def test_real_witnesses_raise_it(size: int, history: History) -> None:
    ones = near()
    asked(8, ones)
    found = asked(size, ones, history=history)
    assert [one.witness for one in found.alarms] == ["w1", "w2", "w3"]
    assert not found.satisfied
    assert checkpoint.open_(found.note, KEYS).checkpoint.size == size


def test_too_few_witnesses_do_not_satisfy() -> None:
    ones: dict[str, Witness] = {"w1": near()["w1"], "w2": Says(Unavailable("gone"))}
    found = asked(5, ones)
    assert (found.satisfied, found.cosigned) == (False, ("w1",))
    assert found.reason == "cosigned by w1-ed, w1-pq; the policy asks for 2 of w1, w2, w3"


def test_a_log_whose_own_tiles_are_gone_says_so() -> None:
    def proofs(old: int, new: int) -> tuple[bytes, ...]:
        raise Unavailable(f"tile for {old} to {new} is missing")

    found = witnessing.witness(MAIN.note(8), TWO_OF_THREE, {"w1": Says(5)}, proofs)
    assert found.failed[0].reason == "tile for 5 to 8 is missing"


def test_the_order_of_answers_does_not_matter() -> None:
    def backwards(calls: Sequence[Callable[[], object]]) -> Sequence[object]:
        return [call() for call in calls[::-1]][::-1]

    one, other = asked(5, near()), asked(5, near(), together=backwards)  # type: ignore[arg-type]
    assert one.cosigned == other.cosigned
    assert {line[:60] for line in Note.parse(one.note).text} == {
        line[:60] for line in Note.parse(other.note).text
    }
    assert msgspec.structs.asdict(one)["sizes"] == other.sizes
