"""What the provider tells people who found a vulnerability."""

from datetime import datetime

import msgspec


class DisclosurePolicy(msgspec.Struct, frozen=True):
    """SECURITY.md: prose, so only what can be seen in it."""

    contacts: tuple[str, ...]
    """mailto:, https: and tel: addresses found in the text."""
    words: int
    sections: tuple[str, ...] = ()
    mentions_reporting: bool = False
    mentions_time: bool = False
    """Says when a reporter hears back."""
    mentions_supported: bool = False


class SecurityTxt(msgspec.Struct, frozen=True):
    """security.txt, RFC 9116."""

    contacts: tuple[str, ...]
    expires: datetime
    policy: tuple[str, ...] = ()
    encryption: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    signed: bool = False


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
