"""The feed against the text of JSON Feed 1.1."""

import json
import re
from typing import Any

from hypothesis import given, settings
from tests.support import pages as cases
from tests.support.pages import ANSWER, ENGINE, OFFICE, PUBLISHED, TRUST
from tests.support.verdicts import VERDICT, verdicts

from assay.formats.verdict import VerdictDocument
from assay.web.pages import site
from assay.web.published import Published

TOP = {
    "version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url", "icon", "favicon",
    "authors", "language", "expired", "hubs", "items",
}  # fmt: skip
ITEM = {
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "banner_image",
    "date_published", "date_modified", "authors", "tags", "language", "attachments",
}  # fmt: skip
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"


def feed_of(*published: Published) -> Any:
    return json.loads(site(OFFICE, ENGINE, published, TRUST)["feed.json"])


def is_json_feed(feed: Any) -> None:
    """What the specification asks of the members that Assay uses, and that there are no others but extensions."""
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str)
    assert all(author["name"] for author in feed["authors"])
    assert feed["language"] == "en"
    known(feed, TOP)
    ids = [item["id"] for item in feed["items"]]
    assert len(ids) == len(set(ids))
    for item in feed["items"]:
        known(item, ITEM)
        assert isinstance(item["id"], str)
        assert item["content_text"]
        assert re.fullmatch(RFC3339, item["date_published"])
        assert all(isinstance(tag, str) for tag in item["tags"])


def known(members: Any, names: set[str]) -> None:
    """Extensions start with an underscore and a letter."""
    assert all(name in names or re.fullmatch(r"_[A-Za-z][^.]*", name) for name in members)


def test_the_feed_is_a_json_feed() -> None:
    feed = feed_of(*PUBLISHED)
    is_json_feed(feed)
    assert len(feed["items"]) == len(PUBLISHED)


@settings(max_examples=25)
@given(verdicts)
def test_any_verdict_makes_a_json_feed(verdict: VerdictDocument) -> None:
    is_json_feed(feed_of(cases.published(verdict)))


def test_addresses_are_relative_and_lead_to_the_pages() -> None:
    made = site(OFFICE, ENGINE, PUBLISHED, TRUST)
    feed = json.loads(made["feed.json"])
    assert not {"home_page_url", "feed_url"} & feed.keys()
    addresses = [item["url"] for item in feed["items"]]
    addresses += [one["url"] for item in feed["items"] for one in item["attachments"]]
    assert len(addresses) == 4 * len(PUBLISHED)
    assert all(address in made for address in (*addresses, feed["_assay"]["trust"]))


def test_an_item_says_what_the_page_says() -> None:
    item = feed_of(cases.published(VERDICT, response=ANSWER))["items"][0]
    assert item["title"] == "lantern 2.1.0: Contradicted"
    assert item["content_text"] == "Contradicted.\ncisa-form@2024-03#4: a package has no hash"
    assert item["tags"] == ["contradicted"]
    own = item["_assay"]
    assert own["response"] == ANSWER
    assert own["releases"][0]["version"] == "2.1.0"
    assert own["claims"] == {
        "cisa-form@2024-03#3": "satisfied", "cisa-form@2024-03#4": "not_satisfied", "cisa-form@2024-03#1.a": "unknown",
    }  # fmt: skip
    assert own["provider"] == VERDICT.provider
    assert own["reasons"] == {row.requirement: row.reason for row in VERDICT.claims if row.claimed}
    assert own["checked"] == list(VERDICT.checked)
    assert own["not_checked"] == [{"what": one.what, "reason": one.reason} for one in VERDICT.not_checked]
    assert own["inputs"] == [
        {"name": one.name, "digest": one.digest, "public": one.public} for one in VERDICT.inputs
    ]
    assert own["not_checked"]
    assert {one["public"] for one in own["inputs"]} == {True, False}
