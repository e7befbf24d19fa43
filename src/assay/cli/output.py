"""What every command prints with: tables for people on standard output, progress and errors on standard error.

Names and messages come from files that others made: no escape sequence in them reaches the terminal, and square brackets
are never read as markup. The word always says what the colour says, so nothing is lost in a pipe or with ``NO_COLOR``.
"""

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

import msgspec
import typer
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from assay.formats import strict_json
from assay.formats.text import shown
from assay.web.words import OUTCOMES, RESULTS

Json = typer.Option(False, "--json", help="Print one JSON object on standard output and nothing else.")

WIDTH_IN_A_PIPE = 120
"""Columns where there is no terminal to ask and ``COLUMNS`` is not set."""
NARROW = 24
"""Columns that the last cell of a row gets at the least."""

SIGNS = {
    "satisfied": "✓",
    "not_satisfied": "✗",
    "unknown": "?",
    "not_applicable": "–",
    "validated": "✓",
    "validated_with_findings": "✓",
    "insufficient_evidence": "?",
    "contradicted": "✗",
    "incomplete": "?",
}
PLAIN_SIGNS = {"✓": "+", "✗": "x", "?": "?", "–": "-"}
"""For terminals that write no such character."""
STYLES = {"✓": "green", "✗": "bold red", "?": "yellow", "–": "dim"}
"""The sign has the colour and the word keeps the terminal's own, which can be read on any ground."""
WORDS: Mapping[str, str] = {
    **{str(name): word for name, word in OUTCOMES.items()},
    **{str(name): word.lower() for name, word in RESULTS.items()},
}


MAX_PATH = 4096
"""Characters of a path that are shown: all, for it is there to be copied."""
_STEERING = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class _Console(Console):
    """Prints plain strings without the characters that steer a terminal."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(
            "".join(c for c in text if c == "\n" or unicodedata.category(c)[0] != "C"), **options
        )


def out() -> Console:
    return _console(sys.stdout)


def err() -> Console:
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    width = None if stream.isatty() else shutil.get_terminal_size((WIDTH_IN_A_PIPE, 50)).columns
    return _Console(file=stream, highlight=False, markup=False, emoji=False, width=width)


def complain(message: str) -> None:
    """One line on standard error."""
    err().print(Text.assemble(("assay: ", "bold red"), shown(message, 2000)), soft_wrap=True)


def emit(value: Mapping[str, Any]) -> None:
    """The one JSON object of ``--json``; what steers a terminal is escaped, which JSON allows anywhere in a string."""
    text = strict_json.pretty(value).decode()
    sys.stdout.buffer.write(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode())
    sys.stdout.buffer.flush()


def emit_line(value: Mapping[str, Any]) -> None:
    """One of several JSON objects, each on a line, for commands that go on."""
    sys.stdout.buffer.write(strict_json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def token(name: str, words: Mapping[Any, str] = WORDS) -> Text:
    """A token as sign and word."""
    return sign(name).append(f" {words.get(name, name)}")


def sign(name: str) -> Text:
    """A token as one coloured character."""
    drawn = SIGNS.get(name, "?")
    return Text().append(drawn if _draws(drawn) else PLAIN_SIGNS[drawn], style=STYLES[drawn])


def _draws(character: str) -> bool:
    try:
        character.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]], *, title: str = "") -> Table:
    """A plain table; cells are taken as text, never as markup."""
    made = Table(
        *columns, title=title or None, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(shown(str(cell), 2000)) for cell in row))
    return made


class Rows(msgspec.Struct, frozen=True):
    """Rows whose last cell takes what is left of the line and goes on below itself; no trailing blanks."""

    rows: Sequence[Sequence[str | Text]]
    head: Sequence[str] = ()
    indent: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        head = [[Text(cell, style="dim") for cell in self.head]] if self.head and self.rows else []
        rows = head + [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in self.rows]
        widths = (
            [max(cell_len(row[at].plain) for row in rows) for at in range(len(rows[0]) - 1)] if rows else []
        )
        start = self.indent + sum(widths) + 2 * len(widths)
        below = start + NARROW > options.max_width
        if below:
            start = self.indent + 2
        for row in rows:
            line = Text(" " * self.indent)
            for width, cell in zip(widths, row, strict=False):
                line.append_text(cell).append(" " * (width - cell_len(cell.plain) + 2))
            wrapped = list(row[-1].wrap(console, max(NARROW, options.max_width - start))) or [Text()]
            if below and widths:
                line.rstrip()
                yield line
                line = Text(" " * start)
            for part in wrapped:
                part.rstrip()
                line.append_text(part)
                line.rstrip()
                yield line
                line = Text(" " * start)


class Steps:
    """Progress, a line per step, on standard error; silent with ``--json``."""

    def __init__(self, *, silent: bool) -> None:
        self._console = err()
        self._silent = silent

    def __call__(self, name: str, text: str) -> None:
        if not self._silent:
            self._console.print(Rows([(Text(f"{name:<8}", style="bold"), shown(text, 400))]))
