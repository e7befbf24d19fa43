from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.register import ENTRY, IDENTITY, KEYS, ORIGIN, STAMP, TIME, entry, opened, salts
from tests.support.signing import private

from assay.crypto.keys import PrivateKey
from assay.errors import AssayError, Malformed, TooLarge, Untrusted
from assay.formats.digest import Digest
from assay.formats.note import Note
from assay.register import checkpoint, genesis, leaf, merkle, proof
from assay.register.checkpoint import Checkpoint
from assay.register.identity import MAX_CHANGES, LogIdentity, LogKeys
from assay.register.leaf import Kind
from assay.register.receipt import Receipt
from assay.register.rotation import KeyChange, KeyHistory, cross_sign, key_change


class Generation(msgspec.Struct, frozen=True):
    """The register's secrets during one period; generation 0 is that of genesis."""

    ed25519: PrivateKey
    ml_dsa_44: PrivateKey
    entry: PrivateKey

    @property
    def signing(self) -> tuple[PrivateKey, PrivateKey]:
        return self.ed25519, self.ml_dsa_44

    @property
    def keys(self) -> LogKeys:
        return LogKeys(
            origin=ORIGIN,
            ed25519=(self.ed25519.public,),
            ml_dsa_44=(self.ml_dsa_44.public,),
            entry=(self.entry.public,),
        )

    @property
    def identity(self) -> LogIdentity:
        return msgspec.structs.replace(IDENTITY, keys=self.keys)


def generation(label: str) -> Generation:
    return Generation(
        private("ed25519", label), private("ml-dsa-44", label), private("ed25519", f"{label} entry")
    )


G0 = Generation(private("ed25519", "log"), private("ml-dsa-44", "log"), ENTRY)
G1, G2, THIEF = generation("log 1"), generation("log 2"), generation("thief")
GENESIS = genesis.make(IDENTITY, time=TIME, salts=salts("genesis"), key=ENTRY)


def written(by: Generation, label: str) -> bytes:
    return leaf.make(
        Kind.NOTICE,
        origin=ORIGIN,
        time=TIME,
        digests=(Digest.sha256(b"notice"),),
        openings=opened(label),
        key=by.entry,
    )


def changed(old: Generation, new: Generation) -> bytes:
    return key_change(old.identity, new.identity, time=TIME, salts=salts("change"), key=old.entry)


LEAVES = [
    GENESIS, *(written(G0, f"{n}") for n in range(1, 5)), changed(G0, G1),
    *(written(G1, f"{n}") for n in range(6, 9)), changed(G1, G2), *(written(G2, f"{n}") for n in range(10, 13)),
]  # fmt: skip


class Tree:
    """Any list of entries as a register, signed by whom one likes."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = leaves
        self.known = merkle.extend(0, [merkle.leaf_hash(one) for one in leaves], {})

    def head(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, merkle.root([self.known[at] for at in merkle.frontier(size)]))

    def note(self, size: int, *by: PrivateKey, stamp: int = STAMP) -> bytes:
        return checkpoint.sign(self.head(size), by, stamp)

    def receipt(self, index: int, size: int, *by: PrivateKey) -> Receipt:
        return Receipt(
            origin=ORIGIN,
            index=index,
            leaf=self.leaves[index],
            proof=proof.inclusion_proof(index, size, self.known),
            checkpoint=self.note(size, *by),
        )

    def change(
        self,
        at: int,
        old: Generation,
        new: Generation,
        since: int = 1,
        *,
        stamp: int = STAMP,
        **changes: Any,
    ) -> KeyChange:
        size = at + 1
        note = cross_sign(self.head(size), old.signing, new.signing, stamp)
        receipt = msgspec.structs.replace(self.receipt(at, size, *old.signing), checkpoint=note)
        made = KeyChange.of(receipt, proof.consistency_proof(since, size, self.known))
        return msgspec.structs.replace(made, **changes)


TREE = Tree(LEAVES)
FIRST, SECOND = TREE.change(5, G0, G1), TREE.change(9, G1, G2, since=6)
HISTORY = KeyHistory.follow(GENESIS, (FIRST, SECOND), KEYS)


def test_the_table_of_keys() -> None:
    assert [period.first for period in HISTORY.periods] == [0, 6, 10]
    assert HISTORY.newest == G2.identity
    assert HISTORY.origin == ORIGIN
    for index in range(13):
        expected = G0 if index <= 5 else G1 if index <= 9 else G2
        assert HISTORY.entry_keys(index) == expected.keys
        leaf.open_(LEAVES[index], HISTORY.entry_keys(index))
    for size in range(14):
        allowed = [
            one for one, first, last in ((G0, 0, 6), (G1, 6, 10), (G2, 10, 13)) if first <= size <= last
        ]
        found = HISTORY.checkpoint_keys(size)
        assert set(found.ed25519) == {one.ed25519.public for one in allowed}
        assert set(found.ml_dsa_44) == {one.ml_dsa_44.public for one in allowed}
        assert found.entry == ()


SIGNERS = {
    "0": G0.signing,
    "1": G1.signing,
    "2": G2.signing,
    "01": (*G0.signing, *G1.signing),
    "12": (*G1.signing, *G2.signing),
}


@pytest.mark.parametrize("size", range(14))
@pytest.mark.parametrize("by", SIGNERS)
def test_checkpoints_are_good_under_the_keys_of_their_size_alone(size: int, by: str) -> None:
    """Where old and new keys signed, one of which is good, the other is a stranger's signature."""
    note = TREE.note(size, *SIGNERS[by])
    wanted = "".join(
        of for of, first, last in (("0", 0, 6), ("1", 6, 10), ("2", 10, 13)) if first <= size <= last
    )
    if set(wanted) <= set(by):
        assert HISTORY.open_(note).checkpoint == TREE.head(size)
    else:
        with pytest.raises(Untrusted, match="lacks a signature by ed25519 and ml-dsa-44"):
            HISTORY.open_(note)


@pytest.mark.parametrize(
    ("index", "size", "by"),
    [(0, 1, "0"), (3, 5, "0"), (5, 6, "01"), (3, 6, "01"), (3, 8, "1"), (7, 9, "1"), (9, 10, "12"), (0, 13, "2"), (12, 13, "2")],
)  # fmt: skip
def test_receipts_verify_across_changes(index: int, size: int, by: str) -> None:
    found = HISTORY.verify(TREE.receipt(index, size, *SIGNERS[by]))
    assert (found.index, found.checkpoint.checkpoint.size) == (index, size)


def test_a_retired_entry_key_writes_nothing_more() -> None:
    tree = Tree([*LEAVES[:7], written(G0, "late")])
    with pytest.raises(Untrusted, match="which is no entry key of"):
        KeyHistory.follow(GENESIS, (FIRST,), KEYS).verify(tree.receipt(7, 8, *G1.signing))


@pytest.mark.parametrize("trusted", [G0, G1, G2], ids=["first", "middle", "newest"])
def test_whoever_trusts_one_period_learns_all(trusted: Generation) -> None:
    assert KeyHistory.follow(GENESIS, (FIRST, SECOND), trusted.keys) == HISTORY


def test_a_history_without_changes_is_genesis() -> None:
    alone = KeyHistory.follow(GENESIS, (), KEYS)
    assert alone.newest == IDENTITY
    assert alone.open_(TREE.note(5, *G0.signing)).checkpoint.size == 5
    with pytest.raises(ValueError, match="no tree of size -1"):
        alone.checkpoint_keys(-1)


def without(note: bytes, key: PrivateKey) -> bytes:
    parsed = Note.parse(note)
    (vkey,) = [v for v in generation_of(key).keys.vkeys if v.public == key.public.raw]
    kept = tuple(line for line in parsed.signatures if not line.by(vkey))
    assert len(kept) == len(parsed.signatures) - 1
    return Note(parsed.text, kept).encode()


def generation_of(key: PrivateKey) -> Generation:
    return next(one for one in (G0, G1, G2, THIEF) if key in (*one.signing, one.entry))


def stated(
    new: LogIdentity, key: PrivateKey, *, kind: Kind = Kind.KEY_CHANGE, digest: Digest | None = None
) -> bytes:
    """An entry that states an identity, with none of the checks of key_change."""
    digests = (digest or new.policy,)
    return leaf.make(
        kind, origin=new.keys.origin, time=TIME, digests=digests, openings=opened("x"), key=key, identity=new
    )


def forged(entry_: bytes, old: Generation = G0, new: Generation = THIEF) -> tuple[KeyChange, ...]:
    return (Tree([*LEAVES[:5], entry_]).change(5, old, new),)


def mixed(**keys: Any) -> LogIdentity:
    return msgspec.structs.replace(G1.identity, keys=msgspec.structs.replace(G1.keys, **keys))


OTHER = Tree([GENESIS, *(written(G0, "other") for _ in range(4)), LEAVES[5]])
FORKED = Tree([*OTHER.leaves, *LEAVES[6:]])
BACK = Tree([*LEAVES[:9], stated(G0.identity, G1.entry)])
ELSEWHERE = msgspec.structs.replace(G1.keys, origin="other.example")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(forged(stated(THIEF.identity, THIEF.entry)), "which is no entry key of", id="signed by a stranger"),
        pytest.param(forged(stated(THIEF.identity, G0.ed25519)), "which is no entry key of", id="signed by a checkpoint key"),
        pytest.param(
            (TREE.change(5, G0, G1, checkpoint=TREE.note(6, *G0.signing)),), "under the new keys: .*lacks", id="not signed by the new"
        ),
        pytest.param(
            (TREE.change(5, G0, G1, checkpoint=TREE.note(6, *G1.signing)),), "under the old keys: .*lacks", id="not signed by the old"
        ),
        *(
            pytest.param(
                (msgspec.structs.replace(FIRST, checkpoint=without(FIRST.checkpoint, key)),),
                f"under the {which} keys: .* lacks a signature by {key.algorithm}", id=f"lacks the {which} {key.algorithm}",
            )
            for which, of in (("old", G0), ("new", G1)) for key in of.signing
        ),
        pytest.param(
            (TREE.change(5, G0, G1, checkpoint=cross_sign(TREE.head(7), G0.signing, G1.signing, STAMP)),),
            "has size 7, expected 6", id="cross-signed later",
        ),
        pytest.param(
            (TREE.change(5, G0, G1, checkpoint=cross_sign(OTHER.head(6), G0.signing, G1.signing, STAMP)),),
            "does not lead to the root", id="cross-signed another tree",
        ),
        pytest.param((TREE.change(5, G0, G1, index=4),), "has size 6, expected 5", id="index"),
        pytest.param((TREE.change(5, G0, G1, proof=FIRST.proof[:-1]),), "too few", id="audit path"),
        pytest.param((TREE.change(5, G0, G1, consistency=()),), "is empty|too few|does not lead", id="no consistency"),
        pytest.param((FIRST, TREE.change(9, G1, G2)), "does not lead|too many|too few", id="consistent with another size"),
        pytest.param((FIRST, FORKED.change(9, G1, G2, since=6)), "does not lead to the older root", id="from another tree"),
        pytest.param((SECOND,), "which is no entry key of", id="one left out"),
        pytest.param((SECOND, FIRST), "which is no entry key of", id="out of order"),
        pytest.param((FIRST, FIRST), "is not after the keys that it replaces", id="twice"),
        pytest.param((TREE.change(5, G0, G1, index=0),), "is not after the keys that it replaces", id="in the place of genesis"),
        pytest.param((FIRST, TREE.change(9, G1, G2, since=6, stamp=STAMP - 1)), "older than that of the change before", id="time runs back"),
        pytest.param((TREE.change(5, G0, G1, leaf=LEAVES[4]),), "is of kind notice, expected key-change", id="another kind"),
        pytest.param((TREE.change(5, G0, G1, leaf=GENESIS),), "is of kind genesis, expected key-change", id="genesis again"),
        pytest.param(
            forged(stated(G1.identity, G0.entry, digest=Digest.sha256(b"other")), new=G1), "records another document", id="policy"
        ),
        pytest.param(forged(stated(G0.identity, G0.entry), new=G0), "same as the one that it replaces", id="nothing changed"),
        pytest.param((FIRST, BACK.change(9, G1, G0, since=6)), "again, which was retired before", id="a retired key returns"),
        pytest.param(
            forged(stated(mixed(entry=(G0.ed25519.public,)), G0.entry), new=G1), "one purpose for ever", id="checkpoint key becomes entry key"
        ),
        pytest.param(
            forged(stated(mixed(ed25519=(G0.entry.public,)), G0.entry), new=G1), "one purpose for ever", id="entry key becomes checkpoint key"
        ),
        pytest.param(
            forged(stated(msgspec.structs.replace(G1.identity, keys=ELSEWHERE), G0.entry), new=G1),
            "register 'other.example', expected", id="another origin",
        ),
        pytest.param(forged(b"\0"), "entry is not tag 18", id="junk"),
    ],
)  # fmt: skip
def test_forged_histories(changes: tuple[KeyChange, ...], message: str) -> None:
    with pytest.raises(AssayError, match=message):
        KeyHistory.follow(GENESIS, changes, KEYS)


def test_a_history_that_nobody_vouches_for() -> None:
    for trusted in (THIEF.keys, LogKeys(origin=ORIGIN), msgspec.structs.replace(KEYS, entry=())):
        with pytest.raises(Untrusted, match="no period's keys are all among those trusted, of 3"):
            KeyHistory.follow(GENESIS, (FIRST, SECOND), trusted)
    with pytest.raises(Untrusted, match=r"expected 'other\.example'"):
        KeyHistory.follow(GENESIS, (), LogKeys(origin="other.example"))
    with pytest.raises(Malformed, match="entry 0 is of kind"):
        KeyHistory.follow(entry(), (), KEYS)
    with pytest.raises(TooLarge, match="257 changes of keys, over 256"):
        KeyHistory.follow(GENESIS, (FIRST,) * (MAX_CHANGES + 1), KEYS)


def test_an_invented_past_needs_the_secrets_of_a_trusted_period() -> None:
    fake = genesis.make(THIEF.identity, time=TIME, salts=salts("fake"), key=THIEF.entry)
    tree = Tree([fake, changed(THIEF, G1)])
    with pytest.raises(Untrusted, match="no period's keys"):
        KeyHistory.follow(fake, (), G1.keys)
    # Whoever has those secrets can make one: then the trusted keys signed a fork, which is provable.
    assert KeyHistory.follow(fake, (tree.change(1, THIEF, G1),), G1.keys).newest == G1.identity


def test_keys_may_stay_and_be_added() -> None:
    both = mixed(ed25519=(G0.ed25519.public, G1.ed25519.public), ml_dsa_44=KEYS.ml_dsa_44, entry=KEYS.entry)
    made = key_change(IDENTITY, both, time=TIME, salts=salts("add"), key=ENTRY)
    tree = Tree([GENESIS, made, written(G0, "2")])
    note = cross_sign(tree.head(2), G0.signing, (*G0.signing, G1.ed25519), STAMP)
    assert len(Note.parse(note).signatures) == 3
    change = KeyChange.of(
        msgspec.structs.replace(tree.receipt(1, 2, *G0.signing), checkpoint=note),
        proof.consistency_proof(1, 2, tree.known),
    )
    history = KeyHistory.follow(GENESIS, (change,), KEYS)
    for signing in (G0.ed25519, G1.ed25519):
        assert history.open_(tree.note(3, signing, G0.ml_dsa_44)).checkpoint.size == 3


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        pytest.param(lambda: changed(THIEF, G1) and key_change(
            IDENTITY, G1.identity, time=TIME, salts=salts("x"), key=THIEF.entry
        ), ValueError, "signed by an entry key that it replaces", id="another's key"),
        pytest.param(lambda: changed(G0, G0), Malformed, "same as the one", id="no change"),
        pytest.param(
            lambda: key_change(IDENTITY, mixed(ed25519=tuple(private("ed25519", f"{n}").public for n in range(8))),
                               time=TIME + timedelta(1), salts=salts("x"), key=ENTRY),
            TooLarge, "9 keys of one kind at once, over 8", id="too many keys in one note",
        ),
    ],
)  # fmt: skip
def test_misuse(make: Callable[[], bytes], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
