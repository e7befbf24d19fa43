"""The bill that Assay makes passes the checks that Assay makes of bills."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from tests.support.cases import ATTESTATION, RELEASE, WHEEL, exhibit, findings
from tests.support.locks import EXAMPLES

from assay.checks import (
    sbom_agrees_with_lock,
    sbom_covers_dependencies,
    sbom_describes_release,
    sbom_minimum_elements,
)
from assay.checks.model import Check, Finding, Outcome
from assay.collect.sbom import generate
from assay.evidence import sbom
from assay.evidence.lockfile import Lockfile, read
from assay.evidence.needed import Installed
from assay.evidence.release import ReleaseFile, Requires
from assay.evidence.sbom import Sbom
from assay.formats.attestation import Artifact
from assay.formats.digest import Digest

FILE = ReleaseFile(
    RELEASE.files[0].filename,
    "wheel",
    9,
    (WHEEL, Digest("sha512", "f1" * 64)),
    ecosystem="pypi",
    name="lantern",
    version="2.1.0",
    licence="Apache-2.0",
    requires=(Requires("wick"), Requires("unlocked")),
)
ENVIRONMENT = (Installed("wick", "1.4.0", "MIT", "Candle makers", ("glass",)),)


def bill(name: str, *files: ReleaseFile, author: str = "Lighthouse Works (fictional)") -> bytes:
    return generate(
        [(name, read(EXAMPLES[name], name=name))],
        files,
        release=RELEASE,
        author=author,
        serial=UUID(int=7),
        made=datetime(2026, 10, 21, tzinfo=UTC),
        environment=ENVIRONMENT,
    )


def judged(check: Check, data: bytes, *files: ReleaseFile, locks: tuple[Lockfile, ...] = ()) -> list[Finding]:
    """As if the attestation named the bill by digest, which is what signs it."""
    digest = Digest.sha256(data)
    attestation = msgspec.structs.replace(ATTESTATION, artifacts=(Artifact(digest, "sbom.cdx.json", "sbom"),))
    found: Sbom = sbom.read(data, name="sbom.cdx.json")
    exhibits = [exhibit(found, "sbom.cdx.json", digest=digest)]
    exhibits += [exhibit(file, file.filename) for file in files]
    exhibits += [exhibit(lock, lock.format) for lock in locks]
    return findings(check, *exhibits, attestation=attestation)


@pytest.mark.parametrize("name", EXAMPLES)
def test_has_the_minimum_elements_whatever_the_lock(name: str) -> None:
    (finding,) = judged(sbom_minimum_elements.CHECK, bill(name))
    assert finding.outcome is Outcome.SATISFIED
    assert finding.message.startswith("sbom.cdx.json has all 17 fields for ")


@pytest.mark.parametrize("author", ["Lighthouse Works (fictional)", ""])
def test_has_the_minimum_elements_with_a_release_file(author: str) -> None:
    data = bill("uv.lock", FILE, author=author)
    assert [f.outcome for f in judged(sbom_minimum_elements.CHECK, data, FILE)] == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    "files", [(), (FILE,), (FILE, msgspec.structs.replace(FILE, filename="lantern-2.1.0.tar.gz"))]
)
def test_describes_the_release(files: tuple[ReleaseFile, ...]) -> None:
    found = judged(sbom_describes_release.CHECK, bill("uv.lock", *files), *files)
    assert {finding.outcome for finding in found} <= {Outcome.SATISFIED, Outcome.UNKNOWN}
    assert Outcome.SATISFIED in {finding.outcome for finding in found}


def test_a_silent_bill_would_not_have_passed() -> None:
    """The markers are what carries the unknown fields: without them the check finds the gaps."""
    silent = bill("uv.lock", FILE).replace(b"assay:unknown", b"other:remark")
    messages = [
        f.message for f in judged(sbom_minimum_elements.CHECK, silent) if f.outcome is Outcome.NOT_SATISFIED
    ]
    assert any("component producer is missing" in message for message in messages)


@pytest.mark.parametrize("name", EXAMPLES)
def test_agrees_with_the_lock_it_was_made_from(name: str) -> None:
    lock = read(EXAMPLES[name], name=name)
    found = judged(sbom_agrees_with_lock.CHECK, bill(name), locks=(lock,))
    unversioned = [
        package.name for package in lock.packages if package.source == "git" and not package.version
    ]
    open_ = [f"sbom.cdx.json gives {name!r} no version that could be compared" for name in unversioned]
    assert [finding.message for finding in found if finding.outcome is not Outcome.SATISFIED] == open_
    assert found[-1].outcome is Outcome.SATISFIED


def test_covers_what_the_release_declares() -> None:
    found = judged(sbom_covers_dependencies.CHECK, bill("uv.lock", FILE), FILE)
    assert {finding.outcome for finding in found} == {Outcome.SATISFIED}, found
