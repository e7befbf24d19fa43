"""Change one place of a JSON document, for tables of near-misses."""

import copy
import json
from collections.abc import Callable
from typing import Any

Edit = Callable[[Any], None]


def edited(data: bytes, *edits: Edit) -> bytes:
    """*data* with all *edits* done; a table row whose edits change nothing proves nothing, so that fails."""
    before = json.loads(data)
    after = copy.deepcopy(before)
    for edit in edits:
        edit(after)
    assert after != before, "the edit changes nothing"
    return json.dumps(after).encode()


def put(pointer: str, value: Any) -> Edit:
    """Set the place, or append where the pointer ends in ``-`` (RFC 6901 names, without escapes)."""

    def edit(document: Any) -> None:
        parent, key = _find(document, pointer)
        if key == "-":
            parent.append(value)
        elif isinstance(parent, list):
            parent[int(key)] = value
        else:
            parent[key] = value

    return edit


def drop(pointer: str) -> Edit:
    def edit(document: Any) -> None:
        parent, key = _find(document, pointer)
        del parent[int(key) if isinstance(parent, list) else key]

    return edit


def twice(pointer: str) -> Edit:
    """Add a copy of a list's item at its end."""

    def edit(document: Any) -> None:
        parent, key = _find(document, pointer)
        parent.append(copy.deepcopy(parent[int(key)]))

    return edit


def backwards(pointer: str) -> Edit:
    def edit(document: Any) -> None:
        parent, key = _find(document, pointer)
        parent[key].reverse()

    return edit


def _find(document: Any, pointer: str) -> tuple[Any, str]:
    *way, last = pointer.removeprefix("/").split("/")
    for step in way:
        document = document[int(step) if isinstance(document, list) else step]
    return document, last
