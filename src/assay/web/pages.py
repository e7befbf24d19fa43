"""Static pages and the feed: what an office publishes, as files by path. Pure: values in, bytes out."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from assay.formats import strict_json, times
from assay.formats.digest import Digest
from assay.formats.verdict import ClaimVerdict, Engine, VerdictDocument
from assay.formats.verdict import digest as verdict_digest

WORDS = {
    "satisfied": "satisfied",
    "not_satisfied": "contradicted",
    "unknown": "unknown",
    "not_applicable": "does not apply",
    "validated": "Validated",
    "validated_with_findings": "Validated, with findings",
    "insufficient_evidence": "Insufficient evidence",
    "contradicted": "Contradicted",
    "incomplete": "Incomplete",
    "not_sampled": "Not sampled",
    "under_response": "Under response",
    "withdrawn": "Withdrawn",
}
BASES = {
    "statement": "the provider's own statement",
    "artifact": "a document bound to this release",
    "derived": "what was recomputed from the release, or stands under a verified signature",
}
_BAR = (("satisfied", "s"), ("not_satisfied", "n"), ("unknown", "u"), ("not_applicable", "a"))


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A result as the pages need it."""

    id: str
    """Short name in the address: hex of the payload digest."""
    verdict: VerdictDocument
    result: bytes
    """The signed result, a DSSE envelope."""
    receipt: bytes
    origin: str
    index: int
    size: int
    root: str
    trial: bool
    artifact_names: Mapping[str, str] = {}
    """Digest -> name, for the list of inputs; empty where the names are not public."""
    response: str = ""


def site(office: str, engine: Engine, published: Sequence[Published], trust: bytes) -> dict[str, bytes]:
    """All files of the site, newest result first."""
    files_: dict[str, bytes] = {"style.css": _style(), "trust.json": trust}
    ordered = sorted(published, key=lambda item: item.index, reverse=True)
    rows = [_row(item) for item in ordered]
    files_["index.html"] = _render("index.html", root="", office=office, engine=engine, results=rows)
    files_["feed.json"] = strict_json.pretty(_feed(office, ordered))
    for item in ordered:
        folder = f"results/{item.id}/"
        files_[folder + "index.html"] = _result(office, engine, item)
        files_[folder + "result.dsse.json"] = item.result
        files_[folder + "receipt.json"] = item.receipt
        files_[folder + "verdict.json"] = strict_json.pretty(item.verdict)
    return files_


def preview(office: str, verdict: VerdictDocument, names: Mapping[str, str]) -> dict[str, bytes]:
    """The page of a verdict that nobody recorded, and its style sheet."""
    page = _page(office, verdict.engine, verdict, root="", names=names)
    return {"index.html": page, "style.css": _style(), "verdict.json": strict_json.pretty(verdict)}


def _result(office: str, engine: Engine, item: Published) -> bytes:
    return _page(
        office,
        engine,
        item.verdict,
        root="../../",
        names=item.artifact_names,
        receipt=item,
        trial=item.trial,
        response=item.response,
    )


def _page(
    office: str,
    engine: Engine,
    verdict: VerdictDocument,
    *,
    root: str,
    names: Mapping[str, str],
    receipt: Published | None = None,
    trial: bool = False,
    response: str = "",
) -> bytes:
    packs: dict[str, list[ClaimVerdict]] = {}
    for row in verdict.claims:
        packs.setdefault(row.requirement.partition("#")[0], []).append(row)
    bar, start = [], 0
    for token, css in _BAR:
        count = sum(row.verdict == token for row in verdict.claims)
        if count:
            bar.append({"css": css, "start": start, "count": count, "word": WORDS[token]})
            start += count
    return _render(
        "result.html",
        root=root,
        office=office,
        engine=engine,
        v=verdict,
        version=verdict.releases[0].version if verdict.releases else "",
        judged=times.encode(verdict.judged).replace("T", " ").replace("Z", " UTC"),
        trial=trial,
        packs=[{"ref": ref, "rows": rows} for ref, rows in packs.items()],
        bar=bar,
        total=len(verdict.claims),
        claimed=sum(row.claimed for row in verdict.claims),
        summary=", ".join(f"{part['count']} {part['word']}" for part in bar),
        receipt=receipt,
        names=names,
        response=response,
        verdict_digest=str(verdict_digest(verdict)),
    )


def _row(item: Published) -> dict[str, Any]:
    verdict = item.verdict
    return {
        "id": item.id,
        "product": verdict.product or verdict.provider or "(unnamed)",
        "version": verdict.releases[0].version if verdict.releases else "",
        "provider": verdict.provider,
        "result": verdict.result,
        "judged": f"{verdict.judged:%Y-%m-%d}",
        "draft": verdict.draft,
    }


def _feed(office: str, published: Sequence[Published]) -> dict[str, Any]:
    """JSON Feed 1.1; what it has no field for stands under ``_assay``."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"Results of {office}",
        "items": [
            {
                "id": f"urn:sha256:{item.id}",
                "url": f"results/{item.id}/index.html",
                "title": f"{row['product']} {row['version']}: {WORDS[item.verdict.result]}".replace(
                    "  ", " "
                ),
                "content_text": "; ".join(item.verdict.reasons[:5]) or WORDS[item.verdict.result],
                "date_published": times.encode(item.verdict.judged),
                "_assay": {
                    **row,
                    "trial": item.trial,
                    "digests": [file.digest for release in item.verdict.releases for file in release.digests],
                    "verdict": str(verdict_digest(item.verdict)),
                    "entry": item.index,
                    "claims": {claim.requirement: claim.verdict for claim in item.verdict.claims},
                },
            }
            for item in published
            for row in (_row(item),)
        ],
    }


def result_id(payload: Digest) -> str:
    return payload.value


def _style() -> bytes:
    return (files("assay.web") / "style.css").read_bytes()


def _render(template: str, **values: Any) -> bytes:
    environment = Environment(
        loader=PackageLoader("assay.web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(words=WORDS, bases=BASES)
    return environment.get_template(template).render(**values).encode()
