"""``assay witness``: cosign what logs publish, and never two histories of one."""

from pathlib import Path

import typer

from assay.cli.output import Json, complain, emit, out


def witness(
    state: Path = typer.Option(
        ..., "--state", file_okay=False, help="Folder of key and state; made when it is not there."
    ),
    name: str = typer.Option("", help="Name of a new witness, such as witness.example/w1."),
    listen: str = typer.Option("127.0.0.1:0", help="HOST:PORT to serve on; port 0 takes a free one."),
    log: list[Path] = typer.Option(
        [],
        exists=True,
        dir_okay=False,
        help="Verifier keys of logs, one a line, or a trust root; may be repeated.",
    ),
    policy: Path | None = typer.Option(
        None, "--policy", exists=True, dir_okay=False, help="A tlog-policy file whose log lines count too."
    ),
    show: bool = typer.Option(False, "--show", help="Print its name and verifier keys, then stop."),
    json: bool = Json,
) -> None:
    """Serve a witness (c2sp.org/tlog-witness) for the logs given, until it is told to stop."""
    from assay.bootstrap import witness as witnesses
    from assay.web.serving import Address

    if show:
        found, vkeys = witnesses.identity(state, name)
        if json:
            emit({"witness": found, "vkeys": list(vkeys)})
        else:
            out().print("\n".join(vkeys), soft_wrap=True)
        return

    def ready(started: witnesses.Started) -> None:
        if json:
            emit(
                {
                    "witness": started.name,
                    "url": started.url,
                    "vkeys": list(started.vkeys),
                    "logs": list(started.logs),
                }
            )
            return
        lines = [f"witness {started.name} at {started.url}", *started.vkeys]
        out().print("\n".join([*lines, f"knows {', '.join(started.logs)}"]), soft_wrap=True)

    witnesses.run(state, name, Address.parse(listen), logs=log, policy=policy, ready=ready, tell=complain)
