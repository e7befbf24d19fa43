"""Where a submitted bill of materials differs from what a release holds and needs."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from assay.checks.model import Case
from assay.evidence.listed import Listed, everything, same_name, versions_agree
from assay.evidence.model import Exhibit, Source
from assay.evidence.needed import Needed
from assay.evidence.packaged import Carried, Packaged
from assay.evidence.release import Member, ReleaseFile
from assay.evidence.sbom import Component, Sbom
from assay.formats.purl import normalise_name
from assay.formats.rederivation import Difference, What
from assay.formats.text import shown
from assay.validation.run import MAX_MESSAGE

MAX_NAMED = 100
"""Differences of one kind that are named one by one, for a bill."""


class OpenFile(NamedTuple):
    """An archive that was opened for a release: a file of it, or one that was handed in since."""

    exhibit: Exhibit[ReleaseFile]
    packaged: Packaged
    supplied: bool


def compare(
    case: Case,
    exhibit: Exhibit[Sbom],
    files: Sequence[OpenFile],
    carried: Sequence[tuple[OpenFile, Carried]],
    whole: Needed,
) -> list[Difference]:
    """A submitted bill with what the release holds and needs."""
    listed = Listed(everything(exhibit.value))
    others = Listed(part for other in case.of(Sbom) if other != exhibit for part in everything(other.value))
    against: list[Difference] = []
    for one, package in carried:
        if _is_listed(others, package):
            continue  # the bills of a release may share it among them
        difference = _carried(case, exhibit, listed, one, package)
        if difference is not None:
            against.append(difference)
    against += _files(case, exhibit, files)
    doubtful = [*_locked(case, exhibit, listed, whole), *_strange(case, exhibit, whole)]
    name = shown(exhibit.source.name, 120)
    agreed = Difference(
        what="agrees",
        outcome="satisfied",
        message=f"{name} lists the {len(carried)} packages that lie in the release, as they are",
        about=str(exhibit.source.digest),
        release=case.release.label,
    )
    return [*against, *doubtful, *([agreed] if carried and not against else [])]


def _is_listed(listed: Listed, found: Carried) -> bool:
    """Whether it stands there in its version."""
    package = found.package
    entries = listed.find(found.ecosystem, package.name)
    return any(versions_agree(found.ecosystem, one.version, package.version) is True for one in entries)


def _carried(
    case: Case, exhibit: Exhibit[Sbom], listed: Listed, one: OpenFile, found: Carried
) -> Difference | None:
    """None where the bill lists the package in its version."""
    package, bill = found.package, shown(exhibit.source.name, 120)
    what = f"{shown(one.exhibit.source.name, 120)} carries {shown(package.name, 80)!r} {shown(package.version, 40)}"
    entries = listed.find(found.ecosystem, package.name)
    versions = [entry.version for entry in entries]
    agreement = [versions_agree(found.ecosystem, version, package.version) for version in versions if version]
    if True in agreement:
        return None
    if not entries:
        kind: What = "missing"
        message = f"{what}, which is not among the {len(listed)} components of {bill}"
    else:
        kind = "version"
        said = (
            ", ".join(sorted({shown(version, 40) for version in versions if version})) or "without a version"
        )
        message = f"{what}; {bill} has it {said}"
    doubt = found.purpose or None in agreement or (entries and not agreement)
    if found.purpose:
        message += f"; it lies among {found.purpose}"
    return _difference(
        kind,
        "unknown" if doubt else "not_satisfied",
        message,
        case,
        exhibit,
        one.exhibit,
        at=package.location,
    )


def _difference(
    what: What,
    outcome: str,
    message: str,
    case: Case,
    about: Exhibit[Sbom],
    *others: Exhibit[ReleaseFile] | Source,
    at: str = "",
) -> Difference:
    sources = (about.source, *(one if isinstance(one, Source) else one.source for one in others))
    return Difference(
        what=what,
        outcome="not_satisfied" if outcome == "not_satisfied" else "unknown",
        message=shown(message, MAX_MESSAGE),
        about=str(about.source.digest),
        at=shown(at),
        evidence=tuple(dict.fromkeys(str(source.digest) for source in sources)),
        release=case.release.label,
    )


def _files(case: Case, exhibit: Exhibit[Sbom], files: Sequence[OpenFile]) -> Iterator[Difference]:
    """Components of type ``file`` that bear the path of a member, and a SHA-256 that it has in no file of the release."""
    members: dict[str, list[tuple[OpenFile, Member]]] = {}
    for one in files:
        for member in one.exhibit.value.members:
            for path in {member.path, one.exhibit.value.inner(member.path)} if not member.link else ():
                members.setdefault(path, []).append((one, member))
    for component in exhibit.value.components:
        held = members.get(component.name.removeprefix("./"), []) if component.type == "file" else []
        stated = [digest for digest in component.digests if digest.algorithm == "sha256"]
        if held and stated and not any(member.digest in stated for _, member in held):
            one, member = held[0]
            yield _difference(
                "hash",
                "not_satisfied",
                f"{shown(exhibit.source.name, 120)} gives {shown(component.name, 120)!r} the sha256 {stated[0].short}…, "
                f"in {shown(one.exhibit.source.name, 120)} it has {member.digest.short}…",
                case,
                exhibit,
                one.exhibit,
                at=component.ref,
            )


def _locked(case: Case, exhibit: Exhibit[Sbom], listed: Listed, whole: Needed) -> Iterator[Difference]:
    """What a lock has the release need, and the bill does not list: perhaps for some platform only, so a person looks."""
    absent = [
        part.package
        for part in whole.parts
        if part.package.source not in ("bundled", "self", "path")
        and not part.package.optional
        and not part.package.development
        and not listed.find(part.ecosystem, part.package.name)
    ]
    for package in absent[:MAX_NAMED]:
        yield _difference(
            "missing",
            "unknown",
            f"{shown(package.name, 80)!r} {shown(package.version, 40)} is needed as derived from "
            f"{', '.join(whole.locks[:3]) or 'the release'}, and not among the {len(listed)} components of "
            f"{shown(exhibit.source.name, 120)}",
            case,
            exhibit,
            at=package.key,
        )
    if len(absent) > MAX_NAMED:
        yield _difference(
            "missing", "unknown", f"and {len(absent) - MAX_NAMED} more like these", case, exhibit
        )


def _strange(case: Case, exhibit: Exhibit[Sbom], whole: Needed) -> Iterator[Difference]:
    """What the bill lists and neither release nor lock has."""
    kinds = {part.ecosystem for part in whole.parts} | {one.value.ecosystem for one in case.of(ReleaseFile)}
    held = {(part.ecosystem, normalise_name(part.ecosystem, part.package.name)) for part in whole.parts}
    own = {case.release.name, *(one.value.name for one in case.of(ReleaseFile))}
    strange = [
        component
        for kind, name, found in Listed(exhibit.value.components).packages()
        if kind in kinds
        and (kind, name) not in held
        and not any(same_name(kind, name, one) for one in own if one)
        for component, _ in found
    ]
    for component in strange[:MAX_NAMED]:
        yield _difference(
            "not_found",
            "unknown",
            f"{shown(exhibit.source.name, 120)} lists {_label(component)}, which is neither in the release nor in a lock",
            case,
            exhibit,
            at=component.ref,
        )
    if len(strange) > MAX_NAMED:
        yield _difference(
            "not_found", "unknown", f"and {len(strange) - MAX_NAMED} more like these", case, exhibit
        )


def _label(component: Component) -> str:
    return f"{shown(component.name, 80)!r} {shown(component.version, 40)}".strip()
