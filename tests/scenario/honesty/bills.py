"""Lies in a bill of materials (CycloneDX JSON) and in a lock (pip's format): bytes in, bytes out, for any project."""

import json
import re
from collections.abc import Callable
from typing import Any

from packaging.utils import canonicalize_name

Document = dict[str, Any]
OTHER_HASH = "5a" * 32


def edited(bill: bytes, change: Callable[[Document], None]) -> bytes:
    document = json.loads(bill)
    change(document)
    return json.dumps(document).encode()


def of_version(bill: bytes, version: str, timestamp: str) -> bytes:
    """An old bill of the same product: another version, no digest of this release, made then."""

    def change(document: Document) -> None:
        _rename(document, document["metadata"]["component"]["name"], version)
        document["metadata"]["timestamp"] = timestamp
        document["serialNumber"] = "urn:uuid:00000000-0000-4000-8000-00000000000d"

    return edited(bill, change)


def as_release(bill: bytes, name: str, version: str) -> bytes:
    """The bill as if it had been made for another release that has the same components."""

    def change(document: Document) -> None:
        _rename(document, name, version)
        document["serialNumber"] = "urn:uuid:00000000-0000-4000-8000-00000000000e"

    return edited(bill, change)


def of_product(bill: bytes, name: str) -> bytes:
    """The bill of another product, same version."""

    def change(document: Document) -> None:
        _rename(document, name, document["metadata"]["component"].get("version", ""))

    return edited(bill, change)


def _rename(document: Document, name: str, version: str) -> None:
    root = document["metadata"]["component"]
    root["name"], root["version"] = name, version
    for field in ("hashes", "components", "externalReferences"):
        root.pop(field, None)
    if "purl" in root:
        root["purl"] = f"pkg:pypi/{canonicalize_name(name)}@{version}"


def dated(bill: bytes, timestamp: str) -> bytes:
    return edited(bill, lambda document: document["metadata"].update(timestamp=timestamp))


def with_other_release_digest(bill: bytes) -> bytes:
    """Name and version are right, the digests are those of other files."""

    def change(document: Document) -> None:
        root = document["metadata"]["component"]
        root["hashes"] = [{"alg": "SHA-256", "content": OTHER_HASH}]
        root.pop("externalReferences", None)

    return edited(bill, change)


def without(bill: bytes, name: str) -> bytes:
    """The component is dropped, with every mention of it."""

    def change(document: Document) -> None:
        refs = {part["bom-ref"] for part in document["components"] if _is(part, name) and "bom-ref" in part}
        document["components"] = [part for part in document["components"] if not _is(part, name)]
        document["dependencies"] = [row for row in document.get("dependencies", []) if row["ref"] not in refs]
        for row in (*document["dependencies"], *document.get("compositions", [])):
            for field in ("dependsOn", "dependencies", "assemblies"):
                if field in row:
                    row[field] = [ref for ref in row[field] if ref not in refs]

    return edited(bill, change)


def with_version(bill: bytes, name: str, version: str) -> bytes:
    """The component is given another version, in its purl too."""

    def change(document: Document) -> None:
        for part in document["components"]:
            if _is(part, name):
                part["version"] = version
                if "purl" in part:
                    part["purl"] = f"pkg:pypi/{canonicalize_name(name)}@{version}"

    return edited(bill, change)


def with_hash(bill: bytes, name: str) -> bytes:
    """The component is given a digest that no file of it has."""

    def change(document: Document) -> None:
        for part in document["components"]:
            if _is(part, name):
                part["hashes"] = [{"alg": "SHA-256", "content": OTHER_HASH}]
                part.pop("externalReferences", None)

    return edited(bill, change)


def bare(bill: bytes) -> bytes:
    """Names and versions alone: no author, no hashes, no licences, no relations."""

    def change(document: Document) -> None:
        for field in ("authors", "tools", "lifecycles", "manufacturer", "supplier"):
            document["metadata"].pop(field, None)
        document.pop("dependencies", None)
        document.pop("compositions", None)
        document["components"] = [
            {key: part[key] for key in ("type", "bom-ref", "name", "version", "purl") if key in part}
            for part in document.get("components", [])
        ]

    return edited(bill, change)


def _is(part: Document, name: str) -> bool:
    return canonicalize_name(part.get("name", "")) == canonicalize_name(name)


# Locks in pip's format.


def lock_without_hashes(lock: bytes, name: str) -> bytes:
    """One package keeps its version and loses its hashes."""
    return re.sub(_entry(name), lambda found: found[1].rstrip(b" \\\n") + b"\n", lock, count=1)


def lock_unpinned(lock: bytes, name: str) -> bytes:
    """One package may be of any newer version."""
    return re.sub(_entry(name), lambda found: found[0].replace(b"==", b">=", 1), lock, count=1)


def lock_with(lock: bytes, name: str, version: str) -> bytes:
    """One package more."""
    return lock + f"{name}=={version} \\\n    --hash=sha256:{OTHER_HASH}\n".encode()


def _entry(name: str) -> bytes:
    return rb"(?mi)^(" + re.escape(name).encode() + rb"==[^\n]*\n)((?:[ ]+--hash=[^\n]*\n)*)"
