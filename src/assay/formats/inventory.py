"""What a relying party runs, as a CSV table or a CycloneDX bill: one item for each row or component.

Items come as they are read. :class:`Faulty` comes after the last one where anything was wrong: whoever keeps items keeps
them only once the reading has ended without it.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from assay.errors import Malformed
from assay.formats import csv_table, cyclonedx
from assay.formats import purl as purls
from assay.formats.bill import Component
from assay.formats.csv_table import Record, Table
from assay.formats.digest import Digest
from assay.formats.faults import Faults

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "provider": ("supplier", "vendor", "producer", "manufacturer", "publisher", "company", "software producer",
                 "provider name", "supplier name", "vendor name"),
    "product": ("software", "name", "product name", "software name", "application", "application name", "component",
                "package"),
    "version": ("version number", "product version", "software version", "release"),
    "purl": ("package url", "packageurl"),
    "sha256": ("sha 256", "sha256 digest", "digest", "hash", "checksum"),
    "owner": ("business owner", "system owner", "responsible", "contact"),
    "criticality": ("business criticality", "priority", "tier", "importance"),
}  # fmt: skip
"""Each column, and other headings for it; case and punctuation do not matter."""

WHAT = "inventory"
MAX_TEXT = 300
"""Characters of a name or version, as in an attestation."""
_SPELLINGS = csv_table.spelled(COLUMNS)


class InventoryItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that runs somewhere. Empty means the inventory does not say."""

    at: str
    """``line 7``; of a bill the component's reference, or its JSON pointer."""
    provider: str = ""
    product: str = ""
    """Of a component with its group in front."""
    version: str = ""
    purl: str = ""
    """In its one spelling."""
    digests: tuple[Digest, ...] = ()
    owner: str = ""
    criticality: str = ""
    """In the inventory's own words."""


class Inventory(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]
    """What the inventory says of its items."""
    unknown: tuple[str, ...]
    """Headings that were not read."""
    items: Iterator[InventoryItem]
    """Raises :class:`Faulty` at its end where any row was."""


def read_csv(chunks: Iterable[bytes], *, what: str = WHAT) -> Inventory:
    """Read a table in one of the orders and spellings of :data:`COLUMNS`."""
    faults = Faults(what)
    table = csv_table.table(chunks, _SPELLINGS, faults, what=what)
    return Inventory(table.columns, table.unknown, _items(table, faults))


def read_cyclonedx(data: bytes, *, what: str = WHAT) -> Inventory:
    """Read the components of a bill, nested ones too, but for the one that the bill is about."""
    bill = cyclonedx.decode(data, what=what)
    return Inventory(
        ("provider", "product", "version", "purl", "digests"), (), _components(bill.components, Faults(what))
    )


def _items(table: Table, faults: Faults) -> Iterator[InventoryItem]:
    for record in table.records:
        item = _item(record, faults)
        if not faults:
            yield item
    faults.refuse()


def _item(record: Record, faults: Faults) -> InventoryItem:
    at, values = f"line {record.line}", record.values
    for column in ("provider", "product", "version", "owner", "criticality"):
        if len(values.get(column, "")) > MAX_TEXT:
            faults.add(at, f"{column} has {len(values[column])} characters, over {MAX_TEXT}")
    digest = _sha256(values["sha256"], at, faults) if "sha256" in values else None
    return InventoryItem(
        at=at,
        provider=values.get("provider", ""),
        product=values.get("product", ""),
        version=values.get("version", ""),
        purl=_purl(values.get("purl", ""), at, faults),
        digests=(digest,) if digest else (),
        owner=values.get("owner", ""),
        criticality=values.get("criticality", ""),
    )


def _sha256(text: str, at: str, faults: Faults) -> Digest | None:
    try:
        return Digest.of("sha256", text.lower().removeprefix("sha256:"), what="sha256")
    except Malformed as error:
        faults.add(at, str(error))
    return None


def _purl(text: str, at: str, faults: Faults) -> str:
    try:
        return purls.canonical(text) if text else ""
    except Malformed as error:
        faults.add(at, str(error))
    return ""


def _components(components: Iterable[Component], faults: Faults) -> Iterator[InventoryItem]:
    for component in components:
        item = InventoryItem(
            at=component.ref,
            provider=component.producer,
            product=component.name,
            version=component.version,
            purl=_purl(component.purl, component.ref, faults),
            digests=component.digests,
        )
        if not faults:
            yield item
    faults.refuse()
