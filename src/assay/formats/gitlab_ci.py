"""GitLab CI files (``.gitlab-ci.yml``): includes, images, scripts and what starts a pipeline. Scalars stay text.

Places are key paths (``build.script``). ``!reference`` is read as the list it is written as: what it points to is looked at where
it stands. A ``spec`` header document before the configuration is allowed.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import strict_yaml
from assay.formats.text import shown

MAX_FILE = 2 * 1024 * 1024
MAX_FOUND = 50_000
"""Images and script lines together."""

_NOT_JOBS = frozenset(
    {"cache", "default", "image", "include", "services", "spec", "stages", "types", "variables", "workflow"}
)
_SCRIPTS = ("before_script", "script", "after_script")
_INCLUDES: tuple[Literal["local", "remote", "project", "template", "component"], ...] = (
    "local", "remote", "project", "template", "component",
)  # fmt: skip


class Include(msgspec.Struct, frozen=True):
    kind: Literal["local", "remote", "project", "template", "component"]
    name: str
    ref: str
    """Ref of a project or component, ``integrity`` of a remote file; empty when not stated."""
    at: str


class Image(msgspec.Struct, frozen=True):
    name: str
    at: str


class Script(msgspec.Struct, frozen=True):
    lines: tuple[str, ...]
    at: str


class File(msgspec.Struct, frozen=True):
    includes: tuple[Include, ...] = ()
    images: tuple[Image, ...] = ()
    scripts: tuple[Script, ...] = ()
    conditions: tuple[str, ...] = ()
    """``if`` of rules, as written."""


def parse(data: bytes, *, what: str) -> File:
    documents = strict_yaml.load_all(data, what=what, limit=MAX_FILE, scalars="text", local_tags=True)
    if len(documents) == 2 and isinstance(documents[0], dict) and "spec" in documents[0]:
        documents = documents[1:]
    if len(documents) != 1:
        raise Malformed(
            f"{what} holds {len(documents)} YAML documents, expected one, or a spec header and one"
        )
    top = _map(documents[0], what)
    parts = {"": top, **{name: job for name, job in top.items() if _is_part(name, job)}}
    file = File(
        includes=tuple(_includes(top.get("include", []), f"{what} include")),
        images=tuple(image for name, part in parts.items() for image in _images(part, name, what)),
        scripts=tuple(script for name, part in parts.items() for script in _scripts(part, name, what)),
        conditions=tuple(
            condition for part in (*parts.values(), top.get("workflow")) for condition in _conditions(part)
        ),
    )
    found = len(file.images) + sum(len(script.lines) for script in file.scripts) + len(file.conditions)
    if found > MAX_FOUND:
        raise TooLarge(f"{what} has over {MAX_FOUND} images, script lines and rules")
    return file


def _is_part(name: str, value: Any) -> bool:
    return isinstance(value, dict) and (name == "default" or name not in _NOT_JOBS)


def _includes(value: Any, what: str) -> Iterator[Include]:
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        at = f"{what}[{index}]"
        if isinstance(item, str):
            kind: Literal["remote", "local"] = (
                "remote" if item.startswith(("http://", "https://")) else "local"
            )
            yield Include(kind, item, "", at)
        else:
            yield from _include(_map(item, at), at)


def _include(item: dict[str, Any], at: str) -> Iterator[Include]:
    kind = next((kind for kind in _INCLUDES if kind in item), None)
    if kind is None:
        if "artifact" in item:
            return  # made by an earlier job of the same pipeline
        raise Malformed(
            f"{at} includes {shown(', '.join(item), 60)!r}, expected one of {', '.join(_INCLUDES)}"
        )
    name = _text(item[kind], f"{at}.{kind}")
    if kind == "component":
        name, _, ref = name.rpartition("@")
        yield Include(kind, name, ref, at)
    else:
        stated = item.get("integrity" if kind == "remote" else "ref", "")
        yield Include(kind, name, _text(stated, f"{at}.ref"), at)


def _images(part: dict[str, Any], name: str, what: str) -> Iterator[Image]:
    at = _at(name, what)
    if part.get("image"):
        yield Image(_image(part["image"], f"{at}image"), f"{at}image")
    services = part.get("services")
    for index, service in enumerate(services if isinstance(services, list) else []):
        if isinstance(service, (str, dict)):
            yield Image(_image(service, f"{at}services[{index}]"), f"{at}services[{index}]")


def _at(name: str, what: str) -> str:
    return f"{what} {shown(name, 60)}." if name else f"{what} "


def _image(value: Any, at: str) -> str:
    return _text(value.get("name", "") if isinstance(value, dict) else value, at)


def _scripts(part: dict[str, Any], name: str, what: str) -> Iterator[Script]:
    for key in _SCRIPTS:
        if key in part:
            yield Script(tuple(_lines(part[key])), f"{_at(name, what)}{key}")


def _lines(value: Any) -> Iterator[str]:
    """Text of a script: text, or lists of text (YAML anchors nest them)."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            pending.extend(reversed(item))


def _conditions(part: Any) -> Iterator[str]:
    rules = part.get("rules") if isinstance(part, dict) else None
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and isinstance(rule.get("if"), str):
            yield rule["if"]


def _map(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not a mapping")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{what} is not text")
    return value
