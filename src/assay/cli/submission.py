"""``assay submission``: hand in to an office over HTTP, see where it stands, answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from assay.cli.output import Json, emit, out
from assay.formats.text import shown

if TYPE_CHECKING:
    from assay.formats.digest import Digest
    from assay.web.api.views import CaseView

app = typer.Typer(help="Submissions at an office that is reached over HTTP.", no_args_is_help=True)
OfficeUrl = typer.Option(
    ..., "--office", metavar="URL", help="Of the office, such as https://office.example."
)
Id = typer.Argument(
    metavar="ID",
    help="SHA-256 of the attestation's payload, in hexadecimal; its first 8 digits or more do, too.",
)


@app.command("create")
def create(
    bundle: Path = typer.Argument(exists=True, help="Folder or tar of the bundle."),
    office: str = OfficeUrl,
    receipt: Path | None = typer.Option(None, "--receipt", metavar="FILE", help="Write the receipt there."),
    json: bool = Json,
) -> int:
    """Hand in a bundle. The office answers with a receipt once it is recorded."""
    from assay.adapters.filesystem import write_whole
    from assay.bootstrap.remote import submit

    made = submit(office, bundle)
    if receipt is not None:
        write_whole(receipt, made.open().encode())
    _tell(made.submission, json=json, more={"receipt": str(receipt.resolve()) if receipt else None})
    return 0


@app.command("check")
def check(
    bundle: Path = typer.Argument(exists=True, help="Folder or tar of the bundle."),
    office: str = OfficeUrl,
    output: Path | None = typer.Option(None, "--output", metavar="FILE", help="Write the verdict there."),
    json: bool = Json,
) -> int:
    """What the office would find about a bundle, with nothing submitted."""
    from assay.adapters.filesystem import write_whole
    from assay.bootstrap.remote import check as ask
    from assay.cli import exits
    from assay.cli.verdict_view import contract
    from assay.cli.verdict_view import show as show_verdict
    from assay.formats import verdict

    found = ask(office, bundle)
    if output is not None:
        write_whole(output, verdict.encode(found))
    if json:
        emit(contract(found, result=output, receipt=None, pages=None))
    else:
        show_verdict(out(), found)
    return exits.for_result(found.result)


@app.command("upload")
def upload(
    file: list[Path] = typer.Argument(exists=True, dir_okay=False, help="Files to upload."),
    office: str = OfficeUrl,
    json: bool = Json,
) -> int:
    """Upload files by digest, for a submission or an answer that names them. Run again, it goes on where it was."""
    from assay.bootstrap.remote import upload as bring

    done = bring(office, file, None if json else lambda line: out().print(line, soft_wrap=True))
    if json:
        emit({"uploads": [{"file": str(path), "digest": str(digest)} for path, digest in done]})
    return 0


@app.command("list")
def listed(
    office: str = OfficeUrl,
    stage: str = typer.Option("", "--stage", help="Only those at this stage; several with commas."),
    json: bool = Json,
) -> int:
    """The submissions that you may see, the newest first."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        found = list(client.submissions(stage=stage))
    if json:
        emit({"submissions": [_document(one) for one in found]})
        return 0
    table = Table(box=None, pad_edge=False)
    for name in ("received", "product", "stage", "result", "waits for", "until", "id"):
        table.add_column(name, no_wrap=name != "product")
    for one in found:
        until = f"{one.deadline:%Y-%m-%d}" if one.deadline else ""
        product = shown(f"{one.product} {one.version}", 60)
        table.add_row(
            f"{one.received:%Y-%m-%d}", product, one.stage, one.result, one.waits, until, one.id[:12]
        )
    out().print(table)
    return 0


@app.command("show")
def show(payload: str = Id, office: str = OfficeUrl, json: bool = Json) -> int:
    """Where a submission stands, whom it waits for, and why."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        _tell(client.submission(named(office, payload)), json=json)
    return 0


@app.command("timeline")
def timeline(payload: str = Id, office: str = OfficeUrl, json: bool = Json) -> int:
    """What has happened to a submission, entry by entry of the register."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        found = client.timeline(named(office, payload))
    if json:
        emit({"timeline": [msgspec.to_builtins(one) for one in found]})
        return 0
    for one in found:
        out().print(f"{one.at:%Y-%m-%d %H:%M}  {one.entry:>6}  {one.says}", soft_wrap=True)
    return 0


@app.command("graph")
def graph(payload: str = Id, office: str = OfficeUrl, json: bool = Json) -> int:
    """What the newest verdict rests on: requirements, checks, findings, and the artifacts under them."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        found = client.graph(named(office, payload))
    if json:
        emit({"nodes": msgspec.to_builtins(found.nodes), "edges": msgspec.to_builtins(found.edges)})
        return 0
    nodes = {one.id: one for one in found.nodes}
    below: dict[str, list[str]] = {}
    for edge in found.edges:
        below.setdefault(edge.source, []).append(edge.target)

    def show(name: str, under: Tree) -> None:
        one = nodes[name]
        outcome = f" [{one.outcome}]" if one.outcome else ""
        branch = under.add(Text(f"{one.kind}: {shown(one.label, 200)}{outcome}"))
        for next_ in below.get(name, ()):
            show(next_, branch)

    top = Tree("", hide_root=True)
    show("attestation", top)
    out().print(top)
    return 0


@app.command("respond")
def respond(
    payload: str = Id,
    office: str = OfficeUrl,
    text: str = typer.Option("", "--text", help="What you answer; it is published beside the result."),
    file: list[Path] = typer.Option(
        [], "--file", exists=True, dir_okay=False, help="A file with it; may be repeated."
    ),
    json: bool = Json,
) -> int:
    """Answer an initial determination in time."""
    from assay.bootstrap.remote import respond as answer

    _tell(answer(office, named(office, payload), text, file), json=json)
    return 0


@app.command("supply")
def supply(
    payload: str = Id,
    file: list[Path] = typer.Argument(exists=True, dir_okay=False, help="Files that were asked for."),
    office: str = OfficeUrl,
    json: bool = Json,
) -> int:
    """Hand in evidence that the office asked for by digest."""
    from assay.bootstrap.remote import supply as bring

    _tell(bring(office, named(office, payload), file), json=json)
    return 0


@app.command("extend")
def extend(
    payload: str = Id,
    office: str = OfficeUrl,
    days: int = typer.Option(..., "--days", min=1, help="How many more."),
    reason: str = typer.Option(..., "--reason", help="What you need the time for."),
    json: bool = Json,
) -> int:
    """Ask for more time before a deadline. It stays as it is until an officer decides."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        _tell(client.ask_for_time(named(office, payload), days, reason), json=json)
    return 0


@app.command("assess")
def assess(
    payload: str = Id,
    file: list[Path] = typer.Argument(exists=True, dir_okay=False, help="The report, or its approval."),
    office: str = OfficeUrl,
    json: bool = Json,
) -> int:
    """Hand in documents of the third-party assessment that the attestation names. They are never public."""
    from assay.bootstrap.remote import assess as bring

    _tell(bring(office, named(office, payload), file), json=json)
    return 0


@app.command("milestones")
def milestones(payload: str = Id, office: str = OfficeUrl, json: bool = Json) -> int:
    """The plan of action and milestones of a submission: what is due when, and what is overdue."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        found = client.milestones(named(office, payload))
    if json:
        emit({"milestones": [msgspec.to_builtins(one) for one in found]})
        return 0
    table = Table(box=None, pad_edge=False)
    for name in ("number", "due", "state", "requirement", "action"):
        table.add_column(name)
    for one in found:
        due = f"{one.due:%Y-%m-%d}" if one.due else ""
        table.add_row(str(one.number), due, one.state, shown(one.requirement, 80), shown(one.action, 200))
    out().print(table)
    return 0


@app.command("report")
def report(
    payload: str = Id,
    number: int = typer.Argument(min=0, help="Of the milestone, as `milestones` prints it."),
    office: str = OfficeUrl,
    text: str = typer.Option(..., "--text", help="How far it is."),
    file: list[Path] = typer.Option(
        [], "--file", exists=True, dir_okay=False, help="A file that shows it; may be repeated."
    ),
    met: bool = typer.Option(False, "--met", help="It is met."),
    json: bool = Json,
) -> int:
    """Say how far a milestone is."""
    from assay.bootstrap.remote import report as say

    _tell(say(office, named(office, payload), number, text, file, met=met), json=json)
    return 0


@app.command("withdraw")
def withdraw(
    payload: str = Id, office: str = OfficeUrl, reason: str = typer.Option("", "--reason"), json: bool = Json
) -> int:
    """Take a submission back. A published result stays, marked."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        _tell(client.withdraw(named(office, payload), reason), json=json)
    return 0


@app.command("lapse")
def lapse(
    payload: str = Id,
    office: str = OfficeUrl,
    versions: str = typer.Option(
        ..., "--from", metavar="VERSION", help="From which version on it no longer holds."
    ),
    reason: str = typer.Option("", "--reason"),
    json: bool = Json,
) -> int:
    """Give notice that the attestation no longer holds for new versions."""
    from assay.bootstrap.remote import office as reach

    with reach(office) as client:
        _tell(client.lapse(named(office, payload), reason, versions), json=json)
    return 0


def named(office: str, payload: str) -> "Digest":
    from assay.bootstrap import remote

    return remote.named(office, payload)


def _tell(one: "CaseView", *, json: bool, more: dict[str, Any] | None = None) -> None:
    if json:
        emit({"submission": _document(one), **(more or {})})
        return
    console = out()
    console.print(f"{shown(one.product, 80)} {shown(one.version, 40)}  {one.id}", soft_wrap=True)
    waits = f", waits for {one.waits}" if one.waits not in ("", "nobody") else ""
    until = f" until {one.deadline:%Y-%m-%d %H:%M} UTC" if one.deadline else ""
    console.print(f"{one.stage}{waits}{until}", soft_wrap=True)
    if one.result:
        console.print(f"result: {one.result}", soft_wrap=True)
    if one.because:
        console.print(shown(one.because, 500), soft_wrap=True)


def _document(one: "CaseView") -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one)
    return found


def digest(text: str, *, what: str = "ID") -> "Digest":
    """With or without its algorithm before it."""
    from assay.formats.digest import Digest

    return Digest.of("sha256", text.removeprefix("sha256:"), what=what)
