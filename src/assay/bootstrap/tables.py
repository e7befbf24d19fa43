"""Tables on disk: the customer list as CSV and back."""

from pathlib import Path

from assay.adapters.filesystem import read_whole, write_whole
from assay.adapters.system import SystemEntropy
from assay.formats import customers, customers_csv
from assay.formats.bundle import CUSTOMERS


def export_customers(path: Path, output: Path) -> tuple[int, str]:
    """Write the list at *path* (a file, or a folder that holds it) as a table; its rows and its commitment."""
    found = customers.parse(read_whole(path / CUSTOMERS if path.is_dir() else path, limit=customers.LIMIT))
    write_whole(output, customers_csv.write(found), mode=0o600)
    return len(found.customers), str(customers.commitment(found))


def import_customers(path: Path, output: Path) -> tuple[int, str]:
    """Write the table at *path* as ``customers.json``; its rows and its commitment."""
    entropy = SystemEntropy()
    data = read_whole(path, limit=customers_csv.LIMITS.total)
    found = customers_csv.read([data], lambda: entropy.bytes(32).hex(), what=str(path))
    write_whole(output, customers.encode(found), mode=0o600)
    return len(found.customers), str(customers.commitment(found))
