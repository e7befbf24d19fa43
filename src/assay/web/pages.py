"""Static pages: what an office publishes, as files by path. Pure: values in, bytes out.

Every page is whole by itself: its style stands in it, under a content security policy that names the style's digest, so
it looks the same from a server, from a disk and out of a mail. Text that came from outside is escaped, kept on its line
and cut; ``verdict.json`` beside the page has it in full.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from assay.formats import strict_json, times
from assay.formats.text import shown
from assay.formats.verdict import Engine, VerdictDocument
from assay.formats.verdict import digest as verdict_digest
from assay.web import tables, words
from assay.web.atom import atom
from assay.web.feed import feed
from assay.web.published import Published, named, versions
from assay.web.view import view

MAX_TEXT = 1000
"""Characters shown of any one text."""
MAX_RESPONSE = 200
"""Paragraphs shown of a response."""

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#b0781a" stroke-width="3">'
    '<path d="M10 2h12l8 8v12l-8 8H10l-8-8V10zM9.5 23L16 8.5 22.5 23M12 18.2h8"/></svg>'
)
SIGNS: Mapping[str, str] = {
    **{token: token for token in words.OUTCOMES},
    "validated": "satisfied",
    "validated_with_findings": "satisfied",
    "contradicted": "not_satisfied",
    "insufficient_evidence": "unknown",
    "incomplete": "unknown",
    "under_response": "unknown",
    "not_sampled": "not_applicable",
    "withdrawn": "not_applicable",
}


def site(office: str, engine: Engine, published: Sequence[Published], trust: bytes) -> dict[str, bytes]:
    """All files of the site, newest result first. ``ValueError`` when two results have one id."""
    if doubled := [id_ for id_, count in Counter(item.id for item in published).items() if count > 1]:
        raise ValueError(f"two results have the id {doubled[0]}")
    ordered = sorted(published, key=lambda item: item.index, reverse=True)
    told = feed(office, ordered)
    rows = tables.results(ordered)
    made: dict[str, bytes] = {
        "trust.json": trust,
        "index.html": render(
            "index.html",
            root="",
            has_feed=True,
            subject="results",
            office=office,
            engine=engine,
            items=[_row(item) for item in ordered],
        ),
        "feed.json": strict_json.pretty(told),
        "feed.atom": atom(told),
        "results.csv": rows.csv,
        "results.json": rows.json,
    }
    for item in ordered:
        folder = f"results/{item.id}/"
        made[folder + "index.html"] = _page(office, engine, item.verdict, item, item.artifact_names)
        made[folder + "result.dsse.json"] = item.result
        made[folder + "receipt.json"] = item.receipt
        made[folder + "verdict.json"] = strict_json.pretty(item.verdict)
    return made


def preview(office: str, verdict: VerdictDocument, names: Mapping[str, str]) -> dict[str, bytes]:
    """The page of a verdict that nobody recorded."""
    page = _page(office, verdict.engine, verdict, None, names)
    return {"index.html": page, "verdict.json": strict_json.pretty(verdict)}


def _page(
    office: str, engine: Engine, verdict: VerdictDocument, receipt: Published | None, names: Mapping[str, str]
) -> bytes:
    return render("result.html", **result_values(office, engine, verdict, receipt, names))


def result_values(
    office: str, engine: Engine, verdict: VerdictDocument, receipt: Published | None, names: Mapping[str, str]
) -> dict[str, Any]:
    """What ``result.html`` shows; *receipt* is None where nobody recorded the verdict."""
    response = receipt.response if receipt else ""
    iso = times.encode(verdict.judged)
    version = versions(verdict)
    return {
        "layout": "base.html",
        "links": {name: name for name in ("result.dsse.json", "receipt.json", "verdict.json")}
        | {"trust.json": "../../trust.json"},
        "marks": (),
        "root": "../../",
        "has_feed": receipt is not None,
        "subject": "result",
        "office": office,
        "engine": engine,
        "v": verdict,
        "view": view(verdict),
        "name": titled(verdict),
        "product": named(verdict),
        "version": version,
        "judged_iso": iso,
        "judged": iso.replace("T", " ").replace("Z", " UTC"),
        "preview": receipt is None,
        "trial": receipt is not None and receipt.trial,
        "receipt": receipt,
        "names": names,
        "listed": frozenset(item.digest for item in verdict.inputs),
        "first": {item.digest: item.name for item in reversed(verdict.inputs)},
        "public": sum(item.public for item in verdict.inputs),
        "unfavourable": verdict.result in words.UNFAVOURABLE,
        "response": [part for part in response.splitlines() if part.strip()][:MAX_RESPONSE],
        "verdict_digest": str(verdict_digest(verdict)),
    }


def titled(verdict: VerdictDocument) -> str:
    """Product and version."""
    return f"{named(verdict)} {versions(verdict)}".strip()


def _row(item: Published) -> dict[str, Any]:
    verdict = item.verdict
    claimed = [row.verdict for row in verdict.claims if row.claimed]
    return {
        "id": item.id,
        "product": named(verdict),
        "version": versions(verdict),
        "provider": verdict.provider,
        "result": verdict.result,
        "judged": f"{verdict.judged:%Y-%m-%d}",
        "draft": verdict.draft,
        "trial": item.trial,
        "response": bool(item.response),
        "counts": f"{claimed.count('satisfied')} of {len(claimed)} claims satisfied"
        if claimed
        else "no claims",
    }


def _shown(value: Any) -> Any:
    return shown(value, MAX_TEXT) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def style() -> str:
    """The style as it stands in every page: one rule a line, nothing else."""
    text = (files("assay.web") / "style.css").read_text("utf-8")
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


@cache
def style_source() -> str:
    """The source expression that lets the page's own style through its policy (CSP Level 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()}'"


@cache
def environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("assay.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clip"] = shown
    environment.filters["whole"] = escape
    environment.globals.update(
        words=words.OUTCOMES,
        unclaimed=words.UNCLAIMED,
        checks=words.CHECKS,
        findings=words.FINDINGS,
        results=words.RESULTS,
        meanings=words.MEANINGS,
        bases=words.BASES,
        roles=words.ROLES,
        sign=SIGNS,
        stage_words=words.STAGES,
        wait_words=words.WAITS,
        kind_words=words.KINDS,
        posted_words=words.POSTED,
        notice_words=words.NOTICES,
        answer_words=words.ANSWERS,
        how_words=words.HOW,
        style=Markup(style()),  # noqa: S704 - our own file
        style_source=Markup(style_source()),  # noqa: S704 - base64
        icon="data:image/svg+xml," + quote(_ICON),
    )
    return environment


def render(template: str, **values: Any) -> bytes:
    """A page in full; text that came from outside is escaped, and cut at :data:`MAX_TEXT`."""
    text = environment().get_template(template).render(**values)
    return re.sub(r"\n{2,}", "\n", text).encode()
