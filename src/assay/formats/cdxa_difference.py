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
    if isinstance(found, msgspec.Struct) and type(found) is type(expected):
        for field in msgspec.structs.fields(found):
            pair = getattr(found, field.name), getattr(expected, field.name)
            if field.name == "properties":
                pair = _own(pair[0]), _own(pair[1])
            place = _differs(*pair, f"{at}/{field.encode_name}")
            if place is not None:
                return place
        return None
    if isinstance(found, tuple) and isinstance(expected, tuple):
        for index, pair in enumerate(zip(found, expected, strict=False)):
            place = _differs(*pair, f"{at}/{index}")
            if place is not None:
                return place
        if len(found) != len(expected):
            return at, found, expected
        return None
    return None if found == expected else (at, found, expected)


def _own(properties: tuple[Property, ...]) -> tuple[Property, ...]:
    ours = (item for item in properties if item.name.startswith(NAMESPACE))
    return tuple(sorted(ours, key=lambda item: item.name))


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    if isinstance(value, msgspec.Struct):
        return "an object"
    return "nothing" if value in (None, "") else repr(shown(str(value), 120))
