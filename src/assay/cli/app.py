"""All commands, and what happens to their errors."""

import sys
from collections.abc import Sequence

import typer

from assay import __version__
from assay.cli import (
    attest,
    check,
    collect,
    exits,
    explain,
    init,
    key,
    replay,
    sign,
    submit,
    trial,
    trust,
    verify,
)
from assay.cli.output import complain
from assay.errors import AssayError

HELP = "An assay office for software: evidence goes in, verdicts come out, and everybody can recompute them."


app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("trial")(trial.trial)
app.command("init")(init.init)
app.add_typer(key.app, name="key")
app.add_typer(trust.app, name="trust")
app.command("collect")(collect.collect)
app.command("attest")(attest.attest)
app.command("sign")(sign.sign)
app.command("check")(check.check)
app.command("submit")(submit.submit)
app.command("verify")(verify.verify)
app.command("explain")(explain.explain)
app.command("replay")(replay.replay)


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and the engine, then stop."),
) -> None:
    if version:
        from assay.adapters.engine import this_engine

        engine = this_engine()
        typer.echo(f"assay {__version__}\ncode {engine.code}\nlock {engine.lock}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit(exits.USAGE)


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        code = app(list(arguments), prog_name="assay", standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        complain(f"{error.format_message()} (assay --help)" if error.message else error.format_message())
        return exits.USAGE
    except typer.Abort:
        complain("stopped")
        return exits.UNKNOWN
    except AssayError as error:
        complain(str(error))
        return exits.for_error(error)
    except BrokenPipeError:
        sys.stderr.close()
        return exits.UNKNOWN
    return code if isinstance(code, int) else 0
