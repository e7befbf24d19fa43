"""All completeness rules, and what they miss in a submission. All of them run, always."""

from collections.abc import Iterator

from assay.checks.completeness import (
    c01_kind,
    c02_type,
    c03_products,
    c04_scope,
    c05_excluded,
    c06_producer,
    c07_items,
    c08_notify,
    c09_sign_off,
    c10_signature,
    c11_assessment,
    c12_artifacts,
    c13_extension,
    c14_revision,
    c15_package,
    c16_schema,
    c17_not_duplicate,
)
from assay.checks.completeness.model import Missing, Rule, Submission

MAX_REASONS = 50
"""Per rule; what is cut off is counted."""

RULES: tuple[Rule, ...] = (
    c01_kind.RULE,
    c02_type.RULE,
    c03_products.RULE,
    c04_scope.RULE,
    c05_excluded.RULE,
    c06_producer.RULE,
    c07_items.RULE,
    c08_notify.RULE,
    c09_sign_off.RULE,
    c10_signature.RULE,
    c11_assessment.RULE,
    c12_artifacts.RULE,
    c13_extension.RULE,
    c14_revision.RULE,
    c15_package.RULE,
    c16_schema.RULE,
    c17_not_duplicate.RULE,
)


def missing(submission: Submission) -> tuple[Missing, ...]:
    """Everything that is missing, in the order of the rules; empty when the submission is complete."""
    return tuple(item for rule in RULES for item in _of(rule, submission))


def _of(rule: Rule, submission: Submission) -> Iterator[Missing]:
    more = 0
    for number, reason in enumerate(rule.examine(submission)):
        if number < MAX_REASONS:
            yield Missing(rule.id, reason, rule.remedy)
        else:
            more += 1
    if more:
        yield Missing(rule.id, f"and {more} more like these", rule.remedy)
