"""Bills as evidence, about the release of ``cases``."""

from datetime import UTC, datetime
from typing import Any

from assay.evidence.sbom import Component, Sbom, Tool
from assay.formats.digest import Digest

MADE = datetime(2026, 10, 20, 18, tzinfo=UTC)
SHA = Digest("sha256", "5e" * 32)


def root(**fields: Any) -> Component:
    purl = fields.get("purl", "pkg:pypi/lantern@2.1.0")
    base: dict[str, Any] = {
        "ref": "lantern",
        "name": "lantern",
        "version": "2.1.0",
        "type": "application",
        "purl": purl,
        "licences": ("Apache-2.0",),
        "producer": "Lighthouse Works (fictional)",
        "identifiers": (purl,) if purl else (),
    }
    return Component(**(base | fields))


def part(name: str = "wick", version: str = "1.4.0", **fields: Any) -> Component:
    """A component with all that a component should have."""
    purl = fields.get("purl", f"pkg:pypi/{name}@{version}")
    base: dict[str, Any] = {
        "ref": name,
        "name": name,
        "version": version,
        "type": "library",
        "purl": purl,
        "digests": (SHA,),
        "licences": ("MIT",),
        "producer": "Candle makers",
        "identifiers": (purl,) if purl else (),
    }
    return Component(**(base | fields))


def bill(*components: Component, **fields: Any) -> Sbom:
    """A bill with all that a bill should have; without components it has ``part()``."""
    components = components or (part(),)
    subject = fields.get("root", root())
    base: dict[str, Any] = {
        "format": "CycloneDX",
        "format_version": "1.6",
        "serial": "urn:uuid:00000000-0000-4000-8000-00000000000a",
        "version": "1",
        "timestamp": MADE,
        "authors": ("Lighthouse Works (fictional)",),
        "tools": (Tool("bill-maker", "3.1"),),
        "generation": ("build",),
        "root": subject,
        "components": components,
        "dependencies": (("lantern", tuple(one.ref for one in components)),),
        "described": (subject.ref,) if subject else (),
    }
    return Sbom(**(base | fields))
