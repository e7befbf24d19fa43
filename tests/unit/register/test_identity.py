from typing import Any

import msgspec
import pytest
from tests.support.register import ED25519, ENTRY, IDENTITY, KEYS, ML_DSA_44, ORIGIN
from tests.support.signing import private

from assay.errors import AssayError, Malformed, TooLarge, Unsupported
from assay.formats.note import Vkey
from assay.register.identity import LogIdentity, LogKeys


def test_vkeys_round_trip() -> None:
    assert LogKeys.from_vkeys(ORIGIN, KEYS.vkeys) == KEYS
    assert [key.name for key in KEYS.vkeys] == [ORIGIN, ORIGIN, f"{ORIGIN}/entry"]


@pytest.mark.parametrize(
    "vkey",
    [
        pytest.param(Vkey("other.example", 1, ED25519.public.raw), id="another name"),
        pytest.param(Vkey(f"{ORIGIN}/entry", 6, ML_DSA_44.public.raw), id="entry key of another type"),
        pytest.param(Vkey(ORIGIN, 4, ED25519.public.raw), id="a witness's type"),
        pytest.param(Vkey(f"{ORIGIN}x", 1, ED25519.public.raw), id="longer name"),
    ],
)
def test_refuses_other_keys(vkey: Vkey) -> None:
    with pytest.raises(Unsupported, match=r"is none that register 'register.example/3f9c' uses"):
        LogKeys.from_vkeys(ORIGIN, [vkey])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"ed25519": (ED25519.public,) * 2}, "names one key twice", id="key twice"),
        pytest.param(
            {"entry": (ED25519.public,)}, "checkpoints and entries with one key", id="one key, two purposes"
        ),
        pytest.param({"ed25519": (ML_DSA_44.public,)}, "where ed25519 is expected", id="wrong algorithm"),
        pytest.param({"origin": "x" * 201}, "origin has 201 characters", id="long origin"),
        pytest.param(
            {"entry": tuple(private("ed25519", str(n)).public for n in range(258))},
            "258 keys of one kind, over 257",
            id="many",
        ),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        msgspec.structs.replace(KEYS, **changes)
    assert issubclass(TooLarge, Malformed)


def test_states_no_more_keys_than_one_checkpoint_is_signed_by() -> None:
    many = tuple(private("ed25519", str(n)).public for n in range(9))
    known = msgspec.structs.replace(KEYS, ed25519=many)  # of all times, for a reader
    with pytest.raises(TooLarge, match="9 keys of one kind at once, over 8"):
        msgspec.structs.replace(IDENTITY, keys=known)
    with pytest.raises(TooLarge, match="9 keys of one kind at once, over 8"):
        LogIdentity.parse(wire(ed25519=tuple(key.raw for key in many)))


def wire(**changes: Any) -> dict[str, Any]:
    """The identity as it comes out of CBOR, with changes; None removes a field."""
    value = {name: tuple(one) if isinstance(one, list) else one for name, one in IDENTITY.encode().items()}
    return {name: one for name, one in {**value, **changes}.items() if one is not None}


def test_identity_round_trips() -> None:
    assert LogIdentity.parse(wire()) == IDENTITY


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(wire(origin=None), "is not origin, keys", id="no origin"),
        pytest.param(wire(extra=1), "is not origin, keys", id="another field"),
        pytest.param(wire(entry=("k",)), "is not origin, keys", id="key as text"),
        pytest.param(wire(schema=2), "of schema 2, expected 1", id="later schema"),
        pytest.param(wire(schema=True), "of schema True", id="schema a truth value"),
        pytest.param(wire(entry=()), "lacks a key", id="no entry key"),
        pytest.param(wire(**{"ml-dsa-44": ()}), "lacks a key", id="no post-quantum key"),
        pytest.param(wire(policy=b"x"), "registration policy is not 64", id="short digest"),
        pytest.param(wire(entry=(b"x",)), "has 1 bytes, expected 32", id="short key"),
        pytest.param((), "is not origin, keys", id="not a map"),
    ],
)
def test_identity_refuses(value: Any, message: str) -> None:
    with pytest.raises(AssayError, match=message):
        LogIdentity.parse(value)


def test_entry_keys_are_found_by_key_id() -> None:
    assert KEYS.entry_key(bytes.fromhex(ENTRY.public.keyid)) == ENTRY.public
    assert KEYS.entry_key(bytes.fromhex(ED25519.public.keyid)) is None
