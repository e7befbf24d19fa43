"""The whole regime on one machine, through the commands."""

import re
import shutil
from pathlib import Path

import pytest
from tests.scenario.conftest import Assay

from assay.formats.digest import Digest

TOKENS = {"satisfied", "not_satisfied", "unknown", "not_applicable"}
DECLARED = """
[provider]
name = "Lighthouse Works (fictional)"
address = "1 Pier"
city = "Seaside"
country = "Nowhere"
website = "https://lighthouse.example"

[contact]
name = "Desk (fictional)"
title = "product security"
address = "1 Pier"
phone = "+00 0"
email = "desk@lighthouse.example"

[submission]
kind = "new"
scope = "individual_product"
notify = true

[[products]]
name = "lantern"
version = "2.1.0"
released = 2026-10-20

[claims]
"cisa-form@2024-03" = ["2", "4.c"]

[signatory]
name = "A. Keeper (fictional)"
title = "chief executive"
authority = "chief_executive"
signed = 2026-10-30
"""
PLANNED = ("1.a", "1.b", "1.c", "1.d", "1.e", "1.f", "3", "4", "4.a", "4.b")
MILESTONES = "".join(
    f"""
[[milestones]]
requirement = "cisa-form@2024-03#{id_}"
weakness = "not shown yet"
action = "gather the evidence"
owner = "head of engineering"
due = 2027-03-31
"""
    for id_ in PLANNED
)


def declare(project: Path, text: str = DECLARED + MILESTONES) -> None:
    (project / "assay.toml").write_text("customers = []\n" + text)


def only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    assert len(found) == 1, (pattern, found)
    return found[0]


def test_a_draft_claims_nothing_and_says_what_is_missing(assay: Assay, project: Path) -> None:
    ran = assay("trial", project, "--json")
    assert (ran.code, ran.err) == (1, "")
    said = ran.json()
    assert (said["verdict"], said["complete"], said["draft"]) == ("incomplete", False, True)
    assert not any(row["claimed"] for row in said["claims"])
    assert not any(row["verdict"] == "not_satisfied" for row in said["claims"])
    assert {"C1", "C9", "C15"} <= {item["rule"] for item in said["missing"]}


def test_the_contract_of_json(assay: Assay, project: Path) -> None:
    said = assay("trial", project, "--json").json()
    wheel = (project / "dist" / "lantern-2.1.0-py3-none-any.whl").read_bytes()
    assert said["release"] == said["releases"][0]
    assert said["release"] == {
        "name": "lantern", "version": "2.1.0", "digests": {"lantern-2.1.0-py3-none-any.whl": str(Digest.sha256(wheel))},
    }  # fmt: skip
    assert len(said["claims"]) > 50
    for row in said["claims"]:
        assert re.fullmatch(r"[a-z-]+@[0-9.-]+#[A-Za-z0-9.-]+", row["requirement"])
        assert row["verdict"] in TOKENS
        for finding in row["findings"]:
            assert {"check", "outcome", "message", "at", "evidence"} <= finding.keys()
            assert finding["outcome"] in TOKENS
    for name in ("result", "receipt", "pages"):
        assert Path(said[name]).is_absolute()
        assert Path(said[name]).is_file()
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in said["inputs"].values())
    assert set(said["engine"]) == {"name", "version", "code", "lock"}


def test_claims_that_hold_are_validated(assay: Assay, project: Path) -> None:
    declare(project)
    ran = assay("trial", project, "--pack", "cisa-form", "--json")
    said = ran.json()
    assert said["missing"] == []
    claimed = {row["requirement"]: row["verdict"] for row in said["claims"] if row["claimed"]}
    assert claimed["cisa-form@2024-03#2"] == "satisfied"
    assert claimed["cisa-form@2024-03#4.c"] == "satisfied"
    assert said["verdict"] in ("validated", "validated_with_findings"), said["reasons"]
    assert ran.code == 0
    assert (Path(said["result"]).parent / "svr.dsse.json").is_file()


def test_a_false_claim_is_contradicted(assay: Assay, project: Path) -> None:
    declare(project)
    wheel = project / "dist" / "lantern-2.1.0-py3-none-any.whl"
    from tests.support import archives

    files = archives.wheel_files()
    wheel.write_bytes(archives.zipped({**files, "lantern/extra.py": b"not in RECORD\n"}))
    ran = assay("trial", project, "--pack", "cisa-form", "--json")
    said = ran.json()
    assert (ran.code, said["verdict"]) == (1, "contradicted")
    row = next(row for row in said["claims"] if row["requirement"].endswith("#2"))
    assert any(
        f["check"] == "release-record-intact" and "lantern/extra.py" in f["message"] for f in row["findings"]
    )


def test_what_a_trial_leaves_verifies_replays_and_explains(assay: Assay, project: Path) -> None:
    assert assay("trial", project, "--out", "out").code == 1
    out = project.parent / "out"
    trust = ("--trust", out / "trust.json")
    ran = assay(
        "verify",
        out / "bundle",
        out / "result.dsse.json",
        out / "receipt.json",
        out / "submission-receipt.json",
        *trust,
    )
    assert (ran.code, ran.out.count("holds")) == (0, 4), ran.out
    assert "records out/result.dsse.json" in ran.out.replace(str(project.parent) + "/", "")
    inputs = ("--inputs", project / ".assay" / "office" / "blobs")
    assert assay("replay", out / "result.dsse.json", *inputs).out.startswith("identical: sha256:")
    explained = assay("explain", out / "result.dsse.json", "3")
    assert "cisa-form@2024-03#3" in explained.out
    assert "sbom-describes-release" in explained.out


def test_trust_beside_the_file_is_not_pinned(assay: Assay, project: Path) -> None:
    assay("trial", project, "--out", "out")
    ran = assay("verify", "out/result.dsse.json")
    assert ran.code == 0
    assert "NOT PINNED" in ran.out


def test_nobody_is_trusted_without_a_trust_root(assay: Assay, project: Path, tmp_path: Path) -> None:
    assay("trial", project, "--out", "out")
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(tmp_path / "out" / "result.dsse.json", alone)
    ran = assay("verify", "result.dsse.json", cwd=alone)
    assert ran.code == 2
    assert "made by no key of the trust root" in ran.out


def test_replay_says_when_an_input_is_missing(assay: Assay, project: Path, tmp_path: Path) -> None:
    assay("trial", project, "--out", "out")
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(tmp_path / "out" / "result.dsse.json", alone)
    ran = assay("replay", "result.dsse.json", cwd=alone)
    assert ran.code == 3
    assert "is not to be found" in ran.err


def test_the_trial_ignores_itself_in_git(assay: Assay, project: Path) -> None:
    assay("trial", project)
    assert (project / ".assay" / ".gitignore").read_text() == "*\n"
    said = assay("collect", project, "--json").json()
    assert said["artifacts"]
    assert not [one for one in said["artifacts"] if ".assay" in one["name"]]


def test_attest_sign_check_submit(assay: Assay, project: Path) -> None:
    declare(project)
    secret = project.parent / "secret"
    secret.write_text("correct horse\n")
    key = {"ASSAY_PASSPHRASE_FILE": str(secret)}
    made = assay("key", "new", "lighthouse", "--provider", "Lighthouse Works (fictional)", "--json", **key)
    assert made.code == 0, made.err
    assert assay("attest", project, "--pack", "cisa-form", "-o", "bundle").code == 0
    unsigned = assay("check", "bundle")
    assert unsigned.code == 2
    assert "carries no signature" in unsigned.err
    assert assay("sign", "bundle", "--key", "lighthouse", **key).code == 0
    checked = assay("check", "bundle", "--json").json()
    assert [item["reason"] for item in checked["missing"]] != []
    assert all("authority" in item["reason"] for item in checked["missing"])
    exported = assay("key", "export", "lighthouse").out
    (project.parent / "lighthouse.json").write_text(exported)
    office = project.parent / "office"
    trusted = assay(
        "trust",
        "add",
        "lighthouse.json",
        "--provider",
        "Lighthouse Works (fictional)",
        "--authority",
        ASSAY_HOME=str(office),
    )
    assert trusted.code == 0, trusted.err
    submitted = assay("submit", "bundle", "--office", "office", "--json")
    assert submitted.code == 0, submitted.err + submitted.out
    again = assay("submit", "bundle", "--office", "office")
    assert again.code == 2
    assert "was submitted before" in again.err
    assert assay("sign", "bundle", "--key", "lighthouse", **key).code == 0
    resigned = assay("submit", "bundle", "--office", "office")
    assert resigned.code == 2
    assert "was submitted before" in resigned.err


def test_a_stranger_is_refused_at_the_door(assay: Assay, project: Path) -> None:
    assay("trial", project, "--out", "out")
    ran = assay("submit", "out/bundle", "--office", "office")
    assert ran.code == 2
    assert "made by no key of the trust root" in ran.err
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "fragment"),
    [
        pytest.param(("nonsense",), 2, "nonsense", id="no such command"),
        pytest.param(("trial", "absent"), 2, "'absent' does not exist", id="no such folder"),
        pytest.param(
            ("trial", "lantern", "--release", "absent.whl"),
            2,
            "'absent.whl' does not exist",
            id="no such release",
        ),
        pytest.param(
            ("trial", "lantern", "--pack", "gdpr"), 2, "pack 'gdpr' is not one of", id="no such pack"
        ),
        pytest.param(("verify", "absent"), 2, "'absent' does not exist", id="verify nothing"),
        pytest.param(("verify", "lantern/SECURITY.md"), 2, "is malformed", id="verify a text"),
        pytest.param(("explain", "lantern/SECURITY.md"), 2, "SECURITY.md", id="explain a text"),
        pytest.param(
            ("check", "lantern"), 2, "expected attestation.dsse.json", id="check a folder that is no bundle"
        ),
    ],
)
def test_mistakes_get_one_clear_line(
    assay: Assay, project: Path, arguments: tuple[str, ...], code: int, fragment: str
) -> None:
    ran = assay(*arguments)
    assert ran.code == code, ran.err
    assert fragment in ran.err + ran.out
    assert len(ran.err.strip().splitlines()) <= 1
    assert "Traceback" not in ran.err


def test_an_unknown_setting_is_named(assay: Assay, project: Path) -> None:
    declare(project, '[provider]\nname = "x"\nadress = "y"\n')
    ran = assay("trial", project)
    assert ran.code == 2
    assert "adress" in ran.err


def test_a_claim_that_no_pack_has_is_named(assay: Assay, project: Path) -> None:
    declare(project, '[claims]\n"cisa-form@2024-03" = ["2", "9.z"]\n')
    ran = assay("trial", project)
    assert ran.code == 2
    assert "'cisa-form@2024-03#9.z', which none of the chosen packs has" in ran.err


def test_init_writes_a_file_that_is_read_back(assay: Assay, project: Path) -> None:
    assert assay("init", project).code == 0
    ran = assay("init", project)
    assert (ran.code, "is there already" in ran.err) == (2, True)
    assert assay("trial", project, "--json").json()["draft"] is False


def test_two_trials_share_one_register(assay: Assay, project: Path) -> None:
    first = assay("trial", project, "--json").json()
    second = assay("trial", project, "--json").json()
    assert first["result"] != second["result"]
    ran = assay("verify", first["receipt"], second["receipt"], cwd=project)
    assert ran.code == 0
    assert "entry 4 of 5" in ran.out
    assert "entry 8 of 9" in ran.out
