"""``assay customers``: the customer list as a table and back."""

from pathlib import Path

import typer

from assay.cli.output import Json, emit, out
from assay.cli.submission import Id, OfficeUrl, named

app = typer.Typer(help="The customer list as a table for spreadsheets, and back.", no_args_is_help=True)


@app.command("export")
def export(
    file: Path = typer.Argument(exists=True, help="customers.json, or a bundle's folder that holds one."),
    output: Path = typer.Option(..., "--output", "-o", dir_okay=False, help="CSV file to write."),
    json: bool = Json,
) -> None:
    """Write customers.json as a CSV table, salts included."""
    from assay.bootstrap import tables

    _tell(tables.export_customers(file, output), output, json=json)


@app.command("import")
def import_(
    table: Path = typer.Argument(exists=True, dir_okay=False, help="CSV table with a column 'name'."),
    output: Path = typer.Option(..., "--output", "-o", dir_okay=False, help="customers.json to write."),
    json: bool = Json,
) -> None:
    """Read a CSV table into customers.json; a row without a salt gets a fresh one."""
    from assay.bootstrap import tables

    _tell(tables.import_customers(table, output), output, json=json)


@app.command("fetch")
def fetch(
    payload: str = Id,
    office: str = OfficeUrl,
    output: Path = typer.Option(..., "--output", "-o", dir_okay=False, help="customers.json to write."),
    reason: str = typer.Option("", "--reason", help="Why, for people of the office; its provider sees it."),
    json: bool = Json,
) -> None:
    """Write the newest list of a submission at an office to a file that only you can read."""
    from assay.bootstrap import remote

    _tell(remote.fetch_customers(office, named(office, payload), output, reason), output, json=json)


@app.command("replace")
def replace(
    payload: str = Id,
    file: Path = typer.Argument(exists=True, dir_okay=False, help="customers.json."),
    office: str = OfficeUrl,
    json: bool = Json,
) -> None:
    """Replace the list of a submission at an office; notices go by the new one."""
    from assay.bootstrap import remote

    rows, commitment = remote.replace_customers(office, named(office, payload), file)
    if json:
        emit({"rows": rows, "commitment": commitment})
    else:
        out().print(f"replaced: {rows} rows, commitment {commitment}")


def _tell(done: tuple[int, str], output: Path, *, json: bool) -> None:
    rows, commitment = done
    if json:
        emit({"written": str(output.resolve()), "rows": rows, "commitment": commitment})
    else:
        out().print(f"wrote {output}: {rows} rows, commitment {commitment}")
