"""The feed of results: JSON Feed 1.1, https://jsonfeed.org/version/1.1; what it has no field for stands in ``_assay``.

A static site does not know its own address: ``url`` is relative to the feed, and ``home_page_url`` and ``feed_url``, both
optional, are left out rather than invented.
"""

from collections.abc import Sequence
from typing import Any

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


def feed(office: str, published: Sequence[Published]) -> dict[str, Any]:
    """One item for each result, in the order given."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"Results of {office}",
        "description": "Results that an assay office has published. Addresses are relative to this file.",
        "language": "en",
        "authors": [{"name": office}],
        "_assay": {"trust": "trust.json", "verify": VERIFY},
        "items": [_item(item) for item in published],
    }


def _item(item: Published) -> dict[str, Any]:
    verdict = item.verdict
    word = RESULTS[verdict.result]
    name = f"{named(verdict)} {versions(verdict)}".strip()
    return {
        "id": f"urn:sha256:{item.id}",
        "url": f"results/{item.id}/index.html",
        "title": shown(f"{name}: {word}", 300),
        "content_text": "\n".join([f"{word}.", *(shown(line, MAX_TEXT) for line in verdict.reasons[:5])]),
        "date_published": times.encode(verdict.judged),
        "tags": [verdict.result],
        "attachments": [
            {"url": f"results/{item.id}/{file}", "mime_type": "application/json", "title": title}
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
