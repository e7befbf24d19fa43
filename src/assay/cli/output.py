"""What every command prints with: tables for people on standard output, progress and errors on standard error."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assay.formats import strict_json
from assay.formats.text import shown

Json = typer.Option(False, "--json", help="Print one JSON object on standard output and nothing else.")

STYLES = {
    "satisfied": "green",
    "not_satisfied": "bold red",
    "unknown": "yellow",
    "not_applicable": "dim",
    "validated": "bold green",
    "validated_with_findings": "bold green",
    "insufficient_evidence": "bold yellow",
    "contradicted": "bold red",
    "incomplete": "bold yellow",
}
WORDS = {
    "satisfied": "satisfied",
    "not_satisfied": "contradicted",
    "unknown": "unknown",
    "not_applicable": "does not apply",
    "validated": "validated",
    "validated_with_findings": "validated, with findings",
    "insufficient_evidence": "insufficient evidence",
    "contradicted": "contradicted",
    "incomplete": "incomplete",
}


def out() -> Console:
    return Console(highlight=False, soft_wrap=False)


def err() -> Console:
    return Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """One line on standard error."""
    err().print(Text.assemble(("assay: ", "bold red"), shown(message, 2000)), soft_wrap=True)


def emit(value: Mapping[str, Any]) -> None:
    """The one JSON object of ``--json``."""
    sys.stdout.buffer.write(strict_json.pretty(value))
    sys.stdout.buffer.flush()


def token(name: str) -> Text:
    return Text(WORDS.get(name, name), style=STYLES.get(name, ""))


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]], *, title: str = "") -> Table:
    """A plain table; cells are taken as text, never as markup."""
    made = Table(
        *columns, title=title or None, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return made


class Steps:
    """Progress, a line per step, on standard error; silent with ``--json``."""

    def __init__(self, *, silent: bool) -> None:
        self._console = err()
        self._silent = silent

    def __call__(self, name: str, text: str) -> None:
        if not self._silent:
            self._console.print(Text.assemble((f"  {name:<10}", "bold"), shown(text, 400)), soft_wrap=True)
