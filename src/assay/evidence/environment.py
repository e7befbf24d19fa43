"""What only the provider knows of the environments it builds in; a statement, so no more than its word."""

from datetime import date
from typing import Literal

import msgspec


class Fact(msgspec.Struct, frozen=True):
    """One statement. *holds* or *share* says how far; *role* answers for it; *supports* are digests of what stands behind."""

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


class EnvironmentStatement(msgspec.Struct, frozen=True):
    provider: str
    scope: str = ""
    facts: tuple[Fact, ...] = ()


class Document(msgspec.Struct, frozen=True):
    """A file named by digest with a description, for a person to read."""

    title: str
    description: str
    media_type: str = ""
    size: int = 0
