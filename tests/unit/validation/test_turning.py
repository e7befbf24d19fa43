"""The smallest set of changes that would turn a requirement."""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Outcome, Severity
from assay.packs.model import Binding, Ground, Requirement
from assay.validation.run import Answer
from assay.validation.turning import changes

ALL = {"a": Outcome.SATISFIED, "b": Outcome.UNKNOWN, "c": Outcome.NOT_SATISFIED}


def nothing(_: Case) -> Iterator[Finding]:
    return iter(())


def answer(name: str, outcome: Outcome) -> Answer:
    check = Check(
        id=name,
        title=f"{name} holds",
        severity=Severity.HIGH,
        basis=Basis.DERIVED,
        proves="",
        does_not_prove="",
        examine=nothing,
    )
    return Answer(
        check, "lantern@2.1.0", outcome, (Finding(outcome, f"{name} is {outcome}", remedy=f"mend {name}"),)
    )


def of(requirement: Requirement, **outcomes: Outcome) -> tuple[str, ...]:
    return changes(
        requirement,
        [(binding, answer(binding.check, outcomes[binding.check])) for binding in requirement.bindings],
    )


def needs(*grounds: Ground, refuting: tuple[Binding, ...] = ()) -> Requirement:
    return Requirement(id="1", title="t", wording="w", grade="machine", grounds=grounds, refuting=refuting)


A, B, C = (Binding(name, "decides") for name in "abc")
YES, NO, OPEN = Outcome.SATISFIED, Outcome.NOT_SATISFIED, Outcome.UNKNOWN


def test_satisfied_needs_nothing() -> None:
    assert of(needs(Ground("s", "all", (A,))), a=YES) == ()


def test_all_needs_every_open_one() -> None:
    assert of(needs(Ground("s", "all", (A, B, C))), a=YES, b=OPEN, c=NO) == ("b: mend b", "c: mend c")


def test_any_needs_one() -> None:
    assert of(needs(Ground("s", "any", (A, B))), a=OPEN, b=OPEN) == ("a: mend a",)


def test_a_contradiction_must_go_and_then_serves_as_the_one() -> None:
    assert of(needs(Ground("s", "any", (A, B))), a=OPEN, b=NO) == ("b: mend b",)


def test_what_refutes_must_go() -> None:
    requirement = needs(Ground("s", "all", (A,)), refuting=(Binding("b", "refutes"),))
    assert of(requirement, a=YES, b=NO) == ("b: mend b",)
    assert of(requirement, a=YES, b=OPEN) == ()


def test_only_a_person_can_turn_what_has_no_grounds() -> None:
    assert changes(Requirement(id="1", title="t", wording="w", grade="person", person="look"), []) == ()
