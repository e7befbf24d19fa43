"""The Atom feed against RFC 4287, and against the JSON feed that it is made from."""

import json
import re
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from tests.support import pages as cases
from tests.support.pages import ANSWER, ENGINE, HOSTILE, OFFICE, PUBLISHED, TRUST
from tests.support.verdicts import VERDICT, verdicts

from assay.formats.verdict import VerdictDocument
from assay.web.atom import NAMESPACE, NEVER
from assay.web.pages import site
from assay.web.published import Published

A = f"{{{NAMESPACE}}}"
ONCE = {"id", "title", "updated"}
FEED = {*ONCE, "subtitle", "author", "link", "entry"}
ENTRY = {*ONCE, "published", "link", "category", "content"}
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"


def feeds(*published: Published) -> tuple[Element, Any]:
    made = site(OFFICE, ENGINE, published, TRUST)
    root: Element = fromstring(made["feed.atom"])
    return root, json.loads(made["feed.json"])


def text(element: Element, name: str) -> str:
    return element.findtext(A + name) or ""


def is_atom(root: Element) -> None:
    """What RFC 4287 asks (sections 4.1.1 and 4.1.2) of the elements that Assay writes, and that there are no others."""
    assert root.tag == f"{A}feed"
    assert len(root.findall(f"{A}author")) == 1
    assert text(root, "author/" + A + "name")
    containers = [(root, FEED), *((entry, ENTRY) for entry in root.findall(f"{A}entry"))]
    for element, names in containers:
        assert {child.tag.removeprefix(A) for child in element} <= names
        for name in ONCE:
            assert len(element.findall(A + name)) == 1, name
        assert re.fullmatch(r"urn:(uuid:[0-9a-f-]{36}|sha256:[0-9a-f]{64})", text(element, "id"))
        assert re.fullmatch(RFC3339, text(element, "updated"))
        links = [(one.get("rel"), one.get("type"), one.get("href")) for one in element.findall(f"{A}link")]
        assert all(all(part for part in link) for link in links)
        alternates = [link for link in links if link[0] == "alternate"]
        assert len(alternates) == 1
    ids = [text(entry, "id") for entry in root.findall(f"{A}entry")]
    assert len(ids) == len(set(ids))


def test_the_feed_is_atom_and_says_what_the_json_feed_says() -> None:
    root, said = feeds(*PUBLISHED)
    is_atom(root)
    entries = root.findall(f"{A}entry")
    assert [text(one, "id") for one in entries] == [item["id"] for item in said["items"]]
    assert [text(one, "title") for one in entries] == [item["title"] for item in said["items"]]
    assert [text(one, "updated") for one in entries] == [item["date_published"] for item in said["items"]]
    assert [[one.get("term") for one in entry.findall(f"{A}category")] for entry in entries] == [
        item["tags"] for item in said["items"]
    ]
    assert text(root, "updated") == max(item["date_published"] for item in said["items"])


@settings(max_examples=25)
@given(verdicts)
def test_any_verdict_makes_an_atom_feed(verdict: VerdictDocument) -> None:
    is_atom(feeds(cases.published(verdict))[0])


def test_hostile_text_stays_text() -> None:
    root, _ = feeds(cases.published(HOSTILE, response="</content><script>\x00\ufffe]]>"))
    is_atom(root)
    assert {element.tag for element in root.iter()} <= {A + name for name in {*FEED, *ENTRY, "feed", "name"}}
    assert "</content><script>]]>" in text(root, f"entry/{A}content")


def test_the_response_stands_beside_the_result() -> None:
    root, _ = feeds(cases.published(VERDICT, response=ANSWER))
    assert "The provider's response: We have rebuilt the release." in text(root, f"entry/{A}content")


def test_the_id_of_the_feed_stays() -> None:
    empty, full = feeds()[0], feeds(*PUBLISHED)[0]
    is_atom(empty)
    assert text(empty, "id") == text(full, "id") == "urn:uuid:bda01a97-efdd-89e0-b4f7-6115bafafc9f"
    assert text(empty, "updated") == NEVER


def test_addresses_lead_to_files_of_the_site() -> None:
    made = site(OFFICE, ENGINE, PUBLISHED, TRUST)
    links = [one.get("href") for one in fromstring(made["feed.atom"]).iter(f"{A}link")]
    assert len(links) == 2 + 4 * len(PUBLISHED)
    assert [one for one in links if one not in made] == []
