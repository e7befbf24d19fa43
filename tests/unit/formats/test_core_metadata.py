"""METADATA and PKG-INFO."""

import pytest

from assay.errors import Malformed, TooLarge
from assay.formats import core_metadata
from assay.formats.core_metadata import Need

TEXT = b"""Metadata-Version: 2.4
Name: Zope.Interface
Version: 2.1
License-Expression: Apache-2.0
Requires-Dist: Wick_Trimmer>=3,<4
Requires-Dist: oil; python_version < "3.12" and extra == 'fuel'
Requires-Dist: lens[glass]==1.*; extra == 'optics' or extra == 'all'

A description with Name: other
"""


def test_reads() -> None:
    found = core_metadata.read(TEXT, what="METADATA")
    assert (found.name, found.version, found.licence) == ("zope-interface", "2.1", "Apache-2.0")
    assert found.needs == (
        Need("wick-trimmer", "<4,>=3", "", ""),
        Need("oil", "", 'python_version < "3.12" and extra == "fuel"', "fuel"),
        Need("lens", "==1.*", 'extra == "optics" or extra == "all"', "optics"),
        Need("lens", "==1.*", 'extra == "optics" or extra == "all"', "all"),
    )


@pytest.mark.parametrize(
    ("old", "new", "licence"),
    [
        (b"-Expression: Apache-2.0", b": MIT\n  and more", "MIT"),
        (
            b"License-Expression: Apache-2.0",
            b"Classifier: License :: OSI Approved :: MIT License",
            "MIT",
        ),
        (
            b"License-Expression: Apache-2.0",
            b"Classifier: License :: OSI Approved :: BSD License",
            "BSD License",
        ),
        (
            b"License-Expression: Apache-2.0",
            b"License: mit OR isc\nClassifier: License :: Other",
            "MIT OR ISC",
        ),
        (b"License-Expression: Apache-2.0\n", b"", ""),
    ],
)
def test_licence(old: bytes, new: bytes, licence: str) -> None:
    assert old in TEXT
    assert core_metadata.read(TEXT.replace(old, new), what="METADATA").licence == licence


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param(b"Name: Zope.Interface\n", b"", "no single well-formed Name", id="no name"),
        pytest.param(b"Version: 2.1\nL", b"Version: 2.1\nVersion: 2.2\nL", "Version", id="two versions"),
        pytest.param(
            b"Name: Zope.Interface", b"Name: a\nName: b", "no single well-formed Name", id="two names"
        ),
        pytest.param(b"Zope.Interface", b"../evil", "no single well-formed Name", id="path for a name"),
        pytest.param(
            b"Wick_Trimmer>=3,<4",
            b"wick>=three",
            "Requires-Dist 'wick>=three' cannot be read",
            id="requirement",
        ),
        pytest.param(b"Wick_Trimmer>=3,<4", b"wick\xff", "not UTF-8", id="requirement in latin-1"),
    ],
)
def test_refuses(old: bytes, new: bytes, reason: str) -> None:
    assert old in TEXT
    with pytest.raises(Malformed, match=reason):
        core_metadata.read(TEXT.replace(old, new), what="METADATA")


def test_limits() -> None:
    with pytest.raises(TooLarge, match="Requires-Dist 'wick"):
        core_metadata.read(TEXT.replace(b"Wick_Trimmer>=3,<4", b"wick>=3" + b",>=3" * 3000), what="METADATA")
    with pytest.raises(TooLarge, match="over the limit"):
        core_metadata.read(TEXT + bytes(core_metadata.MAX_BYTES), what="METADATA")
    with pytest.raises(TooLarge, match="10001 Requires-Dist"):
        core_metadata.read(b"Requires-Dist: a\n" * 9998 + TEXT, what="METADATA")


@pytest.mark.parametrize(
    ("fields", "producer"),
    [
        (b"Author: The Lantern authors\nAuthor-email: a@lantern.example\n", "The Lantern authors"),
        (b'Author-email: "Ada, L" <a@lantern.example>, Bo <b@lantern.example>\n', "Ada, L, Bo"),
        (b"Author-email: a@lantern.example\n", "a@lantern.example"),
        (b"Maintainer-email: Crew <crew@lantern.example>\n", "Crew"),
        (b"Maintainer: Crew\nAuthor: Ada\n", "Ada"),
        (b"", ""),
    ],
)
def test_producer(fields: bytes, producer: str) -> None:
    data = b"Metadata-Version: 2.4\nName: lantern\nVersion: 1\n" + fields
    assert core_metadata.read(data, what="METADATA").producer == producer
