"""Another office's results come with proofs and are shown as theirs; everything that only looks like it is refused."""

import json
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from tests.support import offices, other_office, services
from tests.support.desks import World, problem
from tests.support.offices import OFFICE_KEYS, PROVIDER, pair
from tests.support.other_office import NAME, ORIGIN, brought, posted, trust
from tests.support.services import officer, person
from tests.support.witnesses import policy

from assay.adapters.memory_federation import MemoryFederation
from assay.errors import AssayError, Duplicate, Forbidden, Hidden, Malformed, Refused, Unconfirmed, Untrusted
from assay.formats.dsse import Envelope
from assay.office.federation import Peer, Query, about, accept, pin, revoke, shown_of
from assay.office.log import receipt
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.office.post import posting_receipt, result_envelope
from assay.register.receipt import Receipt
from assay.trust.envelope import sign
from assay.trust.root import TrustRoot


class Two:
    """This office, and another one that it may listen to."""

    def __init__(self) -> None:
        self.here, self.isles = services.service(), other_office.service()
        self.store = MemoryFederation()
        self.case = posted(self.isles)

    @property
    def admin(self) -> Caller:
        return person(self.here, Role.ADMINISTRATOR, name="ada")

    def pin(self, root: TrustRoot | None = None, name: str = NAME) -> Peer:
        return pin(self.store, self.here, self.admin, name, (root or trust()).encode())

    def accept(self, document: bytes, proof: bytes) -> object:
        return accept(self.store, self.here, officer(self.here), document, proof)


@pytest.fixture
def two() -> Two:
    return Two()


def test_a_result_is_kept_as_theirs(two: Two) -> None:
    peer = two.pin()
    assert (peer.name, peer.origin) == (NAME, ORIGIN)
    size = two.here.office.register.size()
    two.accept(*brought(two.isles, two.case))
    (shown,) = about(two.store, PROVIDER, "Lantern")
    assert (shown.office, shown.unknown) == (NAME, "")
    theirs = shown.theirs
    assert (theirs.result, theirs.product, theirs.version) == ("not_sampled", "lantern", "2.1.0")
    assert theirs.attestation == two.case.payload
    assert (theirs.index, theirs.grade) == (two.case.publication, "logged")
    assert theirs.recorded <= theirs.proven <= two.isles.now() + timedelta(seconds=1)
    assert about(two.store, "", "") == ()
    # Nothing of it is this office's: no case, no entry, nothing that a submission is judged by.
    assert two.here.cases.case(two.case.payload) is None
    assert two.here.office.register.size() == size
    ours = services.submitted(two.here, 1)
    assert (ours.stage, ours.result) == ("complete", "validated")


def test_an_attestation_is_kept_as_recorded_there(two: Two) -> None:
    two.pin()
    submission = two.isles.office.ledger.submission(two.case.payload)
    assert submission is not None
    envelope = two.isles.office.blobs.get(submission.envelope)
    two.accept(envelope, receipt(two.isles.office, submission.entry).encode())
    assert about(two.store, PROVIDER, "lantern") == ()  # nobody has to have posted it
    (kept,) = two.store.find(Query(provider=PROVIDER, product="lantern"))
    assert (kept.what, kept.result, kept.doubt) == ("attestation", "", "")


def test_a_revoked_office_is_unknown(two: Two) -> None:
    peer = two.pin()
    two.accept(*brought(two.isles, two.case))
    with pytest.raises(Refused, match="say why"):
        revoke(two.store, two.here, two.admin, peer.id, " ")
    with pytest.raises(Hidden):
        revoke(two.store, two.here, two.admin, "absent", "gone")
    revoke(two.store, two.here, two.admin, peer.id, "its keys were stolen")
    (shown,) = about(two.store, PROVIDER, "lantern")
    assert shown.unknown == f"{NAME} is not listened to since 2026-11-01: its keys were stolen"
    with pytest.raises(Untrusted, match="was revoked on 2026-11-01"):
        two.accept(*brought(two.isles, posted(two.isles, 2)))
    with pytest.raises(Refused, match="were revoked"):
        two.pin()
    forgotten = shown_of(MemoryFederation(), two.store.find(Query()))
    assert (forgotten[0].office, forgotten[0].unknown) == (
        "",
        "the office that said it is not known here any more",
    )


def test_revoked_keys_are_not_pinned_again_whatever_stands_beside_them(two: Two) -> None:
    peer = two.pin()
    two.accept(*brought(two.isles, two.case))
    revoke(two.store, two.here, two.admin, peer.id, "its keys were stolen")
    root = trust()
    renamed = msgspec.structs.replace(
        root, signers=tuple(msgspec.structs.replace(one, name=f"{one.name}, again") for one in root.signers)
    )
    for name in (NAME, NAME.upper(), "Another"):
        with pytest.raises(Refused, match="were revoked on"):
            two.pin(renamed, name)
    signing = msgspec.structs.replace(root, signers=trust("new").signers)
    assert two.pin(signing).revoked is None, "another key signs results now"


def test_a_name_that_its_results_do_not_bear_is_put_right(two: Two) -> None:
    wrong = two.pin(name="Isles office")
    with pytest.raises(Refused, match="pinned as 'Isles office'"):
        two.accept(*brought(two.isles, two.case))
    with pytest.raises(Duplicate, match="revoke it first"):
        two.pin()
    revoke(two.store, two.here, two.admin, wrong.id, "wrong name")
    with pytest.raises(Refused, match="were revoked on"):
        two.pin(name="isles OFFICE")
    two.pin()
    two.accept(*brought(two.isles, two.case))
    (shown,) = about(two.store, PROVIDER, "lantern")
    assert (shown.office, shown.unknown) == (NAME, "")


def test_what_is_brought_again_is_shown_once(two: Two) -> None:
    peer = two.pin()
    two.accept(*brought(two.isles, two.case))
    revoke(two.store, two.here, two.admin, peer.id, "looked at anew")
    # Its register's keys go on, another signs its results: the same entry comes under a pin of its own.
    new = msgspec.structs.replace(peer, id="0" * 16, revoked=None)
    two.store.put_office(new)
    two.accept(*brought(two.isles, two.case))
    assert len(two.store.find(Query())) == 2
    (shown,) = about(two.store, PROVIDER, "lantern")
    assert shown.unknown == ""


def test_keys_are_not_replaced(two: Two) -> None:
    two.pin()
    for root, name in (
        (trust("thief"), NAME),
        (trust("thief", "thief.example/office"), NAME.upper()),
        (trust(), "Another"),
    ):
        with pytest.raises(Duplicate, match="is pinned already"):
            two.pin(root, name)
    thief = other_office.service("thief")
    with pytest.raises(Untrusted):
        two.accept(*brought(thief, posted(thief)))
    assert two.store.find(Query()) == ()


class BeforeTheRule(MemoryFederation):
    """Holds offices that were pinned at the same moment by an office of an earlier version."""

    def __init__(self, *peers: Peer) -> None:
        super().__init__()
        self._offices = {one.id: one for one in peers}


def test_two_offices_of_one_register_are_neither_of_them_believed(two: Two) -> None:
    first = two.pin()
    two.store = MemoryFederation()
    second = two.pin(trust("thief"))
    two.store = BeforeTheRule(first, second)
    with pytest.raises(Untrusted, match="which 2 offices are pinned under: revoke all but one"):
        two.accept(*brought(two.isles, two.case))
    revoke(two.store, two.here, two.admin, second.id, "pinned by mistake")
    two.accept(*brought(two.isles, two.case))
    assert [one.office for one in about(two.store, PROVIDER, "lantern")] == [NAME]


def changed(document: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(document), **changes}).encode()


def another_index(_: Two, document: bytes, proof: bytes) -> tuple[bytes, bytes]:
    one = Receipt.parse(proof)
    return document, msgspec.structs.replace(one, index=one.index - 1).encode()


def another_path(_: Two, document: bytes, proof: bytes) -> tuple[bytes, bytes]:
    one = Receipt.parse(proof)
    return document, msgspec.structs.replace(one, proof=(b"\0" * 32, *one.proof[1:])).encode()


def another_entry(two: Two, document: bytes, _: bytes) -> tuple[bytes, bytes]:
    return document, receipt(two.isles.office, two.case.entry).encode()


def a_notice(two: Two, document: bytes, _: bytes) -> tuple[bytes, bytes]:
    return document, receipt(two.isles.office, two.case.entries[-1]).encode()


def another_document(two: Two, _: bytes, proof: bytes) -> tuple[bytes, bytes]:
    return result_envelope(two.isles, posted(two.isles, 2)).encode(), proof


def one_signature(_: Two, document: bytes, proof: bytes) -> tuple[bytes, bytes]:
    signatures = json.loads(document)["signatures"]
    return changed(document, signatures=signatures[:1]), proof


def signed_by_a_stranger(_: Two, document: bytes, proof: bytes) -> tuple[bytes, bytes]:
    found = Envelope.parse(document, what="result")
    return sign(found.payload_type, found.payload, pair("stranger")).encode(), proof


def signed_by_us(_: Two, document: bytes, proof: bytes) -> tuple[bytes, bytes]:
    found = Envelope.parse(document, what="result")
    return sign(found.payload_type, found.payload, OFFICE_KEYS).encode(), proof


def no_checkpoint_key(_: Two, document: bytes, proof: bytes) -> tuple[bytes, bytes]:
    one = Receipt.parse(proof)
    lines = one.checkpoint.decode().splitlines(keepends=True)
    return document, msgspec.structs.replace(one, checkpoint="".join(lines[:-1]).encode()).encode()


def not_json(_: Two, document: bytes, proof: bytes) -> tuple[bytes, bytes]:
    return document[:-2], proof


FORGERIES: tuple[Callable[[Two, bytes, bytes], tuple[bytes, bytes]], ...] = (
    another_index, another_path, another_entry, a_notice, another_document, one_signature, signed_by_a_stranger,
    signed_by_us, no_checkpoint_key, not_json,
)  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda one: one.__name__)
def test_forged(two: Two, forge: Callable[[Two, bytes, bytes], tuple[bytes, bytes]]) -> None:
    two.pin()
    good = brought(two.isles, two.case)
    bad = forge(two, *good)
    assert bad != good
    with pytest.raises((Untrusted, Malformed)):
        two.accept(*bad)
    assert two.store.find(Query()) == ()
    two.accept(*good)


def test_nobody_is_taken_for_somebody_else(two: Two) -> None:
    with pytest.raises(Untrusted, match="no such office is pinned"):
        two.accept(*brought(two.isles, two.case))
    two.pin(name="Office of the Shoals (fictional)")
    with pytest.raises(Untrusted, match="pinned as 'Office of the Shoals"):
        two.accept(*brought(two.isles, two.case))


def test_witnesses_that_were_pinned_must_have_signed(two: Two) -> None:
    asked = policy("witness.example/w1").decode()
    (log,) = trust().logs
    two.pin(msgspec.structs.replace(trust(), logs=(msgspec.structs.replace(log, witnesses=asked),)))
    with pytest.raises(Untrusted, match="not witnessed as required"):
        two.accept(*brought(two.isles, two.case))


def test_what_is_ours_is_not_theirs(two: Two) -> None:
    two.pin()
    here = msgspec.structs.replace(two.here, policy=two.isles.policy)
    own = posted(here, 3)
    with pytest.raises(Refused, match="own register"):
        two.accept(result_envelope(here, own).encode(), posting_receipt(here, own).encode())
    for root in (offices.trust(), trust(signing=OFFICE_KEYS), trust(origin=offices.ORIGIN)):
        with pytest.raises(Refused, match="of this office itself"):
            pin(MemoryFederation(), two.here, two.admin, "Us", root.encode())


def test_the_same_and_the_older_come_once(two: Two) -> None:
    two.pin()
    good = brought(two.isles, two.case)
    two.accept(*good)
    with pytest.raises(Duplicate, match="here already"):
        two.accept(*good)


def test_what_was_recorded_in_the_future_is_not_believed(two: Two) -> None:
    two.pin()
    services.tick(two.isles, timedelta(days=2))
    with pytest.raises(Untrusted, match="in the future"):
        two.accept(*brought(two.isles, posted(two.isles, 2)))


@pytest.mark.parametrize(
    ("root", "words"),
    [
        pytest.param(TrustRoot(signers=trust().signers), "names 0 registers", id="no-register"),
        pytest.param(TrustRoot(logs=trust().logs), "no signer of results", id="no-signer"),
        pytest.param(
            msgspec.structs.replace(trust(), logs=(msgspec.structs.replace(trust().logs[0], vkeys=trust().logs[0].vkeys[:1]),)),
            "lacks a key", id="one-key",
        ),
    ],
)  # fmt: skip
def test_keys_that_prove_nothing_are_not_pinned(two: Two, root: TrustRoot, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        two.pin(root)


def test_who_may(two: Two) -> None:
    with pytest.raises(Forbidden):
        pin(two.store, two.here, officer(two.here), NAME, trust().encode())
    with pytest.raises(Unconfirmed):
        pin(two.store, two.here, msgspec.structs.replace(two.admin, stepped_up=None), NAME, trust().encode())
    two.pin()
    for who in (
        two.admin,
        person(two.here, Role.OFFICER),
        services.provider(two.here),
        Caller.public(two.here.now()),
    ):
        with pytest.raises(AssayError, match=r"federation\.accept|log in"):
            accept(two.store, two.here, who, *brought(two.isles, two.case))


def test_over_http_and_on_pages() -> None:
    world, isles = World(), other_office.service()
    api = "/api/v1/federation"
    admin, lead = world.person(Role.ADMINISTRATOR), world.person(Role.OFFICER_LEAD)
    pinned = {"name": NAME, "trust": json.loads(trust().encode())}
    made = world.client.post(f"{api}/offices", json=pinned, headers=admin)
    assert made.status_code == 201, made.text
    document, proof = brought(isles, posted(isles))
    handed = b'{"document":%s,"receipt":%s}' % (document, proof)
    answer = world.client.post(
        f"{api}/results", content=handed, headers=lead | {"content-type": "application/json"}
    )
    assert answer.status_code == 201, answer.text
    listed = world.client.get(f"{api}/results?product=lantern").json()["items"]
    assert [(one["office"], one["result"], one["register"]) for one in listed] == [
        (NAME, "not_sampled", ORIGIN)
    ]
    assert world.client.get(f"{api}/results/1/document").content == document
    assert Receipt.parse(world.client.get(f"{api}/results/1/receipt").content) == Receipt.parse(proof)
    assert problem(world.client.get(f"{api}/results/9/receipt")) == (404, "Hidden")
    submission = isles.office.ledger.submission(posted(isles, 2).payload)
    assert submission is not None
    attested = isles.office.blobs.get(submission.envelope)
    recorded = receipt(isles.office, submission.entry).encode()
    kept = world.client.post(
        f"{api}/results", content=b'{"document":%s,"receipt":%s}' % (attested, recorded),
        headers=lead | {"content-type": "application/json"},
    )  # fmt: skip
    assert kept.json()["what"] == "attestation"
    assert (
        len(world.client.get(f"{api}/results").json()["items"]) == 1
    )  # it names people, and may not be posted
    assert len(world.client.get(f"{api}/results", headers=lead).json()["items"]) == 2
    for name, data in (("document", attested), ("receipt", recorded)):
        assert problem(world.client.get(f"{api}/results/2/{name}")) == (404, "Hidden")
        seen = world.client.get(f"{api}/results/2/{name}", headers=lead)
        assert json.loads(seen.content) == json.loads(data)
        assert "public" not in seen.headers["cache-control"]
    page = world.client.get("/results?product=lantern").text
    assert "What other offices say" in page
    assert NAME in page
    assert "What other offices say" not in world.client.get("/results").text
    office = world.client.get(f"{api}/offices").json()["items"][0]["id"]
    gone = world.client.post(f"{api}/offices/{office}/revocation", json={"reason": "gone"}, headers=admin)
    assert gone.status_code == 201, gone.text
    again = world.client.get(f"{api}/results").json()["items"][0]
    assert (again["result"], again["unknown"].endswith(": gone")) == ("unknown", True)
    assert "<b>unknown</b>" in world.client.get("/results?product=lantern").text
    assert world.client.get("/api/v1/results").json()["items"] == []  # none of it is a result of this office
