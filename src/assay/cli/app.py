"""All commands, and what happens to their errors."""

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import typer

from assay import __version__
from assay.cli import (
    access,
    attest,
    check,
    collect,
    customers,
    doctor,
    draw,
    exits,
    explain,
    federation,
    import_,
    init,
    key,
    mirror,
    monitor,
    office,
    receipt,
    register,
    replay,
    search,
    serve,
    sign,
    submission,
    submit,
    trial,
    trust,
    verify,
    witness,
)
from assay.cli.output import complain
from assay.errors import AssayError, Faulty

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
app.command("import")(import_.import_)
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
app.add_typer(register.app, name="register")
app.add_typer(receipt.app, name="receipt")
app.command("witness")(witness.witness)
app.add_typer(draw.app, name="draw")
app.command("monitor")(monitor.monitor)
app.command("serve")(serve.serve)
app.add_typer(submission.app, name="submission")
app.add_typer(access.app, name="access")
app.add_typer(federation.app, name="federation")
app.command("mirror")(mirror.mirror)
app.add_typer(office.app, name="office")
app.command("doctor")(doctor.doctor)
app.command("search")(search.search)
app.add_typer(customers.app, name="customers")


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
    """Run one command; its exit code. Whatever happens, the user gets one line and never a stack of frames.

    Only of a document that was read to its end there is a line for each fault.
    """
    try:
        code = app(list(arguments), prog_name="assay", standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as stop:
        return stop.exit_code
    except SystemExit:  # typer's answer to a reader that went away, with 1; here 1 would be a verdict
        return exits.UNKNOWN
    except typer.TyperException as error:
        usage = f"{error.format_message()} (assay --help)" if error.message else error.format_message()
        return _failed(usage, exits.USAGE)
    except typer.Abort:
        return _failed("stopped", exits.UNKNOWN)
    except Faulty as error:
        return _faulty(error)
    except AssayError as error:
        return _failed(str(error), exits.for_error(error))
    except UnicodeEncodeError as error:
        return _failed(f"{error.object[:200]!r} is not UTF-8", exits.USAGE)
    except OSError as error:
        return _failed(_of_the_system(error), exits.UNKNOWN)
    except MemoryError:
        return _failed("there is not enough memory", exits.UNKNOWN)
    except Exception as error:  # noqa: BLE001 - the last edge: a fault of ours is told in one line too, with its place
        return _failed(f"a fault in Assay, please report it: {_told(error)}", exits.UNKNOWN)
    return code if isinstance(code, int) else 0


def _failed(message: str, code: int) -> int:
    with suppress(OSError):  # nothing is left to say it on
        complain(message)
    with suppress(OSError):
        sys.stdout.flush()
        return code
    # What could not be written must not be tried again at exit: that would change the exit code.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


def _faulty(error: Faulty) -> int:
    code = _failed(str(error), exits.for_error(error))
    if error.count == 1:
        return code
    with suppress(OSError):
        for at, reason in error.faults:
            complain(f"{at}: {reason}")
        if error.count > len(error.faults):
            complain(f"and {error.count - len(error.faults)} more")
    return code


def _of_the_system(error: OSError) -> str:
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, FileNotFoundError):
        return "the folder that Assay was started in is gone"
    return f"standard output: {error.strerror or error}"


def _told(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
