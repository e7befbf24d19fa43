"""Text that people type in, accepted in a form that is safe to show and to compare."""

import re
from collections.abc import Iterable

from assay.errors import Malformed, Refused
from assay.formats.text import shown
from assay.office.identity.organisation import ROLES, Kind
from assay.office.permission_table import Action, Role
from assay.office.permissions import TOKEN_ACTIONS

MAX_NAME = 200
MAX_MAIL = 254
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def name(text: str, *, what: str) -> str:
    if not 1 <= len(text) <= MAX_NAME or not text.isprintable() or text != text.strip():
        raise Malformed(f"{what} {shown(text, 40)!r}: expected 1 to {MAX_NAME} printable characters")
    return text


def mail(text: str) -> str:
    if len(text) > MAX_MAIL or not text.isprintable() or not _MAIL.fullmatch(text):
        raise Malformed(f"mail address {shown(text, 40)!r}: expected somebody@a.domain")
    return text


def roles(given: Iterable[Role], kind: Kind) -> frozenset[Role]:
    """Some of those that people have in an organisation of that kind."""
    found = frozenset(given)
    if not found:
        raise Refused(f"no role given, expected some of {_listed(ROLES[kind])}")
    if found - ROLES[kind]:
        raise Refused(
            f"{_listed(found - ROLES[kind])} is no role in an organisation of kind {kind}, expected some of {_listed(ROLES[kind])}"
        )
    return found


def scopes(given: Iterable[Action]) -> frozenset[Action]:
    """Some of those that a token can be made for."""
    found = frozenset(given)
    if not found:
        raise Refused("no scope given, expected some of the actions that a token can be made for")
    if found - TOKEN_ACTIONS:
        raise Refused(f"{_listed(found - TOKEN_ACTIONS)}: takes a person, no token can be made for it")
    return found


def _listed(words: Iterable[Role | Action]) -> str:
    return ", ".join(sorted(words))
