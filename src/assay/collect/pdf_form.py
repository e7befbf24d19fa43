"""The fields of a PDF form (AcroForm), read with pypdf. Nothing in the file is run, shown or fetched.

The file is hostile until shown otherwise: field trees may be cyclic, as deep or as wide as their author likes, and pypdf raises
what it likes. Time and memory are bounded by the process that this runs in, :mod:`assay.collect.pdf_apart`.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
from pypdf import PasswordType, PdfReader
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NumberObject,
    StreamObject,
)

from assay.errors import Malformed, TooLarge
from assay.formats.form_field import FormField
from assay.formats.text import shown

MAX_BYTES = 32 * 1024 * 1024
OFF = "Off"
MAX_DEPTH = 32
MAX_PAGES = 2_000
MAX_WIDGETS = 20_000
MAX_TEXT = 10_000
"""Characters of a value."""
_MAX_STEPS = 16
"""References from one to the next."""
_RADIO, _PUSH = 1 << 15, 1 << 16


class PdfForm(msgspec.Struct, frozen=True):
    fields: tuple[FormField, ...]
    notes: tuple[str, ...] = ()
    """What else is in the file and was left alone."""


class _Node(msgspec.Struct, frozen=True):
    """A field with what it inherits (ISO 32000-1, 12.7.3.1)."""

    names: tuple[str, ...]
    label: str
    kind: str
    flags: int
    value: Any
    options: Any
    page: int


_END, _TAIL = b"%%EOF", 2048
"""Of a whole file (ISO 32000-1, 7.5.5), where readers look for it."""


def read(data: bytes) -> PdfForm:
    """The fields in *data* in their order. :class:`Malformed` in one line for a file without fields that can be read."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"has over {MAX_BYTES} bytes")
    try:
        return _read(data)
    except Malformed:
        raise
    except RecursionError as error:
        raise Malformed("is nested too deep") from error
    except MemoryError as error:
        raise TooLarge("takes too much memory") from error
    except Exception as error:  # a foreign parser on hostile bytes: the cause becomes the reason
        if data and _END not in data[-_TAIL:]:
            raise Malformed("is a PDF that is cut off before its end: copy or save it again") from error
        raise Malformed(
            f"is not a PDF that can be read: {shown(str(error) or type(error).__name__)}"
        ) from error


def _read(data: bytes) -> PdfForm:
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Malformed("is encrypted: save a copy without a password")
    root = _dictionary(reader.trailer, "/Root") or DictionaryObject()
    form = _dictionary(root, "/AcroForm")
    actions: list[str] = [] if not {"/OpenAction", "/AA"} & root.keys() else ["/Root"]
    fields = tuple(_fields(form, _pages(root), actions)) if form is not None else ()
    if form is not None and not fields and "/XFA" in form:
        raise Malformed(
            "is an XFA form without ordinary fields: save it as an AcroForm, or bring its values as CSV"
        )
    if not fields:
        raise Malformed("has no form fields: a scan or a print; bring its values as CSV")
    return PdfForm(fields, tuple(_notes(root, form, actions)))


def _notes(root: DictionaryObject, form: DictionaryObject | None, actions: Sequence[str]) -> Iterator[str]:
    if form is not None and "/XFA" in form:
        yield "also holds an XFA form, which was not read; its values may differ"
    names = _dictionary(root, "/Names")
    if actions or (names is not None and "/JavaScript" in names):
        yield "holds scripts or actions, which were not run: values are as they were saved"
    if names is not None and "/EmbeddedFiles" in names:
        yield "holds attached files, which were not opened"


def _fields(form: DictionaryObject, pages: dict[int, int], actions: list[str]) -> Iterator[FormField]:
    """*actions* gets the names of fields that would do something."""
    seen: set[int] = set()
    empty = _Node((), "", "", 0, None, None, 0)
    stack = [(entry, empty, 0) for entry in reversed(_array(form, "/Fields"))]
    count = 0
    while stack:
        entry, above, depth = stack.pop()
        number = entry.idnum if isinstance(entry, IndirectObject) else 0
        if number and number in seen:
            raise Malformed("has a field that is inside itself, or twice in the form")
        seen.add(number)
        field = _resolved(entry)
        if not isinstance(field, DictionaryObject):
            continue
        count += 1
        if count > MAX_WIDGETS or depth > MAX_DEPTH:
            raise TooLarge(f"has over {MAX_WIDGETS} fields and widgets, or over {MAX_DEPTH} levels of them")
        node = _node(field, above, pages.get(number, 0))
        if {"/AA", "/A"} & field.keys():
            actions.append(".".join(node.names))
        inner = [kid for kid in _array(field, "/Kids") if _is_field(kid)]
        if inner:
            stack += [(kid, node, depth + 1) for kid in reversed(inner)]
        elif node.names and (found := _field(field, node, pages)) is not None:
            yield found


def _is_field(kid: Any) -> bool:
    """A kid without a name of its own is a widget: a place where its parent is shown."""
    found = _resolved(kid)
    return isinstance(found, DictionaryObject) and "/T" in found


def _node(field: DictionaryObject, above: _Node, page: int) -> _Node:
    name, label = _at(field, "/T"), _at(field, "/TU")
    kind, flags = _at(field, "/FT"), _at(field, "/Ff")
    return _Node(
        names=(*above.names, str(name)[:MAX_TEXT]) if isinstance(name, str) else above.names,
        label=str(label)[:MAX_TEXT] if isinstance(label, str) else "",
        kind=str(kind) if isinstance(kind, str) else above.kind,
        flags=int(flags) if isinstance(flags, NumberObject) else above.flags,
        value=_at(field, "/V") if "/V" in field else above.value,
        options=_at(field, "/Opt") if "/Opt" in field else above.options,
        page=page or above.page,
    )


def _field(field: DictionaryObject, node: _Node, pages: dict[int, int]) -> FormField | None:
    kids = _array(field, "/Kids")
    page = node.page or next(
        (pages[kid.idnum] for kid in kids if isinstance(kid, IndirectObject) and kid.idnum in pages), 0
    )
    full = ".".join(node.names)
    where = f"field {shown(full, 120)!r}"
    at = f"page {page}, {where}" if page else where
    names = tuple(dict.fromkeys(name for name in (full, node.names[-1], node.label) if name))
    match node.kind:
        case "/Sig":
            return FormField(names, "signed" if node.value is not None else "", at, "signature")
        case "/Btn" if node.flags & _PUSH:
            return None
        case "/Btn":
            value = _state(node, [field, *map(_resolved, kids)])
            return FormField(names, value, at, "choice" if node.flags & _RADIO else "box")
        case "/Ch":
            return _written(names, node, at, "choice")
        case _:
            return _written(names, node, at, "text")


def _written(names: tuple[str, ...], node: _Node, at: str, kind: Literal["text", "choice"]) -> FormField:
    value, problem = _text(node.value)
    return FormField(names, value, at, kind, problem)


def _text(value: Any) -> tuple[str, str]:
    """What stands in a field, and why it cannot be read."""
    match value:
        case None:
            return "", ""
        case ArrayObject() if len(value) == 1:
            return _text(_resolved(value[0]))
        case ArrayObject():
            return ("", f"has {len(value)} values, expected one") if value else ("", "")
        case StreamObject():
            return "", "keeps its value as a stream, expected text"
        case ByteStringObject():
            return "", "holds bytes that are no text"
        case str():
            if len(value) > MAX_TEXT:
                return "", f"has over {MAX_TEXT} characters"
            return str(value), ""
    return "", f"holds a {type(value).__name__.removesuffix('Object').lower()}, expected text"


def _state(node: _Node, places: Sequence[Any]) -> str:
    """The option that is on: by the field's value, else by what its places show."""
    value = node.value
    if value is None:
        shown_as = (_at(place, "/AS") for place in places if isinstance(place, DictionaryObject))
        value = next((state for state in shown_as if isinstance(state, str) and state != "/Off"), OFF)
    if isinstance(value, BooleanObject):
        return "yes" if value.value else OFF
    if not isinstance(value, str):
        return OFF
    state = str(value).removeprefix("/")[:MAX_TEXT]
    if (
        isinstance(node.options, ArrayObject)
        and state.isascii()
        and state.isdigit()
        and int(state) < len(node.options)
    ):
        option = _resolved(node.options[int(state)])
        return str(option)[:MAX_TEXT] if isinstance(option, str) else state
    return state


def _pages(root: DictionaryObject) -> dict[int, int]:
    """Object number of each widget -> page, from 1. Of a broken page tree as much as can be read."""
    found: dict[int, int] = {}
    seen: set[int] = set()
    stack: list[Any] = [root.raw_get("/Pages")] if "/Pages" in root else []
    page = 0
    while stack and page < MAX_PAGES:
        entry = stack.pop()
        number = entry.idnum if isinstance(entry, IndirectObject) else 0
        node = _resolved(entry)
        if not isinstance(node, DictionaryObject) or (number and number in seen) or len(seen) > MAX_WIDGETS:
            continue
        seen.add(number)
        if "/Kids" in node:
            stack += reversed(_array(node, "/Kids"))
            continue
        page += 1
        for widget in _array(node, "/Annots"):
            if isinstance(widget, IndirectObject) and len(found) < MAX_WIDGETS:
                found.setdefault(widget.idnum, page)
    return found


def _at(field: DictionaryObject, key: str) -> Any:
    return _resolved(field.raw_get(key)) if key in field else None


def _array(field: DictionaryObject, key: str) -> list[Any]:
    found = _at(field, key)
    if not isinstance(found, ArrayObject):
        return []
    if len(found) > MAX_WIDGETS:
        raise TooLarge(f"has an array of over {MAX_WIDGETS} entries")
    return list(found)


def _dictionary(field: DictionaryObject, key: str) -> DictionaryObject | None:
    found = _at(field, key)
    return found if isinstance(found, DictionaryObject) else None


def _resolved(entry: Any) -> Any:
    for _ in range(_MAX_STEPS):
        if not isinstance(entry, IndirectObject):
            return entry
        entry = entry.get_object()
    raise Malformed("has a reference that leads to itself")
