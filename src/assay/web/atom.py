"""The feed of results as Atom (RFC 4287), made from the JSON feed, so that the two say the same.

Addresses are as there. A feed must have an id and a time: the id is derived from the office's name, or from what the feed says it is of,
and the time is that of its newest entry.
"""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from assay.formats.text import shown

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
NEVER = "1970-01-01T00:00:00Z"
"""When a feed without entries was updated."""


def atom(feed: Mapping[str, Any], here: str = "feed.atom") -> bytes:
    """*feed* as :func:`assay.web.feed.feed` makes it; *here*: the address of what this makes."""
    return "\n".join(("<?xml version='1.0' encoding='utf-8'?>", *_feed(feed, here), "")).encode(
        "utf-8", "replace"
    )


def _feed(feed: Mapping[str, Any], here: str) -> Iterator[str]:
    author = feed["authors"][0]["name"]
    yield f'<feed xmlns="{NAMESPACE}" xml:lang="{feed["language"]}">'
    yield _text("id", _id(feed.get("_assay", {}).get("of", author)))
    yield _text("title", feed["title"])
    yield _text("subtitle", feed["description"])
    yield _text("updated", max(map(_updated, feed["items"]), default=NEVER))
    yield f"<author>{_text('name', author)}</author>"
    yield _link("self", here, MEDIA_TYPE)
    yield _link("alternate", feed.get("home_page_url", "index.html"), "text/html")
    for item in feed["items"]:
        yield from _entry(item)
    yield "</feed>"


def _entry(item: Mapping[str, Any]) -> Iterator[str]:
    yield "<entry>"
    yield _text("id", item["id"])
    yield _text("title", item["title"])
    yield _text("published", item["date_published"])
    yield _text("updated", _updated(item))
    yield _link("alternate", item["url"], "text/html")
    for one in item.get("attachments", ()):
        yield _link("enclosure", one["url"], one["mime_type"], one["title"])
    for tag in item["tags"]:
        yield f"<category term={_quoted(tag)}/>"
    response = item["_assay"].get("response", "")
    yield _text(
        "content",
        f"{item['content_text']}\nThe provider's response: {response}" if response else item["content_text"],
    )
    yield "</entry>"


def _updated(item: Mapping[str, Any]) -> str:
    found: str = item.get("date_modified", item["date_published"])
    return found


def _id(office: str) -> str:
    raw = bytearray(hashlib.sha256(f"assay feed of results\n{office}".encode()).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x80  # version 8 (RFC 9562 section 5.8)
    raw[8] = raw[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(raw)).urn


def _text(name: str, text: str) -> str:
    return f"<{name}>{escape(_plain(text))}</{name}>"


def _link(rel: str, address: str, kind: str, title: str = "") -> str:
    named = f" title={_quoted(title)}" if title else ""
    return f"<link rel={_quoted(rel)} type={_quoted(kind)} href={_quoted(address)}{named}/>"


def _quoted(text: str) -> str:
    return f'"{escape(_plain(text))}"'


def _plain(text: str) -> str:
    """Only characters that XML 1.0 has (section 2.2), lines kept."""
    return "\n".join(shown(line, max(len(line), 1)) for line in text.split("\n"))
