"""Everybody who may come to an office, and for each route of its API a request that it grants to whoever may."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from tests.support import services
from tests.support.authenticator import b64url
from tests.support.desks import ASSESSOR_ORG, HOMES, OTHER_ORG, World
from tests.support.services import CUSTOMER_ORG, PROVIDER_ORG

from assay.formats.digest import Digest
from assay.formats.upload_headers import PARTIAL, encode_digest
from assay.office.accesses import Access, Grant, GrantState
from assay.office.determine import Decision, decide_final
from assay.office.identity.account import Account, Invitation, Passkey, Recovery, Session
from assay.office.identity.organisation import SERVICE_ROLE, Kind, Organisation, Signer
from assay.office.identity.token import ApiToken, OidcRule
from assay.office.identity.tokens import make_token
from assay.office.permission_table import Role
from assay.office.permissions import TOKEN_ACTIONS, Action, Caller, Target, Visible
from assay.office.subscription import Subscription
from assay.office.uploads import Upload, UploadLimits
from assay.web.api.routes import Open, What
from assay.web.app.portfolio import FOLLOWS

STRANGERS: Mapping[Kind, str] = {
    Kind.PROVIDER: OTHER_ORG,
    Kind.RELYING_PARTY: "org-other-harbour",
    Kind.ASSESSOR: "org-other-assessor",
}


class Scene:
    """An office with a case that is under response, a published one, and people of every role, here and elsewhere."""

    def __init__(self) -> None:
        self.world = World()
        with self.world.identity.identities.change() as rows:
            for kind in (Kind.RELYING_PARTY, Kind.ASSESSOR):
                rows.add(Organisation(id=STRANGERS[kind], name=f"Other {kind}", kind=kind))
        service = self.world.service
        self.case = services.submitted(service, 1, services.contradicted).payload.value
        self.planned = services.submitted(service, 3, services.planned).payload.value
        self.other = services.submitted(service, 2, services.contradicted).payload.value
        services.tick(service, timedelta(days=31))
        other = Digest.of("sha256", self.other)
        decide_final(
            service, services.officer(service), other, Decision(revision=service.case(other).revision)
        )
        services.tick(service)


class Who(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    caller: Caller
    headers: Mapping[str, str]


def everybody(scene: Scene, action: What) -> Iterator[Who]:
    yield Who(name="anonymous", caller=Caller.public(scene.world.service.now()), headers={})
    for role, home in HOMES.items():
        for name, where in ((role, home), (f"{role} elsewhere", _elsewhere(scene, home))):
            if where:
                yield from _person(scene, role, name, where, action)
    yield from _tokens(scene, PROVIDER_ORG, "ci", action)
    yield from _tokens(scene, OTHER_ORG, "ci elsewhere", action)
    yield from _tokens(scene, CUSTOMER_ORG, "token of a customer", action)
    yield from _tokens(scene, ASSESSOR_ORG, "token of an assessor", action)


def _elsewhere(scene: Scene, home: str) -> str:
    with scene.world.identity.identities.read() as rows:
        found = rows.get(Organisation, home)
    assert found is not None
    return STRANGERS.get(found.kind, "")


def _person(scene: Scene, role: Role, name: str, where: str, action: What) -> Iterator[Who]:
    world = scene.world
    now = world.service.now()
    account = f"{role}-{where}"
    headers = world.person(role, organisation=where)
    caller = Caller(
        at=now, id=f"account:{account}", account=account, organisation=where, roles=frozenset({role}), stepped_up=now,
    )  # fmt: skip
    yield Who(name=name, caller=caller, headers=headers)
    hasty = msgspec.structs.replace(caller, stepped_up=None)
    yield Who(
        name=f"{name}, unconfirmed", caller=hasty, headers=world.person(role, organisation=where, confirmed=False)
    )  # fmt: skip


def _tokens(scene: Scene, where: str, name: str, action: What) -> Iterator[Who]:
    fitting = frozenset(() if isinstance(action, Open) else one_or_some(action)) & TOKEN_ACTIONS
    for scopes, suffix in ((fitting, "for it"), (TOKEN_ACTIONS - fitting, "for something else")):
        if scopes:
            yield _token(scene, where, f"{name} {suffix}", frozenset(scopes))


def reader_of_feeds(scene: Scene) -> Who:
    """With the token that the page of changes makes."""
    return _token(scene, CUSTOMER_ORG, "reader of feeds", FOLLOWS)


def one_or_some(action: Action | tuple[Action, ...]) -> tuple[Action, ...]:
    return (action,) if isinstance(action, Action) else action


def _token(scene: Scene, where: str, name: str, scopes: frozenset[Action]) -> Who:
    identity = scene.world.identity
    now = scene.world.service.now()
    with identity.identities.change() as rows:
        found = rows.get(Organisation, where)
        assert found is not None
        made = make_token(
            identity, Caller.console(now), name="test", organisation=where, account="", scopes=scopes,
            lasting=timedelta(days=1),
        )  # fmt: skip
        rows.add(made.token)
    caller = Caller(
        at=now, id=f"token:{made.token.id}", organisation=where, roles=frozenset({SERVICE_ROLE[found.kind]}),
        scopes=scopes,
    )  # fmt: skip
    return Who(name=name, caller=caller, headers={"authorization": f"Bearer {made.text}"})


def put(scene: Scene, row: Any) -> str:
    """A row of identity, there again if it went."""
    with scene.world.identity.identities.change() as rows:
        rows.take(type(row), row.id)
        rows.add(row)
    return str(row.id)


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a route would grant to whoever may."""

    path: Mapping[str, str] = {}
    body: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = {}
    action: Action | None = None
    """Where the route takes one of several."""
    target: Target | None = None
    """None where having the role is all that is asked."""
    comes_to: int = 0
    """What somebody who is let in is answered, where that looks like being turned away."""


Make = Callable[[Scene, Who], Try]


def of_case(body: Any = None, case: str = "case") -> Make:
    def make(scene: Scene, _: Who) -> Try:
        payload = getattr(scene, case)
        found = scene.world.service.case(Digest.of("sha256", payload))
        return Try(path={"payload": payload}, body=body, target=found.target)

    return make


def referred(scene: Scene, who: Who) -> Try:
    made = of_case(case="other")(scene, who)
    return msgspec.structs.replace(made, path={**made.path, "number": "1"})


def delivery(scene: Scene, _: Who) -> Try:
    """None of that name: whoever may look is told so."""
    return Try(path={"key": b"mail:x".hex()}, target=Target.office(), comes_to=404)


def plain(body: Any = None, **more: Any) -> Make:
    return lambda _, __: Try(body=body, **more)


def of_office(body: Any = None) -> Make:
    return lambda _, __: Try(body=body, target=Target.office())


def of_organisation(body: Any = None, **more: Any) -> Make:
    target = Target(owner=PROVIDER_ORG)
    return lambda _, __: Try(path={"key": PROVIDER_ORG}, body=body, target=target, **more)


def of_spare(body: Any = None) -> Make:
    """An organisation that nobody here is of."""

    def made(scene: Scene, who: Who) -> Try:
        put(scene, Organisation(id="org-spare", name="Spare", kind=Kind.PROVIDER))
        return Try(path={"key": "org-spare"}, body=body, target=Target(owner="org-spare"))

    return made


def of_self(body: Any = None, **more: Any) -> Make:
    return lambda _, who: Try(body=body, target=Target(account=who.caller.account), **more)


def own(make: Callable[[Scene, str], Any], body: Any = None, *, account: str = "pia") -> Make:
    """A row of an account at the provider; the account's own where the action reaches no further."""

    def made(scene: Scene, who: Who) -> Try:
        put(scene, _account(scene, account))
        row = make(scene, account)
        target = Target(owner=getattr(row, "organisation", PROVIDER_ORG), account=getattr(row, "account", ""))
        return Try(path={"key": put(scene, row)}, body=body, target=target)

    return made


def _account(scene: Scene, name: str) -> Account:
    now = scene.world.service.now()
    roles = frozenset({Role.PROVIDER_MEMBER})
    return Account(
        id=name, organisation=PROVIDER_ORG, name=name, mail="pia@people.test", roles=roles, created=now
    )


def mine(make: Callable[[Scene, str], Any]) -> Make:
    """A row of the caller's own, where the caller is a person; else of somebody."""

    def made(scene: Scene, who: Who) -> Try:
        account = who.caller.account or "pia"
        return Try(path={"key": put(scene, make(scene, account))}, target=Target(account=account))

    return made


def _session(scene: Scene, account: str) -> Session:
    now = scene.world.service.now()
    later = now + timedelta(hours=1)
    return Session(id=f"session-{account}", account=account, csrf="x", created=now, seen=now, expires=later)


def _passkey(scene: Scene, account: str) -> Passkey:
    """One of two: the last one could not be removed."""
    now = scene.world.service.now()
    first, second = (
        Passkey(
            id=b64url(f"{name} {account}".encode()), account=account, public_key=b"", sign_count=0, synced=True, label=name,
            created=now,
        )
        for name in ("first", "second")
    )  # fmt: skip
    put(scene, second)
    return first


def _api_token(scene: Scene, account: str) -> ApiToken:
    now = scene.world.service.now()
    return ApiToken(
        id=f"token-{account}", name="x", organisation=PROVIDER_ORG, account=account, scopes=frozenset(), hash=b"",
        made=now, made_by="x", expires=now + timedelta(days=1),
    )  # fmt: skip


def _organisation_token(scene: Scene, _: str) -> ApiToken:
    return msgspec.structs.replace(_api_token(scene, "nobody"), account="")


def _invitation(scene: Scene, _: str) -> Invitation:
    now = scene.world.service.now()
    return Invitation(
        id="invitation", organisation=PROVIDER_ORG, account="new", made_by="x", made=now, expires=now + timedelta(1)
    )  # fmt: skip


def _rule(scene: Scene, _: str) -> OidcRule:
    return OidcRule(
        id="rule", organisation=PROVIDER_ORG, issuer="https://ci.example", audience="x", claims=(), scopes=frozenset(),
        made=scene.world.service.now(), made_by="x",
    )  # fmt: skip


def _signer(scene: Scene, _: str) -> Signer:
    return Signer(
        id="signer", organisation=PROVIDER_ORG, name="x", record="{}", offered=scene.world.service.now(), offered_by="x"
    )  # fmt: skip


def ending(scene: Scene, who: Who) -> Try:
    """Its own organisation registers and ends; the office does not accept it any more."""
    action = Action.KEY_REGISTER if who.caller.organisation == PROVIDER_ORG else Action.KEY_VERIFY
    made = own(_signer)(scene, who)
    return msgspec.structs.replace(made, action=action)


def _waiting(scene: Scene, account: str) -> Recovery:
    now = scene.world.service.now()
    put(scene, _account(scene, account))
    return Recovery(
        id="recovery", account=account, reason="x", started_by="ada", started=now, expires=now + timedelta(hours=1)
    )  # fmt: skip


def recovering(scene: Scene, who: Who) -> Try:
    put(scene, _waiting(scene, "pia"))
    target = Target(owner=PROVIDER_ORG, acted=frozenset({"ada", "pia"}))
    return Try(path={"key": "recovery"}, target=target)


def refusing(scene: Scene, who: Who) -> Try:
    return msgspec.structs.replace(recovering(scene, who), target=Target.office())


def subscribed(scene: Scene, _: Who) -> Try:
    """A subscription of the provider's."""
    made = Subscription(
        id="sub_1", organisation=PROVIDER_ORG, channel="webhook", target="https://hooks.example/",
        made=scene.world.service.now(), made_by="x",
    )  # fmt: skip
    store = scene.world.desk.subscribing.subscriptions
    store.remove(made.id)
    store.put(made)
    return Try(path={"key": made.id}, target=made.target_of)


def uploading(scene: Scene, who: Who) -> Try:
    """An upload of the provider's that has just begun."""
    now = scene.world.service.now()
    uploads = scene.world.desk.reception.uploads
    made = Upload(
        id="upload", organisation=PROVIDER_ORG, digest=Digest.sha256(b"x"), length=1, began=now,
        expires=now + timedelta(hours=1),
    )  # fmt: skip
    uploads.remove(made.id)
    uploads.add(made, UploadLimits())
    headers = {"content-type": PARTIAL, "upload-offset": "0"}
    target = Target(owner=PROVIDER_ORG, parties=frozenset((PROVIDER_ORG,)))
    return Try(path={"key": made.id}, content=b"x", headers=headers, target=target)


def artifact(scene: Scene, who: Who) -> Try:
    """One of the case's, which a customer was granted."""
    payload = Digest.of("sha256", scene.case)
    found = scene.world.service.case(payload)
    wished(scene, who, to=CUSTOMER_ORG, state="granted")
    target = Target(owner=found.organisation, parties=frozenset((CUSTOMER_ORG,)))
    return Try(
        path={"payload": scene.case, "artifact": Digest.sha256(services.WHEEL).value + "?reason=x"},
        target=target,
    )


def wished(scene: Scene, _: Who, to: str = CUSTOMER_ORG, state: GrantState = "requested") -> Try:
    """A wish of a customer's to read artifacts of the provider's."""
    now = scene.world.service.now()
    accesses = scene.world.desk.accesses
    count = len(accesses.grants(Visible(everything=True), limit=10_000))
    made = Grant(
        id=f"wish-{count:05}", case=Digest.of("sha256", scene.case), owner=PROVIDER_ORG, to=to, reason="x", asked=now,
        asked_by="x", state=state, until=now + timedelta(days=9),
    )  # fmt: skip
    noted = Access(
        at=now,
        what="requested",
        actor="x",
        organisation=to,
        owner=PROVIDER_ORG,
        case=made.case,
        grant=made.id,
    )
    accesses.put(made, noted)
    return Try(path={"key": made.id}, body={}, target=made.target)


def ended(scene: Scene, who: Who) -> Try:
    """By its provider, or by whoever asked."""
    asks = Action.ACCESS_REQUEST if who.caller.scopes_of(Action.ACCESS_REQUEST) else Action.ACCESS_GRANT
    return msgspec.structs.replace(wished(scene, who), body=None, action=asks)


def listing_grants(_: Scene, who: Who) -> Try:
    asks = Action.ACCESS_REQUEST if who.caller.scopes_of(Action.ACCESS_REQUEST) else Action.ACCESS_READ_LOG
    return Try(action=asks)


def of_customers(scene: Scene, who: Who) -> Try:
    made = of_case()(scene, who)
    headers = {"content-type": "application/json"}
    return msgspec.structs.replace(made, content=b'{"customers":[]}', headers=headers)


def milestone(scene: Scene, who: Who) -> Try:
    made = of_case({"text": "x"}, case="planned")(scene, who)
    return msgspec.structs.replace(made, path={**made.path, "number": "0"})


def minded(scene: Scene, who: Who) -> Try:
    """The same, which whoever minds deliveries may do too."""
    if Role.ADMINISTRATOR in who.caller.roles:
        return msgspec.structs.replace(
            subscribed(scene, who), action=Action.DELIVERY_MANAGE, target=Target.office()
        )
    return subscribed(scene, who)


DRAW_FILES = (
    "commit.json",
    "result.json",
    "policy.json",
    "frame",
    "commit-receipt.json",
    "result-receipt.json",
)
PUBLIC_DRAW = plain(path={"number": "1"}, comes_to=404)


def nothing_given_up(scene: Scene, who: Who) -> Try:
    made = minded(scene, who)
    return msgspec.structs.replace(made, path={**made.path, "event": f"evt_{'0' * 32}"}, comes_to=404)


WISH = {"name": "a token", "scopes": ["subscription.write"], "days": 1}
DEFAULTS: Mapping[str, Make] = {
    "any": plain(),
    "office": of_office(),
    "case": of_case(),
    "published": of_case(case="other"),
    "organisation": of_organisation(),
    "self": of_self(),
}
SEEN = {"revision": 1}
TRIES: Mapping[str, Make] = {
    "POST /federation/offices/{office}/revocation": plain(
        {"reason": "x"}, path={"office": "absent"}, target=Target.office(), comes_to=404
    ),
    "POST /federation/offices/{office}/keys": plain(
        {"x": 1}, path={"office": "absent"}, target=Target.office(), comes_to=404
    ),
    "GET /federation/results/{position}/document": plain(path={"position": "1"}, comes_to=404),
    "GET /federation/results/{position}/receipt": plain(path={"position": "1"}, comes_to=404),
    "POST /submissions": plain(content=b"{}", headers={"content-type": "application/json"}),
    "POST /checks": plain(content=b"{}", headers={"content-type": "application/json"}),
    "PUT /submissions/{payload}/customers": of_customers,
    "POST /submissions/{payload}/responses": of_case({"text": "x"}),
    "POST /submissions/{payload}/evidence": of_case({"files": []}),
    "POST /submissions/{payload}/assessment": of_case({"files": []}),
    "POST /submissions/{payload}/withdrawal": of_case({"reason": "x"}, case="other"),
    "POST /submissions/{payload}/lapse": of_case({"reason": "x"}, case="other"),
    "POST /submissions/{payload}/determinations/initial": of_case(SEEN),
    "POST /submissions/{payload}/determinations/final": of_case(SEEN),
    "POST /submissions/{payload}/approval": of_case(SEEN),
    "POST /submissions/{payload}/rejection": of_case(SEEN),
    "POST /submissions/{payload}/extension-requests": of_case({"days": 1, "reason": "x"}),
    "POST /submissions/{payload}/extension": of_case(SEEN | {"days": 0}),
    "POST /submissions/{payload}/milestones/{number}/reports": milestone,
    "POST /submissions/{payload}/evidence-requests": of_case(SEEN | {"digests": []}),
    "POST /submissions/{payload}/referrals": of_case({"to": "x", "reason": "x"} | SEEN, case="other"),
    "GET /submissions/{payload}/referrals/{number}/package.tar": referred,
    "POST /submissions/{payload}/correction": of_case({"decision": SEEN, "reason": "x"}),
    **{f"GET /draws/{{number}}{name}": PUBLIC_DRAW for name in ("", *(f"/{one}" for one in DRAW_FILES))},
    "PUT /submissions/{payload}/hold": of_case({"held": False, "because": "x"}),
    "POST /submissions/{payload}/erasure": of_case({"reason": "court"}),
    "POST /deliveries/{key}/again": delivery,
    "DELETE /deliveries/{key}": delivery,
    "GET /packs/{ref}": plain(path={"ref": services.PACK}),
    "POST /login/complete": plain({"answer": {}}),
    "POST /login/staff": plain({"issuer": "https://login.example"}),
    "POST /enrol/begin": plain({"link": "x"}),
    "POST /enrol/complete": plain({"link": "x", "answer": {}}),
    "POST /ci/token": plain({"token": "x"}),
    "POST /me/confirmation/complete": plain({"answer": {}}),
    "DELETE /me/sessions/{key}": mine(_session),
    "POST /me/passkeys": of_self({"answer": {}, "label": "x"}, comes_to=401),
    "DELETE /me/passkeys/{key}": mine(_passkey),
    "POST /me/tokens": of_self(WISH),
    "DELETE /me/tokens/{key}": mine(_api_token),
    "POST /me/login": of_self({"issuer": "https://login.example"}),
    "POST /subscriptions": plain({"target": "https://10.0.0.1/"}),
    "DELETE /subscriptions/{key}": subscribed,
    "POST /subscriptions/{key}/secret": subscribed,
    "POST /subscriptions/{key}/test": minded,
    "GET /subscriptions/{key}/undelivered": minded,
    "POST /subscriptions/{key}/undelivered/{event}/again": nothing_given_up,
    "POST /uploads": plain(
        headers={
            "repr-digest": encode_digest(Digest.sha256(b"")),
            "upload-length": "0",
            "upload-complete": "?0",
        }
    ),
    "GET /uploads/{key}": uploading,
    "PATCH /uploads/{key}": uploading,
    "DELETE /uploads/{key}": uploading,
    "GET /submissions/{payload}/artifacts/{artifact}": artifact,
    "POST /submissions/{payload}/access-requests": of_case({"reason": "x"}),
    "GET /access/grants": listing_grants,
    "POST /access/grants/{key}/approval": wished,
    "POST /access/grants/{key}/refusal": wished,
    "DELETE /access/grants/{key}": ended,
    "POST /organisations": of_office({"name": "New", "kind": "assessor"}),
    "PUT /organisations/{key}/providers": of_spare({"speaksFor": []}),
    "PUT /organisations/{key}/identifiers": of_spare({"identifiers": []}),
    "PUT /organisations/{key}/suspension": of_spare(),
    "DELETE /organisations/{key}/suspension": of_spare(),
    "PUT /members/{key}/roles": own(_account, {"roles": ["provider-member"]}),
    "PUT /members/{key}/suspension": own(_account),
    "DELETE /members/{key}/suspension": own(_account),
    "POST /organisations/{key}/invitations": of_organisation(
        {"name": "x", "mail": "a@people.test", "roles": ["provider-member"]}
    ),
    "DELETE /invitations/{key}": own(_invitation),
    "POST /organisations/{key}/tokens": of_organisation(WISH),
    "DELETE /tokens/{key}": own(_organisation_token),
    "POST /organisations/{key}/ci-rules": of_organisation(
        {"issuer": "https://ci.example", "audience": "x", "claims": {"sub": "x"}}
    ),
    "DELETE /ci-rules/{key}": own(_rule),
    "POST /organisations/{key}/signers": of_organisation(content=b"{}"),
    "PUT /signers/{key}/verification": own(_signer),
    "DELETE /signers/{key}": ending,
    "POST /members/{key}/recovery": own(_account, {"reason": "lost"}),
    "POST /recoveries/{key}/approval": recovering,
    "DELETE /recoveries/{key}": refusing,
}
"""Routes that ask for more than the thing in their path."""
