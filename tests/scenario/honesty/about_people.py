"""Falsehoods about who says so: environments, plans, customers, signatures, sign-off, and the package that is handed in."""

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.scenario.honesty import documents
from tests.scenario.honesty.falsehood import Falsehood
from tests.scenario.honesty.workspace import Workspace

FORM = "cisa-form@2024-03#"
FACTORS = (f"{FORM}1.c", "nist-ssdf@1.1#PO.5.1")
SIGNED, NOTIFY = f"{FORM}sign-off", f"{FORM}notify"
Declare = Callable[[dict[str, Any]], None]


def stated(topic: str, **changes: Any) -> Callable[[Workspace], None]:
    """One fact of the environment is stated otherwise; None leaves a field out."""

    def change(document: dict[str, Any]) -> None:
        fact = next(row for row in document["environment"] if row["topic"] == topic)
        fact.update(changes)
        for name in [name for name, value in fact.items() if value is None]:
            del fact[name]

    return lambda at: at.declare(change)


def declared(table: str, **changes: Any) -> Callable[[Workspace], None]:
    """Fields of a table of ``assay.toml`` (the first, of a list); None leaves a field out."""

    def change(document: dict[str, Any]) -> None:
        row = document[table][0] if isinstance(document[table], list) else document[table]
        row.update(changes)
        for name in [name for name, value in row.items() if value is None]:
            del row[name]

    return lambda at: at.declare(change)


ENVIRONMENT = (
    Falsehood(
        id="too-many-covered",
        lie="counts more accounts with a second factor than there are",
        evidence=stated("multi_factor", covered=20),
        check="multi-factor-coverage",
        says="20 of 14 accounts cannot be",
        hits=FACTORS,
    ),
    Falsehood(
        id="too-few-covered",
        lie="claims multi-factor authentication everywhere, and its numbers say otherwise",
        evidence=stated("multi_factor", covered=11),
        check="multi-factor-coverage",
        says="11 of 14 accounts have more than one factor, expected at least 100 in 100",
        hits=FACTORS,
    ),
    Falsehood(
        id="statement-by-nobody",
        lie="states how environments are separated, and nobody answers for it",
        evidence=stated("separation", role=None),
        check="environment-statement-complete",
        outcome="unknown",
        says="no role answers for the statement on separation",
        hits=(f"{FORM}1.a", "nist-ssdf@1.1#PO.5.1"),
    ),
    Falsehood(
        id="undated-statement",
        lie="states what is logged, without saying when",
        evidence=stated("logging", stated=None),
        check="environment-statement-complete",
        outcome="unknown",
        says="the statement on logging has no date",
        hits=(f"{FORM}1.b",),
    ),
    Falsehood(
        id="old-statement",
        lie="hands in what it stated years ago",
        evidence=stated("encryption", stated=date(2024, 5, 1)),
        check="environment-statement-complete",
        says="the statement on encryption is of 2024-05-01, 903 days before the attestation",
        hits=(f"{FORM}1.e", "nist-ssdf@1.1#PO.5.2"),
    ),
    Falsehood(
        id="statement-from-the-future",
        lie="dates a statement ahead",
        evidence=stated("monitoring", stated=date(2027, 5, 1)),
        check="environment-statement-complete",
        says="the statement on monitoring is dated 2027-05-01, the moment of this check is 2026-11-01",
        hits=(f"{FORM}1.f",),
    ),
    Falsehood(
        id="admitted-gap",
        lie="claims an item that its own statement denies",
        evidence=stated("minimised_tools", holds=False),
        check="environment-statement-complete",
        says="the provider's own statement says that minimised_tools does not hold",
        hits=(f"{FORM}1.d", "nist-ssdf@1.1#PO.5.1"),
    ),
)

PLAN = (
    Falsehood(
        id="plan-without-owner",
        lie="plans for a gap, and nobody is to close it",
        evidence=declared("milestones", owner=None),
        check="milestones-dated-and-owned",
        says="has no owner",
        hits=(f"{FORM}plan",),
    ),
    Falsehood(
        id="plan-without-date",
        lie="plans for a gap, some day",
        evidence=declared("milestones", due=None),
        check="milestones-dated-and-owned",
        says="has no due date",
        hits=(f"{FORM}plan",),
    ),
    Falsehood(
        id="plan-that-was-due",
        lie="plans for what should have been done before",
        evidence=declared("milestones", due=date(2026, 2, 1)),
        check="milestones-dated-and-owned",
        says="was due on 2026-02-01, before the attestation was made",
        hits=(f"{FORM}plan",),
    ),
)


def self_assessed(document: dict[str, Any]) -> None:
    del document["signatory"]
    document["assessment"] = {
        "assessor": documents.PROVIDER,
        "listing": "fedramp_3pao",
        "report": "README.md",
    }


def not_assessed(document: dict[str, Any]) -> None:
    del document["signatory"]
    document["assessment"] = {"assessor": "Harbour Assessors (fictional)", "listing": "fedramp_3pao"}


def delegated_by_a_lock(workspace: Workspace) -> None:
    path = workspace.project.lock

    def change(document: dict[str, Any]) -> None:
        document["signatory"] |= {"authority": "designee", "delegation": path}
        document["artifacts"] = [{"path": path, "kind": "lockfile", "description": "Pinned dependencies"}]

    workspace.declare(change)


SIGN_OFF = (
    Falsehood(
        id="designee-without-delegation",
        lie="has somebody sign who was given no authority",
        evidence=declared("signatory", title="Team lead", authority="designee"),
        check="signer-has-authority",
        outcome="unknown",
        says="signs as designee, and no document among the artifacts gives that authority",
        hits=(SIGNED,),
        missing={"C10": "the signatory is a designee, and no document gives the authority"},
    ),
    Falsehood(
        id="delegated-by-a-lock",
        lie="passes some file off as the delegation of authority",
        evidence=delegated_by_a_lock,
        check="signer-has-authority",
        says="submitted as lockfile",
        hits=(SIGNED,),
    ),
    Falsehood(
        id="signed-tomorrow",
        lie="dates the sign-off ahead",
        evidence=declared("signatory", signed=date(2027, 1, 1)),
        check="signer-has-authority",
        says="signs on 2027-01-01, the moment of this check is 2026-11-01",
        hits=(SIGNED,),
    ),
    Falsehood(
        id="no-assessment",
        lie="chooses the path of a third party, and hands in no assessment",
        evidence=lambda at: at.declare(not_assessed),
        check="third-party-assessment-present",
        says="the third-party path is chosen, and no assessment is attached",
        hits=(SIGNED,),
        missing={"C11": "the assessment is not attached"},
    ),
    Falsehood(
        id="assessed-by-itself",
        lie="is its own third party",
        evidence=lambda at: at.declare(self_assessed),
        check="third-party-assessment-present",
        says="the assessor is 'Lighthouse Works (fictional)', the provider itself",
        hits=(SIGNED,),
    ),
)


FALSEHOODS = (*ENVIRONMENT, *PLAN, *SIGN_OFF)
