"""SCRAPI: a provider has a signed statement recorded, and anybody verifies its receipt, also without any code of ours."""

import hashlib
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from tests.support import services
from tests.support.applications import client
from tests.support.desks import OTHER_ORG, World
from tests.support.offices import PROVIDER, PROVIDER_KEYS, key

from assay.adapters.memory import MemoryBlobs
from assay.crypto.keys import PublicKey
from assay.formats import cbor, cose
from assay.formats.concise_problem import MEDIA_TYPE, ConciseProblem
from assay.formats.digest import Digest
from assay.office.log import check_keys, receipt, verify_register
from assay.office.permission_table import Role
from assay.office.revalidate import look_around
from assay.register import cose_receipt, leaf, scitt
from assay.register.cose_receipt import CoseReceipt
from assay.register.scitt import Document, TransparentStatement

COSE = {"content-type": "application/cose"}
ISSUER, SUBJECT = PROVIDER, "lantern 2.1.0"


@pytest.fixture
def world() -> World:
    made = World()
    services.submitted(made.service)
    made.client = client(made.desk, scitt=True)
    return made


def statement(**changes: Any) -> bytes:
    said: dict[str, Any] = {
        "issuer": ISSUER,
        "subject": SUBJECT,
        "content_type": "text/plain",
        "key": PROVIDER_KEYS[0],
    }
    return scitt.sign(b"lantern burns without soot", **{**said, **changes})


def post(world: World, data: bytes, headers: dict[str, str] | None = None) -> Any:
    who = world.person(Role.PROVIDER_MEMBER) if headers is None else headers
    return world.client.post("/entries", content=data, headers=COSE | who)


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == MEDIA_TYPE
    return answer.status_code, ConciseProblem.parse(answer.content).title


def test_recorded_and_verified_without_our_code(world: World) -> None:
    data = statement()
    answer = post(world, data)
    assert answer.status_code == 201, answer.content
    assert answer.headers["content-type"] == "application/cose"
    where = answer.headers["location"]
    assert where.startswith("http://office.localhost:8080/entries/")
    fresh = world.client.get(where)
    assert (fresh.status_code, fresh.headers["location"]) == (200, where)
    other = world.client.get(f"{where}?alg=-48")
    keys = {key[2]: key for key in cbor2.loads(world.client.get("/.well-known/scitt-keys").content)}
    for made, algorithm in ((fresh, -19), (other, -48)):
        by_hand(made.content, data, keys, algorithm)


def by_hand(receipt_: bytes, data: bytes, keys: dict[bytes, dict[int, Any]], algorithm: int) -> None:
    """RFC 9942 with cbor2, hashlib and cryptography alone."""
    tag = cbor2.loads(receipt_)
    protected, unprotected, payload, signature = tag.value
    headers = cbor2.loads(protected)
    assert (tag.tag, payload, headers[1], headers[395]) == (18, None, algorithm, 1)
    size, index, path = cbor2.loads(unprotected[396][-1][0])
    found, fn, sn = hashlib.sha256(b"\0" + data).digest(), index, size - 1
    for one in path:  # RFC 9162 section 2.1.3.2
        if fn & 1 or fn == sn:
            found = hashlib.sha256(b"\1" + one + found).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hashlib.sha256(b"\1" + found + one).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    signed = cbor2.dumps(["Signature1", protected, b"", found])
    key = keys[headers[4]]
    if algorithm == -19:
        assert (key[1], key[-1]) == (1, 6)
        Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, signed)
    else:
        assert (key[1], key[3]) == (7, -48)
        MLDSA44PublicKey.from_public_bytes(key[-1]).verify(signature, signed)


def test_our_own_reader_reads_them(world: World) -> None:
    data = statement()
    entry = post(world, data).headers["location"].rpartition("/")[2]
    whole = world.client.get(f"/entries/{entry}/statement").content
    found = TransparentStatement.parse(whole)
    proven = found.verify(world.service.office.keys, issuer=PROVIDER_KEYS[0].public)
    assert found.statement.data == data
    assert {one.scheme for one in proven} == {"ed25519", "ml-dsa-44"}
    single = CoseReceipt.parse(world.client.get(f"/entries/{entry}?alg=-48").content)
    cose_receipt.verify_inclusion([single], data, world.service.office.keys, required=("ml-dsa-44",))
    # What an office says of itself is a statement too.
    own = TransparentStatement.parse(world.client.get("/entries/1/statement").content)
    assert leaf.open_(own.statement.data, world.service.office.keys).kind == "submission"


def test_what_stands_outside_the_signature_is_not_recorded(world: World) -> None:
    data = statement()
    signed = cose.Sign1.parse(data)
    outside = cose.Sign1(signed.protected, signed.payload, signed.signature, {33: b"a chain"}).encode()
    entry = int(post(world, outside).headers["location"].rpartition("/")[2])
    assert world.service.office.register.leaf(entry) == data


def test_the_same_statement_again_is_answered_with_its_first_entry(world: World) -> None:
    data = statement()
    first = post(world, data)
    services.submitted(world.service, 2)
    size = world.service.office.register.size()
    signed = cose.Sign1.parse(data)
    outside = cose.Sign1(signed.protected, signed.payload, signed.signature, {33: b"a chain"}).encode()
    for again in (data, outside):
        answer = post(world, again)
        assert (answer.status_code, answer.headers["location"]) == (201, first.headers["location"])
        made = CoseReceipt.parse(answer.content)
        cose_receipt.verify_inclusion([made], data, world.service.office.keys, required=("ed25519",))
    assert world.service.office.register.size() == size
    other = post(world, statement(subject="lantern 2.2.0"))
    assert other.headers["location"] != first.headers["location"]


def test_hash_envelopes_and_both_keys_of_a_provider(world: World) -> None:
    document = Document(
        Digest.sha256(b"a bill"), "application/spdx+json", "https://lighthouse.test/bill.json"
    )
    made = scitt.sign_digest(document, issuer=ISSUER, subject=SUBJECT, key=PROVIDER_KEYS[1])
    assert post(world, made).status_code == 201


def test_keys_one_by_one(world: World) -> None:
    listed = cbor2.loads(world.client.get("/.well-known/scitt-keys").content)
    assert len(listed) == 2
    import base64

    for one in listed:
        name = base64.urlsafe_b64encode(one[2]).decode().rstrip("=")
        assert cbor2.loads(world.client.get(f"/.well-known/scitt-keys/{name}").content) == one
        if one[1] == 1:
            assert PublicKey("ed25519", one[-2]).keyid == one[2].hex()
    assert problem(world.client.get("/.well-known/scitt-keys/absent")) == (404, "No such key")


def headers_of(**changes: Any) -> bytes:
    """A statement of the provider's key whose protected header is changed before it is signed; None takes one away."""
    protected: dict[Any, Any] = {
        1: -19, 4: bytes.fromhex(PROVIDER_KEYS[0].public.keyid), 15: {1: ISSUER, 2: SUBJECT}, 3: "text/plain",
    }  # fmt: skip
    protected |= {int(name.removeprefix("h")): value for name, value in changes.items()}
    kept = {name: value for name, value in protected.items() if value is not None}
    return cose.sign1(kept, b"lantern", PROVIDER_KEYS[0].sign).encode()


FORGED = statement()[:-1] + bytes([statement()[-1] ^ 1])
PARTS = cbor2.loads(statement()).value
DETACHED = cbor2.dumps(cbor2.CBORTag(18, [PARTS[0], {}, None, PARTS[3]]))


@pytest.mark.parametrize(
    ("data", "title"),
    [
        pytest.param(b"", "Malformed request", id="nothing"),
        pytest.param(b"\xff" * 40, "Malformed request", id="no-cbor"),
        pytest.param(DETACHED, "Payload Missing", id="detached"),
        pytest.param(FORGED, "Rejected", id="forged"),
        pytest.param(headers_of(h1=-257), "Bad Signature Algorithm", id="rsa"),
        pytest.param(headers_of(h1=None), "Bad Signature Algorithm", id="no-algorithm"),
        pytest.param(headers_of(h1=-49), "Malformed request", id="algorithm-of-another-key"),
        pytest.param(headers_of(h4=None), "Malformed request", id="no-key"),
        pytest.param(headers_of(h4=None, h34=[-16, b"x" * 32]), "Rejected", id="by-certificate"),
        pytest.param(headers_of(h15=None), "Malformed request", id="no-claims"),
        pytest.param(headers_of(h15={1: ISSUER}), "Malformed request", id="no-subject"),
        pytest.param(headers_of(h2=[99]), "Rejected", id="critical"),
        pytest.param(headers_of(h16=leaf.TYP), "Malformed request", id="an-entry-of-the-register"),
        pytest.param(statement(issuer="Other Works (fictional)"), "Rejected", id="another-provider"),
        pytest.param(statement(key=key("ed25519", "stranger")), "Rejected", id="stranger"),
        pytest.param(headers_of(h3="x" * 70_000), "Request Entity Too Large", id="too-large"),
    ],
)  # fmt: skip
def test_refused_and_nothing_recorded(world: World, data: bytes, title: str) -> None:
    before = world.service.office.register.size()
    code, found = problem(post(world, data))
    assert found == title
    assert code == (413 if title.endswith("Large") else 400)
    assert world.service.office.register.size() == before


def test_who_may(world: World) -> None:
    before = world.service.office.register.size()
    assert problem(post(world, statement(), {}))[0] == 401
    for role in (Role.OFFICER, Role.ADMINISTRATOR, Role.RELYING_PARTY_MEMBER, Role.ASSESSOR, Role.AUDITOR):
        assert problem(post(world, statement(), world.person(role)))[0] == 403, role
    other = world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    assert problem(post(world, statement(), other)) == (400, "Rejected")
    assert problem(post(world, statement(), {"authorization": "Bearer assay_x"}))[0] == 401
    plain = {"content-type": "text/plain"} | world.person(Role.PROVIDER_MEMBER)
    assert problem(world.client.post("/entries", content=statement(), headers=plain)) == (
        400,
        "Malformed request",
    )
    assert world.service.office.register.size() == before


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/entries/99", (404, "Not Found")),
        ("/entries/99/statement", (404, "Not Found")),
        ("/entries/01", (400, "Invalid locator")),
        ("/entries/x", (400, "Invalid locator")),
        ("/entries/1?alg=-7", (400, "Malformed request")),
    ],
)
def test_receipts_that_there_are_not(world: World, path: str, answer: tuple[int, str]) -> None:
    assert problem(world.client.get(path)) == answer


def test_the_only_entry_of_a_register_has_no_receipt_yet() -> None:
    made = World()
    reader = client(made.desk, scitt=True)
    assert problem(reader.get("/entries/0")) == (404, "Not Found")
    services.submitted(made.service)
    assert reader.get("/entries/0").status_code == 200


def test_off_unless_it_is_switched_on() -> None:
    world = World()
    assert world.client.get("/.well-known/scitt-keys").status_code == 404
    assert world.client.post("/entries", content=statement(), headers=COSE).status_code in (404, 405)


def test_the_office_goes_on_with_statements_in_its_register(world: World) -> None:
    one = world.service
    post(world, statement())
    case = services.submitted(one, 2)
    for _ in range(2):
        post(world, statement())
    check_keys(one.office)
    verify_register(one.office)
    look_around(one)
    receipt(one.office, case.entry).verify(one.office.keys)
    assert cbor.decode(one.office.register.leaf(one.office.register.size() - 1), what="leaf", any_order=True)
    assert isinstance(one.office.blobs, MemoryBlobs)
