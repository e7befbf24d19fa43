"""Two offices and somebody who watches them, as programs on one machine: one office shows two histories and is caught with proof."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.scenario.conftest import Assay
from tests.support import fork_server
from tests.support.stranger import two_histories
from tests.support.tile_servers import served
from tests.support.watched import DUE, Office, beacon, beacon_value

from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.tiles.memory import MemoryTiles
from assay.register.body import Checkpoint
from assay.register.leaf import Kind
from assay.trust.root import Log, TrustRoot

NORTH, SOUTH = "register.example/north", "register.example/south"
LATER = "2026-11-01T13:05:00Z"
MUCH_LATER = "2026-11-01T15:00:00Z"


def store(office: Office) -> MemoryTiles:
    assert isinstance(office.store, MemoryTiles)
    return office.store


@pytest.fixture
def north(tmp_path: Path) -> Office:
    """An office of two that are trusted here."""
    one, other = Office("north", NORTH), Office("south", SOUTH)
    logs = tuple(Log(office.origin, office.keys.vkeys) for office in (one, other))
    (tmp_path / "trust.json").write_bytes(TrustRoot(logs=logs).pretty())
    return one.add(300).publish()


Watch = Callable[..., Any]


@pytest.fixture
def watch(assay: Assay) -> Watch:
    """Exit code and lines of ``assay monitor`` with its memory in ``watching``."""

    def run(*arguments: str | Path, **options: Any) -> tuple[int, list[str]]:
        ran = assay("monitor", *arguments, "--trust", "trust.json", "--state", "watching", **options)
        assert ran.err == ""
        return ran.code, ran.out.splitlines()

    return run


def test_one_office_of_two_shows_two_histories_and_is_caught(
    north: Office, assay: Assay, tmp_path: Path
) -> None:
    south = Office("south", SOUTH).add(40).publish()
    other = north.fork()
    north.add(5).publish()
    other.leaves.append(other.make(Kind.NOTICE))
    other.add(9).publish()
    with served(store(north)) as to_us, served(store(other)) as to_them, served(store(south)) as sister:
        for url, name in ((to_us, "north"), (sister, "south")):
            ran = assay("monitor", url, "--trust", "trust.json", "--state", name)
            assert (ran.code, ran.out.splitlines()[-1]) == (0, "fine")
        found = assay(
            "monitor", to_us, "--also", to_them, "--trust", "trust.json", "--state", "north", "--json"
        )
        assert found.code == 1
        (alarm,) = found.json()["alarms"]
        says = "the register shows two histories: the checkpoint of size 311 does not contain the one of size 306"
        assert alarm["what"] == says
        evidence = Path(alarm["evidence"])
        assert two_histories((tmp_path / evidence).read_bytes(), north.signing[0].public.raw) == (306, 311)
        again = assay("monitor", to_us, "--trust", "trust.json", "--state", "north")
        assert again.code == 1
        assert f"ALARM  {says}  evidence: {evidence}" in again.out.splitlines()
        assert assay("monitor", sister, "--trust", "trust.json", "--state", "south").code == 0


def tile_damaged(one: Office) -> None:
    data = bytearray(store(one).files["tile/0/000"])
    data[100] ^= 1
    store(one).files["tile/0/000"] = bytes(data)


def leaf_rewritten(one: Office) -> None:
    one.leaves[7] = one.make(Kind.NOTICE)
    one.add(2).rebuilt()


def leaf_dropped(one: Office) -> None:
    del one.leaves[7]
    one.add(3).rebuilt()


def older_copy(one: Office) -> None:
    store(one).files["checkpoint"] = one.note(200)


def gone_back(one: Office) -> None:
    one.now += 1
    older_copy(one)


def wrong_key(one: Office) -> None:
    one.signing = Office("stranger", NORTH).signing
    store(one).files["checkpoint"] = one.note()


def unsigned_entry(one: Office) -> None:
    one.leaves.append(one.make(key=Office("stranger", NORTH).entry))
    one.publish()


def draw_committed(one: Office) -> int:
    index = one.commit(1, beacon())
    one.publish()
    return index


def another_round(one: Office) -> None:
    index = draw_committed(one)
    one.now = DUE
    said = one.drawn(index, beacon_value(8))
    one.record(Kind.DRAW_RESULT, said.encode().replace(b'"round":7', b'"round":8'))
    one.publish()


def another_frame(one: Office) -> None:
    one.commit(1, beacon(), frame=Checkpoint(NORTH, 100, one.root(101)))
    one.publish()


def document_changed(one: Office) -> None:
    draw_committed(one)
    (path,) = [path for path in store(one).files if path.startswith("document/")]
    store(one).files[path] = store(one).files[path].replace(b'"take":1', b'"take":2')


@pytest.mark.parametrize(
    ("cheat", "code", "says", "now"),
    [
        (tile_damaged, 3, r"could not tell  URL: tile/0/000 is not what the entries below it hash to", LATER),
        (leaf_rewritten, 1, r"ALARM  the register shows two histories: the checkpoint of size 303 .* evidence: ", LATER),
        (leaf_dropped, 1, r"ALARM  the register shows two histories: the checkpoint of size 303 .* evidence: ", LATER),
        (older_copy, 3, r"could not tell  URL: shows an older checkpoint, of size 200, than the one of size 301", LATER),
        (gone_back, 1, r"ALARM  URL: the checkpoint went back from size 301 to 200", LATER),
        (wrong_key, 1, r"ALARM  URL: checkpoint of 'register.example/north' lacks a signature by", LATER),
        (unsigned_entry, 1, r"ALARM  entry 301: entry is signed by key .* no entry key", LATER),
        (draw_committed, 1, r"ALARM  draw 1 \(entry 301\) has no result: round 7 was due", MUCH_LATER),
        (another_round, 1, r"ALARM  draw-result in entry 302: draw 1 used round 8 .* round 7 was committed to", LATER),
        (another_frame, 1, r"ALARM  draw-commit in entry 301: frame of 100 entries has another root", LATER),
        (document_changed, 1, r"ALARM  the document of the draw-commit in entry 301 is another one", LATER),
        (lambda one: store(one).files.clear(), 3, r"could not tell  URL: there is no checkpoint", LATER),
    ],
)  # fmt: skip
def test_each_cheat_is_one_clear_line(
    north: Office, watch: Watch, cheat: Callable[[Office], object], code: int, says: str, now: str
) -> None:
    with served(store(north)) as url:
        if cheat in (
            leaf_rewritten,
            leaf_dropped,
            older_copy,
            gone_back,
        ):  # those that need a past to contradict
            assert watch(url)[0] == 0
        cheat(north)
        found, lines = watch(url, now=now)
    wrong = [line for line in lines if line.startswith(("ALARM", "could not tell"))]
    assert (found, len(wrong)) == (code, 1), lines
    assert re.match(says.replace("URL", re.escape(url)), wrong[0]), wrong[0]
    assert "fine" not in lines


def test_nobody_there_and_wrong_usage(north: Office, assay: Assay, tmp_path: Path) -> None:
    with served(store(north)) as url:
        pass
    gone = assay("monitor", url, "--trust", "trust.json")
    assert gone.code == 3
    assert "could not tell" in gone.out
    (tmp_path / "elsewhere").mkdir()
    for arguments, says in (
        ((url,), "no register is trusted"),
        ((url, "--key", "x+y"), "verifier key 'x+y' is not of the form"),
        (
            (url, "--key", north.keys.vkeys[0].encode()),
            "no ML-DSA-44 key is given; watching takes one of each",
        ),
        (("nowhere", "--trust", tmp_path / "trust.json"), "is no folder, and no URL"),
        ((url, "--once", "--every", "5"), "do not go together"),
        ((url, "--also", f"{url}/", "--trust", tmp_path / "trust.json"), "another view is another place"),
    ):
        ran = assay("monitor", *arguments, cwd=tmp_path / "elsewhere", ASSAY_HOME=str(tmp_path / "home"))
        assert (ran.code, ran.out) == (2, "")
        assert says in ran.err
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "state.json").write_text("{}")
    itself = assay("mirror", tmp_path, f"{tmp_path}/", "--trust", "trust.json")
    assert (itself.code, "is the source itself" in itself.err) == (2, True)
    assert not (tmp_path / "mirror.json").exists()
    ran = assay("monitor", url, "--trust", "trust.json", "--state", damaged)
    assert ran.code == 3
    assert "what this monitor remembers in" in ran.err


def test_keys_by_hand_and_rounds_of_the_beacon(north: Office, assay: Assay, tmp_path: Path) -> None:
    index = draw_committed(north)
    north.now = DUE
    north.record(Kind.DRAW_RESULT, north.drawn(index, beacon_value(7)).encode())
    north.publish()
    keys = [part for vkey in north.keys.vkeys for part in ("--key", vkey.encode())]
    rounds = tmp_path / "rounds"
    for value, code in ((7, 0), (8, 1)):
        rounds.write_text(f"simulated.example:1 7 {beacon_value(value).hex()}\n")
        with served(store(north)) as url:
            ran = assay(
                "monitor", url, *keys, "--rounds", rounds, "--state", f"s{value}", "--json", now=LATER
            )
        assert ran.code == code, ran.out
        assert [row["value"] for row in ran.json()["draws"]] == (["given"] if code == 0 else [])


@contextmanager
def running(*arguments: str | Path, cwd: Path) -> Iterator[fork_server.Program]:
    said = [str(one) for one in arguments]
    with fork_server.Program(
        said, cwd=cwd, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_json(process: fork_server.Program) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_a_mirror_serves_what_it_proved_and_a_monitor_is_content(
    north: Office, assay: Assay, tmp_path: Path
) -> None:
    draw_committed(north)
    arguments = ("--trust", "trust.json", "--every", "0.2", "--serve", "127.0.0.1:0", "--json")
    with served(store(north)) as url:
        with running("mirror", url, "copy", *arguments, cwd=tmp_path) as mirror:
            copied = first_json(mirror)
            assert (copied["state"], copied["size"], copied["waiting"]) == ("fine", 302, [])
            at = first_json(mirror)["url"]
            ran = assay("monitor", at, "--also", url, "--trust", "trust.json", "--state", "m", "--json")
            assert (ran.code, ran.json()["audited"]) == (0, 302)
            north.add(3).publish()
            assert first_json(mirror)["size"] in (302, 305)
            connection = HTTPConnection(urlsplit(at).netloc, timeout=10)
            connection.request("GET", "/tile/entries/000.p/9")  # cut from the full bundle
            answer = connection.getresponse()
            assert (answer.status, len(answer.read())) == (
                200,
                sum(2 + len(leaf) for leaf in north.leaves[:9]),
            )
            connection.close()
            mirror.send_signal(signal.SIGTERM)
            assert mirror.wait(timeout=30) == 0
        last = assay("mirror", url, "copy", "--trust", "trust.json")
        assert last.code == 0
        assert last.out.startswith(f"{NORTH}  305 entries, ")
    ran = assay("monitor", "copy", "--trust", "trust.json", "--state", "m", "--json")
    assert (ran.code, ran.json()["audited"]) == (0, 305)


@pytest.mark.parametrize("command", ["monitor", "mirror"])
def test_killed_at_any_moment_it_goes_on_where_it_was(
    north: Office, assay: Assay, tmp_path: Path, command: str
) -> None:
    memory = tmp_path / ("copy/mirror.json" if command == "mirror" else "memory/state.json")
    where = ("copy",) if command == "mirror" else ("--state", "memory")
    disk = FolderTiles.make(tmp_path / "register")
    for pause in (0.0, 0.02, 0.05, 0.1):
        north.add(300).publish()
        before = memory.stat().st_mtime_ns if memory.exists() else 0
        disk.write_many((path, data) for path, data in store(north).files.items() if path != "checkpoint")
        disk.write("checkpoint", store(north).files["checkpoint"])
        with running(
            command, "register", *where, "--trust", "trust.json", "--every", "0.1", cwd=tmp_path
        ) as process:
            until = time.monotonic() + 30
            while not memory.exists() or memory.stat().st_mtime_ns == before:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < until
                time.sleep(0.002)
            time.sleep(pause)  # its first write is done: the kill falls on one of the next
    done = assay(command, "register", *where, "--trust", "trust.json", "--json")
    assert (done.code, done.json()["state"], done.json()["size"]) == (0, "fine", 1501)
    if command == "mirror":
        done = assay("monitor", "copy", "--trust", "trust.json", "--state", "of the copy", "--json")
    assert (done.code, done.json()["audited"]) == (0, 1501)


def test_the_register_of_a_trial_is_one_that_a_monitor_accepts(assay: Assay, project: Path) -> None:
    assert assay("trial", project, "--pack", "cisa-form").code in (0, 1, 3)
    (checkpoint,) = (project / ".assay" / "office").rglob("checkpoint")
    ran = assay("monitor", checkpoint.parent, "--trust", project / ".assay" / "trust.json", "--json")
    assert ran.code == 0, ran.out
    assert ran.json()["audited"] == ran.json()["size"] > 2
