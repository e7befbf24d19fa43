"""An assessor attests for a provider: the parties named see it, and the public files say nothing of it."""

import base64
from collections.abc import Mapping

import msgspec
import pytest
from tests.support import services
from tests.support.desks import ASSESSOR_ORG, OTHER_ORG, World, problem
from tests.support.offices import PROVIDER, CountingEntropy
from tests.support.services import CUSTOMER_ORG, PROVIDER_ORG
from tests.unit.web.test_case_pages import sent

from assay.formats.attestation import Artifact, Assessment, Attestation
from assay.formats.bundle import Bundle, write_tar
from assay.formats.customers import Customer, CustomerId
from assay.formats.digest import Digest
from assay.office.identity.organisation import Kind, Organisation
from assay.office.identity.organisations import let_speak_for
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.provider.bundle import committed, salted

API = "/api/v1/submissions"
TAR = {"content-type": "application/x-tar"}
REPORT = b"Report of the assessment: the keys lie under the doormat."
DIGEST = Digest.sha256(REPORT)
NAME = "Assessors (fictional)"


def assessed(one: Attestation) -> Attestation:
    report = Artifact(DIGEST, "report.txt", "assessment", "Report", "of the assessment", confidential=True)
    return msgspec.structs.replace(
        one,
        signatory=None,
        assessment=Assessment(assessor=NAME, listing="fedramp_3pao", report=DIGEST),
        artifacts=(*one.artifacts, report),
    )


def bundle(*files: bytes) -> Bundle:
    return services.bundle(1, assessed, *files)


@pytest.fixture
def world() -> World:
    made = World()
    let_speak_for(made.identity, Caller.console(made.service.now()), ASSESSOR_ORG, [PROVIDER])
    with made.identity.identities.change() as rows:
        rows.add(Organisation(id="org-stranger", name="Stranger (fictional)", kind=Kind.RELYING_PARTY))
        rows.add(Organisation(id="org-rival", name="Rival (fictional)", kind=Kind.ASSESSOR))
    return made


def people(world: World) -> tuple[dict[str, str], ...]:
    return (
        world.person(Role.ASSESSOR),
        world.person(Role.PROVIDER_ADMIN),
        world.person(Role.OFFICER),
    )


def submit(world: World, who: Mapping[str, str], given: Bundle) -> str:
    answer = world.client.post(API, content=write_tar(given), headers={**who, **TAR})
    assert answer.status_code == 201, answer.text
    world.tick()
    return str(answer.json()["submission"]["id"])


def report(world: World, payload: str, who: Mapping[str, str], reason: str = "") -> tuple[int, bytes]:
    where = f"{API}/{payload}/artifacts/{DIGEST.value}"
    answer = world.client.get(where, headers=dict(who), params={"reason": reason} if reason else {})
    return answer.status_code, answer.content


def test_an_assessor_submits_and_the_provider_owns_it(world: World) -> None:
    assessor, provider, officer = people(world)
    payload = submit(world, assessor, bundle(REPORT))
    case = world.service.case(Digest.of("sha256", payload))
    assert (case.organisation, case.parties) == (PROVIDER_ORG, (ASSESSOR_ORG,))
    assert case.stage == "complete", case.because
    for who in (assessor, provider, officer):
        assert world.client.get(f"{API}/{payload}", headers=who).status_code == 200
    for who in (assessor, provider):
        assert report(world, payload, who) == (200, REPORT)
    assert report(world, payload, officer)[0] == 422  # says why first
    assert report(world, payload, officer, "to judge it") == (200, REPORT)
    lines = world.client.get("/api/v1/access/log", headers=provider).json()["items"]
    assert [one["organisation"] for one in lines if one["what"] == "read"].count(ASSESSOR_ORG) == 1
    # What is the provider's to do is not the assessor's.
    withdrawal = world.client.post(f"{API}/{payload}/withdrawal", json={"reason": "x"}, headers=assessor)
    assert problem(withdrawal)[0] == 403


def test_another_tenant_and_the_public_see_nothing(world: World) -> None:
    assessor, *_ = people(world)
    payload = submit(world, assessor, bundle(REPORT))
    others: tuple[dict[str, str], ...] = (
        {},
        world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG),
        world.person(Role.RELYING_PARTY_MEMBER, organisation="org-stranger"),
        world.person(Role.ASSESSOR, organisation="org-rival", name="rival"),
        world.person(Role.RELYING_PARTY_MEMBER, organisation=CUSTOMER_ORG),
    )
    for who in others:
        assert world.client.get(f"{API}/{payload}", headers=who).status_code in {401, 404}
        assert report(world, payload, who)[0] in {401, 404}
        assert world.client.get(f"{API}/{payload}/artifacts", headers=who).status_code in {401, 404}
    for path in ("/", "/results", "/api/v1/results", "/results/feed.json", "/draws"):
        shown = world.client.get(path).text
        assert NAME not in shown
        assert DIGEST.value not in shown


def test_a_customer_who_is_named_sees_it(world: World) -> None:
    lei = CustomerId(scheme="lei", value="5493001KJTIIGC8Y1R12")
    with world.identity.identities.change() as rows:
        found = rows.get(Organisation, CUSTOMER_ORG)
        assert found is not None
        rows.put(msgspec.structs.replace(found, identifiers=((lei.scheme, lei.value),)))
    assessor, *_ = people(world)
    customer = world.person(Role.RELYING_PARTY_MEMBER)
    row = Customer(name="Harbour (fictional)", id=lei, salt="0" * 64)
    listed = salted((row,), CountingEntropy().bytes)
    promised = committed(listed)
    plain = services.bundle(
        1,
        lambda one: msgspec.structs.replace(
            assessed(one), customers=promised.commitment, customer_rows=promised.rows
        ),
        REPORT,
    )
    given = Bundle(plain.envelope, listed, plain.artifacts)
    payload = submit(world, assessor, given)
    assert report(world, payload, customer) == (200, REPORT)
    other = f"{API}/{payload}/artifacts/{Digest.sha256(services.POLICY).value}"
    assert world.client.get(other, headers=customer).status_code == 404  # that takes a grant


def test_the_register_s_files_have_no_more_than_a_commitment(world: World) -> None:
    assessor, *_ = people(world)
    submit(world, assessor, bundle(REPORT))
    leaves = b"".join(
        world.service.office.register.leaf(at) for at in range(world.service.office.register.size())
    )
    names = (NAME, PROVIDER, ASSESSOR_ORG, DIGEST.value)
    for secret in (REPORT, bytes.fromhex(DIGEST.value), *(one.encode() for one in names)):
        assert secret not in leaves
        assert base64.b64encode(secret) not in leaves


def test_the_assessor_named_hands_the_report_in(world: World) -> None:
    assessor, provider, officer = people(world)
    payload = submit(world, provider, bundle())
    case = world.service.case(Digest.of("sha256", payload))
    assert ASSESSOR_ORG in case.parties
    where = f"{API}/{payload}/assessment"
    assert (case.stage, case.waits) == ("incomplete", "provider")
    body = {"files": [base64.b64encode(REPORT).decode()]}
    wrong = {"files": [base64.b64encode(b"another").decode()]}
    assert problem(world.client.post(where, json=wrong, headers=assessor)) == (422, "Refused")
    assert problem(world.client.post(where, json={"files": []}, headers=assessor)) == (422, "Refused")
    assert problem(world.client.post(where, json={"files": ["?"]}, headers=assessor))[0] == 400
    rival = world.person(Role.ASSESSOR, organisation="org-rival", name="rival")
    assert problem(world.client.post(where, json=body, headers=rival))[0] == 404
    assert problem(world.client.post(where, json=body, headers=officer))[0] == 403
    done = world.client.post(where, json=body, headers=assessor)
    assert done.status_code == 201, done.text
    assert report(world, payload, provider) == (200, REPORT)
    world.tick()
    after = world.service.case(Digest.of("sha256", payload))
    assert (after.supplied, after.stage, after.deadline) == ((DIGEST,), "complete", None)
    submission = world.service.office.ledger.submission(after.payload)
    assert submission is not None
    assert submission.state == "complete"


def test_the_report_is_handed_in_on_the_page(world: World) -> None:
    assessor, provider, officer = people(world)
    payload = submit(world, provider, bundle())
    where, act = f"/cases/{payload}", f'action="/cases/{payload}/assessment"'
    assert act in world.client.get(where, headers=assessor).text
    assert act not in world.client.get(where, headers=officer).text
    wrong = sent(world, f"{where}/assessment", assessor, files={"files": ("a", b"another")})
    assert (wrong.status_code, "is no document of the assessment" in wrong.text) == (422, True)
    done = sent(world, f"{where}/assessment", assessor, files={"files": ("report.txt", REPORT)})
    assert done.status_code == 303, done.text
    assert report(world, payload, provider) == (200, REPORT)
    for who in (assessor, provider):
        assert act not in world.client.get(where, headers=who).text


def test_an_assessor_speaks_for_nobody_else(world: World) -> None:
    rival = world.person(Role.ASSESSOR, organisation="org-rival", name="rival")
    answer = world.client.post(API, content=write_tar(bundle(REPORT)), headers={**rival, **TAR})
    assert problem(answer) == (422, "Refused")


def test_a_provider_that_is_not_here_leaves_it_with_the_assessor(world: World) -> None:
    with world.identity.identities.change() as rows:
        found = rows.get(Organisation, PROVIDER_ORG)
        assert found is not None
        rows.put(msgspec.structs.replace(found, speaks_for=()))
    assessor = world.person(Role.ASSESSOR)
    payload = submit(world, assessor, bundle(REPORT))
    assert world.service.case(Digest.of("sha256", payload)).organisation == ASSESSOR_ORG
    assert world.client.get(f"{API}/{payload}", headers=assessor).status_code == 200
