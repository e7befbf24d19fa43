"""What a verdict says of earlier submissions: it may be posted before they are."""

import msgspec
import pytest
from tests.support import offices
from tests.support.offices import WHEEL

from assay.formats.attestation import Attestation
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.office.advance import advance
from assay.office.submit import submit
from assay.office.validate import UNNAMED, inputs_of
from assay.validation.history import History


def other(one: Attestation) -> Attestation:
    return msgspec.structs.replace(one, releases=(msgspec.structs.replace(one.releases[0], version="9.9.9"),))


@pytest.mark.parametrize(("change", "posted", "expected"), [
    pytest.param(other, False, UNNAMED, id="another one that is not public"),
    pytest.param(other, True, f"{offices.PROVIDER}/lantern@9.9.9", id="another one that is"),
    pytest.param(lambda one: one, False, "lantern@2.1.0", id="of the same release"),
])  # fmt: skip
def test_what_is_not_public_has_no_name(change: object, posted: bool, expected: str) -> None:
    office = offices.office()
    earlier = offices.bundle(1, change=change)  # type: ignore[arg-type]
    submit(office, earlier)
    if posted:
        submission = office.ledger.submission(Envelope.parse(earlier.envelope).identity)
        assert submission is not None
        assert advance(office, submission).state == "published"
    later = offices.bundle(2)
    history = History.parse(inputs_of(office, later, office.register.size(), None).history)
    assert history.uses[Digest.sha256(WHEEL).value] == (expected,)
