"""Verdicts from other processes are those of this one; a process that dies or takes too long costs nobody else anything."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import active_children
from pathlib import Path

import msgspec
import pytest
from tests.support import golden
from tests.support.shared import ROOT

from assay.adapters.examiners import WORTH, Examiners
from assay.errors import AssayError, Malformed, Unavailable
from assay.formats.bundle import Bundle
from assay.formats.verdict import parse
from assay.office.examining import Here, Terms
from assay.office.submit import Admitted
from assay.trust.root import TrustRoot
from assay.validation.examine import Inputs
from assay.validation.rederive import Deep

NAMES = golden.names()


@pytest.fixture(scope="module")
def examiners() -> Iterator[Examiners]:
    made = Examiners(2)
    yield made
    made.close()
    assert [one for one in active_children() if one.name == "examiner"] == []


def processes() -> set[int]:
    return {one.pid for one in active_children() if one.name == "examiner" and one.pid is not None}


def test_the_same_verdicts_many_at_once(examiners: Examiners) -> None:
    wanted = [golden.inputs(name) for name in NAMES] * 4
    here = Here(None)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(examiners.examine, wanted))
    assert found == [here.examine(one) for one in wanted[: len(NAMES)]] * 4
    assert [golden.pretty(parse(one.document)) for one in found[: len(NAMES)]] == [
        golden.verdict_file(name).read_text() for name in NAMES
    ]
    assert len(processes()) == 2


def test_what_is_derived_again_is_the_same_here_and_there(examiners: Examiners) -> None:
    inputs = golden.inputs("honest")
    deep = Deep("ab" * 32, (b"a note",))
    assert examiners.rederive(inputs, deep) == Here(None).rederive(inputs, deep)
    assert examiners.rederive(inputs, Deep("cd" * 32)) != Here(None).rederive(inputs, deep)
    assert examiners.examine(inputs) == Here(None).examine(inputs)


def test_what_all_are_judged_by_may_change_between(examiners: Examiners) -> None:
    before = golden.inputs("honest")
    after = msgspec.structs.replace(before, trust=TrustRoot().encode(), packs=before.packs[:1])
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(examiners.examine, [before, after] * 4))
    assert found == [Here(None).examine(before), Here(None).examine(after)] * 4
    assert found[0].result != found[1].result


def test_a_bundle_that_is_none_is_refused_as_here(examiners: Examiners) -> None:
    inputs = golden.inputs("honest")
    broken = msgspec.structs.replace(
        inputs, bundle=msgspec.structs.replace(inputs.bundle, envelope=b"no envelope")
    )
    with pytest.raises(Malformed) as here:
        Here(None).examine(broken)
    with pytest.raises(Malformed) as there:
        examiners.examine(broken)
    assert (type(there.value), str(there.value)) == (type(here.value), str(here.value))
    assert examiners.examine(inputs) == Here(None).examine(inputs)


def test_one_that_was_killed_is_replaced() -> None:
    inputs = golden.inputs("honest")
    others = processes()
    alone = Examiners(1)
    assert alone.examine(inputs).complete
    (killed,) = processes() - others
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(Unavailable, match="has died"):
        alone.examine(inputs)
    assert alone.examine(inputs).complete
    assert killed not in processes()
    alone.close()
    assert processes() == others


def test_a_fault_of_ours_is_told_and_costs_no_process(examiners: Examiners) -> None:
    inputs = golden.inputs("honest")
    examiners.examine(inputs)
    before = processes()
    strange = msgspec.structs.replace(inputs, now=None)
    with pytest.raises(RuntimeError, match="Error"):
        examiners.examine(strange)
    assert processes() == before


def test_what_takes_too_long_is_given_up() -> None:
    hurried = Examiners(1, limit_s=0.001)
    with pytest.raises(Unavailable, match="took over"):
        hurried.examine(golden.inputs("honest"))
    hurried.close()
    with pytest.raises(Unavailable, match="is ending"):
        hurried.examine(golden.inputs("honest"))


def submitted(count: int) -> list[Bundle]:
    whole = golden.inputs("honest").bundle
    broken = msgspec.structs.replace(whole, envelope=b"no envelope")
    return [whole, broken, msgspec.structs.replace(whole, artifacts={}), *[whole] * (count - 3)]


def the_terms() -> Terms:
    inputs = golden.inputs("honest")
    return Terms(inputs.trust, tuple(ref for ref, _ in inputs.packs), inputs.now)


def told(found: Sequence[Admitted | AssayError]) -> list[object]:
    return [(type(one), str(one)) if isinstance(one, AssayError) else one for one in found]


def test_many_are_read_there_as_here() -> None:
    here = Here(None).admit(the_terms(), submitted(8))
    assert [isinstance(one, Admitted) for one in here[:4]] == [True, False, True, True]
    alone = Examiners(1)
    others = processes()
    assert told(alone.admit(the_terms(), submitted(8))) == told(here)
    assert processes() == others, "nobody waits for a process to start"
    alone.examine(golden.inputs("honest"))
    (process,) = processes() - others
    os.kill(process, signal.SIGSTOP)
    assert told(alone.admit(the_terms(), submitted(WORTH - 1))) == told(here[: WORTH - 1]), (
        "few are read here"
    )
    os.kill(process, signal.SIGCONT)
    assert told(alone.admit(the_terms(), submitted(8))) == told(here)
    assert alone.examine(golden.inputs("honest")) == Here(None).examine(golden.inputs("honest"))
    # One under which nothing verifies: the process goes by what it is told with each question.
    strange = msgspec.structs.replace(the_terms(), trust=TrustRoot().encode())
    assert told(alone.admit(strange, submitted(8))) == told(Here(None).admit(strange, submitted(8)))
    os.kill(process, signal.SIGKILL)
    assert told(alone.admit(the_terms(), submitted(8))) == told(here), "and where it has died"
    alone.close()
    assert told(alone.admit(the_terms(), submitted(8))) == told(here)


def test_a_process_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.adapters.examiners.READ_S", 0.5)
    alone = Examiners(1)
    others = processes()
    large = [Bundle(b"%06d" % at * 1000, None, {}) for at in range(1000)]
    for sent in (submitted(8), [*submitted(8), *large]):  # fits into the pipe, and does not
        alone.examine(golden.inputs("honest"))
        (process,) = processes() - others
        os.kill(process, signal.SIGSTOP)
        assert isinstance(alone.admit(the_terms(), sent)[0], Admitted)
        assert processes() == others, "its answer would be taken for the next one"
    assert alone.examine(golden.inputs("honest")).complete
    alone.close()


def test_while_it_examines_submissions_are_read_here() -> None:
    alone = Examiners(1)
    others = processes()
    alone.examine(golden.inputs("honest"))
    (process,) = processes() - others
    os.kill(process, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        verdict = pool.submit(alone.examine, golden.inputs("honest"))
        until = time.monotonic() + 10
        while not alone.busy and time.monotonic() < until:
            time.sleep(0.01)
        assert isinstance(alone.admit(the_terms(), submitted(8))[0], Admitted)
        os.kill(process, signal.SIGCONT)
        assert verdict.result().complete
    alone.close()


def test_one_process_at_least() -> None:
    with pytest.raises(ValueError, match="one at least"):
        Examiners(0)


def test_they_end_with_whoever_started_them(tmp_path: Path) -> None:
    script = tmp_path / "office.py"
    script.write_text(
        textwrap.dedent(
            """
            import time
            from multiprocessing import active_children
            from tests.support import golden
            from assay.adapters.examiners import Examiners

            if __name__ == "__main__":
                Examiners(1).examine(golden.inputs("incomplete"))
                print(active_children()[0].pid, flush=True)
                time.sleep(60)
            """
        )
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) as office:
        assert office.stdout is not None
        child = int(office.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        office.kill()
    until = time.monotonic() + 20
    while _runs(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process: int) -> bool:
    """Neither gone nor waiting to be asked how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_inputs_are_judged_by_the_packs_that_the_attestation_names() -> None:
    inputs: Inputs = golden.inputs("honest")
    turned = msgspec.structs.replace(inputs, packs=inputs.packs[::-1])
    assert Here(None).examine(turned) == Here(None).examine(inputs)
    one = msgspec.structs.replace(inputs, packs=inputs.packs[1:])
    assert {row.requirement.partition("#")[0] for row in parse(Here(None).examine(one).document).claims} == {
        inputs.packs[1][0]
    }
