"""``assay customers``: the customer list as a table and back."""

from pathlib import Path

import typer

from assay.cli.output import Json, emit, out

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


def _tell(done: tuple[int, str], output: Path, *, json: bool) -> None:
    rows, commitment = done
    if json:
        emit({"written": str(output.resolve()), "rows": rows, "commitment": commitment})
    else:
        out().print(f"wrote {output}: {rows} rows, commitment {commitment}")
