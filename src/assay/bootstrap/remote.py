"""What commands do with an office over HTTP."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assay.adapters import bundles
from assay.adapters.filesystem import write_whole
from assay.client import OfficeClient
from assay.client.office import Accepted
from assay.collect.files import open_plain, read_plain
from assay.config import environment
from assay.errors import Malformed, Refused, Unauthenticated, Unavailable
from assay.formats import customers
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.formats.verdict import VerdictDocument
from assay.web.api.views import CaseView

MAX_TOKEN = 4096
SHORTEST = 8
"""Digits of an id that was cut short."""


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
    except Unauthenticated as error:
        raise Unauthenticated(_who(path) + f" ({error})") from error
    finally:
        client.close()


def _who(token: Path | None) -> str:
    if token is None:
        return "the office asks who you are: make a token under your name on its page, and name the file with it in ASSAY_TOKEN_FILE"
    return f"the office does not take the token in {token}: it has ended, was revoked, or is another office's; make another one on its page"


def named(url: str, text: str) -> Digest:
    """The submission with the id *text*, with or without its algorithm, or the only one that you may see whose id begins so."""
    text = text.removeprefix("sha256:")
    if not SHORTEST <= len(text) < 64 or not set(text) <= set("0123456789abcdef"):
        return Digest.of("sha256", text, what="ID")
    with office(url) as client:
        found = [one.id for one in client.submissions() if one.id.startswith(text)]
    if len(found) != 1:
        raise Refused(f"ID {text}: {len(found)} of the submissions that you may see begin so, expected one")
    return Digest.of("sha256", found[0])


def register_of(url: str, draw: int) -> tuple[str, int]:
    """Address of the office's register, and the entry in it that committed to *draw*."""
    with office(url) as client:
        return f"{client.url}/register/", client.draw(draw).entry


def submit(url: str, bundle: Path) -> Accepted:
    """Hand the bundle at *bundle* in."""
    with office(url) as client:
        return client.submit(bundles.read(bundle))


def check(url: str, bundle: Path) -> VerdictDocument:
    """What the office would find about the bundle at *bundle*."""
    with office(url) as client:
        return client.check(bundles.read(bundle))


def upload(url: str, paths: Sequence[Path], tell: Callable[[str], None] | None) -> list[tuple[Path, Digest]]:
    """Each of the files at *paths*, by its digest; *tell* hears a line for each that is there."""
    done = []
    with office(url) as client:
        for path in paths:
            done.append((path, _uploaded(client, path)))
            if tell is not None:
                tell(f"{done[-1][1]}  {shown(str(path), 200)}")
    return done


def respond(url: str, payload: Digest, text: str, paths: Sequence[Path]) -> CaseView:
    with office(url) as client:
        return client.respond(payload, text, uploaded=[_uploaded(client, path) for path in paths])


def supply(url: str, payload: Digest, paths: Sequence[Path]) -> CaseView:
    with office(url) as client:
        return client.supply(payload, (), uploaded=[_uploaded(client, path) for path in paths])


def report(
    url: str, payload: Digest, number: int, text: str, paths: Sequence[Path], *, met: bool
) -> CaseView:
    with office(url) as client:
        uploaded = [_uploaded(client, path) for path in paths]
        return client.report_milestone(payload, number, text, uploaded, met=met)


def fetch_customers(url: str, payload: Digest, output: Path, reason: str) -> tuple[int, str]:
    """Write the newest list of a submission at *output*; its rows and its commitment."""
    with office(url) as client:
        found = client.customers(payload, reason)
    write_whole(output, customers.encode(found), mode=0o600)
    return len(found.customers), str(customers.commitment(found))


def replace_customers(url: str, payload: Digest, path: Path) -> tuple[int, str]:
    """Put the list at *path* in its place; its rows and its commitment."""
    new = customers.parse(read_plain(path, limit=customers.LIMIT))
    with office(url) as client:
        client.replace_customers(payload, new)
    return len(new.customers), str(customers.commitment(new))


def assess(url: str, payload: Digest, paths: Sequence[Path]) -> CaseView:
    with office(url) as client:
        return client.assess(payload, (), uploaded=[_uploaded(client, path) for path in paths])


def _uploaded(client: OfficeClient, path: Path) -> Digest:
    with open_plain(path) as file:
        return client.upload(file)
