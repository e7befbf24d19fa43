"""``assay trust``: whose signatures count here."""

from pathlib import Path

import typer

from assay.cli.output import Json, emit, out, table

app = typer.Typer(help="Whose signatures count here.", no_args_is_help=True)


@app.command("add")
def add(
    file: Path = typer.Argument(
        exists=True, dir_okay=False, help="A signer record, a trust root, or a signed key change."
    ),
    provider: list[str] = typer.Option([], help="Provider that the signer may speak for; may be repeated."),
    authority: bool = typer.Option(
        False, "--authority", help="The signer may bind those providers by an attestation."
    ),
    json: bool = Json,
) -> None:
    """Trust a signer, a register, or apply a key change; check the key ids with their owner first."""
    from assay import bootstrap
    from assay.bootstrap import keys

    home = bootstrap.home()
    added = keys.add_trust(home, file, tuple(provider), authority=authority)
    if json:
        emit({"added": added, "trust": str(home.trust_file)})
    else:
        for line in added:
            out().print(line)


@app.command("show")
def show(json: bool = Json) -> None:
    """Show who is trusted here, with key ids to compare."""
    from assay import bootstrap
    from assay.formats import strict_json, times

    home = bootstrap.home()
    root = home.trust()
    if json:
        emit(
            {
                "trust": str(home.trust_file),
                "digest": str(root.digest),
                "root": strict_json.load(root.encode(), what="trust"),
            }
        )
        return
    rows = [
        (
            signer.name, ", ".join(signer.purposes), "; ".join(signer.providers) or "-", "binds" if signer.authority else "",
            key.public.algorithm, key.public.keyid[:16], key.objection(bootstrap.now()) or f"since {times.encode(key.valid_from)}",
        )
        for signer in root.signers
        for key in signer.keys
    ]  # fmt: skip
    out().print(table(("signer", "signs as", "for", "authority", "algorithm", "key", "state"), rows))
    logs = [(log.origin, vkey.encode()[:60] + "…") for log in root.logs for vkey in log.vkeys]
    if logs:
        out().print(table(("register", "key"), logs))
    out().print(f"{home.trust_file}  {root.digest}")
