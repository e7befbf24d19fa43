"""What every store of identities keeps to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import msgspec
import pytest

from assay.adapters.memory_identity import MemoryIdentities
from assay.adapters.sql import postgresql
from assay.adapters.sql.identity import SqlIdentities
from assay.adapters.sql.ledger import SqlLedger
from assay.errors import Duplicate, Malformed, Unavailable
from assay.office.identity.account import Account, Challenge, Invitation, Passkey, Recovery, Session
from assay.office.identity.organisation import Kind, Organisation, Signer, Status
from assay.office.identity.ports import Identities, Row
from assay.office.identity.token import ApiToken, OidcRule, Spent
from assay.office.identity.trail import Event
from assay.office.permissions import Action, Role

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

ROWS: tuple[Row, ...] = (
    Organisation(id="org", name="Lighthouse Works", kind=Kind.PROVIDER, speaks_for=("Lighthouse", "Ünïcode ⚓"),
        identifiers=(("domain", "lighthouse.example"), ("lei", "⚓"))),
    Organisation(id="office", name="Office", kind=Kind.AUTHORITY, status=Status.SUSPENDED),
    Signer(
        id="sig", organisation="org", name="ci", record="{}", offered=NOW, offered_by="acc", verified=LATER,
        verified_by="off",
    ),
    Account(
        id="acc", organisation="org", name="Ada", mail="ada@lighthouse.example",
        roles=frozenset({Role.PROVIDER_ADMIN, Role.PROVIDER_MEMBER}), created=NOW,
    ),
    Passkey(
        id="key", account="acc", public_key=bytes(range(256)), sign_count=2**32 - 1, synced=True, label="phone",
        created=NOW, used=LATER,
    ),
    Session(id="ses", account="acc", csrf="c", created=NOW, seen=NOW, expires=LATER),
    Invitation(
        id="inv", organisation="org", account="new", name="Bo", mail="bo@lighthouse.example",
        roles=frozenset({Role.PROVIDER_MEMBER}), made_by="account:acc", made=NOW, expires=LATER,
    ),
    Challenge(id="cha", purpose="login", bound="", account="", challenge=b"\0" * 32, expires=LATER),
    Recovery(id="rec", account="acc", reason="lost", started_by="adm", started=NOW, expires=LATER),
    ApiToken(
        id="tok", name="mine", organisation="org", account="acc", scopes=frozenset({Action.SUBMISSION_CREATE}),
        hash=b"\xff" * 32, made=NOW, made_by="account:acc", expires=LATER,
    ),
    ApiToken(
        id="cit", name="CI job", organisation="org", rule="rul", scopes=frozenset({Action.ARTIFACT_PUT}),
        hash=b"\0" * 32, made=NOW, made_by="oidc:rul", expires=LATER, revoked=NOW.replace(microsecond=5),
    ),
    OidcRule(
        id="rul", organisation="org", issuer="https://ci.example", audience="https://office.example",
        claims=(("ref", "refs/heads/main"), ("repository", "lighthouse/lantern")),
        scopes=frozenset({Action.SUBMISSION_CREATE, Action.ARTIFACT_PUT}), made=NOW, made_by="account:acc",
    ),
    Spent(id="spe", expires=LATER),
)  # fmt: skip
"""One of each kind at least."""


@pytest.fixture(params=["memory", "file", "postgres"])
def identities(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Identities]:
    if request.param == "memory":
        yield MemoryIdentities()
        return
    if request.param == "file":
        engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    else:
        engine = postgresql.engine(request.getfixturevalue("database"), "assay")
    yield SqlIdentities(engine)
    engine.dispose()


@pytest.fixture
def filled(identities: Identities) -> Identities:
    with identities.change() as rows:
        for row in reversed(ROWS):
            rows.add(row)
    return identities


def test_starts_empty(identities: Identities) -> None:
    with identities.read() as rows:
        for row in ROWS:
            assert rows.get(type(row), row.id) is None
            assert rows.find(type(row)) == ()
        assert rows.trail(organisation=None) == ()
    with identities.change() as rows:
        assert rows.take(Session, "ses") is None
        assert rows.sweep(LATER) == 0


def test_gives_back_what_was_added(filled: Identities) -> None:
    with filled.read() as rows:
        assert [rows.get(type(row), row.id) for row in ROWS] == list(ROWS)
        assert rows.get(Account, "key") is None


def test_gives_several_with_one_look(filled: Identities) -> None:
    with filled.read() as rows:
        assert rows.several(ApiToken, ["tok", "none", "cit", "tok"]) == {
            row.id: row for row in ROWS if isinstance(row, ApiToken)
        }
        assert rows.several(Account, ["tok"]) == {} == rows.several(Account, [])
        assert rows.several(Account, [f"{n}" for n in range(1000)] + ["acc"]).keys() == {"acc"}


def test_finds_by_fields_in_the_order_of_ids(filled: Identities) -> None:
    with filled.read() as rows:
        assert [one.id for one in rows.find(Organisation)] == ["office", "org"]
        assert [one.id for one in rows.find(Organisation, kind=Kind.AUTHORITY)] == ["office"]
        assert [one.id for one in rows.find(ApiToken, organisation="org")] == ["cit", "tok"]
        assert [one.id for one in rows.find(ApiToken, organisation="org", account="")] == ["cit"]
        assert rows.find(ApiToken, organisation="or") == ()


def test_an_id_is_added_once(filled: Identities) -> None:
    for row in ROWS:
        with pytest.raises(Duplicate, match=row.id), filled.change() as rows:
            rows.add(row)
    with filled.change() as rows:
        with pytest.raises(Duplicate):
            rows.add(ROWS[0])
        rows.add(Spent(id="after", expires=LATER))
    with filled.read() as rows:
        assert rows.get(Spent, "after") is not None


def test_replaces_what_is_there(filled: Identities) -> None:
    changed = Organisation(id="org", name="Other", kind=Kind.PROVIDER, status=Status.SUSPENDED)
    with filled.change() as rows:
        rows.put(changed)
        assert rows.get(Organisation, "org") == changed
    with filled.read() as rows:
        assert rows.get(Organisation, "org") == changed
        assert len(rows.find(Organisation)) == 2
    with pytest.raises(ValueError, match="no Organisation nobody"), filled.change() as rows:
        rows.put(msgspec.structs.replace(changed, id="nobody"))


def test_takes_once(filled: Identities) -> None:
    for row in ROWS:
        with filled.change() as rows:
            assert rows.take(type(row), row.id) == row
            assert rows.take(type(row), row.id) is None
    with filled.read() as rows:
        assert [row for row in ROWS if rows.get(type(row), row.id)] == []


@pytest.mark.parametrize("error", [Malformed("theirs"), RuntimeError("ours"), KeyboardInterrupt()])
def test_a_change_that_ends_badly_leaves_nothing(filled: Identities, error: BaseException) -> None:
    def change() -> None:
        with filled.change() as rows:
            rows.take(Session, "ses")
            rows.put(Organisation(id="org", name="Other", kind=Kind.PROVIDER))
            rows.add(Spent(id="new", expires=LATER))
            rows.note(Event(at=NOW, actor="", action="none"))
            raise error

    with pytest.raises(type(error)):
        change()
    with filled.read() as rows:
        assert rows.get(Session, "ses") is not None
        assert rows.get(Organisation, "org") == ROWS[0]
        assert rows.get(Spent, "new") is None
        assert rows.trail(organisation=None) == ()


def test_sweeps_what_has_expired(filled: Identities) -> None:
    with filled.change() as rows:
        rows.add(Spent(id="fresh", expires=LATER + timedelta(seconds=1)))
        assert rows.sweep(LATER - timedelta(seconds=1)) == 0
        assert rows.sweep(LATER) == 6
    with filled.read() as rows:
        left = {row.id for row in ROWS if rows.get(type(row), row.id)}
        assert left == {"org", "office", "sig", "acc", "key", "tok", "rul"}
        assert rows.get(Spent, "fresh") is not None


def test_the_trail_is_read_backwards_in_pages(identities: Identities) -> None:
    events = [
        Event(at=NOW, actor=f"account:{n}", action="member.invited", organisation="ab"[n % 2], subject=str(n))
        for n in range(7)
    ]
    for event in events:
        with identities.change() as rows:
            rows.note(event)
    with identities.read() as rows:
        whole = rows.trail(organisation=None)
        assert [one.event for one in whole] == events[::-1]
        first = rows.trail(organisation="a", limit=3)
        assert [one.event.subject for one in first] == ["6", "4", "2"]
        rest = rows.trail(organisation="a", before=first[-1].number, limit=3)
        assert [one.event.subject for one in rest] == ["0"]
        assert rows.trail(organisation="c") == ()


def test_counts_the_changes_of_each_kind(filled: Identities) -> None:
    def changes(*kinds: type[Row]) -> int:
        with filled.read() as rows:
            return rows.changes(*kinds)

    def changed(*kinds: type[Row]) -> bool:
        return changes(*kinds) != before[kinds]

    watched: tuple[tuple[type[Row], ...], ...] = (
        (Organisation, Signer),
        (ApiToken,),
        (Session,),
        (Challenge, Spent),
    )
    before = {kinds: changes(*kinds) for kinds in watched}
    assert changes(Organisation, Signer) == changes(Organisation) + changes(Signer)
    with filled.change() as rows:
        rows.put(Organisation(id="org", name="Other", kind=Kind.PROVIDER))
        assert rows.changes(Organisation) == changes(Organisation) + 1
        assert not changed(Organisation, Signer), "nobody sees it before its end"
    assert [changed(*kinds) for kinds in watched] == [True, False, False, False]
    before = {kinds: changes(*kinds) for kinds in watched}
    with filled.change() as rows:
        assert rows.take(Session, "ses") is not None
        assert rows.take(Challenge, "none") is None
        rows.add(Spent(id="new", expires=LATER))
    assert [changed(*kinds) for kinds in watched] == [False, False, True, True]
    before = {kinds: changes(*kinds) for kinds in watched}
    with filled.change() as rows:
        assert rows.sweep(LATER)
    assert [changed(*kinds) for kinds in watched] == [False, True, False, True]
    before = {kinds: changes(*kinds) for kinds in watched}
    with pytest.raises(Duplicate), filled.change() as rows:
        rows.add(ROWS[0])
    with filled.change() as rows:
        rows.sweep(LATER)
    assert [changed(*kinds) for kinds in watched] == [False, False, False, False]


def test_one_of_many_takes_it(filled: Identities) -> None:
    ready, won = Barrier(4), list[str]()

    def contend(name: str) -> None:
        ready.wait()
        with filled.change() as rows:
            if rows.take(Challenge, "cha") is not None:
                won.append(name)

    threads = [Thread(target=contend, args=(str(n),)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(won) == 1


def test_nothing_read_is_written(filled: Identities) -> None:
    with filled.read() as rows:
        before = rows.get(Organisation, "org")
        with filled.change() as other:
            other.put(Organisation(id="org", name="Other", kind=Kind.PROVIDER))
    assert before == ROWS[0]


def test_a_store_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "office.sqlite"
    engine = SqlLedger.sqlite_engine(path)
    store = SqlIdentities(engine)
    engine.dispose()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable), store.read() as rows:
        rows.find(Organisation)
    engine.dispose()


def test_what_nobody_stored_is_unavailable(tmp_path: Path) -> None:
    engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    store = SqlIdentities(engine)
    for statement in (
        "INSERT INTO organisations VALUES ('a', 'n', 'bank', 'active', '[]', '[]')",
        "INSERT INTO spent VALUES ('a', 'yesterday')",
    ):
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    for kind in (Organisation, Spent):
        with pytest.raises(Unavailable, match="never stored"), store.read() as rows:
            rows.find(kind)
    engine.dispose()
