"""Documents of a case: one value, one text."""

from datetime import UTC, datetime

import msgspec
import pytest

from assay.errors import Malformed
from assay.formats.case_documents import (
    Change,
    Determination,
    Ending,
    Item,
    Judgement,
    Notice,
    Response,
    digest,
    encode,
    parse,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
OF = "sha256:" + "a" * 64
SALT = "0" * 64
NOTICE = Notice(
    attestation=OF, salt=SALT, number=1, reason="incomplete", sent=NOW, respond_by=NOW, items=(Item("C6", "lacks", "add"),)
)  # fmt: skip
RESPONSE = Response(attestation=OF, salt=SALT, to_notice=1, received=NOW, text="Here.", artifacts=(OF,))
DETERMINATION = Determination(
    attestation=OF, salt=SALT, stage="final", result="validated", made=NOW, by="officer", verdict=OF,
    judgements=(Judgement("pack@1#a", "satisfied", "looked"),),
)  # fmt: skip
ENDING = Ending(
    attestation=OF, salt=SALT, kind="referral", made=NOW, reason="failed", to="somebody", document=OF
)
CHANGE = Change(
    attestation=OF, salt=SALT, kind="milestone", made=NOW, text="Half of it.", milestone=0, artifacts=(OF,)
)


@pytest.mark.parametrize("document", [NOTICE, RESPONSE, DETERMINATION, ENDING, CHANGE])
def test_round_trips(document: Notice | Response | Determination | Ending | Change) -> None:
    data = encode(document)
    kind = type(document)
    assert parse(data, kind) == document  # type: ignore[type-var]
    assert digest(document) == digest(parse(data, kind))  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"number":1', b'"number":1,"more":1', id="unknown field"),
        pytest.param(b'"number":1', b'"number": 1', id="a space"),
        pytest.param(b'"reason":"incomplete"', b'"reason":"because"', id="unknown reason"),
        pytest.param(b'"salt":"0', b'"salt":"G', id="salt is no hexadecimal"),
        pytest.param(b"2026-11-01T12:00:00Z", b"2026-11-01T13:00:00+01:00", id="another zone"),
        pytest.param(b"urn:assay:notice:1", b"urn:assay:notice:2", id="another format"),
        pytest.param(b'"text":""', b'"text":"","text":""', id="a key twice"),
    ],
)
def test_refuses(old: bytes, new: bytes) -> None:
    data = encode(NOTICE)
    assert old in data
    with pytest.raises(Malformed):
        parse(data.replace(old, new), Notice)


def test_what_would_not_be_read_is_not_written() -> None:
    with pytest.raises(ValueError, match="not a document of a case"):
        encode(msgspec.structs.replace(NOTICE, salt="short"))


def test_one_is_not_another() -> None:
    with pytest.raises(Malformed):
        parse(encode(NOTICE), Response)
