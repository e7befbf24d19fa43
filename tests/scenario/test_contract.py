"""The object of ``trial --json`` and ``check --json``, word by word, and the exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.scenario.conftest import Assay
from tests.scenario.test_trial import DECLARED, MILESTONES, declare

from assay.formats.digest import Digest
from assay.packs import shipped

PACKS = ("cisa-form@2024-03", "nist-ssdf@1.1")
WHEEL = "lantern-2.1.0-py3-none-any.whl"
OUTCOMES = {"satisfied", "not_satisfied", "unknown", "not_applicable"}
CODES = {
    "validated": 0, "validated_with_findings": 0, "contradicted": 1, "incomplete": 1, "insufficient_evidence": 3,
}  # fmt: skip


def honours(said: Any, wheel: bytes) -> None:
    """What both commands promise of the one object."""
    assert isinstance(said["provider"], str)
    assert said["product"] == "lantern"
    assert said["release"] == {
        "name": "lantern", "version": "2.1.0", "digests": {WHEEL: str(Digest.sha256(wheel))},
    }  # fmt: skip
    assert said["release"] == said["releases"][0]
    assert said["complete"] is (said["missing"] == [])
    assert all(set(row) == {"rule", "reason"} and row["rule"] and row["reason"] for row in said["missing"])
    wanted = [f"{ref}#{one.id}" for ref in PACKS for one in shipped.load(ref)[0].requirements]
    assert [row["requirement"] for row in said["claims"]] == wanted
    for row in said["claims"]:
        assert isinstance(row["claimed"], bool)
        assert row["verdict"] in OUTCOMES
        for finding in row["findings"]:
            assert {"check", "outcome", "message", "at", "evidence"} <= set(finding)
            assert finding["outcome"] in OUTCOMES
            assert all(Digest.parse(one) for one in finding["evidence"])
    assert all(isinstance(name, str) and Digest.parse(digest) for name, digest in said["inputs"].items())
    assert {"attestation.dsse.json", "policy", "trust", *(f"pack:{ref}" for ref in PACKS)} <= set(
        said["inputs"]
    )
    assert said["engine"]["name"] == "assay"
    for name in ("result", "pages"):
        assert Path(said[name]).is_absolute()
        assert Path(said[name]).is_file()


def one_object(out: str) -> Any:
    """Standard output carries one JSON object and nothing else."""
    found, end = json.JSONDecoder().raw_decode(out)
    assert isinstance(found, dict)
    assert out[end:] == "\n"
    return found


def test_trial_and_check_say_the_same_in_the_same_words(assay_here: Assay, project: Path) -> None:
    declare(project)
    wheel = (project / "dist" / WHEEL).read_bytes()
    tried = assay_here("trial", project, "--out", "out", "--json")
    checked = assay_here("check", project.parent / "out" / "bundle", "--json", cwd=project)
    assert (tried.err, checked.err) == ("", "")
    one, other = one_object(tried.out), one_object(checked.out)
    honours(one, wheel)
    honours(other, wheel)
    assert (Path(one["receipt"]).is_absolute(), other["receipt"]) == (True, None)
    assert set(one) == set(other)
    same = ("provider", "product", "release", "releases", "complete", "missing", "engine", "verdict")
    assert {name: one[name] for name in same} == {name: other[name] for name in same}
    verdicts = [(row["requirement"], row["claimed"], row["verdict"]) for row in one["claims"]]
    assert verdicts == [(row["requirement"], row["claimed"], row["verdict"]) for row in other["claims"]]


def test_an_unclaimed_row_is_judged_and_validates_nothing(assay_here: Assay, project: Path) -> None:
    said = one_object(assay_here("trial", project, "--json").out)
    shown = [row for row in said["claims"] if row["verdict"] == "satisfied"]
    assert shown
    assert not any(row["claimed"] for row in said["claims"])
    assert said["verdict"] == "incomplete"


@pytest.mark.parametrize(
    ("claims", "changed", "result"),
    [
        pytest.param('["2", "4.c"]', False, "validated_with_findings", id="validated"),
        pytest.param('["2", "4.c"]', True, "contradicted", id="contradicted"),
        pytest.param('["2", "4", "4.c"]', False, "insufficient_evidence", id="insufficient"),
        pytest.param("[]", False, "incomplete", id="incomplete"),
    ],
)
def test_exit_codes(assay_here: Assay, project: Path, claims: str, changed: bool, result: str) -> None:
    milestones = MILESTONES
    if '"4"' in claims:
        milestones = "".join(
            f"\n[[milestones]]{part}"
            for part in MILESTONES.split("\n[[milestones]]")[1:]
            if '#4"' not in part
        )
    declare(project, DECLARED.replace('["2", "4.c"]', claims) + milestones)
    if changed:
        (project / ".github" / "workflows").mkdir(parents=True)
        (project / ".github" / "workflows" / "ci.yml").write_text(
            "on: pull_request\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
            "      - run: echo ${{ github.event.pull_request.title }}\n"
        )
    ran = assay_here("trial", project, "--pack", "cisa-form", "--json")
    said = one_object(ran.out)
    assert (said["verdict"], ran.code) == (result, CODES[result]), said["reasons"]


def test_whatever_the_result_a_report_is_a_success(assay_here: Assay, project: Path) -> None:
    ran = assay_here("trial", project, "--json", "--report-only")
    assert (ran.code, one_object(ran.out)["verdict"]) == (0, "incomplete")
    (project / ".assay" / "trust.json").unlink()
    (project / ".assay" / "trust.json").mkdir()
    failed = assay_here("trial", project, "--json", "--report-only")
    assert (failed.code, failed.out) == (3, ""), failed.err


def test_a_trial_that_could_not_run_prints_no_object(assay_here: Assay, project: Path) -> None:
    (project / "assay.toml").write_text("[provider")
    ran = assay_here("trial", project, "--json", "--report-only")
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.strip().splitlines()) == 1
