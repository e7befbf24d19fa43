"""An office's own register: witnessed by servers, put back from an old copy, under new keys."""

import shutil
from pathlib import Path

from tests.scenario.conftest import Assay, Start, policy, trial
from tests.support.offices import key

from assay.register.cosignature import Cosigner


def test_witnesses_cosign_and_notice_an_office_put_back_from_yesterday(
    assay: Assay, project: Path, tmp_path: Path, witness: Start
) -> None:
    shutil.rmtree(project / "dist")
    office = project / ".assay" / "office"
    early = trial(assay, project, "1.0.0")
    trust = project / ".assay" / "trust.json"
    rules = office / "witnesses.policy"
    rules.write_text(policy(witness("north", trust), witness("south", trust)))

    for command in (("verify", early), ("receipt", "upgrade", early, "--register", office / "register")):
        refused = assay(*command, "--policy", rules, "--trust", trust)
        assert refused.code in (1, 2, 3)
        assert "the policy asks for 2 of north, south" in refused.out + refused.err

    later = trial(assay, project, "2.0.0")
    held = assay("verify", later, "--policy", rules, "--trust", trust)
    assert (held.code, "grade witnessed, cosigned by north, south" in held.out) == (0, True), held.out

    upgraded = assay(
        "receipt", "upgrade", early, "--register", office / "register", "--policy", rules, "--trust", trust
    )
    assert upgraded.code == 0, upgraded.err
    assert assay("verify", early, "--policy", rules, "--trust", trust).code == 0

    shutil.copytree(office, tmp_path / "yesterday")
    trial(assay, project, "3.0.0")
    shutil.rmtree(office)
    shutil.copytree(tmp_path / "yesterday", office)
    before = (office / "register" / "checkpoint").read_bytes()
    behind = assay("trial", project, "--json")
    assert behind.code == 3
    assert behind.err.count("\n") == 1
    assert "until a person has looked" in behind.err
    assert "says it cosigned size 13, this log has 9: it may be an older copy" in behind.err
    assert (office / "register" / "checkpoint").read_bytes() == before


def test_a_witness_that_is_away_costs_a_signature_only(assay: Assay, project: Path, witness: Start) -> None:
    trial(assay, project, "1.0.0")
    north = witness("north", project / ".assay" / "trust.json")
    own = Cosigner("witness.example/south", key("ed25519", "south").public).vkey.encode()
    away = {"witness": "witness.example/south", "vkeys": [own], "url": "http://127.0.0.1:9"}
    rules = project / ".assay" / "office" / "witnesses.policy"
    rules.write_text(policy(north, away))
    (project / "pyproject.toml").write_text('[project]\nname = "lantern"\nversion = "2.0.0"\n')
    ran = assay("trial", project)
    assert ran.code == 1, ran.err
    assert "cosigned by north; the policy asks for 2 of north, south" in ran.err
    assert "south: " in ran.err


def test_new_keys_for_the_register(assay: Assay, project: Path) -> None:
    early = trial(assay, project, "1.0.0")
    home = project / ".assay"
    secret = next(path for path in home.rglob("*passphrase*") if path.is_file())
    rotated = assay("key", "rotate", "trial-register", cwd=project, ASSAY_PASSPHRASE_FILE=str(secret))
    assert rotated.code == 0, rotated.err
    assert "assay register keys" in rotated.out
    assert (home / "office" / "register" / "key-change" / "6").is_file()
    later = trial(assay, project, "2.0.0")
    for receipt in (early, later):
        held = assay("verify", receipt, "--trust", home / "trust.json")
        assert held.code == 0, held.out
    watched = assay("register", "scrub", home / "office" / "register", "--trust", home / "trust.json")
    assert watched.code == 0, watched.err + watched.out
