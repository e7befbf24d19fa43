"""Released packages, wheel and sdist, by index URL and hash: looked at as files, never built, installed or run.

The index is the one that pip is configured for. A file counts only if its SHA-256 stands in a lock of this repository;
downloads are kept in ``.bench/packages`` by that digest.
"""

import hashlib
import json
import re
import ssl
import sys
import tempfile
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import Request, urlopen

from common import ROOT, WORK, CannotRun, run
from packaging.tags import sys_tags
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

LOCKS = ("src/assay/requirements.lock", "requirements/build.lock", "requirements/dev.lock")
_ENTRY = re.compile(r"(?m)^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)[^\n]*\n(?:[ \t]+[^\n]*\n?)*")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_PAGE = re.compile(r"analyzing links: (\S+)")
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_TIMEOUT_S = 120
_MAX_FILE = 64 << 20


class Locked(NamedTuple):
    """A package as a lock pins it."""

    name: str
    """Normalised."""
    version: str
    hashes: frozenset[str]
    """SHA-256, hex."""
    entry: str
    """Its lines in the lock, comments left out."""


class Link(NamedTuple):
    """A file as the index offers it."""

    filename: str
    url: str
    sha256: str
    size: int
    """0 where the index does not say."""
    uploaded: str
    """RFC 3339, empty where the index does not say."""


class Package(NamedTuple):
    """What is needed of one released package."""

    locked: Locked
    wheel: Path
    sdist: Path
    uploaded: str

    @property
    def files(self) -> tuple[Path, Path]:
        return self.wheel, self.sdist


def locked() -> dict[str, Locked]:
    """Everything that the locks of this repository pin, by name."""
    found: dict[str, Locked] = {}
    for path in LOCKS:
        text = (ROOT / path).read_text()
        for match in _ENTRY.finditer(text):
            name = canonicalize_name(match["name"])
            lines = [line for line in match[0].splitlines() if not line.lstrip().startswith("#")]
            entry = "\n".join(lines) + "\n"
            found.setdefault(name, Locked(name, match["version"], frozenset(_HASH.findall(match[0])), entry))
    if not found:
        raise CannotRun(f"{', '.join(LOCKS)} pin nothing")
    return found


class Index:
    """The package index, as pip is told to use it."""

    def __init__(self, probe: Locked) -> None:
        self._pages = tuple(_pages(probe))

    def links(self, package: Locked) -> list[Link]:
        """The files of *package* whose digests its lock knows."""
        for page in self._pages:
            url = f"{page}{package.name}/"
            offered = list(_offered(url))
            known = [link for link in offered if link.sha256 in package.hashes]
            if known:
                return known
        raise CannotRun(f"no index has a file of {package.name} {package.version} that the lock knows")


def fetch(index: Index, package: Locked, max_bytes: int) -> Package | str:
    """Its wheel and sdist; a reason where it has none to compare, or they are over *max_bytes* together."""
    links = index.links(package)
    wheel, sdist = _wheel(links), _sdist(links)
    if wheel is None or sdist is None:
        return "no sdist" if wheel else "no wheel for this platform"
    if wheel.size + sdist.size > max_bytes:
        return f"over {max_bytes >> 20} MB"
    return Package(package, _file(wheel), _file(sdist), max(wheel.uploaded, sdist.uploaded))


def _pages(probe: Locked) -> Iterator[str]:
    """Where pip looks for projects, from what it says when it is asked for one; its configuration stays its own."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(probe.entry)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-vv", "--no-deps"]
        asked = ["--only-binary=:all:", "--require-hashes", "--dest", folder, "--requirement", str(wanted)]
        try:
            done = run([*pip, *asked])
        except CannotRun as error:
            raise CannotRun(f"no package index can be reached as pip is configured here: {error}") from error
    found = dict.fromkeys(_PAGE.findall(done.stdout))
    if not found:
        raise CannotRun("pip does not say at which index it looks")
    for page in found:
        yield page.rstrip("/").rpartition("/")[0] + "/"


def _offered(url: str) -> Iterator[Link]:
    """The links of a project's page: PEP 691 JSON, else PEP 503 HTML; of a folder its ``index.html``."""
    local = urlsplit(url).scheme == "file"
    try:
        data, kind = _get(url + "index.html" if local else url)
    except CannotRun:
        if local:
            return
        raise
    if kind.startswith("application/vnd.pypi.simple.v1+json"):
        for file in json.loads(data)["files"]:
            yield Link(
                file["filename"],
                urljoin(url, file["url"]),
                file["hashes"].get("sha256", ""),
                file.get("size") or 0,
                file.get("upload-time") or "",
            )
        return
    page = _Anchors()
    page.feed(data.decode("utf-8", "replace"))
    for href in page.hrefs:
        plain, _, fragment = urljoin(url, href).partition("#")
        digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
        yield Link(unquote(plain.rpartition("/")[2]), plain, digest, 0, "")


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hrefs += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _wheel(links: Iterable[Link]) -> Link | None:
    """The wheel for any platform, else the best for this one."""
    rank = {str(tag): place for place, tag in enumerate(sys_tags())}
    found = []
    for link in links:
        try:
            tags = parse_wheel_filename(link.filename)[3]
        except InvalidWheelFilename:
            continue
        fits = [rank[str(tag)] for tag in tags if str(tag) in rank]
        if fits:
            found.append((not link.filename.endswith("-none-any.whl"), min(fits), link))
    return min(found)[2] if found else None


def _sdist(links: Iterable[Link]) -> Link | None:
    for link in links:
        try:
            parse_sdist_filename(link.filename)
        except InvalidSdistFilename:
            continue
        return link
    return None


def _file(link: Link) -> Path:
    """The file in the cache, under its own name in a folder named by its digest."""
    path = WORK / "packages" / link.sha256 / link.filename
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == link.sha256:
        return path
    data, _ = _get(link.url)
    if (found := hashlib.sha256(data).hexdigest()) != link.sha256:
        raise CannotRun(f"{link.filename} has the digest {found}, the lock says {link.sha256}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _get(url: str) -> tuple[bytes, str]:
    request = Request(url, headers={"Accept": _ACCEPT, "User-Agent": "assay-bench"})
    try:
        with urlopen(request, timeout=_TIMEOUT_S, context=ssl.create_default_context()) as answer:
            data = answer.read(_MAX_FILE + 1)
            kind = answer.headers.get("Content-Type", "")
    except (URLError, OSError) as error:
        raise CannotRun(f"cannot fetch {url}: {error}") from error
    if len(data) > _MAX_FILE:
        raise CannotRun(f"{url} has over {_MAX_FILE} bytes")
    return data, kind
