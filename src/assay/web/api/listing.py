"""Lists, a page at a time, as JSON or as CSV."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.connection import Request

from assay.errors import Malformed
from assay.formats import csv_table, times
from assay.formats.csv_table import Cell
from assay.web.api.views import Listed

BRIEFLY, PRIVATE = "public, max-age=60", "private, no-cache"
CSV, JSON = "text/csv", "application/json"
FORMAT = "format"
T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


def listed(
    request: Request[Any, Any, Any],
    kind: type[S],
    rows: Sequence[S],
    next_: str = "",
    *,
    public: bool = False,
) -> Response[Listed[S]]:
    """*rows* as JSON, or as a table where the caller asks for one. The next page stands in ``Link`` too (RFC 8288)."""
    headers = {"Vary": "Accept", "Cache-Control": BRIEFLY if public else PRIVATE}
    if next_:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        headers["Link"] = f'<{request.url.path}?{urlencode([*query, ("after", next_)])}>; rel="next"'
    if not wants_csv(request):
        return Response(Listed(items=tuple(rows), next=next_), headers=headers)
    name = request.url.path.rstrip("/").rpartition("/")[2]
    headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    table: Any = csv_table.write(columns(kind), cells(rows, kind))
    return Response(table, media_type=f"{CSV}; charset=utf-8; header=present", headers=headers)


def listed_of(
    request: Request[Any, Any, Any], kind: type[S], rows: Iterable[S], after: str, limit: int, key: str = "id"
) -> Response[Listed[S]]:
    """A page of *rows*, which are all that there are, in the order of their *key*."""
    page, next_ = cut(tuple(rows), after, limit, lambda one: str(getattr(one, key)))
    return listed(request, kind, page, next_)


def wants_csv(request: Request[Any, Any, Any]) -> bool:
    """By ``?format=``, or by what the caller would rather have. Malformed for another format."""
    asked = request.query_params.get(FORMAT, "")
    if asked not in ("", "csv", "json"):
        raise Malformed(f"format is {asked[:40]!r}, expected 'csv' or 'json'")
    if asked:
        return asked == "csv"
    return request.accept.best_match([JSON, CSV]) == CSV


def columns(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """As JSON names them."""
    return kind.__struct_encode_fields__


def cells(rows: Iterable[S], kind: type[S]) -> Iterable[Sequence[Cell]]:
    for row in rows:
        yield [cell(getattr(row, name)) for name in kind.__struct_fields__]


def cell(value: Any) -> Cell:
    """Several values of one cell are separated by blanks, of texts with blanks in them by semicolons."""
    match value:
        case None | bool() | int():
            return value
        case datetime():
            return times.encode(value)
        case Enum():
            return str(value.value)
        case str():
            return value
        case tuple() | list():
            texts = [str(cell(one)) for one in value]
            return ("; " if any(" " in one for one in texts) else " ").join(texts)
        case dict():
            return " ".join(f"{name}={one}" for name, one in sorted(value.items()))
    return msgspec.json.encode(value).decode()


def cut(rows: Sequence[T], after: str, limit: int, key: Callable[[T], str]) -> tuple[tuple[T, ...], str]:
    """A page of what is all here, by *key*, after the one that ends the page before; and the cursor of the next."""
    ordered = sorted(rows, key=key)
    left = [one for one in ordered if key(one) > after] if after else ordered
    page = tuple(left[:limit])
    return page, key(page[-1]) if len(left) > limit else ""
