from typing import Any

import msgspec
import pytest
from tests.support.cases import FACTS, RELEASE, WHEEL, exhibit, findings
from tests.support.statements import FILENAME, built, commit, said, shown

from assay.checks.release_signed import CHECK
from assay.evidence.model import UNSIGNED, Exhibit, Signature, Standing
from assay.evidence.release import ReleaseFile
from assay.evidence.statement import OtherPredicate, Resource, Statement
from assay.formats.attestation import ReleaseDigest
from assay.formats.digest import Digest

BARE = Statement("", (Resource(digests=(WHEEL,)),), OtherPredicate())


def judged(*exhibits: Exhibit[Any], release: Any = RELEASE, **standing: Any) -> list[tuple[str, str]]:
    facts = msgspec.structs.replace(FACTS, signature=msgspec.structs.replace(FACTS.signature, **standing))
    found = findings(CHECK, *exhibits, facts=facts, release=release)
    return [(finding.outcome.value, finding.message) for finding in found]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (built(), f"{FILENAME} is signed by ci, as the subject of s.json (https://slsa.dev/provenance/v1)"),
        (
            said(Resource("x", digests=(WHEEL,))),
            f"{FILENAME} is signed by ci, as the subject of s.json (https://statements.example/v1)",
        ),
        (BARE, f"{FILENAME} is signed by ci, as a file by itself"),
    ],
    ids=["provenance", "any statement", "signature over the file"],
)
def test_satisfied_by_a_statement(statement: Statement, message: str) -> None:
    assert judged(shown(statement, "s.json"), verified=False) == [("satisfied", message)]


def test_satisfied_by_the_attestation_itself_which_is_said() -> None:
    assert judged() == [
        (
            "satisfied",
            f"{FILENAME} is signed through the attestation itself, by 'lighthouse' with ed25519 and ml-dsa-65",
        )
    ]
    assert "(a trial key, worth nothing elsewhere)" in judged(trial=True)[0][1]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            said(commit(), resources=(Resource(digests=(WHEEL,)),)), id="named, but not as a subject"
        ),
        pytest.param(
            said(Resource(FILENAME, digests=(Digest.sha256(b"x"),))), id="another file of that name"
        ),
        pytest.param(said(Resource(FILENAME)), id="by name alone"),
    ],
)
def test_other_statements_do_not_sign_the_file(statement: Statement) -> None:
    message = (
        f"no signature over {FILENAME} is verified: no statement names it, "
        "and the attestation's own does not verify (no such key)"
    )
    assert judged(shown(statement), verified=False, reason="no such key") == [("unknown", message)]


@pytest.mark.parametrize(
    ("signature", "said_so"),
    [
        (UNSIGNED, "unsigned"),
        (Signature(Standing.UNKNOWN_SIGNER), "unknown signer"),
        (Signature(Standing.UNCHECKED), "unchecked"),
        (Signature(Standing.INVALID), "invalid"),
    ],
    ids=["unsigned", "unknown signer", "unchecked", "invalid"],
)
def test_unverified_signatures_leave_it_open(signature: Signature, said_so: str) -> None:
    ((outcome, message),) = judged(shown(built(), "s.json", signature), verified=False)
    assert outcome == "unknown"
    assert f"s.json is {said_so}" in message


def test_revoked_keys_contradict_where_there_is_nothing_better() -> None:
    revoked = shown(built(), "s.json", Signature(Standing.REVOKED, reason="stolen"))
    assert judged(revoked, verified=False) == [
        ("not_satisfied", f"the signature over {FILENAME} is by a revoked key: stolen")
    ]
    assert judged(verified=False, revoked=True, reason="stolen") == [
        (
            "not_satisfied",
            f"the only signature over {FILENAME} is the attestation's, by a revoked key: stolen",
        )
    ]
    assert judged(revoked)[0][0] == "satisfied"
    assert judged(shown(built()), verified=False, revoked=True)[0][0] == "satisfied"


def test_each_file_needs_one() -> None:
    sdist = ReleaseDigest("lantern-2.1.0.tar.gz", Digest.sha256(b"sdist"))
    release = msgspec.structs.replace(RELEASE, files=(*RELEASE.files, sdist))
    rows = judged(shown(built()), release=release, verified=False)
    assert [row[0] for row in rows] == ["satisfied", "unknown"]


def test_a_signature_over_another_digest_of_the_submitted_file_counts() -> None:
    sha512 = Digest("sha512", "ab" * 64)
    file = exhibit(ReleaseFile(FILENAME, "wheel", 1, (WHEEL, sha512)))
    signed = shown(said(Resource(digests=(sha512,))))
    assert judged(signed, file, verified=False)[0][0] == "satisfied"
    assert judged(signed, verified=False)[0][0] == "unknown"


def test_a_release_without_files_is_unknown() -> None:
    release = msgspec.structs.replace(RELEASE, files=())
    assert judged(release=release) == [("unknown", "the attestation names no file of this release")]
