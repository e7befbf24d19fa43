"""The API as its own description has it, asked at random: no fault, no answer that is not described."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.support.desks import URL
from tests.support.everybody import Scene

from assay.office.permission_table import Role
from assay.web.api import description

EXAMPLES = 6
ASKING: tuple[tuple[Role, ...], ...] = (
    (), (Role.OFFICER, Role.OFFICER_LEAD, Role.ADMINISTRATOR), (Role.PROVIDER_ADMIN,), (Role.RELYING_PARTY_MEMBER,),
)  # fmt: skip
# What the state of things forbids is none of a request's form.
schemathesis.serializer.alias("application/partial-upload", "application/octet-stream")
REFUSED = ["2xx", "3xx", "401", "403", "404", "409", "412", "413", "422", "429", "503"]
CONFIG = {"checks": {"positive_data_acceptance": {"expected-statuses": REFUSED}}}
UNSAYABLE = {
    "POST /api/v1/submissions": "a bundle",
    "POST /api/v1/checks": "a bundle",
    "GET /api/v1/submissions": "a package URL",
    "GET /api/v1/results": "a package URL",
    "PUT /api/v1/submissions/{payload}/customers": "a list of customers",
    "POST /api/v1/uploads": "digests of RFC 9530",
    "PUT /api/v1/inventory": "a bill of materials",
    "POST /api/v1/organisations/{key}/signers": "a trust root",
    "POST /api/v1/submissions/{payload}/responses": "canonical base64",
    "POST /api/v1/submissions/{payload}/evidence": "canonical base64",
    "POST /api/v1/submissions/{payload}/assessment": "canonical base64",
    "POST /api/v1/submissions/{payload}/milestones/{number}/reports": "canonical base64",
    "POST /api/v1/submissions/{payload}/access-requests": "digests",
    "POST /api/v1/submissions/{payload}/evidence-requests": "a digest with nothing after it, not even a line feed",
    "POST /api/v1/subscriptions": "a URL or a mail address",
    "POST /api/v1/federation/offices": "a trust root",
    "POST /api/v1/federation/results": "a result with its proof",
    "GET /api/v1/federation/results/{position}/document": "a number",
    "GET /api/v1/federation/results/{position}/receipt": "a number",
    "POST /api/v1/me/passkeys": "printable text",
    "POST /api/v1/me/tokens": "printable text",
    "POST /api/v1/enrol/complete": "printable text",
    "POST /api/v1/organisations": "printable text",
    "POST /api/v1/organisations/{key}/tokens": "printable text",
    "POST /api/v1/organisations/{key}/ci-rules": "printable text",
    "PUT /api/v1/organisations/{key}/providers": "printable text",
    "PUT /api/v1/organisations/{key}/identifiers": "registered schemes",
}
"""What they are asked by, or of, has a form that no schema says: some that fits the schema is refused."""
SCENE = Scene()
DESCRIBED = schemathesis.openapi.from_asgi(
    f"{description.PATH}/openapi.json", SCENE.world.client.app, config=SchemathesisConfig.from_dict(CONFIG)
)
OPERATIONS = {found.ok().label: found.ok() for found in DESCRIBED.get_all_operations()}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_it_answers_as_it_says(name: str) -> None:
    drawn = st.tuples(OPERATIONS[name].as_strategy(), st.sampled_from(ASKING), st.booleans())

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(drawn)
    def ask(made: tuple[Any, tuple[Role, ...], bool]) -> None:
        case, roles, there = made
        if there and "payload" in (case.path_parameters or {}):
            case.path_parameters["payload"] = SCENE.other
        if case.query:
            case.query.pop("after", None)  # a cursor is what a list gave
        headers = SCENE.world.person(*roles, name="asker") if roles else {}
        left_out = [positive_data_acceptance] if name in UNSAYABLE else []
        case.call_and_validate(base_url=URL, headers=headers, excluded_checks=left_out)

    ask()


def test_everything_is_described() -> None:
    assert len(OPERATIONS) > 80
    assert set(OPERATIONS) >= set(UNSAYABLE)
    document = DESCRIBED.raw_schema
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert one["summary"], path
            if method == "post" and path.startswith("/api/"):
                assert any(row["name"] == "Idempotency-Key" for row in one["parameters"]), path
    assert not [name for name in document["components"]["schemas"] if "." in name or "_" in name]
