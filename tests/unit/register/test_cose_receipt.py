from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.damage import damaged
from tests.support.register import ED25519, ENTRY, KEYS, ML_DSA_44, ORIGIN, log
from tests.support.signing import private

from assay.errors import AssayError, Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import cbor, cose
from assay.register import cose_receipt, merkle, proof
from assay.register.ccf_receipt import CcfReceipt
from assay.register.checkpoint import Checkpoint
from assay.register.cose_receipt import (
    Consistency,
    CoseReceipt,
    Inclusion,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from assay.register.identity import LogKeys

LEAVES = log(9)
KNOWN = merkle.extend(0, [merkle.leaf_hash(one) for one in LEAVES], {})
HEADS = [
    Checkpoint(ORIGIN, size, merkle.root([KNOWN[at] for at in merkle.frontier(size)])) for size in range(10)
]
BOTH_KEYS = (ED25519, ML_DSA_44)


def included(index: int, size: int = 9, key: Any = ED25519) -> CoseReceipt:
    path = proof.inclusion_proof(index, size, KNOWN)
    return prove_inclusion(HEADS[size], LEAVES[index], index, path, key)


def grown(old: int, size: int = 9, key: Any = ED25519) -> CoseReceipt:
    path = proof.consistency_proof(old, size, KNOWN)
    return prove_consistency(HEADS[size], old, HEADS[old].root, path, key)


PAIR = tuple(included(3, key=key) for key in BOTH_KEYS)
CLASSICAL = PAIR[0].encode()


def test_every_inclusion_proves_itself_and_nothing_else() -> None:
    for size in range(2, 10):
        for index in range(size):
            one = CoseReceipt.parse(included(index, size).encode())
            assert one.check_inclusion(LEAVES[index], "ed25519", ED25519.public.verify) == HEADS[size].root
            with pytest.raises(Untrusted, match="does not verify"):
                one.check_inclusion(LEAVES[index - 1], "ed25519", ED25519.public.verify)


def test_every_consistency_proves_itself_and_nothing_else() -> None:
    for size in range(2, 10):
        for old in range(1, size):
            one = CoseReceipt.parse(grown(old, size).encode())
            root = one.check_consistency(HEADS[old].root, "ed25519", ED25519.public.verify)
            assert root == HEADS[size].root
            with pytest.raises(Untrusted):
                one.check_consistency(HEADS[old - 1].root, "ed25519", ED25519.public.verify)


def test_two_receipts_prove_one_entry() -> None:
    proven = verify_inclusion(PAIR, LEAVES[3], KEYS)
    assert [(one.scheme, one.root, one.size, one.index) for one in proven] == [
        ("ed25519", HEADS[9].root, None, None),
        ("ml-dsa-44", HEADS[9].root, None, None),
    ]
    proven = verify_inclusion(PAIR, LEAVES[3], KEYS, checkpoint=HEADS[9])
    assert {(one.size, one.index) for one in proven} == {(9, 3)}
    assert [len(one.encode()) for one in PAIR] == [327, 2685]


def test_two_receipts_prove_growth() -> None:
    pair = [grown(4, key=key) for key in BOTH_KEYS]
    proven = verify_consistency(pair, HEADS[4], KEYS, checkpoint=HEADS[9])
    assert {(one.size, one.index) for one in proven} == {(9, None)}
    with pytest.raises(Untrusted, match="starts at size 4, expected 5"):
        verify_consistency(pair, HEADS[5], KEYS)
    with pytest.raises(Malformed, match="of inclusion, expected one of consistency"):
        verify_consistency(PAIR, HEADS[4], KEYS)
    with pytest.raises(Malformed, match="of consistency, expected one of inclusion"):
        verify_inclusion(pair, LEAVES[3], KEYS)


def renumbered(one: CoseReceipt, first: int, second: int) -> CoseReceipt:
    inner = cbor.encode((first, second, one.proof.path))
    kind = cose_receipt.INCLUSION if isinstance(one.proof, Inclusion) else cose_receipt.CONSISTENCY
    changed = msgspec.structs.replace(one.signature, unprotected={cose.VDP: {kind: (inner,)}})
    return CoseReceipt.parse(changed.encode())


@pytest.mark.parametrize("size", [8, 7, 6])
def test_size_is_not_signed_so_only_a_checkpoint_proves_it(size: int) -> None:
    one = included(3, 8)
    forged = renumbered(one, size, 3)
    (proven,) = verify_inclusion([forged], LEAVES[3], KEYS, required=("ed25519",))
    assert (proven.size, proven.index) == (None, None)
    if size != 8:
        with pytest.raises(Untrusted, match=f"for a tree of {size} entries, its checkpoint has 8"):
            verify_inclusion([forged], LEAVES[3], KEYS, checkpoint=HEADS[8], required=("ed25519",))


def test_index_is_not_signed_so_only_a_checkpoint_proves_it() -> None:
    """The last leaf of 7 has the same path as the last of 4, to the same root."""
    forged = renumbered(included(6, 7), 4, 3)
    (proven,) = verify_inclusion([forged], LEAVES[6], KEYS, required=("ed25519",))
    assert proven.index is None
    with pytest.raises(Untrusted, match="for a tree of 4 entries, its checkpoint has 7"):
        verify_inclusion([forged], LEAVES[6], KEYS, checkpoint=HEADS[7], required=("ed25519",))
    with pytest.raises(Untrusted, match="another root than the checkpoint of size 4"):
        verify_inclusion([forged], LEAVES[6], KEYS, checkpoint=HEADS[4], required=("ed25519",))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda: prove_inclusion(HEADS[1], LEAVES[0], 0, (), ED25519), "no COSE receipt in a tree of one entry", id="size 1"
        ),
        pytest.param(
            lambda: prove_consistency(HEADS[5], 5, HEADS[5].root, (), ED25519), "from size 5 to itself", id="equal sizes"
        ),
    ],
)  # fmt: skip
def test_a_path_is_demanded(make: Callable[[], object], message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        make()


def test_nothing_is_signed_that_the_proof_does_not_show() -> None:
    path = proof.inclusion_proof(3, 9, KNOWN)
    with pytest.raises(Untrusted, match="does not lead to the root"):
        prove_inclusion(HEADS[9], LEAVES[4], 3, path, ED25519)
    with pytest.raises(Untrusted, match="does not lead to the newer root"):
        prove_consistency(HEADS[9], 4, HEADS[5].root, proof.consistency_proof(4, 9, KNOWN), ED25519)
    with pytest.raises(Malformed, match="from size 0"):
        prove_consistency(HEADS[9], 0, HEADS[0].root, (), ED25519)
    with pytest.raises(ValueError, match="signed with ed25519 and ml-dsa-44, not with ml-dsa-65"):
        included(3, key=private("ml-dsa-65", "log"))


def signed_with(headers: dict[Any, Any], *, kind: int = -1, inner: Any = None) -> bytes:
    """Our own signature over any header, with the proof of leaf 3."""
    signed = cose.sign1(headers, HEADS[9].root, ED25519.sign)
    value = (9, 3, PAIR[0].proof.path) if inner is None else inner
    return cose.Detached(
        signed.protected, {cose.VDP: {kind: (cbor.encode(value),)}}, signed.signature
    ).encode()


HEADERS = PAIR[0].headers()


@pytest.mark.parametrize(
    ("receipts", "message"),
    [
        pytest.param(PAIR[:1], "no COSE receipt of 'register.example/3f9c' by ml-dsa-44 under a known key", id="one only"),
        pytest.param((), "by ed25519 and ml-dsa-44", id="none"),
        pytest.param((PAIR[0], PAIR[0]), "by ml-dsa-44", id="one twice"),
        pytest.param(
            (CoseReceipt.parse(signed_with({**HEADERS, cose.CWT_CLAIMS: {1: "other.example", 2: "entry"}})), PAIR[1]),
            "header 15 is .*other.example", id="another register",
        ),
        pytest.param(
            (CoseReceipt.parse(signed_with({**HEADERS, cose.CWT_CLAIMS: {1: ORIGIN, 2: "tree"}})), PAIR[1]),
            "header 15 is", id="subject of the other kind",
        ),
        pytest.param((CoseReceipt.parse(signed_with({**HEADERS, 99: 1})), PAIR[1]), "header 99 is 1, expected None", id="one header more"),
        pytest.param(
            (CoseReceipt.parse(signed_with({k: v for k, v in HEADERS.items() if k != cose.TYP})), PAIR[1]),
            "header 16 is None", id="one header less",
        ),
        pytest.param(
            (CoseReceipt.parse(signed_with({**HEADERS, cose.ALG: -8})), PAIR[1]), "header 1 is -8, expected -19", id="older algorithm",
        ),
        pytest.param(
            (CoseReceipt.parse(signed_with({**HEADERS, cose.KID: b"?"})), PAIR[1]), "by ed25519 under a known key", id="stranger",
        ),
        pytest.param(
            (included(3, key=private("ed25519", "stranger")), PAIR[1]), "by ed25519 under a known key", id="another key",
        ),
        pytest.param((included(4), PAIR[1]), "does not verify", id="of another entry"),
    ],
)  # fmt: skip
def test_refuses(receipts: tuple[CoseReceipt, ...], message: str) -> None:
    with pytest.raises(Untrusted, match=message):
        verify_inclusion(receipts, LEAVES[3], KEYS)


def test_an_entry_key_signs_no_receipts() -> None:
    forged = included(3, key=ENTRY)
    with pytest.raises(Untrusted, match="by ed25519 under a known key"):
        verify_inclusion([forged], LEAVES[3], KEYS, required=("ed25519",))


def test_a_stranger_s_receipt_is_ignored_and_a_policy_asks_for_something() -> None:
    stranger = included(3, key=private("ml-dsa-44", "stranger"))
    assert len(verify_inclusion((stranger, *PAIR), LEAVES[3], KEYS)) == 2
    with pytest.raises(ValueError, match="requires no signature proves nothing"):
        verify_inclusion(PAIR, LEAVES[3], KEYS, required=())
    with pytest.raises(Untrusted, match=r"checkpoint is of 'other\.example'"):
        verify_inclusion(PAIR, LEAVES[3], KEYS, checkpoint=Checkpoint("other.example", 9, HEADS[9].root))
    with pytest.raises(Untrusted, match=r"no COSE receipt of 'other\.example'|header 15"):
        verify_inclusion(PAIR, LEAVES[3], LogKeys(origin="other.example", ed25519=KEYS.ed25519))


def shaped(unprotected: Any = None, payload: bytes | None = None, *, headers: Any = HEADERS) -> bytes:
    proofs = PAIR[0].signature.unprotected if unprotected is None else unprotected
    protected = cbor.encode(headers)
    return cbor.encode(cbor.Tag(18, (protected, proofs, payload, PAIR[0].signature.signature)))


def proofs_of(inner: Any, kind: int = -1) -> bytes:
    return shaped({cose.VDP: {kind: (cbor.encode(inner),)}})


PATH = PAIR[0].proof.path
LONG = (bytes(32),) * 66


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        pytest.param(shaped(payload=HEADS[9].root), Unsupported, "carries its payload, expected a detached one", id="attached"),
        pytest.param(shaped({}), Malformed, "holds nothing, expected proofs .396. alone", id="no proofs"),
        pytest.param(shaped({cose.VDP: {}}), Malformed, "not one of inclusion", id="empty proofs"),
        pytest.param(shaped({cose.VDS: 1, **PAIR[0].signature.unprotected}), Malformed, "holds 395, 396", id="structure outside"),
        pytest.param(shaped(headers={**HEADERS, cose.VDS: 2}), Unsupported, "data structure 2, expected 1", id="CCF"),
        pytest.param(shaped(headers={**HEADERS, cose.VDS: True}), Malformed, "is True, expected a number", id="structure true"),
        pytest.param(
            shaped(headers={k: v for k, v in HEADERS.items() if k != cose.VDS}), Malformed, "is None, expected a number",
            id="no structure",
        ),
        pytest.param(shaped(headers=(1,)), Malformed, "protected header is not a map", id="header no map"),
        pytest.param(shaped({cose.VDP: {-1: (b"\x83", b"\x83")}}), Malformed, "not one of inclusion", id="two proofs"),
        pytest.param(shaped({cose.VDP: {-1: (b"x",), -2: (b"x",)}}), Malformed, "not one of inclusion", id="two kinds"),
        pytest.param(shaped({cose.VDP: {-3: (b"x",)}}), Malformed, "not one of inclusion", id="unknown kind"),
        pytest.param(shaped({cose.VDP: {-1: ((9, 3, PATH),)}}), Malformed, "not one of inclusion", id="proof not encoded"),
        pytest.param(shaped({cose.VDP: 5}), Malformed, "not one of inclusion", id="proofs no map"),
        pytest.param(proofs_of((9, 3)), Malformed, "not an array of two numbers and a path", id="no path"),
        pytest.param(proofs_of((9, 3, ())), Malformed, "path has 0 hashes, expected 1 to 65", id="empty path"),
        pytest.param(proofs_of((9, 3, LONG)), Malformed, "path has 66 hashes", id="long path"),
        pytest.param(proofs_of((9, 3, (b"x" * 31,))), Malformed, "something else than hashes of 32", id="short hash"),
        pytest.param(proofs_of((9, 3, (1,))), Malformed, "something else than hashes", id="number in path"),
        pytest.param(proofs_of((9, 9, PATH)), Malformed, "for leaf 9 of a tree of 9", id="index past the end"),
        pytest.param(proofs_of((9, -1, PATH)), Malformed, "for leaf -1", id="negative index"),
        pytest.param(proofs_of((2**63, 1, PATH)), Malformed, "of a tree of 9223372036854775808", id="size past 2**63"),
        pytest.param(proofs_of((True, False, PATH)), Malformed, "two numbers", id="truth values"),
        pytest.param(proofs_of((0, 9, PATH), -2), Malformed, "from size 0 to size 9", id="from nothing"),
        pytest.param(proofs_of((9, 9, PATH), -2), Malformed, "from size 9 to size 9", id="to itself"),
        pytest.param(proofs_of((9, 4, PATH), -2), Malformed, "from size 9 to size 4", id="shrinking"),
        pytest.param(CLASSICAL + b"\0", Malformed, "deterministic form", id="trailing byte"),
        pytest.param(CLASSICAL[:-1], Malformed, "premature end", id="truncated"),
        pytest.param(CLASSICAL[1:], Malformed, "not tag 18", id="no tag"),
        pytest.param(b"\x81" * 100, Malformed, "depth", id="deep"),
        pytest.param(bytes(20_000), TooLarge, "20000 bytes, over 16384", id="large"),
    ],
)  # fmt: skip
def test_rejects(data: bytes, error: type[AssayError], message: str) -> None:
    with pytest.raises(error, match=message):
        CoseReceipt.parse(data)


def test_order_of_headers_may_be_another_writer_s_only_when_asked() -> None:
    pairs = b"\x19\x01\x8b\x01" + b"\x01\x32"
    data = cbor.encode(
        cbor.Tag(18, (b"\xa2" + pairs, PAIR[0].signature.unprotected, None, PAIR[0].signature.signature))
    )
    with pytest.raises(Malformed, match="deterministic form"):
        CoseReceipt.parse(data)
    assert CoseReceipt.parse(data, foreign=True).headers() == {cose.VDS: 1, cose.ALG: -19}


def test_every_changed_byte_is_rejected() -> None:
    """Index and size alone are free to move where the path leads to the same root; here it does not."""
    for one, places in ((PAIR[0], None), (PAIR[1], 7)):
        data = one.encode()
        for at in range(0, len(data), places or 1):
            for flip in (1, 0x80):
                broken = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
                with pytest.raises(AssayError):
                    verify_inclusion(
                        [CoseReceipt.parse(broken)],
                        LEAVES[3],
                        KEYS,
                        required=(_scheme(one),),
                        checkpoint=HEADS[9],
                    )


def _scheme(one: CoseReceipt) -> Any:
    return "ed25519" if one is PAIR[0] else "ml-dsa-44"


@given(damaged(CLASSICAL))
def test_damage_is_refused_or_changes_nothing(data: bytes) -> None:
    with suppress(AssayError):
        assert CoseReceipt.parse(data).encode() == data
    with suppress(AssayError):
        CcfReceipt.parse(data)


@given(st.integers(2, 9), st.data())
def test_round_trips(size: int, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([Inclusion, Consistency]))
    one = (
        included(data.draw(st.integers(0, size - 1)), size)
        if kind is Inclusion
        else grown(data.draw(st.integers(1, size - 1)), size)
    )
    assert CoseReceipt.parse(one.encode()) == one


def test_a_path_of_another_length_is_no_path() -> None:
    with pytest.raises(Untrusted, match="4 hashes, not the path of leaf 3 of 5"):
        renumbered(PAIR[0], 5, 3).check_inclusion(LEAVES[3], "ed25519", ED25519.public.verify)
    with pytest.raises(Untrusted, match="hashes, too"):
        renumbered(grown(4), 4, 5).check_consistency(HEADS[4].root, "ed25519", ED25519.public.verify)
