"""Every cell of the table, against every relation that a caller can have to something."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import msgspec
import pytest

from assay.errors import Forbidden, Hidden, Unconfirmed
from assay.office import permission_table
from assay.office.permissions import (
    CONFIRMED_FOR,
    RULES,
    TOKEN_ACTIONS,
    Action,
    Caller,
    Role,
    Scope,
    Target,
    Visible,
    may,
    require,
    require_role,
    visible,
)

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
PAGE = (Path(__file__).parents[3] / "docs/permissions.md").read_text()

RELATIONS = {
    "a stranger's": (Target(owner="other", parties=frozenset({"third"}), account="someone"), set()),
    "the office's": (Target.office(), set()),
    "a stranger's, published": (Target(owner="other", account="someone", published=True), {"public"}),
    "its organisation's": (Target(owner="org", account="someone"), {"own", "party"}),
    "a stranger's that names it": (Target(owner="other", parties=frozenset({"third", "org"})), {"party"}),
    "its own account's": (Target(owner="other", account="me"), {"self"}),
}
"""What it is to the caller -> the words of the table that reach it, but for ``all``."""


def printed() -> dict[tuple[str, str], set[str]]:
    """(action, role) -> words in that cell, as docs/permissions.md prints it for people."""
    header, _, *rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    _, _, *roles = [cell.strip() for cell in header.strip("|").split("|")][:-1]
    return {
        (cells[0].strip("`"), role): set(re.findall(r"\w+", cell))
        for row in rows
        for cells in [[cell.strip() for cell in row.strip("|").split("|")]]
        for role, cell in zip(roles, cells[2:-1], strict=True)
    }


CELLS = printed()


def person(*roles: Role, **changed: object) -> Caller:
    caller = Caller(
        at=NOW, id="account:me", account="me", organisation="org", roles=frozenset(roles), stepped_up=NOW
    )
    return msgspec.structs.replace(caller, **changed)


def test_the_page_has_every_cell() -> None:
    assert set(CELLS) == {(action, role) for action in Action for role in Role}


@pytest.mark.parametrize("action", Action)
def test_each_cell_of_a_row(action: Action) -> None:
    for role, (relation, (target, reached)) in product(Role, RELATIONS.items()):
        caller = person(role)
        granted = CELLS[action, role] | CELLS[action, Role.PUBLIC]
        expected = bool(granted & (reached | {"all"}))
        assert may(caller, action, target) is expected, (role, relation)
        assert visible(caller, action).shows(target) is expected, (role, relation)
        if expected:
            require(caller, action, target)
        else:
            with pytest.raises(Hidden if granted else Forbidden):
                require(caller, action, target)


@pytest.mark.parametrize("action", Action)
def test_a_token_does_what_it_was_made_for_and_its_roles_may(action: Action) -> None:
    for role, (relation, (target, reached)) in product(Role, RELATIONS.items()):
        token = person(role, id="token:t", scopes=frozenset({action}), stepped_up=None)
        narrow = msgspec.structs.replace(token, scopes=frozenset(Action) - {action})
        granted = CELLS[action, role] & (reached | {"all"}) and action in TOKEN_ACTIONS
        public = CELLS[action, Role.PUBLIC] & (reached | {"all"})
        assert may(token, action, target) is bool(granted or public), (role, relation)
        assert may(narrow, action, target) is bool(public), (role, relation)


@pytest.mark.parametrize("action", Action)
def test_somebody_unknown_reaches_what_is_published_at_most(action: Action) -> None:
    nobody = Caller.public(NOW)
    seen = visible(nobody, action)
    assert seen in (Visible(), Visible(published=True))
    assert not seen.shows(Target(owner="", parties=frozenset({""}), account=""))
    assert seen.published == (action in {Action.RESULT_READ, Action.POLICY_READ})


@pytest.mark.parametrize("action", Action)
def test_an_account_without_role_is_the_public(action: Action) -> None:
    assert visible(person(), action) == visible(Caller.public(NOW), action)


def test_empty_names_never_match() -> None:
    blank = person(*Role, account="", organisation="")
    for action in set(Action):
        if Scope.ALL not in blank.scopes_of(action):
            assert not may(blank, action, Target(parties=frozenset({""})))


CONFIRMED = [action for action, rule in RULES.items() if rule.asks in ("confirmed", "another")]


@pytest.mark.parametrize("action", CONFIRMED)
@pytest.mark.parametrize(
    "since",
    [
        None,
        NOW - CONFIRMED_FOR - timedelta(microseconds=1),
        NOW + timedelta(microseconds=1),
        NOW - timedelta(days=400),
    ],
    ids=["never", "just over", "in the future", "long ago"],
)
def test_what_asks_for_confirmation_takes_a_recent_one(action: Action, since: datetime | None) -> None:
    target = Target(owner="org", account="me")
    anybody = person(*Role)
    require(msgspec.structs.replace(anybody, stepped_up=NOW - CONFIRMED_FOR), action, target)
    late = msgspec.structs.replace(anybody, stepped_up=since)
    assert may(late, action, target)
    with pytest.raises(Unconfirmed, match="counts for 10 minutes"):
        require(late, action, target)


def test_decisions_ask_for_confirmation() -> None:
    assert {
        action for action in Action if action.split(".")[0] in {"determination", "recovery", "record", "hold"}
    } <= set(CONFIRMED)
    assert {Action.RESULT_CORRECT, Action.CASE_REFER, Action.KEY_VERIFY} <= set(CONFIRMED)


def test_every_row_is_asked_for_somewhere() -> None:
    table = Path(permission_table.__file__)
    code = "".join(path.read_text() for path in table.parents[1].rglob("*.py") if path != table)
    assert [one.value for one in Action if f"Action.{one.name}" not in code] == []


@pytest.mark.parametrize("action", [Action.DETERMINATION_APPROVE, Action.RECOVERY_APPROVE])
def test_approving_takes_somebody_else(action: Action) -> None:
    caller = person(*Role)
    require(caller, action, Target(acted=frozenset({"somebody"})))
    for acted in ({"me"}, {"somebody", "me"}):
        target = Target(acted=frozenset(acted))
        assert not may(caller, action, target)
        with pytest.raises(Forbidden, match="no hand in it"):
            require(caller, action, target)
    nobody = msgspec.structs.replace(caller, account="")
    assert not may(nobody, action, Target())


def test_nothing_but_the_public_column_reaches_what_a_stranger_published() -> None:
    assert {action for action, role in CELLS if "public" in CELLS[action, role] and role != Role.PUBLIC} == {
        Action.ACCESS_REQUEST
    }


def test_roles_outside_the_authority_reach_nothing_of_everybody() -> None:
    outside = {
        Role.PROVIDER_MEMBER, Role.PROVIDER_ADMIN, Role.CI, Role.RELYING_PARTY_MEMBER, Role.ASSESSOR, Role.PUBLIC,
    }  # fmt: skip
    assert [cell for cell, words in CELLS.items() if "all" in words and cell[1] in outside] == []


def test_the_refusal_says_why() -> None:
    officer = person(Role.OFFICER)
    with pytest.raises(Forbidden, match=r"^record\.erase: not for officer$"):
        require_role(officer, Action.RECORD_ERASE)
    with pytest.raises(Forbidden, match=r"^queue\.read: not for public$"):
        require_role(Caller.public(NOW), Action.QUEUE_READ)
    token = msgspec.structs.replace(officer, scopes=frozenset({Action.CASE_READ}))
    with pytest.raises(Forbidden, match=r"^queue\.read: this token was not made for it$"):
        require_role(token, Action.QUEUE_READ)
    with pytest.raises(Forbidden, match=r"^draw\.run: takes a person, not a token$"):
        require_role(token, Action.DRAW_RUN)


def test_the_console_may_decide_but_not_approve_itself() -> None:
    console = Caller.console(NOW)
    require(console, Action.DETERMINATION_FINAL, Target(owner="org"))
    require(console, Action.ORGANISATION_MANAGE, Target.office())
    with pytest.raises(Forbidden):
        require(
            console, Action.DETERMINATION_APPROVE, Target(owner="org", acted=frozenset({console.account}))
        )
