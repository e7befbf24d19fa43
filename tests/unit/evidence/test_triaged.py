"""Which statement speaks of a vulnerability here."""

import pytest
from tests.support.cases import exhibit

from assay.errors import TooLarge
from assay.evidence.subject import Relation, Subject
from assay.evidence.triage import Triage, Vex, Vulnerability
from assay.evidence.triaged import Index, relate

PRODUCT = Subject("lantern", "2.1.0", "pypi")
COMPONENT = Subject("wick-trim", "1.4.1", "pypi")
OTHER = "pkg:pypi/candle@1.0"


@pytest.mark.parametrize(
    ("products", "relation"),
    [
        pytest.param(
            ("ref-1", "pkg:pypi/lantern@2.1.0"), Relation.SAME, id="bom-ref and purl of the product"
        ),
        pytest.param(("ref-1", OTHER), Relation.OTHER, id="bom-ref and purl of another"),
        pytest.param(
            ("ref-1", OTHER, "ref-2", "pkg:pypi/wick-trim@1.4.1"),
            Relation.SAME,
            id="two products, one the component",
        ),
        pytest.param(
            ("ref-1", OTHER, "ref-2", "ref-3"), Relation.UNCLEAR, id="a product without purl among them"
        ),
        pytest.param(("ref-1",), Relation.UNCLEAR, id="bom-ref alone"),
        pytest.param((OTHER,), Relation.OTHER, id="purl of another"),
        pytest.param((), Relation.UNCLEAR, id="nothing"),
    ],
)
def test_relate(products: tuple[str, ...], relation: Relation) -> None:
    assert relate(Triage(("CVE-1",), "fixed", products), PRODUCT, COMPONENT) is relation


def test_many_answers_have_a_budget() -> None:
    statements = (Triage(("CVE-1",), "fixed", ("pkg:pypi/lantern@2.1.0",)),) * 1000
    index = Index([exhibit(Vex("openvex", statements=statements))])
    assert index.answer(Vulnerability("CVE-1"), PRODUCT, COMPONENT).statement is not None
    index.budget = 100
    with pytest.raises(TooLarge, match="comparisons of vulnerabilities with VEX statements"):
        index.answer(Vulnerability("CVE-1"), PRODUCT, COMPONENT)
