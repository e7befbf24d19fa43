"""All settings, and an ``office.toml`` that explains them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from assay.office_config.model import OfficeConfig, Table

PREFIX = "ASSAY_OFFICE_"


def settings() -> Iterator[tuple[str, str, Any, Any]]:
    """(table, key, type, default) of each; ``""`` is the top of the file. Defaults of ``oidc`` are absent."""
    for key, kind in get_type_hints(OfficeConfig, include_extras=True).items():
        table = get_args(kind)[0] if key == "oidc" else kind
        if isinstance(table, type) and issubclass(table, Table):
            hints = get_type_hints(table, include_extras=True)
            for info in msgspec.structs.fields(table):
                yield key, info.name, hints[info.name], info.default
        else:
            default = next(info.default for info in msgspec.structs.fields(OfficeConfig) if info.name == key)
            yield "", key, kind, default


def variable(table: str, key: str) -> str:
    """The environment variable that sets *key*."""
    return PREFIX + (f"{table}_{key}" if table else key).upper()


def commented() -> str:
    """An ``office.toml`` with every setting, its default and a word about it; nothing in it is set."""
    lines = ["# Settings of an Assay office. What is commented out is the default.", ""]
    at = ""
    for table, key, kind, default in settings():
        if table != at:
            at = table
            lines += (
                ["", "# One for each issuer:", f"# [[{table}]]"] if table == "oidc" else ["", f"[{table}]"]
            )
        said = next(one.description for one in get_args(kind)[1:] if one.description)
        lines.append(f"# {key} = {_toml(default)}  # {said}")
    return "\n".join(lines) + "\n"


def _toml(default: Any) -> str:
    match default:
        case bool():
            return str(default).lower()
        case int():
            return f"{default:_}"
        case tuple():
            return f"[{', '.join(map(_toml, default))}]"
        case str() | Path():
            return f'"{default}"'
        case _:
            return '"…"'
