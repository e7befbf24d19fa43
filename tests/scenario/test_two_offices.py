"""Two offices, two witnesses and a monitor on one machine: one office is caught equivocating.

The liar is a copy of an office's folder, keys and all, that goes on by itself and shows its history to some.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from tests.scenario.conftest import Assay
from tests.scenario.test_witnesses import Running, policy, running
from tests.support.serving import served
from tests.support.stranger import two_histories

from assay.adapters.http_client import HttpClient
from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.witness_client import witnesses
from assay.formats.note import Note
from assay.register.body import Checkpoint
from assay.register.quorum import Quorum
from assay.tlog import witnessing
from assay.tlog.ports import CHECKPOINT
from assay.tlog.read import MAX_CHECKPOINT, TileReader
from assay.trust.root import TrustRoot
from assay.web import tiles


class Office(msgspec.Struct, frozen=True):
    """Everything it has is in *project*."""

    assay: Assay
    project: Path

    @property
    def trust(self) -> Path:
        return self.project / ".assay" / "trust.json"

    @property
    def register(self) -> FolderTiles:
        return FolderTiles(self.project / ".assay" / "office" / "register")

    @property
    def policy(self) -> Path:
        return self.project / ".assay" / "office" / "witnesses.policy"

    def works(self, version: str) -> Path:
        """One submission, judged and published; its receipt."""
        (self.project / "pyproject.toml").write_text(f'[project]\nname = "lantern"\nversion = "{version}"\n')
        ran = self.assay("trial", self.project, "--report-only", "--json")
        assert ran.code == 0, ran.err
        return Path(ran.json()["receipt"])

    def copied(self, to: Path) -> "Office":
        shutil.copytree(self.project, to)
        return Office(self.assay, to)

    def note(self) -> bytes:
        data = self.register.read(CHECKPOINT, limit=MAX_CHECKPOINT)
        assert data is not None
        return data

    def head(self) -> Checkpoint:
        return Checkpoint.parse(Note.parse(self.note(), what=CHECKPOINT).text)


@pytest.fixture
def offices(assay_here: Assay, project: Path, tmp_path: Path) -> tuple[Office, Office]:
    """North and south, both with a first result."""
    shutil.rmtree(project / "dist")
    south = Path(shutil.copytree(project, tmp_path / "south"))
    found = Office(assay_here, project), Office(assay_here, south)
    for office in found:
        office.works("1.0.0")
    return found


@pytest.fixture
def two(offices: tuple[Office, Office], tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    """Two witnesses who know both."""
    north, south = offices
    more = ("--log", str(south.trust))
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(running(tmp_path / name, f"witness.example/{name}", north.trust, *more))
            for name in ("one", "two")
        )
        yield one, other


def test_one_of_two_offices_is_caught(
    offices: tuple[Office, Office],
    two: tuple[Running, Running],
    assay: Assay,
    assay_here: Assay,
    tmp_path: Path,
) -> None:
    north, south = offices
    asked = policy(two)
    quorum = Quorum.parse(asked)
    for office in offices:
        office.policy.write_bytes(asked)
        office.works("1.1.0")
        assert quorum.satisfied_by(Note.parse(office.note()))

    # From here on the south has two histories, and signs both.
    liar = south.copied(tmp_path / "liar")
    liar.policy.unlink()
    shown_to_all, shown_to_some = south.works("1.2.0"), liar.works("6.6.6")
    assert (south.head().size, south.head().origin) == (liar.head().size, liar.head().origin)
    assert south.head().root != liar.head().root

    # The witnesses refuse the second one, and who asks for witnesses is not taken in.
    client = HttpClient()
    tree = TileReader(liar.register, liar.head().size, liar.head().root)
    asking = witnessing.witness(liar.note(), quorum, witnesses(quorum, client), tree.consistency)
    assert (asking.satisfied, asking.cosigned, len(asking.alarms)) == (False, (), 2)
    for receipt, holds in ((shown_to_all, True), (shown_to_some, False)):
        newer = tmp_path / "newer.json"
        upgraded = assay_here(
            "receipt", "upgrade", receipt, "--trust", south.trust, "--policy", south.policy, "--output", newer,
            "--register", (south if holds else liar).register.folder,
        )  # fmt: skip
        assert upgraded.code == (0 if holds else 3), upgraded.err
        assert "grade witnessed" in upgraded.out if holds else "not witnessed as required" in upgraded.err

    with ExitStack() as stack:
        at_north, at_south, at_liar = (
            stack.enter_context(served(tiles.app(one.register), tiles.LIMITS)) for one in (north, south, liar)
        )

        def look(url: str, office: Office, *more: str) -> tuple[int, list[dict[str, str]]]:
            state = tmp_path / f"watching {office.project.name}"
            ran = assay("monitor", url, *more, "--trust", office.trust, "--state", state, "--json")
            assert ran.err == ""
            return ran.code, ran.json()["alarms"]

        # Each history by itself is in order; whoever sees both has the proof, for ever.
        assert look(at_north, north) == (0, [])
        assert look(at_south, south) == (0, [])
        code, (alarm,) = look(at_south, south, "--also", at_liar)
        assert code == 1
        assert f"two histories: two checkpoints of size {south.head().size} have different" in alarm["what"]
        assert look(at_south, south) == (1, [alarm])
        assert look(at_north, north) == (0, [])

    # A stranger's program, with the south's key and nothing else of ours, is convinced.
    (log,) = TrustRoot.parse(south.trust.read_bytes()).logs
    evidence = Path(alarm["evidence"]).read_bytes()
    assert two_histories(evidence, log.keys.ed25519[0].raw) == (south.head().size, south.head().size)

    # The witnesses kept the fork of the one, and have nothing against the other.
    for witness in two:
        logs = json.loads(client.get(f"{witness.about['url']}/", limit=100_000).body)["logs"]
        forks = {log["origin"]: (log["size"], log["forks"]) for log in logs}
        assert forks == {
            north.head().origin: (north.head().size, 0),
            south.head().origin: (south.head().size, 1),
        }
        assert f"{south.head().origin} signed two trees" in witness.ended()
    client.close()
