"""Ways of naming one repository."""

import pytest

from assay.evidence.repository import repository_key


@pytest.mark.parametrize(
    "written",
    [
        "https://git.example/Lighthouse/Lantern",
        "https://git.example/lighthouse/lantern.git",
        "git+https://git.example/lighthouse/lantern@refs/heads/main",
        "ssh://git@git.example:22/lighthouse/lantern.git",
        "git@git.example:lighthouse/lantern.git",
        "git.example/lighthouse/lantern/",
        "https://user:secret@git.example/lighthouse/lantern#readme",
    ],
)
def test_same_repository(written: str) -> None:
    assert repository_key(written) == "git.example/lighthouse/lantern"


@pytest.mark.parametrize(
    "written", ["", "https://git.example/lighthouse/lantern-docs", "https://other.example/lighthouse/lantern"]
)
def test_another_repository(written: str) -> None:
    assert repository_key(written) != "git.example/lighthouse/lantern"
