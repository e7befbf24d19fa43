"""``assay doctor``: what an office stands on, and what to do about it."""

from pathlib import Path

from assay.cli import exits
from assay.cli.office_backup import Office, settings
from assay.cli.office_reseal import Config
from assay.cli.output import Json, Rows, emit, out
from assay.formats.text import shown

_CODES = {"ok": exits.VALIDATED, "warn": exits.VALIDATED, "fail": exits.NOT_VALIDATED}
_WORDS = {"ok": "ok", "warn": "WARN", "fail": "FAIL", "unknown": "?"}


def doctor(config: Path | None = Config, office: Path | None = Office, json: bool = Json) -> int:
    """Look at everything that an office stands on, running or not, and say what is to be done. Changes nothing."""
    from assay.bootstrap.doctor import as_document, examine, worst

    found = []
    for one in examine(lambda: settings(config, office)):
        found.append(one)
        if json:
            continue
        rows = [(_WORDS[one.state], one.check, shown(one.said, 400))]
        if one.advice and one.state != "ok":
            rows.append(("", "", f"→ {one.advice}"))
        out().print(Rows([(f"{word:<4}", f"{check:<10}", said) for word, check, said in rows]))
    if json:
        emit(as_document(found))
    return _CODES.get(worst(found), exits.UNKNOWN)
