"""What commands do with an office over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.adapters import bundles
from assay.client import OfficeClient
from assay.client.office import Accepted
from assay.collect.files import read_plain
from assay.config import environment
from assay.errors import Malformed, Unavailable

MAX_TOKEN = 4096


@contextmanager
def office(url: str) -> Iterator[OfficeClient]:
    """The office at *url*, asked with the token of ``ASSAY_TOKEN_FILE`` where there is one."""
    if not url.startswith(("https://", "http://")):
        raise Malformed(f"{url[:80]!r} is not the URL of an office, such as https://office.example")
    path = environment().token_file
    token = read_plain(path, limit=MAX_TOKEN).decode("ascii", "replace").strip() if path else ""
    if path and not token:
        raise Unavailable(f"{path} is empty, expected an API token")
    client = OfficeClient(url, token)
    try:
        yield client
    finally:
        client.close()


def submit(url: str, bundle: Path) -> Accepted:
    """Hand the bundle at *bundle* in."""
    with office(url) as client:
        return client.submit(bundles.read(bundle))
