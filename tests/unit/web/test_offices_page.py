"""Other offices on a page: everybody sees which are listened to, an administrator pins and revokes them."""

import re
from typing import Any

import pytest
from tests.support import other_office
from tests.support.desks import World
from tests.support.other_office import NAME, ORIGIN, brought, handed_over, key_history, posted, trust
from tests.support.services import officer
from tests.unit.web.test_case_pages import sent

from assay.office.federation import Query, Theirs, accept, keys_of_results
from assay.office.log import receipt as receipt_of
from assay.office.permission_table import Role

ROOT = trust().encode().decode()


@pytest.fixture
def world() -> World:
    return World()


def test_pinned_seen_and_revoked(world: World) -> None:
    assert "This office listens to no other one." in world.client.get("/federation").text
    admin = world.person(Role.ADMINISTRATOR)
    assert 'href="/federation"' in world.client.get("/organisations", headers=admin).text
    done = sent(world, "/federation", admin, name=NAME, trust=ROOT)
    assert done.status_code == 303, done.text
    (peer,) = world.desk.federation.offices()
    page = world.client.get("/federation").text
    ids = [key.public.keyid for one in trust().signers for key in one.keys if "office" in one.purposes]
    for text in (NAME, ORIGIN, str(peer.trust), "nothing yet", *ids):
        assert text in page
    assert "<form" not in page.split("<main")[1]
    isles = other_office.service()
    case = posted(isles)
    accept(world.desk.federation, world.service, officer(world.service), *brought(isles, case))
    page = world.client.get("/federation").text
    assert "nothing yet" not in page
    assert "lantern 2.1.0" in page
    assert "What other offices say" in page
    assert 'href="#theirs-1"' in page
    assert (
        sent(world, f"/federation/{peer.id}/revoke", world.person(Role.OFFICER), reason="x").status_code
        == 403
    )
    blank = sent(world, f"/federation/{peer.id}/revoke", admin, reason=" ")
    assert (blank.status_code, f'id="reason-{peer.id}-problem"' in blank.text) == (422, True)
    assert sent(world, f"/federation/{peer.id}/revoke", admin, reason="Its keys leaked.").status_code == 303
    page = world.client.get("/federation").text
    assert "Its keys leaked." in page
    assert "<b>unknown</b>" in page
    again = sent(world, "/federation", admin, name=NAME, trust=ROOT)
    assert (again.status_code, "were revoked on" in again.text) == (422, True)
    assert sent(world, "/federation/absent/revoke", admin, reason="x").status_code == 404


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"trust": ROOT}, "name", "Say what it is called"),
        ({"name": "x" * 201, "trust": ROOT}, "name", "Plain text of at most 200 characters"),
        ({"name": NAME}, "trust", "Paste its trust root."),
        ({"name": NAME, "trust": "{}"}, "trust", "trust root"),
        ({"name": NAME, "trust": "<b>"}, "trust", "trust root"),
    ],
)
def test_an_error_stands_beside_its_field(
    world: World, values: dict[str, str], field: str, says: str
) -> None:
    answer = sent(world, "/federation", world.person(Role.ADMINISTRATOR), **values)
    assert answer.status_code == 422
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true"', answer.text)
    assert says in answer.text.split(f'id="{field}-problem">')[1].split("</span>")[0]
    assert world.desk.federation.offices() == ()


def test_who_is_not_confirmed_confirms_and_loses_nothing(world: World) -> None:
    held = sent(
        world, "/federation", world.person(Role.ADMINISTRATOR, confirmed=False), name=NAME, trust=ROOT
    )
    assert held.status_code == 403
    assert 'data-passkey="confirm"' in held.text
    assert world.desk.federation.offices() == ()


class Bringing:
    """A lead officer here, and a result of an office that is pinned."""

    def __init__(self, world: World) -> None:
        self.world = world
        sent(world, "/federation", world.person(Role.ADMINISTRATOR), name=NAME, trust=ROOT)
        self.isles = other_office.service()
        self.document, self.receipt = brought(self.isles, posted(self.isles))

    def bring(self, document: bytes, receipt: bytes, *roles: Role, confirmed: bool = True) -> Any:
        who = self.world.person(*(roles or (Role.OFFICER_LEAD,)), confirmed=confirmed)
        values = {"document": document.decode(), "receipt": receipt.decode()}
        return sent(self.world, "/federation/results", who, **values)

    @property
    def kept(self) -> tuple[Theirs, ...]:
        return self.world.desk.federation.find(Query())


def test_keys_are_there_to_be_compared_on_the_page_of_their_own_office(world: World) -> None:
    page = world.client.get("/about").text
    for key in keys_of_results(world.service.office.trust):
        assert f"<code>{key.keyid}</code>" in page
    assert keys_of_results(world.service.office.trust)


def test_an_attestation_is_seen_by_whom_it_is_for(world: World) -> None:
    here = Bringing(world)
    case = posted(here.isles, 2)
    submission = here.isles.office.ledger.submission(case.payload)
    assert submission is not None
    document = here.isles.office.blobs.get(submission.envelope)
    done = here.bring(document, receipt_of(here.isles.office, submission.entry).encode())
    where = f'id="{done.headers["location"].partition("#")[2]}"'
    assert where in world.client.get("/federation", headers=world.person(Role.OFFICER)).text
    for others in ({}, world.person(Role.PROVIDER_ADMIN), world.person(Role.RELYING_PARTY_MEMBER)):
        assert where not in world.client.get("/federation", headers=others).text


def test_a_result_is_brought(world: World) -> None:
    here = Bringing(world)
    lead = world.person(Role.OFFICER_LEAD)
    page = world.client.get("/federation", headers=lead).text
    assert 'action="/federation/results"' in page
    assert 'action="/federation"' not in page
    assert 'href="/federation"' in world.client.get("/queue", headers=lead).text
    for other in (Role.ADMINISTRATOR, Role.OFFICER, Role.PROVIDER_ADMIN):
        assert (
            'action="/federation/results"'
            not in world.client.get("/federation", headers=world.person(other)).text
        )
        assert here.bring(here.document, here.receipt, other).status_code == 403
    held = here.bring(here.document, here.receipt, confirmed=False)
    assert (held.status_code, 'data-passkey="confirm"' in held.text) == (403, True)
    assert held.text.count("<textarea hidden") == 2
    assert here.kept == ()
    done = here.bring(here.document, here.receipt)
    assert (done.status_code, done.headers["location"]) == (303, "/federation#theirs-1")
    assert 'id="theirs-1"' in world.client.get("/federation").text
    again = here.bring(here.document, here.receipt)
    assert (again.status_code, "is here already, and no older" in again.text) == (422, True)
    assert len(here.kept) == 1


@pytest.mark.parametrize(
    ("document", "receipt", "field", "says"),
    [
        pytest.param(b"", b"{}", "document", "Paste what the office says.", id="no document"),
        pytest.param(b"{}", b" ", "receipt", "Paste its receipt.", id="no receipt"),
        pytest.param(b"<b>&", b"<b>&", "document", "receipt of the other office", id="something else"),
    ],
)
def test_what_is_none_is_said_beside_its_field(
    world: World, document: bytes, receipt: bytes, field: str, says: str
) -> None:
    here = Bringing(world)
    answer = here.bring(document, receipt)
    assert answer.status_code == 422
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true"', answer.text)
    assert says in answer.text.split(f'id="{field}-problem">')[1].split("</span>")[0]
    assert "<b>&" not in answer.text
    assert here.kept == ()


def test_what_proves_nothing_is_said(world: World) -> None:
    here = Bringing(world)
    other = brought(here.isles, posted(here.isles, 2))
    for document, receipt, says in (
        (here.document, other[1], "not this document"),
        (here.document[:-9], here.receipt, "document of the other office"),
        (
            here.document,
            brought(stranger := other_office.service("thief"), posted(stranger))[1],
            "lacks a signature by ed25519 and ml-dsa-44",
        ),
    ):
        answer = here.bring(document, receipt)
        assert answer.status_code == 422
        assert says in answer.text.split('id="document-problem">')[1].split("</span>")[0]
    assert here.kept == ()


def test_a_change_of_keys_is_followed(world: World) -> None:
    admin = world.person(Role.ADMINISTRATOR)
    assert sent(world, "/federation", admin, name=NAME, trust=ROOT).status_code == 303
    (before,) = world.desk.federation.offices()
    act = f"/federation/{before.id}/keys"
    isles = handed_over(other_office.service(), "isles 2")
    for document, says in (("", "Paste its key history"), ("{}", "change of keys")):
        answer = sent(world, act, admin, document=document)
        assert answer.status_code == 422
        assert says in answer.text.split(f'id="keys-{before.id}-problem">')[1].split("</span>")[0]
    history = key_history(isles).decode()
    assert sent(world, act, admin, document=history).status_code == 303
    (after,) = world.desk.federation.offices()
    assert after.trust != before.trust
    assert str(after.trust) in world.client.get("/federation").text
    again = sent(world, act, admin, document=history)
    assert (again.status_code, "says nothing new" in again.text) == (422, True)
