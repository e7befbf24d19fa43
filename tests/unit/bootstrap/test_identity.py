"""From settings to the identity side of an office."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.identities import PROVIDERS, World
from tests.support.signing import signer, trust_root

from assay.adapters.sql.ledger import SqlLedger
from assay.bootstrap.identity import Trust, identity
from assay.errors import Unauthenticated, Unavailable
from assay.office.identity.ci import exchange
from assay.office.identity.organisation import Kind
from assay.office.identity.organisations import suspend_organisation
from assay.office.identity.signers import offer_signer, verify_signer
from assay.office.identity.staff import staff_begin
from assay.office.permissions import Role
from assay.office_config.model import Identity as Settings
from assay.office_config.model import Issuer, OfficeConfig
from assay.trust.root import TrustRoot


def test_the_settings_are_its_limits(tmp_path: Path) -> None:
    engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    settings = Settings(session_hours=1, step_up_minutes=2, token_days=3, invitation_hours=4)
    made = identity(OfficeConfig(identity=settings), engine)
    assert made.limits.session == timedelta(hours=1)
    assert made.limits.confirmed == timedelta(minutes=2)
    assert made.limits.token == timedelta(days=3)
    assert made.limits.invitation == timedelta(hours=4)
    assert made.staff is None
    with pytest.raises(Unauthenticated):
        exchange(made, "e30.e30.x")
    engine.dispose()


def test_people_and_jobs_come_from_different_issuers(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" s3 \n")
    engine = SqlLedger.sqlite_engine(tmp_path / "office.sqlite")
    staff = Issuer(
        issuer="https://127.0.0.1:9", kind="staff", client_id="office", client_secret_file=tmp_path / "secret"
    )
    jobs = Issuer(issuer="https://127.0.0.1:9/jobs", kind="github")
    made = identity(OfficeConfig(oidc=(staff, jobs)), engine)
    assert made.staff is not None
    assert made.staff.issuers() == ("https://127.0.0.1:9",)
    with pytest.raises(Unavailable):
        staff_begin(made, "https://127.0.0.1:9")
    engine.dispose()


def test_a_verified_signer_is_trusted_from_then_on() -> None:
    world = World()
    world.administrator()
    where = world.organisation("Lighthouse", Kind.PROVIDER, *PROVIDERS)
    person = world.person(where.id, Role.PROVIDER_ADMIN)
    trust, elsewhere = Trust(TrustRoot(), world.identity), Trust(TrustRoot(), world.identity)
    record = trust_root(signer("lighthouse", providers=PROVIDERS))
    offered = offer_signer(world.identity, person.caller, where.id, record.encode())
    assert trust.now() == TrustRoot().encode()
    verify_signer(world.identity, world.console, offered.id)
    assert trust.now() == record.encode() == elsewhere.now()
    assert trust.now() is trust.now(), "read once"
    suspend_organisation(world.identity, world.console, where.id)
    assert trust.now() == TrustRoot().encode() == elsewhere.now()
