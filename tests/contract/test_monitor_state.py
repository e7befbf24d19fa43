"""What a monitor's memory promises, kept by every place that it can be in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assay.adapters.monitor_state import STATE, MemoryMonitorState, MonitorFolder, held
from assay.errors import Unavailable
from assay.tlog.watched import WatchState

Open = Callable[[], WatchState]


@pytest.fixture(params=["folder", "memory"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same memory again, as a process that starts does."""
    memory = MemoryMonitorState()
    (tmp_path / "state").mkdir()
    return (lambda: MonitorFolder(tmp_path / "state")) if request.param == "folder" else (lambda: memory)


def test_nothing_is_remembered_at_first(opened: Open) -> None:
    assert opened().load() is None


def test_the_last_that_was_saved_is_remembered(opened: Open) -> None:
    opened().save(b"one")
    assert opened().load() == b"one"
    opened().save(b"two")
    assert opened().load() == b"two"


def test_evidence_may_be_kept_twice(opened: Open) -> None:
    opened().keep("proof.json", b"proof")
    opened().keep("proof.json", b"proof")
    assert opened().load() is None


def test_a_folder_that_is_gone_is_not_a_first_look(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot read"):
        MonitorFolder(tmp_path / "gone").load()


def test_a_memory_that_cannot_be_read_is_not_a_first_look(tmp_path: Path) -> None:
    (tmp_path / STATE).mkdir()
    with pytest.raises(Unavailable):
        MonitorFolder(tmp_path).load()


def test_a_folder_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot open"), held(tmp_path / "file"):
        pass
