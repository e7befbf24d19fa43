"""Which releases of an attestation a piece of evidence is about.

What the provider says of the artifact counts first. Else the evidence itself: a file that is attested as one release's, and a
bill of materials that names one release, are not about the others. Everything else may be about all.
"""

from collections.abc import Sequence
from typing import Any

from assay.evidence.listed import same_name, versions_agree
from assay.evidence.release import ReleaseFile
from assay.evidence.sbom import Component, Sbom
from assay.formats.attestation import Artifact, Release
from assay.formats.purl import identity


def concerns(release: Release, others: Sequence[Release], artifact: Artifact, value: Any = None) -> bool:
    """Whether *value*, read from *artifact*, is about *release* rather than about one of *others* alone."""
    if artifact.releases:
        return release.label in artifact.releases
    return not others or _is_of(value, release) or not any(_is_of(value, other) for other in others)


def _is_of(value: Any, release: Release) -> bool:
    match value:
        case ReleaseFile(digests=digests):
            return any(file.digest in digests for file in release.files)
        case Sbom(root=Component() as root):
            return _names(root, release) or any(file.digest in root.digests for file in release.files)
    return False


def _names(root: Component, release: Release) -> bool:
    """By name and version; a product and its package may go by different names."""
    bill, attested = identity(root.purl), identity(release.purl)
    ecosystem = attested.type if attested else ""
    names = {root.name, *({bill.full_name} if bill else ())}
    wanted = {release.name, *({attested.full_name} if attested else ())}
    version = root.version or (bill.version if bill else "")
    return bool(version and release.version) and (
        any(same_name(ecosystem, one, other) for one in names for other in wanted)
        and versions_agree(ecosystem, version, release.version) is True
    )
