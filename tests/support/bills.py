"""Bills of a fictional product in each format, and ways to change them."""

import json
from typing import Any

SHA = "5e" * 32
OTHER = "ab" * 32


def cyclonedx(**changes: Any) -> dict[str, Any]:
    """A CycloneDX 1.6 bill of lantern 2.1.0 with two components; *changes* replace top-level members (None removes one)."""
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:00000000-0000-4000-8000-00000000000a",
        "version": 1,
        "metadata": {
            "timestamp": "2026-10-20T10:00:00Z",
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "bill-maker", "version": "3.1"}]},
            "authors": [{"name": "Lighthouse Works (fictional)"}],
            "component": {
                "bom-ref": "lantern",
                "type": "application",
                "name": "lantern",
                "version": "2.1.0",
                "purl": "pkg:pypi/lantern@2.1.0",
            },
        },
        "components": [
            {
                "bom-ref": "wick",
                "type": "library",
                "name": "wick",
                "version": "1.4.0",
                "purl": "pkg:pypi/wick@1.4.0",
                "supplier": {"name": "Wick People"},
                "licenses": [{"license": {"id": "MIT"}}],
                "hashes": [{"alg": "SHA-256", "content": SHA}],
            },
            {"bom-ref": "oil", "type": "library", "name": "oil", "version": "0.9"},
        ],
        "dependencies": [{"ref": "lantern", "dependsOn": ["wick", "oil"]}, {"ref": "wick"}],
    }
    bill.update(changes)
    return {name: value for name, value in bill.items() if value is not None}


def spdx2(**changes: Any) -> dict[str, Any]:
    """The same in SPDX 2.3."""
    document: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "lantern",
        "documentNamespace": "https://sbom.example/lantern/2.1.0",
        "creationInfo": {
            "created": "2026-10-20T10:00:00Z",
            "creators": ["Organization: Lighthouse Works (fictional)", "Tool: bill-maker-3.1"],
            "comment": "SBOM Type: Build",
        },
        "packages": [
            {
                "SPDXID": "SPDXRef-lantern",
                "name": "lantern",
                "versionInfo": "2.1.0",
                "downloadLocation": "NOASSERTION",
                "primaryPackagePurpose": "APPLICATION",
            },
            {
                "SPDXID": "SPDXRef-wick",
                "name": "wick",
                "versionInfo": "1.4.0",
                "downloadLocation": "https://files.example/wick-1.4.0.tar.gz",
                "originator": "NOASSERTION",
                "supplier": "Organization: Wick People",
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": "MIT",
                "checksums": [{"algorithm": "SHA256", "checksumValue": SHA.upper()}],
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": "pkg:pypi/wick@1.4.0",
                    }
                ],
            },
            {"SPDXID": "SPDXRef-oil", "name": "oil", "versionInfo": "0.9", "downloadLocation": "NONE"},
        ],
        "files": [
            {
                "SPDXID": "SPDXRef-file",
                "fileName": "./lantern/flame.py",
                "checksums": [{"algorithm": "SHA1", "checksumValue": "0a" * 20}],
            }
        ],
        "relationships": [
            _relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-lantern"),
            _relation("SPDXRef-lantern", "DEPENDS_ON", "SPDXRef-wick"),
            _relation("SPDXRef-oil", "RUNTIME_DEPENDENCY_OF", "SPDXRef-lantern"),
            _relation("SPDXRef-lantern", "CONTAINS", "SPDXRef-file"),
            _relation("SPDXRef-wick", "DEPENDS_ON", "NONE"),
            _relation("SPDXRef-oil", "DEPENDS_ON", "NOASSERTION"),
        ],
    }
    document.update(changes)
    return {name: value for name, value in document.items() if value is not None}


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def spdx3(*more: dict[str, Any], **document: Any) -> dict[str, Any]:
    """The same in SPDX 3.0.1, with *more* elements in the graph."""
    base = "https://sbom.example/"
    info = {"creationInfo": "_:creation"}
    graph = [
        {
            "type": "CreationInfo",
            "@id": "_:creation",
            "specVersion": "3.0.1",
            "created": "2026-10-20T10:00:00Z",
            "createdBy": [f"{base}works"],
            "createdUsing": [f"{base}tool"],
        },
        {"type": "Organization", "spdxId": f"{base}works", "name": "Lighthouse Works (fictional)", **info},
        {"type": "Organization", "spdxId": f"{base}wick-people", "name": "Wick People", **info},
        {"type": "Tool", "spdxId": f"{base}tool", "name": "bill-maker-3.1", **info},
        {"type": "SpdxDocument", "spdxId": f"{base}document", "rootElement": [f"{base}bom"], **info},
        {
            "type": "software_Sbom",
            "spdxId": f"{base}bom",
            "rootElement": [f"{base}lantern"],
            "software_sbomType": ["build"],
            **info,
        },
        {
            "type": "software_Package",
            "spdxId": f"{base}lantern",
            "name": "lantern",
            "software_packageVersion": "2.1.0",
            "software_primaryPurpose": "application",
            **info,
        },
        {
            "type": "software_Package",
            "spdxId": f"{base}wick",
            "name": "wick",
            "software_packageVersion": "1.4.0",
            "software_packageUrl": "pkg:pypi/wick@1.4.0",
            "suppliedBy": f"{base}wick-people",
            "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": SHA}],
            **info,
        },
        {
            "type": "software_Package",
            "spdxId": f"{base}oil",
            "name": "oil",
            "software_packageVersion": "0.9",
            **info,
        },
        {"type": "software_File", "spdxId": f"{base}file", "name": "flame.py", **info},
        {
            "type": "simplelicensing_LicenseExpression",
            "spdxId": f"{base}mit",
            "simplelicensing_licenseExpression": "MIT",
            **info,
        },
        _edge("1", "lantern", "dependsOn", f"{base}wick", f"{base}oil"),
        _edge("2", "lantern", "contains", f"{base}file"),
        _edge("3", "wick", "dependsOn", "https://spdx.org/rdf/3.0.1/terms/Core/NoneElement"),
        _edge("4", "oil", "dependsOn", "https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement"),
        _edge("5", "wick", "hasDeclaredLicense", f"{base}mit"),
        _edge("6", "wick", "hasConcludedLicense", "https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion"),
        *more,
    ]
    return {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph} | document


def _edge(ref: str, one: str, kind: str, *others: str) -> dict[str, Any]:
    return {
        "type": "Relationship",
        "spdxId": f"https://sbom.example/relation-{ref}",
        "creationInfo": "_:creation",
        "from": f"https://sbom.example/{one}",
        "relationshipType": kind,
        "to": list(others),
    }


def text(value: Any) -> bytes:
    return json.dumps(value).encode()
