"""A trust root that asks for witnesses over a register."""

import json

import pytest
from tests.support.register import KEYS, ORIGIN
from tests.support.witnesses import policy

from assay.errors import Malformed, Refused
from assay.formats.note import Vkey
from assay.provider.signers import merged
from assay.register.quorum import Quorum
from assay.trust.root import Log, TrustRoot

POLICY = policy("witness.example/w1", "witness.example/w2", threshold="any")
ROOT = TrustRoot(logs=(Log(ORIGIN, KEYS.vkeys, POLICY.decode()),))
BARE = TrustRoot(logs=(Log(ORIGIN, KEYS.vkeys),))


def test_round_trips() -> None:
    for data in (ROOT.encode(), ROOT.pretty()):
        assert TrustRoot.parse(data) == ROOT
    assert ROOT.logs[0].quorum == Quorum.parse(POLICY)


def test_without_one_nothing_changes() -> None:
    assert b"witnesses" not in BARE.encode()
    assert TrustRoot.parse(BARE.encode()) == BARE
    assert BARE.logs[0].quorum is None
    assert BARE.digest != ROOT.digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quorum nobody\n", "witnesses of 'register.example/3f9c' line 1: 'nobody' is no witness"),
        ("quorum none", "does not end with a newline"),
        ("\n", "has no quorum line"),
        (f"log {Vkey(ORIGIN, 0x01, KEYS.ed25519[0].raw).encode()}\nquorum none\n", "has a log line; the register's keys stand in vkeys"),
        (f"witness w {Vkey('w', 0x01, KEYS.ed25519[0].raw).encode()}\nquorum w\n", "expected a cosigner's"),
    ],
)  # fmt: skip
def test_a_bad_policy_is_no_trust_root(text: str, message: str) -> None:
    document = json.loads(ROOT.encode())
    document["logs"][0]["witnesses"] = text
    with pytest.raises(Malformed, match=message):
        TrustRoot.parse(json.dumps(document).encode())


def test_none_may_be_said() -> None:
    document = json.loads(ROOT.encode())
    document["logs"][0]["witnesses"] = "quorum none\n"
    quorum = TrustRoot.parse(json.dumps(document).encode()).logs[0].quorum
    assert quorum is not None
    assert not quorum.requires_witnesses


def test_a_policy_comes_to_a_known_register_and_never_goes_or_changes() -> None:
    assert merged(BARE, ROOT) == (ROOT, (f"needs witnesses for register {ORIGIN!r}",))
    assert merged(ROOT, BARE) == (ROOT, ())
    assert merged(ROOT, ROOT) == (ROOT, ())
    other = TrustRoot(logs=(Log(ORIGIN, KEYS.vkeys, policy("witness.example/w3").decode()),))
    with pytest.raises(Refused, match="is known with another policy of witnesses"):
        merged(ROOT, other)
    keys = TrustRoot(logs=(Log(ORIGIN, KEYS.vkeys[1:], POLICY.decode()),))
    with pytest.raises(Refused, match="is known with other keys"):
        merged(BARE, keys)
