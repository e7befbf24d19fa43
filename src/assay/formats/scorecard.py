"""OpenSSF Scorecard results, the JSON of schema version 2 (``scorecard --format json``)."""

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import strict_json
from assay.formats.text import shown

MAX_FILE = 16 * 1024 * 1024


class Repo(msgspec.Struct, frozen=True):
    name: str
    commit: str = ""


class Tool(msgspec.Struct, frozen=True):
    version: str = ""
    commit: str = ""


class CheckResult(msgspec.Struct, frozen=True):
    name: str
    score: int
    """0 to 10; -1 when it could not be determined."""
    reason: str = ""


class Result(msgspec.Struct, frozen=True):
    date: str
    repo: Repo
    scorecard: Tool
    score: float
    checks: tuple[CheckResult, ...] | None = None


def parse(data: bytes, *, what: str) -> Result:
    value = strict_json.load(data, what=what, limit=MAX_FILE)
    if isinstance(value, dict) and "Repo" in value:
        raise Unsupported(f"{what} is Scorecard JSON of schema version 1, expected version 2")
    try:
        result = msgspec.convert(value, Result)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {shown(str(error))}") from error
    seen: set[str] = set()
    for check in result.checks or ():
        if not -1 <= check.score <= 10:
            raise Malformed(
                f"{what} gives {shown(check.name, 60)!r} the score {check.score}, expected -1 to 10"
            )
        if check.name in seen:
            raise Malformed(f"{what} gives {shown(check.name, 60)!r} more than one score")
        seen.add(check.name)
    return result
