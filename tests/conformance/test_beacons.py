"""Real rounds of drand's and NIST's beacons verify, and each of them with one thing wrong does not."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.support.beacons import CERTIFICATE, DRAND, FIRST, LATER, OwnDrand, OwnNist, real

from assay.crypto.rsa_certificate import RsaCertificate
from assay.errors import AssayError, Malformed, Untrusted
from assay.formats.drand import DrandChain, DrandRound
from assay.formats.nist_pulse import Pulse
from assay.register.drand import MAINNET, QUICKNET, Drand
from assay.register.nist import Nist

NIST = Nist(1, RsaCertificate.parse_all(CERTIFICATE))
FIRST_MINUTE = 1532373960 // 60


def edited(document: bytes, **changes: Any) -> bytes:
    value = json.loads(document)
    where = value.get("pulse", value)
    before = dict(where)
    where.update(changes)
    assert where != before  # a row that changes nothing proves nothing
    return json.dumps(value).encode()


def flipped(text: str, at: int) -> str:
    return text[:at] + f"{int(text[at], 16) ^ 1:x}" + text[at + 1 :]


@pytest.mark.parametrize("name", DRAND)
def test_drand(name: str) -> None:
    chain, number, document = real(name)
    found = chain.open_(document, number)
    assert (found.beacon, found.round) == (chain.name, number)
    assert found.value == DrandRound.parse(document).randomness
    told = DRAND[name]["document"].get("randomness", found.value.hex())
    assert found.value.hex() == told
    assert DrandRound.parse(found.document) == DrandRound.parse(document)


def test_published_randomness_was_compared() -> None:
    assert [name for name, one in DRAND.items() if "randomness" in one["document"]] == [
        "mainnet, first",
        "mainnet",
        "quicknet",
    ]


def test_chains_are_named_by_the_hash_that_drand_publishes() -> None:
    assert QUICKNET.name == "drand:52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
    assert MAINNET.name == "drand:8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"
    for chain in (QUICKNET, MAINNET):
        assert Drand(DrandChain.parse(chain.chain.encode())) == chain


def test_rounds_are_due_when_drand_says() -> None:
    """Quicknet's round 1000 is 999 times 3 s after its first."""
    assert QUICKNET.due(1000) == datetime.fromtimestamp(1692803367 + 999 * 3, UTC)
    assert QUICKNET.round_after(QUICKNET.due(1000)) == 1001
    assert MAINNET.due(1) == datetime.fromtimestamp(1595431050, UTC)


SIGNATURE = DRAND["quicknet"]["document"]["signature"]
NEXT = DRAND["quicknet, next"]["document"]["signature"]
RANDOMNESS = DRAND["quicknet"]["document"]["randomness"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        pytest.param({"round": 1001}, Untrusted, "it is round 1001, expected round 1000", id="another round"),
        pytest.param({"round": "1000"}, Malformed, "Expected `int`", id="a round in quotes"),
        pytest.param({"round": -1}, Malformed, "round is -1", id="negative round"),
        pytest.param({"randomness": RANDOMNESS.upper()}, Malformed, "randomness is not the SHA-256", id="randomness in capitals"),
        pytest.param({"randomness": flipped(RANDOMNESS, 0)}, Malformed, "randomness is not the SHA-256", id="other randomness"),
        pytest.param({"randomness": ""}, Malformed, "randomness is not the SHA-256", id="empty randomness"),
        pytest.param({"signature": SIGNATURE.upper()}, Malformed, "in lower case", id="signature in capitals"),
        pytest.param({"signature": SIGNATURE[:-2]}, Malformed, "is not 96 or 192 hexadecimal digits", id="signature cut"),
        pytest.param({"signature": f" {SIGNATURE[1:]}"}, Malformed, "is not 96 or 192", id="a space in it"),
        pytest.param({"signature": f"0x{SIGNATURE[2:]}"}, Malformed, "is not 96 or 192", id="0x"),
        pytest.param({"signature": SIGNATURE * 2, "randomness": None}, Malformed, "has 96 bytes, expected 48", id="on the other curve"),
        pytest.param({"signature": flipped(SIGNATURE, 1), "randomness": None}, Malformed, "no compressed point", id="bit of x"),
        pytest.param({"signature": "3" + SIGNATURE[1:], "randomness": None}, Malformed, "no compressed point", id="not compressed"),
        pytest.param({"signature": "c0" + "00" * 47, "randomness": None}, Malformed, "neutral element", id="point at infinity"),
        pytest.param({"signature": "ff" * 48, "randomness": None}, Malformed, "no compressed point", id="beyond the field"),
        pytest.param({"signature": "80" + "00" * 46 + "04", "randomness": None}, Malformed, "not in the group", id="small group"),
        pytest.param({"signature": f"{int(SIGNATURE[0], 16) ^ 2:x}{SIGNATURE[1:]}", "randomness": None}, Untrusted, "does not verify", id="the other y"),
        pytest.param({"signature": NEXT, "randomness": None}, Untrusted, "does not verify", id="signature of the next round"),
        pytest.param({"previous_signature": NEXT * 2}, Malformed, "has 96 bytes, expected 0", id="a previous signature"),
    ],
)  # fmt: skip
def test_quicknet_with_one_thing_wrong(
    changes: dict[str, Any], error: type[AssayError], message: str
) -> None:
    chain, number, document = real("quicknet")
    with pytest.raises(error) as caught:
        chain.open_(edited(document, **changes), number)
    assert message in str(caught.value)


MAIN = DRAND["mainnet"]["document"]
LATER_MAIN = DRAND["mainnet, later"]["document"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        pytest.param({"previous_signature": LATER_MAIN["previous_signature"]}, Untrusted, "does not verify", id="another previous signature"),
        pytest.param({"previous_signature": flipped(MAIN["previous_signature"], 9)}, Untrusted, "does not verify", id="a bit of it"),
        pytest.param({"previous_signature": None}, Malformed, "has 0 bytes, expected 96", id="none"),
        pytest.param({"previous_signature": "ab" * 32}, Malformed, "has 32 bytes, expected 96", id="a short one"),
        pytest.param({"previous_signature": MAIN["previous_signature"].upper()}, Malformed, "lower case", id="in capitals"),
    ],
)  # fmt: skip
def test_mainnet_with_one_thing_wrong(changes: dict[str, Any], error: type[AssayError], message: str) -> None:
    chain, number, document = real("mainnet")
    with pytest.raises(error) as caught:
        chain.open_(edited(document, **changes), number)
    assert message in str(caught.value)


def test_a_round_of_another_chain_is_refused() -> None:
    document = real("quicknet")[2]
    own = OwnDrand()
    with pytest.raises(Untrusted, match="does not verify"):
        own.chain.open_(document, 1000)
    with pytest.raises(Untrusted, match="does not verify"):
        QUICKNET.open_(own.document(1000), 1000)
    with pytest.raises(Malformed, match="has 48 bytes, expected 96"):  # before any signature is looked at
        Drand(msgspec.structs.replace(MAINNET.chain, scheme="pedersen-bls-unchained")).open_(document, 1000)


def test_the_schemes_are_not_the_same() -> None:
    """The tag that hashes to the curve is part of the scheme: what was signed under the one is nothing under the other."""
    chain, number, document = real("quicknet")
    other = Drand(msgspec.structs.replace(chain.chain, scheme="bls-unchained-on-g1"))
    assert (
        other.name == chain.name
    )  # which is why a chain that signs under both is not trusted, and none does
    with pytest.raises(Untrusted, match="does not verify"):
        other.open_(document, number)


@pytest.mark.parametrize(
    "scheme", ["pedersen-bls-unchained", "bls-unchained-on-g1", "bls-unchained-g1-rfc9380"]
)
def test_what_we_sign_verifies(scheme: Any) -> None:
    own = OwnDrand("any", scheme)
    assert own.chain.open_(own.document(5), 5).round == 5
    with pytest.raises(Untrusted, match="does not verify"):
        own.chain.open_(own.document(5, named=6), 6)


CHAIN = QUICKNET.chain.encode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda d: d.update(period=4), "hash is", id="period"),
        pytest.param(lambda d: d.update(genesis_time=1692803368), "hash is", id="genesis"),
        pytest.param(lambda d: d.update(public_key=flipped(d["public_key"], 5)), "hash is", id="key"),
        pytest.param(lambda d: d.update(groupHash=flipped(d["groupHash"], 5)), "hash is", id="group"),
        pytest.param(lambda d: d["metadata"].update(beaconID="default"), "hash is", id="id"),
        pytest.param(lambda d: d.pop("metadata"), "hash is", id="no id"),
        pytest.param(lambda d: d.update(hash=d["hash"].upper()), "hash is", id="hash in capitals"),
        pytest.param(lambda d: d.update(public_key=d["public_key"].upper()), "lower case", id="key in capitals"),
        pytest.param(lambda d: d.update(public_key=d["public_key"][:96]), "has 48 bytes, expected 96", id="short key"),
        pytest.param(lambda d: d.update(schemeID="bls-bn254-unchained-on-g1"), "schemeID is 'bls-bn254", id="another curve"),
        pytest.param(lambda d: d.update(schemeID="pedersen-bls-chained"), "has 96 bytes, expected 48", id="another group"),
        pytest.param(lambda d: d.update(period=0), "is no schedule", id="no period"),
        pytest.param(lambda d: d.update(genesis_time=-1), "is no schedule", id="before 1970"),
        pytest.param(lambda d: d.pop("schemeID"), "schemeID", id="no scheme"),
    ],
)  # fmt: skip
def test_a_chain_with_one_thing_wrong(change: Callable[[dict[str, Any]], object], message: str) -> None:
    document = json.loads(CHAIN)
    change(document)
    with pytest.raises(Malformed) as caught:
        DrandChain.parse(json.dumps(document).encode())
    assert message in str(caught.value)


def test_nist() -> None:
    found = NIST.open_(FIRST, FIRST_MINUTE)
    assert (found.beacon, found.round) == ("nist-2.0:1", FIRST_MINUTE)
    assert found.value.hex().upper() == json.loads(FIRST)["pulse"]["outputValue"]
    assert NIST.due(FIRST_MINUTE) == datetime(2018, 7, 23, 19, 26, tzinfo=UTC)
    later = Pulse.parse(LATER)
    assert (later.chain, later.index) == (2, 1884240)
    assert Pulse.parse(later.encode()) == later


PULSE = json.loads(FIRST)["pulse"]
UP = 2**64


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"uri": PULSE["uri"] + "0"}, id="uri"),
        pytest.param({"version": "2.0"}, id="version"),
        pytest.param({"period": 30000}, id="period"),
        pytest.param({"certificateId": flipped(PULSE["certificateId"], 3)}, id="certificate"),
        pytest.param({"chainIndex": 2}, id="chain"),
        pytest.param({"pulseIndex": 2}, id="index"),
        pytest.param({"timeStamp": "2018-07-23T19:27:00.000Z"}, id="time"),
        pytest.param({"localRandomValue": flipped(PULSE["localRandomValue"], 3).upper()}, id="local random value"),
        pytest.param({"external": {**PULSE["external"], "statusCode": 1}}, id="external status"),
        pytest.param({"external": {**PULSE["external"], "sourceId": "1" * 128}}, id="external source"),
        pytest.param({"external": {**PULSE["external"], "value": "1" * 128}}, id="external value"),
        pytest.param({"precommitmentValue": "1" * 128}, id="precommitment"),
        pytest.param({"statusCode": 0}, id="status"),
        pytest.param({"signatureValue": flipped(PULSE["signatureValue"], 700).upper()}, id="signature"),
        pytest.param({"outputValue": flipped(PULSE["outputValue"], 3).upper()}, id="output value"),
        *(
            pytest.param(
                {"listValues": [{**one, "value": "1" * 128} if n == at else one for n, one in enumerate(PULSE["listValues"])]},
                id=f"value of {PULSE['listValues'][at]['type']}",
            )
            for at in range(5)
        ),
    ],
)  # fmt: skip
def test_every_field_of_a_pulse_is_in_its_output(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="outputValue is not the SHA-512"):
        NIST.open_(edited(FIRST, **changes), FIRST_MINUTE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"outputValue": PULSE["outputValue"].lower()}, "in upper case", id="output in small letters"),
        pytest.param({"certificateId": PULSE["certificateId"].upper()}, "in lower case", id="certificate in capitals"),
        pytest.param({"signatureValue": PULSE["signatureValue"][:-2]}, "signatureValue is not", id="signature cut"),
        pytest.param({"timeStamp": "2018-07-23T19:26:00Z"}, "is not of the form", id="time without milliseconds"),
        pytest.param({"timeStamp": "2018-07-23T21:26:00.000+02:00"}, "is not of the form", id="another zone"),
        pytest.param({"timeStamp": "now"}, "timeStamp 'now'", id="no time"),
        pytest.param({"cipherSuite": 1}, "cipher suite 1", id="cipher suite"),
        pytest.param({"version": "3.0"}, "version '3.0'", id="another version"),
        pytest.param({"chainIndex": -1}, "-1 is not a number", id="negative"),
        pytest.param({"pulseIndex": UP}, "is not a number", id="over 8 bytes"),
        pytest.param({"statusCode": 4}, "4 is not a number from 0 to 3", id="status"),
        pytest.param({"uri": ""}, "a uri is not 1 to 300", id="no uri"),
        pytest.param({"listValues": PULSE["listValues"][::-1]}, "not previous, hour, day, month, year", id="order"),
        pytest.param({"listValues": PULSE["listValues"][:4]}, "not previous, hour, day, month, year", id="one is missing"),
    ],
)  # fmt: skip
def test_a_pulse_has_one_spelling(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed) as caught:
        Pulse.parse(edited(FIRST, **changes))
    assert message in str(caught.value)


def test_a_pulse_of_another_minute_chain_or_signer_is_refused() -> None:
    own = OwnNist()
    assert own.chain.open_(own.document(29_000_000), 29_000_000).round == 29_000_000
    for chain, document, round_, message in (
        (NIST, FIRST, FIRST_MINUTE - 1, "it is the pulse of 2018-07-23T19:26:00.000Z"),
        (Nist(2, NIST.certificates), FIRST, FIRST_MINUTE, "it is of chain 1"),
        (
            Nist(1, own.certificates),
            FIRST,
            FIRST_MINUTE,
            "signed by certificate 5501e3d72bc4, which is not trusted",
        ),
        (NIST, LATER, 1785540000 // 60, "it is of chain 2"),
        (own.chain, own.document(29_000_000, period_ms=30000), 29_000_000, "every 30000 ms"),
        (
            own.chain,
            own.document(29_000_001, time="2019-06-09T00:00:00.000Z"),
            26_000_640,
            "is valid from 2020",
        ),
    ):
        with pytest.raises(Untrusted) as caught:
            chain.open_(document, round_)
        assert message in str(caught.value)


def test_a_signature_by_another_key_is_refused() -> None:
    """A pulse that names a certificate and gives the right output for a signature that is not its."""
    own = OwnNist()
    pulse = Pulse.parse(own.document(29_000_000))
    forged = msgspec.structs.replace(pulse, signature=pulse.signature[::-1])
    forged = msgspec.structs.replace(
        forged, output=hashlib.sha512(forged.signed() + forged.signature).digest()
    )
    with pytest.raises(Untrusted, match="RSA signature does not verify"):
        own.chain.open_(forged.encode(), 29_000_000)


def test_pulses_follow_each_other() -> None:
    own = OwnNist()
    before = Pulse.parse(own.document(29_000_000))
    past = (before.output, *before.past[1:])
    after = Pulse.parse(own.document(29_000_001, past=past))
    assert after.follows(before)
    for wrong in (
        own.document(29_000_001),
        own.document(29_000_001, past=past, local_random=bytes(64)),
        own.document(29_000_001, past=past, index=29_000_002),
        own.document(29_000_001, past=past, chain=8),
    ):
        assert not Pulse.parse(wrong).follows(before)
    assert not before.follows(after)
    assert not before.follows(before)
