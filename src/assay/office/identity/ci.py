"""Which CI jobs speak for an organisation, and the short-lived tokens that they get for their identity tokens."""

from collections.abc import Mapping

import msgspec

from assay.errors import Malformed, Refused, Untrusted
from assay.formats.text import shown
from assay.office.identity import checked, look
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Kind, Organisation, Status
from assay.office.identity.ports import Claims, Reading
from assay.office.identity.token import ApiToken, OidcRule, Spent
from assay.office.identity.tokens import MadeToken, end_token, make_token
from assay.office.identity.trail import Event
from assay.office.identity.words import identifier, key, unauthenticated
from assay.office.permission_table import RULES, Role
from assay.office.permissions import Action, Caller, Target, hidden, require

NAMING = frozenset({"repository", "repository_id", "project_path", "project_id", "sub"})
"""Claims that name one project. A rule without any of them would let in whoever uses the issuer."""
MAX_CLAIMS = 16
MAX_RULES = 100
CI_SCOPES = frozenset(action for action, rule in RULES.items() if Role.CI in rule.grants and not rule.asks)


def add_rule(
    identity: Identity,
    caller: Caller,
    organisation: str,
    *,
    issuer: str,
    audience: str,
    claims: Mapping[str, str],
    scopes: frozenset[Action] = CI_SCOPES,
) -> OidcRule:
    """From then on a token of *issuer* for *audience* whose claims are all as said is good for *scopes*.

    Refused for an issuer or audience of which no token is read here, so that the rule would never match.
    """
    _check(issuer, audience, claims, scopes)
    with identity.identities.change() as rows:
        where = look.organisation(rows, caller, Action.CI_MANAGE, organisation)
        if where.kind is not Kind.PROVIDER:
            raise Refused(f"CI jobs speak for providers, not for an organisation of kind {where.kind}")
        if len(rows.find(OidcRule, organisation=where.id)) >= MAX_RULES:
            raise Refused(f"the organisation has {MAX_RULES} rules already")
        _read(identity.issuers.read, issuer, audience)
        made = OidcRule(
            id=identifier(identity.entropy),
            organisation=where.id,
            issuer=issuer,
            audience=audience,
            claims=tuple(sorted(claims.items())),
            scopes=checked.scopes(scopes),
            made=identity.clock.now(),
            made_by=caller.id,
        )
        rows.add(made)
        rows.note(_event(identity, caller.id, "ci.rule_added", made))
    return made


def rules(identity: Identity, caller: Caller, organisation: str) -> tuple[OidcRule, ...]:
    with identity.identities.read() as rows:
        where = look.organisation(rows, caller, Action.ORGANISATION_READ, organisation)
        return rows.find(OidcRule, organisation=where.id)


def remove_rule(identity: Identity, caller: Caller, rule: str) -> None:
    """The tokens that were given by it end too."""
    with identity.identities.change() as rows:
        found = rows.get(OidcRule, rule)
        if found is None:
            raise hidden()
        require(caller, Action.CI_MANAGE, Target(owner=found.organisation))
        rows.take(OidcRule, rule)
        for token in rows.find(ApiToken, rule=rule):
            end_token(rows, token, identity.clock.now())
        rows.note(_event(identity, caller.id, "ci.rule_removed", found))


def exchange(identity: Identity, token: str, *, organisation: str = "") -> MadeToken:
    """A short-lived API token for a CI job's identity token, which is good once.

    *organisation* says for whom, where rules of several match. Unauthenticated, whatever was wrong with the token; Unavailable
    when its issuer's keys are not to be had.
    """
    now = identity.clock.now()
    try:
        claims = identity.issuers.verify(token, now)
    except (Malformed, Untrusted) as error:
        raise unauthenticated() from error
    with identity.identities.change() as rows:
        rule = _rule(rows, claims, organisation)
        spent = Spent(
            id=key(f"{claims.issuer} {claims.id or token}"),
            expires=claims.expires + identity.limits.challenge,
        )
        if rows.get(Spent, spent.id) is not None:
            raise unauthenticated()
        rows.add(spent)
        asker = Caller(at=now, id=f"oidc:{rule.id}", organisation=rule.organisation)
        made = make_token(
            identity, asker, name="CI job", organisation=rule.organisation, account="",
            scopes=rule.scopes, lasting=identity.limits.ci_token,
        )  # fmt: skip
        made = msgspec.structs.replace(made, token=msgspec.structs.replace(made.token, rule=rule.id))
        rows.add(made.token)
        rows.note(_event(identity, asker.id, "ci.token_given", rule, made.token.id))
    return made


def _rule(rows: Reading, claims: Claims, organisation: str) -> OidcRule:
    """The one that matches. With several of one organisation the first; of several organisations none."""
    found = [
        rule
        for rule in rows.find(OidcRule, issuer=claims.issuer)
        if rule.audience in claims.audiences
        and all(claims.values.get(name) == value for name, value in rule.claims)
        and organisation in ("", rule.organisation)
    ]
    if len({rule.organisation for rule in found}) != 1:
        raise unauthenticated()
    where = rows.get(Organisation, found[0].organisation)
    if where is None or where.status is not Status.ACTIVE:
        raise unauthenticated()
    return found[0]


def _check(issuer: str, audience: str, claims: Mapping[str, str], scopes: frozenset[Action]) -> None:
    checked.name(issuer, what="issuer")
    checked.name(audience, what="audience")
    if len(claims) > MAX_CLAIMS:
        raise Malformed(f"{len(claims)} claims, over {MAX_CLAIMS}")
    for name, value in claims.items():
        checked.name(name, what="name of the claim")
        checked.name(value, what=f"claim {name}")
    if not NAMING & set(claims):
        raise Refused(f"the claims name no project, expected one of {', '.join(sorted(NAMING))}")
    if beyond := sorted(scopes - CI_SCOPES):
        raise Refused(f"{', '.join(beyond)}: beyond {Role.CI}")


def _read(read: Mapping[str, tuple[str, ...]], issuer: str, audience: str) -> None:
    if issuer not in read:
        known = ", ".join(sorted(read)) or "none, which the office's settings say"
        raise Refused(f"tokens of {shown(issuer, 200)} are not read here; issuers, to the letter: {known}")
    if audience not in read[issuer]:
        raise Refused(
            f"tokens for {shown(audience, 200)} are not read here, those of {issuer} may be for {', '.join(read[issuer])}"
        )


def _event(identity: Identity, actor: str, action: str, rule: OidcRule, detail: str = "") -> Event:
    return Event(
        at=identity.clock.now(),
        actor=actor,
        action=action,
        organisation=rule.organisation,
        subject=rule.id,
        detail=detail,
    )
