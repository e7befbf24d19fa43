"""``assay.toml`` out of a plain value: as much of TOML as that needs."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any


def encode(document: Mapping[str, Any]) -> bytes:
    """Tables and lists of tables at the top, plain values and lists of text in them."""
    plain = [f"{name} = {_value(value)}" for name, value in document.items() if not _is_table(value)]
    tables = [line for name, value in document.items() if _is_table(value) for line in _table(name, value)]
    return ("\n".join([*plain, *tables]) + "\n").encode()


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    )


def _table(name: str, value: Any) -> list[str]:
    if isinstance(value, list):
        return [line for row in value for line in (f"[[{name}]]", *_rows(row))]
    return [f"[{name}]", *_rows(value)]


def _rows(table: Mapping[str, Any]) -> list[str]:
    return [f"{json.dumps(key)} = {_value(value)}" for key, value in table.items()]


def _value(value: Any) -> str:
    match value:
        case date():
            return value.isoformat()
        case Mapping():
            return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_value(one) for one in value) + "]"
        case _:
            return json.dumps(value)
