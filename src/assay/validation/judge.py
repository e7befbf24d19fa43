"""Judge every requirement of a pack: run the checks it binds, combine the answers, give the reasons."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Outcome, Severity
from assay.formats.attestation import Attestation
from assay.formats.text import shown
from assay.formats.verdict import BasisToken, ClaimVerdict, FindingRow
from assay.packs import combination
from assay.packs.model import Binding, Ground, Pack, Requirement, Role
from assay.validation.outcomes import all_of
from assay.validation.run import Answer, run
from assay.validation.turning import changes

_BASES = tuple(Basis)

MAX_ROWS = 40
"""Findings shown per requirement, those against it first: with the limits of an attestation, this bounds the verdict."""
MAX_LINES = 12
"""Notes, and changes, per requirement."""
_WEIGHT = ("not_satisfied", "unknown", "satisfied", "not_applicable")


class Bench:
    """The cases of one attestation, and the answers already given on them: a check runs once per release and parameters."""

    def __init__(self, cases: Sequence[Case], checks: Mapping[str, Check]) -> None:
        self.cases = tuple(cases)
        self._checks = checks
        self._given: dict[tuple[str, str, int], Answer] = {}
        self._asked: dict[tuple[int, int], tuple[Binding, Answer]] = {}
        """By the binding's identity, which lasts as long as it stands here."""
        self._shown: dict[tuple[Role, int], tuple[FindingRow, ...]] = {}

    def answer(self, binding: Binding, case_at: int) -> Answer:
        asked = self._asked.get((id(binding), case_at))
        if asked is not None:
            return asked[1]
        key = (binding.check, repr(sorted(binding.parameters.items())), case_at)
        if key not in self._given:
            self._given[key] = self._run(binding, self.cases[case_at])
        self._asked[id(binding), case_at] = binding, self._given[key]
        return self._given[key]

    def outcomes(self, case_at: int) -> Callable[[Binding], Outcome]:
        """The outcome of any binding on one case."""
        return lambda binding: self.answer(binding, case_at).outcome

    def answers(self) -> tuple[Answer, ...]:
        """All given so far."""
        return tuple(self._given.values())

    def rows(self, binding: Binding, answer: Answer) -> tuple[FindingRow, ...]:
        """An answer's findings as they stand in a verdict; several requirements bind the same check."""
        key = (binding.role, id(answer))  # answers last as long as this does
        if key not in self._shown:
            self._shown[key] = tuple(_rows(binding.role, answer, many=len(self.cases) > 1))
        return self._shown[key]

    def _run(self, binding: Binding, case: Case) -> Answer:
        check = self._checks.get(binding.check)
        if check is None:
            return _absent(binding.check, case)
        return run(
            check, msgspec.structs.replace(case, parameters={**check.parameters, **binding.parameters})
        )


def judge(pack: Pack, attestation: Attestation, bench: Bench) -> Iterator[ClaimVerdict]:
    """One row per requirement, claimed or not, in the pack's order."""
    claims = {claim.requirement: claim for claim in attestation.claims}
    for requirement in pack.requirements:
        ref = pack.full(requirement)
        if requirement.answered_by == "form":
            claimed = not attestation.draft
        else:
            claimed = ref in claims and claims[ref].claimed
        yield _judge(requirement, ref, claimed, bench)


def _judge(requirement: Requirement, ref: str, claimed: bool, bench: Bench) -> ClaimVerdict:
    given = [
        (binding, bench.answer(binding, at))
        for binding in requirement.bindings
        for at in range(len(bench.cases))
    ]
    tokens = [Outcome(combination.answer(requirement, bench.outcomes(at))) for at in range(len(bench.cases))]
    verdict = all_of(tokens)
    rows = tuple(dict.fromkeys(row for binding, answer in given for row in bench.rows(binding, answer)))
    return ClaimVerdict(
        requirement=ref,
        claimed=claimed,
        verdict=verdict.value,
        reason=_reason(requirement, verdict, given, bench),
        title=requirement.title,
        basis=_basis(verdict, given),
        judged_by=_judged_by(requirement),
        findings=_weightiest(rows),
        notes=(*_first_of(_notes(requirement, verdict, given)), *_left_out(rows)),
        changes=_first_of(_changes(requirement, tokens, bench)),
    )


def _weightiest(rows: Sequence[FindingRow]) -> tuple[FindingRow, ...]:
    """At most :data:`MAX_ROWS`, in their order."""
    if len(rows) <= MAX_ROWS:
        return tuple(rows)
    ranked = sorted(range(len(rows)), key=lambda at: (_WEIGHT.index(rows[at].outcome), at))
    return tuple(rows[at] for at in sorted(ranked[:MAX_ROWS]))


def _left_out(rows: Sequence[FindingRow]) -> Iterator[str]:
    if len(rows) > MAX_ROWS:
        yield f"{len(rows) - MAX_ROWS} more findings that weigh no more than these are not listed"


def _first_of(lines: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))[:MAX_LINES]


def _changes(requirement: Requirement, tokens: Sequence[Outcome], bench: Bench) -> Iterator[str]:
    for at, token in enumerate(tokens):
        if token not in (Outcome.SATISFIED, Outcome.NOT_APPLICABLE):
            yield from changes(
                requirement, [(binding, bench.answer(binding, at)) for binding in requirement.bindings]
            )


def _judged_by(requirement: Requirement) -> Literal["checks", "person", "checks_and_person"]:
    if requirement.grounds and requirement.person:
        return "checks_and_person"
    return requirement.judged_by


def _reason(
    requirement: Requirement, verdict: Outcome, given: Sequence[tuple[Binding, Answer]], bench: Bench
) -> str:
    if verdict is Outcome.NOT_SATISFIED:
        return next(
            f"{answer.check.id}: {_first(answer, Outcome.NOT_SATISFIED)}"
            for binding, answer in given
            if binding.role in combination.CONTRADICT and answer.outcome is Outcome.NOT_SATISFIED
        )
    if verdict is Outcome.SATISFIED:
        return "shown: " + "; ".join(ground.shows for ground in requirement.grounds)
    if verdict is Outcome.NOT_APPLICABLE:
        return "nothing here for it to apply to"
    if not requirement.grounds:
        return f"only a person can judge this: {requirement.person}"
    ground, answers = _open_ground(requirement, bench)
    left_open = (Outcome.UNKNOWN, Outcome.NOT_SATISFIED)
    open_answer = next((answer for answer in answers if answer.outcome in left_open), None)
    why = f": {_first(open_answer, open_answer.outcome)}" if open_answer else ""
    return f"not shown: {ground.shows}{why}"


def _open_ground(requirement: Requirement, bench: Bench) -> tuple[Ground, tuple[Answer, ...]]:
    """The first ground that is not shown for some release, with its answers."""
    for at in range(len(bench.cases)):
        for ground in requirement.grounds:
            if combination.shown(ground, bench.outcomes(at)) == "unknown":
                return ground, tuple(bench.answer(binding, at) for binding in ground.bindings)
    raise ValueError(f"requirement {requirement.id} is unknown and every ground is shown")


def _first(answer: Answer, outcome: Outcome) -> str:
    return next(
        (finding.message for finding in answer.findings if finding.outcome is outcome), "it says nothing"
    )


def _basis(verdict: Outcome, given: Sequence[tuple[Binding, Answer]]) -> BasisToken:
    """The weakest basis among the answers that carry a satisfied verdict; of a contradiction, the contradicting one's."""
    if verdict not in (Outcome.SATISFIED, Outcome.NOT_SATISFIED):
        return ""
    roles = ("decides", "supports") if verdict is Outcome.SATISFIED else tuple(combination.CONTRADICT)
    carrying = [
        answer.check.basis for binding, answer in given if binding.role in roles and answer.outcome is verdict
    ]
    return min(carrying, key=_BASES.index).value if carrying else ""


def _rows(role: Role, answer: Answer, *, many: bool) -> Iterator[FindingRow]:
    for finding in answer.findings or (Finding.unknown("the check found nothing to look at"),):
        yield FindingRow(
            check=answer.check.id,
            outcome=finding.outcome.value,
            message=finding.message,
            at=finding.at,
            evidence=tuple(str(digest) for digest in finding.evidence),
            remedy=finding.remedy,
            severity=answer.check.severity.value,
            role=role,
            release=shown(answer.release) if many else "",
        )


def _notes(
    requirement: Requirement, verdict: Outcome, given: Sequence[tuple[Binding, Answer]]
) -> Iterator[str]:
    for binding, answer in given:
        if binding.role not in combination.CONTRADICT and answer.outcome is Outcome.NOT_SATISFIED:
            yield f"{answer.check.id}: {_first(answer, Outcome.NOT_SATISFIED)}"
    if verdict is Outcome.SATISFIED and _basis(verdict, given) == Basis.STATEMENT.value:
        yield "rests on the provider's own statement; nobody has looked behind it"
    if verdict is Outcome.SATISFIED and requirement.person:
        yield f"checked by program only; a person would look at: {requirement.person}"


def _absent(check: str, case: Case) -> Answer:
    def nothing(_: Case) -> Iterator[Finding]:
        return iter(())

    stub = Check(
        id=check,
        title=check,
        severity=Severity.MEDIUM,
        basis=Basis.DERIVED,
        proves="",
        does_not_prove="",
        examine=nothing,
    )
    return Answer(
        stub, case.release.label, Outcome.UNKNOWN, (Finding.unknown(f"this engine has no check {check!r}"),)
    )
