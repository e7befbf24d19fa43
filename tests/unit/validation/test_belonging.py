from typing import Any

import msgspec
import pytest
from tests.support.cases import RELEASE, WHEEL

from assay.evidence.release import ReleaseFile
from assay.evidence.sbom import Component, Sbom
from assay.formats.attestation import Artifact, Release, ReleaseDigest
from assay.formats.digest import Digest
from assay.validation.belonging import concerns

THEIRS = Digest.sha256(b"the wheel of buoy 1.0")
OTHER = Release("buoy", "1.0", files=(ReleaseDigest("buoy-1.0.whl", THEIRS),), purl="pkg:pypi/buoy@1.0")
NEXT = msgspec.structs.replace(RELEASE, version="2.2.0", files=(), purl="")
PLAIN = Artifact(Digest.sha256(b"x"), "x", "document")


def file(digest: Digest) -> ReleaseFile:
    return ReleaseFile("x.whl", "wheel", 1, (digest,))


def bill(name: str, version: str = "", purl: str = "", *digests: Digest) -> Sbom:
    return Sbom(
        "CycloneDX", "1.6", root=Component(ref="root", name=name, version=version, purl=purl, digests=digests)
    )


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        pytest.param(file(WHEEL), True, id="an attested file of it"),
        pytest.param(file(THEIRS), False, id="an attested file of the other"),
        pytest.param(file(Digest.sha256(b"neither")), True, id="a file that nobody attested"),
        pytest.param(bill("Lantern", "2.1"), True, id="a bill that names it"),
        pytest.param(bill("buoy", "1.0.0"), False, id="a bill that names the other"),
        pytest.param(bill("buoy"), True, id="a bill without a version"),
        pytest.param(bill("buoy", "1.1"), True, id="a bill of a version that is not attested"),
        pytest.param(bill("Buoy for Harbours", "1.0", "pkg:pypi/buoy@1.0"), False, id="by its purl"),
        pytest.param(bill("x", "", "", THEIRS), False, id="a bill with a digest of the other"),
        pytest.param(bill("x", "1", "", WHEEL, THEIRS), True, id="a bill of both"),
        pytest.param(Sbom("SPDX", "2.3"), True, id="a bill of nothing"),
        pytest.param(None, True, id="anything else"),
    ],
)
def test_what_evidence_says_of_itself(value: Any, ours: bool) -> None:
    assert concerns(RELEASE, (OTHER,), PLAIN, value) is ours
    assert concerns(RELEASE, (), PLAIN, value)


def test_two_versions_of_one_product_are_told_apart() -> None:
    old, new = bill("lantern", "2.1.0"), bill("lantern", "2.2.0")
    assert [concerns(RELEASE, (NEXT,), PLAIN, one) for one in (old, new)] == [True, False]
    assert [concerns(NEXT, (RELEASE,), PLAIN, one) for one in (old, new)] == [False, True]


def test_what_the_provider_says_counts_first() -> None:
    labelled = msgspec.structs.replace(PLAIN, releases=("buoy@1.0",))
    assert not concerns(RELEASE, (OTHER,), labelled, file(WHEEL))
    assert not concerns(RELEASE, (), labelled)
    assert concerns(OTHER, (RELEASE,), labelled, file(WHEEL))
