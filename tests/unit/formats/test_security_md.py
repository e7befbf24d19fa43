"""What can be seen in a disclosure policy written as prose."""

import pytest

from assay.errors import Malformed, TooLarge
from assay.formats import security_md

EXAMPLE = """\
# Security policy

## Supported versions

Only 2.x is supported.

## Reporting a vulnerability

Write to <security@lighthouse.example> or use https://lighthouse.example/report.
We answer within 3 business days.
"""


def parse(text: str) -> security_md.DisclosurePolicy:
    return security_md.parse(text.encode(), what="SECURITY.md")


def test_reads_a_policy() -> None:
    policy = parse(EXAMPLE)
    assert policy.contacts == ("mailto:security@lighthouse.example", "https://lighthouse.example/report")
    assert policy.sections == ("Security policy", "Supported versions", "Reporting a vulnerability")
    assert (policy.mentions_reporting, policy.mentions_time, policy.mentions_supported) == (True, True, True)
    assert not policy.placeholder


@pytest.mark.parametrize(
    ("text", "contacts"),
    [
        pytest.param(
            "mail security [at] lighthouse [dot] example",
            ("mailto:security@lighthouse.example",),
            id="spelt out",
        ),
        pytest.param(
            "mail security(at)mail.lighthouse.example now",
            ("mailto:security@mail.lighthouse.example",),
            id="(at)",
        ),
        pytest.param("[form](https://lighthouse.example/r)", ("https://lighthouse.example/r",), id="link"),
        pytest.param("`a.b+c@x.example`", ("mailto:a.b+c@x.example",), id="code"),
        pytest.param("see me@localhost or @handle or pkg@1.2.3", (), id="no addresses"),
        pytest.param("http://lighthouse.example", (), id="plain http"),
    ],
)
def test_contacts(text: str, contacts: tuple[str, ...]) -> None:
    assert parse(text).contacts == contacts


def test_reads_underlined_headings() -> None:
    assert parse("Security\n========\n\ntext\n").sections == ("Security",)


def test_recognises_the_unfilled_template() -> None:
    template = (
        "## Reporting a Vulnerability\n\nUse this section to tell people how to report a\nvulnerability.\n"
    )
    assert parse(template).placeholder.startswith("Use this section")


def test_recognises_the_private_channel_of_a_forge() -> None:
    assert parse("Please use GitHub's private vulnerability reporting.").mentions_private_channel
    assert not parse("Please open an issue.").mentions_private_channel


def test_refuses_what_is_not_text() -> None:
    with pytest.raises(Malformed, match="is not UTF-8: byte 0"):
        security_md.parse(b"\xff\xfe\x00", what="SECURITY.md")
    with pytest.raises(TooLarge, match="over the limit"):
        security_md.parse(b"a" * (security_md.MAX_FILE + 1), what="SECURITY.md")
