"""What changed behind an inventory as a private feed: a reader comes with a token as password, and sees its organisation's own."""

import base64
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.scenario.office.test_portfolio_over_http import STRANGER, brought, party
from tests.support import services
from tests.support.desks import World, problem
from tests.support.services import CUSTOMER_ORG
from tests.unit.web.test_case_pages import sent

from assay.formats.api_token import ApiTokenText
from assay.office.identity.organisation import Kind, Organisation
from assay.office.permission_table import Role
from assay.web.api.portfolio_feed import FEEDS

ATOM, JSON = FEEDS
XML = "{http://www.w3.org/2005/Atom}"


class Reading:
    """Two relying parties with the same inventory; a case names the first of them."""

    def __init__(self) -> None:
        self.world = World()
        with self.world.identity.identities.change() as rows:
            rows.add(Organisation(id=STRANGER, name="Stranger (fictional)", kind=Kind.RELYING_PARTY))
        brought(self.world)
        brought(self.world, STRANGER)
        self.case = services.submitted(self.world.service, 1, services.contradicted)
        self.token = self.made(CUSTOMER_ORG)

    def made(self, organisation: str) -> str:
        """A token, as its maker reads it off the page."""
        page = sent(self.world, "/portfolio/feed", party(self.world, organisation), days="30")
        assert page.status_code == 200, page.text
        assert f"{self.world.desk.url}{ATOM}" in page.text
        assert "no-store" in page.headers["cache-control"]
        (word,) = [
            line.split()[1].partition("<")[0] for line in page.text.split("\n") if line.startswith("password")
        ]
        return str(ApiTokenText.parse(word).encode())

    def get(self, path: str, token: str = "", scheme: str = "Basic", **headers: str) -> Any:
        said = base64.b64encode(f"feed:{token}".encode()).decode() if scheme == "Basic" else token
        given = {"authorization": f"{scheme} {said}"} if token else {}
        return self.world.client.get(path, headers=given | headers)

    def items(self, token: str) -> list[dict[str, Any]]:
        return list(self.get(JSON, token).json()["items"])


@pytest.fixture(scope="module")
def reading() -> Reading:
    return Reading()


@pytest.mark.parametrize("scheme", ["Basic", "Bearer"])
def test_a_reader_follows_with_its_token(reading: Reading, scheme: str) -> None:
    answer = reading.get(JSON, reading.token, scheme)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/feed+json"
    assert "private" in answer.headers["cache-control"]
    feed = json.loads(answer.content)
    assert feed["feed_url"] == f"{reading.world.desk.url}{JSON}"
    newest = feed["items"][0]
    assert newest["title"] == "lantern 2.1.0: the office sent a notice"
    assert newest["url"] == f"{reading.world.desk.url}/cases/{reading.case.payload.value}"
    assert newest["_assay"]["items"] == [
        "line 2",
        "line 3",
        "line 5",
    ]  # one event, however many items it is about
    assert newest["_assay"]["how"] == "digest"
    assert len({one["id"] for one in feed["items"]}) == len(feed["items"])
    atom = reading.get(ATOM, reading.token, scheme)
    assert atom.headers["content-type"].startswith("application/atom+xml")
    found = ET.fromstring(atom.content)
    assert [one.findtext(f"{XML}id") for one in found.iter(f"{XML}entry")] == [
        one["id"] for one in feed["items"]
    ]
    public = ET.fromstring(reading.world.client.get("/feed.atom").content)
    assert found.findtext(f"{XML}id") != public.findtext(f"{XML}id")


def test_unchanged_is_not_sent_again(reading: Reading) -> None:
    tag = reading.get(ATOM, reading.token).headers["etag"]
    again = reading.get(ATOM, reading.token, **{"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_each_sees_its_own(reading: Reading) -> None:
    other = reading.made(STRANGER)
    assert reading.items(other) == []
    assert reading.case.payload.value not in reading.get(ATOM, other).text
    titles = [reading.get(JSON, one).json()["_assay"]["of"] for one in (other, reading.token)]
    assert titles[0] != titles[1]


def test_a_reader_sees_what_the_person_sees_who_made_its_token(reading: Reading) -> None:
    seen = reading.world.client.get(JSON, headers=party(reading.world))
    assert seen.json()["items"] == reading.items(reading.token) != []


def test_a_reader_without_a_token_is_asked_for_one(reading: Reading) -> None:
    for path in FEEDS:
        for answer in (
            reading.get(path),
            reading.get(path, "x"),
            reading.get(path, "x", "Digest"),
            reading.world.client.get(path, headers={"authorization": "Basic ***"}),
            reading.world.client.get(path, headers={"authorization": "Basic"}),
        ):
            assert problem(answer)[0] == 401
            assert answer.headers["www-authenticate"].startswith("Basic ")
    # Nowhere else: browsers would send it by themselves.
    elsewhere = reading.get("/api/v1/inventory", reading.token)
    assert (problem(elsewhere)[0], elsewhere.headers["www-authenticate"]) == (401, "Bearer")


def test_the_token_does_nothing_else_and_is_revoked(reading: Reading) -> None:
    world, token = reading.world, reading.made(CUSTOMER_ORG)
    case = f"submissions/{reading.case.payload.value}"
    for path in ("inventory", "inventory/portfolio", "inventory/changes", "submissions", case):
        assert problem(reading.get(f"/api/v1/{path}", token, "Bearer")) == (403, "Forbidden"), path
    put = world.client.put("/api/v1/inventory", content=b"x", headers={"authorization": f"Bearer {token}"})
    assert put.status_code == 403
    key = ApiTokenText.parse(token).id
    mine = party(world)
    assert "reader of feeds" in world.client.get("/account", headers=mine).text
    assert sent(world, f"/account/tokens/{key}/revoke", mine).status_code == 303
    assert reading.get(JSON, token).status_code == 401


def test_who_runs_nothing_makes_no_such_token(reading: Reading) -> None:
    provider = reading.world.person(Role.PROVIDER_ADMIN)
    answer = sent(reading.world, "/portfolio/feed", provider, days="30")
    assert (answer.status_code, "beyond" in answer.text) == (422, True)
    hasty = reading.world.person(Role.RELYING_PARTY_MEMBER, confirmed=False, name="hal")
    assert 'data-passkey="confirm"' in sent(reading.world, "/portfolio/feed", hasty, days="30").text
