"""Tokens by form and checksum; examples and placeholders are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.secrets import age, aws, github, letters, pypi

from assay.errors import TooLarge
from assay.formats import tokens
from assay.formats.api_token import ApiTokenText
from assay.formats.tokens import checksum62, find

HEX = "0123456789abcdef"
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
TOKENS = [
    ("GitHub token", github(), True),
    ("GitHub token", github("ghs_"), True),
    ("GitHub token", f"github_pat_{letters(22)}_{letters(59)}".encode(), False),
    ("npm token", github("npm_"), True),
    ("npm token", b"_authToken=4b1c8e0d-93f2-4a67-b5d0-0e9a7c2f6318", False),
    ("PyPI token", pypi(), True),
    ("GitLab token", f"glpat-{letters(20)}".encode(), False),
    ("Slack token", f"xoxb-{letters(12, HEX[:10])}-{letters(12, HEX[:10])}-{letters(24)}".encode(), False),
    ("Slack webhook", f"hooks.slack.com/services/T{letters(9).upper()}/B{letters(9).upper()}/{letters(24)}".encode(), False),
    ("Stripe live key", f"sk_live_{letters(24)}".encode(), False),
    ("SendGrid key", f"SG.{letters(22)}.{letters(43)}".encode(), False),
    ("OpenAI key", f"sk-{letters(20)}T3BlbkFJ{letters(20)}".encode(), False),
    ("Anthropic key", f"sk-ant-api03-{letters(93)}AA".encode(), False),
    ("Hugging Face token", f"hf_{letters(34, HEX[10:] + 'ghijklmnopqrstuvwxyz')}".encode(), False),
    ("DigitalOcean token", f"dop_v1_{letters(64, HEX)}".encode(), False),
    ("Shopify token", f"shpat_{letters(32, HEX)}".encode(), False),
    ("Docker token", f"dckr_pat_{letters(27)}".encode(), False),
    ("Vault token", f"hvs.{letters(95)}".encode(), False),
    ("Azure storage key", f"AccountKey={letters(86)}==".encode(), False),
    ("Assay token", ApiTokenText(letters(16, BASE32), letters(52, BASE32)).encode().encode(), True),
    ("age identity", age(), True),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "token", "proven"), TOKENS)
def test_finds(kind: str, token: bytes, proven: bool) -> None:
    (found,) = find(b'x = "' + token + b'"\n')
    assert (found.kind, found.offset, found.text, found.proven) == (kind, 5, token, proven)


@pytest.mark.parametrize(("kind", "token", "proven"), TOKENS)
def test_only_whole_words(kind: str, token: bytes, proven: bool) -> None:
    assert list(find(b"a" + token)) == []
    assert [found for found in find(token + b"a") if found.text == token] == []


@pytest.mark.parametrize(("kind", "token", "proven"), [row for row in TOKENS if row[2]])
def test_checksum_excludes_invention(kind: str, token: bytes, proven: bool) -> None:
    at = len(token) // 2
    other = b"Q" if token[at : at + 1] != b"Q" else b"Z"
    changed = token[:at] + other + token[at + 1 :]
    if kind == "PyPI token":  # no checksum there, but lengths that must fit to the last byte
        changed = token[:-4]
    assert list(find(changed)) == []


def test_what_tokens_of_a_kind_share_is_in_all_of_them() -> None:
    several = [rule for rule in tokens._RULES if len(rule.starts) > 1 and rule.needs]
    assert len(several) == 5
    assert all(rule.needs in start for rule in several for start in rule.starts)


def test_checksum_of_a_published_token() -> None:
    """An expired token from the discussion of the format, cut in two so that nobody's scanner stops here."""
    assert checksum62(b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ") == b"0mLq17"


def test_aws_pair() -> None:
    (found,) = find(aws())
    assert (found.kind, len(found.text)) == ("AWS secret access key", 40)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(aws().splitlines()[0], id="key id alone"),
        pytest.param(aws().replace(b"secret", b"public"), id="no word secret"),
        pytest.param(
            b"AKIAIOSFODNN7EXAMPLE\nsecret = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", id="documentation"
        ),
        pytest.param(
            aws().splitlines()[0] + b"\nsecret sha1 = " + letters(40, HEX).encode(), id="a SHA-1 beside it"
        ),
        pytest.param(aws().splitlines()[0] + b"\nsecret" + b" " * 500 + aws().splitlines()[1], id="far away"),
    ],
)
def test_no_aws_pair(text: bytes) -> None:
    assert list(find(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        b"ghp_" + b"x" * 36,
        b"ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        b"glpat-xxxxxxxxxxxxxxxxxxxx",
        b"glpat-EXAMPLE1234567890abc",
        b"sk_live_your_key_goes_here_please",
        b"sk_live_00000000000000000000000000",
        b"sk_test_" + letters(24).encode(),
        b"pk_live_" + letters(24).encode(),
        b"hf_" + b"a" * 34,
        b"SG.ngeVfQFYQlKU0ufo8x5d1A.EXAMPLE" + letters(36).encode(),
        b"xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx",
        b"AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        b"AGE-SECRET-KEY-1" + b"Q" * 58,
        b"pypi-AgEIcHlwaS5vcmcXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        b"_authToken=${NPM_TOKEN}",
        b"_authToken=00000000-0000-0000-0000-000000000000",
        rb"re.compile(r'ghp_[A-Za-z0-9]{36}')",
    ],
)
def test_examples_and_placeholders(text: bytes) -> None:
    assert list(find(text)) == []


def test_bounded() -> None:
    with pytest.raises(TooLarge, match="over 10000 candidates for a GitHub token"):
        list(find(b"ghp_ " * (tokens.MAX_CANDIDATES + 1)))


@given(st.lists(st.sampled_from([token for _, token, _ in TOKENS]) | st.binary(max_size=40), max_size=6))
def test_nothing_escapes(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert all(data[found.offset : found.offset + len(found.text)] == found.text for found in find(data))
