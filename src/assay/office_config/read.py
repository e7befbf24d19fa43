"""The file, then the environment, then what systemd hands over: read once, and told in one line when it is wrong."""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

from assay.collect.files import read_plain
from assay.errors import Malformed, Unavailable
from assay.formats.strict_toml import load as load_toml
from assay.formats.text import shown
from assay.office_config.model import OfficeConfig
from assay.office_config.written import PREFIX, settings, variable

NAME = "office.toml"
MAX_BYTES = 1 << 20
CONFIG = "ASSAY_OFFICE_CONFIG"


def parse(data: bytes, *, what: str = NAME, folder: Path = Path()) -> OfficeConfig:
    """Read an ``office.toml`` that lies in *folder*: paths in it are taken from there."""
    return _of(load_toml(data, what=what, limit=MAX_BYTES), what, folder)


def load(path: Path | None = None, variables: Mapping[str, str] = os.environ) -> OfficeConfig:
    """The file at *path*, or ``ASSAY_OFFICE_CONFIG``, or ``office.toml`` here if there is one; then the environment."""
    table: dict[str, Any] = {}
    folder, what = Path(), NAME
    found = chosen(path, variables)
    if found is not None:
        what, folder = str(found), found.parent
        table = load_toml(read_plain(found, limit=MAX_BYTES), what=what, limit=MAX_BYTES)
        # On its own first, so that what is wrong with the file is not blamed on the environment.
        _of(table, what, folder)
    table = _absolute(table, folder)
    if "data" not in table and variables.get("ASSAY_HOME"):
        table["data"] = variables["ASSAY_HOME"]
    changed = _overlaid(table, variables)
    what = f"{what} with {', '.join(changed)}" if changed else what
    _credentials(table, variables.get("CREDENTIALS_DIRECTORY", ""))
    return _of(table, what, Path())


def chosen(path: Path | None = None, variables: Mapping[str, str] = os.environ) -> Path | None:
    """The file that :func:`load` reads; None when there is none."""
    if path is not None or variables.get(CONFIG):
        return path or Path(variables[CONFIG])
    return Path(NAME) if os.path.lexists(NAME) else None


def read_secret(path: Path, *, limit: int = 4096) -> str:
    """What a file that a setting names holds, without the newline at its end."""
    secret = read_plain(path, limit=limit).rstrip(b"\r\n")
    if not secret:
        raise Unavailable(f"{path} is empty, expected a secret")
    try:
        return secret.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"{path} is not UTF-8: byte {error.start}") from error


def _of(value: Mapping[str, Any], what: str, folder: Path) -> OfficeConfig:
    _known(value, what)
    try:
        return msgspec.convert(value, OfficeConfig, dec_hook=lambda _, text: _path(text, folder))
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {_told(error)}") from error


def _overlaid(table: dict[str, Any], variables: Mapping[str, str]) -> list[str]:
    """Put what the environment sets into *table*; the names of those variables."""
    known = {variable(at, key): (at, key, kind) for at, key, kind, _ in settings() if at != "oidc"}
    given = [name for name in variables if name.startswith(PREFIX) and name != CONFIG]
    changed = []
    for name in sorted(given):
        if name not in known:
            raise Malformed(f"{name} is no setting{_near(name, known)}; all are in docs/office-settings.md")
        if not variables[name]:
            continue  # set to nothing is not set
        at, key, kind = known[name]
        inner = table.setdefault(at, {}) if at else table
        inner[key] = _converted(name, variables[name], kind)
        changed.append(name)
    return changed


def _converted(name: str, text: str, kind: Any) -> Any:
    bare = get_args(kind)[0]
    given: Any = text
    if get_origin(bare) is tuple:
        given = [one.strip() for one in text.split(",")]
    if Path in (bare, *get_args(bare)):
        return str(Path(text).absolute())
    try:
        return msgspec.to_builtins(msgspec.convert(given, kind, strict=False))
    except msgspec.ValidationError as error:
        raise Malformed(f"{name}: {_told(error)}") from error


def _credentials(table: dict[str, Any], folder: str) -> None:
    """Files that systemd was given as ``assay-<table>-<key>``, without ``-file``, for secrets that nothing else names."""
    for at, key, _, _ in settings():
        if folder and key.endswith("_file") and at != "oidc":
            path = Path(folder, f"assay-{at}-{key.removesuffix('_file')}".replace("_", "-"))
            if key not in table.get(at, {}) and path.is_file():
                table.setdefault(at, {})[key] = str(path)


def _absolute(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A copy of *table* whose paths no longer depend on where it was read."""
    paths = {(at, key) for at, key, kind, _ in settings() if Path in (get_args(kind)[0], *get_args(get_args(kind)[0]))}  # fmt: skip

    def of(at: str, inner: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: str((folder / value).absolute()) if (at, key) in paths and value else value
            for key, value in inner.items()
        }

    made = of("", table)
    for at, inner in made.items():
        if isinstance(inner, dict):
            made[at] = of(at, inner)
        elif at == "oidc":
            made[at] = [of(at, one) for one in inner]
    return made


def _known(table: Mapping[str, Any], what: str) -> None:
    """Refuse an unknown key by its full name, with the nearest that there is."""
    names: dict[str, list[str]] = {}
    for at, key, _, _ in settings():
        names.setdefault(at, []).append(key)
    for key, value in table.items():
        if key not in names and key not in names[""]:
            raise Malformed(f"{what}: {shown(key, 80)!r} is no setting{_near(key, [*names, *names['']])}")
        for inner in value if isinstance(value, list) else [value]:
            for one in inner if key in names and isinstance(inner, dict) else ():
                if one not in names[key]:
                    raise Malformed(
                        f"{what}: {key} has no setting {shown(one, 80)!r}{_near(one, names[key])}"
                    )


def _near(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, [one for one in known if one], n=1)
    return f", did you mean {found[0]!r}?" if found else ""


def _told(error: msgspec.ValidationError) -> str:
    """``limits.upload_bytes: expected int, got str``."""
    said, _, at = str(error).partition(" - at `$")
    place = at.rstrip("`").lstrip(".")
    line = (said[:1].lower() + said[1:]) if said.startswith(("Expected", "Object", "Invalid")) else said
    line = line.replace("`", "") + _choice(place)
    # Messages of ours name the setting themselves.
    return shown(f"{place}: {line}" if place and not said.startswith(place.split(".")[0]) else line, 400)


def _choice(place: str) -> str:
    """What may stand at *place*, where that is one of a few words."""
    for at, key, kind, _ in settings():
        words = get_args(get_args(kind)[0])
        if (
            place in (f"{at}.{key}", f"{at}[0].{key}")
            and words
            and all(isinstance(one, str) for one in words)
        ):
            return f", expected {', '.join(words)}"
    return ""


def _path(text: Any, folder: Path) -> Path:
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError("expected a path")
    return folder / text
