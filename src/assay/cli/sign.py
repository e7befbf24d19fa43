"""``assay sign``: sign the attestation of a bundle."""

from pathlib import Path

import typer

from assay.cli.output import Json, emit, out


def sign(
    bundle: Path = typer.Argument(exists=True, help="Folder or tar of the bundle."),
    key: str = typer.Option(..., "--key", help="Name of the key."),
    json: bool = Json,
) -> None:
    """Sign the attestation in a bundle with all keys of one signer; an earlier signature is replaced."""
    from assay import bootstrap
    from assay.adapters import bundles
    from assay.bootstrap.provide import resign

    home = bootstrap.home()
    signed, identity = resign(bundles.read(bundle), home.keys.open(key, bootstrap.passphrase(home, key)))
    bundles.replace_envelope(bundle, signed)
    if json:
        emit({"bundle": str(bundle.resolve()), "payload": str(identity), "signer": key})
    else:
        out().print(f"signed {bundle} as {key!r}; next: assay check {bundle}")
