"""Bundles to judge, without a network: releases of this repository, and products made of the distributions installed here.

Files, metadata and dependencies are real; provider, build system and people are the fictional ones of ``tests/scenario/honesty``.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import common

common.importable()

import packages  # noqa: E402 - the path is set above
import trials  # noqa: E402
from packaging.requirements import Requirement  # noqa: E402
from packaging.utils import canonicalize_name  # noqa: E402
from tests.scenario.honesty import honest, office, wheels  # noqa: E402
from tests.scenario.honesty.workspace import Project  # noqa: E402

from assay.formats.bundle import to_files  # noqa: E402

CHANGED = 10
"""Every so-manieth file of a release differs from the one before."""
SMALLEST, LARGEST = 20_000, 4 << 20
"""Bytes of a wheel."""
LOCK = "requirements.txt"
_DATE = (2026, 10, 19, 12, 0, 0)
_NOT_IN_WHEELS = {"INSTALLER", "REQUESTED", "direct_url.json"}

Files = dict[str, bytes]


def releases(folder: Path, count: int) -> list[Files]:
    """*count* bundles of this repository. From each to the next a tenth of the wheel's files and one locked package differ.

    The lock, and so the bill and the scan, are new each time; policies and workflow stay.
    """
    first = honest.project(folder)
    return [_bundle(_release(first, number), folder / f"release-{number}") for number in range(count)]


def products(folder: Path, count: int) -> list[tuple[str, Files]]:
    """Bundles of *count* other products, by the order of the digests of their names; each with a lock of what it needs."""
    locked = packages.locked()
    found = []
    for name in sorted(locked, key=lambda one: hashlib.sha256(one.encode()).digest()):
        project = _product(name, locked)
        if project is not None:
            found.append((name, _bundle(project, folder / name)))
        if len(found) == count:
            return found
    raise common.CannotRun(
        f"only {len(found)} of {count} locked packages are installed here and of the right size"
    )


def _bundle(project: Project, folder: Path) -> Files:
    made = trials.Trial.honest(folder, project, trials.declared(project.name))
    return to_files(office.signed(made.prepare()))


def _release(first: Project, number: int) -> Project:
    version = f"0.1.{number}"
    before, after = f"-{first.version}.", f"-{version}."
    files = {path.replace(before, after): data for path, data in wheels.members(first.wheel).items()}
    at = next(path for path in files if path.endswith(".dist-info/METADATA"))
    files[at] = re.sub(rb"(?m)^Version: .*$", b"Version: " + version.encode(), files[at], count=1)
    sources = [path for path in files if path.endswith(".py")]
    for release in range(1, number + 1):
        for path in sources[release % CHANGED :: CHANGED]:
            files[path] += b"# of release %d\n" % release
    wheel = wheels.rebuilt(wheels.repacked(first.wheel, files), {})
    lock = first.sources[first.lock].decode()
    pins = list(re.finditer(r"(?m)^([a-z0-9-]+==\d+\.\d+)\.\d+", lock))
    pin = pins[number % len(pins)]
    lock = f"{lock[: pin.end(1)]}.{100 + number}{lock[pin.end() :]}"
    return Project(
        name=first.name,
        version=version,
        filename=first.filename.replace(before.rstrip(".") + "-", after.rstrip(".") + "-"),
        wheel=wheel,
        sources={**first.sources, first.lock: lock.encode()},
        lock=first.lock,
    )


def _product(name: str, locked: dict[str, packages.Locked]) -> Project | None:
    """None where it is not installed in the locked version, or too small or too large to be typical."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    if found.version != locked[name].version:
        return None
    wheel, tag = _wheel(found)
    if not SMALLEST <= len(wheel) <= LARGEST:
        return None
    needs = [str(one) for one in _needs(name)]
    lines = "".join(locked[one].entry for one in _closure(name) if one in locked)
    manifest = f'[project]\nname = "{name}"\nversion = "{found.version}"\ndependencies = {needs!r}\n'
    return Project(
        name=name,
        version=found.version,
        filename=f"{name.replace('-', '_')}-{found.version}-{tag}.whl",
        wheel=wheel,
        sources={
            "pyproject.toml": manifest.encode(),
            "README.md": f"# {name}\n\nA distribution, packed again by a bench.\n".encode(),
            LOCK: (lines or "# nothing is needed\n").encode(),
        },
        lock=LOCK,
    )


def _wheel(found: metadata.Distribution) -> tuple[bytes, str]:
    """The installed files as a wheel again, with a RECORD of what is in it; and its first tag."""
    out = io.BytesIO()
    tag = "py3-none-any"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in found.files or ():
            path = Path(str(found.locate_file(file)))
            if (
                ".." in file.parts
                or file.suffix == ".pyc"
                or file.name in _NOT_IN_WHEELS
                or not path.is_file()
            ):
                continue
            data = path.read_bytes()
            if file.name == "WHEEL":
                tag = re.findall(r"(?m)^Tag: (\S+)", data.decode())[0]
            info = zipfile.ZipInfo(file.as_posix(), _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return wheels.rebuilt(out.getvalue(), {}), tag


def _needs(name: str) -> Iterator[Requirement]:
    try:
        texts = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return
    for need in map(Requirement, texts):
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield need


def _closure(name: str) -> Sequence[str]:
    found: set[str] = set()
    queue = [name]
    while queue:
        for need in [canonicalize_name(one.name) for one in _needs(queue.pop())]:
            if need not in found and need != name:
                found.add(need)
                queue.append(need)
    return sorted(found)
