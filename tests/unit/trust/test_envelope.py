"""Every way a signed envelope can fail to bind, each with its own reason."""

from datetime import timedelta

import msgspec
import pytest
from tests.support.signing import AT, PROVIDER, START, pair, private, signer, trust_root

from assay.crypto.keys import PrivateKey
from assay.formats.dsse import DsseSignature, Envelope
from assay.trust import change
from assay.trust.envelope import EnvelopeStanding, Voucher, sign, verify, vouches
from assay.trust.root import Policy, TrustRoot

TYPE = "application/vnd.in-toto+json"
ED, PQ = pair("lighthouse")
ENVELOPE = sign(TYPE, b"payload", (ED, PQ))
ROOT = trust_root()


def standing(envelope: Envelope, root: TrustRoot = ROOT, **changes: object) -> EnvelopeStanding:
    return verify(envelope, root, **{"purpose": "provider", "provider": PROVIDER, "at": AT, **changes})  # type: ignore[arg-type]


def signed(*keys: PrivateKey, payload: bytes = b"payload") -> Envelope:
    return sign(TYPE, payload, keys)


def without_keyids(envelope: Envelope) -> Envelope:
    bare = tuple(DsseSignature(entry.signature) for entry in envelope.signatures)
    return msgspec.structs.replace(envelope, signatures=bare)


def test_both_signatures_of_one_signer_verify() -> None:
    assert standing(ENVELOPE) == EnvelopeStanding(
        verified=True,
        signer="lighthouse",
        authority=True,
        algorithms=("ed25519", "ml-dsa-65"),
        keyids=(ED.public.keyid, PQ.public.keyid),
    )


def test_keyid_is_only_a_hint() -> None:
    assert standing(without_keyids(ENVELOPE)).verified
    swapped = tuple(
        DsseSignature(entry.signature, other.keyid)
        for entry, other in zip(ENVELOPE.signatures, reversed(ENVELOPE.signatures), strict=True)
    )
    assert standing(msgspec.structs.replace(ENVELOPE, signatures=swapped)).verified
    claimed = tuple(
        DsseSignature(entry.signature, ED.public.keyid) for entry in signed(*pair("thief")).signatures
    )
    assert not standing(msgspec.structs.replace(ENVELOPE, signatures=claimed)).verified


def test_order_and_strangers_signatures_do_not_matter() -> None:
    assert standing(signed(PQ, ED)).verified
    assert standing(signed(*pair("stranger"), PQ, ED)).verified


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        pytest.param(
            signed(ED), "no good signature by ml-dsa-65 under 'lighthouse', the policy requires ed25519 and ml-dsa-65",
            id="post-quantum signature missing",
        ),
        pytest.param(signed(PQ), "no good signature by ed25519 under 'lighthouse'", id="classical signature missing"),
        pytest.param(signed(*pair("stranger")), "signatures[0] was made by no key of the trust root", id="wrong keys"),
        pytest.param(signed(ED, pair("stranger")[1]), "signatures[1] was made by no key", id="one wrong key"),
        pytest.param(
            msgspec.structs.replace(signed(ED, PQ, payload=b"another"), payload=b"payload"),
            f"signatures[0] names key {ED.public.keyid[:12]} (ed25519) of 'lighthouse', which did not make it over this payload",
            id="replayed on another payload",
        ),
        pytest.param(
            msgspec.structs.replace(ENVELOPE, payload_type="text/plain"), "did not make it over this payload",
            id="replayed under another type",
        ),
        pytest.param(
            without_keyids(msgspec.structs.replace(ENVELOPE, payload=b"another")),
            "signatures[0] was made by no key of the trust root (it names none)",
            id="replayed without key ids",
        ),
        pytest.param(
            msgspec.structs.replace(ENVELOPE, signatures=(*ENVELOPE.signatures, ENVELOPE.signatures[0])),
            "signatures[2] repeats signatures[0]: one signature counts once",
            id="duplicated",
        ),
        pytest.param(
            msgspec.structs.replace(ENVELOPE, signatures=(ENVELOPE.signatures[0], ENVELOPE.signatures[0])),
            "signatures[1] repeats signatures[0]",
            id="one signature twice instead of two",
        ),
        pytest.param(msgspec.structs.replace(ENVELOPE, signatures=()), "the envelope carries no signature", id="none"),
        pytest.param(
            msgspec.structs.replace(
                ENVELOPE, signatures=(ENVELOPE.signatures[0], DsseSignature(b"x" * 256, "rsa"))
            ),
            "signatures[1] has 256 bytes, as none of the accepted algorithms makes (ed25519, ml-dsa-65)",
            id="unknown algorithm",
        ),
        pytest.param(
            signed(ED, private("ml-dsa-44", "lighthouse")), "signatures[1] has 2420 bytes",
            id="weaker parameter set",
        ),
    ],
)  # fmt: skip
def test_what_does_not_verify_says_why(envelope: Envelope, reason: str) -> None:
    assert envelope != ENVELOPE
    found = standing(envelope)
    assert not found.verified
    assert reason in found.reason
    assert not found.revoked


def test_two_keys_of_different_signers_are_not_one_signer() -> None:
    root = trust_root(signer("lighthouse"), signer("beacon"))
    found = standing(signed(ED, pair("beacon")[1]), root)
    assert not found.verified
    assert found.reason == (
        "signed by 'lighthouse' and 'beacon': the signatures by ed25519 and ml-dsa-65 must all be under keys of one signer"
    )


def test_a_second_complete_signer_changes_nothing() -> None:
    root = trust_root(signer("beacon", authority=False), signer("lighthouse"))
    found = standing(signed(*pair("beacon"), ED, PQ), root)
    assert (found.verified, found.signer, found.authority) == (True, "lighthouse", True)


def test_a_revoked_key_says_when_and_why() -> None:
    root = change.revoke(ROOT, PQ.public.keyid, AT - timedelta(days=3), "laptop stolen")
    found = standing(ENVELOPE, root)
    assert (found.verified, found.revoked, found.signer) == (False, True, "lighthouse")
    assert (
        f"key {PQ.public.keyid[:12]} (ml-dsa-65) of 'lighthouse' was revoked on 2026-10-29T12:00:00Z: laptop stolen"
        in found.reason
    )


def test_revocation_counts_from_its_moment_on() -> None:
    root = change.revoke(ROOT, PQ.public.keyid, AT, "lost")
    assert standing(ENVELOPE, root).revoked
    assert standing(ENVELOPE, root, at=AT - timedelta(microseconds=1)).verified


def test_a_revoked_key_beside_a_good_one_does_no_harm() -> None:
    new = private("ed25519", "new")
    root = change.revoke(
        change.rotate(ROOT, "lighthouse", [new.public], START + timedelta(days=1)), ED.public.keyid, AT, "old"
    )
    assert standing(signed(new, PQ, ED), root).verified


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        pytest.param(START - timedelta(seconds=1), "is valid only from 2026-01-01T00:00:00Z", id="not yet"),
        pytest.param(AT, "was valid only until 2026-11-01T12:00:00Z", id="at its end"),
        pytest.param(AT + timedelta(days=1), "was valid only until", id="expired"),
    ],
)
def test_outside_its_time_a_key_counts_for_nothing(at: object, reason: str) -> None:
    one = signer("lighthouse")
    keys = tuple(msgspec.structs.replace(key, valid_until=AT) for key in one.keys)
    root = trust_root(msgspec.structs.replace(one, keys=keys))
    assert standing(ENVELOPE, root, at=AT - timedelta(seconds=1)).verified
    found = standing(ENVELOPE, root, at=at)
    assert (found.verified, found.revoked) == (False, False)
    assert reason in found.reason


def test_a_signer_for_another_purpose() -> None:
    found = standing(ENVELOPE, trust_root(signer("lighthouse", "ci", "log")))
    assert (found.verified, found.authority) == (False, False)
    assert found.reason == "'lighthouse' may sign as ci or log, not as provider"


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(signer("lighthouse", authority=False), id="record without authority"),
        pytest.param(signer("lighthouse", providers=("Beacon Works (fictional)",)), id="of another provider"),
        pytest.param(signer("lighthouse", providers=()), id="of no provider"),
        pytest.param(signer("lighthouse", providers=(PROVIDER.lower(),)), id="other spelling"),
    ],
)
def test_verified_without_authority(one: object) -> None:
    found = standing(ENVELOPE, trust_root(one))  # type: ignore[arg-type]
    assert (found.verified, found.authority) == (True, False)
    assert found.reason == f"'lighthouse' has no authority to attest for {PROVIDER!r}"


def test_trial_keys_are_marked() -> None:
    root = trust_root(msgspec.structs.replace(signer("lighthouse"), trial=True))
    assert standing(ENVELOPE, root).trial


def test_the_policy_says_which_algorithms() -> None:
    p256 = private("ecdsa-p256", "lighthouse")
    one = signer("lighthouse", keys=(ED, PQ, p256))
    only = signed(p256)
    assert (
        "none of the accepted algorithms makes (ed25519, ml-dsa-65)" in standing(only, trust_root(one)).reason
    )
    relaxed = TrustRoot(policy=Policy(("ecdsa-p256",), ("ecdsa-p256",)), signers=(one,))
    assert standing(only, relaxed).algorithms == ("ecdsa-p256",)
    assert not standing(ENVELOPE, relaxed).verified


def test_without_signers_nothing_verifies() -> None:
    assert "signatures[0] was made by no key of the trust root" in standing(ENVELOPE, TrustRoot()).reason


def test_attempts_are_bounded_but_named_keys_are_always_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.trust.envelope.MAX_ATTEMPTS", 3)
    crowd = [signer(f"signer-{n}", keys=(private("ed25519", f"c{n}"),), providers=()) for n in range(5)]
    root = trust_root(*crowd, signer("lighthouse", providers=()))
    assert standing(ENVELOPE, root).verified
    assert "too many to try" in standing(without_keyids(ENVELOPE), root).reason


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_every_changed_byte_of_payload_type_and_signature_is_rejected() -> None:
    changed = [
        msgspec.structs.replace(ENVELOPE, payload=flipped(ENVELOPE.payload, at))
        for at in range(len(ENVELOPE.payload))
    ]
    changed += [
        msgspec.structs.replace(ENVELOPE, payload_type=flipped(TYPE.encode(), at).decode())
        for at in range(len(TYPE))
    ]
    for which, entry in enumerate(ENVELOPE.signatures):
        for at in range(0, len(entry.signature), 1 if which == 0 else 113):
            bad = DsseSignature(flipped(entry.signature, at), entry.keyid)
            signatures = tuple(bad if one is entry else one for one in ENVELOPE.signatures)
            changed.append(msgspec.structs.replace(ENVELOPE, signatures=signatures))
    assert len(changed) > 100
    assert not any(standing(one).verified for one in changed)


def test_ci_vouches_with_one_signature() -> None:
    bot = private("ed25519", "bot")
    root = trust_root(signer("bot", "ci", keys=(bot,), providers=()))
    assert vouches(signed(bot), root, at=AT) == Voucher("verified", ("bot",))
    assert vouches(signed(bot, private("ed25519", "x")), root, at=AT).standing == "verified"


@pytest.mark.parametrize(
    ("name", "root", "reason"),
    [
        pytest.param("unknown_signer", trust_root(), "was made by no key", id="stranger"),
        pytest.param(
            "unknown_signer", trust_root(signer("bot", "log", keys=(private("ed25519", "bot"),))),
            "may sign as log, not as ci or provider", id="other purpose",
        ),
        pytest.param(
            "unknown_signer", trust_root(signer("bot", "ci", keys=(private("ed25519", "bot"),), providers=("Other",))),
            f"may not speak for {PROVIDER!r}", id="other provider",
        ),
        pytest.param(
            "revoked",
            change.revoke(
                trust_root(signer("bot", "ci", keys=(private("ed25519", "bot"),))),
                private("ed25519", "bot").public.keyid, START, "leaked",
            ),
            "was revoked on 2026-01-01T00:00:00Z: leaked", id="revoked",
        ),
    ],
)  # fmt: skip
def test_who_does_not_vouch(name: str, root: TrustRoot, reason: str) -> None:
    found = vouches(signed(private("ed25519", "bot")), root, at=AT, provider=PROVIDER)
    assert found.standing == name
    assert reason in found.reason


def test_who_may_speak_for_whom() -> None:
    bot = private("ed25519", "bot")
    for providers, asked in (((), PROVIDER), ((PROVIDER,), PROVIDER), ((PROVIDER,), "")):
        root = trust_root(signer("bot", "ci", keys=(bot,), providers=providers))
        assert vouches(signed(bot), root, at=AT, provider=asked).standing == "verified"


def test_a_good_signature_that_stands_twice_vouches_for_nothing() -> None:
    bot = private("ed25519", "bot")
    twice = msgspec.structs.replace(signed(bot), signatures=signed(bot).signatures * 2)
    found = vouches(twice, trust_root(signer("bot", "ci", keys=(bot,))), at=AT)
    assert found == Voucher(
        "invalid", reason="signatures[1] repeats signatures[0]: one signature counts once"
    )


def test_a_forgery_in_the_name_of_a_trusted_key_is_invalid() -> None:
    bot = private("ed25519", "bot")
    root = trust_root(signer("bot", "ci", keys=(bot,)))
    forged = msgspec.structs.replace(signed(bot), payload=b"other")
    assert vouches(forged, root, at=AT).standing == "invalid"
    assert (
        vouches(msgspec.structs.replace(forged, signatures=forged.signatures * 2), root, at=AT).standing
        == "invalid"
    )
