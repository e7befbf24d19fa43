"""What weighs in a draw is looked up where the policy asks for it, and what cannot be told stays unknown."""

import msgspec
import pytest
from tests.support import services
from tests.support.offices import PROVIDER

from assay.adapters.memory_inventories import MemoryInventories
from assay.formats.inventory import InventoryItem
from assay.formats.verdict import FindingRow, encode
from assay.office.case import Case
from assay.office.draw_facts import facts_of
from assay.office.inventories import Imported, rated, rating
from assay.office.office_policy import OfficePolicy
from assay.office.sampling_policy import FACTS, Fact, Facts, Sampling, Weight
from assay.office.service import Service
from assay.office.validate import read_verdict


def office(*asked: Fact) -> Service:
    sampling = Sampling(weights=tuple(Weight(fact=one, add=1) for one in asked))
    return services.service(OfficePolicy(sampling=sampling))


def of(service: Service, case: Case) -> Facts:
    (found,) = facts_of(service, [case])
    return found


def test_what_nobody_asks_for_is_not_looked_up() -> None:
    service = office()
    found = of(service, services.submitted(service))
    assert {fact: found.of(fact) for fact in FACTS if found.of(fact) is not None} == {"first_submission": 1}


def test_customers_are_counted_and_a_lost_list_is_unknown() -> None:
    service = office("customers")
    case = services.submitted(service)
    assert of(service, case).customers == 0
    submission = service.office.ledger.submission(case.payload)
    assert submission is not None
    assert submission.customers is not None
    service.sealed.erase(submission.customers)
    assert of(service, case).customers is None


def test_of_the_verdict() -> None:
    service = office("findings", "insufficient", "known_exploited")
    good, bad = services.submitted(service), services.submitted(service, 2, services.contradicted)
    assert (of(service, good).findings, of(service, good).insufficient) == (0, 0)
    assert of(service, good).known_exploited is None
    exploited = FindingRow(
        check="no-exploited-vulnerability", outcome="unknown", message="CVE-2026-90001 in wick"
    )
    verdict = read_verdict(service.office, good.verdict)
    rows = (msgspec.structs.replace(verdict.claims[0], findings=(exploited,)), *verdict.claims[1:])
    with_one = service.office.blobs.put(encode(msgspec.structs.replace(verdict, claims=rows)))
    assert of(service, msgspec.structs.replace(good, verdict=with_one)).known_exploited == 1
    assert (of(service, bad).findings or 0) > 0
    assert bad.verdict is not None
    service.office.blobs.erase(bad.verdict)
    assert (of(service, bad).findings, of(service, bad).insufficient) == (None, None)


def test_earlier_results_of_the_same_provider() -> None:
    service = office("earlier_findings")
    before = services.submitted(service, 1, services.contradicted)
    after = services.submitted(service, 2)
    assert of(service, after).earlier_findings == 0
    posted = msgspec.structs.replace(
        service.case(before.payload), stage="published", result="contradicted", revision=before.revision + 1
    )
    service.cases.keep(posted)
    assert of(service, after).earlier_findings == 1
    assert of(service, posted).earlier_findings == 0


@pytest.mark.parametrize(
    ("says", "want"),
    [
        pytest.param({}, 0, id="nobody runs it"),
        pytest.param({"org-a": ("lantern", "High")}, 3, id="one says"),
        pytest.param({"org-a": ("lantern", "low"), "org-b": ("lantern", "mission-critical")}, 4, id="the most counts"),
        pytest.param({"org-a": ("lantern", ""), "org-b": ("lantern", "high")}, None, id="one says nothing"),
        pytest.param({"org-a": ("lantern", ""), "org-b": ("lantern", "Tier 1")}, 4, id="no more is possible"),
        pytest.param({"org-a": ("lantern", "3")}, None, id="a number counts from either end"),
        pytest.param({"org-a": ("oar", "critical")}, 0, id="another product"),
    ],
)  # fmt: skip
def test_how_critical_it_is(says: dict[str, tuple[str, str]], want: int | None) -> None:
    service = office("criticality")
    inventories = MemoryInventories()
    for organisation, (product, word) in says.items():
        item = InventoryItem(at="line 2", provider=PROVIDER, product=product, criticality=word)
        made = Imported(organisation=organisation, at=service.now(), items=1, columns=())
        inventories.replace(made, [item])
    case = services.submitted(service)
    assert of(service, case).criticality is None
    knowing = msgspec.structs.replace(service, rated=lambda verdicts: rated(inventories, verdicts))
    assert of(knowing, case).criticality == want


@pytest.mark.parametrize(("said", "want"), [("", None), ("Very  High", 4), ("NON-CRITICAL", 0), ("P1", None)])
def test_words(said: str, want: int | None) -> None:
    assert rating(said) == want
