"""Tables of the pages, to take away as CSV or JSON: whatever a page shows in rows, it offers in both."""

from collections.abc import Iterable, Sequence

import msgspec

from assay.formats import csv_table, strict_json, times
from assay.formats.csv_table import Cell
from assay.web.published import Published


class Table(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """A cell for each column."""

    @property
    def csv(self) -> bytes:
        """docs/formats/tables.md, Writing."""
        return csv_table.write(self.columns, self.rows)

    @property
    def json(self) -> bytes:
        """``{"columns": [...], "rows": [{column: cell}]}``, laid out for people."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return strict_json.pretty({"columns": self.columns, "rows": rows})


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Table:
    """``ValueError`` for a row of another length."""
    made = Table(tuple(columns), tuple(tuple(row) for row in rows))
    if wrong := [at for at, row in enumerate(made.rows) if len(row) != len(made.columns)]:
        raise ValueError(f"row {wrong[0]} has {len(made.rows[wrong[0]])} cells, expected {len(made.columns)}")
    return made


RESULTS = (
    "id", "provider", "product", "version", "purl", "result", "judged", "claimed", "satisfied", "draft", "trial",
    "response", "page", "register", "entry",
)  # fmt: skip


def results(published: Sequence[Published]) -> Table:
    """A row for each release of each result, in the order given; one row for a result without releases."""
    return table(RESULTS, (row for item in published for row in _rows(item)))


def _rows(item: Published) -> Iterable[tuple[Cell, ...]]:
    verdict = item.verdict
    claimed = [row.verdict for row in verdict.claims if row.claimed]
    releases = [(one.name, one.version, one.purl) for one in verdict.releases] or [(verdict.product, "", "")]
    for name, version, purl in releases:
        yield (
            f"sha256:{item.id}", verdict.provider, name, version, purl, verdict.result, times.encode(verdict.judged),
            len(claimed), claimed.count("satisfied"), verdict.draft, item.trial, item.response,
            f"results/{item.id}/index.html", item.origin, item.index,
        )  # fmt: skip
