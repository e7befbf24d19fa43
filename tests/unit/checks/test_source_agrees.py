from typing import Any

import msgspec
import pytest
from tests.support.cases import COMMIT, RELEASE, exhibit, findings
from tests.support.statements import OTHER_COMMIT, REPOSITORY, SOURCE, built, commit, ran, shown

from assay.checks.source_agrees import CHECK
from assay.evidence.model import UNSIGNED, Exhibit, Signature, Standing
from assay.evidence.repository import GitState
from assay.evidence.statement import Resource, Statement
from assay.formats.digest import Digest

OTHER = (Digest("gitCommit", OTHER_COMMIT),)
MIRROR = "https://mirror.example/lighthouse/lantern"
CLEAN = GitState(COMMIT, remote=f"{REPOSITORY}.git")


def judged(*exhibits: Exhibit[Any], **changes: Any) -> list[tuple[str, str]]:
    release = msgspec.structs.replace(RELEASE, **changes)
    return [
        (finding.outcome.value, finding.message) for finding in findings(CHECK, *exhibits, release=release)
    ]


def test_satisfied() -> None:
    assert judged(shown(built(), "build.json")) == [
        (
            "satisfied",
            f"build.json says the release was built from the attested commit {COMMIT[:12]} of {SOURCE}",
        )
    ]


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        pytest.param(built(source_uri="git@git.example:Lighthouse/lantern.git"), {}, id="ssh spelling"),
        pytest.param(built(source_uri=""), {}, id="commit without an address"),
        pytest.param(built(), {"repository": ""}, id="attestation without an address"),
        pytest.param(
            built(source_uri=MIRROR, materials=(Resource(uri=SOURCE, digests=(Digest("gitCommit", COMMIT),)),)),
            {}, id="at a mirror and here",
        ),
        pytest.param(
            built(source_uri="git+https://git.example/build", source_digests=OTHER,
                  materials=(Resource(uri=SOURCE, digests=(Digest("sha1", COMMIT),)),)),
            {}, id="attested commit among the materials",
        ),
        pytest.param(
            built(materials=(Resource(uri=SOURCE, digests=OTHER),)), {}, id="another commit beside it, as of an action"
        ),
        pytest.param(
            built(source_digests=(Digest("gitCommit", "3d" * 32),)), {"commit": "3d" * 32}, id="SHA-256 repository"
        ),
    ],
)  # fmt: skip
def test_still_satisfied(statement: Statement, changes: dict[str, Any]) -> None:
    assert [row[0] for row in judged(shown(statement), **changes)] == ["satisfied"]


@pytest.mark.parametrize("signature", [None, UNSIGNED, Signature(Standing.UNCHECKED)])
@pytest.mark.parametrize(
    ("statement", "where"),
    [
        pytest.param(built(source_digests=OTHER), SOURCE, id="of this repository"),
        pytest.param(built(source_uri=MIRROR, source_digests=OTHER), MIRROR, id="of another repository"),
        pytest.param(
            built(source_uri="", source_digests=(), materials=(Resource(uri=SOURCE, digests=OTHER),)),
            SOURCE, id="among the materials",
        ),
    ],
)  # fmt: skip
def test_another_commit_contradicts(statement: Statement, where: str, signature: Signature | None) -> None:
    given = shown(statement, "build.json", signature) if signature else shown(statement, "build.json")
    assert judged(given) == [
        (
            "not_satisfied",
            f"build.json says the release was built from commit {OTHER_COMMIT} of {where}, the attestation names {COMMIT}",
        )
    ]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        pytest.param(built(source_uri=MIRROR), "whether one mirrors the other", id="a mirror or new name"),
        pytest.param(built(source_digests=()), "and not at which commit", id="no commit"),
        pytest.param(built(source_uri=MIRROR, source_digests=()), f"built from {MIRROR}, and not at which commit", id="no commit, another address"),
        pytest.param(
            built(source_digests=(), materials=(Resource(uri="https://files.example/x.tar.gz", digests=(Digest("sha256", "ab" * 32),)),)),
            "and not at which commit", id="only digests of files",
        ),
        pytest.param(
            built(source_digests=(), materials=(Resource(uri=REPOSITORY, digests=(Digest("sha256", "ab" * 32),)),)),
            "and not at which commit", id="an archive at the repository's address",
        ),
        pytest.param(
            built(source_uri=MIRROR, source_digests=(), materials=(commit(OTHER_COMMIT),)),
            "and not at which commit", id="another address, and a commit of who knows what",
        ),
        pytest.param(built(source_digests=(), materials=(commit(OTHER_COMMIT),)), "and not at which commit", id="a commit of who knows what"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_unknown(statement: Statement, message: str) -> None:
    ((outcome, said),) = judged(shown(statement))
    assert outcome == "unknown"
    assert message in said


@pytest.mark.parametrize("standing", [Standing.UNSIGNED, Standing.UNKNOWN_SIGNER, Standing.UNCHECKED])
def test_agreement_that_nobody_vouches_for_is_unknown(standing: Standing) -> None:
    ((outcome, message),) = judged(shown(built(), signature=Signature(standing)))
    assert outcome == "unknown"
    assert f"the signature is not verified ({standing.value.replace('_', ' ')})" in message


def test_an_open_question_is_not_put_down_to_the_signature() -> None:
    ((outcome, message),) = judged(shown(built(source_digests=()), "build.json", UNSIGNED))
    assert (outcome, message) == (
        "unknown", f"build.json says the release was built from {SOURCE}, and not at which commit"
    )  # fmt: skip


@pytest.mark.parametrize("standing", [Standing.INVALID, Standing.REVOKED])
@pytest.mark.parametrize("statement", [built(), built(source_digests=OTHER)], ids=["agrees", "differs"])
def test_what_anybody_may_have_written_says_nothing(standing: Standing, statement: Statement) -> None:
    rows = judged(shown(statement, signature=Signature(standing)))
    assert [row[0] for row in rows] == ["unknown"]


def test_a_verified_agreement_outweighs_other_provenance() -> None:
    other = shown(built(source_digests=OTHER), "publish.json")
    assert [row[0] for row in judged(other, shown(built()))] == ["satisfied"]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(built((Resource("x"),), source_digests=OTHER), id="provenance of another file"),
        pytest.param(ran((commit(OTHER_COMMIT),)), id="a test result"),
    ],
)
def test_other_statements_do_not_say_what_the_release_was_built_from(statement: Statement) -> None:
    ((outcome, message),) = judged(shown(statement))
    assert (outcome, message) == (
        "unknown", "no provenance names an attested file, so nothing says what the release was built from"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "names no commit"),
        (COMMIT[:12], "which is not a full one"),
        ("v2.1.0", "which is not a full one"),
    ],
)
def test_without_a_full_commit_there_is_nothing_to_compare(value: str, message: str) -> None:
    ((outcome, said),) = judged(shown(built(source_digests=OTHER)), commit=value)
    assert outcome == "unknown"
    assert message in said


@pytest.mark.parametrize(
    ("state", "outcome", "message"),
    [
        pytest.param(CLEAN, "satisfied", "clean checkout", id="clean"),
        pytest.param(
            msgspec.structs.replace(CLEAN, remote=""), "satisfied", "clean checkout", id="no remote"
        ),
        pytest.param(GitState(COMMIT, dirty=True), "unknown", "changes that no commit holds", id="dirty"),
        pytest.param(GitState(OTHER_COMMIT), "unknown", f"at commit {OTHER_COMMIT}", id="another commit"),
        pytest.param(GitState(COMMIT, remote=MIRROR), "unknown", f"a clone of {MIRROR}", id="another remote"),
    ],
)
def test_the_working_tree_alone_proves_nothing_and_accuses_nobody(
    state: GitState, outcome: str, message: str
) -> None:
    first, second = judged(exhibit(state))
    assert first[0] == "unknown"
    assert second[0] == outcome
    assert message in second[1]


def test_a_dirty_tree_does_not_matter_where_provenance_answers() -> None:
    assert [row[0] for row in judged(shown(built()), exhibit(GitState(COMMIT, dirty=True)))] == ["satisfied"]
