"""What only the provider knows of the environments it builds in; a statement, so no more than its word."""

from datetime import date
from typing import Literal

import msgspec

from assay.formats import strict_json
from assay.formats.text import shown

MAX_BYTES = 4 * 1024 * 1024


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One statement. *holds*, or *covered* of *total*, says how far; *role* answers for it."""

    topic: Literal[
        "separation",
        "logging",
        "multi_factor",
        "conditional_access",
        "minimised_tools",
        "encryption",
        "monitoring",
    ]
    statement: str
    stated: date | None = None
    role: str = ""
    holds: bool | None = None
    covered: int | None = None
    """Accounts with the control."""
    total: int | None = None
    """Accounts in scope."""
    supports: tuple[str, ...] = ()
    """Names of documents that stand behind the statement."""


class EnvironmentStatement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``environment.json``, described in docs/formats/environment.md."""

    provider: str
    scope: str = ""
    facts: tuple[Fact, ...] = ()


class Document(msgspec.Struct, frozen=True):
    """A file named by digest with a description, for a person to read."""

    title: str
    description: str
    media_type: str = ""
    size: int = 0


def read(data: bytes, *, name: str) -> EnvironmentStatement:
    """Read the statement found as *name*; an unknown field, topic or a date that is not ``YYYY-MM-DD`` is refused."""
    return strict_json.decode(data, EnvironmentStatement, what=shown(name, 120), limit=MAX_BYTES)


def encode(statement: EnvironmentStatement) -> bytes:
    """The inverse of :func:`read`, for people: fields in their order, those without a value left out."""
    facts = [_said(fact) for fact in statement.facts]
    return strict_json.pretty({"provider": statement.provider, "scope": statement.scope, "facts": facts})


def _said(fact: Fact) -> dict[str, object]:
    fields = {name: getattr(fact, name) for name in fact.__struct_fields__}
    return {
        name: value for name, value in fields.items() if name == "statement" or value not in (None, "", ())
    }
