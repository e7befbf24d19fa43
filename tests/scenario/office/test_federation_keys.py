"""Another office that changes its keys as documented goes on being accepted; what does not prove the change is refused."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.scenario.office.test_federation import Two
from tests.support import other_office
from tests.support.offices import pair
from tests.support.other_office import NAME, brought, handed_over, key_history, posted
from tests.support.services import officer

from assay.adapters.memory_federation import MemoryFederation
from assay.errors import AssayError, Duplicate, Forbidden, Hidden, Malformed, Refused, Untrusted
from assay.office.federation import Peer, about, revoke
from assay.office.federation_keys import renew
from assay.trust import change
from assay.trust.envelope import sign
from assay.trust.root import TrustRoot


@pytest.fixture
def two() -> Two:
    made = Two()
    made.pin()
    return made


def renewed(two: Two, document: bytes) -> str:
    (peer,) = two.store.offices()
    return str(renew(two.store, two.here, two.admin, peer.id, document).trust)


def refused(two: Two, document: bytes) -> str:
    before = two.store.offices()
    with pytest.raises(AssayError) as told:
        renewed(two, document)
    assert two.store.offices() == before
    return f"{type(told.value).__name__}: {told.value}"


def test_an_office_that_rotates_its_register_goes_on(two: Two) -> None:
    early = brought(two.isles, two.case)
    two.isles = handed_over(two.isles, "isles 2")
    late = brought(two.isles, posted(two.isles, 2))
    with pytest.raises(Untrusted, match="has changed its keys since, renew them first"):
        two.accept(*late)
    renewed(two, key_history(two.isles))
    two.accept(*late)
    two.accept(*early)  # by the keys of its time
    assert [one.unknown for one in about(two.store, "", "lantern")] == ["", ""]
    with pytest.raises(Duplicate):
        two.accept(*early)
    two.isles = handed_over(two.isles, "isles 3")
    renewed(two, key_history(two.isles))
    two.accept(*brought(two.isles, posted(two.isles, 3)))


def test_an_older_copy_is_told_from_a_newer_one(two: Two) -> None:
    none = key_history(two.isles)
    assert "says nothing new" in refused(two, none)
    two.isles = handed_over(two.isles, "isles 2")
    first = key_history(two.isles)
    two.isles = handed_over(two.isles, "isles 3")
    second = key_history(two.isles)
    renewed(two, second)
    for older in (none, first):
        assert refused(two, older).startswith("Untrusted: the key history does not lead from the keys of")
    assert "says nothing new" in refused(two, second)


def test_who_has_retired_keys_leads_nobody_elsewhere(two: Two) -> None:
    """A fork of the register at the older keys, which were stolen after they had been replaced."""
    thief = handed_over(other_office.service(), "thief")
    two.isles = handed_over(two.isles, "isles 2")
    renewed(two, key_history(two.isles))
    assert "it is forged, or an older copy" in refused(two, key_history(thief))
    with pytest.raises(Untrusted):
        two.accept(*brought(thief, posted(thief, 5)))


def _leaf(document: dict[str, Any]) -> None:
    (one,) = document["changes"]
    one["leaf"] = one["leaf"][:-8] + "AAAA" + one["leaf"][-4:]


def _checkpoint(document: dict[str, Any]) -> None:
    (one,) = document["changes"]
    one["checkpoint"] = "\n".join(one["checkpoint"].split("\n")[:-2]) + "\n"


def _proof(document: dict[str, Any]) -> None:
    (one,) = document["changes"]
    one["proof"] = [*one["proof"][1:], one["proof"][0]]


def _origin(document: dict[str, Any]) -> None:
    document["origin"] = "elsewhere.example/office"


@pytest.mark.parametrize("forge", [_leaf, _checkpoint, _proof, _origin], ids=lambda one: one.__name__)
def test_a_change_that_is_not_proven_is_refused(two: Two, forge: Callable[[dict[str, Any]], None]) -> None:
    two.isles = handed_over(two.isles, "isles 2")
    good = key_history(two.isles)
    document = json.loads(good)
    forge(document)
    assert document != json.loads(good)
    assert refused(two, json.dumps(document).encode()).startswith(("Untrusted: the key history", "Malformed"))
    renewed(two, good)


def test_the_keys_of_results_change_by_a_document_of_old_and_new(two: Two) -> None:
    old, new = pair("isles office"), pair("isles office 2")
    now = two.here.now()
    stolen = change.rotation("isles", pair("thief office"), new, now).encode()
    assert refused(two, stolen).startswith("Untrusted: the change of keys does not follow from those of")
    unasked = change.KeyChange(signer="isles", at=now, add=tuple(one.public for one in new))
    assert refused(two, sign(change.PAYLOAD_TYPE, unasked.encode(), old).encode()).startswith("Untrusted")
    good = change.rotation("isles", old, new, now).encode()
    renewed(two, good)
    two.isles = msgspec.structs.replace(
        two.isles, office=msgspec.structs.replace(two.isles.office, signing=new)
    )
    two.accept(*brought(two.isles, posted(two.isles, 2)))
    assert refused(two, good).startswith(("Untrusted", "Refused"))
    back = change.rotation("isles", old, pair("isles office 3"), now).encode()
    assert refused(two, back).startswith("Untrusted")


class Meanwhile(MemoryFederation):
    """Between reading an office and replacing it, something else happens once."""

    then: Callable[[], object] | None = None

    def put_office(self, peer: Peer, before: Peer | None = None) -> None:
        if (then := self.then) is not None:
            self.then = None
            then()
        super().put_office(peer, before)


def test_a_renewal_does_not_undo_a_revocation_that_came_between() -> None:
    two = Two()
    two.store = store = Meanwhile()
    two.pin()
    (peer,) = store.offices()
    two.isles = handed_over(two.isles, "isles 2")
    store.then = lambda: revoke(store, two.here, two.admin, peer.id, "its keys were stolen")
    with pytest.raises(Refused, match=r"was revoked on .* stolen"):
        renewed(two, key_history(two.isles))
    (after,) = store.offices()
    assert (after.trust, after.reason) == (peer.trust, "its keys were stolen")


def test_a_revocation_of_an_office_that_was_renewed_meanwhile_is_asked_for_again() -> None:
    two = Two()
    two.store = store = Meanwhile()
    two.pin()
    (peer,) = store.offices()
    two.isles = handed_over(two.isles, "isles 2")
    store.then = lambda: renewed(two, key_history(two.isles))
    with pytest.raises(Refused, match="meanwhile: look at it again"):
        revoke(store, two.here, two.admin, peer.id, "x")
    (after,) = store.offices()
    assert after.history is not None
    revoke(store, two.here, two.admin, peer.id, "x")


def test_who_may(two: Two) -> None:
    (peer,) = two.store.offices()
    two.isles = handed_over(two.isles, "isles 2")
    good = key_history(two.isles)
    with pytest.raises(Forbidden):
        renew(two.store, two.here, officer(two.here), peer.id, good)
    with pytest.raises(Hidden):
        renew(two.store, two.here, two.admin, "absent", good)
    for odd in (b"", b"{}", b'{"format": "assay-key-history"}'):
        with pytest.raises(Malformed):
            renewed(two, odd)
    renewed(two, good)
    revoke(two.store, two.here, two.admin, peer.id, "its keys were stolen")
    with pytest.raises(Refused, match="was revoked"):
        renewed(two, good)
    after = two.here.office.blobs.get(two.store.offices()[0].trust)
    with pytest.raises(Refused, match="were revoked"):
        two.pin(TrustRoot.parse(after), NAME)
