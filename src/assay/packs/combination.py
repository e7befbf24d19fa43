"""How the answers of a requirement's checks become the answer to the requirement.

1. A check that decides or refutes and is *not satisfied* contradicts the requirement, whatever the other checks say:
   false evidence is not healed by true evidence, so this holds inside ``any`` and ``at_least`` as well. A check that only
   supports and is not satisfied counts as *unknown* in its ground.
2. Of each ground, checks that are *not applicable* leave. With none left the ground leaves.
   ``all``: satisfied when all that are left are. ``any``: when one is. ``at_least``: when *count* are, which those that
   left do not lower. Otherwise unknown.
3. The requirement is satisfied when every ground that is left is, not applicable when none is left, otherwise unknown.
4. A requirement without grounds waits for a person: unknown, unless refuted.

A binding without an answer counts as unknown. Notes take no part.
"""

from collections.abc import Callable, Iterable
from typing import Literal

from assay.packs.model import Binding, Ground, Requirement, Role

Token = Literal["satisfied", "not_satisfied", "unknown", "not_applicable"]
Answers = Callable[[Binding], str]
"""The outcome token of a binding's check with the binding's parameters (a ``StrEnum`` member is fine)."""

CONTRADICT: frozenset[Role] = frozenset({"decides", "refutes"})
"""Roles in which *not satisfied* contradicts the requirement."""


def answer(requirement: Requirement, of: Answers) -> Token:
    if any(of(binding) == "not_satisfied" for binding in requirement.bindings if binding.role in CONTRADICT):
        return "not_satisfied"
    if not requirement.grounds:
        return "unknown"
    return _all(shown(ground, of) for ground in requirement.grounds)


def shown(ground: Ground, of: Answers) -> Token:
    """Whether *ground* is shown; a contradiction in it is *not_satisfied*."""
    if any(of(binding) == "not_satisfied" for binding in ground.bindings if binding.role in CONTRADICT):
        return "not_satisfied"
    answers = [of(binding) for binding in ground.bindings]
    if ground.combine == "all":
        return _all(answers)
    left = [one for one in answers if one != "not_applicable"]
    if not left:
        return "not_applicable"
    needed = ground.count if ground.combine == "at_least" else 1
    return "satisfied" if left.count("satisfied") >= needed else "unknown"


def _all(answers: Iterable[str]) -> Token:
    left = [one for one in answers if one != "not_applicable"]
    if not left:
        return "not_applicable"
    return "satisfied" if all(one == "satisfied" for one in left) else "unknown"
