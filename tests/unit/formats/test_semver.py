"""The order of versions under Semantic Versioning 2.0.0."""

import pytest

from assay.errors import Malformed
from assay.formats import semver

ORDER = [
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
]  # fmt: skip
"""The example of section 11, and numbers that text would order otherwise."""


def test_order() -> None:
    keys = [semver.key(version) for version in ORDER]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(ORDER)


def test_build_metadata_and_a_leading_v_do_not_count() -> None:
    assert semver.key("v1.0.0+build.5") == semver.key("1.0.0")


@pytest.mark.parametrize(
    "text", ["1.0", "01.0.0", "1.0.0-", "1.0.0-a..b", "1.0.0 ", "", "1.0.0-ü", "1.0.0.0", "9" * 30 + ".0.0"]
)
def test_refuses(text: str) -> None:
    assert not semver.is_version(text)
    with pytest.raises(Malformed, match=r"is not MAJOR\.MINOR\.PATCH"):
        semver.key(text)
