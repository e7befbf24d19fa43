"""OpenSSF Security Insights, schema 1.x and 2.x, reduced to who takes reports and how old the file is."""

import re
from typing import Any

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import strict_yaml, times
from assay.formats.text import shown

MAX_FILE = 1024 * 1024
_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\Z")


class _Header(msgspec.Struct, frozen=True, rename="kebab"):
    schema_version: str
    last_updated: str = ""
    last_reviewed: str = ""
    expiration_date: str = ""
    """1.x only."""
    project_url: str = ""
    """1.x only."""


class _Reporting1(msgspec.Struct, frozen=True, rename="kebab"):
    accepts_vulnerability_reports: str
    email_contact: str = ""
    security_policy: str = ""


class _Contact1(msgspec.Struct, frozen=True):
    type: str
    value: str


class _Version1(msgspec.Struct, frozen=True, rename="kebab"):
    header: _Header
    vulnerability_reporting: _Reporting1
    security_contacts: tuple[_Contact1, ...] = ()


class _Contact2(msgspec.Struct, frozen=True):
    name: str = ""
    email: str = ""
    social: str = ""


class _Reporting2(msgspec.Struct, frozen=True, rename="kebab"):
    reports_accepted: str
    contact: _Contact2 | None = None
    policy: str = ""
    security_policy: str = ""
    """Its name in 2.0.0."""


class _Project2(msgspec.Struct, frozen=True, rename="kebab"):
    vulnerability_reporting: _Reporting2


class _Repository2(msgspec.Struct, frozen=True):
    url: str = ""


class _Version2(msgspec.Struct, frozen=True):
    header: _Header
    project: _Project2 | None = None
    repository: _Repository2 | None = None


class _Top(msgspec.Struct, frozen=True):
    header: _Header


class Insights(msgspec.Struct, frozen=True):
    schema_version: str
    updated: str = ""
    reviewed: str = ""
    expires: str = ""
    repository: str = ""
    accepts_reports: bool | None = None
    """None in a file that leaves this to its parent (2.x)."""
    contacts: tuple[str, ...] = ()
    policy: str = ""


def parse(data: bytes, *, what: str) -> Insights:
    value = strict_yaml.load(data, what=what, limit=MAX_FILE, scalars="text")
    header = _as(value, _Top, what).header
    version = header.schema_version
    if not _VERSION.match(version):
        raise Malformed(f"{what} has schema-version {shown(version, 40)!r}, expected three numbers")
    for name in ("last_updated", "last_reviewed", "expiration_date"):
        if getattr(header, name):
            times.parse(getattr(header, name), what=f"{what} header {name.replace('_', '-')}")
    if version.startswith("1."):
        return _version_1(_as(value, _Version1, what), what)
    if version.startswith("2."):
        return _version_2(_as(value, _Version2, what), what)
    raise Unsupported(f"{what} is Security Insights {version}, expected 1.x or 2.x")


def _as(value: Any, kind: Any, what: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {shown(str(error))}") from error


def _version_1(document: _Version1, what: str) -> Insights:
    reporting = document.vulnerability_reporting
    mail = (f"mailto:{reporting.email_contact}",) if reporting.email_contact else ()
    listed = (
        f"mailto:{item.value}" if item.type == "email" else item.value for item in document.security_contacts
    )
    header = document.header
    return Insights(
        schema_version=header.schema_version,
        updated=header.last_updated,
        reviewed=header.last_reviewed,
        expires=header.expiration_date,
        repository=header.project_url,
        accepts_reports=_truth(reporting.accepts_vulnerability_reports, what),
        contacts=tuple(dict.fromkeys((*mail, *listed))),
        policy=reporting.security_policy,
    )


def _version_2(document: _Version2, what: str) -> Insights:
    header = document.header
    base = Insights(
        schema_version=header.schema_version,
        updated=header.last_updated,
        reviewed=header.last_reviewed,
        repository=document.repository.url if document.repository else "",
    )
    if document.project is None:
        return base
    reporting = document.project.vulnerability_reporting
    contact = reporting.contact or _Contact2()
    mail = (f"mailto:{contact.email}",) if contact.email else ()
    return msgspec.structs.replace(
        base,
        accepts_reports=_truth(reporting.reports_accepted, what),
        contacts=(*mail, *((contact.social,) if contact.social else ())),
        policy=reporting.policy or reporting.security_policy,
    )


def _truth(written: str, what: str) -> bool:
    if written in {"true", "True", "TRUE"}:
        return True
    if written in {"false", "False", "FALSE"}:
        return False
    raise Malformed(
        f"{what} says {shown(written, 40)!r} whether reports are accepted, expected true or false"
    )
