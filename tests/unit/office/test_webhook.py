"""Signatures of webhooks, and what becomes of a delivery."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.keys import PrivateKey, PublicKey
from assay.errors import Malformed, Untrusted
from assay.formats import b64
from assay.office import webhook
from assay.office.webhook import ID, SIGNATURE, TIMESTAMP, Secret, signed, verdict, verify, wait_s

NOW = datetime(2026, 11, 2, 12, 0, 0, 500_000, tzinfo=UTC)
OLD, NEW = Secret(b"o" * 32), Secret(b"n" * 32)
KEY = PrivateKey("ed25519", b"k" * 32)
OTHER = PrivateKey("ed25519", b"x" * 32).public
EVENT = "evt_00000000000000000000000000000001"
BODY = b'{"type":"result.published"}'


def test_the_vector_of_the_reference_library() -> None:
    """Of Standard Webhooks' Python library, test_sign_function."""
    secret = Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at, [secret])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_whoever_has_one_of_the_secrets_or_the_key_verifies() -> None:
    headers = signed(EVENT, BODY, NOW, [NEW, OLD], KEY)
    assert headers[SIGNATURE].count("v1,") == 2
    assert headers[SIGNATURE].count("v1a,") == 1
    for secrets, keys in (([NEW], []), ([OLD], []), ([], [KEY.public]), ([Secret(b"s" * 24), OLD], [OTHER])):
        assert verify(headers, BODY, NOW, secrets, keys) == EVENT
    upper = {name.upper(): value for name, value in headers.items()}
    assert verify(upper, BODY, NOW, [NEW]) == EVENT


@pytest.mark.parametrize(
    ("secrets", "keys"),
    [([Secret(b"s" * 32)], []), ([], [OTHER]), ([], []), ([Secret(KEY.public.raw)], [])],
    ids=["secret", "key", "none", "public key as a secret"],
)
def test_nobody_else_does(secrets: list[Secret], keys: list[PublicKey]) -> None:
    with pytest.raises(Untrusted, match="no signature"):
        verify(signed(EVENT, BODY, NOW, [NEW], KEY), BODY, NOW, secrets, keys)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299])
def test_times_about_now_are_taken(seconds: int) -> None:
    assert verify(signed(EVENT, BODY, NOW, [NEW]), BODY, NOW + timedelta(seconds=seconds), [NEW]) == EVENT


@pytest.mark.parametrize("seconds", [-301, 300, 86_400, -86_400])
def test_old_and_future_times_are_not(seconds: int) -> None:
    with pytest.raises(Untrusted, match="over 300 s from the time here"):
        verify(signed(EVENT, BODY, NOW, [NEW]), BODY, NOW + timedelta(seconds=seconds), [NEW])


def test_an_attempt_later_is_signed_anew_under_the_same_id() -> None:
    first, second = (signed(EVENT, BODY, NOW + timedelta(seconds=s), [NEW]) for s in (0, 3600))
    assert first[ID] == second[ID]
    assert first[SIGNATURE] != second[SIGNATURE]


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    headers = signed(EVENT, BODY, NOW, [NEW])
    where = data.draw(st.sampled_from(["body", ID, TIMESTAMP]))
    text = BODY.decode() if where == "body" else headers[where]
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != text[at]))
    changed = text[:at] + other + text[at + 1 :]
    body = changed.encode() if where == "body" else BODY
    told = headers if where == "body" else {**headers, where: changed}
    with pytest.raises((Untrusted, Malformed)):
        verify(told, body, NOW, [NEW])


GOOD = signed(EVENT, BODY, NOW, [NEW])


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        pytest.param(ID, "", Malformed, id="no id"),
        pytest.param(ID, "evt.1", Malformed, id="full stop in the id"),
        pytest.param(ID, "e" * 81, Malformed, id="long id"),
        pytest.param(ID, EVENT + "\n", Malformed, id="line in the id"),
        pytest.param(TIMESTAMP, "", Malformed, id="no time"),
        pytest.param(TIMESTAMP, f"+{GOOD[TIMESTAMP]}", Malformed, id="sign"),
        pytest.param(TIMESTAMP, f" {GOOD[TIMESTAMP]}", Malformed, id="space"),
        pytest.param(TIMESTAMP, f"0{GOOD[TIMESTAMP]}", Malformed, id="leading zero"),
        pytest.param(TIMESTAMP, f"{GOOD[TIMESTAMP]}.0", Malformed, id="fraction"),
        pytest.param(TIMESTAMP, "١٧٣", Malformed, id="other digits"),
        pytest.param(TIMESTAMP, "1" * 400, Malformed, id="huge"),
        pytest.param(SIGNATURE, "", Malformed, id="no signature"),
        pytest.param(SIGNATURE, "v1," * 2000, Malformed, id="long"),
        pytest.param(SIGNATURE, GOOD[SIGNATURE].removeprefix("v1,"), Untrusted, id="no version"),
        pytest.param(SIGNATURE, GOOD[SIGNATURE].replace("v1,", "v2,"), Untrusted, id="another version"),
        pytest.param(SIGNATURE, GOOD[SIGNATURE].replace("v1,", "v1a,"), Untrusted, id="the other version"),
        pytest.param(SIGNATURE, GOOD[SIGNATURE].replace("v1,", "V1,"), Untrusted, id="case"),
        pytest.param(SIGNATURE, GOOD[SIGNATURE].rstrip("="), Untrusted, id="no padding"),
        pytest.param(SIGNATURE, "v1,", Untrusted, id="empty"),
        pytest.param(SIGNATURE, "v1,é", Untrusted, id="not base64"),
        pytest.param(SIGNATURE, "v1,AAAA " * 16 + GOOD[SIGNATURE], Untrusted, id="behind too many"),
    ],
)
def test_near_misses(name: str, value: str, kind: type[Exception]) -> None:
    assert verify(GOOD, BODY, NOW, [NEW]) == EVENT
    with pytest.raises(kind):
        verify({**GOOD, name: value}, BODY, NOW, [NEW])


def test_a_good_signature_after_others_counts() -> None:
    headers = {**GOOD, SIGNATURE: f"v9,AAAA v1,!! v1,AAAA v1a,AAAA {GOOD[SIGNATURE]}"}
    assert verify(headers, BODY, NOW, [NEW], [OTHER]) == EVENT


def test_secrets_are_derived_and_not_printed() -> None:
    made = {
        Secret.derived(master, name, n).raw
        for master in (b"m" * 32, b"M" * 32)
        for name in ("a", "b")
        for n in (1, 2)
    }
    assert len(made) == 8
    secret = Secret.derived(b"m" * 32, "a", 1)
    assert Secret.parse(secret.unsafe_text()) == secret
    assert secret.unsafe_text() not in repr(secret)
    assert b64.encode(secret.raw) not in f"{secret}"


@pytest.mark.parametrize(
    "text",
    ["", "whsec_", "whsec_AAAA", "AAAA", "whsec_" + b64.encode(b"x" * 65), "whsk_" + b64.encode(b"x" * 32)],
)
def test_odd_secrets_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        Secret.parse(text)


def test_public_keys_round_trip() -> None:
    text = webhook.public_text(KEY.public)
    assert text.startswith("whpk_")
    assert webhook.parse_public(text) == KEY.public
    for odd in (text.replace("whpk_", "whsk_"), text[:-4], "whpk_" + b64.encode(bytes(32))):
        with pytest.raises(Malformed):
            webhook.parse_public(odd)
    with pytest.raises(ValueError, match="not signed with"):
        webhook.public_text(PrivateKey("ecdsa-p256", b"k" * 32).public)


@pytest.mark.parametrize(
    ("statuses", "means"),
    [
        (range(200, 300), "delivered"),
        ([410], "gone"),
        ([408, 425, 429, *range(500, 600)], "again"),
        ([100, 101, 301, 302, 307, 308, 400, 401, 403, 404, 405, 413, 418, 422, 451], "refused"),
    ],
)
def test_what_an_answer_means(statuses: list[int], means: str) -> None:
    assert {verdict(status) for status in statuses} == {means}


def test_pauses_are_as_documented() -> None:
    waits = [wait_s(EVENT, n, "again") for n in range(1, 13)]
    assert waits[-1] is None
    for n, wait in enumerate(waits[:-1]):
        full = min(30 * 2**n, 8 * 3600)
        assert wait is not None
        assert 0.75 * full <= wait <= full
    assert [wait_s(EVENT, n, "refused") is None for n in range(1, 5)] == [False, False, True, True]
    assert wait_s(EVENT, 1, "gone") is None
    assert wait_s(EVENT, 1, "delivered") is None


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120), ("0", None), ("999999999", 86_400), ("-1", None), ("1e9", None), (" 5", None), ("soon", None), ("", None),
        ("Mon, 02 Nov 2026 12:10:00 GMT", 599.5), ("Mon, 02 Nov 2020 12:10:00 GMT", None), ("Mon, 02 Nov 2099 12:10:00 GMT", 86_400),
        ("Mon, 32 Nov 2026 12:10:00 GMT", None), ("9" * 400, None),
    ],
)  # fmt: skip
def test_a_receiver_may_put_the_office_off_for_a_day(asked: str, seconds: float | None) -> None:
    usual = wait_s(EVENT, 1, "again")
    assert wait_s(EVENT, 1, "again", asked, NOW) == (usual if seconds is None else seconds)


def test_our_own_mistakes() -> None:
    with pytest.raises(ValueError, match="with 0 secrets"):
        signed(EVENT, BODY, NOW, [])
    with pytest.raises(ValueError, match=r"'a\.b'"):
        signed("a.b", BODY, NOW, [NEW])
