from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.damage import damaged
from tests.support.register import ED25519, ENTRY, KEYS, ML_DSA_44, ORIGIN, entry, log
from tests.support.signing import private

from assay.errors import AssayError, Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import cbor, cose
from assay.formats.digest import Digest
from assay.register import leaf, merkle, proof, scitt
from assay.register.checkpoint import Checkpoint
from assay.register.cose_receipt import prove_inclusion
from assay.register.scitt import Document, Statement, TransparentStatement

ISSUER = private("ed25519", "issuer")
SUBJECT = "pkg:pypi/lantern@2.1.0"
PLAIN = scitt.sign(
    b'{"fictional": true}',
    issuer="maker.example",
    subject=SUBJECT,
    content_type="application/json",
    key=ISSUER,
)
DOCUMENT = Document(Digest.sha256(b"bill"), "application/vnd.cyclonedx+json", "https://maker.example/bill")
HASHED = scitt.sign_digest(
    DOCUMENT, issuer="maker.example", subject=SUBJECT, key=private("ml-dsa-44", "issuer")
)
HEADERS = Statement.parse(PLAIN).signed.headers()
LEAVES = [*log(4), PLAIN, HASHED]
KNOWN = merkle.extend(0, [merkle.leaf_hash(one) for one in LEAVES], {})
HEAD = Checkpoint(ORIGIN, 6, merkle.root([KNOWN[at] for at in merkle.frontier(6)]))


def receipts(index: int) -> tuple[bytes, ...]:
    path = proof.inclusion_proof(index, 6, KNOWN)
    return tuple(
        prove_inclusion(HEAD, LEAVES[index], index, path, key).encode() for key in (ED25519, ML_DSA_44)
    )


RECEIPTS = receipts(4)
WHOLE = scitt.transparent(PLAIN, RECEIPTS)


def test_a_statement_says_who_about_what() -> None:
    found = Statement.parse(PLAIN)
    assert (found.issuer, found.subject, found.content_type) == ("maker.example", SUBJECT, "application/json")
    assert found.kid == bytes.fromhex(ISSUER.public.keyid)
    assert found.document is None
    assert found.registrable() == found.data == PLAIN
    found.check(ISSUER.public)
    with pytest.raises(Untrusted, match="does not verify"):
        found.check(private("ed25519", "other").public)


def test_a_hash_envelope_says_what_it_stands_for() -> None:
    found = Statement.parse(HASHED)
    assert (found.document, found.content_type) == (DOCUMENT, None)
    assert found.signed.payload == DOCUMENT.digest.raw
    found.check(private("ml-dsa-44", "issuer").public)
    assert Statement.parse(
        scitt.sign_digest(Document(Digest("sha512", "ab" * 64), 65_000), issuer="i", subject="s", key=ISSUER)
    ).document == Document(Digest("sha512", "ab" * 64), 65_000)


def test_a_transparent_statement_leads_back_to_its_leaf() -> None:
    found = TransparentStatement.parse(WHOLE)
    assert (found.statement.data, found.receipts, found.encode()) == (PLAIN, RECEIPTS, WHOLE)
    proven = found.verify(KEYS, issuer=ISSUER.public, checkpoint=HEAD)
    assert {(one.size, one.index) for one in proven} == {(6, 4)}
    assert scitt.bare(WHOLE) == scitt.bare(PLAIN) == PLAIN


def test_every_entry_of_a_register_is_a_signed_statement() -> None:
    found = TransparentStatement.parse(scitt.transparent(LEAVES[2], receipts(2)))
    assert (found.statement.issuer, found.statement.subject) == (ORIGIN, leaf.SUBJECT)
    assert found.verify(KEYS, issuer=ENTRY.public)[0].root == HEAD.root


def test_receipts_of_others_are_ignored_ours_are_not() -> None:
    path = proof.inclusion_proof(4, 6, KNOWN)
    stranger = prove_inclusion(HEAD, PLAIN, 4, path, private("ed25519", "stranger")).encode()
    ccf = cbor.encode(cbor.Tag(18, (cbor.encode({cose.VDS: 2}), {}, None, b"")))
    assert (
        len(TransparentStatement.parse(scitt.transparent(PLAIN, (stranger, ccf, *RECEIPTS))).verify(KEYS))
        == 2
    )
    for lacking in ((stranger, ccf), (RECEIPTS[0],)):
        with pytest.raises(Untrusted, match="no COSE receipt of"):
            TransparentStatement.parse(scitt.transparent(PLAIN, lacking)).verify(KEYS)
    with pytest.raises(Untrusted, match="does not verify"):
        TransparentStatement.parse(scitt.transparent(HASHED, RECEIPTS)).verify(KEYS)
    with pytest.raises(Malformed, match="receipt 2 is not tag 18"):
        TransparentStatement.parse(scitt.transparent(PLAIN, (*RECEIPTS, b"\0"))).verify(KEYS)


def test_the_statement_s_signature_is_checked_where_its_issuer_is_known() -> None:
    forged = cose.sign1(HEADERS, b"other", private("ed25519", "other").sign).encode()
    head = Checkpoint(ORIGIN, 2, merkle.root_of([merkle.leaf_hash(one) for one in (LEAVES[0], forged)]))
    made = [
        prove_inclusion(head, forged, 1, (merkle.leaf_hash(LEAVES[0]),), key).encode()
        for key in (ED25519, ML_DSA_44)
    ]
    whole = TransparentStatement.parse(scitt.transparent(forged, made))
    assert len(whole.verify(KEYS)) == 2
    with pytest.raises(Untrusted, match="does not verify"):
        whole.verify(KEYS, issuer=ISSUER.public)


def statement(changes: dict[Any, Any], payload: bytes = b"x", unprotected: Any = None) -> bytes:
    headers = {k: v for k, v in {**HEADERS, **changes}.items() if v is not None}
    return cbor.encode(cbor.Tag(18, (cbor.encode(headers), unprotected or {}, payload, b"s" * 64)))


CLAIMS = cose.CWT_CLAIMS
ENVELOPE = {cose.CONTENT_TYPE: None, cose.PAYLOAD_HASH_ALG: -16}


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        pytest.param(statement({CLAIMS: 5}), Malformed, "CWT claims .15. are not a map", id="claims"),
        pytest.param(statement({CLAIMS: {1: 5}}), Malformed, "iss is not text of at most 8192", id="issuer"),
        pytest.param(statement({CLAIMS: {2: "x" * 8193}}), Malformed, "sub is not text", id="long subject"),
        pytest.param(statement({cose.KID: "k"}), Malformed, "kid .4. is 'k', expected bytes", id="kid"),
        pytest.param(statement({cose.CONTENT_TYPE: True}), Malformed, "content type .3. is not text", id="type true"),
        pytest.param(statement({cose.CONTENT_TYPE: 70_000}), Malformed, "content type .3. is not text", id="type 70000"),
        pytest.param(statement({cose.PAYLOAD_HASH_ALG: -16}, bytes(32)), Malformed, "has a content type .3.", id="envelope and type"),
        pytest.param(statement({cose.PREIMAGE_TYPE: 50}), Malformed, "header 259 belongs to a hash envelope", id="259 alone"),
        pytest.param(statement({cose.PAYLOAD_LOCATION: "x"}), Malformed, "header 260 belongs to", id="260 alone"),
        pytest.param(statement({**ENVELOPE, cose.PAYLOAD_HASH_ALG: -15}), Unsupported, "hashed with -15", id="short hash"),
        pytest.param(statement({**ENVELOPE, cose.PAYLOAD_HASH_ALG: "x"}), Unsupported, "hashed with 'x'", id="hash as text"),
        pytest.param(statement(ENVELOPE, b"x" * 31), Malformed, "payload is not 64", id="digest of 31 bytes"),
        pytest.param(statement({**ENVELOPE, cose.PAYLOAD_LOCATION: 5}, bytes(32)), Malformed, "location .260. is not text", id="location"),
        pytest.param(statement({}, unprotected={33: b"x"}), Malformed, "unprotected header holds 33", id="chain outside"),
        pytest.param(WHOLE, Malformed, "unprotected header holds 394", id="transparent"),
        pytest.param(cbor.encode(cbor.Tag(18, (b"\xa0", {}, None, b""))), Malformed, "not tag 18 over", id="detached"),
        pytest.param(PLAIN + b"\0", Malformed, "deterministic form", id="trailing byte"),
        pytest.param(PLAIN[:-1], Malformed, "premature end", id="truncated"),
        pytest.param(bytes(65_536), TooLarge, "65536 bytes, over 65535", id="large"),
    ],
)  # fmt: skip
def test_rejects(data: bytes, error: type[AssayError], message: str) -> None:
    with pytest.raises(error, match=f"signed statement.*{message}"):
        Statement.parse(data)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        pytest.param({CLAIMS: {1: "i"}}, Malformed, "lacks an issuer .iss. or a subject", id="no subject"),
        pytest.param({CLAIMS: {2: "s"}}, Malformed, "lacks an issuer", id="no issuer"),
        pytest.param({CLAIMS: {1: "", 2: "s"}}, Malformed, "lacks an issuer", id="empty issuer"),
        pytest.param({CLAIMS: None}, Malformed, "lacks an issuer", id="no claims"),
        pytest.param({cose.KID: None}, Malformed, "names no key", id="no key"),
        pytest.param({cose.CRIT: (15,)}, Unsupported, "critical headers", id="critical"),
        pytest.param(
            {cose.TYP: leaf.TYP}, Malformed, "only the register's own entries", id="poses as an entry"
        ),
    ],
)
def test_may_not_be_registered(changes: dict[Any, Any], error: type[AssayError], message: str) -> None:
    found = Statement.parse(statement(changes))
    with pytest.raises(error, match=message):
        found.registrable()
    if cose.KID in changes:
        assert Statement.parse(statement({**changes, cose.X5T: (-16, b"x")})).registrable()


@pytest.mark.parametrize(
    ("unprotected", "message"),
    [
        pytest.param({}, "holds nothing, expected receipts .394. alone", id="none"),
        pytest.param({394: RECEIPTS, 33: b"x"}, "holds 33, 394", id="something beside"),
        pytest.param({394: RECEIPTS[0]}, "holds 394, expected receipts", id="not an array"),
        pytest.param({394: ()}, "not 1 to 16 byte strings", id="empty"),
        pytest.param({394: (b"r",) * 17}, "not 1 to 16 byte strings", id="too many"),
        pytest.param({394: (1,)}, "not 1 to 16 byte strings", id="number"),
    ],
)
def test_rejects_transparent(unprotected: Any, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        TransparentStatement.parse(statement({}, unprotected=unprotected))


def test_limits() -> None:
    one = "x" * 8192
    room = scitt.MAX_BYTES - len(statement({}, payload=bytes(60_000))) + 60_000
    assert Statement.parse(statement({}, payload=bytes(room))).registrable()
    with pytest.raises(TooLarge):
        scitt.bare(statement({}, payload=bytes(room + 1), unprotected={33: b"x"}))
    assert Statement.parse(statement({CLAIMS: {1: one, 2: one}})).issuer == one
    with pytest.raises(TooLarge, match=f"over {scitt.MAX_TRANSPARENT}"):
        TransparentStatement.parse(bytes(scitt.MAX_TRANSPARENT + 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: scitt.transparent(PLAIN, ()), "carries 1 to 16 receipts, not 0", id="no receipts"),
        pytest.param(
            lambda: scitt.sign(b"", issuer="i", subject="s", content_type=0, key=private("ecdsa-p256", "issuer")),
            "not with ecdsa-p256", id="algorithm",
        ),
    ],
)  # fmt: skip
def test_misuse(make: Callable[[], bytes], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_every_changed_byte_of_a_transparent_statement_is_rejected() -> None:
    for at in range(0, len(WHOLE), 5):
        broken = WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :]
        with pytest.raises(AssayError):
            TransparentStatement.parse(broken).verify(KEYS, issuer=ISSUER.public, checkpoint=HEAD)


@given(damaged(WHOLE))
def test_damage_is_refused_or_read_as_it_stands(data: bytes) -> None:
    with suppress(AssayError):
        assert TransparentStatement.parse(data).encode() == data
    with suppress(AssayError):
        assert Statement.parse(data).data == data
    with suppress(AssayError):
        TransparentStatement.parse(data).verify(KEYS)


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@given(st.binary(max_size=200), texts, texts, texts | st.integers(0, 65_535))
def test_round_trips(payload: bytes, issuer: str, subject: str, content_type: str | int) -> None:
    made = scitt.sign(payload, issuer=issuer, subject=subject, content_type=content_type, key=ISSUER)
    found = Statement.parse(made)
    assert (found.issuer, found.subject, found.content_type) == (issuer, subject, content_type)
    assert (found.signed.payload, found.data) == (payload, made)


def test_an_entry_of_the_register_cannot_be_registered_as_a_statement() -> None:
    with pytest.raises(Malformed, match="only the register's own entries"):
        Statement.parse(entry()).registrable()
