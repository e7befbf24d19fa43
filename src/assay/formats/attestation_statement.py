"""The wire form of an attestation: a CycloneDX 1.6 document with declarations, in an in-toto Statement v1.

``parse`` accepts what ``encode`` could have said and nothing else: it reads the value, writes it again and compares.
Fields that CycloneDX or in-toto allow and Assay does not use are tolerated, and never read.
"""

from collections.abc import Iterable

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import cdxa_read, cdxa_write
from assay.formats.attestation import Attestation
from assay.formats.canonical_json import canonical
from assay.formats.cdxa import Component, Subject
from assay.formats.cdxa_difference import require_same
from assay.formats.cdxa_references import require_resolved, require_unique
from assay.formats.cdxa_statement import decode, require_profile
from assay.formats.cdxa_write import pack_of
from assay.formats.digest import Digest
from assay.formats.text import shown

WHAT = "attestation"


MAX_RELEASES = 200
MAX_FILES = 2_000
MAX_ARTIFACTS = 10_000
MAX_CLAIMS = 5_000
MAX_PACKS = 20
MAX_NAME = 300
"""Characters of a name, version or file name. With the counts it bounds the verdict, which repeats all of them."""
MAX_PURL = 1_000


def encode(attestation: Attestation) -> bytes:
    """The payload of the envelope; the same attestation gives the same bytes.

    :class:`Malformed` when the value contradicts itself (a claim of a pack not answered, evidence not listed, two
    releases under one name) or holds text that CycloneDX has no form for, such as an e-mail address that is none.
    """
    _check_packs(attestation)
    payload = canonical(cdxa_write.statement(attestation))
    if parse(payload) != attestation:
        raise ValueError("attestation does not survive its own wire form")
    return payload


def parse(payload: bytes) -> Attestation:
    """Read a payload; :class:`Malformed` says what, where (a JSON pointer), and what was expected."""
    predicate, wire = decode(payload, what=WHAT)
    require_profile(wire, what=WHAT)
    require_unique(predicate, what=WHAT, text=payload)
    require_resolved(wire.predicate, what=WHAT)
    targets = wire.predicate.declarations.targets
    _require_subjects(wire.subject, targets.components if targets else ())
    try:
        found = cdxa_read.attestation(wire.predicate)
    except Malformed as error:
        raise type(error)(f"{WHAT}: {error}") from error
    _check_sizes(found)
    _check_packs(found)
    _check_digests(found)
    require_same(wire, cdxa_write.statement(found), what=WHAT)
    return found


def labels(payload: bytes) -> tuple[str, ...]:
    """``name@version`` of each release in *payload*, which :func:`parse` has read before: a tenth of its work."""
    try:
        targets = _LABELS.decode(payload).predicate.declarations.targets
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{WHAT}: {error}") from error
    return tuple(f"{one.name}@{one.version}" for one in targets.components)


class _Release(msgspec.Struct, frozen=True):
    name: str
    version: str = ""


class _Releases(msgspec.Struct, frozen=True):
    components: tuple[_Release, ...] = ()


class _Declared(msgspec.Struct, frozen=True):
    targets: _Releases = _Releases()


class _Document(msgspec.Struct, frozen=True):
    declarations: _Declared


class _Statement(msgspec.Struct, frozen=True):
    predicate: _Document


_LABELS = msgspec.json.Decoder(_Statement)


def _require_subjects(subjects: tuple[Subject, ...], releases: tuple[Component, ...]) -> None:
    """Subjects and the hashes of the targets are the same files; both sides keep each name for one digest."""
    stated: dict[str, str] = {}
    for index, subject in enumerate(subjects):
        at = f"{WHAT}: 'subject/{index}'"
        if set(subject.digest) != {"sha256"}:
            named = ", ".join(sorted(subject.digest)) or "no digest"
            raise Malformed(f"{at} has {shown(named, 80)}, expected sha256 alone")
        digest = Digest.of("sha256", subject.digest["sha256"], what=at)
        if subject.name in stated:
            other = "the same digest" if stated[subject.name] == digest.value else "another digest"
            raise Malformed(f"{at} is {shown(subject.name, 120)!r}, which stands before it with {other}")
        stated[subject.name] = digest.value
    hashes = _hashes(releases)
    for name, value in hashes.items():
        if stated.get(name) != value:
            found = stated.get(name)
            raise Malformed(
                f"{WHAT}: target file {shown(name, 120)!r} has SHA-256 {value}, "
                + (f"the subject of that name has {found}" if found else "but no subject has that name")
            )
    if hashes and len(stated) != len(hashes):
        extra = next(name for name in stated if name not in hashes)
        raise Malformed(f"{WHAT}: subject {shown(extra, 120)!r} is no file of the releases in the targets")


def _hashes(releases: tuple[Component, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for release in releases:
        for file in release.components:
            for one in file.hashes:
                if found.setdefault(file.name, one.content) != one.content:
                    raise Malformed(
                        f"{WHAT}: two release files are named {shown(file.name, 120)!r} and differ"
                    )
    return found


def _check_sizes(attestation: Attestation) -> None:
    files = [file for release in attestation.releases for file in release.files]
    for what, count, limit in (
        ("releases", len(attestation.releases), MAX_RELEASES),
        ("release files", len(files), MAX_FILES),
        ("artifacts", len(attestation.artifacts), MAX_ARTIFACTS),
        ("claims", len(attestation.claims), MAX_CLAIMS),
        ("milestones", len(attestation.milestones), MAX_CLAIMS),
        ("packs", len(attestation.packs), MAX_PACKS),
    ):
        if count > limit:
            raise TooLarge(f"{WHAT} has {count} {what}, over the limit of {limit}")
    _check_length("provider name", [attestation.provider.name], MAX_NAME)
    _check_length("release name", [release.name for release in attestation.releases], MAX_NAME)
    _check_length("release version", [release.version for release in attestation.releases], MAX_NAME)
    _check_length("purl", [release.purl for release in attestation.releases], MAX_PURL)
    _check_length("file name", [file.filename for file in files], MAX_NAME)
    _check_length("artifact name", [artifact.name for artifact in attestation.artifacts], MAX_PURL)


def _check_length(what: str, texts: Iterable[str], limit: int) -> None:
    for text in texts:
        if len(text) > limit:
            raise TooLarge(
                f"{WHAT}: {what} {shown(text, 40)!r} has {len(text)} characters, over the limit of {limit}"
            )


def _check_packs(attestation: Attestation) -> None:
    packs = set(attestation.packs)
    for kind, items in (("claim", attestation.claims), ("milestone", attestation.milestones)):
        for item in items:
            if pack_of(item.requirement) not in packs:
                answered = ", ".join(sorted(packs)) or "none"
                raise Malformed(
                    f"{WHAT}: {kind} for {shown(item.requirement, 120)!r} is of no pack it answers ({answered})"
                )


def _check_digests(attestation: Attestation) -> None:
    """Documents named outside claims, and releases named by artifacts, must be listed too."""
    listed = {artifact.digest for artifact in attestation.artifacts}
    signatory, assessment = attestation.signatory, attestation.assessment
    for name, digest in (
        ("assay:signatory:delegation", signatory.delegation if signatory else None),
        ("assay:assessment:report", assessment.report if assessment else None),
        ("assay:assessment:approval", assessment.approval if assessment else None),
    ):
        if digest is not None and digest not in listed:
            raise Malformed(f"{WHAT}: {name!r} refers to {digest}, which is not among the evidence")
    labels = {release.label for release in attestation.releases}
    for artifact in attestation.artifacts:
        for label in artifact.releases:
            if label not in labels:
                raise Malformed(
                    f"{WHAT}: artifact {shown(artifact.name, 120)!r} is about release {shown(label, 120)!r}, "
                    f"expected one of the targets"
                )
