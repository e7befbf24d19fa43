"""The verdict document: one value, one text."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.json_edit import Edit, drop, edited, put, twice
from tests.support.verdicts import VERDICT, verdicts

from assay.errors import Malformed, Unsupported
from assay.formats import verdict
from assay.formats.canonical_json import canonical
from assay.formats.digest import Digest
from assay.formats.verdict import VerdictDocument

TEXT = verdict.encode(VERDICT)


@given(verdicts)
def test_round_trips(document: VerdictDocument) -> None:
    text = verdict.encode(document)
    assert verdict.parse(text) == document
    assert verdict.encode(verdict.parse(text)) == text


def test_is_named_by_the_digest_of_its_text() -> None:
    assert verdict.digest(VERDICT) == Digest.sha256(TEXT)


def test_every_field_is_written_and_keys_are_sorted() -> None:
    plain = json.loads(TEXT)
    assert list(plain) == sorted(msgspec.structs.asdict(VERDICT))
    assert plain["missing"] == []
    assert json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == TEXT


NEAR_MISSES = [
    pytest.param(put("/schema", "urn:assay:verdict:2"), "schema 'urn:assay:verdict:2', expected 'urn:assay:verdict:1'", id="later schema"),
    pytest.param(drop("/schema"), "canonical form", id="no schema"),
    pytest.param(put("/note", 1), "unknown field `note`", id="unknown field"),
    pytest.param(put("/claims/0/note", 1), "unknown field `note` - at `$.claims[0]`", id="unknown field of a claim"),
    pytest.param(drop("/draft"), "canonical form", id="field left out"),
    pytest.param(put("/result", "failed"), "Invalid enum value 'failed'", id="unknown result"),
    pytest.param(put("/claims/0/verdict", "passed"), "Invalid enum value 'passed'", id="unknown verdict"),
    pytest.param(put("/claims/0/claimed", "true"), "Expected `bool`, got `str`", id="text for true"),
    pytest.param(put("/claims/0/requirement", "3"), "$.claims[0].requirement", id="requirement without pack"),
    pytest.param(put("/claims/0/requirement", "cisa-form@2024-03#3\n"), "$.claims[0].requirement", id="requirement with a newline"),
    pytest.param(put("/claims/1/requirement", "cisa-form@2024-03#3"), "'claims' has 'cisa-form@2024-03#3' twice", id="requirement twice"),
    pytest.param(twice("/inputs/0"), "'inputs' has 'attestation.dsse.json' twice", id="input twice"),
    pytest.param(put("/attestation", "sha256:00"), "$.attestation", id="short digest"),
    pytest.param(put("/attestation", "sha1:" + "00" * 20), "$.attestation", id="other algorithm"),
    pytest.param(put("/inputs/0/digest", "sha256:" + "AB" * 32), "$.inputs[0].digest", id="upper-case digest"),
    pytest.param(put("/missing", [{"rule": "C18", "reason": "", "remedy": ""}]), "$.missing[0].rule", id="rule that is none"),
    pytest.param(put("/judged", "2026-11-01T12:00:00"), "timezone", id="time without zone"),
    pytest.param(put("/judged", "2026-11-01T13:00:00+01:00"), "canonical form", id="time in another zone"),
    pytest.param(put("/judged", "2026-11-01T12:00:00.000Z"), "canonical form", id="time in another spelling"),
    pytest.param(drop("/engine/lock"), "missing required field `lock` - at `$.engine`", id="engine without lock"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "message"), NEAR_MISSES)
def test_refuses(edit: Edit, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        verdict.parse(canonical(json.loads(edited(TEXT, edit))))
    assert str(caught.value).startswith("verdict")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT + b"\n", id="final newline"),
        pytest.param(TEXT.replace(b",", b", ", 1), id="space"),
        pytest.param(TEXT.replace(b"lantern", b"l\\u0061ntern", 1), id="escape"),
        pytest.param(TEXT[:-1], id="truncated"),
        pytest.param(b'{"draft":true,' + TEXT[1:], id="key twice"),
        pytest.param(b"[]", id="list"),
    ],
)
def test_refuses_another_text(data: bytes) -> None:
    with pytest.raises(Malformed, match="verdict"):
        verdict.parse(data)


def test_a_later_schema_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        verdict.parse(b'{"schema":"urn:assay:verdict:9"}')


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 255))
def test_a_changed_byte_is_malformed_or_another_verdict(at: int, flip: int) -> None:
    changed = TEXT[:at] + bytes((TEXT[at] ^ flip,)) + TEXT[at + 1 :]
    try:
        found = verdict.parse(changed)
    except Malformed:
        return
    assert verdict.encode(found) == changed


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"judged": datetime(2026, 1, 1)}, id="time without zone"),  # noqa: DTZ001
        pytest.param({"judged": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))}, id="time in another zone"),
        pytest.param({"attestation": "00"}, id="no digest"),
        pytest.param({"claims": VERDICT.claims * 2}, id="claims twice"),
        pytest.param({"provider": "\ud800"}, id="broken Unicode"),
        pytest.param({"result": "fine"}, id="unknown result"),
    ],
)  # fmt: skip
def test_writing_a_value_that_could_not_be_read_is_our_bug(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        verdict.encode(msgspec.structs.replace(VERDICT, **changes))
    assert verdict.encode(msgspec.structs.replace(VERDICT, judged=datetime(2026, 1, 1, tzinfo=UTC)))
