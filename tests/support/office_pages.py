"""Submissions of a fictional provider on their way through an office in memory, for its pages."""

from datetime import timedelta
from typing import Any

import msgspec
from tests.support import other_office, services
from tests.support.desks import World
from tests.support.offices import PROVIDER

from assay.formats.attestation import Attestation
from assay.formats.bundle import write_tar
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.federation import accept, pin
from assay.office.permission_table import Role

API = "/api/v1"
TAR = {"content-type": "application/x-tar"}
ANSWER = "We have replaced the template.\n\nThe policy is at /security."
EVIL = "</title><script>alert(1)</script>\u202eesrever\u202c" + "W" * 10_000


def handed_in(world: World, change: Any = services.contradicted, serial: int = 1) -> Case:
    bundle = services.bundle(serial, change)
    answer = world.client.post(
        f"{API}/submissions", content=write_tar(bundle), headers=world.person(Role.PROVIDER_ADMIN) | TAR
    )
    assert answer.status_code == 201, answer.text
    world.tick()
    return case_of(world, answer.json()["submission"]["id"])


def bring_inventory(world: World) -> None:
    """What a customer runs: what results are about, what is like it, and what nobody knows."""
    rows = [
        ("provider", "product", "version", "sha256", "owner", "criticality"),
        (PROVIDER, "lantern", "2.1.0", "", "pier", "high"),
        (PROVIDER, "lantern", "2.1.0", Digest.sha256(services.WHEEL).value, "light", "high"),
        (PROVIDER, "lantern", "9.9", "", "pier", "low"),
        ("Another Works (fictional)", "oar", "1.0", "", "", ""),
        ("", "rope", "", "", "", ""),
    ]
    table = "".join(",".join(row) + "\r\n" for row in rows).encode()
    who = world.person(Role.RELYING_PARTY_MEMBER) | {"content-type": "text/csv"}
    assert world.client.put(f"{API}/inventory", content=table, headers=who).status_code == 200
    target = {"channel": "mail", "target": "ops@harbour.test"}
    assert world.client.post(f"{API}/subscriptions", json=target, headers=who).status_code == 201


def add_customer(world: World, case: Case) -> None:
    row = b"name,id_scheme,id,contact,products\r\nPier Nine (fictional),domain,pier.example,desk@pier.example,lantern\r\n"
    who = world.person(Role.PROVIDER_ADMIN) | {"content-type": "text/csv"}
    where = f"{API}/submissions/{case.payload.value}/customers"
    assert world.client.put(where, content=row, headers=who).status_code == 200


def pin_office(world: World) -> None:
    """Another office is listened to, and one result of it came."""
    desk, service, isles = world.desk, world.service, other_office.service()
    admin = services.person(service, Role.ADMINISTRATOR, name="ada")
    pin(desk.federation, service, admin, other_office.NAME, other_office.trust().encode())
    case = other_office.posted(isles)
    accept(desk.federation, service, services.officer(service), *other_office.brought(isles, case))


def case_of(world: World, payload: str) -> Case:
    return world.service.case(Digest.of("sha256", payload))


def answered(world: World, serial: int = 1, change: Any = services.contradicted) -> Case:
    case = handed_in(world, change, serial)
    where = f"{API}/submissions/{case.payload.value}/responses"
    found = world.client.post(where, json={"text": ANSWER}, headers=world.person(Role.PROVIDER_ADMIN))
    assert found.status_code == 201, found.text
    return case_of(world, case.payload.value)


def posted(world: World, serial: int = 1, change: Any = services.contradicted) -> Case:
    """Contradicted, answered, and posted so."""
    case = answered(world, serial, change)
    where = f"{API}/submissions/{case.payload.value}/determinations/final"
    decision = {"revision": case.revision, "consideration": "The file that was published is a template."}
    found = world.client.post(where, json=decision, headers=world.person(Role.OFFICER))
    assert found.status_code == 201, found.text
    world.tick()
    return case_of(world, case.payload.value)


def not_sampled(world: World, serial: int = 1) -> Case:
    """Whole, in the frame of a draw, and not drawn: the office's policy has to draw nobody."""
    case = handed_in(world, lambda one: one, serial)
    found = world.client.post(f"{API}/draws", headers=world.person(Role.OFFICER))
    assert found.status_code == 201, found.text
    world.tick(timedelta(hours=2))
    return case_of(world, case.payload.value)


def hostile(one: Attestation) -> Attestation:
    """Every name that a provider chooses is hostile, as far as formats let it be."""
    false = services.contradicted(one)
    release = msgspec.structs.replace(false.releases[0], name=EVIL[:200], version="<b>1</b>")
    artifacts = tuple(
        msgspec.structs.replace(item, title=EVIL[:400], description=EVIL) for item in false.artifacts
    )
    claims = tuple(msgspec.structs.replace(item, reasoning=EVIL) for item in false.claims)
    return msgspec.structs.replace(false, releases=(release,), artifacts=artifacts, claims=claims)
