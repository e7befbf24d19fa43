"""A verdict for people and for programs; what ``trial``, ``check`` and ``explain`` show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from assay.cli.output import WORDS, table, token
from assay.formats.text import shown
from assay.formats.verdict import ClaimVerdict, FindingRow, VerdictDocument


def contract(
    verdict: VerdictDocument, *, result: Path | None, receipt: Path | None, pages: Path | None
) -> dict[str, Any]:
    """The object of ``trial --json`` and ``check --json``; docs/commands.md describes it."""
    releases = [
        {"name": r.name, "version": r.version, "digests": {file.filename: file.digest for file in r.digests}}
        for r in verdict.releases
    ]
    return {
        "provider": verdict.provider,
        "product": verdict.product,
        "release": releases[0] if releases else {"name": "", "version": "", "digests": {}},
        "releases": releases,
        "draft": verdict.draft,
        "complete": verdict.complete,
        "missing": [{"rule": item.rule, "reason": item.reason} for item in verdict.missing],
        "claims": [claim_json(row) for row in verdict.claims],
        "verdict": verdict.result,
        "reasons": verdict.reasons,
        "result": _path(result),
        "receipt": _path(receipt),
        "pages": _path(pages),
        "inputs": {item.name: item.digest for item in verdict.inputs},
        "engine": msgspec.to_builtins(verdict.engine),
    }


def claim_json(row: ClaimVerdict) -> dict[str, Any]:
    return {
        "requirement": row.requirement,
        "title": row.title,
        "claimed": row.claimed,
        "verdict": row.verdict,
        "reason": row.reason,
        "basis": row.basis,
        "judged_by": row.judged_by,
        "notes": row.notes,
        "changes": row.changes,
        "findings": [msgspec.to_builtins(finding) for finding in row.findings],
    }


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())


def show(console: Console, verdict: VerdictDocument) -> None:
    """The table of claims, the result, and what is missing."""
    by_pack: dict[str, list[ClaimVerdict]] = {}
    for row in verdict.claims:
        by_pack.setdefault(row.requirement.partition("#")[0], []).append(row)
    for pack, rows in by_pack.items():
        console.print()
        console.print(Text(pack, style="bold"))
        lines = [
            (
                row.requirement.partition("#")[2],
                Text("yes" if row.claimed else "no", style="" if row.claimed else "dim"),
                token(row.verdict),
                Text(shown(row.reason, 400)),
            )
            for row in rows
        ]
        console.print(table(("", "claimed", "verdict", "reason"), lines))
    console.print()
    if verdict.missing:
        console.print(Text("Missing for completeness", style="bold"))
        console.print(table(("rule", "reason"), [(item.rule, item.reason) for item in verdict.missing]))
        console.print()
    console.print(Text.assemble(("Result  ", "bold"), token(verdict.result), _counts(verdict)))
    if verdict.draft:
        console.print("A draft: nobody claimed anything; the table shows what the evidence would support.")


def _counts(verdict: VerdictDocument) -> str:
    counted = [(word, sum(row.verdict == name for row in verdict.claims)) for name, word in WORDS.items()]
    return "  (" + ", ".join(f"{count} {word}" for word, count in counted if count) + ")"


def explain(console: Console, row: ClaimVerdict, names: Mapping[str, str]) -> None:
    """One requirement: its findings with their evidence, and what would turn it."""
    console.print()
    console.print(Text.assemble((row.requirement, "bold"), "  ", row.title))
    console.print(
        Text.assemble(
            "  ", token(row.verdict), "" if row.claimed else "  (not claimed)", "  ", shown(row.reason, 1000)
        )
    )
    for note in row.notes:
        console.print(Text(f"  note: {shown(note, 1000)}", style="dim"))
    for finding in row.findings:
        console.print(_finding(finding, names))


def _finding(finding: FindingRow, names: Mapping[str, str]) -> Text:
    lines = Text.assemble("    ", token(finding.outcome), f"  {finding.check}", (f"  {finding.role}", "dim"))
    lines.append(f"\n      {finding.message}")
    if finding.at:
        lines.append(f"\n      at {finding.at}", style="dim")
    for digest in finding.evidence:
        lines.append(f"\n      evidence {names.get(digest, '')} {digest}", style="dim")
    return lines
