"""``assay monitor``: follow a register and say what is wrong with it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from assay.cli import exits
from assay.cli.check import Trust
from assay.cli.output import Json, emit, emit_line, out
from assay.formats import times
from assay.formats.text import shown

if TYPE_CHECKING:
    from assay.bootstrap.monitor import Seen
    from assay.tlog.draw_watch import Row

CODES = {"fine": exits.VALIDATED, "alarm": exits.NOT_VALIDATED, "unknown": exits.UNKNOWN}

Where = typer.Argument(metavar="URL|DIR", help="Server, bucket or folder of the register's tiles.")
Key = typer.Option(
    [], "--key", help="Verifier key of the register, instead of a trust root; may be repeated."
)
Every = typer.Option(None, "--every", min=0.1, help="Go on, with so many seconds in between, until stopped.")
Chain = typer.Option(
    None,
    "--chain",
    exists=True,
    dir_okay=False,
    help="A drand chain's /info, or NIST's certificates (PEM), where Assay does not know the chain.",
)
Once = typer.Option(False, "--once", help="Once, which is also what happens without --every.")


def monitor(
    where: str = Where,
    also: list[str] = typer.Option(
        [],
        "--also",
        metavar="URL|DIR",
        help="Another view of the same register, to compare; may be repeated.",
    ),
    state: Path | None = typer.Option(
        None,
        "--state",
        file_okay=False,
        help="Folder of what is remembered, and of evidence; else below .assay/monitor.",
    ),
    trust: Path | None = Trust,
    key: list[str] = Key,
    rounds: Path | None = typer.Option(
        None, "--rounds", exists=True, dir_okay=False, help="Rounds of beacons: lines of 'name round value'."
    ),
    beacon: str | None = typer.Option(
        None,
        metavar="DIR|URL",
        help="A folder of rounds or a server, asked for the round of each draw; rounds are verified.",
    ),
    chain: Path | None = Chain,
    policy: Path | None = typer.Option(
        None,
        "--policy",
        exists=True,
        dir_okay=False,
        help="Witnesses (a tlog-policy file) that must see a draw's commit before its round, instead of the trust root's.",
    ),
    grace: int = typer.Option(
        3600, "--grace", min=0, help="Seconds that a draw's result may take after its round."
    ),
    max_age: int | None = typer.Option(
        None, "--max-age", min=1, help="Seconds after which the newest checkpoint is too old to be fine."
    ),
    every: float | None = Every,
    once: bool = Once,
    json: bool = Json,
) -> int:
    """Follow a register: one history, roots from the entries, every signature, every draw. Exit 1: alarm; 3: could not tell."""
    from assay.bootstrap.monitor import Watch, watch

    one_of(every, once=once)
    what = Watch(
        where=where, also=tuple(also), state=state, trust=trust, vkeys=tuple(key), rounds=rounds, beacon=beacon,
        chain=chain, policy=policy,
        grace_s=grace, max_age_s=max_age, every_s=every,
    )  # fmt: skip
    tell = (emit_seen if every is None else line_of_seen) if json else _print
    return CODES[watch(what, tell).look.state]


def one_of(every: float | None, *, once: bool) -> None:
    if once and every is not None:
        raise typer.BadParameter("--once and --every do not go together")


def emit_seen(seen: "Seen") -> None:
    emit(_document(seen))


def line_of_seen(seen: "Seen") -> None:
    emit_line(_document(seen))


def _document(seen: "Seen") -> dict[str, Any]:
    look = seen.look
    return {
        "state": look.state,
        "origin": look.origin or None,
        "size": look.size,
        "root": look.root.hex() or None,
        "time": _time(look.stamp),
        "audited": look.audited,
        "new": look.new,
        "statements": look.statements,
        "alarms": [
            {"what": alarm.what, "evidence": str(path) if path else None}
            for alarm, path in zip(look.alarms, seen.evidence, strict=True)
        ],
        "unknown": list(look.unknown),
        "views": [{"view": one.name, "size": one.size, "time": _time(one.stamp)} for one in look.views],
        "draws": [_draw(row) for row in look.draws],
        "settled": look.settled,
        "memory": str(seen.state),
        "trust": seen.trust,
    }


def _draw(row: "Row") -> dict[str, Any]:
    return {
        "number": row.number,
        "entry": row.commit,
        "state": row.state,
        "round": row.round,
        "due": row.due,
        "value": row.value or None,
        "witnessed": row.witnessed or None,
        "label": row.label or None,
        "selected": list(row.selected),
    }


def _print(seen: "Seen") -> None:
    look, console = seen.look, out()
    if look.new or look.state != "fine":
        console.print(f"trust: {seen.trust}", soft_wrap=True)
    if look.origin:
        place = f"{look.size:,} entries, {look.audited:,} of them verified, {look.new:,} now"
        console.print(f"{shown(look.origin, 200)}  {_time(look.stamp) or ''}  {place}", soft_wrap=True)
    for one in look.views:
        console.print(
            f"also {shown(one.name, 200)}  {_time(one.stamp) or ''}  {one.size:,} entries", soft_wrap=True
        )
    for row in look.draws:
        console.print(f"draw {row.number} (entry {row.commit})  {_said(row)}", soft_wrap=True)
    for alarm, path in zip(look.alarms, seen.evidence, strict=True):
        proof = f"  evidence: {path}" if path else ""
        console.print(
            Text.assemble(("ALARM", "bold red"), f"  {shown(alarm.what, 1000)}{proof}"), soft_wrap=True
        )
    for line in look.unknown:
        console.print(
            Text.assemble(("could not tell", "bold yellow"), f"  {shown(line, 1000)}"), soft_wrap=True
        )
    if look.state == "fine":
        console.print(Text("fine", style="bold green"))


def _said(row: "Row") -> str:
    parts = [row.state if row.state != "holds" else f"holds, {len(row.selected)} drawn"]
    if row.round is not None:
        parts.append(f"round {row.round}, due {row.due}")
    if row.value:
        parts.append(
            "value as the beacon's" if row.value == "given" else "value not compared with the beacon's"
        )
    if row.witnessed:
        parts.append(_WITNESSED[row.witnessed])
    if row.label:
        parts.append(row.label)
    return "; ".join(parts)


_WITNESSED = {
    "before": "seen by witnesses before its round",
    "could not tell": "could not tell whether witnesses saw it before its round",
}


def _time(seconds: int) -> str | None:
    return times.encode(datetime.fromtimestamp(seconds, UTC)) if 0 < seconds < 2**37 else None
