"""The feed of results: JSON Feed 1.1, https://jsonfeed.org/version/1.1; what it has no field for stands in ``_assay``.

A static site does not know its own address: there ``url`` is relative to the feed, and ``home_page_url`` and ``feed_url``, both
optional, are left out rather than invented.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from assay.formats import times
from assay.formats.text import shown
from assay.formats.verdict import digest as verdict_digest
from assay.web.published import Published, named, versions
from assay.web.words import RESULTS

VERIFY = "assay verify result.dsse.json receipt.json --trust trust.json"
FILES = (
    ("result.dsse.json", "The signed result"),
    ("receipt.json", "The register's receipt for it"),
    ("verdict.json", "The verdict in the result, for reading"),
)
"""Beside each page: name, title."""
MAX_TEXT = 1000


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a feed and what it names are found; ``{id}`` stands for a result's."""

    about: str = "Results that an assay office has published. Addresses are relative to this file."
    trust: str = "trust.json"
    page: str = "results/{id}/index.html"
    files: Mapping[str, str] = {}
    """By name; the others lie beside the page."""
    home: str = ""
    json: str = ""
    atom: str = "feed.atom"


STATIC = Site()


def feed(office: str, published: Sequence[Published], site: Site = STATIC) -> dict[str, Any]:
    """One item for each result, in the order given."""
    return around(office, [item_of(one, site) for one in published], site)


def around(office: str, items: Sequence[Mapping[str, Any]], site: Site) -> dict[str, Any]:
    """*items* as :func:`item_of` makes them."""
    known = {"home_page_url": site.home, "feed_url": site.json}
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"Results of {office}",
        **{name: address for name, address in known.items() if address},
        "description": site.about,
        "language": "en",
        "authors": [{"name": office}],
        "_assay": {"trust": site.trust, "verify": VERIFY},
        "items": list(items),
    }


def item_of(item: Published, site: Site, modified: datetime | None = None) -> dict[str, Any]:
    """*modified*: when what is shown of it changed last, where that is known."""
    verdict = item.verdict
    word = RESULTS[verdict.result]
    name = f"{named(verdict)} {versions(verdict)}".strip()
    return {
        "id": f"urn:sha256:{item.id}",
        "url": site.page.format(id=item.id),
        "title": shown(f"{name}: {word}", 300),
        "content_text": "\n".join([f"{word}.", *(shown(line, MAX_TEXT) for line in verdict.reasons[:5])]),
        "date_published": times.encode(verdict.judged),
        **({"date_modified": times.encode(modified)} if modified is not None else {}),
        "tags": [verdict.result],
        "attachments": [
            {
                "url": site.files.get(file, f"results/{{id}}/{file}").format(id=item.id),
                "mime_type": "application/json",
                "title": title,
            }
            for file, title in FILES
        ],
        "_assay": _extension(item),
    }


def _extension(item: Published) -> dict[str, Any]:
    """What a relying party asks of a result; the whole of it is in ``verdict.json``."""
    verdict = item.verdict
    claimed = [claim for claim in verdict.claims if claim.claimed]
    return {
        "provider": verdict.provider,
        "product": verdict.product,
        "releases": [
            {"name": r.name, "version": r.version, "digests": [file.digest for file in r.digests]}
            for r in verdict.releases
        ],
        "result": verdict.result,
        "draft": verdict.draft,
        "trial": item.trial,
        "claims": {claim.requirement: claim.verdict for claim in claimed},
        "reasons": {claim.requirement: shown(claim.reason, MAX_TEXT) for claim in claimed},
        "checked": list(verdict.checked),
        "not_checked": [
            {"what": shown(one.what, MAX_TEXT), "reason": shown(one.reason, MAX_TEXT)}
            for one in verdict.not_checked
        ],
        "inputs": [
            {"name": shown(one.name, MAX_TEXT), "digest": one.digest, "public": one.public}
            for one in verdict.inputs
        ],
        "response": item.response,
        "verdict": str(verdict_digest(verdict)),
        "register": item.origin,
        "entry": item.index,
    }
