"""``assay replay``: compute a verdict again and compare."""

from pathlib import Path

import typer

from assay.cli import exits
from assay.cli.output import Json, complain, emit, out


def replay(
    result: Path = typer.Argument(
        exists=True, help="A result (result.dsse.json), a verdict (verdict.json) or a re-derivation."
    ),
    inputs: list[Path] = typer.Option(
        [],
        "--inputs",
        exists=True,
        file_okay=False,
        help="Folder to look for inputs in, by digest; may be repeated.",
    ),
    engine: Path | None = typer.Option(
        None,
        "--engine",
        exists=True,
        dir_okay=False,
        help="Wheel of Assay to replay with, in an environment of its own.",
    ),
    json: bool = Json,
) -> int:
    """Recompute the verdict, or what was derived again, from the inputs it names and say whether it is identical."""
    from assay.bootstrap.replay import replay_result

    answer = replay_result(result, inputs, engine)
    if json:
        emit(
            {
                "result": str(result.resolve()), "state": answer.state, "expected": answer.expected, "found": answer.found,
                "differences": answer.differences, "reason": answer.reason,
            }
        )  # fmt: skip
    elif answer.state == "identical":
        out().print(f"identical: {answer.expected}", soft_wrap=True)
    else:
        complain(f"{answer.state}: {answer.reason}")
        for line in answer.differences:
            out().print(f"  {line}", soft_wrap=True)
    return {"identical": exits.VALIDATED, "different": exits.NOT_VALIDATED}.get(answer.state, exits.UNKNOWN)
