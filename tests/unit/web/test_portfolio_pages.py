"""A relying party's pages: bringing its inventory, what stands behind it, what changed, and being told."""

from datetime import timedelta
from typing import Any

import pytest
from tests.scenario.office.test_portfolio_over_http import STRANGER, TABLE, party, says
from tests.support import services
from tests.support.desks import OTHER_ORG, World
from tests.support.office_pages import EVIL
from tests.unit.web.test_case_pages import sent

from assay.formats.verdict import ResultToken
from assay.office.determine import Decision, decide_final
from assay.office.identity.organisation import Kind, Organisation
from assay.office.permission_table import Role
from assay.office.portfolio import Answer
from assay.web.app import portfolio
from assay.web.app.pictures import share_mark, shares


@pytest.fixture
def world() -> World:
    made = World()
    with made.identity.identities.change() as rows:
        rows.add(Organisation(id=STRANGER, name="Stranger (fictional)", kind=Kind.RELYING_PARTY))
    return made


def brought(world: World, who: dict[str, str], data: bytes = TABLE) -> Any:
    return sent(world, "/portfolio", who, files={"inventory": ("inventory.csv", data)})


def test_from_nothing_to_a_picture(world: World) -> None:
    who = party(world)
    empty = world.client.get("/portfolio", headers=who).text
    assert "Bring your inventory" in empty
    assert "<table" not in empty
    done = brought(world, who)
    assert (done.status_code, done.headers["location"]) == (303, "/portfolio")
    assert 'aria-label="4 No result"' in world.client.get("/portfolio", headers=who).text
    case = services.submitted(world.service, 1, services.contradicted)
    page = world.client.get("/portfolio", headers=who).text
    assert 'aria-label="2 Under response, 1 Only about its like, 1 No result"' in page
    assert f'href="/cases/{case.payload.value}"' in page
    assert "the same file" in page
    changes = world.client.get("/portfolio/changes", headers=who).text
    assert "the office sent a notice" in changes


def test_a_bill_is_an_inventory(world: World) -> None:
    bill = b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"oar","version":"1"}]}'
    who = party(world)
    assert brought(world, who, bill).status_code == 303
    assert "1 item," in world.client.get("/portfolio", headers=who).text


def test_a_broken_line_is_told_and_changes_nothing(world: World) -> None:
    who = party(world)
    brought(world, who)
    broken = brought(world, who, TABLE + b"x,y,1,nohash,\r\nx,y,1,nohash2,\r\n")
    assert broken.status_code == 400
    for text in ("Nothing was changed.", "2 faults", "line 6", "line 7", "sha256"):
        assert text in broken.text
    assert "4 items," in world.client.get("/portfolio", headers=who).text
    assert sent(world, "/portfolio", who, files={"other": ("a", b"a")}).status_code == 400


def test_items_are_found_by_state_and_provider(world: World) -> None:
    who = party(world)
    brought(world, who)
    services.submitted(world.service, 1, services.contradicted)
    found = world.client.get("/portfolio?answer=none", headers=who).text
    assert found.count('<details class="row check">') == 1
    assert "oar" in found
    found = world.client.get("/portfolio", params={"provider": "Somebody Else"}, headers=who).text
    assert found.count('<details class="row check">') == 1
    assert "None." in world.client.get("/portfolio?answer=unknown", headers=who).text


def test_pages_of_items(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portfolio, "ROWS", 3)
    who = party(world)
    brought(world, who)
    first = world.client.get("/portfolio", headers=who).text
    assert 'href="/portfolio?after=3#items"' in first
    second = world.client.get("/portfolio?after=3", headers=who).text
    assert second.count('<details class="row check">') == 1
    assert "First page" in second


def test_changes_are_since_a_day_and_are_files_too(world: World) -> None:
    who = party(world)
    brought(world, who)
    services.submitted(world.service, 1, services.contradicted)
    assert (
        "Nothing since 2027-01-01"
        in world.client.get("/portfolio/changes?since=2027-01-01", headers=who).text
    )
    assert world.client.get("/portfolio/changes?since=never", headers=who).status_code == 400
    rows = world.client.get("/portfolio/changes.json?since=2026-01-01", headers=who).json()["rows"]
    assert [row["says"] for row in rows if row["at"] == "line 2"] == says(world, who)
    table = world.client.get("/portfolio/changes.csv?since=2026-01-01", headers=who).text
    assert len(table.splitlines()) == len(rows) + 1


def test_a_result_that_was_posted_is_linked_as_one(world: World) -> None:
    who = party(world, STRANGER)
    brought(world, who)
    case = services.submitted(world.service, 1, services.contradicted)
    assert case.payload.value not in world.client.get("/portfolio", headers=who).text
    services.tick(world.service, timedelta(days=31))

    service = world.service
    decide_final(
        service,
        services.officer(service),
        case.payload,
        Decision(revision=service.case(case.payload).revision),
    )
    services.tick(service)
    page = world.client.get("/portfolio", headers=party(world, STRANGER)).text
    assert f'href="/results/{case.payload.value}"' in page
    assert f"/cases/{case.payload.value}" not in page


def test_an_inventory_is_nobody_elses(world: World) -> None:
    brought(world, party(world))
    assert "Bring your inventory" in world.client.get("/portfolio", headers=party(world, STRANGER)).text
    provider = world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    assert world.client.get("/portfolio", headers=provider).status_code == 403


def test_hostile_names_are_text(world: World) -> None:
    who = party(world)
    row = f'"{EVIL[:200]}","{EVIL[:200]}","<b>","","<i>"\r\n'.encode()
    assert brought(world, who, TABLE + row).status_code == 303
    page = world.client.get("/portfolio", headers=who).text
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "<b>" not in page.replace("<b>Under", "")


def test_shares_stand_in_one_order() -> None:
    made = shares(
        {
            ("none", ""): 1,
            ("related", "validated"): 2,
            ("related", ""): 3,
            ("matched", "contradicted"): 4,
            ("matched", "validated"): 5,
        }
    )
    assert [(one.answer, one.result, one.count, one.start) for one in made] == [
        ("matched", "validated", 5, 0), ("matched", "contradicted", 4, 5), ("related", "", 5, 9), ("none", "", 1, 14),
    ]  # fmt: skip
    assert shares({}) == ()


@pytest.mark.parametrize(
    ("answer", "result", "mark"),
    [
        ("matched", "validated", "satisfied"),
        ("matched", "contradicted", "not_satisfied"),
        ("matched", "", "unknown"),
        ("related", "validated", "related"),
        ("none", "", "none"),
        ("unknown", "", "unclear"),
    ],
)
def test_marks(answer: Answer, result: ResultToken, mark: str) -> None:
    (one,) = shares({(answer, result): 1})
    assert share_mark(one) == mark


def test_subscriptions(world: World) -> None:
    who = party(world)
    made = sent(
        world,
        "/subscriptions",
        who,
        channel="mail",
        target="ops@harbour.test",
        **{"type:result.published": "yes"},
    )
    assert made.status_code == 303, made.text
    page = world.client.get("/subscriptions", headers=who).text
    assert "ops@harbour.test" in page
    assert "result.published" in page
    assert "ops@harbour.test" not in world.client.get("/subscriptions", headers=party(world, STRANGER)).text
    key = page.split("/subscriptions/")[1].split("/")[0]
    assert sent(world, f"/subscriptions/{key}/test", who).status_code == 303
    assert sent(world, f"/subscriptions/{key}/remove", party(world, STRANGER)).status_code == 404
    assert sent(world, f"/subscriptions/{key}/remove", who).status_code == 303
    assert "None yet." in world.client.get("/subscriptions", headers=who).text
    for values in (
        {"channel": "fax", "target": "1"},
        {"channel": "mail", "target": "a@b.test", "type:x": "y"},
        {"channel": "mail", "target": "no"},
    ):
        assert sent(world, "/subscriptions", who, **values).status_code == 400


def test_the_secret_of_a_webhook_is_shown_once(world: World) -> None:
    who = party(world)
    made = sent(world, "/subscriptions", who, channel="webhook", target="https://hooks.example/x")
    assert made.status_code == 303 or "whsec_" in made.text
    page = world.client.get("/subscriptions", headers=who)
    assert "whsec_" not in page.text
    key = page.text.split("/subscriptions/")[1].split("/")[0]
    renewed = sent(world, f"/subscriptions/{key}/secret", who)
    assert "whsec_" in renewed.text
    assert renewed.headers["cache-control"] == "no-store"
