"""Many threads append, prove and publish while the keys change and the register closes: every answer holds, none is lost."""

import threading
from pathlib import Path

from tests.support.offices import LOG, NOW, ORIGIN, key

from assay.adapters.group_commit import GroupCommit
from assay.adapters.memory import FixedClock
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Unavailable
from assay.office.ports import Appended, Wanted
from assay.office.sequencer import Sequencer
from assay.register import checkpoint, merkle, proof
from assay.register.identity import LogSecrets
from assay.register.merkle import leaf_hash
from assay.tlog.publish import published

NEW = LogSecrets(
    ed25519=key("ed25519", "log 2"), ml_dsa_44=key("ml-dsa-44", "log 2"), entry=key("ed25519", "entry 2")
)
WRITERS = 6
EACH = 60


def test_whatever_happens_at_once(tmp_path: Path) -> None:
    ledger = SqlLedger.sqlite(tmp_path / "office.sqlite")
    sequencer = Sequencer(ledger, FolderTiles.make(tmp_path / "register"), LOG, ORIGIN, FixedClock(NOW))
    register = GroupCommit(sequencer, every=0.005)
    answers: list[Appended] = []
    faults: list[BaseException] = []
    half, begun = threading.Event(), threading.Barrier(WRITERS + 1)

    def write(writer: int) -> None:
        begun.wait()
        for number in range(EACH):
            try:
                one = register.append(Wanted(b"%d of writer %d" % (number, writer), b"[]"))
            except Unavailable:
                assert half.is_set()  # nobody is turned away before the register closes
                return
            answers.append(one)
            try:
                size = sequencer.size()
                path = register.inclusion(one.index, size)
                known = merkle.root_of([leaf_hash(each) for each in sequencer.leaves(0, size)])
                proof.verify_inclusion(leaf_hash(one.wanted.leaf), one.index, size, path, known)
                assert register.leaf(one.index) == one.wanted.leaf
            except BaseException as fault:  # noqa: BLE001 - told by the main thread
                faults.append(fault)
            if len(answers) >= WRITERS * EACH // 2:
                half.set()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    begun.wait()
    sequencer.hand_over(NEW, Wanted(b"a change of keys", b"[]"))
    assert half.wait(60)
    register.close()
    for writer in writers:
        writer.join(60)
    assert not faults
    both = LOG.public(ORIGIN).joined(NEW.public(ORIGIN))
    leaves = sequencer.leaves(0, sequencer.size())
    assert len(leaves) == len(answers) + 1
    changed = leaves.index(b"a change of keys") + 1
    for one in answers:
        assert leaves[one.index] == one.wanted.leaf
        after = one.index >= changed
        head = checkpoint.open_(one.checkpoint, (NEW if after else LOG).public(ORIGIN)).checkpoint
        assert head.root == merkle.root_of([leaf_hash(each) for each in leaves[: head.size]])
    signed = published(FolderTiles(tmp_path / "register"), both)
    assert signed is not None
    assert signed.checkpoint.size == len(leaves)
