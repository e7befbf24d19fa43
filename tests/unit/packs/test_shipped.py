"""The two shipped packs: complete against the catalogues, bound to checks that exist, fair to an honest project."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.shared import shared

from assay.evidence.kinds import names_of
from assay.packs import shipped
from assay.packs.combination import answer
from assay.packs.model import Binding, Pack, Requirement

FORM, _ = shipped.load("cisa-form@2024-03")
SSDF, _ = shipped.load("nist-ssdf@1.1")
PACKS = (FORM, SSDF)
GRADES = {"M": "machine", "S": "shared", "H": "person"}


def catalogue(name: str) -> Any:
    return json.loads(shared("data", "catalogues", name).read_bytes())


def bindings() -> Iterator[tuple[str, Binding]]:
    for pack in PACKS:
        for requirement in pack.requirements:
            for binding in requirement.bindings:
                yield pack.full(requirement), binding


def test_the_form_has_every_item() -> None:
    form = catalogue("cisa-common-form-1.0.json")["section_III"]
    items = [requirement.id for requirement in FORM.requirements if requirement.answered_by == "claim"]
    assert items == form["leaf_items"]
    assert len(items) == 12
    assert {group.id for group in FORM.groups} >= {"1"}
    assert FORM.answers == "all"
    assert FORM.must_answer == tuple(f"cisa-form@2024-03#{item}" for item in items)


def test_the_form_answers_the_duty_to_notify_and_the_sign_off_itself() -> None:
    form = {requirement.id for requirement in FORM.requirements if requirement.answered_by == "form"}
    assert form == {"sign-off", "plan", "customers", "notify"}


def test_the_form_crosswalk_is_the_catalogue_s() -> None:
    expected = catalogue("cisa-common-form-1.0.json")["ssdf_map"]
    found = {
        requirement.id: [walk.to.removeprefix("nist-ssdf@1.1#") for walk in requirement.crosswalk]
        for requirement in FORM.requirements
        if requirement.crosswalk
    }
    assert found == expected
    assert all(walk.relation == "intersects" for item in FORM.requirements for walk in item.crosswalk)


def test_the_form_cites_the_order() -> None:
    expected = catalogue("cisa-common-form-1.0.json")["eo14028_map"]
    found = {item.id: item.cites[0].removeprefix("EO 14028 ") for item in FORM.requirements if item.cites}
    assert found == {item: place for item, place in expected.items() if item != "1"}


def test_ssdf_has_every_task_with_its_grade() -> None:
    tasks = [task for practice in catalogue("ssdf-1.1.json")["practices"] for task in practice["tasks"]]
    assert [requirement.id for requirement in SSDF.requirements] == [task["id"] for task in tasks]
    assert len(tasks) == 42
    grades = catalogue("ssdf-1.1-evidence-map.json")
    assert {item.id: item.grade for item in SSDF.requirements} == {
        task: GRADES[entry["grade"]] for task, entry in grades.items()
    }
    assert SSDF.must_answer == ()
    assert len(SSDF.claimable) == 42


def test_ssdf_groups_are_its_practices() -> None:
    practices = catalogue("ssdf-1.1.json")["practices"]
    assert [group.id for group in SSDF.groups if group.parent] == [practice["id"] for practice in practices]
    assert all(item.parent == item.id.rpartition(".")[0] for item in SSDF.requirements)


def test_ssdf_crosswalk_is_the_catalogue_s() -> None:
    tasks = [task for practice in catalogue("ssdf-1.1.json")["practices"] for task in practice["tasks"]]
    found = {
        item.id: [walk.to.removeprefix("cisa-form@2024-03#") for walk in item.crosswalk]
        for item in SSDF.requirements
    }
    assert found == {task["id"]: task["common_form"] for task in tasks}


def test_the_two_crosswalks_are_one() -> None:
    there = {(FORM.full(item), walk.to) for item in FORM.requirements for walk in item.crosswalk}
    back = {(walk.to, SSDF.full(item)) for item in SSDF.requirements for walk in item.crosswalk}
    assert there == back
    assert len(there) > 40


def test_no_text_is_the_official_one() -> None:
    official = {
        task["text"] for practice in catalogue("ssdf-1.1.json")["practices"] for task in practice["tasks"]
    }
    assert not official & {item.wording for item in SSDF.requirements}


def test_what_only_a_person_can_judge_is_left_to_a_person() -> None:
    for pack in PACKS:
        for item in pack.requirements:
            assert item.grounds or item.person, item.id
            if item.grade == "person":
                assert item.judged_by == "person", item.id


def test_every_check_and_parameter_exists() -> None:
    catalogue_module = pytest.importorskip(
        "assay.checks.catalogue", reason="the catalogue of checks is not there yet"
    )
    seen = 0
    for requirement, binding in bindings():
        check = catalogue_module.CHECKS.get(binding.check)
        assert check is not None, f"{requirement} binds {binding.check!r}, which does not exist"
        unknown = set(binding.parameters) - set(check.parameters)
        assert not unknown, f"{requirement}: {binding.check} has no parameter {unknown}"
        for name, value in binding.parameters.items():
            assert type(value) is type(check.parameters[name]), f"{requirement}: {binding.check}.{name}"
            if isinstance(value, dict):
                assert set(value) <= set(check.parameters[name]), f"{requirement}: {binding.check}.{name}"
        seen += 1
    assert seen > 80


def test_evidence_that_checks_read_is_evidence_that_counts() -> None:
    """What a provider hands in for a requirement is chosen by these kinds."""
    catalogue_module = pytest.importorskip(
        "assay.checks.catalogue", reason="the catalogue of checks is not there yet"
    )
    for pack in PACKS:
        for item in pack.requirements:
            bound = [binding for binding in item.bindings if binding.role != "notes"]
            read = {
                names_of(kind)[0]
                for binding in bound
                for kind in catalogue_module.CHECKS[binding.check].reads
            }
            assert read <= set(item.evidence), pack.full(item)


def test_no_light_finding_contradicts() -> None:
    catalogue_module = pytest.importorskip(
        "assay.checks.catalogue", reason="the catalogue of checks is not there yet"
    )
    light = {id_ for id_, check in catalogue_module.CHECKS.items() if check.severity == "low"}
    assert not {binding.check for _, binding in bindings() if binding.role in ("decides", "refutes")} & light


def test_every_check_has_a_requirement() -> None:
    catalogue_module = pytest.importorskip(
        "assay.checks.catalogue", reason="the catalogue of checks is not there yet"
    )
    assert set(catalogue_module.CHECKS) == {binding.check for _, binding in bindings()}


BARE = {
    "release-matches-attested", "release-record-intact", "release-no-secrets", "release-no-undeclared-binaries",
    "lock-pins-with-hashes", "sbom-describes-release", "sbom-covers-dependencies", "sbom-agrees-with-lock",
    "disclosure-policy-present", "evidence-belongs-to-release",
}  # fmt: skip
"""What a wheel, a bill, a hash-pinned lock and a policy can show, without any statement from CI."""
SCAN = {"vulnerabilities-triaged"}
ANALYSIS = {"analysis-ran-on-commit"}
ENVIRONMENT = {"environment-statement-complete", "multi-factor-coverage"}


def verdict(pack: Pack, id_: str, shown: set[str], against: str = "") -> str:
    requirement = pack.requirement(id_)
    assert requirement is not None

    def of(binding: Binding) -> str:
        name = binding.check
        if name == against:
            return "not_satisfied"
        if name == "evidence-fresh":
            name += ":" + "+".join(binding.parameters["max_age_days"])
        return "satisfied" if name in shown else "unknown"

    return answer(requirement, of)


@pytest.mark.parametrize("item", ["2", "3", "4.c"])
def test_a_bare_honest_project_is_believed_where_its_evidence_carries(item: str) -> None:
    assert verdict(FORM, item, BARE) == "satisfied"


@pytest.mark.parametrize("item", ["4", "4.a", "4.b"])
def test_a_scan_is_needed_for_the_vulnerability_items(item: str) -> None:
    assert verdict(FORM, item, BARE) == "unknown"
    assert verdict(FORM, item, BARE | SCAN) == "satisfied"


def test_an_undated_analysis_shows_no_continuity() -> None:
    assert verdict(FORM, "4", BARE | ANALYSIS) == "satisfied"
    assert verdict(FORM, "4.a", BARE | ANALYSIS) == "unknown"
    assert verdict(FORM, "4.a", BARE | ANALYSIS | {"evidence-fresh:analysis"}) == "satisfied"


@pytest.mark.parametrize("item", ["1.a", "1.b", "1.c", "1.d", "1.e", "1.f"])
def test_environments_rest_on_the_statement(item: str) -> None:
    assert verdict(FORM, item, BARE | SCAN) == "unknown"
    assert verdict(FORM, item, BARE | ENVIRONMENT) == "satisfied"


HITS = {
    "release-matches-attested": {"2"},
    "release-record-intact": {"2"},
    "release-no-secrets": {"1.e", "2"},
    "release-no-undeclared-binaries": {"3"},
    "release-signed": {"2"},
    "sbom-describes-release": {"3"},
    "sbom-minimum-elements": set(),
    "sbom-covers-dependencies": {"3"},
    "sbom-agrees-with-lock": {"3"},
    "sbom-not-older-than-release": {"3"},
    "lock-pins-with-hashes": set(),
    "provenance-names-release": {"3"},
    "provenance-signature-verifies": {"2"},
    "source-agrees": {"3"},
    "builder-accepted": {"2"},
    "tests-ran-on-commit": {"4"},
    "analysis-ran-on-commit": {"4"},
    "workflow-actions-pinned": set(),
    "workflow-token-permissions": set(),
    "workflow-no-untrusted-input": {"2"},
    "workflow-no-dangerous-triggers": {"2"},
    "branch-protected": set(),
    "disclosure-policy-present": {"4.c"},
    "disclosure-policy-current": {"4.c"},
    "vulnerabilities-triaged": {"4", "4.b"},
    "no-exploited-vulnerability": {"4", "4.b"},
    "no-malicious-component": {"2"},
    "evidence-fresh": {"3", "4.a", "4.c"},
    "evidence-belongs-to-release": {"2", "3", "4"},
    "environment-statement-complete": {"1.a", "1.b", "1.c", "1.d", "1.e", "1.f"},
    "multi-factor-coverage": {"1.c"},
    "milestones-dated-and-owned": {"plan"},
    "signer-has-authority": {"sign-off", "notify"},
    "keys-not-revoked": {"sign-off"},
    "customer-list-matches": {"customers"},
    "third-party-assessment-present": {"sign-off"},
}  # fmt: skip
"""Check -> items of the form that it contradicts; the others it leaves open or notes."""


@pytest.mark.parametrize("check", HITS)
def test_each_contradiction_hits_the_item_it_belongs_to(check: str) -> None:
    everything = {binding.check for _, binding in bindings()} | SCAN
    hit = {
        item.id
        for item in FORM.requirements
        if verdict(FORM, item.id, everything, against=check) == "not_satisfied"
    }
    assert hit == HITS[check]


def test_the_table_of_hits_has_every_check() -> None:
    assert set(HITS) == {binding.check for _, binding in bindings()}


@pytest.mark.parametrize(
    ("task", "shown", "expected"),
    [
        pytest.param("PS.3.2", BARE, "satisfied", id="bill of materials"),
        pytest.param("PS.2.1", BARE, "unknown", id="no signature"),
        pytest.param("PS.2.1", BARE | {"release-signed"}, "satisfied", id="signature"),
        pytest.param("PO.3.3", {"tests-ran-on-commit"}, "unknown", id="one kind of evidence"),
        pytest.param(
            "PO.3.3", {"tests-ran-on-commit", "analysis-ran-on-commit"}, "satisfied", id="two kinds"
        ),
        pytest.param("RV.1.3", BARE, "satisfied", id="disclosure policy"),
        pytest.param("PO.2.2", BARE | SCAN | ENVIRONMENT, "unknown", id="only a person"),
    ],
)
def test_tasks(task: str, shown: set[str], expected: str) -> None:
    assert verdict(SSDF, task, shown) == expected


def test_requirements_that_checks_judge() -> None:
    def by_checks(items: tuple[Requirement, ...]) -> int:
        return sum(item.judged_by == "checks" for item in items)

    assert (by_checks(FORM.requirements), by_checks(SSDF.requirements)) == (16, 19)
