"""``assay receipt export`` and ``assay verify``: receipts in the forms that other software reads."""

from pathlib import Path

import msgspec
import pytest
from tests.docs.test_verify_guide import OPENINGS as OPENINGS_PROGRAM
from tests.docs.test_verify_guide import RECEIPT as RECEIPT_PROGRAM
from tests.docs.test_verify_guide import REGISTER as REGISTER_PROGRAM
from tests.docs.test_verify_guide import run
from tests.scenario.conftest import Assay
from tests.support.register import ED25519, KEYS, ML_DSA_44, ORIGIN, STAMP, log, receipt
from tests.support.signing import private

from assay.formats.note import Note
from assay.formats.tlog_proof import TlogProof
from assay.register import cosignature, forms, merkle, proof, scitt
from assay.register.checkpoint import Checkpoint
from assay.register.cose_receipt import prove_inclusion
from assay.register.cosignature import Cosigner
from assay.trust.root import Log, TrustRoot

LEAVES = log(5)
RECEIPT = receipt(3, LEAVES)
SIGNING = (ED25519, ML_DSA_44)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "trust.json").write_bytes(TrustRoot(logs=(Log(ORIGIN, KEYS.vkeys),)).encode())
    (tmp_path / "receipt.json").write_bytes(RECEIPT.encode())
    return tmp_path


def test_a_trial_s_receipts_in_every_form(assay: Assay, project: Path) -> None:
    """The keys of the register are in the home, so COSE receipts can be made there."""
    tried = assay("trial", "lantern", "--json")
    assert tried.code in (0, 1, 3), tried.err
    found = Path(tried.json()["receipt"])
    for form, names in (
        ("tlog-proof", ["receipt.tlog-proof"]),
        ("scitt", ["receipt.scitt.cose"]),
        ("cose", ["receipt.ed25519.receipt", "receipt.ml-dsa-44.receipt"]),
    ):
        done = assay("receipt", "export", found, "--form", form, "--json", cwd=project)
        assert done.code == 0, done.err
        assert [Path(path).name for path in done.json()["written"]] == names
    beside = found.parent
    told = assay(
        "verify",
        beside / "receipt.tlog-proof",
        beside / "receipt.scitt.cose",
        found.parent / "result.dsse.json",
        "--json",
        cwd=project,
    )
    assert told.code == 0, told.out + told.err
    proof_, statement, _ = told.json()["files"]
    assert (proof_["kind"], proof_["grade"]) == ("tlog-proof", "logged")
    assert "a publication; " in proof_["says"]
    assert "result.dsse.json" in proof_["says"]
    assert (statement["kind"], statement["holds"]) == ("transparent statement", True)
    assert "a publication recorded in trial.assay.example/" in statement["says"]
    alone = assay("verify", beside / "receipt.ed25519.receipt", cwd=project)
    assert (alone.code, "COSE receipt  a COSE receipt does not hold its entry" in alone.out) == (3, True)


def test_a_trial_s_files_verify_by_the_guide(assay: Assay, project: Path, tmp_path: Path) -> None:
    """Nothing but the programs of docs/guides/verify.md, the keys, and what the office wrote."""
    tried = assay("trial", "lantern", "--json")
    assert tried.code in (0, 1, 3), tried.err
    (log_,) = assay("trust", "show", "--json", cwd=project).json()["root"]["logs"]
    (tmp_path / "keys.txt").write_text("\n".join(log_["vkeys"]) + "\n", encoding="utf-8")
    data = Path(tried.json()["receipt"]).read_bytes()
    (tmp_path / "receipt.json").write_bytes(data)
    ran = run(RECEIPT_PROGRAM + OPENINGS_PROGRAM, tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "outcome incomplete\n" in ran.stdout
    (tmp_path / "receipt.json").write_bytes(data.replace(b'"index": ', b'"index": 1', 1))
    assert run(RECEIPT_PROGRAM, tmp_path).returncode == 1
    register = project / ".assay" / "office" / "register"
    assert run(REGISTER_PROGRAM, register).returncode == 0
    (bundle,) = (register / "tile" / "entries").rglob("000.p/*")
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"?")
    assert run(REGISTER_PROGRAM, register).returncode == 1


def test_anybody_makes_a_tlog_proof(assay: Assay, folder: Path) -> None:
    done = assay(
        "receipt", "export", "receipt.json", "--form", "tlog-proof", "--trust", "trust.json", "--out", "x"
    )
    assert (done.code, done.out) == (0, f"wrote x: entry 3 of 5 in {ORIGIN}\n"), done.err
    assert TlogProof.parse((folder / "x").read_bytes()) == forms.tlog_proof(RECEIPT)
    told = assay("verify", "x", "--trust", "trust.json")
    assert (told.code, "entry 3 of 5" in told.out) == (0, True)


def test_only_the_register_makes_cose_receipts(assay: Assay, folder: Path) -> None:
    done = assay("receipt", "export", "receipt.json", "--form", "cose", "--trust", "trust.json")
    assert (done.code, "only the register can sign COSE receipts" in done.err) == (3, True)
    assert sorted(path.name for path in folder.glob("*receipt*")) == ["receipt.json"]


def test_nothing_is_written_of_a_receipt_that_does_not_hold(assay: Assay, folder: Path) -> None:
    (folder / "receipt.json").write_bytes(receipt(3, LEAVES).encode().replace(b'"index": 3', b'"index": 2'))
    done = assay(
        "receipt", "export", "receipt.json", "--form", "tlog-proof", "--trust", "trust.json", "--out", "x"
    )
    assert (done.code, "does not lead to the root" in done.err) == (2, True)
    assert not (folder / "x").exists()


def statement(*, by: bytes = b"") -> bytes:
    """Somebody's statement as entry 5, with the register's receipts and perhaps a stranger's."""
    made = scitt.sign(
        b"x",
        issuer="maker.example",
        subject="lantern",
        content_type="text/plain",
        key=private("ed25519", "maker"),
    )
    leaves = [*LEAVES, made]
    known = merkle.extend(0, [merkle.leaf_hash(one) for one in leaves], {})
    head = Checkpoint(ORIGIN, 6, merkle.root([known[at] for at in merkle.frontier(6)]))
    path = proof.inclusion_proof(5, 6, known)
    receipts = [prove_inclusion(head, made, 5, path, key).encode() for key in SIGNING]
    return scitt.transparent(made, [by, *receipts] if by else receipts)


STRANGER = prove_inclusion(
    Checkpoint("other.example", 2, merkle.root_of([bytes(32), merkle.leaf_hash(b"y")])),
    b"y",
    1,
    (bytes(32),),
    private("ed25519", "stranger"),
).encode()


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        pytest.param(statement(), 0, "a statement of 'maker.example' about 'lantern' recorded in register.example/3f9c", id="statement"),
        pytest.param(statement(by=STRANGER), 0, "its own signature was not checked", id="a stranger's receipt beside"),
        pytest.param(scitt.transparent(LEAVES[3], [STRANGER]), 2, "no receipt is of a register that is trusted; they are of 'other.example'", id="stranger's only"),
        pytest.param(forms.transparent_entry(RECEIPT, KEYS, SIGNING), 0, "a submission recorded in", id="entry"),
        pytest.param(forms.transparent_entry(RECEIPT, KEYS, SIGNING[:1]), 2, "by ml-dsa-44 under a known key", id="one receipt"),
        pytest.param(LEAVES[3], 2, "holds nothing, expected receipts", id="no receipts"),
        pytest.param(forms.transparent_entry(RECEIPT, KEYS, SIGNING)[:-1], 2, "premature end", id="truncated"),
        pytest.param(forms.tlog_proof(RECEIPT, carry_entry=False).encode(), 3, "does not carry its entry", id="proof without entry"),
        pytest.param(forms.tlog_proof(RECEIPT).encode().replace(b"index 3", b"index 2"), 2, "does not lead to the root", id="proof of another index"),
    ],
)  # fmt: skip
def test_verify_reads_them(assay: Assay, folder: Path, data: bytes, code: int, said: str) -> None:
    (folder / "file").write_bytes(data)
    told = assay("verify", "file", "--trust", "trust.json")
    assert (told.code, said in told.out) == (code, True), told.out + told.err


def test_a_tlog_proof_carries_its_witnesses(assay: Assay, folder: Path) -> None:
    key = private("ml-dsa-44", "witness")
    (folder / "policy").write_text(
        f"witness w {Cosigner('witness.example/w1', key.public).vkey.encode()}\nquorum w\n", encoding="utf-8"
    )
    note = Note.parse(RECEIPT.checkpoint)
    line = cosignature.sign(Checkpoint.parse(note.text), "witness.example/w1", key, STAMP)
    witnessed = Note(note.text, (*note.signatures, line)).encode()
    for checkpoint, code, said in (
        (RECEIPT.checkpoint, 2, "cosigned by no witness of the policy"),
        (witnessed, 0, "grade witnessed"),
    ):
        made = forms.tlog_proof(msgspec.structs.replace(RECEIPT, checkpoint=checkpoint))
        (folder / "file").write_bytes(made.encode())
        told = assay("verify", "file", "--trust", "trust.json", "--policy", "policy")
        assert (told.code, said in told.out) == (code, True), told.out + told.err


def test_the_policy_counts_for_a_proof_that_looks_like_a_key_history(assay: Assay, folder: Path) -> None:
    stranger = '\u2014 "assay-key-history" AAAAAAAAAAAAAAAA\n'.encode()
    made = forms.tlog_proof(msgspec.structs.replace(RECEIPT, checkpoint=RECEIPT.checkpoint + stranger))
    (folder / "file").write_bytes(made.encode())
    vkey = Cosigner("witness.example/w1", private("ml-dsa-44", "witness").public).vkey.encode()
    (folder / "policy").write_text(f"witness w {vkey}\nquorum w\n", encoding="utf-8")
    assert assay("verify", "file", "--trust", "trust.json").code == 0
    told = assay("verify", "file", "--trust", "trust.json", "--policy", "policy")
    assert (told.code, "cosigned by no witness of the policy" in told.out) == (2, True), told.out


def test_a_statement_carries_no_witness(assay: Assay, folder: Path) -> None:
    (folder / "file").write_bytes(forms.transparent_entry(RECEIPT, KEYS, SIGNING))
    witness = private("ml-dsa-44", "witness").public
    vkey = Cosigner("witness.example/w1", witness).vkey.encode()
    (folder / "policy").write_text(f"witness w {vkey}\nquorum w\n", encoding="utf-8")
    told = assay("verify", "file", "--trust", "trust.json", "--policy", "policy")
    assert (told.code, "carry no witness's signature" in told.out) == (2, True), told.out + told.err
