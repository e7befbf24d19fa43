"""Which VEX statement speaks of a vulnerability in a component of a product."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from assay.errors import TooLarge
from assay.evidence.model import Exhibit
from assay.evidence.subject import Relation, Subject
from assay.evidence.triage import Triage, Vex, Vulnerability

MAX_COMPARISONS = 300_000
"""Of identifiers, over all answers of one index."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Answer(msgspec.Struct, frozen=True):
    """The latest statement about the vulnerability here; else one that may mean it; else nothing."""

    statement: Triage | None = None
    exhibit: Exhibit[Vex] | None = None
    unclear: Triage | None = None
    """Names the vulnerability, and products that cannot be related to this release."""


class Index:
    """Statements by vulnerability id, so that many vulnerabilities and many statements stay cheap together."""

    def __init__(self, documents: Iterable[Exhibit[Vex]]) -> None:
        self.budget = MAX_COMPARISONS
        self.by_id: dict[str, list[tuple[Triage, Exhibit[Vex]]]] = {}
        for exhibit in documents:
            for statement in exhibit.value.statements:
                for name in dict.fromkeys(name.casefold() for name in statement.ids):
                    self.by_id.setdefault(name, []).append((statement, exhibit))

    def answer(self, vulnerability: Vulnerability, product: Subject, component: Subject | None) -> Answer:
        """The statement with the latest time wins; of equal times the one that stands later."""
        found = Answer()
        latest = _LONG_AGO
        unclear: Triage | None = None
        for name in sorted(name.casefold() for name in vulnerability.ids):
            for statement, exhibit in self.by_id.get(name, ()):
                self.budget -= len(statement.products) + len(statement.subcomponents) + 1
                if self.budget < 0:
                    raise TooLarge(
                        f"over {MAX_COMPARISONS} comparisons of vulnerabilities with VEX statements"
                    )
                relation = relate(statement, product, component)
                moment = statement.timestamp or exhibit.value.timestamp or _LONG_AGO
                if relation is Relation.SAME and moment >= latest:
                    found, latest = Answer(statement, exhibit), moment
                elif relation is Relation.UNCLEAR:
                    unclear = statement
        return found if found.statement else Answer(unclear=unclear)


def relate(statement: Triage, product: Subject, component: Subject | None) -> Relation:
    """A statement fits when it is about the product (and, if it names subcomponents, about this one) or the component itself."""
    about_product = _any(statement.products, product)
    if about_product is Relation.SAME:
        if not statement.subcomponents:
            return Relation.SAME
        return _any(statement.subcomponents, component) if component else Relation.SAME
    about_component = _any(statement.products, component) if component else Relation.OTHER
    if about_component is Relation.SAME and not statement.subcomponents:
        return Relation.SAME
    unclear = Relation.UNCLEAR in {about_product, about_component} or not statement.products
    return Relation.UNCLEAR if unclear else Relation.OTHER


def _any(identifiers: Iterable[str], subject: Subject) -> Relation:
    """SAME if one identifier is. OTHER where identifiers that can be told speak against it, at least as many as cannot:
    each product comes with one that can (a purl beside its bom-ref), or its statement is unclear."""
    relations = [subject.relation(identifier) for identifier in identifiers]
    if Relation.SAME in relations:
        return Relation.SAME
    others = relations.count(Relation.OTHER)
    return Relation.OTHER if others and others >= relations.count(Relation.UNCLEAR) else Relation.UNCLEAR
