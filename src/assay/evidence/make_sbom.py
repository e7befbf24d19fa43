"""Write a bill of materials: CycloneDX 1.6 with the fields of the 2026 minimum elements (docs/formats/generated-sbom.md).

The same inputs give the same bytes. What is not known is said to be unknown, field by field; nothing is withheld.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote
from uuid import UUID

from assay.errors import Malformed
from assay.evidence.needed import Needed, Part
from assay.evidence.release import ReleaseFile
from assay.formats import licence, strict_json, times
from assay.formats.attestation import Release
from assay.formats.cyclonedx_component import ALGORITHMS, UNKNOWN
from assay.formats.digest import Digest
from assay.formats.purl import Purl

NAMES = {algorithm: name for name, algorithm in ALGORITHMS.items() if not name.startswith("Streebog")}
"""Algorithm of a :class:`Digest` to CycloneDX 1.6 hash-alg."""

_URL = re.compile(
    r"(?:git\+)?([a-z][a-z0-9.+-]*://)(?:[^/\s@]*@)?([A-Za-z0-9.:-]+(?:/[A-Za-z0-9._~!$&'()*+,;=:/-]*)?)\Z"
)
"""A URL that fits a bill; what stands before the at sign may be a credential and is left out."""
_SCOPED = frozenset({"npm", "composer"})


def build_sbom(
    needed: Needed,
    *,
    release: Release,
    files: Sequence[ReleaseFile],
    author: str,
    tool_version: str,
    serial: UUID,
    made: datetime,
) -> bytes:
    """The bill of *release*; *author* is the provider, who is also taken for the producer of the release."""
    root = _root(release, files, author)
    refs = _refs(needed.parts, root["bom-ref"])
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": _metadata(root, needed, files, author, tool_version, made),
        "components": [_component(part, ref, author) for part, ref in zip(needed.parts, refs, strict=True)],
        "dependencies": _dependencies(needed, refs, root["bom-ref"]),
        "compositions": _compositions(needed, refs, root["bom-ref"]),
    }
    return strict_json.pretty(bill)


def _metadata(
    root: dict[str, Any],
    needed: Needed,
    files: Sequence[ReleaseFile],
    author: str,
    tool_version: str,
    made: datetime,
) -> dict[str, Any]:
    """The phase is post-build where there are files of the release to look at, else pre-build."""
    sources = (*needed.locks, *(file.filename for file in files))
    said = [_property("assay:made-from", source) for source in sources]
    if needed.development:
        said.append(_property("assay:development", "not told apart from what the release needs"))
    who: dict[str, Any] = {"authors": [{"name": author}], "supplier": {"name": author}} if author else {}
    if not author:
        said.append(_property(UNKNOWN, "authors"))
    return {
        "timestamp": times.encode(made.replace(microsecond=0)),
        "lifecycles": [{"phase": "post-build" if files else "pre-build"}],
        "tools": {"components": [{"type": "application", "name": "Assay", "version": tool_version}]},
        **who,
        "component": root,
        **({"properties": said} if said else {}),
    }


def _root(release: Release, files: Sequence[ReleaseFile], author: str) -> dict[str, Any]:
    """The release itself, with the digests of its files."""
    purl = _root_purl(release, files)
    version = release.version or next((file.version for file in files if file.version), "")
    texts = [text for text in dict.fromkeys(file.licence for file in files) if text]
    digests = files[0].digests if len(files) == 1 else ()
    held = [
        {"type": "distribution", "url": quote(file.filename, safe="+~!"), "hashes": _hashes(file.digests)}
        for file in files
    ]
    fields: dict[str, Any] = {
        "type": "application",
        "bom-ref": purl or f"release:{release.name}@{version}",
        "name": release.name,
        "version": version,
        "manufacturer": {"name": author} if author else None,
        "hashes": _hashes(digests),
        "licenses": _licences(texts),
        "purl": purl,
        "externalReferences": held,
    }
    return _filled(fields, {"digests": bool(files)}, [])


def _root_purl(release: Release, files: Sequence[ReleaseFile]) -> str:
    """As attested; else made from what a file of the release says of itself."""
    if release.purl:
        with suppress(Malformed):  # a purl that is none is left out, and said to be unknown
            return str(Purl.parse(release.purl))
    described = next((file for file in files if file.ecosystem and file.name), None)
    return _plain_purl(described.ecosystem, described.name, described.version) if described else ""


def _refs(parts: Sequence[Part], root: str) -> list[str]:
    """The bom-ref of each part: its purl, else its name, made unique."""
    taken = {root}
    refs = []
    for part in parts:
        base = _purl(part) or f"part:{part.package.key}"
        ref, number = base, 1
        while ref in taken:
            number += 1
            ref = f"{base}#{number}"
        taken.add(ref)
        refs.append(ref)
    return refs


def _component(part: Part, ref: str, author: str) -> dict[str, Any]:
    package, installed, purl = part.package, part.installed, _purl(part)
    group, _, last = package.name.rpartition("/") if part.ecosystem in _SCOPED else ("", "", "")
    group, name = (group, last) if group and last else ("", package.name)
    texts = [package.licence or (installed.licence if installed else "")]
    producer = author if package.source in {"self", "path"} else installed.producer if installed else ""
    single = len({digest.algorithm for digest in package.digests}) == len(package.digests)
    fields: dict[str, Any] = {
        "type": "library",
        "bom-ref": ref,
        "group": group,
        "name": name,
        "version": package.version,
        "scope": "optional" if package.optional else "required",
        "manufacturer": {"name": producer} if producer else None,
        "hashes": _hashes(package.digests) if single or not purl else [],
        "licenses": _licences(text for text in texts if text),
        "purl": purl,
        "externalReferences": _references(part, "" if single else purl),
    }
    known = {"digests": bool(_hashes(package.digests)), "dependencies": part.links is not None}
    return _filled(fields, known, [_property("assay:lock-hash", value) for value in package.other_hashes])


def _filled(
    fields: dict[str, Any], known: dict[str, bool], properties: list[dict[str, str]]
) -> dict[str, Any]:
    """Without empty fields, and with a property for each of the minimum elements that is not known."""
    stated = {
        "version": bool(fields["version"]),
        "producer": bool(fields["manufacturer"]),
        "licences": bool(fields["licenses"]),
        "identifiers": bool(fields["purl"]),
        **known,
    }
    unknown = [_property(UNKNOWN, name) for name in sorted(stated) if not stated[name]]
    found = {name: value for name, value in fields.items() if value}
    return found | ({"properties": [*unknown, *properties]} if unknown or properties else {})


def _references(part: Part, distribution: str) -> list[dict[str, Any]]:
    """*distribution* is the purl of a package that has several files, none of which is known to be the one in use."""
    package = part.package
    found: list[dict[str, Any]] = []
    if package.source == "git" and (url := _clean(package.location)):
        found.append({"type": "vcs", "url": url, "comment": f"at commit {package.commit}"})
    if distribution:
        found.append(
            {
                "type": "distribution",
                "url": distribution,
                "comment": "any file of this version that the lock accepts",
                "hashes": _hashes(package.digests),
            }
        )
    return found


def _hashes(digests: Iterable[Digest]) -> list[dict[str, str]]:
    found = ((NAMES[digest.algorithm], digest.value) for digest in digests if digest.algorithm in NAMES)
    return [{"alg": name, "content": value} for name, value in dict.fromkeys(found)]


def _licences(texts: Iterable[str]) -> list[dict[str, Any]]:
    """One SPDX expression where there is no doubt, else names as written."""
    written = list(texts)
    expressions = [licence.expression(text) for text in written]
    if len(written) == 1 and expressions[0]:
        return [{"expression": expressions[0]}]
    return [{"license": {"name": text}} for text in written]


def _dependencies(needed: Needed, refs: Sequence[str], root: str) -> list[dict[str, Any]]:
    """A part that nothing is known of has no entry: CycloneDX reads an empty one as "needs nothing"."""
    by_key: dict[str, list[str]] = {}
    for part, ref in zip(needed.parts, refs, strict=True):
        by_key.setdefault(part.package.key, []).append(ref)
    rows = [(root, needed.direct)]
    rows += [
        (ref, part.links) for part, ref in zip(needed.parts, refs, strict=True) if part.links is not None
    ]
    return [
        {
            "ref": ref,
            "dependsOn": list(dict.fromkeys(r for key in links for r in by_key.get(key, ()) if r != ref)),
        }
        for ref, links in rows
    ]


def _compositions(needed: Needed, refs: Sequence[str], root: str) -> list[dict[str, Any]]:
    """How complete the relations are; what is bundled inside the files of the release was not looked for."""
    known = [ref for part, ref in zip(needed.parts, refs, strict=True) if part.links is not None]
    unknown = [ref for part, ref in zip(needed.parts, refs, strict=True) if part.links is None]
    top = "complete" if needed.complete else "incomplete"
    rows: list[dict[str, Any]] = [{"aggregate": top, "dependencies": [root]}]
    if known:
        rows.append({"aggregate": "complete", "dependencies": known})
    if unknown:
        rows.append({"aggregate": "unknown", "dependencies": unknown})
    return [*rows, {"aggregate": "unknown", "assemblies": [root]}]


def _purl(part: Part) -> str:
    """Of the registry's package; a git or URL source is said in a qualifier; what is nowhere but here is ``generic``."""
    package = part.package
    if package.source in {"self", "path"} or not part.ecosystem:
        return _plain_purl("generic", package.name, package.version)
    url = _clean(package.location)
    if package.source == "git" and url and package.commit:
        return _plain_purl(
            part.ecosystem, package.name, package.version, {"vcs_url": f"git+{url}@{package.commit}"}
        )
    if package.source == "url" and url:
        return _plain_purl(part.ecosystem, package.name, package.version, {"download_url": url})
    return _plain_purl(part.ecosystem, package.name, package.version)


def _plain_purl(
    ecosystem: str, name: str, version: str, qualifiers: Mapping[str, str] = MappingProxyType({})
) -> str:
    namespace, _, last = name.rpartition("/") if ecosystem != "generic" else ("", "", name)
    found = ""
    with suppress(
        Malformed
    ):  # a name that no purl can carry: the component says that its identifiers are unknown
        found = str(Purl.of(ecosystem, last, namespace=namespace, version=version, qualifiers=qualifiers))
    return found


def _clean(location: str) -> str:
    """A URL without credentials, query and fragment; empty for anything else (paths, ``git@host:path``)."""
    match = _URL.match(location.partition("#")[0].partition("?")[0])
    return match[1] + match[2] if match else ""


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}
