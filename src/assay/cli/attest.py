"""``assay attest``: write the bundle, signed when a key is named."""

from pathlib import Path

import typer

from assay.cli.collect import Release
from assay.cli.output import Json, emit, out

Pack = typer.Option([], "--pack", help="Pack to answer, as id@edition; may be repeated.")


def attest(
    path: Path = typer.Argument(Path(), exists=True, file_okay=False, help="Folder of the project."),
    release: list[Path] = Release,
    pack: list[str] = Pack,
    key: str = typer.Option(
        "", "--key", help="Sign with this key; without it the bundle is to be signed with `assay sign`."
    ),
    output: Path = typer.Option(Path("bundle"), "--output", "-o", help="Folder, .tar or .tar.gz to write."),
    json: bool = Json,
) -> None:
    """Write an attestation of the project with its artifacts: the submission bundle."""
    from assay import bootstrap
    from assay.adapters import bundles
    from assay.bootstrap.provide import prepare, unsigned
    from assay.formats.digest import Digest

    prepared = prepare(path, release, pack)
    if key:
        home = bootstrap.home()
        made = prepared.signed_by(home.keys.open(key, bootstrap.passphrase(home, key)))
    else:
        made = unsigned(prepared)
    bundles.write(output, made)
    attestation = prepared.attestation
    if json:
        emit(
            {
                "bundle": str(output.resolve()),
                "payload": str(Digest.sha256(prepared.payload)),
                "draft": attestation.draft,
                "artifacts": len(attestation.artifacts),
                "claimed": [claim.requirement for claim in attestation.claims if claim.claimed],
                "signed": bool(key),
            }
        )
        return
    claimed = sum(claim.claimed for claim in attestation.claims)
    out().print(
        f"wrote {output}: {len(attestation.artifacts)} artifacts, {claimed} of {len(attestation.claims)} requirements claimed"
    )
    if attestation.draft:
        out().print("a draft: there is no assay.toml, so nothing is claimed; `assay init` writes one")
    out().print(f"next: assay check {output}" if key else f"next: assay sign {output} --key NAME")
