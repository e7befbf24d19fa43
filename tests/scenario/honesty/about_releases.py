"""Falsehoods about what was released: the wheel, its bill, the lock, and where it was built."""

import base64
import json

import msgspec
from tests.scenario.honesty import bills, documents, office, wheels
from tests.scenario.honesty.falsehood import Falsehood
from tests.scenario.honesty.workspace import BUILT_BY, NOW, Workspace
from tests.support import signing

from assay.formats.attestation import Attestation, ReleaseDigest
from assay.formats.digest import Digest

OTHER_COMMIT = "2e" * 20
LAST_YEAR = "2025-03-01T08:00:00Z"
CODE, ORIGIN, KEPT, SHARED = (
    "cisa-form@2024-03#2", "cisa-form@2024-03#3", "nist-ssdf@1.1#PS.3.1", "nist-ssdf@1.1#PS.3.2",
)  # fmt: skip

NOT_ASKED = "no requirement rests on provenance; what does not verify counts for nothing"


def naming(attestation: Attestation, filename: str, data: bytes) -> Attestation:
    """The attestation with *data* as its only release file."""
    (release,) = attestation.releases
    file = ReleaseDigest(filename, Digest.sha256(data))
    return msgspec.structs.replace(attestation, releases=(msgspec.structs.replace(release, files=(file,)),))


def original(attestation: Attestation, honest: Workspace) -> Attestation:
    """Attests the wheel that was built, whatever is submitted."""
    return naming(attestation, honest.project.filename, honest.project.wheel)


def swap_wheel(workspace: Workspace) -> None:
    workspace.keep_bill()
    workspace.rebuild(wheels.other)


def dependency(workspace: Workspace) -> str:
    """The first package that the wheel needs and the lock holds."""
    locked = {package.name for package in workspace.packages}
    return next(name for name in wheels.needs(workspace.wheel) if name in locked)


WHEEL = (
    Falsehood(
        id="swapped-wheel",
        lie="attests the wheel that was built, and ships another under its name",
        evidence=swap_wheel,
        attestation=original,
        check="release-matches-attested",
        says="the attestation names",
        hits=(CODE, KEPT),
    ),
    Falsehood(
        id="changed-file",
        lie="patches a file in the built wheel",
        source=lambda at: at.rebuild(wheels.with_changed_file),
        check="release-record-intact",
        says="RECORD says",
        hits=(CODE, KEPT),
    ),
    Falsehood(
        id="unlisted-file",
        lie="slips a file into the built wheel",
        source=lambda at: at.rebuild(wheels.with_unlisted_file),
        check="release-record-intact",
        says="is in the wheel and not in RECORD",
        hits=(CODE, KEPT),
    ),
    Falsehood(
        id="edited-record",
        lie="edits a row of RECORD",
        source=lambda at: at.rebuild(wheels.with_edited_record),
        check="release-record-intact",
        says="RECORD says",
        hits=(CODE, KEPT),
    ),
    Falsehood(
        id="removed-file",
        lie="takes a file out of the built wheel",
        source=lambda at: at.rebuild(wheels.without_a_listed_file),
        check="release-record-intact",
        says="which is not in the wheel",
        hits=(CODE, KEPT),
    ),
    Falsehood(
        id="no-record",
        lie="takes RECORD out of the built wheel",
        source=lambda at: at.rebuild(wheels.without_record),
        check="release-record-intact",
        says="has no RECORD, which every wheel must have",
        hits=(CODE, KEPT),
    ),
    Falsehood(
        id="two-faced-wheel",
        lie="hides a second file under the name of one that is in the wheel",
        source=lambda at: at.rebuild(wheels.two_faced),
        attestation=lambda one, at: naming(one, at.project.filename, wheels.two_faced(at.wheel)),
        check="release-record-intact",
        outcome="unknown",
        says="could not be read",
        hits=(CODE, KEPT),
    ),
    Falsehood(
        id="hidden-key",
        lie="ships a private key in the wheel",
        source=lambda at: at.rebuild(wheels.with_secret),
        check="release-no-secrets",
        says="private key",
        hits=(CODE, "cisa-form@2024-03#1.e", "nist-ssdf@1.1#PS.1.1"),
    ),
    Falsehood(
        id="hidden-token",
        lie="ships an access token in the wheel",
        source=lambda at: at.rebuild(wheels.with_token),
        check="release-no-secrets",
        says="its checksum is right",
        hits=(CODE, "cisa-form@2024-03#1.e"),
    ),
    Falsehood(
        id="hidden-binary",
        lie="ships machine code in a wheel that says it is for any platform",
        source=lambda at: at.rebuild(wheels.with_binary),
        check="release-no-undeclared-binaries",
        says="is an ELF binary in a wheel for any platform",
        hits=(ORIGIN, SHARED),
    ),
    Falsehood(
        id="hidden-copy",
        lie="ships a copy of somebody else's package that the bill omits",
        source=lambda at: at.rebuild(wheels.with_vendored),
        check="release-no-undeclared-binaries",
        says="carries a copy of sham_lib 1.0",
        hits=(ORIGIN, SHARED),
    ),
    Falsehood(
        id="other-version-inside",
        lie="ships last year's code under this version's file name",
        source=lambda at: at.rebuild(lambda wheel: wheels.of_version(wheel, "0.0.9")),
        attestation=lambda one, at: naming(one, at.project.filename, wheels.of_version(at.wheel, "0.0.9")),
        check="release-matches-attested",
        says="metadata say version '0.0.9'",
        hits=(CODE, KEPT),
    ),
)

BILL = (
    Falsehood(
        id="old-bill",
        lie="copies the bill of an earlier version",
        evidence=lambda at: at.bill(lambda bill: bills.of_version(bill, "0.0.9", LAST_YEAR)),
        check="sbom-describes-release",
        says="describes version '0.0.9', the attested release is",
        hits=(ORIGIN, SHARED, KEPT),
        companions=frozenset({"sbom-not-older-than-release"}),
    ),
    Falsehood(
        id="bill-of-another-product",
        lie="submits the bill of another product",
        evidence=lambda at: at.bill(lambda bill: bills.of_product(bill, "sham-product")),
        check="sbom-describes-release",
        says="is about 'sham-product'",
        hits=(ORIGIN, SHARED, KEPT),
    ),
    Falsehood(
        id="bill-of-other-files",
        lie="submits the bill of another build of this version",
        evidence=lambda at: at.bill(bills.with_other_release_digest),
        check="sbom-describes-release",
        says="gives the release the sha256 5a5a5a5a5a5a…, attested is",
        hits=(ORIGIN, SHARED, KEPT),
    ),
    Falsehood(
        id="dropped-dependency",
        lie="drops a dependency from the bill",
        evidence=lambda at: at.bill(lambda bill: bills.without(bill, dependency(at))),
        check="sbom-covers-dependencies",
        says="which is not among the",
        hits=(ORIGIN, SHARED),
    ),
    Falsehood(
        id="bill-contradicts-lock",
        lie="gives a component another version than the lock",
        evidence=lambda at: at.bill(lambda bill: bills.with_version(bill, dependency(at), "1.0.0")),
        check="sbom-agrees-with-lock",
        says=" 1.0.0, src/assay/requirements.lock has ",
        hits=(ORIGIN, SHARED),
    ),
    Falsehood(
        id="bill-hash-contradicts-lock",
        lie="gives a component a digest that no file in the lock has",
        evidence=lambda at: at.bill(lambda bill: bills.with_hash(bill, dependency(at))),
        check="sbom-agrees-with-lock",
        says="the sha256 5a5a5a5a5a5a…, src/assay/requirements.lock has",
        hits=(ORIGIN, SHARED),
    ),
    Falsehood(
        id="bill-older-than-release",
        lie="dates the bill before the release that it describes",
        evidence=lambda at: at.bill(lambda bill: bills.dated(bill, "2026-06-01T08:00:00Z")),
        check="sbom-not-older-than-release",
        says="was made 2026-06-01T08:00:00Z, 141 days before",
        hits=(ORIGIN, SHARED),
    ),
    Falsehood(
        id="bare-bill",
        lie="submits a bill without hashes, licences and relations",
        evidence=lambda at: at.bill(bills.bare),
        check="sbom-minimum-elements",
        says="component hash value is missing on",
        unharmed="its findings are notes: a bill without these fields still names the components",
    ),
)

LOCK = (
    Falsehood(
        id="unpinned-lock",
        lie="lets a dependency float",
        source=lambda at: at.edit(at.project.lock, lambda lock: bills.lock_unpinned(lock, dependency(at))),
        check="lock-pins-with-hashes",
        says="no exact version",
        hits=(CODE, "nist-ssdf@1.1#PW.4.1", "nist-ssdf@1.1#PW.4.4"),
        verdict="unknown",
    ),
    Falsehood(
        id="lock-without-hash",
        lie="takes the hashes of a dependency out of the lock",
        source=lambda at: at.edit(
            at.project.lock, lambda lock: bills.lock_without_hashes(lock, dependency(at))
        ),
        check="lock-pins-with-hashes",
        says="no hash",
        hits=(CODE, "nist-ssdf@1.1#PW.4.1", "nist-ssdf@1.1#PW.4.4"),
        verdict="unknown",
    ),
    Falsehood(
        id="malicious-component",
        lie="builds on a package that is known to be malicious",
        source=lambda at: at.edit(at.project.lock, lambda lock: bills.lock_with(lock, "sham-007", "1.0")),
        check="no-malicious-component",
        says="sham-007 1.0 (pypi) is listed as malicious",
        hits=(CODE, "nist-ssdf@1.1#PW.4.1", "nist-ssdf@1.1#PW.4.4"),
    ),
    Falsehood(
        id="exploited-component",
        lie="builds on a package with a vulnerability that is known to be exploited, and says nothing of it",
        office=lambda given: msgspec.structs.replace(
            given, snapshot=documents.snapshot(NOW, exploited="msgspec")
        ),
        check="no-exploited-vulnerability",
        says="exploited since 2026-10-01, is answered by no VEX statement",
        hits=("cisa-form@2024-03#4", "cisa-form@2024-03#4.b", "nist-ssdf@1.1#RV.2.2"),
    ),
)


def forge(workspace: Workspace) -> None:
    """Rewrite what CI signed, and leave the signature."""

    def change(envelope: bytes) -> bytes:
        document = json.loads(envelope)
        payload = base64.b64decode(document["payload"]).replace(
            workspace.commit.encode(), OTHER_COMMIT.encode()
        )
        return json.dumps({**document, "payload": base64.b64encode(payload).decode()}).encode()

    workspace.edit(BUILT_BY, change)


def earlier_build(workspace: Workspace) -> None:
    """The provenance of another version's wheel."""
    filename = workspace.project.filename.replace(workspace.project.version, "0.0.9")
    workspace.bind_build(files={filename: wheels.other(workspace.wheel)}, tag="v0.0.9", commit=OTHER_COMMIT)


PROVENANCE = (
    Falsehood(
        id="provenance-of-another-build",
        lie="ships a wheel that was not built where the provenance says",
        evidence=lambda at: at.rebuild(wheels.other),
        check="provenance-names-release",
        says="the attested file has",
        hits=(ORIGIN, SHARED, KEPT),
    ),
    Falsehood(
        id="provenance-of-another-version",
        lie="submits the provenance of an earlier version",
        evidence=earlier_build,
        check="provenance-names-release",
        says="is of version '0.0.9'",
        hits=(ORIGIN, SHARED, KEPT),
    ),
    Falsehood(
        id="forged-provenance",
        lie="rewrites the provenance after CI signed it",
        evidence=forge,
        check="provenance-signature-verifies",
        says="which did not make it over this payload",
        hits=(CODE, "nist-ssdf@1.1#PS.2.1"),
    ),
    Falsehood(
        id="provenance-by-nobody",
        lie="signs the provenance with a key made for the purpose",
        evidence=lambda at: at.bind_build(keys=signing.pair("somebody")),
        check="provenance-signature-verifies",
        outcome="unknown",
        says="is signed by nobody the trust root knows",
        unharmed=NOT_ASKED,
    ),
    Falsehood(
        id="provenance-by-another-provider",
        lie="has the build system of somebody else sign the provenance",
        evidence=lambda at: at.bind_build(keys=signing.pair("harbour-ci")),
        check="provenance-signature-verifies",
        outcome="unknown",
        says="may not speak for 'Lighthouse Works (fictional)'",
        unharmed=NOT_ASKED,
    ),
    Falsehood(
        id="provenance-by-itself",
        lie="signs provenance that names an accepted builder with its own key",
        evidence=lambda at: at.bind_build(keys=office.KEYS),
        check="builder-accepted",
        outcome="unknown",
        says="that is the provider's own word",
        unharmed=NOT_ASKED,
    ),
    Falsehood(
        id="unaccepted-builder",
        lie="builds on a laptop",
        evidence=lambda at: at.bind_build(builder="https://laptop.example/keeper"),
        check="builder-accepted",
        says="https://laptop.example/keeper, which is not among the accepted builders",
        hits=(CODE, "nist-ssdf@1.1#PO.3.2"),
    ),
    Falsehood(
        id="built-from-another-commit",
        lie="attests a commit other than the one that was built",
        evidence=lambda at: at.bind_build(commit=OTHER_COMMIT),
        check="source-agrees",
        says=f"was built from commit {OTHER_COMMIT}",
        hits=(ORIGIN, "nist-ssdf@1.1#PS.1.1"),
    ),
    Falsehood(
        id="built-from-another-repository",
        lie="attests a repository other than the one that was built",
        evidence=lambda at: at.bind_build(repository="https://git.example/somebody/fork"),
        check="source-agrees",
        outcome="unknown",
        says="https://git.example/somebody/fork",
        unharmed=NOT_ASKED,
    ),
    Falsehood(
        id="provenance-by-a-revoked-key",
        lie="submits provenance signed with a build key that was stolen and revoked",
        evidence=lambda at: at.bind_build(keys=signing.pair("stolen-ci")),
        check="provenance-signature-verifies",
        says="was revoked on 2026-10-01",
        hits=(CODE, "nist-ssdf@1.1#PS.2.1"),
        companions=frozenset({"keys-not-revoked"}),
    ),
)

FALSEHOODS = (*WHEEL, *BILL, *LOCK, *PROVENANCE)
