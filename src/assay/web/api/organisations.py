"""Organisations, their people, tokens, CI jobs and signers: looked after by themselves and by administrators."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, RawBody
from msgspec import Meta

from assay.office.identity.ci import CI_SCOPES, add_rule, remove_rule, rules
from assay.office.identity.invite import invitations, invite, withdraw_invitation
from assay.office.identity.members import give_roles, members, restore_member, suspend_member
from assay.office.identity.organisation import Kind
from assay.office.identity.organisations import (
    add_organisation,
    let_be_named,
    let_speak_for,
    organisation,
    organisations,
    restore_organisation,
    suspend_organisation,
)
from assay.office.identity.signers import end_signer, offer_signer, signers, verify_signer
from assay.office.identity.tokens import make_service_token, revoke_token, service_tokens
from assay.office.permission_table import Role
from assay.office.permissions import Action
from assay.web.api import people
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.listing import listed_of
from assay.web.api.login import UNSEEN
from assay.web.api.own import SECRET, TokenRequest
from assay.web.api.params import After, Key, Limit
from assay.web.api.people import (
    InvitationView,
    Invited,
    MemberView,
    NewToken,
    OrganisationView,
    RuleView,
    SignerView,
    TokenView,
    View,
    new_token,
    seen,
)
from assay.web.api.routes import DOCUMENT, does, lists, reads, removes, replaces
from assay.web.api.views import Listed

TAG = "organisations"
ONE = "/organisations/{key:str}"
MEMBER = "/members/{key:str}"
Names = Annotated[tuple[str, ...], Meta(max_length=1000)]


class Adding(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    kind: Kind
    speaks_for: Names = ()


class Speaking(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    speaks_for: Names
    """Providers, as attestations name them, in the place of those before."""


class Naming(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    identifiers: Annotated[tuple[tuple[str, str], ...], Meta(max_length=1000)]
    """(scheme, value) by which customer lists name it, in the place of those before."""


class Inviting(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    mail: str
    roles: frozenset[Role]


class Given(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    roles: frozenset[Role]


class Ruling(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    issuer: str
    audience: str
    claims: dict[str, str]
    scopes: frozenset[Action] = CI_SCOPES


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_organisations(desk), *_members(desk), *_invitations(desk), *_tokens(desk), *_rules(desk), *_signers(desk)]  # fmt: skip


def _organisations(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @lists("/organisations", "Organisations that the caller may see", TAG, Action.ORGANISATION_READ, "any")
    def index(
        request: Request[Any, Any, Any], after: After = "", limit: Limit = 50
    ) -> Response[Listed[OrganisationView]]:
        found = organisations(identity, asker(request, desk).caller)
        return listed_of(
            request, OrganisationView, [seen(OrganisationView, one) for one in found], after, limit
        )

    @does("/organisations", "Add an organisation", TAG, Action.ORGANISATION_MANAGE, "office")
    def add(request: Request[Any, Any, Any], data: JSONBody[Adding]) -> OrganisationView:
        caller = asker(request, desk).caller
        return seen(
            OrganisationView, add_organisation(identity, caller, data.name, data.kind, data.speaks_for)
        )

    @reads(ONE, "One organisation", TAG, Action.ORGANISATION_READ, "organisation")
    def show(request: Request[Any, Any, Any], key: Key) -> OrganisationView:
        return seen(OrganisationView, organisation(identity, asker(request, desk).caller, key))

    @replaces(ONE + "/providers", "Say which providers it speaks for", TAG, Action.ORGANISATION_MANAGE, "organisation")  # fmt: skip
    def speaks(request: Request[Any, Any, Any], key: Key, data: JSONBody[Speaking]) -> OrganisationView:
        caller = asker(request, desk).caller
        return seen(OrganisationView, let_speak_for(identity, caller, key, data.speaks_for))

    @replaces(ONE + "/identifiers", "Say how customer lists name it", TAG, Action.ORGANISATION_MANAGE, "organisation")  # fmt: skip
    def names(request: Request[Any, Any, Any], key: Key, data: JSONBody[Naming]) -> OrganisationView:
        caller = asker(request, desk).caller
        return seen(OrganisationView, let_be_named(identity, caller, key, data.identifiers))

    @replaces(ONE + "/suspension", "Let nobody of it in", TAG, Action.ORGANISATION_MANAGE, "organisation")
    def suspend(request: Request[Any, Any, Any], key: Key) -> OrganisationView:
        return seen(OrganisationView, suspend_organisation(identity, asker(request, desk).caller, key))

    @removes(ONE + "/suspension", "Let them in again", TAG, Action.ORGANISATION_MANAGE, "organisation", status_code=200)  # fmt: skip
    def restore(request: Request[Any, Any, Any], key: Key) -> OrganisationView:
        return seen(OrganisationView, restore_organisation(identity, asker(request, desk).caller, key))

    return [index, add, show, speaks, names, suspend, restore]


def _members(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @lists(ONE + "/members", "People of an organisation", TAG, Action.MEMBER_READ, "organisation")
    def index(
        request: Request[Any, Any, Any], key: Key, after: After = "", limit: Limit = 50
    ) -> Response[Listed[MemberView]]:
        found = members(identity, asker(request, desk).caller, key)
        return listed_of(request, MemberView, [seen(MemberView, one) for one in found], after, limit)

    @replaces(MEMBER + "/roles", "Give roles in the place of those before", TAG, Action.MEMBER_MANAGE, "account")  # fmt: skip
    def give(request: Request[Any, Any, Any], key: Key, data: JSONBody[Given]) -> MemberView:
        return seen(MemberView, give_roles(identity, asker(request, desk).caller, key, data.roles))

    @replaces(MEMBER + "/suspension", "Let somebody in no more", TAG, Action.MEMBER_MANAGE, "account")
    def suspend(request: Request[Any, Any, Any], key: Key) -> MemberView:
        return seen(MemberView, suspend_member(identity, asker(request, desk).caller, key))

    @removes(MEMBER + "/suspension", "Let them in again", TAG, Action.MEMBER_MANAGE, "account", status_code=200)  # fmt: skip
    def restore(request: Request[Any, Any, Any], key: Key) -> MemberView:
        return seen(MemberView, restore_member(identity, asker(request, desk).caller, key))

    return [index, give, suspend, restore]


def _invitations(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @lists(ONE + "/invitations", "Invitations that wait to be used", TAG, Action.MEMBER_READ, "organisation")
    def index(
        request: Request[Any, Any, Any], key: Key, after: After = "", limit: Limit = 50
    ) -> Response[Listed[InvitationView]]:
        found = invitations(identity, asker(request, desk).caller, key)
        return listed_of(request, InvitationView, [seen(InvitationView, one) for one in found], after, limit)

    @does(ONE + "/invitations", "Invite somebody", TAG, Action.MEMBER_MANAGE, "organisation", opt=SECRET)
    def make(request: Request[Any, Any, Any], key: Key, data: JSONBody[Inviting]) -> Response[Invited]:
        caller = asker(request, desk).caller
        made = invite(identity, caller, key, name=data.name, mail=data.mail, roles=data.roles)
        return Response(people.invited(made, desk.url), headers=UNSEEN)

    @removes("/invitations/{key:str}", "Withdraw an invitation", TAG, Action.MEMBER_MANAGE, "account")
    def withdraw(request: Request[Any, Any, Any], key: Key) -> None:
        withdraw_invitation(identity, asker(request, desk).caller, key)

    return [index, make, withdraw]


def _tokens(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @lists(ONE + "/tokens", "Tokens that belong to an organisation", TAG, Action.TOKEN_MANAGE, "organisation")
    def index(
        request: Request[Any, Any, Any], key: Key, after: After = "", limit: Limit = 50
    ) -> Response[Listed[TokenView]]:
        found = service_tokens(identity, asker(request, desk).caller, key)
        return listed_of(request, TokenView, [seen(TokenView, one) for one in found], after, limit)

    @does(ONE + "/tokens", "Make a token for an organisation", TAG, Action.TOKEN_MANAGE, "organisation", opt=SECRET)  # fmt: skip
    def make(request: Request[Any, Any, Any], key: Key, data: JSONBody[TokenRequest]) -> Response[NewToken]:
        caller = asker(request, desk).caller
        made = make_service_token(identity, caller, key, data.name, data.scopes, data.lasting)
        return Response(new_token(made), headers=UNSEEN)

    @removes("/tokens/{key:str}", "Revoke a token", TAG, Action.TOKEN_MANAGE, "account")
    def revoke(request: Request[Any, Any, Any], key: Key) -> None:
        revoke_token(identity, asker(request, desk).caller, key)

    return [index, make, revoke]


def _rules(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @lists(
        ONE + "/ci-rules",
        "CI jobs that speak for an organisation",
        TAG,
        Action.ORGANISATION_READ,
        "organisation",
    )
    def index(
        request: Request[Any, Any, Any], key: Key, after: After = "", limit: Limit = 50
    ) -> Response[Listed[RuleView]]:
        found = rules(identity, asker(request, desk).caller, key)
        return listed_of(request, RuleView, map(people.rule, found), after, limit)

    @does(ONE + "/ci-rules", "Let CI jobs speak for an organisation", TAG, Action.CI_MANAGE, "organisation")
    def add(request: Request[Any, Any, Any], key: Key, data: JSONBody[Ruling]) -> RuleView:
        caller = asker(request, desk).caller
        made = add_rule(
            identity, caller, key, issuer=data.issuer, audience=data.audience, claims=data.claims, scopes=data.scopes
        )  # fmt: skip
        return people.rule(made)

    @removes("/ci-rules/{key:str}", "Let them speak no more", TAG, Action.CI_MANAGE, "account")
    def remove(request: Request[Any, Any, Any], key: Key) -> None:
        remove_rule(identity, asker(request, desk).caller, key)

    return [index, add, remove]


def _signers(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @lists(ONE + "/signers", "What an organisation signs with", TAG, Action.ORGANISATION_READ, "organisation")
    def index(
        request: Request[Any, Any, Any], key: Key, after: After = "", limit: Limit = 50
    ) -> Response[Listed[SignerView]]:
        found = signers(identity, asker(request, desk).caller, key)
        return listed_of(request, SignerView, map(people.signer, found), after, limit)

    @does(
        ONE + "/signers", "Offer a signer: a trust root that holds it alone", TAG, Action.KEY_REGISTER, "organisation",
        takes={"application/json": DOCUMENT},
    )  # fmt: skip
    def offer(request: Request[Any, Any, Any], key: Key, body: RawBody) -> SignerView:
        return people.signer(offer_signer(identity, asker(request, desk).caller, key, body))

    @replaces("/signers/{key:str}/verification", "Accept a signer", TAG, Action.KEY_VERIFY, "account")
    def verify(request: Request[Any, Any, Any], key: Key) -> SignerView:
        return people.signer(verify_signer(identity, asker(request, desk).caller, key))

    @removes(
        "/signers/{key:str}", "End a signer: it counts no more", TAG, (Action.KEY_REGISTER, Action.KEY_VERIFY),
        "account", status_code=200,
    )  # fmt: skip
    def end(request: Request[Any, Any, Any], key: Key) -> SignerView:
        return people.signer(end_signer(identity, asker(request, desk).caller, key))

    return [index, offer, verify, end]
