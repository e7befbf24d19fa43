import msgspec
import pytest
from tests.support.cases import RELEASE, VERIFIED, WHEEL, exhibit, findings
from tests.support.statements import FILENAME, built, ran, shown

from assay.checks.provenance_names_release import CHECK
from assay.evidence.model import UNSIGNED, Signature, Standing
from assay.evidence.release import ReleaseFile
from assay.evidence.statement import Resource, Statement
from assay.formats.attestation import Release, ReleaseDigest
from assay.formats.digest import Digest

OTHER = Digest.sha256(b"another wheel")
SHA512 = Digest("sha512", "ab" * 64)


def of(*subjects: Resource) -> Statement:
    return built(subjects)


def judged(
    *statements: Statement, signature: Signature = VERIFIED, release: Release = RELEASE, files: tuple[ReleaseFile, ...] = ()
) -> list[tuple[str, str, str]]:  # fmt: skip
    exhibits = [shown(one, f"build-{at}.json", signature) for at, one in enumerate(statements)]
    found = findings(CHECK, *exhibits, *(exhibit(file) for file in files), release=release)
    return [(finding.outcome.value, finding.message, finding.at) for finding in found]


@pytest.mark.parametrize("signature", [VERIFIED, UNSIGNED, Signature(Standing.UNCHECKED)])
def test_satisfied(signature: Signature) -> None:
    assert judged(built(), signature=signature) == [
        ("satisfied", f"{FILENAME} (sha256 {WHEEL.short}…) is a subject of build-0.json", "")
    ]


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param((of(Resource("_", digests=(WHEEL,))),), id="under another name"),
        pytest.param((of(Resource(FILENAME, digests=(OTHER,))), built()), id="beside that of another build"),
        pytest.param((of(Resource("x", digests=(OTHER,)), Resource(digests=(SHA512, WHEEL))),), id="second subject"),
    ],
)  # fmt: skip
def test_names_are_not_what_counts(statements: tuple[Statement, ...]) -> None:
    assert [row[0] for row in judged(*statements)] == ["satisfied"]


def test_a_digest_of_the_submitted_file_in_another_algorithm_counts() -> None:
    statement = of(Resource("pkg:npm/lantern@2.1.0", digests=(SHA512,)))
    file = ReleaseFile(FILENAME, "wheel", 1, (WHEEL, SHA512))
    assert judged(statement, files=(file,))[0][0] == "satisfied"
    stranger = ReleaseFile(FILENAME, "wheel", 1, (OTHER, SHA512))
    assert judged(statement, files=(stranger,))[0][0] == "unknown"


@pytest.mark.parametrize(
    "name",
    [FILENAME, f"dist/{FILENAME}", f"dist\\{FILENAME}"],
    ids=["plain", "in a folder", "in a Windows folder"],
)
def test_another_file_under_the_same_name_contradicts(name: str) -> None:
    assert judged(of(Resource("x"), Resource(name, digests=(OTHER,)))) == [
        (
            "not_satisfied",
            f"build-0.json is of {FILENAME} with sha256 {OTHER.short}…, the attested file has {WHEEL.short}…",
            "/subject/1",
        )
    ]


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(Resource("lantern-2.0.0-py3-none-any.whl", digests=(OTHER,)), id="wheel"),
        pytest.param(Resource("lantern-2.0.0.tar.gz", digests=(OTHER,)), id="sdist"),
        pytest.param(Resource("pkg:pypi/lantern@2.0.0", digests=(OTHER,)), id="purl"),
    ],
)
def test_provenance_of_another_version_alone_contradicts(subject: Resource) -> None:
    ((outcome, message, at),) = judged(of(subject))
    assert (outcome, at) == ("not_satisfied", "/subject/0")
    assert message == (
        f"build-0.json is of version '2.0.0', the attested release is '2.1.0'; none names {FILENAME}"
    )


@pytest.mark.parametrize(
    "subjects",
    [
        pytest.param((Resource("lantern-2.1.0.tar.gz", digests=(OTHER,)),), id="another file of this release"),
        pytest.param(
            (Resource("lantern-2.0.0.tar.gz", digests=(OTHER,)), Resource("lantern-2.1.0.tar.gz", digests=(OTHER,))),
            id="two versions, one of them this",
        ),
        pytest.param((Resource("beacon-2.0.0.tar.gz", digests=(OTHER,)),), id="another product"),
        pytest.param((Resource("pkg:npm/lantern@2.0.0", digests=(OTHER,)),), id="the name in another ecosystem"),
        pytest.param((Resource("_", digests=(OTHER,)),), id="no name"),
        pytest.param((Resource("", digests=()),), id="nothing we know"),
    ],
)  # fmt: skip
def test_absence_is_no_contradiction(subjects: tuple[Resource, ...]) -> None:
    assert judged(of(*subjects)) == [
        ("unknown", f"no provenance names {FILENAME} (sha256 {WHEEL.short}…)", "")
    ]


def test_a_namesake_without_a_common_algorithm_is_unknown() -> None:
    ((outcome, message, _),) = judged(of(Resource(FILENAME, digests=(SHA512,))))
    assert (outcome, message) == (
        "unknown", f"build-0.json names {FILENAME} by sha512, the attestation by sha256"
    )  # fmt: skip


def test_a_plain_name_in_another_folder_is_another_file() -> None:
    release = msgspec.structs.replace(RELEASE, files=(ReleaseDigest("macos/lantern", WHEEL),))
    elsewhere, here = Resource("linux/lantern", digests=(OTHER,)), Resource("macos/lantern", digests=(OTHER,))
    assert judged(of(elsewhere), release=release)[0][0] == "unknown"
    assert judged(of(elsewhere, here), release=release)[0][0] == "not_satisfied"


def test_a_name_that_tells_the_version_is_known_in_any_folder() -> None:
    release = msgspec.structs.replace(RELEASE, files=(ReleaseDigest("lantern-2.1.0-linux.tar.xz", WHEEL),))
    moved = of(Resource("dist/lantern-2.1.0-linux.tar.xz", digests=(OTHER,)))
    assert judged(moved, release=release)[0][0] == "not_satisfied"


def test_each_attested_file_is_looked_for() -> None:
    sdist = ReleaseDigest("lantern-2.1.0.tar.gz", OTHER)
    release = msgspec.structs.replace(RELEASE, files=(*RELEASE.files, sdist))
    assert [row[0] for row in judged(built(), release=release)] == ["satisfied", "unknown"]


@pytest.mark.parametrize("standing", [Standing.INVALID, Standing.REVOKED])
@pytest.mark.parametrize(
    "statement", [built(), of(Resource(FILENAME, digests=(OTHER,)))], ids=["agrees", "differs"]
)
def test_what_anybody_may_have_written_says_nothing(standing: Standing, statement: Statement) -> None:
    rows = judged(statement, signature=Signature(standing))
    assert {row[0] for row in rows} == {"unknown"}
    assert "anybody may have written it" in rows[0][1]


def test_other_statements_are_no_provenance() -> None:
    ((outcome, message, _),) = judged(ran((Resource(digests=(WHEEL,)),)))
    assert (outcome, message) == ("unknown", "no statement among the artifacts is a SLSA provenance")


def test_a_release_without_files_is_unknown() -> None:
    release = msgspec.structs.replace(RELEASE, files=())
    assert judged(built(), release=release)[0][:2] == (
        "unknown", "the attestation names no file of this release"
    )  # fmt: skip


def test_weak_digests_name_nothing() -> None:
    weak = Digest("md5", "ab" * 16)
    release = msgspec.structs.replace(RELEASE, files=(ReleaseDigest("x.bin", weak),))
    assert judged(of(Resource(digests=(weak,))), release=release)[0][0] == "unknown"
