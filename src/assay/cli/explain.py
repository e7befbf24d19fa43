"""``assay explain``: the proof of a verdict."""

from pathlib import Path

import typer

from assay.cli.output import Json, emit, out


def explain(
    result: Path = typer.Argument(
        exists=True, help="A result (result.dsse.json) or a verdict (verdict.json)."
    ),
    claim: str = typer.Argument(
        "", help="A requirement, in full or by its id; all that are not satisfied when left out."
    ),
    json: bool = Json,
) -> None:
    """Show requirement, checks, findings, evidence, and the smallest set of changes that would turn the verdict."""
    from assay.bootstrap.results import names_beside, read_verdict
    from assay.cli.verdict_view import claim_json, headline
    from assay.cli.verdict_view import explain as show_claim
    from assay.validation.explain import choose

    verdict = read_verdict(result)
    names = names_beside(result)
    rows = choose(verdict, claim)
    if json:
        emit(
            {
                "verdict": verdict.result,
                "claims": [claim_json(row) for row in rows],
            }
        )
        return
    console = out()
    console.print(headline(verdict), soft_wrap=True)
    for row in rows:
        show_claim(console, row, names)
    if not rows:
        console.print("every requirement is satisfied")
