"""Where two documents differ, as a JSON pointer: how a reader insists on the one form that its writer gives."""

from typing import Any

import msgspec

from assay.errors import Malformed
from assay.formats.cdxa import Property
from assay.formats.cdxa_properties import NAMESPACE
from assay.formats.text import shown


def require_same(found: msgspec.Struct, expected: msgspec.Struct, *, what: str) -> None:
    """Refuse *found* unless it says what *expected* says; properties outside the namespace and their order do not count."""
    place = _differs(found, expected, "")
    if place is not None:
        at, one, other = place
        raise Malformed(f"{what}: at '{at}' there is {_text(one)}, expected {_text(other)}")


def _differs(found: Any, expected: Any, at: str) -> tuple[str, Any, Any] | None:
    if found == expected:
        return None
    if isinstance(found, msgspec.Struct) and type(found) is type(expected):
        for name, shown_as in zip(found.__struct_fields__, found.__struct_encode_fields__, strict=True):
            compare = _properties_differ if name == "properties" else _differs
            place = compare(getattr(found, name), getattr(expected, name), f"{at}/{shown_as}")
            if place is not None:
                return place
        return None
    if isinstance(found, tuple) and isinstance(expected, tuple):
        for index, pair in enumerate(zip(found, expected, strict=False)):
            place = _differs(*pair, f"{at}/{index}")
            if place is not None:
                return place
        end = min(len(found), len(expected))
        if len(found) != len(expected):
            return f"{at}/{end}", next(iter(found[end:]), None), next(iter(expected[end:]), None)
        return None
    return at, found, expected


def _properties_differ(
    found: tuple[Property, ...], expected: tuple[Property, ...], at: str
) -> tuple[str, Any, Any] | None:
    own, other = _own(found), _own(expected)
    if own == other:
        return None
    found_set, expected_set = set(own), set(other)
    extra = next((item for item in own if item not in expected_set), None)
    lacking = (item for item in other if item not in found_set)
    missing = next((item for item in lacking if extra is None or item.name == extra.name), None)
    return at, extra, missing


def _own(properties: tuple[Property, ...]) -> tuple[Property, ...]:
    ours = (item for item in properties if item.name.startswith(NAMESPACE))
    return tuple(sorted(ours, key=lambda item: item.name))


def _text(value: Any) -> str:
    if isinstance(value, Property):
        return f"the property {shown(value.name, 80)!r} = {shown(value.value, 80)!r}"
    if isinstance(value, msgspec.Struct):
        return "an object"
    return "nothing" if value in (None, "") else repr(shown(str(value), 120))
