"""A verdict for people and for programs; what ``trial``, ``check``, ``submit`` and ``explain`` show."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from assay.checks.catalogue import CHECKS
from assay.cli import exits
from assay.cli.output import MAX_PATH, Rows, sign, token
from assay.formats.text import shown
from assay.formats.verdict import ClaimVerdict, FindingRow, VerdictDocument
from assay.web.published import named, versions
from assay.web.view import Change, view
from assay.web.words import FINDINGS, MEANINGS, OUTCOMES, ROLES, UNCLAIMED

MAX_CHANGES = 6
"""Changes shown under a table; ``assay explain`` has all."""

_ORDER = ("not_satisfied", "unknown", "satisfied", "not_applicable")


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
    """What is claimed, what is not, what to change, what is missing, and last the result."""
    console.print()
    name = shown(f"{named(verdict)} {versions(verdict)}".strip())
    console.print(Rows([(Text(name, style="bold"),)], indent=0))
    claimed = [row for row in verdict.claims if row.claimed]
    if claimed:
        _tables(console, "Claimed", claimed, OUTCOMES)
    _unclaimed(console, verdict)
    _changes(console, verdict)
    if verdict.missing:
        _heading(console, "Missing for completeness", f"{len(verdict.missing)}")
        console.print(Rows([(item.rule, shown(item.reason, 400)) for item in verdict.missing]))
    console.print()
    console.print(Text.assemble(("Result   ", "bold"), token(verdict.result), (_exit_code(verdict), "dim")))
    console.print(Rows([(MEANINGS[verdict.result],)], indent=9))
    console.print()


def headline(verdict: VerdictDocument) -> Text:
    """Product, version and result on one line."""
    return Text.assemble(f"{shown(f'{named(verdict)} {versions(verdict)}'.strip())}: ", token(verdict.result))


def paths(console: Console, named_paths: Iterable[tuple[str, Path]]) -> None:
    """One line each and never broken, so that they can be copied."""
    for name, path in named_paths:
        console.print(Text.assemble((f"{name:<9}", "bold"), shown(str(path), MAX_PATH)), soft_wrap=True)


def _exit_code(verdict: VerdictDocument) -> str:
    return f"   exit code {exits.for_result(verdict.result)}"


def _heading(console: Console, name: str, more: str = "") -> None:
    console.print()
    console.print(Text.assemble((name, "bold"), (f"  {more}" if more else "", "dim")))


def _by_pack(rows: Iterable[ClaimVerdict]) -> dict[str, list[ClaimVerdict]]:
    found: dict[str, list[ClaimVerdict]] = {}
    for row in rows:
        found.setdefault(row.requirement.partition("#")[0], []).append(row)
    return found


def _id(row: ClaimVerdict) -> str:
    return shown(row.requirement.partition("#")[2], 40)


def _tables(console: Console, name: str, rows: Sequence[ClaimVerdict], words: Mapping[Any, str]) -> None:
    for pack, found in _by_pack(rows).items():
        _heading(console, f"{name}, {shown(pack, 80)}")
        lines = [(_id(row), token(row.verdict, words), shown(row.reason, 400)) for row in found]
        console.print(Rows(lines, ("requirement", "verdict", "reason")))


def _unclaimed(console: Console, verdict: VerdictDocument) -> None:
    """Of a draft, the rows that the evidence speaks to, one by one; of the others only which they are, or how many."""
    rows = [row for row in verdict.claims if not row.claimed]
    spoken = [row for row in rows if verdict.draft and row.verdict in ("satisfied", "not_satisfied")]
    if verdict.draft:
        console.print(
            Rows([("A draft: nobody claims anything. This is what the evidence would support.",)], indent=0)
        )
        _tables(console, "Not claimed", spoken, UNCLAIMED)
    rest = [row for row in rows if row not in spoken]
    if not rest:
        return
    _heading(console, "Not claimed", f"{len(rest)} {'others' if spoken else 'requirements'}")
    persons = [row for row in rest if row.judged_by == "person"]
    lines = []
    for outcome in _ORDER:
        found = [row for row in rest if row.verdict == outcome and row not in persons]
        if found:
            names = _count(found) if verdict.draft and outcome == "unknown" else _ids(found)
            lines.append((token(outcome, UNCLAIMED), names))
    if persons:
        lines.append((token("unknown", {"unknown": "for a person to judge"}), _count(persons)))
    console.print(Rows(lines))


def _ids(rows: Iterable[ClaimVerdict]) -> str:
    return "; ".join(
        f"{shown(pack.partition('@')[0], 40)} {' '.join(_id(row) for row in found)}"
        for pack, found in _by_pack(rows).items()
    )


def _count(rows: Iterable[ClaimVerdict]) -> str:
    return ", ".join(f"{len(found)} of {shown(pack, 80)}" for pack, found in _by_pack(rows).items())


def _changes(console: Console, verdict: VerdictDocument) -> None:
    found = view(verdict).changes
    if not found:
        return
    wanted = "what a program can judge" if verdict.draft else "what is claimed"
    _heading(console, "What to change", f"the smallest set that would turn {wanted}")
    lines = [(f"{number}.", _change(item)) for number, item in enumerate(found[:MAX_CHANGES], 1)]
    console.print(Rows(lines))
    if len(found) > MAX_CHANGES:
        console.print(Text(f"  and {len(found) - MAX_CHANGES} more; the page has all", style="dim"))


def _change(item: Change) -> Text:
    by_pack: dict[str, list[str]] = {}
    for label, _ in item.turns:
        pack, _, id_ = label.rpartition(" ")
        by_pack.setdefault(pack, []).append(id_)
    turned = "; ".join(f"{pack} {' '.join(ids)}".strip() for pack, ids in by_pack.items())
    return Text.assemble(shown(item.do, 300), (f"  ({shown(turned, 300)})", "dim"))


def explain(console: Console, row: ClaimVerdict, names: Mapping[str, str]) -> None:
    """One requirement: what would turn it, each check with its findings, and the evidence they point into."""
    console.print()
    console.print(Rows([(Text(row.requirement, style="bold"), shown(row.title, 300))], indent=0))
    verdict = token(row.verdict, OUTCOMES if row.claimed else UNCLAIMED)
    console.print(Rows([(verdict, shown(row.reason, 1000))]))
    if not row.claimed:
        console.print("  not claimed")
    for note in row.notes:
        console.print(Rows([(Text("note", style="dim"), shown(note, 1000))]))
    if row.changes:
        console.print("  the smallest set of changes that would turn it:")
        console.print(
            Rows([(f"{at}.", shown(text, 1000)) for at, text in enumerate(row.changes, 1)], indent=4)
        )
    evidence = {
        digest: at for at, digest in enumerate(dict.fromkeys(d for f in row.findings for d in f.evidence), 1)
    }
    for (check, role), findings in _by_check(row).items():
        _check(console, check, role, findings, evidence)
    if evidence:
        console.print("  evidence:")
    for digest, at in evidence.items():
        console.print(
            Text(f"    [{at}] {digest}  {shown(names.get(digest, ''), 200)}".rstrip()), soft_wrap=True
        )


def _by_check(row: ClaimVerdict) -> dict[tuple[str, str], list[FindingRow]]:
    """Findings by check and role, the worst first."""
    found: dict[tuple[str, str], list[FindingRow]] = {}
    for finding in sorted(row.findings, key=lambda finding: _ORDER.index(finding.outcome)):
        found.setdefault((finding.check, finding.role), []).append(finding)
    return found


def _check(
    console: Console, check: str, role: str, findings: Sequence[FindingRow], evidence: Mapping[str, int]
) -> None:
    title = CHECKS[check].title if check in CHECKS else ""
    limits = f" ({ROLES[role]})" if role in ROLES else ""
    line = Text.assemble((check, "bold"), f"  {title}", (limits, "dim"))
    console.print(Rows([(sign(findings[0].outcome), line)]))
    console.print(
        Rows([(Text(FINDINGS[f.outcome], style="dim"), _finding(f, evidence)) for f in findings], indent=6)
    )


def _finding(finding: FindingRow, evidence: Mapping[str, int]) -> Text:
    said = Text(shown(finding.message, 1000))
    places = [f"at {shown(finding.at, 300)}"] if finding.at else []
    places += [f"[{evidence[digest]}]" for digest in finding.evidence]
    places += [f"of {shown(finding.release, 100)}"] if finding.release else []
    return said.append(f"  {' '.join(places)}", style="dim") if places else said
