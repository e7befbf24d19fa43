"""Damaged and invented receipts, statements and proofs: every parser reads them or refuses them with one line."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.damage import damaged
from tests.support.register import ED25519, IDENTITY, KEYS, ML_DSA_44, TIME, log, receipt, salts
from tests.support.signing import private

from assay.errors import AssayError
from assay.formats import cbor, cose
from assay.formats.cose import Detached
from assay.formats.tlog_proof import TlogProof
from assay.register import forms, genesis, scitt
from assay.register.ccf_receipt import CcfReceipt
from assay.register.cose_receipt import CoseReceipt, verify_inclusion
from assay.register.key_history import KeyHistoryDocument
from assay.register.scitt import Statement, TransparentStatement

LEAVES = log(5)
RECEIPT = receipt(3, LEAVES)
COSE, QUANTUM = (one.encode() for one in forms.cose_receipts(RECEIPT, KEYS, (ED25519, ML_DSA_44)).values())
STATEMENT = scitt.sign_digest(
    scitt.Document(IDENTITY.policy, "text/plain", "https://maker.example/x"),
    issuer="maker.example", subject="lantern", key=private("ed25519", "maker"),
)  # fmt: skip
WHOLE = scitt.transparent(LEAVES[3], (COSE, QUANTUM))
CCF = cbor.encode(
    cbor.Tag(18, (
        cbor.encode({cose.ALG: -19, cose.VDS: 2}),
        {cose.VDP: {-1: (cbor.encode({1: (bytes(32), "evidence", bytes(32)), 2: ((True, bytes(32)),)}),)}},
        None, bytes(64),
    ))
)  # fmt: skip
PROOF = forms.tlog_proof(RECEIPT).encode()
HISTORY = KeyHistoryDocument(
    origin=KEYS.origin,
    genesis=genesis.make(IDENTITY, time=TIME, salts=salts("genesis"), key=private("ed25519", "entry")),
).encode()

READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "COSE receipt": (lambda data: verify_inclusion([CoseReceipt.parse(data, foreign=True)], LEAVES[3], KEYS, required=("ed25519",)), COSE),
    "ML-DSA-44 receipt": (lambda data: verify_inclusion([CoseReceipt.parse(data)], LEAVES[3], KEYS, required=("ml-dsa-44",)), QUANTUM),
    "CCF receipt": (lambda data: CcfReceipt.parse(data).evidence, CCF),
    "detached signature": (lambda data: Detached.parse(data, what="signature", foreign=True).attach(b"x"), COSE),
    "statement": (lambda data: Statement.parse(data).registrable(), STATEMENT),
    "transparent statement": (lambda data: TransparentStatement.parse(data).verify(KEYS), WHOLE),
    "bare statement": (scitt.bare, WHOLE),
    "entry": (lambda data: forms.verify_transparent_entry(data, KEYS), WHOLE),
    "tlog-proof": (lambda data: forms.verify_tlog_proof(TlogProof.parse(data), KEYS), PROOF),
    "key history": (lambda data: KeyHistoryDocument.parse(data).follow(KEYS), HISTORY),
}  # fmt: skip


def _nested(value: Any) -> bytes:
    """CBOR in a byte string, as COSE likes it."""
    try:
        return cbor.encode(value)
    except ValueError:
        return b"\xff"


labels = st.sampled_from(
    [
        1,
        2,
        3,
        4,
        15,
        16,
        33,
        34,
        258,
        259,
        260,
        394,
        395,
        396,
        -1,
        -2,
        "x",
        b"x",
        0,
        99,
        "a\nb\x1b[2J",
        "long" * 900,
    ]
)
numbers = st.sampled_from([0, 1, 2, 5, 9, -1, -7, -8, -16, -19, -48, 2**63 - 1, 2**63, 2**64 - 1])
blobs = st.sampled_from(
    [b"", b"x", bytes(31), bytes(32), bytes(64), bytes(2420), b"\x80", b"\xa0", COSE, STATEMENT]
)
plain = st.one_of(
    st.none(), st.booleans(), numbers, blobs, st.sampled_from(["", "x", "entry", KEYS.origin, "é" * 9000])
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(labels, inner, max_size=4),
        st.builds(cbor.Tag, st.sampled_from([18, 17, 98, 0, 2]), inner),
        inner.map(_nested),
    ),
    max_leaves=10,
)
headers = st.dictionaries(labels, values, max_size=6)


signatures = st.builds(
    lambda protected, unprotected, payload, signature: _nested(
        cbor.Tag(18, (_nested(protected), unprotected, payload, signature))
    ),
    headers, headers, st.one_of(st.none(), blobs), blobs,
)  # fmt: skip


def refusal(read: Callable[[bytes], Any], data: bytes) -> str | None:
    try:
        read(data)
    except AssayError as error:
        return str(error)
    return None


@pytest.mark.parametrize("reader", READERS)
def test_reads_its_sample(reader: str) -> None:
    read, sample = READERS[reader]
    assert read(sample)


@pytest.mark.parametrize("reader", READERS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_reads_or_refuses(reader: str, data: st.DataObject) -> None:
    read, sample = READERS[reader]
    why = refusal(read, data.draw(damaged(sample)))
    assert why is None or (why and "\n" not in why and len(why) < 1000)


@pytest.mark.parametrize("reader", [name for name, (_, sample) in READERS.items() if sample[:1] == b"\xd2"])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=signatures)
def test_invented_signatures_are_refused(reader: str, data: bytes) -> None:
    read, _ = READERS[reader]
    why = refusal(read, data)
    assert why is None or (why.isprintable() and 0 < len(why) < 500)
