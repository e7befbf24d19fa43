"""docs/guides/identity.md says what the code does."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from assay.office.identity.ci import NAMING
from assay.office.identity.identity import Limits
from assay.office.identity.organisation import ROLES, SERVICE_ROLE, Kind
from assay.office_config.model import Identity

GUIDE = (Path(__file__).parents[2] / "docs/guides/identity.md").read_text()
DEFAULTS = Limits()


@pytest.mark.parametrize("kind", Kind)
def test_the_roles_of_each_kind_of_organisation(kind: Kind) -> None:
    (row,) = re.findall(rf"^\| `{kind}` \| (.*) \| (.*) \|$", GUIDE, re.MULTILINE)
    assert set(re.findall(r"`([\w-]+)`", row[0])) == ROLES[kind]
    assert re.findall(r"`([\w-]+)`", row[1]) == [SERVICE_ROLE[kind]]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("a challenge to a passkey", DEFAULTS.challenge),
        ("an invitation", timedelta(hours=Identity().invitation_hours)),
        ("the first administrator's link; a recovery, and its link", DEFAULTS.recovery),
        ("the first administrator's link; a recovery, and its link", DEFAULTS.administrator_link),
        ("a session", timedelta(hours=Identity().session_hours)),
        ("a confirmation", timedelta(minutes=Identity().step_up_minutes)),
        ("an API token", timedelta(days=Identity().token_days)),
        ("a token of a CI job", DEFAULTS.ci_token),
    ],
)
def test_limits_of_time(what: str, said: timedelta) -> None:
    number, unit = limit(what)
    assert timedelta(**{unit: number}) == said


def test_limits_of_number() -> None:
    assert limit("passkeys of one account")[0] == DEFAULTS.passkeys
    assert f"`token_days`), {DEFAULTS.tokens} of one" in GUIDE
    assert DEFAULTS.session_idle == timedelta(hours=1)


def test_the_claims_that_name_a_project() -> None:
    sentence = GUIDE[GUIDE.index("One of `repository`") : GUIDE.index("has to be among them")]
    assert set(re.findall(r"`(\w+)`", sentence)) == NAMING


def limit(what: str) -> tuple[int, str]:
    found = re.search(rf"^\| {re.escape(what)} \| (\d+) ?(\w*)", GUIDE, re.MULTILINE)
    assert found, what
    return int(found[1]), found[2]
