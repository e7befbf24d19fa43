"""Replay under another engine: refused by name, and a wheel is what its bytes say."""

import json
from pathlib import Path

import pytest
from tests.scenario.conftest import Assay
from tests.support import archives
from tests.support.json_edit import edited, put

import assay as package
from assay.adapters.engine import departures, open_wheel, this_engine

SOURCE = Path(package.__file__).parent


def wheel(**changed: bytes) -> bytes:
    """This package as a wheel, with the files of *changed* (``__`` for a slash) in place of its own."""
    files = {
        f"assay/{path.relative_to(SOURCE).as_posix()}": path.read_bytes()
        for path in sorted(SOURCE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    return archives.zipped({**files, **{f"assay/{name}": data for name, data in changed.items()}})


@pytest.fixture
def recorded(assay_here: Assay, project: Path) -> Path:
    ran = assay_here("trial", project, "--json")
    return Path(ran.json()["result"]).parent / "pages" / "results"


@pytest.fixture
def verdict(recorded: Path) -> Path:
    (found,) = recorded.glob("*/verdict.json")
    return found


def test_a_wheel_and_a_source_tree_of_the_same_code_are_one_engine() -> None:
    opened = open_wheel(wheel(), what="wheel").engine
    assert opened.code == this_engine().code
    lock = (SOURCE / "requirements.lock").read_text()
    assert (opened.lock == this_engine().lock) is (departures(lock) == ())
    other = open_wheel(wheel(**{"errors.py": b"# changed"}), what="wheel").engine
    assert other.code != opened.code


def test_another_engine_is_named_with_this_one(assay_here: Assay, verdict: Path) -> None:
    mine = json.loads(verdict.read_bytes())["engine"]
    other = "sha256:" + "0f" * 32
    verdict.write_bytes(edited(verdict.read_bytes(), put("/engine/code", other)))
    ran = assay_here("replay", verdict)
    assert (ran.code, ran.out) == (3, "")
    assert len(ran.err.strip().splitlines()) == 1
    for part in (other[7:19], mine["code"][7:19], "--engine WHEEL"):
        assert part in ran.err
    said = assay_here("replay", verdict, "--json")
    assert (said.code, said.json()["state"]) == (3, "other engine")


def test_a_wheel_of_another_engine_does_not_run(assay_here: Assay, verdict: Path, tmp_path: Path) -> None:
    """Its digest is not the recorded one, so nothing of it is installed."""
    trap = b"raise SystemExit(open('sprung', 'w').write('x'))\n"
    (tmp_path / "trap.whl").write_bytes(wheel(**{"__main__.py": trap}))
    ran = assay_here("replay", verdict, "--engine", "trap.whl")
    assert (ran.code, "other engine" in ran.err) == (3, True), ran.err
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("data", "fragment"),
    [
        pytest.param(b"", "engine.whl", id="empty"),
        pytest.param(archives.wheel(), "is no wheel of Assay", id="a wheel of something else"),
    ],
)
def test_what_is_no_engine_is_refused(
    assay_here: Assay, verdict: Path, tmp_path: Path, data: bytes, fragment: str
) -> None:
    (tmp_path / "engine.whl").write_bytes(data)
    ran = assay_here("replay", verdict, "--engine", "engine.whl")
    assert (ran.code, fragment in ran.err) == (2, True), ran.err
