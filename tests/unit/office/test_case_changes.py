"""What a provider keeps up stands in entries, which say no more than a response's, and a case that lacks it gets it back."""

from datetime import date, timedelta

import msgspec
import pytest
from tests.support import services
from tests.support.services import REVIEW, officer, provider, submitted, tick

from assay.formats.attestation import Attestation, Contact, Milestone
from assay.formats.case_documents import Response, encode
from assay.formats.customers import Customer, CustomerList
from assay.formats.digest import Digest
from assay.office import case_changes, dossier
from assay.office.case import Case
from assay.office.case_changes import Recorded, caught_up
from assay.office.case_file import archive
from assay.office.extend import ask_for_time, decide_time
from assay.office.keep_customers import replace
from assay.office.milestones import report
from assay.office.respond import respond
from assay.office.service import Service
from assay.register import leaf, opening
from assay.register.leaf import Kind


def planned(one: Attestation) -> Attestation:
    """Incomplete, with a milestone, so that a deadline of the provider's runs."""
    plan = (
        Milestone(requirement=REVIEW, weakness="none yet", action="have it reviewed", due=date(2026, 12, 1)),
    )
    return msgspec.structs.replace(one, milestones=plan, contact=Contact())


def kept_up(one: Service) -> tuple[Case, Case]:
    """A case before and after its list was replaced, a milestone reported, and time asked for."""
    before = submitted(one, 1, planned)
    who = provider(one)
    row = Customer(name="Harbour (fictional)", salt="1" * 64)
    replace(one, who, before.payload, CustomerList(customers=(row,)), lambda _: ())
    report(one, who, before.payload, 0, "Done.", met=True)
    ask_for_time(one, who, before.payload, 3, "Holidays.")
    return before, one.case(before.payload)


def recorded(one: Service, case: Case) -> list[Recorded]:
    found = []
    for index in case.entries:
        entry = leaf.parse(one.office.register.leaf(index))
        data = one.office.blobs.get(entry.digests[0]) if entry.kind is Kind.RESPONSE else b""
        if (change := case_changes.read(data)) is not None:
            found.append(Recorded(index, change))
    return found


def test_each_is_an_entry_that_looks_like_a_response() -> None:
    one = services.service()
    before, after = kept_up(one)
    new = after.entries[len(before.entries) :]
    office = one.office
    assert [leaf.parse(office.register.leaf(at)).kind for at in new] == [Kind.RESPONSE] * 3
    values = {
        tuple((found.label, found.value) for found in opening.parse(office.ledger.openings(at))) for at in new
    }
    assert len(values) == 1, "the same openings, whatever it was"
    assert [change.change.kind for change in recorded(one, after)] == ["customers", "milestone", "more_time"]
    documents = [found.document for found in dossier.history(one, after)][-3:]
    assert documents == [change.change for change in recorded(one, after)]


def test_a_case_that_is_behind_gets_them_back_and_another_nothing() -> None:
    one = services.service()
    before, after = kept_up(one)
    changes = recorded(one, after)
    found = caught_up(before, changes, nobody, -1)
    assert (found.customer_lists, found.met, found.entries) == (
        after.customer_lists,
        after.met,
        after.entries,
    )
    assert found.more_time is not None
    assert after.more_time is not None
    assert (found.more_time.days, found.more_time.reason) == (3, "Holidays.")
    assert found.revision == before.revision + 1
    assert caught_up(found, changes, nobody, -1) is found
    assert caught_up(after, changes, nobody, -1) is after
    partly = caught_up(before, changes[:1], nobody, -1)
    assert caught_up(partly, changes, nobody, -1).met == after.met


def nobody(_: Case, __: Digest) -> tuple[str, ...]:
    return ()


@pytest.mark.parametrize("days", [0, 3])
def test_a_wish_that_was_decided_since_does_not_come_back_as_open(days: int) -> None:
    one = services.service()
    before, after = kept_up(one)
    changes = recorded(one, after)
    decided = decide_time(one, officer(one), after.payload, days, "", after.revision)
    found = caught_up(before, changes, nobody, decided.entries[-1])
    assert (found.more_time, found.waits, found.met) == (None, before.waits, after.met)
    assert set(after.entries) == set(found.entries)
    again = ask_for_time(one, provider(one), after.payload, 2, "Still holidays.")
    open_ = caught_up(before, recorded(one, again), nobody, decided.entries[-1]).more_time
    assert open_ is not None
    assert open_.days == 2


def test_whom_a_case_names_follows_from_the_first_list_and_the_last() -> None:
    one = services.service()
    before = submitted(one, 1, planned)
    seen = []

    def naming(case: Case, customers: Digest) -> tuple[str, ...]:
        seen.append((case, customers))
        return ("org-quay",)

    for name in ("Pier", "Quay"):
        row = Customer(name=name, salt="1" * 64)
        replace(one, provider(one), before.payload, CustomerList(customers=(row,)), lambda _: ())
    after = one.case(before.payload)
    found = caught_up(before, recorded(one, after), naming, -1)
    assert found.parties == ("org-quay",)
    assert seen == [(before, after.customer_lists[-1])]


def test_they_go_with_a_referral() -> None:
    one = services.service()
    _, after = kept_up(one)
    made = archive(one, after, purpose="referral", note="", made=one.now(), restricted=True)
    assert all(encode(change.change) in made for change in recorded(one, after))
    assert all(one.office.blobs.get(digest) in made for digest in after.customer_lists)
    plain = archive(one, after, purpose="referral", note="", made=one.now(), restricted=False)
    assert not any(one.office.blobs.get(digest) in plain for digest in after.customer_lists)
    assert b"Harbour" not in plain


@pytest.mark.parametrize("text", ["urn:assay:change:1", '"format":"urn:assay:change:1"'])
def test_no_answer_passes_for_one(text: str) -> None:
    one = services.service()
    case = submitted(one, 1, services.contradicted)
    tick(one, timedelta(days=1))
    respond(one, provider(one), case.payload, text)
    found = one.case(case.payload)
    assert recorded(one, found) == []
    assert found.response is not None
    answer = [entry.document for entry in dossier.history(one, found) if isinstance(entry.document, Response)]
    assert [Digest.sha256(encode(document)) for document in answer] == [found.response]
