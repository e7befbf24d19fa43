"""Damaged tables and forms that people bring: each is read whole, or refused with a reason and nothing is kept."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import filled_forms, packages
from tests.support.damage import damaged

from assay.errors import Malformed
from assay.formats import common_form_csv, customers_csv, inventory
from assay.formats.common_form_fields import Spellings, parse_map
from assay.formats.package import read as read_package

INVENTORY = "\n".join(
    [
        "Supplier;Product;Version;PURL;SHA-256",
        f'"Works ""fictional""";lantern;2.1.0;pkg:npm/%40w/l@1?b=1#x;{"ab" * 32}',
        'Guild;"oar\ntwo";;;',
    ]
).encode()
BILL = json.dumps(
    {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [{"type": "library", "name": "l", "purl": "pkg:npm/l@1", "hashes": [{"alg": "SHA-256", "content": "ab" * 32}]}],
    }
).encode()  # fmt: skip
CUSTOMERS = b"name,id_scheme,id,products,salt\nHarbour,lei,1,'=a; b\\;c," + b"01" * 32 + b"\nGuild,,,,\n"
SPELLINGS = Spellings()


def form(data: bytes) -> object:
    sheet = common_form_csv.open_([data], SPELLINGS, what="form.csv")
    if sheet.below:
        return common_form_csv.one(sheet, SPELLINGS)
    return tuple(common_form_csv.many(sheet, SPELLINGS))


READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "inventory": (lambda data: tuple(inventory.read_csv([data]).items), INVENTORY),
    "bill": (lambda data: tuple(inventory.read_cyclonedx(data).items), BILL),
    "customers": (lambda data: customers_csv.read([data], lambda: "02" * 32), CUSTOMERS),
    "form": (form, filled_forms.CSV.encode()),
    "forms": (
        form,
        b"attestation,company name,product,released\nA,Works,lantern,2026-01-31\nA,,oar,20 Oct 2026\n",
    ),
    "map": (
        lambda data: parse_map(data, what="map.toml"),
        b'"items.1.a" = "Box"\n[provider]\nname = ["Text1"]\n',
    ),
    "package": (read_package, packages.case().package()),
}


@pytest.mark.parametrize("reader", READERS)
def test_reads_its_sample(reader: str) -> None:
    read, sample = READERS[reader]
    assert read(sample)


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_reads_or_refuses(reader: str, data: st.DataObject) -> None:
    read, sample = READERS[reader]
    why = refusal(read, data.draw(damaged(sample)))
    assert why is None or (why and "\n" not in why)


def refusal(read: Callable[[bytes], object], document: bytes) -> str | None:
    try:
        read(document)
    except Malformed as error:
        return str(error)
    return None
