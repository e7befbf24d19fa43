"""The customer list as a table, for spreadsheets. The salts travel with it, so that coming back it has the same commitment.

As restricted as ``customers.json``: faults name lines, never what stands there.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from assay.errors import Unsupported
from assay.formats import csv_table
from assay.formats.canonical_json import canonical
from assay.formats.csv_table import Record
from assay.formats.customers import MAX_ROWS, WHAT, Customer, CustomerId, CustomerList
from assay.formats.customers import parse as parse_list
from assay.formats.faults import Faults

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("customer", "customer name", "company", "organisation", "organization", "agency"),
    "id_scheme": ("scheme", "identifier scheme", "id type"),
    "id": ("identifier", "id value"),
    "contact": ("email", "e mail", "mail", "contact email"),
    "products": ("product", "software"),
    "salt": (),
}
"""Each column, and other headings for it."""
LIMITS = csv_table.Limits(rows=MAX_ROWS, total=64 * 1024 * 1024)
_SPELLINGS = csv_table.spelled(COLUMNS)
_MAX = 1000
"""Characters of a cell, as in ``customers.json``."""
_SALT = re.compile(r"[0-9a-f]{64}")
_PIECES = re.compile(r"(?:\\.|[^;\\]|\\\Z)+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def write(customers: CustomerList) -> bytes:
    """*customers* as a table; :class:`Unsupported` where a row holds a character that a table cannot."""
    return csv_table.write(list(COLUMNS), _rows(customers))


def _rows(customers: CustomerList) -> Iterator[tuple[str, ...]]:
    for index, row in enumerate(customers.customers):
        cells = (
            row.name, row.id.scheme if row.id else "", row.id.value if row.id else "", row.contact,
            "; ".join(map(_escaped, row.products)), row.salt,
        )  # fmt: skip
        if any(text != text.strip() or _CONTROL.search(text) for text in (*cells, *row.products)):
            raise Unsupported(
                f"{WHAT}: row {index} has a control character, or a blank at an end, that a table cannot carry"
            )
        yield cells


def read(chunks: Iterable[bytes], salt: Callable[[], str], *, what: str = "customer table") -> CustomerList:
    """Read a table; *salt* makes one for each row that has none. :class:`Faulty` tells every line that is wrong."""
    faults = Faults(what)
    table = csv_table.table(chunks, _SPELLINGS, faults, what=what, limits=LIMITS, restricted=True)
    if "name" not in table.columns:
        faults.add("line 1", "names no column 'name', expected one")
    rows, salts = [], dict[str, int]()
    for record in table.records:
        row = _customer(record, salt, faults)
        if row is None:
            continue
        first = salts.setdefault(row.salt, record.line)
        if first != record.line:
            faults.add(f"line {record.line}", f"has the salt of line {first}, expected a fresh one or none")
        rows.append(row)
    faults.refuse()
    return parse_list(canonical(CustomerList(customers=tuple(rows))))


def _customer(record: Record, salt: Callable[[], str], faults: Faults) -> Customer | None:
    at, values = f"line {record.line}", record.values
    scheme, value = values.get("id_scheme", ""), values.get("id", "")
    products = tuple(_products(values.get("products", "")))
    reasons = [
        f"{column} has over {_MAX} characters"
        for column, text in values.items()
        if _long(column, text, products)
    ]
    if "name" not in values:
        reasons.append("has no name")
    if bool(scheme) != bool(value):
        reasons.append("has one of id_scheme and id, expected both or neither")
    if "salt" in values and not _SALT.fullmatch(values["salt"]):
        reasons.append("has a salt that is not 64 lower-case hexadecimal digits")
    for reason in reasons:
        faults.add(at, reason)
    if reasons:
        return None
    return Customer(
        name=values["name"],
        id=CustomerId(scheme=scheme, value=value) if scheme else None,
        contact=values.get("contact", ""),
        products=products,
        salt=values.get("salt") or salt(),
    )


def _long(column: str, text: str, products: tuple[str, ...]) -> bool:
    return max(map(len, products), default=0) > _MAX if column == "products" else len(text) > _MAX


def _escaped(product: str) -> str:
    return product.replace("\\", "\\\\").replace(";", "\\;")


def _products(cell: str) -> Iterator[str]:
    """Names between semicolons; a backslash takes the next character as it is."""
    for piece in _PIECES.findall(cell):
        if name := piece.strip():
            yield _ESCAPED.sub(r"\1", name)
