"""A register changes its keys: ``assay register keys`` tells them, and ``assay verify`` goes by what it tells."""

import json
from pathlib import Path

from tests.scenario.conftest import Assay
from tests.unit.register.test_rotation import FIRST, G0, G1, G2, GENESIS, SECOND, TREE

from assay.adapters.tiles.folder import FolderTiles
from assay.register import forms, tiles
from assay.register.key_history import KeyHistoryDocument
from assay.tlog.keyring import handover_path
from assay.trust.root import Log, TrustRoot

ORIGIN = G0.keys.origin
SIZE = 13


def laid_out(folder: Path) -> None:
    """Trust roots of readers from each period, a register with its files, and receipts from each period."""
    for name, of in (("old", G0), ("new", G2)):
        (folder / f"{name}.json").write_bytes(TrustRoot(logs=(Log(ORIGIN, of.keys.vkeys),)).encode())
    store = FolderTiles.make(folder / "register")
    for tile in tiles.tiles(SIZE):
        data = (
            tiles.encode_bundle(TREE.leaves)
            if tile.level == tiles.ENTRIES
            else b"".join(TREE.known[0, at] for at in range(SIZE))
        )
        store.write(tile.path, data)
    for change in (FIRST, SECOND):
        store.write(handover_path(change.index + 1), change.checkpoint)
    store.write("checkpoint", TREE.note(SIZE, *G2.signing))
    receipts = {
        "early": TREE.receipt(3, 5, *G0.signing),
        "middle": TREE.receipt(7, 9, *G1.signing),
        "late": TREE.receipt(11, SIZE, *G2.signing),
        "retired": TREE.receipt(3, SIZE, *G0.signing),
    }
    for name, receipt in receipts.items():
        (folder / f"{name}.receipt.json").write_bytes(receipt.encode())
        (folder / f"{name}.tlog-proof").write_bytes(forms.tlog_proof(receipt).encode())


def holds(assay: Assay, *files: str, trust: str) -> list[bool | None]:
    return [one["holds"] for one in assay("verify", *files, "--trust", trust, "--json").json()["files"]]


def test_readers_of_any_period_verify_receipts_of_all(assay: Assay, tmp_path: Path) -> None:
    laid_out(tmp_path)
    receipts = [f"{name}.receipt.json" for name in ("early", "middle", "late", "retired")]
    assert holds(assay, *receipts, trust="old.json") == [True, False, False, True]
    history = KeyHistoryDocument(origin=ORIGIN, genesis=GENESIS, changes=(FIRST, SECOND))
    for trust in ("old.json", "new.json"):
        told = assay("register", "keys", "register", "--trust", trust, "--output", "history.json")
        assert told.code == 0, told.err
        assert told.out == f"wrote history.json: 2 changes of keys in 13 entries of {ORIGIN}\n"
        assert KeyHistoryDocument.parse((tmp_path / "history.json").read_bytes()) == history
        assert holds(assay, "history.json", *receipts, trust=trust) == [True, True, True, True, False]
        proofs = [name.replace("receipt.json", "tlog-proof") for name in receipts]
        assert holds(assay, "history.json", *proofs, trust=trust) == [True, True, True, True, False]


def test_a_reader_renews_what_it_trusts(assay: Assay, tmp_path: Path) -> None:
    laid_out(tmp_path)
    document = KeyHistoryDocument(origin=ORIGIN, genesis=GENESIS, changes=(FIRST, SECOND))
    (tmp_path / "history.json").write_bytes(document.encode())
    unknown = assay("trust", "add", "history.json")
    assert (unknown.code, "is not among those trusted" in unknown.err) == (2, True), unknown.err
    assert assay("trust", "add", "old.json").code == 0
    added = assay("trust", "add", "history.json")
    assert (added.code, "its keys from entry 10 on, instead of those before" in added.out) == (0, True), (
        added.err
    )
    assert assay("trust", "add", "history.json").out == "nothing new\n"
    files = ["early.receipt.json", "late.receipt.json", "retired.receipt.json"]
    assert [one["holds"] for one in assay("verify", *files, "--json").json()["files"]] == [False, True, False]
    with_history = assay("verify", *files, "history.json", "--json").json()["files"]
    assert [one["holds"] for one in with_history] == [True, True, False, True]


def test_a_history_that_was_tampered_with(assay: Assay, tmp_path: Path) -> None:
    laid_out(tmp_path)
    document = json.loads(
        KeyHistoryDocument(origin=ORIGIN, genesis=GENESIS, changes=(FIRST, SECOND)).encode()
    )
    document["changes"][1]["index"] = 8
    (tmp_path / "history.json").write_text(json.dumps(document))
    ran = assay("verify", "history.json", "late.receipt.json", "--trust", "old.json")
    assert ran.code == 2
    assert "FAILS  history.json  key history  change of keys at entry 8" in ran.out
    assert "FAILS  late.receipt.json" in ran.out


def test_nothing_is_written_of_a_register_that_is_not_trusted(assay: Assay, tmp_path: Path) -> None:
    laid_out(tmp_path)
    (tmp_path / "none.json").write_bytes(TrustRoot().encode())
    ran = assay("register", "keys", "register", "--trust", "none.json")
    assert (ran.code, "no register is trusted" in ran.err) == (2, True), ran.err
    assert not (tmp_path / "key-history.json").exists()
