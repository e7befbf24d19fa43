"""What a provider keeps up beside due process, as entries: its customer list, its milestones, and its wish for more time.

The entry is of the kind of responses and says no more than they do, so that nobody outside can tell them apart. From the
documents a case that is behind its register gets back what it lacks.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from assay.errors import Malformed
from assay.formats.case_documents import Change, parse
from assay.formats.digest import Digest
from assay.office.case import Case, MoreTime
from assay.office.service import Act, Service, act, put
from assay.register.leaf import Kind

FORMAT = b'"format":"urn:assay:change:1"'
"""In canonical JSON no text of a provider's can hold this: its quotes would be escaped."""


Naming = Callable[[Case, Digest], tuple[str, ...]]
"""Whom a case names once a list of customers takes the place of its newest."""


class Recorded(msgspec.Struct, frozen=True):
    """A change as the register has it."""

    entry: int
    change: Change


def record(service: Service, case: Case, change: Change, actor: str, now: datetime, **changes: Any) -> Case:
    """*case* with *changes*, and the entry that says so, in one transaction. Refused when the case has moved meanwhile."""
    # A crash before the entry leaves a document that nothing names.
    done = Act(kind=Kind.RESPONSE, document=put(service, change), actor=actor)
    return act(service, case, done, now, **changes)


def read(data: bytes) -> Change | None:
    """None for another document of a case."""
    return parse(data, Change) if FORMAT in data else None


def lacking(case: Case, recorded: Sequence[Recorded]) -> list[Recorded]:
    """Those that *case* does not know of."""
    return [one for one in recorded if one.entry not in case.entries]


def caught_up(case: Case, recorded: Sequence[Recorded], naming: Naming, moved: int) -> Case:
    """*case* with those of *recorded* that it lacks, in their order; itself when it has all.

    A wish for more time stays out where a step of the case follows it, of which *moved* is the entry of the newest: that may
    have decided it.
    """
    new = lacking(case, recorded)
    after = case
    for one in new:
        changes = {} if overtaken(one, moved) else _changes(after, one.change)
        after = msgspec.structs.replace(after, entries=tuple(sorted((*after.entries, one.entry))), **changes)
    if after.customer_lists != case.customer_lists:
        after = msgspec.structs.replace(after, parties=naming(case, after.customer_lists[-1]))
    return msgspec.structs.replace(after, revision=case.revision + 1) if new else case


def overtaken(one: Recorded, moved: int) -> bool:
    """Whether it is a wish for more time that the step in entry *moved* follows."""
    return one.change.kind == "more_time" and one.entry < moved


def _changes(case: Case, change: Change) -> dict[str, Any]:
    supplied = dict.fromkeys((*case.supplied, *map(Digest.parse, change.artifacts)))
    match change.kind:
        case "customers":
            if change.customers is None:
                raise Malformed("a change of customers names no list")
            return {"customer_lists": (*case.customer_lists, Digest.parse(change.customers))}
        case "more_time":
            wish = MoreTime(days=change.days, reason=change.text, made=change.made, by=case.organisation)
            return {"more_time": wish, "waits": "officer"} if case.deadline is not None else {}
        case "milestone":
            met = change.met and change.milestone is not None and change.milestone not in case.met
            return {
                "supplied": tuple(supplied),
                "met": (*case.met, change.milestone) if met else case.met,
            }
