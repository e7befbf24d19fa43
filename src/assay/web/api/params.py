"""Parameters that several routes have."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from litestar.params import PathParameter, QueryParameter

from assay.errors import Malformed
from assay.formats.digest import LENGTHS, Digest
from assay.office.case import STAGES, Waits

MAX_PAGE = 200
Id = Annotated[
    str,
    PathParameter(pattern="^[0-9a-f]{64}$", description="Hexadecimal SHA-256 of the attestation's payload"),
]
Number = Annotated[str, PathParameter(pattern="^[1-9][0-9]{0,8}$", description="As the list says it")]
OfCase = Annotated[
    str, QueryParameter(pattern="^([0-9a-f]{64})?$", description="Of one submission, by its id")
]
Key = Annotated[str, PathParameter(pattern="^[A-Za-z0-9_-]{1,1400}$", description="As lists say it")]
After = Annotated[str, QueryParameter(max_length=2000, description="``next`` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE, description="Rows of a page")]

OfFile = Annotated[
    str,
    QueryParameter(
        pattern=f"^(({'|'.join(f'{name}:[0-9a-f]{{{size}}}' for name, size in LENGTHS.items())}))?$",
        description="``algorithm:hex`` of a file that was released",
    ),
]
OfPackage = Annotated[
    str, QueryParameter(max_length=2000, description="Package URL; without a version, of all versions")
]


def _some(values: Sequence[str], what: str) -> Any:
    one = "|".join(values)
    return QueryParameter(pattern=f"^(({one})(,({one}))*)?$", max_length=400, description=what)


Stages = Annotated[str, _some(STAGES, "Where they stand: one or more, separated by commas")]
Waiting = Annotated[str, _some(get_args(Waits), "Whom they wait for: one or more, separated by commas")]
Results = Annotated[
    str, QueryParameter(max_length=400, description="What came out: one or more, separated by commas")
]
Named = Annotated[str, QueryParameter(max_length=400, description="How the name begins, in any case")]
Sort = Literal["received", "changed", "deadline", "provider", "product", "result", "stage"]
Order = Literal["ascending", "descending"]


def digest(payload: str) -> Digest:
    return Digest.of("sha256", payload, what="id")


def number(after: str) -> int | None:
    """A cursor of a list that is numbered; None for its beginning."""
    if not after:
        return None
    if not after.isdecimal() or not after.isascii() or len(after) > 18:
        raise Malformed("the cursor is not one that this list gave")
    return int(after)
