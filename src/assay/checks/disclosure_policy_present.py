"""No way for a finder of a vulnerability to tell the provider, or a policy that is only a template."""

import re
from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.policy import DisclosurePolicy, SecurityInsights, SecurityTxt
from assay.formats.text import shown

_RESERVED = re.compile(r"(?:@|//)(?:[a-z0-9-]+\.)*example\.(?:com|net|org)\b", re.IGNORECASE)
"""Names nobody can register (RFC 2606 section 3): left over from a sample."""


def examine(case: Case) -> Iterator[Finding]:
    found = False
    for policy in case.of(DisclosurePolicy):
        found = True
        yield _prose(policy, case.number("min_words"))
    for file in case.of(SecurityTxt):
        found = True
        yield _contacts(file.value.contacts, file)
    for insights in case.of(SecurityInsights):
        if insights.value.accepts_reports is not None:
            found = True
            yield _insights(insights)
    if not found:
        yield Finding.unknown(
            "there is no readable SECURITY.md, security.txt or security-insights.yml among the artifacts"
        )


def _prose(policy: Exhibit[DisclosurePolicy], least: int) -> Finding:
    value, name = policy.value, policy.source.name
    if value.placeholder:
        return Finding.against(
            f"{name} is an unfilled template: {shown(value.placeholder, 80)!r}",
            policy,
            remedy="say how to report a vulnerability",
        )
    if value.words == 0:
        return Finding.against(f"{name} has no words", policy, remedy="say how to report a vulnerability")
    if value.words < least:
        return Finding.unknown(
            f"{name} has {value.words} words, at least {least} expected of a policy", policy
        )
    if not value.mentions_reporting:
        return Finding.unknown(
            f"{name} does not mention reporting a vulnerability in words known here", policy
        )
    if value.mentions_private_channel and not _real(value.contacts):
        return Finding.supports(f"{name} names the forge's private reporting", policy)
    if value.contacts:
        return _contacts(value.contacts, policy)
    return Finding.unknown(
        f"{name} has no address that could be recognised", policy, remedy="add an address or link for reports"
    )


def _contacts(
    contacts: tuple[str, ...],
    exhibit: Exhibit[DisclosurePolicy] | Exhibit[SecurityTxt] | Exhibit[SecurityInsights],
) -> Finding:
    real = _real(contacts)
    if not real:
        return Finding.against(
            f"{exhibit.source.name} gives only {shown(contacts[0], 80)}, an address reserved for examples",
            exhibit,
            remedy="give an address that somebody reads",
        )
    return Finding.supports(f"{exhibit.source.name} says where to report: {shown(real[0], 80)}", exhibit)


def _real(contacts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(contact for contact in contacts if not _RESERVED.search(contact))


def _insights(insights: Exhibit[SecurityInsights]) -> Finding:
    value, name = insights.value, insights.source.name
    if not value.accepts_reports:
        return Finding.against(f"{name} says that vulnerability reports are not accepted", insights)
    where = (*value.contacts, *((value.policy,) if value.policy else ()))
    if where:
        return _contacts(where, insights)
    return Finding.unknown(f"{name} accepts reports and says neither where nor under which policy", insights)


CHECK = Check(
    id="disclosure-policy-present",
    title="there is a disclosure policy that says where to report",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    also=(DisclosurePolicy, SecurityTxt, SecurityInsights),
    proves="a well-formed policy names an address or channel for reports of vulnerabilities",
    does_not_prove="that anybody reads or answers reports",
    parameters={"min_words": 20},
    examine=examine,
)
