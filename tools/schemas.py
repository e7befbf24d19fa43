"""Write the JSON Schemas that are published with the documentation (docs/schemas) from the types that read the formats.

    python tools/schemas.py            write them
    python tools/schemas.py --check    exit 1 when a file is not what would be written

Draft 2020-12, self-contained but for references among themselves (``urn:assay:schema:*``). A schema says what a document
looks like; what must agree within it (references, digests, subjects and targets) is said in docs/formats.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec

from assay.evidence.environment import EnvironmentStatement
from assay.formats import bundle, cdxa, dsse
from assay.formats.attestation import Milestone
from assay.formats.cdxa_properties import ARTIFACT, ATTESTATION, MANY, PROFILE, PROFILE_VERSION, RELEASE
from assay.formats.cdxa_write import MILESTONE_TYPE
from assay.formats.customers import CustomerList, RowProof
from assay.formats.rederivation import Rederivation
from assay.formats.scope_document import ScopeDocument
from assay.formats.verdict import VerdictDocument
from assay.register import opening, receipt

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
HEX = "^[0-9a-f]{64}$"
ALWAYS = ("assay:draft", "assay:form:notify", "assay:form:binds-future-versions")

Schema = dict[str, Any]


def schemas() -> dict[str, bytes]:
    """Every published schema by file name."""
    made = {
        "attestation": attestation(),
        "customers": typed(CustomerList, "customers.json: the provider's customers, each row salted"),
        "customer-row-proof": typed(RowProof, "Proof that one row stands in a committed customer list"),
        "environment": typed(EnvironmentStatement, "The provider's statement about its environments"),
        "receipt": receipt_(),
        "rederivation": typed(
            Rederivation, "What an office derived again of a drawn submission", complete=True
        ),
        "scope": typed(ScopeDocument, "Subject of an attestation without release files", complete=True),
        "submission": submission(),
        "verdict": typed(VerdictDocument, "The verdict document, RFC 8785 text", complete=True),
    }
    return {
        f"{name}.schema.json": msgspec.json.format(
            msgspec.json.encode({"$schema": DRAFT, "$id": f"urn:assay:schema:{name}:1", **schema}), indent=2
        )
        + b"\n"
        for name, schema in made.items()
    }


def typed(kind: type[Any], title: str, *, complete: bool = False, defaults: bool = True) -> Schema:
    """The schema of a type; *complete* where every field is written, whatever its value."""
    (made,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    parts = {
        name: _tidy(part, complete=complete, defaults=defaults and not complete)
        for name, part in parts.items()
    }
    return {"title": title, "$ref": made["$ref"], "$defs": parts}


def _tidy(part: Any, *, complete: bool, defaults: bool) -> Any:
    """Patterns without the guard that only Python needs; all fields required where *complete*."""
    if isinstance(part, dict):
        tidy = {key: _tidy(value, complete=complete, defaults=defaults) for key, value in part.items()}
        if not defaults:
            tidy.pop("default", None)
        if isinstance(tidy.get("pattern"), str):
            tidy["pattern"] = tidy["pattern"].replace("$(?!\\n)", "$")
        if complete and "properties" in tidy:
            tidy["required"] = list(tidy["properties"])
        return tidy
    return (
        [_tidy(item, complete=complete, defaults=defaults) for item in part]
        if isinstance(part, list)
        else part
    )


def attestation() -> Schema:
    """The parts of the statement that Assay reads, narrowed to its profile of CycloneDX 1.6."""
    made = typed(
        cdxa.Statement, "Attestation: in-toto Statement v1 with a CycloneDX 1.6 document", defaults=False
    )
    made["description"] = "The predicate is also valid against bom-1.6.schema.json of CycloneDX."
    parts = made["$defs"]
    _narrow(
        parts["Statement"], _type={"const": cdxa.STATEMENT_TYPE}, predicateType={"const": cdxa.PREDICATE_TYPE}
    )
    parts["Statement"]["properties"]["subject"]["minItems"] = 1
    _narrow(parts["Subject"], digest=_object({"sha256": {"type": "string", "pattern": HEX}}))
    bom = parts["Bom"]
    _narrow(
        bom, bomFormat={"const": "CycloneDX"}, specVersion={"const": cdxa.SPEC_VERSION}, version={"const": 1}
    )
    bom["properties"]["serialNumber"]["pattern"] = "^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
    bom["properties"]["components"]["items"] = _with_properties(parts["Component"], ARTIFACT, "ArtifactFile")
    bom["properties"]["properties"] = _properties(ATTESTATION, required=ALWAYS)
    bom["required"] = [*bom["required"], "serialNumber", "version", "metadata", "properties"]
    targets = parts["Targets"]
    targets["properties"]["components"]["items"] = _with_properties(parts["Component"], RELEASE, "Release")
    targets["properties"]["organizations"] |= {"minItems": 1, "maxItems": 1}
    targets["required"] = ["organizations"]
    parts["Declarations"]["required"] = ["assessors", "targets"]
    _narrow(parts["Hash"], alg={"const": "SHA-256"}, content={"type": "string", "pattern": HEX})
    _narrow(parts["Contents"], url={"type": "string", "pattern": f"^{bundle.FOLDER}[0-9a-f]{{64}}$"})
    parts["Contents"].pop("required", None)
    parts["Attachment"] = _milestone()
    return made


def submission() -> Schema:
    """The bundle as an object from path to content, the way a tar or a folder holds it."""
    signature = _object({"keyid": {"type": "string"}, "sig": _base64()}, required=["sig"])
    envelope = _object(
        {
            "payloadType": {"const": "application/vnd.in-toto+json"},
            "payload": _base64(
                contentMediaType="application/json", contentSchema={"$ref": "urn:assay:schema:attestation:1"}
            ),
            "signatures": {
                "type": "array",
                "items": signature,
                "minItems": 1,
                "maxItems": dsse.MAX_SIGNATURES,
            },
        }
    )
    del envelope["additionalProperties"], signature["additionalProperties"]
    return {
        "title": "Submission bundle: content by path",
        "description": "A folder, a tar or a tar.gz with these files and no others.",
        "type": "object",
        "properties": {
            bundle.ENVELOPE: envelope,
            bundle.CUSTOMERS: {"$ref": "urn:assay:schema:customers:1"},
        },
        "patternProperties": {
            f"^{bundle.FOLDER}[0-9a-f]{{64}}$": _base64(description="Bytes whose SHA-256 is the name")
        },
        "required": [bundle.ENVELOPE, bundle.CUSTOMERS],
        "additionalProperties": False,
    }


def receipt_() -> Schema:
    """See docs/formats/receipt.md."""
    opened = _object(
        {"label": {"enum": list(opening.LABELS)}, "salt": _base64(), "value": {"type": "string"}}
    )
    fields: Schema = {
        "format": {"const": receipt.FORMAT},
        "version": {"const": receipt.VERSION},
        "origin": {"type": "string"},
        "index": {"type": "integer", "minimum": 0},
        "leaf": _base64(description="COSE_Sign1, tagged"),
        "proof": {"type": "array", "items": _base64()},
        "checkpoint": {"type": "string", "description": "C2SP signed note"},
        "openings": {"type": "array", "items": opened},
    }
    return {"title": "A receipt of the register", **_object(fields)}


def _milestone() -> Schema:
    described = typed(Milestone, "", complete=True)["$defs"]["Milestone"]
    return _object(
        {
            "contentType": {"const": MILESTONE_TYPE},
            "content": {"type": "string", "contentMediaType": "application/json", "contentSchema": described},
        }
    )


def _with_properties(component: Schema, names: tuple[str, ...], title: str) -> Schema:
    required = ("assay:artifact:kind",) if names is ARTIFACT else ()
    return {
        **component,
        "title": title,
        "properties": {**component["properties"], "properties": _properties(names, required=required)},
        "required": [*component["required"], "bom-ref"],
    }


def _properties(names: tuple[str, ...], *, required: tuple[str, ...]) -> Schema:
    """Names of our namespace are these; each at most once but for those that may repeat; other namespaces are free."""
    ours = {"properties": {"name": {"enum": list(names)}, "value": {"minLength": 1}}, "required": ["value"]}
    foreign = {"properties": {"name": {"not": {"pattern": "^assay:"}}}}
    counts = [
        {
            "contains": {"properties": {"name": {"const": name}}},
            "minContains": int(name in required or name == PROFILE),
            "maxContains": 1,
        }
        for name in names
        if name not in MANY
    ]
    version = {"properties": {"name": {"const": PROFILE}, "value": {"const": PROFILE_VERSION}}}
    return {
        "type": "array",
        "items": {"type": "object", "required": ["name"], "anyOf": [ours, foreign]},
        "allOf": [*counts, *([{"contains": version}] if PROFILE in names else [])],
    }


def _narrow(part: Schema, **fields: Schema) -> None:
    part["properties"] |= fields


def _object(fields: Schema, *, required: list[str] | None = None) -> Schema:
    named = list(fields) if required is None else required
    return {"type": "object", "properties": fields, "required": named, "additionalProperties": False}


def _base64(**more: Any) -> Schema:
    return {"type": "string", "contentEncoding": "base64", **more}


def main() -> int:
    made = schemas()
    stale = {path.name for path in FOLDER.glob("*")} - made.keys()
    stale |= {
        name
        for name, data in made.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != data
    }
    if "--check" in sys.argv[1:]:
        if stale:
            print(f"not current, run python tools/schemas.py: {', '.join(sorted(stale))}", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
