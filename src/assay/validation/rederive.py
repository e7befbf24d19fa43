"""Derive again what a release is made of, scan it again, and say where what was submitted differs.

A pure function of what a verdict is a function of, of the files that were handed in since, and of a salt. It opens archives in
memory and reads descriptions; nothing is built, installed, imported or run. What speaks against a claim is a fact: a package that
lies in the release and not in its bill, another version of it, a scan that leaves out what was known. All else is *unknown*, and
for a person to look at (docs/adr/0020-rederivation.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from assay.checks.catalogue import CHECKS
from assay.checks.model import Case, Facts, Finding
from assay.errors import Malformed
from assay.evidence import release as releases
from assay.evidence.contents import parts as contents
from assay.evidence.listed import same_name, versions_agree
from assay.evidence.lockfile import Lockfile
from assay.evidence.make_sbom import build_sbom
from assay.evidence.memory import Memory
from assay.evidence.model import Exhibit, Source
from assay.evidence.needed import Needed, Part, select
from assay.evidence.packaged import Carried, Found, inside
from assay.evidence.release import ReleaseFile
from assay.evidence.sbom import Sbom
from assay.evidence.statement import SigstoreVerifier
from assay.evidence.subject import Subject
from assay.formats.compressed import sniff as compressed
from assay.formats.digest import Digest
from assay.formats.purl import normalise_name
from assay.formats.rederivation import MAX_DIFFERENCES, Derived, Difference, Rederivation, What, encode
from assay.formats.tar_archive import is_tar
from assay.formats.text import shown
from assay.formats.verdict import Input, Unchecked
from assay.formats.zip_archive import MAGIC as ZIP
from assay.validation.compare_bill import MAX_NAMED, OpenFile, compare
from assay.validation.examine import Inputs, cases, inputs_named, reading_of, snapshot_facts
from assay.validation.opened import Opened, open_attestation, read_trust
from assay.validation.rescan import scanned
from assay.validation.run import MAX_EVIDENCE, MAX_MESSAGE, run

AGAIN: Mapping[str, What] = {
    "sbom-describes-release": "described",
    "sbom-covers-dependencies": "missing",
    "sbom-agrees-with-lock": "version",
    "release-no-secrets": "secret",
    "no-malicious-component": "malicious",
}
"""Checks that are run again on all there is now, and what a difference that they find is called."""
_USED = frozenset({"attestation.dsse.json", "customers.json", "trust", "malicious-packages"})
MAX_UNCHECKED = 500


class Deep(msgspec.Struct, frozen=True):
    """What a re-derivation has beside the inputs of a verdict."""

    salt: str
    supplied: tuple[bytes, ...] = ()
    """Files that were handed in since and that the attestation does not name: low-level evidence, such as the source."""


class Rederived(NamedTuple):
    document: bytes
    bills: tuple[bytes, ...]
    """Derived bills of materials, in the order of the document's releases."""


def rederive(
    inputs: Inputs, deep: Deep, sigstore: SigstoreVerifier | None, memory: Memory | None = None
) -> Rederived:
    """The same inputs give the same bytes, with a *memory* or without. Raises what :func:`open_attestation` does."""
    opened = open_attestation(inputs.bundle, read_trust(inputs.trust), inputs.now)
    attestation = opened.attestation
    reading = reading_of(inputs, attestation, sigstore, memory)
    facts = Facts(signature=opened.standing, malicious=snapshot_facts(inputs.snapshot))
    unchecked = [
        Unchecked(shown(one.source.name, 120), shown(one.reason, MAX_MESSAGE))
        for _, one in reading.unreadable
    ]
    extra = tuple(_supplied(deep.supplied, unchecked, memory))
    derived, bills, differences = [], [], []
    for case in cases(attestation, reading, facts, inputs.now):
        one, bill, found = _of_release(case, inputs, opened, extra, unchecked)
        derived.append(one)
        bills.append(bill)
        differences += found
    document = Rederivation(
        attestation=str(opened.envelope.identity),
        salt=deep.salt,
        made=inputs.now,
        releases=tuple(derived),
        differences=tuple(_bounded(differences)),
        not_derived=tuple(dict.fromkeys(unchecked))[:MAX_UNCHECKED],
        inputs=tuple(_named(inputs, opened, deep)),
        engine=inputs.engine,
    )
    return Rederived(encode(document), tuple(bills))


def _named(inputs: Inputs, opened: Opened, deep: Deep) -> Iterator[Input]:
    """Inputs by name and digest: fewer than a verdict's, and those that came since."""
    for one in inputs_named(inputs, opened.attestation):
        if one.name in _USED or one.name.startswith("artifact:"):
            yield one
    for digest in dict.fromkeys(map(Digest.sha256, deep.supplied)):
        yield Input(f"supplied:{digest.value}", str(digest), False)


def _bounded(differences: Sequence[Difference]) -> Sequence[Difference]:
    """What speaks against a claim first, so that a flood of remarks hides nothing."""
    order = {"not_satisfied": 0, "unknown": 1, "satisfied": 2, "not_applicable": 3}
    unique = dict.fromkeys(differences)
    return sorted(unique, key=lambda one: order[one.outcome])[:MAX_DIFFERENCES]


def _supplied(
    files: Sequence[bytes], unchecked: list[Unchecked], memory: Memory | None
) -> Iterator[OpenFile]:
    """Archives among what was handed in since; what is none is for a person to read."""
    for data in files:
        digest = Digest.sha256(data)
        name = f"supplied-{digest.value[:12]}"
        if not (compressed(data) or is_tar(data) or data.startswith(ZIP)):
            unchecked.append(Unchecked(name, "it is no archive; a person reads it"))
            continue
        name += ".tar" if compressed(data) or is_tar(data) else ".zip"
        try:
            file = releases.read(data, name=name, memory=memory)
        except Malformed as error:
            unchecked.append(Unchecked(name, shown(str(error), MAX_MESSAGE)))
            continue
        yield OpenFile(Exhibit(Source(name, digest), file), inside(file), supplied=True)


def _of_release(
    case: Case, inputs: Inputs, opened: Opened, extra: Sequence[OpenFile], unchecked: list[Unchecked]
) -> tuple[Derived, bytes, list[Difference]]:
    label = case.release.label
    files = [OpenFile(exhibit, inside(exhibit.value), supplied=False) for exhibit in case.of(ReleaseFile)]
    used = [one for one in extra if _is_of(one, case, opened, unchecked)]
    all_ = [*files, *used]
    unchecked += _unread(all_)
    found = [(one, lock) for one in all_ for lock in one.packaged.locks]
    named = [(one.source.name, one.value) for one in case.of(Lockfile)]
    named += [(_inside(one, lock.path), lock.lock) for one, lock in found]
    needed = select(named, [one.exhibit.value for one in files], name=case.release.name)
    carried = [(one, package) for one in files for package in one.packaged.packages if _other(case, package)]
    whole = _with(needed, [package for _, package in carried if not package.purpose])
    bill = build_sbom(
        whole,
        release=case.release,
        files=[one.exhibit.value for one in files],
        author="",
        tool_version=inputs.engine.version,
        serial=_serial(opened, label),
        made=inputs.now,
    )
    derived = Derived(
        release=label,
        files=tuple(shown(one.exhibit.source.name, 120) for one in files),
        sources=tuple(str(one.exhibit.source.digest) for one in used),
        locks=whole.locks,
        components=len(whole.parts),
        complete=whole.complete and bool(files),
        bill=str(Digest.sha256(bill)),
    )
    if not files:
        unchecked.append(Unchecked(label, "no file of the release is at hand, so nothing of it was opened"))
    if not case.of(Sbom):
        unchecked.append(Unchecked(label, "no readable bill of materials was submitted to compare with"))
    differences = [one for exhibit in case.of(Sbom) for one in compare(case, exhibit, files, carried, whole)]
    differences += _checked_again(case, used, found)
    differences += scanned(case, _subjects(case, whole), inputs.snapshot, unchecked)
    return derived, bill, differences


def _is_of(one: OpenFile, case: Case, opened: Opened, unchecked: list[Unchecked]) -> bool:
    """An archive that says of which version it is counts for that one; one that does not, where there is one release only."""
    file = one.exhibit.value
    if file.version:
        return versions_agree(file.ecosystem, file.version, case.release.version) is True
    if len(opened.attestation.releases) > 1:
        unchecked.append(Unchecked(one.exhibit.source.name, "it does not say of which release it is"))
        return False
    return True


def _unread(all_: Sequence[OpenFile]) -> Iterator[Unchecked]:
    for one in all_:
        name = shown(one.exhibit.source.name, 120)
        for path, reason in one.packaged.unread[:MAX_NAMED]:
            yield Unchecked(f"{name}!/{shown(path, 120)}", shown(reason, MAX_MESSAGE))
        if one.packaged.archives:
            yield Unchecked(name, f"{one.packaged.archives} archives inside it were not opened")
        if one.exhibit.value.kind == "other" and not one.exhibit.value.members:
            yield Unchecked(name, "it is no archive that is opened here")


def _inside(one: OpenFile, path: str) -> str:
    return f"{shown(one.exhibit.source.name, 120)}!/{shown(path, 200)}"


def _other(case: Case, package: Carried) -> bool:
    """Whether it is another package than the release itself."""
    return not same_name(package.ecosystem, package.package.name, case.release.name)


def _with(needed: Needed, carried: Sequence[Carried]) -> Needed:
    held = {(part.ecosystem, part.package.name, part.package.version) for part in needed.parts}
    more = {
        key: Part(one.ecosystem, one.package, None)
        for one in carried
        if (key := (one.ecosystem, one.package.name, one.package.version)) not in held
    }
    order = sorted(
        (*needed.parts, *more.values()),
        key=lambda part: (part.package.name, part.package.version, part.ecosystem),
    )
    return msgspec.structs.replace(needed, parts=tuple(order))


def _serial(opened: Opened, label: str) -> UUID:
    """From what the bill is about, so that deriving it again gives the same bytes."""
    seed = Digest.sha256(f"{opened.envelope.identity}\n{label}".encode())
    return UUID(bytes=bytes.fromhex(seed.value)[:16], version=5)


def _checked_again(
    case: Case, used: Sequence[OpenFile], found: Sequence[tuple[OpenFile, Found]]
) -> Iterator[Difference]:
    """The checks of :data:`AGAIN`, with the locks and archives that were found since.

    A lock that lies in a source tree is not known to be the one that was built from, so by itself it speaks against nothing.
    """
    locks = [
        (lock, Exhibit(Source(_inside(one, lock.path), lock.digest), lock.lock))
        for one, lock in found
        if lock.digest not in {exhibit.source.digest for exhibit in case.of(Lockfile)}
    ]
    weak = {lock.digest for lock, _ in locks if not lock.installed} | {
        one.exhibit.source.digest for one in used
    }
    more = (*case.exhibits, *(exhibit for _, exhibit in locks), *(one.exhibit for one in used))
    whole = msgspec.structs.replace(case, exhibits=more)
    for id_, what in AGAIN.items():
        check = CHECKS[id_]
        # What the release declares is compared with the release's own files, not with its source.
        seen = whole if id_ not in ("sbom-covers-dependencies", "sbom-describes-release") else case
        answer = run(check, msgspec.structs.replace(seen, parameters=check.parameters))
        for finding in answer.findings:
            yield _found(what, finding, case, weak)


def _found(what: What, finding: Finding, case: Case, weak: set[Digest]) -> Difference:
    doubtful = finding.outcome == "not_satisfied" and not weak.isdisjoint(finding.evidence)
    bills = {exhibit.source.digest for exhibit in case.of(Sbom)}
    about = (
        next((one for one in finding.evidence if one in bills), *finding.evidence[:1])
        if finding.evidence
        else ""
    )
    return Difference(
        what="agrees" if finding.outcome in ("satisfied", "not_applicable") else what,
        outcome="unknown" if doubtful else finding.outcome.value,
        message=finding.message,
        about=str(about),
        at=finding.at,
        evidence=tuple(str(one) for one in finding.evidence[:MAX_EVIDENCE]),
        release=case.release.label,
    )


def _subjects(case: Case, whole: Needed) -> dict[Subject, str]:
    """Every component that is known of, by name and version, and where it stands."""
    found = {
        Subject(normalise_name(part.ecosystem, part.package.name), part.package.version, part.ecosystem): (
            part.package.location or ", ".join(whole.locks[:2]) or "the release"
        )
        for part in whole.parts
        if part.ecosystem and part.package.source in ("registry", "bundled")
    }
    for part in contents(case.of(Sbom), case.of(Lockfile)):
        subject = Subject(part.subject.name, part.subject.version, part.subject.type)
        if subject.type and not part.development and not part.elsewhere:
            found.setdefault(subject, shown(part.source.name, 120))
    return found
