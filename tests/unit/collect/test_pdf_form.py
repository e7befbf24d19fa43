"""Forms in PDF: every kind of field, what cannot be read, and files made to hurt the reader."""

import io
import subprocess
import sys
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    TextStringObject,
)
from tests.support.damage import damaged
from tests.support.pdfs import PUSH, RADIO, Put, form, plain, written

from assay.collect import pdf_apart, pdf_form
from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.form_field import FormField

HONEST = form(
    Put("Company Name", "Lighthouse Works (fictional)"),
    Put("form1[0].Page2[0].City[0]", "Séa\nside", page=2, label="City of the producer"),
    pages=2,
)


def fields(data: bytes) -> tuple[FormField, ...]:
    return pdf_form.read(data).fields


def one(put: Put) -> FormField:
    (found,) = fields(form(put))
    return found


def test_texts_with_their_names_and_pages() -> None:
    assert fields(HONEST) == (
        FormField(("Company Name",), "Lighthouse Works (fictional)", "page 1, field 'Company Name'"),
        FormField(
            ("form1[0].Page2[0].City[0]", "City of the producer"), "Séa\nside", "page 2, field 'form1[0].Page2[0].City[0]'"
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("put", "kind", "value"),
    [
        pytest.param(Put("a"), "text", "", id="empty"),
        pytest.param(Put("a", "1", "/Btn"), "box", "1", id="box with its tick"),
        pytest.param(Put("a", None, "/Btn"), "box", "Off", id="box without"),
        pytest.param(Put("a", None, "/Btn", more={"/AS": NameObject("/Yes")}), "box", "Yes", id="box that only shows it"),
        pytest.param(Put("a", None, "/Btn", more={"/V": BooleanObject(value=True)}), "box", "yes", id="box with a boolean"),
        pytest.param(Put("a", "New", "/Btn", RADIO, states=("New", "Revised")), "choice", "New", id="buttons"),
        pytest.param(Put("a", None, "/Btn", RADIO, states=("New", "Revised")), "choice", "Off", id="buttons untouched"),
        pytest.param(
            Put("a", "1", "/Btn", RADIO, states=("0", "1"), more={"/Opt": ArrayObject(map(TextStringObject, ("New", "Revised")))}),
            "choice", "Revised", id="buttons whose names are elsewhere",
        ),
        pytest.param(Put("a", "b", "/Ch"), "choice", "b", id="list"),
        pytest.param(Put("a", None, "/Ch", more={"/V": ArrayObject([TextStringObject("b")])}), "choice", "b", id="list of one"),
        pytest.param(Put("a", None, "/Sig"), "signature", "", id="place for a signature"),
        pytest.param(Put("a", None, "/Sig", more={"/V": DictionaryObject()}), "signature", "signed", id="signature"),
    ],
)  # fmt: skip
def test_kinds(put: Put, kind: str, value: str) -> None:
    found = one(put)
    assert (found.kind, found.value, found.problem) == (kind, value, "")


def test_a_button_to_push_is_no_field() -> None:
    assert [one.names[0] for one in fields(form(Put("a", "1"), Put("Clear form", "x", "/Btn", PUSH)))] == [
        "a"
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param(
            ArrayObject([TextStringObject("a"), TextStringObject("b")]),
            "has 2 values, expected one",
            id="several",
        ),
        pytest.param(NumberObject(3), "holds a number, expected text", id="number"),
        pytest.param(DictionaryObject(), "holds a dictionary, expected text", id="dictionary"),
        pytest.param(ByteStringObject(b"\xff\xfe\x00"), "holds bytes that are no text", id="bytes"),
        pytest.param(TextStringObject("a" * 10_001), "has over 10000 characters", id="long"),
    ],
)
def test_what_cannot_be_read_is_told(value: object, problem: str) -> None:
    found = one(Put("a", more={"/V": value}))
    assert (found.value, found.at) == ("", "page 1, field 'a'")
    assert found.problem == problem


def nested(*names: str) -> bytes:
    """A field inside a field, each with a part of the name."""

    def change(writer: PdfWriter, _: DictionaryObject, acro: DictionaryObject) -> None:
        inner: IndirectObject | None = None
        for name in reversed(names):
            field = DictionaryObject({NameObject("/T"): TextStringObject(name)})
            if inner is None:
                field[NameObject("/FT")] = NameObject("/Tx")
                field[NameObject("/V")] = TextStringObject("x")
            else:
                field[NameObject("/Kids")] = ArrayObject([inner])
            inner = writer._add_object(field)
        acro[NameObject("/Fields")] = ArrayObject([inner])

    return form(root=change)


def test_names_of_nested_fields() -> None:
    (found,) = fields(nested("form", "page", "City"))
    assert found.names == ("form.page.City", "City")


def with_root(change: Callable[[PdfWriter, DictionaryObject, DictionaryObject], None]) -> bytes:
    return form(Put("a", "b"), root=change)


def cyclic(writer: PdfWriter, _: DictionaryObject, acro: DictionaryObject) -> None:
    field = DictionaryObject({NameObject("/T"): TextStringObject("x")})
    reference = writer._add_object(field)
    field[NameObject("/Kids")] = ArrayObject([reference])
    acro[NameObject("/Fields")] = ArrayObject([reference])


def mutual(writer: PdfWriter, _: DictionaryObject, acro: DictionaryObject) -> None:
    first, second = DictionaryObject(), DictionaryObject()
    references = [writer._add_object(one) for one in (first, second)]
    for one, other in ((first, references[1]), (second, references[0])):
        one[NameObject("/T")] = TextStringObject("x")
        one[NameObject("/Kids")] = ArrayObject([other])
    acro[NameObject("/Fields")] = ArrayObject(references[:1])


def xfa_only(_: PdfWriter, __: DictionaryObject, acro: DictionaryObject) -> None:
    acro[NameObject("/XFA")] = TextStringObject("<xdp/>")
    acro[NameObject("/Fields")] = ArrayObject()


def many(_: PdfWriter, __: DictionaryObject, acro: DictionaryObject) -> None:
    acro[NameObject("/Fields")] = ArrayObject(
        DictionaryObject({NameObject("/T"): TextStringObject("x")}) for _ in range(20_001)
    )


def encrypted() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(HONEST)))
    writer.encrypt("a secret", algorithm="AES-256")
    return written(writer)


def raw(body: bytes) -> bytes:
    """A file with *body* as its catalogue's form, written by hand."""
    head = b"%PDF-1.7\n"
    objects = [b"<</Type/Catalog/AcroForm 2 0 R>>", body]
    text, places = head, []
    for number, one in enumerate(objects, 1):
        places.append(len(text))
        text += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"xref\n0 3\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in places)
    return text + table + b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(text)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "is not a PDF that can be read", id="nothing"),
        pytest.param(b"%PDF-1.7\n%%EOF", "is not a PDF that can be read", id="head alone"),
        pytest.param(HONEST[:400], "is a PDF that is cut off before its end", id="cut off"),
        pytest.param(HONEST[:-300], "is a PDF that is cut off before its end", id="cut off near its end"),
        pytest.param(plain(), "has no form fields: a scan or a print; bring its values as CSV", id="no form"),
        pytest.param(form(), "has no form fields", id="no fields"),
        pytest.param(with_root(xfa_only), "is an XFA form without ordinary fields: save it as an AcroForm", id="XFA only"),
        pytest.param(encrypted(), "is encrypted: save a copy without a password", id="encrypted"),
        pytest.param(with_root(cyclic), "has a field that is inside itself", id="cyclic"),
        pytest.param(with_root(mutual), "has a field that is inside itself", id="cyclic through another"),
        pytest.param(nested(*"abcdefgh" * 5), "over 32 levels", id="deep"),
        pytest.param(with_root(many), "has an array of over 20000 entries", id="wide"),
        pytest.param(raw(b"2 0 R"), "reference that leads to itself|has no form fields|cannot|can be read", id="reference to itself"),
        pytest.param(raw(b"[" * 100_000), "is nested too deep|can be read|has no form fields", id="nested arrays"),
        pytest.param(raw(b"<</Fields [null 3 (x) /n [] 99 0 R]>>"), "has no form fields", id="fields that are none"),
    ],
)  # fmt: skip
def test_refuses_in_one_line(data: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said) as raised:
        fields(data)
    assert "\n" not in str(raised.value)


def test_too_many_bytes() -> None:
    with pytest.raises(TooLarge, match="has over 33554432 bytes"):
        fields(bytes(pdf_form.MAX_BYTES + 1))


SCRIPT = DictionaryObject(
    {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.launchURL('x')")}
)


def scripted(writer: PdfWriter, root: DictionaryObject, acro: DictionaryObject) -> None:
    root[NameObject("/OpenAction")] = SCRIPT
    acro[NameObject("/XFA")] = NullObject()
    writer.add_attachment("evil.exe", b"MZ")


def test_scripts_and_attachments_are_told_and_left_alone() -> None:
    found = pdf_form.read(with_root(scripted))
    assert [one.value for one in found.fields] == ["b"]
    assert [note.partition(",")[0] for note in found.notes] == [
        "also holds an XFA form",
        "holds scripts or actions",
        "holds attached files",
    ]


def test_the_script_of_a_field_is_told() -> None:
    calculated = Put("a", "b", more={"/AA": DictionaryObject({NameObject("/C"): SCRIPT})})
    (note,) = pdf_form.read(form(calculated)).notes
    assert note == "holds scripts or actions, which were not run: values are as they were saved"


@settings(max_examples=80)
@given(damaged(HONEST))
def test_reads_or_refuses(data: bytes) -> None:
    why = refusal(data)
    assert why is None or (why and "\n" not in why)


def refusal(data: bytes) -> str | None:
    try:
        pdf_form.read(data)
    except Malformed as error:
        return str(error)
    return None


def bomb() -> bytes:
    """A file whose table of objects unpacks to 256 MiB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    head = b"<</Type/XRef/Size 3/W[1 2 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>" % len(packed)
    return b"%%PDF-1.7\n3 0 obj\n%b\nstream\n%b\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n" % (head, packed)


def test_apart_it_reads_the_same() -> None:
    assert pdf_apart.read(HONEST, what="form.pdf").fields == fields(HONEST)
    with pytest.raises(Malformed, match=r"form\.pdf has no form fields"):
        pdf_apart.read(plain(), what="form.pdf")


def test_without_the_reader_it_is_said_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_apart, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match="needs the extra 'server'"):
        pdf_apart.read(HONEST, what="form.pdf")


def test_apart_a_bomb_ends_in_one_line() -> None:
    with pytest.raises(Malformed, match=r"^form\.pdf is not a PDF that can be read: .*Limit reached"):
        pdf_apart.read(bomb(), what="form.pdf")


def test_apart_the_end_of_time_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_apart, "WALL_S", 0.05)
    with pytest.raises(TooLarge, match=r"form\.pdf takes over 0\.05 s to read"):
        pdf_apart.read(HONEST, what="form.pdf")


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param("import subprocess; subprocess.run(['true'])", id="program"),
        pytest.param("import os; os.system('true')", id="shell"),
        pytest.param("import os; os.fork()", id="fork"),
        pytest.param("import socket; socket.socket()", id="socket"),
        pytest.param("import urllib.request; urllib.request.urlopen('http://a.example')", id="address"),
        pytest.param("open('x', 'w').write('x' * 100_000)", id="file"),
        pytest.param("x = [bytes(1 << 30) for _ in range(4)]", id="memory"),
    ],
)
def test_the_process_can_do_nothing_else(deed: str, tmp_path: object) -> None:
    code = f"from assay.collect.pdf_child import confine; confine(); {deed}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, cwd=str(tmp_path))
    assert ran.returncode != 0
    assert (
        any(word in ran.stderr for word in (b"PermissionError", b"File too large", b"MemoryError"))
        or ran.returncode < 0
    )
