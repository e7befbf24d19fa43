"""What the provider tells people who found a vulnerability."""

from datetime import datetime

import msgspec

from assay.errors import Unsupported
from assay.formats import security_insights, security_md, security_txt, times
from assay.formats.security_md import DisclosurePolicy
from assay.formats.security_txt import SecurityTxt
from assay.formats.text import shown

__all__ = ["DisclosurePolicy", "SecurityInsights", "SecurityTxt", "read"]


class SecurityInsights(msgspec.Struct, frozen=True):
    """OpenSSF Security Insights 1.x and 2.x."""

    schema_version: str
    updated: datetime | None = None
    reviewed: datetime | None = None
    expires: datetime | None = None
    repository: str = ""
    accepts_reports: bool | None = None
    contacts: tuple[str, ...] = ()
    policy: str = ""


def read(data: bytes, *, name: str) -> DisclosurePolicy | SecurityTxt | SecurityInsights:
    """Read a policy file as what its name says it is."""
    base = name.rpartition("/")[2].lower()
    if base == "security.txt":
        return security_txt.parse(data, what=name)
    if base in {"security-insights.yml", "security-insights.yaml"}:
        return _insights(security_insights.parse(data, what=name))
    if base.endswith((".md", ".rst", ".adoc", ".txt", ".markdown")) or "." not in base:
        return security_md.parse(data, what=name)
    raise Unsupported(
        f"{shown(name, 80)} is not a policy by its name: expected security.txt, security-insights.yml or SECURITY.md"
    )


def _insights(file: security_insights.Insights) -> SecurityInsights:
    return SecurityInsights(
        schema_version=file.schema_version,
        updated=_moment(file.updated),
        reviewed=_moment(file.reviewed),
        expires=_moment(file.expires),
        repository=file.repository,
        accepts_reports=file.accepts_reports,
        contacts=file.contacts,
        policy=file.policy,
    )


def _moment(written: str) -> datetime | None:
    return times.parse(written, what="date") if written else None
