"""``assay search``: find entries of a register by what they are about."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assay.cli.office import Office
from assay.cli.output import Json, Rows, emit, out
from assay.errors import Malformed
from assay.formats import b64, times
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.register import opening
from assay.register.leaf import Kind

if TYPE_CHECKING:
    from assay.bootstrap.search import Found
    from assay.office.search import Hit, Query


def search(
    office: Path | None = Office,
    digest: str = typer.Option(
        "", "--digest", help="Of a document, a release file or an artifact: algorithm:hex."
    ),
    purl: str = typer.Option("", "--purl", help="Of a release, with or without version."),
    product: str = typer.Option("", "--product", metavar="NAME[@VERSION]", help="Name of a product."),
    provider: str = typer.Option("", "--provider", help="Name of the provider, exact."),
    key: str = typer.Option(
        "", "--key", metavar="KEYID", help="Id of a key that signed the entry or the attestation."
    ),
    kind: str = typer.Option("", "--kind", help="Kind of entry, such as publication."),
    since: str = typer.Option("", "--since", metavar="TIME", help="Recorded at or after that time."),
    until: str = typer.Option("", "--until", metavar="TIME", help="Recorded before that time."),
    limit: int = typer.Option(50, "--limit", min=1, max=1000, help="Hits on a page."),
    after: int = typer.Option(-1, "--after", min=-1, metavar="CURSOR", help="Where the page before ended."),
    proofs: bool = typer.Option(False, "--proofs", help="Prove every hit; always with --json."),
    json: bool = Json,
) -> None:
    """Find entries of the office's register, with what they say and the proof that they stand in it."""
    from assay.adapters.home import Home
    from assay.bootstrap import home
    from assay.bootstrap.search import search_office
    from assay.office.search import Query

    name, version = _product(product)
    query = Query(
        digest=_digest(digest) if digest else None,
        purl=purl,
        product=name,
        version=version,
        provider=provider,
        key=key,
        kind=_kind(kind) if kind else None,
        since=_time(since, "--since"),
        until=_time(until, "--until"),
    )
    where = Home(office) if office else home()
    found = search_office(where, query, limit=limit, after=after, proofs=proofs or json)
    if json:
        emit(_document(found))
    else:
        _show(found, query)


def _document(found: "Found") -> dict[str, Any]:
    answer = found.answer
    return {
        "origin": found.origin,
        "as_of": answer.as_of,
        "after": answer.after,
        "omissions_proven": False,
        "checkpoint": answer.checkpoint.decode(),
        "hits": [_hit(hit) for hit in answer.hits],
    }


def _hit(hit: "Hit") -> dict[str, Any]:
    return {
        "index": hit.index,
        "kind": str(hit.kind),
        "time": times.encode(hit.time),
        "document": str(hit.document),
        "keyid": hit.keyid,
        "openings": opening.documents(hit.openings),
        "leaf": b64.encode(hit.leaf),
        "proof": [b64.encode(one) for one in hit.proof],
    }


def _show(found: "Found", query: "Query") -> None:
    from assay.office.search import labels

    console, answer = out(), found.answer
    console.print(f"{shown(found.origin, 200)}, as of {answer.as_of:,} entries", soft_wrap=True)
    rows = []
    for hit in answer.hits:
        said = labels(hit)
        about = [said[name] for name in ("provider", "product", "outcome", "actor") if name in said]
        rows.append((str(hit.index), times.encode(hit.time), str(hit.kind), shown(" · ".join(about), 300)))
    if rows:
        console.print(Rows(rows, head=("entry", "recorded", "kind", "says")))
    else:
        console.print(
            "nothing found" if query.since is None and query.until is None else "nothing found then"
        )
    for hit in answer.hits if answer.checkpoint else ():
        console.print(f"proof of entry {hit.index}:", *(b64.encode(one) for one in hit.proof), soft_wrap=True)
    if answer.checkpoint:
        console.print(answer.checkpoint.decode(), soft_wrap=True)
    if answer.after is not None:
        console.print(f"there is more: --after {answer.after}", soft_wrap=True)
    console.print("Hits can be proven; that nothing was left out is not.", style="dim", soft_wrap=True)


def _product(text: str) -> tuple[str, str]:
    at = text.rfind("@")
    return (text[:at], text[at + 1 :]) if at > 0 else (text, "")


def _digest(text: str) -> Digest:
    return Digest.parse(text if ":" in text else f"sha256:{text}", what="--digest")


def _kind(text: str) -> Kind:
    if text not in set(Kind):
        raise Malformed(f"--kind is {shown(text, 40)!r}, expected one of {', '.join(Kind)}")
    return Kind(text)


def _time(text: str, what: str) -> datetime | None:
    return times.parse(text, what=what) if text else None
