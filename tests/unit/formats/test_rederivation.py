"""A re-derivation has one text."""

import msgspec
import pytest
from tests.support.rederivations import REDERIVATION, SHA

from assay.errors import Malformed
from assay.formats.rederivation import encode, parse

TEXT = encode(REDERIVATION)


def test_it_survives_its_own_text() -> None:
    assert parse(TEXT) == REDERIVATION


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            b'"format":"urn:assay:rederivation:1"', b'"format":"urn:assay:rederivation:2"', id="format"
        ),
        pytest.param(b'"what":"missing"', b'"what":"absent"', id="unknown-difference"),
        pytest.param(b'"outcome":"not_satisfied"', b'"outcome":"contradicted"', id="unknown-outcome"),
        pytest.param(b'"components":2', b'"components": 2', id="space"),
        pytest.param(b'"components":2', b'"components":2,"more":1', id="unknown-field"),
        pytest.param(b'"complete":true,', b"", id="absent-field"),
        pytest.param(b"2026-11-01T12:00:00Z", b"2026-11-01T13:00:00+01:00", id="zone"),
        pytest.param(b'"salt":"cd', b'"salt":"CD', id="case-of-the-salt"),
        pytest.param(b'{"digest":"' + SHA.encode(), b'{"digest":"sha1:ab', id="digest"),
    ],
)
def test_rejects(old: bytes, new: bytes) -> None:
    assert old in TEXT
    with pytest.raises(Malformed):
        parse(TEXT.replace(old, new))


def test_an_input_stands_there_once() -> None:
    twice = msgspec.structs.replace(REDERIVATION, inputs=REDERIVATION.inputs * 2)
    with pytest.raises(ValueError, match="names an input twice"):
        encode(twice)
