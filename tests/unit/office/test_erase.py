"""Erasing takes the meaning of a submission away, everywhere that this office keeps it, and only when nothing keeps it."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.offices import PROVIDER
from tests.support.services import (
    PROVIDER_ORG,
    WHEEL,
    contradicted,
    incomplete,
    officer,
    provider,
    service,
    submitted,
    tick,
)

from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.forgetting import SqlForgetting
from assay.adapters.sql.ledger import SqlLedger
from assay.errors import Duplicate, Refused, Unavailable
from assay.formats.digest import Digest
from assay.office import erase as erasing
from assay.office.case import Case, moved
from assay.office.determine import Decision, approve, decide_final, reject
from assay.office.drawing import commit
from assay.office.erase import Erased, Erasure, about, due, ended_at, erase, hold
from assay.office.office_policy import OfficePolicy
from assay.office.post import correct
from assay.office.respond import withdraw
from assay.office.sampling_policy import Sampling, Stratum
from assay.office.service import Service
from assay.register import leaf
from assay.register.leaf import Kind

DAY = timedelta(days=1)
NOBODY = Stratum(name="all", take=0, of=1)
POLICY = OfficePolicy(response_days=5, incomplete_days=3, closed_retention_days=10, retention_days=100)


def closed(one: Service, serial: int = 1) -> Case:
    case = submitted(one, serial, incomplete)
    tick(one, 4 * DAY)
    case = one.case(case.payload)
    assert case.stage == "closed"
    return case


def forgetting(one: Service) -> SqlForgetting:
    assert isinstance(one.cases, SqlCases)
    return SqlForgetting(one.cases.engine)


def erased(one: Service, case: Case) -> Erased:
    return erase(one, one.office.register, forgetting(one), case, "retention", actor="operator")  # type: ignore[arg-type]


def test_nothing_is_left_of_what_it_was() -> None:
    one = service(POLICY)
    case = closed(one)
    before = one.office.ledger.submission(case.payload)
    assert before is not None
    assert len(case.entries) >= 3
    done = erased(one, case)
    assert done.entries == case.entries
    assert done.documents >= 4
    for index in case.entries:
        with pytest.raises(Unavailable, match="were erased"):
            one.office.ledger.openings(index)
    for digest in (before.envelope, before.customers, *before.artifacts, before.verdict, case.told):
        assert digest is not None
        assert not one.office.blobs.has(digest)
    after = one.office.ledger.submission(case.payload)
    assert after is not None
    assert (after.provider, after.product, after.version) == ("", "", "")
    left = one.case(case.payload)
    assert (left.provider, left.subject, left.parties, left.stage, left.organisation) == (
        "",
        {},
        (),
        "closed",
        PROVIDER_ORG,
    )
    assert PROVIDER not in str(msgspec.to_builtins(left))
    assert tick(one, 400 * DAY) == 0


def test_the_entries_stay_and_the_register_says_that_it_was_erased() -> None:
    one = service(POLICY)
    case = closed(one)
    before = [one.office.register.leaf(index) for index in case.entries]
    done = erased(one, case)
    assert [one.office.register.leaf(index) for index in case.entries] == before
    record = leaf.open_(one.office.register.leaf(done.record), one.office.keys)
    assert record.kind is Kind.CORRECTION
    document = Erasure.parse(one.office.blobs.get(record.digests[0]))
    assert (document.entries, document.reason, document.policy) == (
        case.entries,
        "retention",
        str(POLICY.digest),
    )
    openings = one.office.ledger.openings(done.record)
    assert b'"operator"' in openings
    assert PROVIDER.encode() not in openings


def test_the_same_attestation_is_still_known() -> None:
    one = service(POLICY)
    case = closed(one)
    erased(one, case)
    with pytest.raises(Duplicate):
        submitted(one, 1, incomplete)


def test_what_another_submission_uses_stays() -> None:
    one = service(POLICY)
    case, other = closed(one), submitted(one, 2)
    done = erased(one, case)
    assert Digest.sha256(WHEEL) in done.kept
    assert one.office.blobs.get(Digest.sha256(WHEEL)) == WHEEL
    assert one.case(other.payload).provider == PROVIDER
    assert one.office.ledger.openings(other.entry)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one, case: (msgspec.structs.replace(one, policy=OfficePolicy(legal_hold=True)), case), "a legal hold on everything"),
        (lambda one, case: (one, hold(one, case, held=True)), "is under a legal hold"),
        (lambda one, _: (one, submitted(one, 2, contradicted)), "is 'under_response': it is erased once"),
    ],
)  # fmt: skip
def test_what_is_kept_is_refused_and_stays(change: Callable[..., tuple[Service, Case]], said: str) -> None:
    one = service(POLICY)
    one, case = change(one, closed(one))
    size = one.office.register.size()
    with pytest.raises(Refused, match=said):
        erased(one, case)
    assert one.office.register.size() == size
    assert one.office.ledger.openings(case.entry)
    assert one.case(case.payload).provider == PROVIDER


def test_a_hold_is_set_and_lifted_and_changes_no_date() -> None:
    one = service(POLICY)
    case = closed(one)
    held = hold(one, case, held=True)
    assert (held.held, one.case(case.payload).held, held.changed) == (True, True, case.changed)
    with pytest.raises(Refused, match="is under a legal hold"):
        hold(one, held, held=True)
    lifted = hold(one, held, held=False)
    assert erased(one, lifted).documents
    with pytest.raises(Refused, match="is not under"):
        hold(one, one.case(case.payload), held=False)


def test_a_case_that_moved_meanwhile_keeps_its_names_until_it_is_erased_again() -> None:
    one = service(POLICY)
    case = closed(one)
    one.cases.keep(msgspec.structs.replace(case, revision=case.revision + 1))
    with pytest.raises(Refused, match="has moved meanwhile"):
        erased(one, case)
    assert erased(one, one.case(case.payload)).documents == 0
    assert one.case(case.payload).provider == ""


def test_entries_lead_to_their_case() -> None:
    one = service(POLICY)
    case, other = closed(one), closed(one, 2)
    for found in (case, other):
        assert {about(one, index).payload for index in found.entries} == {found.payload}
    with pytest.raises(Refused, match="entry 0 is not about a submission"):
        about(one, 0)
    erased(one, case)
    assert about(one, case.entries[-1]).payload == case.payload


def test_what_was_published_ends_when_it_lapses_or_is_replaced() -> None:
    one = service(msgspec.structs.replace(POLICY, sampling=Sampling(strata=(NOBODY,))))
    case = submitted(one)
    commit(one, 1)
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, ended_at(case)) == ("published", None)
    lapsed = msgspec.structs.replace(case, lapsed=one.now())
    assert ended_at(lapsed) == one.now()
    replaced = msgspec.structs.replace(case, replaced_by=case.payload)
    assert ended_at(replaced) == case.changed
    withdrawn = msgspec.structs.replace(case, stage="withdrawn")
    assert ended_at(withdrawn) == case.changed


@pytest.mark.parametrize(
    ("days", "change", "is_due"),
    [
        (9, {}, False),
        (10, {}, True),
        (400, {"held": True}, False),
        (400, {"stage": "under_response"}, False),
        (400, {"provider": "", "subject": {}}, False),
        (99, {"publication": 7, "stage": "withdrawn"}, False),
        (100, {"publication": 7, "stage": "withdrawn"}, True),
    ],
)
def test_retention(days: int, change: dict[str, object], is_due: bool) -> None:
    one = service(POLICY)
    case = msgspec.structs.replace(closed(one), **change)
    now = case.changed + days * DAY
    assert list(due(POLICY, [case], now)) == ([case] if is_due else [])
    for never in (OfficePolicy(legal_hold=True), OfficePolicy(closed_retention_days=0, retention_days=0)):
        assert list(due(never, [case], now)) == []


def test_a_sweep_finds_what_is_due_and_once() -> None:
    one = service(POLICY)
    case = closed(one)
    submitted(one, 2)
    assert erasing.due_now(one) == ()
    tick(one, 11 * DAY)
    assert [found.payload for found in erasing.due_now(one)] == [case.payload]
    erased(one, one.case(case.payload))
    assert erasing.due_now(one) == ()


def test_no_byte_of_it_is_left_in_a_database_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(*where: Any, **how: Any) -> sqlite3.Connection:
        """As of an SQLite that was not built to overwrite."""
        made: sqlite3.Connection = connect(*where, **how)
        made.execute("PRAGMA secure_delete=OFF").close()
        return made

    connect = sqlite3.dbapi2.connect
    monkeypatch.setattr(sqlite3.dbapi2, "connect", plain)
    engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    made = service(POLICY, engine=engine)
    case = closed(made)
    for said in (f"{PROVIDER}'s lantern " * 1000, "nothing"):  # its pages are given back long before
        made.cases.keep(moved(made.case(case.payload), made.now(), because=said))
    case = made.case(case.payload)

    def held() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert PROVIDER.encode() in held()
    erased(made, case)
    assert PROVIDER.encode() not in held()
    assert b"lantern" not in held()
    engine.dispose()


def test_what_was_proposed_goes_too_whatever_came_of_it() -> None:
    one = service(msgspec.structs.replace(POLICY, four_eyes=True))
    case = submitted(one, 1, contradicted)
    tick(one, 31 * DAY)
    for decide in (reject, approve, reject):
        case = one.case(case.payload)
        made = Decision(reasons=("a name that nobody may keep",), revision=case.revision)
        if case.stage == "published":
            correct(one, officer(one, "olga"), case.payload, made, "another name")
        else:
            decide_final(one, officer(one, "olga"), case.payload, made)
        decide(one, officer(one, "otto"), case.payload, one.case(case.payload).revision)
        tick(one)
    proposed = one.case(case.payload).proposals
    assert [one.office.blobs.has(digest) for digest in proposed] == [True] * 3
    withdraw(one, provider(one), case.payload, "no longer sold")
    erased(one, one.case(case.payload))
    assert [one.office.blobs.has(digest) for digest in proposed] == [False] * 3
    assert one.case(case.payload).proposals == ()


def test_an_answered_case_loses_its_answer_too() -> None:
    one = service(POLICY)
    case = submitted(one, 1, contradicted)
    assert case.initial is not None
    withdraw(one, provider(one), case.payload, "no longer sold")
    case = one.case(case.payload)
    done = erased(one, case)
    assert case.initial is not None
    assert not one.office.blobs.has(case.initial)
    assert done.entries == case.entries
