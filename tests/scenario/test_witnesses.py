"""Two registers and two witnesses on one machine. One register shows two histories; the witnesses see through it."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.scenario.conftest import NOW, Assay, clean
from tests.support import fork_server
from tests.support.logs import FictionalLog
from tests.support.serving import served

from assay.adapters.http_client import HttpClient
from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.tiles.memory import MemoryTiles
from assay.adapters.witness_client import side_by_side, witnesses
from assay.formats.note import Note
from assay.register.quorum import Quorum
from assay.tlog import witnessing
from assay.tlog.equivocation import Equivocation
from assay.tlog.witnessing import Witnessing
from assay.web import tiles

HONEST, LIAR = FictionalLog("register.example/honest"), FictionalLog("register.example/liar")
MAIN = LIAR.leaves(12)
FORK = LIAR.leaves(12, "fork", shared=4)
SECRET = "a passphrase for tests"


class Running(msgspec.Struct):
    process: fork_server.Program
    about: Any

    def ended(self) -> str:
        """What it said on standard error; it was told to stop and stopped well."""
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        return err


@contextmanager
def running(folder: Path, name: str, logs: Path, *more: str) -> Iterator[Running]:
    secret = folder.parent / "passphrase"
    secret.write_text(SECRET)
    command = ("witness", "--state", str(folder), "--name", name, "--log", str(logs), "--json", *more)
    with fork_server.Program(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder.parent,
        env={**clean(), "ASSAY_NOW": NOW, "ASSAY_PASSPHRASE_FILE": str(secret)},
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("}"):
                    break
            assert lines, process.communicate(timeout=60)[1]
            yield Running(process, json.loads("".join(lines)))
        finally:
            process.kill()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    logs = tmp_path / "logs.txt"
    logs.write_text(
        "# fictional\n\n" + "".join(f"{key.encode()}\n" for log in (HONEST, LIAR) for key in log.keys.vkeys)
    )
    with ExitStack() as stack:
        yield (
            stack.enter_context(running(tmp_path / "one", "witness.example/one", logs)),
            stack.enter_context(running(tmp_path / "two", "witness.example/two", logs)),
        )


def policy(ones: tuple[Running, ...], threshold: str = "all") -> bytes:
    lines = []
    for at, one in enumerate(ones):
        names = [f"w{at}-{kind}" for kind in ("ed", "pq")]
        for name, vkey in zip(names, one.about["vkeys"], strict=True):
            lines.append(f"witness {name} {vkey} {one.about['url']}/")
        lines.append(f"group w{at} all {' '.join(names)}")
    return "\n".join(
        [
            *lines,
            f"group enough {threshold} {' '.join(f'w{at}' for at in range(len(ones)))}",
            "quorum enough",
            "",
        ]
    ).encode()


def ask(log: FictionalLog, leaves: list[bytes], size: int, quorum: Quorum) -> Witnessing:
    client = HttpClient()
    found = witnessing.witness(
        log.note(leaves[:size]), quorum, witnesses(quorum, client),
        lambda old, new: log.proofs(leaves, old, new), together=side_by_side,
    )  # fmt: skip
    client.close()
    return found


def test_an_honest_register_and_one_that_lies(
    two: tuple[Running, Running], tmp_path: Path, assay: Assay
) -> None:
    one, _ = two
    assert one.about["logs"] == ["register.example/honest", "register.example/liar"]
    both = policy(two)
    quorum = Quorum.parse(both)
    (tmp_path / "policy").write_bytes(both)

    # Both registers grow, and both witnesses sign.
    honest = HONEST.leaves(9)
    for size in (3, 9):
        found = ask(HONEST, honest, size, quorum)
        assert (found.satisfied, found.failed, found.alarms) == (True, (), ())
    published = FolderTiles.make(tmp_path / "honest")
    HONEST.publish(published, honest, found.note)
    assert ask(LIAR, MAIN, 7, quorum).satisfied

    # A receipt is logged at once and witnessed later.
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(HONEST.receipt(2, honest[:5]).encode())
    (tmp_path / "trust.json").write_bytes(HONEST.trust().pretty())
    (tmp_path / "strict.json").write_bytes(HONEST.trust(both).pretty())
    said = assay("verify", receipt, "--trust", "trust.json", "--json")
    assert (said.code, said.json()["files"][0]["grade"]) == (0, "logged")
    for more in (("--trust", "strict.json"), ("--trust", "trust.json", "--policy", "policy")):
        refused = assay("verify", receipt, *more)
        assert refused.code != 0
        assert "not witnessed as required: cosigned by no witness of the policy" in refused.out
    done = assay(
        "receipt", "upgrade", receipt, "--register", tmp_path / "honest", "--trust", "strict.json", "--json"
    )
    assert done.code == 0, done.err
    assert (done.json()["grade"], done.json()["from_size"], done.json()["size"]) == ("witnessed", 5, 9)
    said = assay("verify", receipt, "--trust", "strict.json")
    assert said.code == 0, said.out
    assert "grade witnessed, cosigned by w0-ed, w0-pq, w1-ed, w1-pq" in said.out

    # The liar shows a customer another history, and would have it witnessed.
    for size in (7, 12):
        caught = ask(LIAR, FORK, size, quorum)
        assert (caught.satisfied, caught.cosigned) == (False, ())
        assert len(caught.alarms) == 2
    assert not quorum.satisfied_by(Note.parse(caught.note))

    # Its customer's receipt cannot be upgraded, and the attempt leaves a proof for everybody.
    forked = tmp_path / "forked.json"
    forked.write_bytes(LIAR.receipt(5, FORK).encode())
    liar = FolderTiles.make(tmp_path / "liar")
    LIAR.publish(liar, MAIN, ask(LIAR, MAIN, 12, quorum).note)
    (tmp_path / "liar.json").write_bytes(LIAR.trust(both).pretty())
    before = forked.read_bytes()
    refused = assay("receipt", "upgrade", forked, "--register", tmp_path / "liar", "--trust", "liar.json")
    assert refused.code == 2
    assert "shows two histories" in refused.err
    assert forked.read_bytes() == before
    proof = Equivocation.parse((tmp_path / "forked.json.equivocation.json").read_bytes())
    assert [found.size for found in proof.verify(LIAR.keys)] == [12, 12]

    # So does a monitor that is shown both.
    elsewhere = FolderTiles.make(tmp_path / "elsewhere")
    LIAR.publish(elsewhere, FORK, LIAR.note(FORK))
    watched = assay("monitor", "liar", "--also", "elsewhere", "--trust", "liar.json", "--json")
    assert (watched.code, watched.json()["state"]) == (1, "alarm"), watched.err
    assert any("histories" in alarm["what"] for alarm in watched.json()["alarms"]), watched.out
    assert assay("monitor", "honest", "--trust", "trust.json", "--json").json()["state"] == "fine"

    # Both witnesses told it and kept it.
    for witness in two:
        client = HttpClient()
        logs = json.loads(client.get(f"{witness.about['url']}/", limit=100_000).body)["logs"]
        client.close()
        assert [(log["origin"], log["size"], log["forks"]) for log in logs] == [
            ("register.example/honest", 9, 0),
            ("register.example/liar", 12, 1),
        ]
        assert "register.example/liar signed two trees of size 7" in witness.ended()


def test_one_witness_away_and_back(two: tuple[Running, Running], tmp_path: Path) -> None:
    quorum = Quorum.parse(policy(two, threshold="any"))
    leaves = HONEST.leaves(9)
    assert ask(HONEST, leaves, 3, quorum).satisfied
    two[0].ended()
    found = ask(HONEST, leaves, 5, quorum)
    assert found.satisfied
    assert [one.witness for one in found.failed] == ["w0-ed,w0-pq"]
    assert "refused" in found.failed[0].reason
    with running(tmp_path / "one", "witness.example/one", tmp_path / "logs.txt") as again:
        assert again.about["vkeys"] == two[0].about["vkeys"]
        later = Quorum.parse(policy((again,)))
        assert ask(HONEST, leaves, 9, later).satisfied
        assert ask(HONEST, HONEST.leaves(9, "fork", 2), 9, later).alarms


def test_a_witness_without_its_state_does_not_start(tmp_path: Path, assay: Assay) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text(SECRET)
    (tmp_path / "logs").write_text("".join(f"{key.encode()}\n" for key in HONEST.keys.vkeys))
    variables = {"ASSAY_PASSPHRASE_FILE": str(secret)}
    start = ("witness", "--state", "w", "--log", "logs")
    for arguments, message in (
        (start, "there is no witness in w yet: give its --name"),
        (("witness", "--state", "w", "--name", "a b", "--show"), "has a space"),
        ((*start, "--listen", "nowhere"), "is not HOST:PORT"),
        (("witness", "--state", "w", "--name", "w.example"), "no log is given"),
    ):
        said = assay(*arguments, **variables)
        assert said.code == 2
        assert message in said.err
    shown = assay("witness", "--state", "w", "--name", "w.example", "--show", "--json", **variables)
    assert shown.code == 0, shown.err
    assert shown.json()["witness"] == "w.example"
    assert assay("witness", "--state", "w", "--show", **variables).out.split() == shown.json()["vkeys"]
    said = assay("witness", "--state", "w", "--name", "other.example", "--show", **variables)
    assert (said.code, "is 'w.example', not 'other.example'" in said.err) == (2, True)
    for path in (tmp_path / "w").glob("state.sqlite*"):
        path.unlink()
    said = assay(*start, **variables)
    assert said.code == 3
    assert "state.sqlite is missing: without what it cosigned before this witness must not sign" in said.err


def test_a_state_of_yesterday_is_noticed_at_the_start(two: tuple[Running, Running], tmp_path: Path) -> None:
    quorum = Quorum.parse(policy(two[:1]))
    leaves = HONEST.leaves(9)
    assert ask(HONEST, leaves, 3, quorum).satisfied
    assert not two[0].ended()
    shutil.copytree(tmp_path / "one", tmp_path / "yesterday")
    store = MemoryTiles()
    with running(tmp_path / "one", "witness.example/one", tmp_path / "logs.txt") as again:
        HONEST.publish(store, leaves, ask(HONEST, leaves, 9, Quorum.parse(policy((again,)))).note)
        again.ended()
    with served(tiles.app(store), tiles.LIMITS) as url:
        keys = [key for key in HONEST.keys.vkeys if key.name == HONEST.origin]
        (tmp_path / "log-policy").write_text(
            "".join(f"log {key.encode()} {url}/\n" for key in keys) + "quorum none\n"
        )
        more = ("--policy", str(tmp_path / "log-policy"))
        with running(tmp_path / "yesterday", "witness.example/one", tmp_path / "logs.txt", *more) as old:
            found = ask(HONEST, HONEST.leaves(9, "fork", 4), 9, Quorum.parse(policy((old,))))
            assert (found.satisfied, len(found.failed)) == (False, 1)
            assert (
                "the state is an older copy; it signs nothing of this log any more" in found.failed[0].reason
            )
            assert "cosigned size 9 of register.example/honest before, and its state ends at 3" in old.ended()
        with running(tmp_path / "one", "witness.example/one", tmp_path / "logs.txt", *more) as new:
            assert not new.ended()


def test_an_upgrade_waits_for_the_witnesses(tmp_path: Path, assay: Assay) -> None:
    leaves = HONEST.leaves(6)
    (tmp_path / "trust.json").write_bytes(HONEST.trust().pretty())
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(HONEST.receipt(1, leaves[:2]).encode())
    published = FolderTiles.make(tmp_path / "tiles")
    HONEST.publish(published, leaves, HONEST.note(leaves))
    key = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"  # of a public witness
    (tmp_path / "policy").write_text(f"witness w {key}\nquorum w\n")
    before = receipt.read_bytes()
    wait = assay(
        "receipt", "upgrade", receipt, "--register", "tiles", "--policy", "policy", "--trust", "trust.json"
    )
    assert wait.code == 3
    assert "not witnessed as required" in wait.err
    assert "nothing is written, try again later" in wait.err
    assert receipt.read_bytes() == before
    done = assay(
        "receipt", "upgrade", receipt, "--register", "tiles", "--trust", "trust.json", "--output", "new.json"
    )
    assert done.code == 0, done.err
    assert "entry 1 of 6 in register.example/honest; grade logged" in done.out
    assert "no policy says which witnesses count" in done.out
    assert receipt.read_bytes() == before
    assert assay("verify", "new.json", "--trust", "trust.json").code == 0
    for where in ("nowhere", "http://127.0.0.1:1/"):
        assert assay("receipt", "upgrade", receipt, "--register", where, "--trust", "trust.json").code == 3
