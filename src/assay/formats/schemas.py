"""CycloneDX JSON against the official schemas, 1.4 to 1.7.

The schemas are those that the ``cyclonedx-python-lib`` package carries. Formats are checked: without them every JSF-signed
bill is refused, because two branches of its ``oneOf`` then match. References resolve to the carried files only.

A long top-level array is validated in slices against the schema of its items, so that the whole bill never stands in memory as
plain values (docs/adr/0004-reading-sboms.md).
"""

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_json
from assay.formats.text import shown

VERSIONS = ("1.4", "1.5", "1.6", "1.7")
MAX_ITEM = 32 * 1024 * 1024
"""Bytes of one item of an array, or of all that is not in a long array: what is validated as one tree."""

_BASE = "http://cyclonedx.org/schema/"
_SHARED = ("spdx", "jsf-0.82", "cryptography-defs")
_IDENTITY = ("id", "name", "version", "purl")


class Slice(NamedTuple):
    """Valid plain values. *name* is empty for the bill without its long arrays, which then stand empty in it."""

    name: str
    start: int
    """Index of the first value in the array."""
    values: Any


class _Schema(NamedTuple):
    whole: jsonschema_rs.Validator
    items: Mapping[str, jsonschema_rs.Validator]
    """Validator for arrays of the items of a top-level array, by its name."""
    unique: frozenset[str]


def check_cyclonedx(data: bytes, *, what: str, limit: int = strict_json.MAX_BYTES) -> None:
    """:class:`Malformed` unless *data* is a CycloneDX bill that its schema accepts; :class:`Unsupported` for other versions."""
    check_members(strict_json.members(data, what=what, limit=limit), what=what)


def check_members(members: Mapping[str, msgspec.Raw], *, what: str) -> Any:
    """As :func:`check_cyclonedx`, of the bill's members; the bill as plain values, or None when it has long arrays."""
    whole = None
    for part in _read(members, what):
        whole = None if part.name else part.values
    return whole


def accepts(bill: Any, version: str) -> bool:
    """Whether plain values are a bill that the schema of *version* accepts."""
    return _schema(version).whole.is_valid(bill)


def read_cyclonedx(data: bytes, *, what: str, limit: int = strict_json.MAX_BYTES) -> Iterator[Slice]:
    """The bill in valid slices: first the one without a name, then those of its long arrays in the order of the file.

    Nothing may be concluded before the last slice is out: uniqueness of items is known only then.
    """
    yield from _read(strict_json.members(data, what=what, limit=limit), what)


def _read(members: Mapping[str, msgspec.Raw], what: str) -> Iterator[Slice]:
    schema = _schema(_version(members, what))
    rest, arrays = strict_json.cut(members, schema.items, what=what)
    if len(rest) > MAX_ITEM:
        raise TooLarge(f"{what} has {len(rest)} bytes outside its long arrays, over the limit of {MAX_ITEM}")
    bill = strict_json.plain(rest, what=what)
    _validate(schema.whole, bill, what, "", 0)
    yield Slice("", 0, bill)
    for name, pieces in arrays.items():
        yield from _array(schema, name, pieces, what)


def _array(schema: _Schema, name: str, pieces: Sequence[msgspec.Raw], what: str) -> Iterator[Slice]:
    seen: set[Any] = set()
    start = 0
    for run, text in strict_json.runs(pieces):
        if len(run) == 1 and len(text) > MAX_ITEM:
            raise TooLarge(f"{what}: /{name}/{start} has {len(text)} bytes, over the limit of {MAX_ITEM}")
        values = strict_json.plain(text, what=what)
        _validate(schema.items[name], values, what, f"/{name}", start)
        seen.update(_identities(values))
        yield Slice(name, start, values)
        start += len(run)
    if len(seen) < start and name in schema.unique:
        _refuse_same(name, pieces, what)


def _identities(values: list[Any]) -> list[Any]:
    """What differs wherever two items differ in what names them; the same item has the same."""
    return [
        value.get("bom-ref") or value.get("ref") or tuple(map(str, map(value.get, _IDENTITY)))
        for value in values
    ]


def _refuse_same(name: str, pieces: Sequence[msgspec.Raw], what: str) -> None:
    """Items of a long array may share what names them, but not be the same: JSON Schema ``uniqueItems``, where 1.0 is 1."""
    seen: set[bytes] = set()
    for index, piece in enumerate(pieces):
        text = msgspec.json.encode(_NUMBERS_ALIKE.decode(piece), order="deterministic")
        digest = hashlib.blake2b(text, digest_size=16).digest()
        if digest in seen:
            raise Malformed(f"{what}: /{name}/{index} is the same item as an earlier one")
        seen.add(digest)


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**63 else value


_NUMBERS_ALIKE = msgspec.json.Decoder(float_hook=_number)


def _version(members: Mapping[str, msgspec.Raw], what: str) -> str:
    known = {
        name: strict_json.plain(members[name], what=what)
        for name in ("bomFormat", "specVersion")
        if name in members
    }
    if known.get("bomFormat") != "CycloneDX":
        raise Malformed(
            f"{what}: /bomFormat is {shown(repr(known.get('bomFormat')), 40)}, expected 'CycloneDX'"
        )
    version = known.get("specVersion")
    if version not in VERSIONS:
        raise Unsupported(
            f"{what}: /specVersion is {shown(repr(version), 40)}, expected one of {', '.join(VERSIONS)}"
        )
    return str(version)


def _carried(name: str) -> Any:
    folder = resources.files("cyclonedx") / "schema" / "_res"
    return json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_bytes())


@functools.cache
def _registry() -> jsonschema_rs.Registry:
    found = [(f"{_BASE}{name}.SNAPSHOT.schema.json", _carried(name)) for name in _SHARED]
    return jsonschema_rs.Registry(found, draft=jsonschema_rs.Draft7)


@functools.cache
def _schema(version: str) -> _Schema:
    whole = _carried(f"bom-{version}")
    arrays = {
        name: property_
        for name, property_ in whole["properties"].items()
        if property_.get("type") == "array" and "$ref" in property_.get("items", {})
    }
    items = {}
    for name, property_ in arrays.items():
        part = {key: whole[key] for key in ("$schema", "$id", "definitions")}
        items[name] = _compile({**part, "type": "array", "items": property_["items"]})
    return _Schema(
        _compile(whole), items, frozenset(name for name in arrays if arrays[name].get("uniqueItems"))
    )


def _compile(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft7Validator(
        schema,
        validate_formats=True,
        registry=_registry(),
        offline=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _validate(validator: jsonschema_rs.Validator, value: Any, what: str, at: str, start: int) -> None:
    if validator.is_valid(value):
        return
    error = _deepest(next(iter(validator.iter_errors(value))))
    path = list(error.instance_path)
    if at and path and isinstance(path[0], int):
        path[0] += start
    pointer = at + "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
    raise Malformed(f"{what}: {shown(pointer, 200) or 'the bill'} {shown(_reason(error), 300)}")


def _deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of alternatives that all fail, the complaint that reaches furthest into the value: most likely the one meant."""
    kind = error.kind
    while isinstance(
        kind, jsonschema_rs.ValidationErrorKind.AnyOf | jsonschema_rs.ValidationErrorKind.OneOfNotValid
    ):
        inner = [one for branch in kind.context for one in branch]
        if not inner:
            break
        best = max(inner, key=lambda one: len(one.instance_path))
        if len(best.instance_path) <= len(error.instance_path):
            break
        error, kind = best, best.kind
    return error


def _reason(error: jsonschema_rs.ValidationError) -> str:
    kinds = jsonschema_rs.ValidationErrorKind
    match error.kind:
        case kinds.Required(property=name):
            return f"lacks {name!r}"
        case kinds.AdditionalProperties(unexpected=names):
            return f"has {', '.join(map(repr, names[:5]))}, which the schema does not know"
        case kinds.Enum(options=options):
            more = f" and {len(options) - 8} more" if len(options) > 8 else ""
            return f"is {_short(error)}, expected one of {', '.join(map(str, options[:8]))}{more}"
        case kinds.Type(types=types):
            return f"is {_short(error)}, expected {' or '.join(types)}"
        case kinds.Pattern(pattern=pattern):
            return f"is {_short(error)}, expected to match {pattern}"
        case kinds.Format(format=name):
            return f"is {_short(error)}, expected the format {name}"
        case kinds.Constant(expected_value=expected):
            return f"is {_short(error)}, expected {expected!r}"
        case kinds.MinLength(limit=limit) | kinds.MaxLength(limit=limit) | kinds.MinItems(limit=limit):
            return f"is {_short(error)}, expected a length limited by {limit} ({error.kind.name})"
        case kinds.Not():
            return f"is {_short(error)} with members that exclude each other"
        case kinds.UniqueItems():
            return "has the same item twice"
        case kinds.OneOfMultipleValid():
            return "matches several alternatives of which only one is allowed"
        case kinds.OneOfNotValid() | kinds.AnyOf():
            return f"is {_short(error)}, which is none of the forms that the schema allows there"
        case _:
            return f"is {_short(error)}: schema keyword {error.kind.name}"


def _short(error: jsonschema_rs.ValidationError) -> str:
    text = (
        repr(error.instance) if not isinstance(error.instance, dict | list) else type(error.instance).__name__
    )
    return {"dict": "an object", "list": "an array"}.get(text, shown(text, 60))
