"""security.txt, RFC 9116."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats import security_txt

EXAMPLE = """\
# Our address (fictional)
Contact: mailto:security@lighthouse.example
contact: https://lighthouse.example/report

Expires: 2027-06-30T23:59:00z
Encryption: openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f
Policy: https://lighthouse.example/policy
Preferred-Languages: en, fi
Canonical: https://lighthouse.example/.well-known/security.txt
Hiring: https://lighthouse.example/jobs
"""
SIGNED = f"""\
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

{EXAMPLE}
-----BEGIN PGP SIGNATURE-----

iHUEARYKAB0WIQRB
-----END PGP SIGNATURE-----
"""


def parse(text: str) -> security_txt.SecurityTxt:
    return security_txt.parse(text.encode(), what="security.txt")


def test_reads_every_field() -> None:
    file = parse(EXAMPLE)
    assert file.contacts == ("mailto:security@lighthouse.example", "https://lighthouse.example/report")
    assert file.expires == datetime(2027, 6, 30, 23, 59, tzinfo=UTC)
    assert file.languages == ("en", "fi")
    assert file.policy == ("https://lighthouse.example/policy",)
    assert not file.signed


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(EXAMPLE.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(EXAMPLE.replace("\n", " \t\n"), id="spaces before the line end"),
        pytest.param("\ufeff" + EXAMPLE, id="byte order mark"),
        pytest.param(EXAMPLE + "X-Extension: whatever it is\n", id="extension field"),
        pytest.param(EXAMPLE.rstrip("\n"), id="no final line end"),
    ],
)
def test_reads_the_same_in_other_spellings(text: str) -> None:
    assert text != EXAMPLE
    assert parse(text) == parse(EXAMPLE)


def test_recognises_a_signature_and_undoes_dash_escapes() -> None:
    file = parse(SIGNED.replace("Hiring:", "- Hiring:"))
    assert file.signed
    assert file.contacts == parse(EXAMPLE).contacts


@pytest.mark.parametrize(
    ("old", "new", "error", "reason"),
    [
        pytest.param(
            "Expires: 2027-06-30T23:59:00z\n",
            "",
            Malformed,
            "has 0 Expires fields, expected exactly one",
            id="none",
        ),
        pytest.param(
            "Encryption:", "Expires: 2028-01-01T00:00:00Z\nEncryption:", Malformed, "has 2 Expires", id="two"
        ),
        pytest.param(
            "2027-06-30T23:59:00z", "30 June 2027", Malformed, "not an RFC 3339 date-time", id="date in words"
        ),
        pytest.param(
            "2027-06-30T23:59:00z", "2027-06-30T23:59:00", Malformed, "not an RFC 3339", id="no zone"
        ),
        pytest.param("2027-06-30", "2027-06-31", Malformed, "day is out of range", id="no such day"),
        pytest.param(
            "mailto:",
            "",
            Malformed,
            "line 2: Contact is 'security@lighthouse.example', expected a URI",
            id="bare",
        ),
        pytest.param(
            "https://lighthouse.example/report",
            "http://lighthouse.example",
            Malformed,
            "must begin with https",
            id="http",
        ),
        pytest.param(
            "en, fi", "English please", Malformed, "expected language tags", id="languages in words"
        ),
        pytest.param(
            "Policy:", "Preferred-Languages: de\nPolicy:", Malformed, "at most one", id="languages twice"
        ),
        pytest.param("# Our", "Our", Malformed, "line 1 is 'Our address", id="prose"),
        pytest.param("# Our", "# Our" + "x" * 3000, TooLarge, "line 1 has", id="long line"),
        pytest.param("# Our", "# Our\n" * 7000, TooLarge, "over the limit", id="large file"),
        pytest.param("Hiring:", "Y: 1\n" * 201 + "Hiring:", TooLarge, "over 200 fields", id="many fields"),
    ],
)
def test_refuses(old: str, new: str, error: type[AssayError], reason: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(error, match=reason):
        parse(EXAMPLE.replace(old, new, 1))


def test_refuses_a_file_without_contact() -> None:
    with pytest.raises(Malformed, match="has no Contact field, expected at least one"):
        parse("\n".join(line for line in EXAMPLE.split("\n") if not line.lower().startswith("contact")))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param(
            "-----BEGIN PGP SIGNED", "Contact: tel:+1\n-----BEGIN PGP SIGNED", "outside", id="field before"
        ),
        pytest.param(
            "-----END PGP SIGNATURE-----\n",
            "-----END PGP SIGNATURE-----\nContact: tel:+1\n",
            "outside",
            id="after",
        ),
        pytest.param("-----END PGP SIGNATURE-----\n", "", "each armor line exactly once", id="cut off"),
        pytest.param(
            "Hash: SHA256\n", "Contact: tel:+1\n", "is not an OpenPGP Hash header", id="field as header"
        ),
    ],
)
def test_refuses_what_the_signature_does_not_cover(old: str, new: str, reason: str) -> None:
    assert old in SIGNED
    with pytest.raises(Malformed, match=reason):
        parse(SIGNED.replace(old, new, 1))


def test_what_is_written_reads_the_same() -> None:
    file = parse(EXAMPLE)
    assert security_txt.parse(security_txt.encode(file), what="security.txt") == file
    alone = security_txt.SecurityTxt(contacts=("tel:+1-201-555-0123",), expires=file.expires)
    assert security_txt.encode(alone) == b"Contact: tel:+1-201-555-0123\nExpires: 2027-06-30T23:59:00Z\n"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"contacts": ()}, id="nobody"),
        pytest.param({"contacts": ("security@lighthouse.example",)}, id="a bare address"),
        pytest.param({"contacts": ("http://lighthouse.example/",)}, id="without TLS"),
        pytest.param({"contacts": ("mailto:a@b.example\nPolicy: https://b.example/",)}, id="another line"),
        pytest.param({"contacts": ("mailto:a@b.example ",)}, id="a blank after it"),
        pytest.param({"languages": ("english please",)}, id="no tag"),
        pytest.param({"signed": True}, id="a signature that is not there"),
    ],
)
def test_what_would_not_be_read_is_not_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="security"):
        security_txt.encode(msgspec.structs.replace(parse(EXAMPLE), **wrong))
