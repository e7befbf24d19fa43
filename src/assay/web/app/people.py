"""Organisations, their people, invitations, tokens and signers; and accounts that lost their keys."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody
from litestar.response import Redirect

from assay.errors import Malformed
from assay.office.identity.ci import CI_SCOPES, add_rule, remove_rule, rules
from assay.office.identity.invite import Invited, address, invitations, invite, withdraw_invitation
from assay.office.identity.members import give_roles, members, restore_member, suspend_member
from assay.office.identity.organisation import ROLES, SERVICE_ROLE, Kind
from assay.office.identity.organisations import (
    add_organisation,
    let_be_named,
    let_speak_for,
    organisation,
    organisations,
    restore_organisation,
    suspend_organisation,
)
from assay.office.identity.recovery import (
    approve_recovery,
    recoveries,
    refuse_recovery,
    start_recovery,
    whose,
)
from assay.office.identity.signers import end_signer, offer_signer, record_of, signers, verify_signer
from assay.office.identity.tokens import make_service_token, reachable, revoke_token, service_tokens
from assay.office.permission_table import Role
from assay.office.permissions import Action, Caller, Target, may, require_role
from assay.web.api.desk import Desk
from assay.web.api.params import Key
from assay.web.api.routes import On, What
from assay.web.app.coming import scopes_of, worded
from assay.web.app.forms import Form, entered
from assay.web.app.shell import came, shown
from assay.web.app.ways import form, page

ALL = "/organisations"
ONE = ALL + "/{key:str}"
Act = Callable[[Caller, str, Form], object]


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_pages(desk), *_making(desk), *_acts(desk)]


def _pages(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @page(ALL, Action.ORGANISATION_READ, "any")
    def index(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        caller = who.caller
        require_role(caller, Action.ORGANISATION_READ)
        found = organisations(identity, caller)
        able = bool(caller.scopes_of(Action.ORGANISATION_MANAGE))
        waiting = recoveries(identity, caller) if caller.scopes_of(Action.RECOVERY_APPROVE) else ()
        return shown(
            desk, who, "app/organisations.html", here=ALL, organisations=found, able=able, kinds=list(Kind), waiting=waiting,
            accounts=whose(identity, caller, waiting) if waiting else {}, names={one.id: one.name for one in found},
        )  # fmt: skip

    @page(ONE, Action.ORGANISATION_READ, "organisation")
    def show(request: Request[Any, Any, Any], key: Key) -> Response[bytes]:
        who = came(request, desk)
        caller = who.caller
        one = organisation(identity, caller, key)
        target = Target(owner=one.id)
        can = frozenset(action for action in Action if may(caller, action, target))
        offered = signers(identity, caller, key)
        return shown(
            desk, who, "app/organisation.html", here=ALL, url=desk.url, o=one, can=can, roles=sorted(ROLES[one.kind]),
            members=members(identity, caller, key) if Action.MEMBER_READ in can else (),
            invited=invitations(identity, caller, key) if Action.MEMBER_READ in can else (),
            signers=offered, records={signer.id: record_of(signer) for signer in offered}, rules=rules(identity, caller, key),
            issuers=identity.issuers.read, ci_scopes=worded(sorted(CI_SCOPES)),
            tokens=service_tokens(identity, caller, key) if Action.TOKEN_MANAGE in can and caller.confirmed else None,
            scopes=worded(reachable(frozenset({SERVICE_ROLE[one.kind]}))),
        )  # fmt: skip

    return [index, show]


def _making(desk: Desk) -> list[HTTPRouteHandler]:
    """What shows a secret, once; and what makes something of which the address is not known before."""
    identity = desk.identity

    @form(ALL, Action.ORGANISATION_MANAGE, "office")
    def add(request: Request[Any, Any, Any], body: RawBody) -> Redirect:
        form = entered(request, desk, body)
        kind = next((one for one in Kind if one == form.text("kind")), None)
        if kind is None:
            raise Malformed(f"kind is {form.text('kind')[:40]!r}, expected one of {', '.join(Kind)}")
        made = add_organisation(identity, form.who.caller, form.text("name"), kind, form.lines("speaks_for"))
        return Redirect(f"{ALL}/{made.id}", status_code=303)

    @form(ONE + "/invitations", Action.MEMBER_MANAGE, "organisation", status_code=200)
    def invites(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Response[bytes]:
        form = entered(request, desk, body)
        made = invite(
            identity, form.who.caller, key, name=form.text("name"), mail=form.text("mail"), roles=_roles(form)
        )
        return link(desk, form, made, f"{ALL}/{key}")

    @form(ONE + "/tokens", Action.TOKEN_MANAGE, "organisation", status_code=200)
    def token(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Response[bytes]:
        form = entered(request, desk, body)
        lasting = timedelta(days=form.number("days"))
        made = make_service_token(identity, form.who.caller, key, form.text("name"), scopes_of(form), lasting)
        return shown(
            desk, form.who, "app/secret.html", title="The new token", value=made.text, back=f"{ALL}/{key}#tokens",
            text="It belongs to the organisation. The office keeps only its digest.",
        )  # fmt: skip

    @form("/recoveries/{key:str}/approval", Action.RECOVERY_APPROVE, "thing", status_code=200)
    def approval(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Response[bytes]:
        form = entered(request, desk, body)
        return link(desk, form, approve_recovery(identity, form.who.caller, key), ALL)

    return [add, invites, token, approval]


def _acts(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity
    acts: tuple[tuple[str, What, On, Act], ...] = (
        (ONE + "/providers", Action.ORGANISATION_MANAGE, "organisation", lambda who, key, given: let_speak_for(
            identity, who, key, given.lines("speaks_for")
        )),
        (ONE + "/identifiers", Action.ORGANISATION_MANAGE, "organisation", lambda who, key, given: let_be_named(
            identity, who, key, _pairs(given, "identifiers", "identifier", "scheme=value")
        )),
        (ONE + "/suspend", Action.ORGANISATION_MANAGE, "organisation", lambda who, key, _: suspend_organisation(identity, who, key)),
        (ONE + "/restore", Action.ORGANISATION_MANAGE, "organisation", lambda who, key, _: restore_organisation(identity, who, key)),
        (ONE + "/signers", Action.KEY_REGISTER, "organisation", lambda who, key, given: offer_signer(
            identity, who, key, given.text("record").encode()
        )),
        ("/signers/{key:str}/verify", Action.KEY_VERIFY, "account", lambda who, key, _: verify_signer(identity, who, key)),
        ("/signers/{key:str}/end", (Action.KEY_REGISTER, Action.KEY_VERIFY), "account", lambda who, key, _: end_signer(identity, who, key)),
        (ONE + "/ci-rules", Action.CI_MANAGE, "organisation", _lets_jobs(desk)),
        ("/ci-rules/{key:str}/remove", Action.CI_MANAGE, "account", lambda who, key, _: remove_rule(identity, who, key)),
        ("/tokens/{key:str}/revoke", Action.TOKEN_MANAGE, "account", lambda who, key, _: revoke_token(identity, who, key)),
        ("/invitations/{key:str}/withdraw", Action.MEMBER_MANAGE, "account", lambda who, key, _: withdraw_invitation(identity, who, key)),
        ("/members/{key:str}/roles", Action.MEMBER_MANAGE, "account", lambda who, key, given: give_roles(identity, who, key, _roles(given))),
        ("/members/{key:str}/suspend", Action.MEMBER_MANAGE, "account", lambda who, key, _: suspend_member(identity, who, key)),
        ("/members/{key:str}/restore", Action.MEMBER_MANAGE, "account", lambda who, key, _: restore_member(identity, who, key)),
        ("/members/{key:str}/recover", Action.RECOVERY_START, "account", lambda who, key, given: start_recovery(
            identity, who, key, given.text("reason")
        )),
        ("/recoveries/{key:str}/refusal", Action.RECOVERY_APPROVE, "thing", lambda who, key, _: refuse_recovery(identity, who, key)),
    )  # fmt: skip
    return [_does(desk, *one) for one in acts]


def _does(desk: Desk, path: str, action: What, on: On, act: Act) -> HTTPRouteHandler:
    def handle(request: Request[Any, Any, Any], key: Key, body: RawBody) -> Redirect:
        given = entered(request, desk, body)
        act(given.who.caller, key, given)
        back = given.text("organisation")
        return Redirect(f"{ALL}/{back}" if back.isascii() and back.replace("-", "").replace("_", "").isalnum() else ALL, status_code=303)  # fmt: skip

    return form(path, action, on)(handle)


def _lets_jobs(desk: Desk) -> Act:
    def lets(caller: Caller, key: str, given: Form) -> object:
        return add_rule(
            desk.identity, caller, key, issuer=given.text("issuer"), audience=given.text("audience"),
            claims=dict(_pairs(given, "claims", "claim", "name=value")), scopes=scopes_of(given),
        )  # fmt: skip

    return lets


def _pairs(given: Form, field: str, what: str, expected: str) -> list[tuple[str, str]]:
    """Lines of *field*, each split at its first ``=``."""
    pairs = [
        (name.strip(), sign, value.strip())
        for name, sign, value in (line.partition("=") for line in given.lines(field))
    ]
    if bad := next((name for name, sign, value in pairs if not (sign and name and value)), None):
        raise Malformed(f"the {what} {bad[:40]!r} has no value, expected {expected}")
    return [(name, value) for name, _, value in pairs]


def link(desk: Desk, form: Form, made: Invited, back: str) -> Response[bytes]:
    until = f"{made.invitation.expires:%Y-%m-%d %H:%M} UTC"
    return shown(
        desk, form.who, "app/secret.html", title="A link to enrol", value=address(desk.url, made.link), back=back,
        text=f"Give it to the person by a way that only they read. It works once, until {until}.",
    )  # fmt: skip


def _roles(form: Form) -> frozenset[Role]:
    said = [name.removeprefix("role:") for name in form.values if name.startswith("role:")]
    try:
        return frozenset(map(Role, said))
    except ValueError as error:
        raise Malformed(f"no role is called so: {error}") from error
