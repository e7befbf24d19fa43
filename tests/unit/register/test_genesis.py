import msgspec
import pytest
from tests.support.register import ED25519, ENTRY, IDENTITY, KEYS, ORIGIN, TIME, entry, opened, salts
from tests.support.signing import private

from assay.errors import Malformed, Untrusted
from assay.formats.digest import Digest
from assay.register import genesis, leaf
from assay.register.leaf import Kind

EXAMPLE = genesis.make(IDENTITY, time=TIME, salts=salts("genesis"), key=ENTRY)


def test_states_the_identity() -> None:
    assert genesis.open_(EXAMPLE) == IDENTITY
    assert leaf.open_(EXAMPLE, KEYS).identity == IDENTITY


def test_holds_all_keys_of_a_rotation_in_one_entry() -> None:
    """Two of each kind fit in 4 KiB."""
    both = msgspec.structs.replace(
        KEYS,
        ed25519=(*KEYS.ed25519, private("ed25519", "n").public),
        ml_dsa_44=(*KEYS.ml_dsa_44, private("ml-dsa-44", "n").public),
        entry=(*KEYS.entry, private("ed25519", "m").public),
    )
    data = genesis.make(msgspec.structs.replace(IDENTITY, keys=both), time=TIME, salts=salts("g"), key=ENTRY)
    assert genesis.open_(data).keys == both


def test_another_kind_is_no_genesis() -> None:
    with pytest.raises(Malformed, match="entry 0 is of kind submission, expected genesis"):
        genesis.open_(entry())
    with pytest.raises(Malformed, match="of kind key-change"):
        genesis.open_(entry(Kind.KEY_CHANGE))


def test_is_consistent_with_itself() -> None:
    other = private("ed25519", "other")
    same = {"origin": ORIGIN, "time": TIME, "openings": opened(), "identity": IDENTITY}
    stranger = leaf.make(Kind.GENESIS, digests=(IDENTITY.policy,), key=other, **same)  # type: ignore[arg-type]
    with pytest.raises(Untrusted, match="which is no entry key"):
        genesis.open_(stranger)
    elsewhere = leaf.make(Kind.GENESIS, digests=(Digest.sha256(b"x"),), key=ENTRY, **same)  # type: ignore[arg-type]
    with pytest.raises(Untrusted, match="another document than its registration policy"):
        genesis.open_(elsewhere)
    with pytest.raises(ValueError, match="an entry key that it names"):
        genesis.make(IDENTITY, time=TIME, salts=salts("g"), key=ED25519)
