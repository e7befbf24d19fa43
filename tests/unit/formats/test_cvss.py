"""CVSS 3 base scores against published pairs of vector and score."""

import pytest

from assay.errors import Malformed
from assay.formats import cvss

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        pytest.param("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, id="network, all high"),
        pytest.param("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, id="changed scope is capped"),
        pytest.param("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5, id="CVE-2014-0160"),
        pytest.param("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, id="CVE-2013-0375"),
        pytest.param("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, id="CVE-2013-1937"),
        pytest.param("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, id="CVE-2014-3566"),
        pytest.param("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H", 9.3, id="CVE-2013-6014"),
        pytest.param("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", 4.6, id="physical"),
        pytest.param("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, id="no impact"),
        pytest.param(
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O", 9.8, id="temporal metrics are left out"
        ),
    ],
)
def test_base_score(vector: str, score: float) -> None:
    assert cvss.base_score(vector) == score


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param("CVSS:3.1/", "CVSS:4.0/", "is not CVSS:3.0 or CVSS:3.1", id="version 4"),
        pytest.param("CVSS:3.1/", "", "is not CVSS:3.0 or CVSS:3.1", id="no version"),
        pytest.param("/A:H", "", "has no A of H/L/N", id="metric missing"),
        pytest.param("/S:U", "/S:X", "has no S of U/C", id="unknown value"),
        pytest.param("/UI:N", "/UI:N/UI:R", "names a metric twice", id="metric twice"),
        pytest.param("/I:H", "/I:high", "metrics of the form", id="words"),
        pytest.param("/A:H", "/A:H/" + "E:P/" * 100, "metrics of the form", id="endless"),
    ],
)
def test_refuses(old: str, new: str, reason: str) -> None:
    assert old in VECTOR
    with pytest.raises(Malformed, match=reason):
        cvss.base_score(VECTOR.replace(old, new))
