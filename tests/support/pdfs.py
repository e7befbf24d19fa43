"""PDF forms made by code: honest ones, and some whose structure is hostile."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

RADIO, PUSH = 1 << 15, 1 << 16


class Put(msgspec.Struct, frozen=True):
    """A field to draw. *value* of a box or radio group is the name of its state."""

    name: str
    value: str | None = None
    kind: str = "/Tx"
    flags: int = 0
    page: int = 1
    label: str = ""
    states: Sequence[str] = ()
    """Of a radio group."""
    more: Mapping[str, Any] = {}


def form(
    *fields: Put,
    pages: int = 1,
    root: Callable[[PdfWriter, DictionaryObject, DictionaryObject], None] | None = None,
) -> bytes:
    """A PDF with *fields*; *root* may change the catalogue and the form before it is written."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(612, 792)
    references = ArrayObject([_add(writer, one) for one in fields])
    acro = DictionaryObject({NameObject("/Fields"): references})
    writer.root_object[NameObject("/AcroForm")] = acro
    if root is not None:
        root(writer, writer.root_object, acro)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def plain() -> bytes:
    """A page without a form."""
    writer = PdfWriter()
    writer.add_blank_page(612, 792)
    return written(writer)


def _add(writer: PdfWriter, put: Put) -> IndirectObject:
    field = _dictionary(put)
    if not put.states:
        field.update(_widget())
        reference = writer._add_object(field)
        _annotate(writer, put.page, reference)
        return reference
    reference = writer._add_object(field)
    kids = ArrayObject()
    for state in put.states:
        on = "/" + state if put.value == state else "/Off"
        kid = DictionaryObject(
            {NameObject("/Parent"): reference, NameObject("/AS"): NameObject(on), **_widget()}
        )
        kids.append(writer._add_object(kid))
        _annotate(writer, put.page, kids[-1])
    field[NameObject("/Kids")] = kids
    return reference


def _dictionary(put: Put) -> DictionaryObject:
    field = DictionaryObject(
        {
            NameObject("/FT"): NameObject(put.kind),
            NameObject("/T"): TextStringObject(put.name),
            NameObject("/Ff"): NumberObject(put.flags),
        }
    )
    if put.label:
        field[NameObject("/TU")] = TextStringObject(put.label)
    if put.value is not None:
        field[NameObject("/V")] = (
            NameObject("/" + put.value) if put.kind == "/Btn" else TextStringObject(put.value)
        )
    field.update({NameObject(key): value for key, value in put.more.items()})
    return field


def _widget() -> dict[NameObject, Any]:
    return {
        NameObject("/Type"): NameObject("/Annot"),
        NameObject("/Subtype"): NameObject("/Widget"),
        NameObject("/Rect"): ArrayObject([FloatObject(one) for one in (50, 50, 200, 70)]),
    }


def _annotate(writer: PdfWriter, page: int, reference: IndirectObject) -> None:
    where = writer.pages[page - 1]
    if "/Annots" not in where:
        where[NameObject("/Annots")] = ArrayObject()
    annotations = where["/Annots"]
    assert isinstance(annotations, ArrayObject)
    annotations.append(reference)
