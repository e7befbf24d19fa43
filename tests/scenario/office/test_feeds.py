"""The office's feeds: what is posted and nothing else, as JSON and as Atom, of all or of what is asked for."""

import xml.etree.ElementTree as ET

import pytest
from tests.support import services
from tests.support.desks import URL
from tests.support.everybody import Scene
from tests.support.services import provider

from assay.formats.digest import Digest
from assay.office.respond import withdraw

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_is_posted(scene: Scene) -> None:
    client = scene.world.client
    answer = client.get("/feed.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/feed+json")
    feed = answer.json()
    (item,) = feed["items"]
    assert item["id"] == f"urn:sha256:{scene.other}"
    assert item["tags"] == ["contradicted"]
    assert feed["feed_url"] == f"{URL}/feed.json"
    for address in (
        item["url"],
        feed["home_page_url"],
        feed["_assay"]["trust"],
        *(one["url"] for one in item["attachments"]),
    ):
        assert client.get(address.removeprefix(URL)).status_code == 200, address
    assert scene.case not in answer.text


def test_as_atom(scene: Scene) -> None:
    answer = scene.world.client.get("/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ET.fromstring(answer.text)
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == f"urn:sha256:{scene.other}"
    links = {one.get("rel"): one.get("href") for one in root.findall(f"{ATOM}link")}
    assert links == {"self": f"{URL}/feed.atom", "alternate": f"{URL}/results"}


def test_of_what_is_asked_for(scene: Scene) -> None:
    client = scene.world.client
    case = scene.world.service.case(Digest.of("sha256", scene.other))
    found = client.get("/feed.json", params={"product": case.product}).json()
    assert len(found["items"]) == 1
    assert found["feed_url"].startswith(f"{URL}/feed.json?product=")
    assert client.get("/feed.json", params={"product": "another"}).json()["items"] == []
    assert client.get("/feed.json", params={"file": "md5:0"}).status_code == 400


def test_what_is_taken_back_says_so(scene: Scene) -> None:
    before = scene.world.client.get("/feed.json").json()["items"][0]
    service = scene.world.service
    withdraw(service, provider(service), Digest.of("sha256", scene.other), "sold to somebody else")
    services.tick(service)
    (item,) = scene.world.client.get("/feed.json").json()["items"]
    assert item["tags"] == ["withdrawn"]
    assert item["date_modified"] >= before["date_modified"]
