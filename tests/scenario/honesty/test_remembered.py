"""One process judges many submissions, and remembers what it read; no verdict is another for it."""

from pathlib import Path

import pytest
from tests.scenario.honesty import office
from tests.scenario.honesty.falsehood import told
from tests.scenario.honesty.falsehoods import FALSEHOODS
from tests.scenario.honesty.workspace import Workspace
from tests.support import golden

from assay.bootstrap.provide import Prepared
from assay.evidence.memory import Memory
from assay.validation.examine import Inputs, examine

QUICK = [
    one
    for one in FALSEHOODS
    if one.refused is None and not one.source and (one.attestation or one.sign or one.files or one.office)
]
"""Told about the honest bundle as it is: nearly all artifacts are the same, and what is said of them is not."""


@pytest.fixture(scope="module")
def inputs(
    workspace: Workspace, prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> list[Inputs]:
    folder: Path = tmp_path_factory.mktemp("told")
    lies = [told(one, workspace, prepared, folder / one.id) for one in QUICK]
    return [office.inputs(office.signed(prepared)), *lies]


def test_verdicts_are_the_same_in_any_order(inputs: list[Inputs]) -> None:
    assert len(inputs) >= 20
    alone = [examine(one, None) for one in inputs]
    assert len({verdict.result for verdict in alone}) > 2
    memory = Memory()
    assert [examine(one, None, memory) for one in inputs] == alone
    assert [examine(one, None, memory) for one in reversed(inputs)] == alone[::-1]


def test_a_memory_that_is_always_full_changes_nothing(inputs: list[Inputs]) -> None:
    memory = Memory(readings=300_000, members=20_000)
    some = inputs[::5]
    assert [examine(one, None, memory) for one in some] == [examine(one, None) for one in some]
    assert 0 < memory.readings.held <= 300_000


@pytest.mark.parametrize("first", sorted(golden.names()))
def test_golden_bundles_after_each_other(first: str) -> None:
    memory = Memory()
    for name in (first, *golden.names(), first):
        assert golden.pretty(golden.judged(name, memory)) == golden.verdict_file(name).read_text()
