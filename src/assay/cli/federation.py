"""``assay federation``: which other offices are listened to, and what they say."""

from pathlib import Path

import typer

from assay.cli.office_backup import Office, settings
from assay.cli.office_reseal import Config
from assay.cli.output import Json, emit, out, table
from assay.formats import times
from assay.formats.text import shown

app = typer.Typer(help="Other offices, and what they say: shown as theirs.", no_args_is_help=True)


@app.command("add")
def add(
    name: str = typer.Argument(help="The office's name, as its results say it."),
    trust: Path = typer.Argument(
        exists=True, dir_okay=False, metavar="TRUST", help="Its trust root, a file."
    ),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Pin another office by the keys of its results and register. Compare them by another way first."""
    from assay.bootstrap.federating import pin

    made = pin(settings(config, office), name, trust)
    if json:
        emit({"office": made.id, "name": made.name, "origin": made.origin, "keys": str(made.trust)})
    else:
        out().print(f"{made.id}: {shown(made.name)}, register {shown(made.origin)}", soft_wrap=True)


@app.command("renew")
def renew(
    id_: str = typer.Argument(metavar="OFFICE", help="Id of the office, as the list has it."),
    document: Path = typer.Argument(
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="The key history of its register, or its signed change of keys.",
    ),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Follow another office's change of keys, if its document proves it under the pinned ones."""
    from assay.bootstrap.federating import renew as renewing

    made = renewing(settings(config, office), id_, document)
    if json:
        emit({"office": made.id, "name": made.name, "origin": made.origin, "keys": str(made.trust)})
    else:
        out().print(
            f"{made.id}: {shown(made.name)} goes on under the keys of {shown(str(document))}", soft_wrap=True
        )


@app.command("revoke")
def revoke(
    id_: str = typer.Argument(metavar="OFFICE", help="Id of the office, as the list has it."),
    because: str = typer.Option(..., help="Why; it is shown beside what the office said."),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Listen to another office no more. What it said stays, and is shown as unknown."""
    from assay.bootstrap.federating import revoke as revoking

    gone = revoking(settings(config, office), id_, because)
    if json:
        emit(
            {
                "office": gone.id,
                "name": gone.name,
                "revoked": times.encode(gone.revoked) if gone.revoked else "",
            }
        )
    else:
        out().print(f"{gone.id}: {shown(gone.name)} is not listened to any more", soft_wrap=True)


@app.command("import")
def import_(
    document: str = typer.Argument(
        metavar="FILE|URL",
        help="A signed result or attestation, or the https URL of a result at the other office.",
    ),
    receipt: Path | None = typer.Option(
        None, exists=True, dir_okay=False, help="The receipt of that office's register, for a file."
    ),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Keep what another office recorded, if its proof holds under the pinned keys."""
    from assay.bootstrap.federating import bring

    made = bring(settings(config, office), document, receipt)
    if json:
        emit(
            {
                "number": made.position, "what": made.what, "office": made.office, "result": made.result,
                "attestation": str(made.attestation), "entry": made.index, "recorded": times.encode(made.recorded),
                "proven": times.encode(made.proven), "grade": made.grade, "doubt": made.doubt,
            }
        )  # fmt: skip
        return
    said = made.result or "an attestation"
    out().print(
        f"{made.position}: {shown(made.product)} {shown(made.version)}: {said}, entry {made.index} of that office, {made.grade}",
        soft_wrap=True,
    )
    if made.doubt:
        out().print(shown(made.doubt, 400), soft_wrap=True)


@app.command("list")
def list_(
    provider: str = typer.Option("", help="Only what is said of this provider."),
    product: str = typer.Option("", help="Only what is said of this product."),
    config: Path | None = Config,
    office: Path | None = Office,
    json: bool = Json,
) -> None:
    """Other offices that are listened to, and what they say."""
    from assay.bootstrap.federating import listed

    offices, found = listed(settings(config, office), provider, product)
    if json:
        emit(
            {
                "offices": [
                    {
                        "office": one.id, "name": one.name, "origin": one.origin,
                        "revoked": times.encode(one.revoked) if one.revoked else "", "reason": one.reason,
                    }
                    for one in offices
                ],
                "said": [
                    {
                        "number": one.theirs.position, "what": one.theirs.what, "office": one.office,
                        "result": "unknown" if one.unknown and one.theirs.result else one.theirs.result,
                        "unknown": one.unknown, "doubt": one.theirs.doubt, "provider": one.theirs.provider,
                        "product": one.theirs.product, "version": one.theirs.version, "entry": one.theirs.index,
                        "proven": times.encode(one.theirs.proven), "grade": one.theirs.grade,
                    }
                    for one in found
                ],
            }
        )  # fmt: skip
        return
    ended = [f"{one.revoked:%Y-%m-%d}" if one.revoked else "" for one in offices]
    rows = [(one.id, one.name, one.origin, end) for one, end in zip(offices, ended, strict=True)]
    out().print(table(("office", "name", "register", "revoked"), rows))
    said = [
        (
            one.theirs.position, one.office, f"{one.theirs.product} {one.theirs.version}",
            f"unknown: {one.unknown}" if one.unknown else one.theirs.result or "attested", f"{one.theirs.proven:%Y-%m-%d}",
        )
        for one in found
    ]  # fmt: skip
    out().print(table(("number", "office", "product", "says", "proven"), said))
