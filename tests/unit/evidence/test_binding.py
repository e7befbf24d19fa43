import pytest
from tests.support.cases import COMMIT
from tests.support.statements import OTHER_COMMIT, SOURCE, built, commit, ran, said, shown

from assay.evidence.binding import Bound, Unbound, binding, commits_of, is_commit, names_commit
from assay.evidence.model import UNSIGNED, Exhibit, Signature, Standing
from assay.evidence.statement import Resource, Statement
from assay.formats.digest import Digest

REPORT = Digest.sha256(b"junit.xml")
NAMED = (Resource("junit.xml", digests=(REPORT,)),)
ELSEWHERE = {"source_digests": (Digest("gitCommit", OTHER_COMMIT),)}


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(ran(configuration=NAMED), id="test result: commit the subject, report in the configuration"),
        pytest.param(ran((*NAMED, commit())), id="test result: both subjects"),
        pytest.param(built(byproducts=NAMED), id="provenance: report a byproduct"),
        pytest.param(built(NAMED), id="provenance: report the subject"),
        pytest.param(
            built(NAMED, source_digests=(), materials=(Resource(uri=SOURCE, digests=(Digest("sha1", COMMIT),)),)),
            id="provenance: commit a material",
        ),
        pytest.param(said(commit(), *NAMED), id="any statement: both subjects"),
        pytest.param(said(*NAMED, resources=(commit(),)), id="any statement: commit named inside"),
    ],
)  # fmt: skip
def test_a_verified_statement_that_names_both_binds(statement: Statement) -> None:
    exhibit = shown(statement)
    assert binding(REPORT, COMMIT, [exhibit]) == Bound((exhibit,))


def test_commits_of_sha256_repositories_bind() -> None:
    long = "3d" * 32
    assert isinstance(binding(REPORT, long, [shown(said(commit(long), *NAMED))]), Bound)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(ran((commit(OTHER_COMMIT),), configuration=NAMED), id="test result"),
        pytest.param(built(NAMED, **ELSEWHERE), id="provenance"),
        pytest.param(said(commit(OTHER_COMMIT), *NAMED), id="any statement"),
    ],
)
def test_another_commit_is_a_fact(statement: Statement) -> None:
    found = binding(REPORT, COMMIT, [shown(statement, "ci.json")])
    assert isinstance(found, Unbound)
    assert found.other == OTHER_COMMIT
    assert found.reason == f"ci.json says it is of commit {OTHER_COMMIT}"


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (UNSIGNED, "is not verified (unsigned)"),
        (Signature(Standing.UNKNOWN_SIGNER, reason="no key"), "is not verified (unknown signer, no key)"),
        (Signature(Standing.INVALID), "is not verified (invalid)"),
        (Signature(Standing.REVOKED), "is not verified (revoked)"),
        (Signature(Standing.UNCHECKED), "is not verified (unchecked)"),
    ],
    ids=lambda value: value.standing.value if isinstance(value, Signature) else "",
)
@pytest.mark.parametrize("of", [COMMIT, OTHER_COMMIT], ids=["this commit", "another commit"])
def test_nothing_unverified_binds_or_contradicts(signature: Signature, reason: str, of: str) -> None:
    found = binding(REPORT, COMMIT, [shown(said(commit(of), *NAMED), "ci.json", signature)])
    assert isinstance(found, Unbound)
    assert found.other == ""
    assert found.reason.startswith("not bound to any commit: ci.json names its digest, but the signature")
    assert reason in found.reason


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([], id="no statement"),
        pytest.param([shown(ran())], id="a statement that does not name it"),
        pytest.param([shown(said(Resource("junit.xml"), commit()))], id="by name only"),
        pytest.param([shown(said(Resource(digests=(Digest("sha1", REPORT.value[:40]),)), commit()))], id="cut digest"),
    ],
)  # fmt: skip
def test_nobody_names_it(statements: list[Exhibit[Statement]]) -> None:
    assert binding(REPORT, COMMIT, statements) == Unbound(
        "not bound to any commit: no signed test-result or provenance names its digest"
    )


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(said(*NAMED), id="no commit anywhere"),
        pytest.param(said(*NAMED, resources=(commit(OTHER_COMMIT),)), id="some commit inside: of anything"),
        pytest.param(
            built(NAMED, source_digests=(), materials=(commit(OTHER_COMMIT),)), id="some commit among the materials"
        ),
        pytest.param(
            said(Resource(digests=(REPORT, Digest("sha1", OTHER_COMMIT)))), id="the sha1 of a file is no commit"
        ),
    ],
)  # fmt: skip
def test_a_statement_about_no_commit_binds_to_none(statement: Statement) -> None:
    found = binding(REPORT, COMMIT, [shown(statement, "ci.json")])
    assert isinstance(found, Unbound)
    assert (found.other, found.reason) == (
        "",
        "not bound to any commit: ci.json names its digest, but no commit",
    )


def test_one_that_binds_outweighs_one_of_another_commit() -> None:
    good, other = shown(ran(configuration=NAMED)), shown(said(commit(OTHER_COMMIT), *NAMED))
    assert binding(REPORT, COMMIT, [other, good]) == Bound((good,))


def test_commits_a_statement_is_about() -> None:
    assert commits_of(built(materials=(commit(OTHER_COMMIT),))) == (COMMIT,)
    assert commits_of(ran((commit(), commit(OTHER_COMMIT)))) == (COMMIT, OTHER_COMMIT)
    assert commits_of(ran((), configuration=(commit(),))) == ()


def test_a_commit_is_named_whole_or_not_at_all() -> None:
    assert names_commit(ran(), COMMIT)
    assert not names_commit(ran(), COMMIT[:39])
    assert not names_commit(said(Resource(digests=(Digest("md5", COMMIT[:32]),))), COMMIT[:32])


@pytest.mark.parametrize(
    ("text", "expected"),
    [(COMMIT, True), ("3d" * 32, True), (COMMIT[:39], False), (COMMIT.upper(), False), (COMMIT + "\n", False), ("", False)],
)  # fmt: skip
def test_full_commits(text: str, expected: bool) -> None:
    assert is_commit(text) is expected
