"""Licences as SPDX expressions, where what is written leaves no doubt."""

import contextlib

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

MAX_LENGTH = 2000
MAX_PARENTHESES = 40

_CLASSIFIERS = {
    "mit license": "MIT",
    "mit no attribution license (mit-0)": "MIT-0",
    "isc license (iscl)": "ISC",
    "the unlicense (unlicense)": "Unlicense",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mozilla public license 1.1 (mpl 1.1)": "MPL-1.1",
    "gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later",
    "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "gnu affero general public license v3 or later (agplv3+)": "AGPL-3.0-or-later",
    "boost software license 1.0 (bsl-1.0)": "BSL-1.0",
    "zero-clause bsd (0bsd)": "0BSD",
    "cc0 1.0 universal (cc0 1.0) public domain dedication": "CC0-1.0",
}
"""Trove classifiers, lower case, that name one licence in one version; the others (``BSD License``) stay as written."""


def expression(text: str) -> str:
    """*text* as a canonical SPDX expression; empty where it is none and names no single licence."""
    plain = " ".join(text.split())
    if plain.lower() in _CLASSIFIERS:
        return _CLASSIFIERS[plain.lower()]
    if not plain or len(plain) > MAX_LENGTH or plain.count("(") > MAX_PARENTHESES:
        return ""
    found = ""
    with contextlib.suppress(
        InvalidLicenseExpression
    ):  # "not an expression" is the answer here, not a failure
        found = str(canonicalize_license_expression(plain))
    return found
