"""Licences are normalised only where nothing is lost."""

import pytest

from assay.formats.licence import expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT", "MIT"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("BSD-3-Clause AND\n (MIT OR ISC)", "BSD-3-Clause AND (MIT OR ISC)"),
        ("LicenseRef-lantern", "LicenseRef-lantern"),
        ("MIT License", "MIT"),
        ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("Apache Software License", ""),
        ("BSD License", ""),
        ("BSD", ""),
        ("see LICENSE", ""),
        ("(MIT", ""),
        ("MIT (ISC)", ""),
        ("", ""),
        ("(" * 500 + "MIT" + ")" * 500, ""),
        ("MIT OR " * 1000 + "MIT", ""),
    ],
)
def test_expression(text: str, expected: str) -> None:
    assert expression(text) == expected
