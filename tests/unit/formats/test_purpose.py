"""What a path says about a file."""

import pytest

from assay.formats import purpose


@pytest.mark.parametrize(
    ("path", "use"),
    [
        ("tests/certs/server.key", "tests"),
        ("tornado/test/test.key", "tests"),
        ("dummyserver/certs/cacert.key", "tests"),
        ("src/greentest/3.10/keycert.pem", "tests"),
        ("cryptography_vectors/asymmetric/rsa.pem", "tests"),
        ("lib/keysTest.java", "tests"),
        ("examples/server.key", "tests"),
        ("conf/snakeoil.key", "tests"),
        ("josepy/testdata/rsa.pem", "tests"),
        ("docs/howto.py", "documentation"),
        ("README.md", "documentation"),
        ("lantern-2.1.0.dist-info/METADATA", "documentation"),
        ("lantern/attest/key.pem", ""),
        ("lantern/latest/key.pem", ""),
        ("lantern/protest.py", ""),
        ("lantern/keys.py", ""),
        ("lantern/demography.py", ""),
        ("deploy/id_rsa", ""),
        ("", ""),
    ],
)
def test_of(path: str, use: str) -> None:
    assert purpose.of(path) == use
