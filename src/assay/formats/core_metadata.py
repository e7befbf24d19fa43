"""Python core metadata: METADATA of a wheel, PKG-INFO of an sdist (PyPA core metadata specification 2.x)."""

import re

import msgspec
from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from assay.errors import Malformed, TooLarge
from assay.formats import licence
from assay.formats.text import shown

MAX_BYTES = 8 * 1024 * 1024
_MAX_REQUIREMENTS = 10_000
_EXTRA = re.compile(r'\bextra == "([^"]*)"')
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")


class Need(msgspec.Struct, frozen=True):
    """A Requires-Dist, once for each extra that pulls it in."""

    name: str
    """Normalised (PEP 503)."""
    specifier: str
    marker: str
    extra: str


class CoreMetadata(msgspec.Struct, frozen=True):
    name: str
    """Normalised."""
    version: str
    """As written."""
    licence: str = ""
    """An SPDX expression where the metadata leave no doubt, else as written."""
    needs: tuple[Need, ...] = ()
    producer: str = ""
    """Author, else maintainer."""


def read(data: bytes, *, what: str) -> CoreMetadata:
    """Read the fields Assay uses; a name or version that is absent or there twice is :class:`Malformed`."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{what} has {len(data)} bytes, over the limit of {MAX_BYTES}")
    try:
        raw, unparsed = parse_email(data)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Malformed(f"{what}: {error}") from error
    name, version = raw.get("name", ""), raw.get("version", "")
    if not name or not _NAME.match(name):
        raise Malformed(f"{what} has no single well-formed Name")
    if not version or shown(version, 100) != version:
        raise Malformed(f"{what} has no single well-formed Version")
    if "requires-dist" in unparsed:
        raise Malformed(f"{what} has a Requires-Dist that is not UTF-8")
    requirements = raw.get("requires_dist", [])
    if len(requirements) > _MAX_REQUIREMENTS:
        raise TooLarge(f"{what} has {len(requirements)} Requires-Dist fields")
    needs = tuple(need for text in requirements for need in _needs(text, what))
    return CoreMetadata(canonicalize_name(name), version.strip(), _licence(raw), needs, _producer(raw))


def _needs(text: str, what: str) -> list[Need]:
    if len(text) > 8192:
        raise TooLarge(f"{what}: Requires-Dist {shown(text, 60)!r} has {len(text)} characters")
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        raise Malformed(f"{what}: Requires-Dist {shown(text, 80)!r} cannot be read") from error
    marker = str(requirement.marker or "")
    extras = list(dict.fromkeys(_EXTRA.findall(marker))) or [""]
    name = canonicalize_name(requirement.name)
    return [Need(name, str(requirement.specifier), marker, extra) for extra in extras]


def _licence(raw: RawMetadata) -> str:
    """The expression; else the free text or the classifiers that amount to one; else classifiers or text as written."""
    written = raw.get("license_expression", "")
    if written:
        return shown(written)
    text = raw.get("license", "").strip().partition("\n")[0]
    classified = [c.rpartition(" :: ")[2] for c in raw.get("classifiers", []) if c.startswith("License ::")]
    single = licence.expression(classified[0]) if len(classified) == 1 else ""
    return shown(licence.expression(text) or single or " AND ".join(classified) or text)


def _producer(raw: RawMetadata) -> str:
    """Names before addresses; of several, as written."""
    for name, address in (("author", "author_email"), ("maintainer", "maintainer_email")):
        found = str(raw.get(name, "")).strip() or _names(str(raw.get(address, "")))
        if found:
            return shown(" ".join(found.split()))
    return ""


def _names(addresses: str) -> str:
    """The names in ``Name <address>, ...``, or the addresses where there are none."""
    parts = [part.strip() for part in addresses.split(",") if part.strip()]
    named = [name for part in parts if (name := part.partition("<")[0].strip().strip('"'))]
    return ", ".join(named or parts)
