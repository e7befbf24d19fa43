"""``assay key``: signing keys, encrypted at rest."""

from datetime import timedelta
from pathlib import Path

import typer

from assay.cli.output import Json, emit, out, table

app = typer.Typer(help="Signing keys, encrypted at rest.", no_args_is_help=True)

Name = typer.Argument(help="Name of the signer record.")


@app.command("new")
def new(
    name: str = Name,
    purpose: str = typer.Option("provider", help="What it signs as: provider, office, ci or assessor."),
    provider: list[str] = typer.Option([], help="Provider it speaks for, by exact name; may be repeated."),
    json: bool = Json,
) -> None:
    """Make an Ed25519 and an ML-DSA-65 key for one signer, and trust it here."""
    from assay import bootstrap
    from assay.bootstrap import keys

    home = bootstrap.home()
    record, path = keys.new_signer(home, name, purpose, tuple(provider), bootstrap.new_passphrase(name))
    if json:
        emit({"name": record.name, "file": str(path), "keys": [key.public.keyid for key in record.keys]})
    else:
        out().print(f"made {path}; give others the output of `assay key export {name}`")


@app.command("list")
def list_(json: bool = Json) -> None:
    """Show the keys that are here."""
    from assay import bootstrap
    from assay.formats import times

    home = bootstrap.home()
    headers = home.keys.headers()
    if json:
        rows = [
            {
                "name": header.name,
                "purposes": header.purposes,
                "created": times.encode(header.created),
                "trial": header.trial,
                "keys": [{"algorithm": key.algorithm, "keyid": key.keyid} for key in header.keys],
            }
            for header in headers
        ]
        emit({"keys": rows})
        return
    ended = home.trust().objections(bootstrap.now())
    lines = [
        (header.name, ", ".join(header.purposes), key.algorithm, key.keyid[:16], times.encode(header.created),
         ended.get(key.keyid, "trial: worth nothing elsewhere" if header.trial else ""))
        for header in headers
        for key in header.keys
    ]  # fmt: skip
    out().print(
        table(("name", "purpose", "algorithm", "key", "made", "note"), lines)
        if lines
        else "no keys here; `assay key new NAME`"
    )


@app.command("export")
def export(
    name: str = Name,
    output: Path | None = typer.Option(
        None, "--output", "-o", help="File to write instead of standard output."
    ),
    json: bool = Json,
) -> None:
    """Write the public signer record, for `assay trust add` elsewhere."""
    from assay import bootstrap
    from assay.adapters.filesystem import write_whole
    from assay.bootstrap import keys

    data = keys.export_signer(bootstrap.home(), name)
    if output is None:
        typer.echo(data.decode(), nl=False)
        return
    write_whole(output, data)
    if json:
        emit({"written": str(output.resolve())})
    else:
        out().print(f"wrote {output}")


@app.command("rotate")
def rotate(name: str = Name, json: bool = Json) -> None:
    """Replace the keys of a signer; the old ones stay valid for what they signed before."""
    from assay import bootstrap
    from assay.bootstrap import keys

    home = bootstrap.home()
    path, document = keys.rotate_signer(home, name, bootstrap.passphrase(home, name))
    if json:
        emit({"file": str(path), "document": str(document)})
    else:
        out().print(f"new keys in {path}\n{_to_others(document)}", soft_wrap=True)


def _to_others(document: Path) -> str:
    """What those need who trust the old keys; of a register that is its key history, not the one note."""
    if document.suffix == ".json":
        return f"send {document} to those who trust the old ones"
    return f"those who trust the old ones need the key history: assay register keys {document.parent.parent}"


@app.command("revoke")
def revoke(
    name: str = Name,
    reason: str = typer.Option(..., help="Why; shown to everybody who meets the key."),
    keyid: str = typer.Option("", help="Only this key; all keys of the signer when left out."),
    days_ago: int = typer.Option(0, min=0, max=3650, help="The keys are bad since that many days."),
    json: bool = Json,
) -> None:
    """Revoke keys: nothing they sign from that moment on is relied on."""
    from assay import bootstrap
    from assay.bootstrap import keys

    home = bootstrap.home()
    secret = bootstrap.passphrase(home, name)
    revoked, document = keys.revoke_signer(home, name, secret, keyid, reason, timedelta(days=days_ago))
    if json:
        emit({"revoked": revoked, "document": str(document)})
    else:
        out().print(
            f"revoked {', '.join(one[:16] for one in revoked)}\nsend {document} to those who trust the signer"
        )
