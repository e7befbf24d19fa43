"""The office's pages in Chromium: journeys of the public, a provider and an officer, with a passkey, with and without script."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.test_pages import CONTRAST, OPEN_ALL, SIDEWAYS, STRUCTURE
from tests.support import services
from tests.support.desks import AUTHORITY_ORG, URL, World
from tests.support.office_pages import (
    ANSWER,
    add_customer,
    answered,
    bring_inventory,
    case_of,
    handed_in,
    hostile,
    not_sampled,
    pin_office,
    posted,
)
from tests.support.serving import served
from tests.unit.web.test_public_pages import NOBODY

from assay.adapters.passkeys import WebAuthnPasskeys
from assay.formats.attestation import Artifact
from assay.formats.bundle import write_tar, write_tar_gz
from assay.formats.digest import Digest
from assay.office.identity.invite import address, invite
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.web.api.app import LIMITS

pytestmark = pytest.mark.browser
OFFICER = (Role.OFFICER, Role.OFFICER_LEAD)
UNNAMED = """[...document.querySelectorAll('input:not([type=hidden]), select, textarea:not([hidden])')]
    .filter(e => !e.labels || !e.labels.length || !e.labels[0].innerText.trim()).map(e => e.outerHTML)"""
SMALL = """[...document.querySelectorAll('button, input:not([type=hidden]), select, summary')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.height > 0 && e.type !== 'checkbox' && (box.height < 24 || box.width < 24);
}).map(e => e.outerHTML)"""


class Stage(msgspec.Struct):
    world: World
    browser: Browser
    cases: dict[str, str]

    @contextmanager
    def context(self, *roles: Role, **more: Any) -> Iterator[BrowserContext]:
        """A browser of its own; with *roles*, of somebody who is signed in."""
        made = self.browser.new_context(**more)
        made.set_default_timeout(10_000)
        if roles:
            name, _, value = self.world.person(*roles, name=f"{roles[0]} Marsh")["cookie"].partition("=")
            made.add_cookies([{"name": name, "value": value, "url": URL}])
        yield made
        made.close()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as made:
        made.cases["hostile"] = handed_in(made.world, hostile, 7).payload.value
        yield made


@contextmanager
def staged() -> Iterator[Stage]:
    """An office with one case of each kind, and a browser in front of it; also for the pictures of the documentation."""
    keys = WebAuthnPasskeys(site="office.localhost", name="Office", origins=[URL])
    world = World(NOBODY, passkeys=keys)
    cases = {
        "drawn": not_sampled(world, 1),
        "posted": posted(world, 2),
        "answered": answered(world, 3),
        "notice": handed_in(world, services.contradicted, 4),
        "review": handed_in(world, services.with_review, 5),
        "lacking": handed_in(world, services.incomplete, 6),
        "planned": handed_in(world, services.planned, 8),
    }
    add_customer(world, cases["planned"])
    pin_office(world)
    bring_inventory(world)
    executable = chromium()
    with served(world.client.app, LIMITS, most_s=300) as url, sync_playwright() as playwright:
        mapped = f"--host-resolver-rules=MAP office.localhost:8080 {url.removeprefix('http://')}"
        browser = playwright.chromium.launch(executable_path=executable, args=[*ARGUMENTS, mapped])
        yield Stage(world, browser, {name: one.payload.value for name, one in cases.items()})
        browser.close()


PAGES: dict[str, tuple[str, tuple[Role, ...]]] = {
    "home": ("/", ()),
    "results": ("/results", ()),
    "result": ("/results/{posted}", ()),
    "graph": ("/results/{posted}/evidence", ()),
    "graph of a case": ("/cases/{hostile}/graph", OFFICER),
    "not sampled": ("/results/{drawn}", ()),
    "draws": ("/draws", OFFICER),
    "about": ("/about", ()),
    "login": ("/login", ()),
    "enrol": ("/enrol", ()),
    "confirm": ("/confirm?next=/queue", OFFICER),
    "failure": ("/nothing", (Role.PROVIDER_ADMIN,)),
    "assessor": ("/overview", (Role.ASSESSOR,)),
    "auditor": ("/audit?action=customers", (Role.AUDITOR,)),
    "asking": ("/results/{posted}", (Role.RELYING_PARTY_MEMBER,)),
    "not found": ("/results/" + "0" * 64, ()),
    "queue": ("/queue", OFFICER),
    "submissions": ("/submissions", OFFICER),
    "decide": ("/cases/{answered}", OFFICER),
    "posted case": ("/cases/{posted}", OFFICER),
    "overview": ("/overview", (Role.PROVIDER_ADMIN,)),
    "answer": ("/cases/{notice}", (Role.PROVIDER_ADMIN,)),
    "lacking": ("/cases/{lacking}", (Role.PROVIDER_ADMIN,)),
    "hostile": ("/cases/{hostile}", OFFICER),
    "submit": ("/submit", (Role.PROVIDER_ADMIN,)),
    "customers": ("/cases/{planned}/customers", (Role.PROVIDER_ADMIN,)),
    "why customers": ("/cases/{planned}/customers", OFFICER),
    "milestones": ("/cases/{planned}", (Role.PROVIDER_ADMIN,)),
    "other offices": ("/federation", (Role.ADMINISTRATOR, Role.OFFICER_LEAD)),
    "portfolio": ("/portfolio", (Role.RELYING_PARTY_MEMBER,)),
    "changes": ("/portfolio/changes?since=2026-01-01", (Role.RELYING_PARTY_MEMBER,)),
    "subscriptions": ("/subscriptions", (Role.RELYING_PARTY_MEMBER,)),
    "access": ("/access", (Role.PROVIDER_ADMIN,)),
    "audit": ("/audit", (Role.ADMINISTRATOR,)),
    "account": ("/account", (Role.PROVIDER_ADMIN,)),
    "organisations": ("/organisations", (Role.ADMINISTRATOR,)),
    "organisation": ("/organisations/org-lighthouse", (Role.ADMINISTRATOR,)),
}


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_is_for_everybody(stage: Stage, name: str) -> None:
    """WCAG 2.2 as far as a program can tell: names, structure, contrast in both schemes, sizes, a phone; and nothing runs."""
    path, roles = PAGES[name]
    said: list[str] = []
    with stage.context(*roles, viewport={"width": 1200, "height": 900}) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(URL + path.format(**stage.cases), wait_until="networkidle")
        page.evaluate(OPEN_ALL)
        found: dict[str, Any] = page.evaluate(STRUCTURE)
        assert found.pop("headings")[0] == 1
        assert (found.pop("lang"), len(found.pop("title")) > 8) == ("en", True)
        assert [found.pop(one) for one in ("main", "banner", "footer")] == [1, 1, 1]
        assert {what: count for what, count in found.items() if count} == {}
        assert page.evaluate(UNNAMED) == []
        assert page.evaluate(SMALL) == []
        light = page.evaluate(CONTRAST)
        page.emulate_media(color_scheme="dark")
        weak = [item for item in light + page.evaluate(CONTRAST) if item[0] < 4.5]
        assert weak == []
        for width in (320, 360, 800):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(SIDEWAYS) == [], width
    # Chromium itself tells of answers that are failures.
    assert [line for line in said if not line.startswith("Failed to load resource")] == []


def test_a_long_name_breaks_no_table(stage: Stage) -> None:
    """One product with a name of 200 letters, and the others' words stay whole."""
    with stage.context(*OFFICER, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{URL}/submissions")
        table = page.get_by_role("region", name="Submissions")
        assert table.evaluate("box => box.scrollWidth <= box.clientWidth")
        heights = table.locator(".badge").evaluate_all("all => all.map(one => one.offsetHeight)")
        assert len(heights) > 5
        assert max(heights) < 64


def test_the_public_finds_a_result_without_script(stage: Stage) -> None:
    with stage.context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(URL)
        page.get_by_label("Product").fill("lan")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="lantern 2.1.0").first.click()
        assert page.get_by_role("heading", level=1).inner_text() == "lantern 2.1.0"
        page.goto(f"{URL}/results/{stage.cases['posted']}")
        assert (
            ANSWER.splitlines()[0] in page.get_by_role("region", name="The provider's response").inner_text()
        )


def test_a_provider_submits_and_answers_without_script(stage: Stage, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tar"
    bundle.write_bytes(write_tar(services.bundle(20, services.contradicted)))
    with stage.context(Role.PROVIDER_ADMIN, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{URL}/overview")
        page.get_by_role("link", name="Submit a bundle").click()
        page.get_by_label("Bundle").set_input_files(bundle)
        page.get_by_role("button", name="Submit").click()
        case = page.url.rpartition("/")[2]
        stage.world.tick()
        page.reload()
        page.get_by_label("Your answer").fill(ANSWER)
        page.get_by_role("button", name="Send the answer").click()
        assert "Answered, waits for an officer" in page.inner_text("main")
    assert case_of(stage.world, case).stage == "answered"


def test_a_provider_keeps_up_customers_and_milestones_without_script(stage: Stage) -> None:
    with stage.context(Role.PROVIDER_ADMIN, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{URL}/cases/{stage.cases['planned']}")
        page.get_by_text("Say how far it is").click()
        page.get_by_label("How far it is").fill("Half of it.")
        page.get_by_role("button", name="Send the report").click()
        assert "Half of it." in page.inner_text("main")
        page.get_by_role("link", name="Customers").click()
        page.get_by_label("Name").fill("Quay")
        page.get_by_label("Kind").fill("lei")
        page.get_by_role("button", name="Add").click()
        assert page.get_by_label("Identifier", exact=True).get_attribute("aria-invalid") == "true"
        summary = page.get_by_role("alert")
        assert "Say the identifier" in summary.inner_text()
        assert summary.evaluate("box => box === document.activeElement")
        assert [item for item in page.evaluate(CONTRAST) if item[0] < 4.5] == []
        page.get_by_label("Kind").fill("")
        page.get_by_role("button", name="Add").click()
        page.get_by_role("button", name="Remove Quay").click()
        assert "Quay" not in page.inner_text("main")


def test_a_large_file_goes_up_in_pieces_and_on_where_it_stopped(stage: Stage, tmp_path: Path) -> None:
    """The connection breaks in the middle; then the whole page goes, and the same file is chosen again."""
    large, small = tmp_path / "log.bin", tmp_path / "note.txt"
    large.write_bytes(b"scan " * (2 << 20))
    small.write_bytes(b"what it is")
    case = handed_in(stage.world, services.contradicted, 22).payload.value
    sent: list[tuple[str, str]] = []

    def one(route: Route) -> None:
        offset = route.request.headers.get("upload-offset", "")
        sent.append((route.request.method, offset))
        # The second piece breaks once, and from then on whatever is beyond it until the page is gone.
        breaks = offset == str(4 << 20) and sent.count(("PATCH", offset)) == 1
        if breaks or (offset == str(8 << 20) and not gone):
            route.abort("connectionreset")
        else:
            route.continue_()

    gone: list[bool] = []
    with stage.context(Role.PROVIDER_ADMIN) as context:
        page = context.new_page()
        page.route("**/api/v1/uploads**", one)
        page.goto(f"{URL}/cases/{case}")
        page.get_by_label("Your answer").fill(ANSWER)
        page.get_by_label("Files").set_input_files([large, small])
        page.get_by_role("button", name="Send the answer").click()
        page.get_by_text("The connection broke. Trying again…").wait_for()
        for _ in range(200):
            if ("PATCH", str(8 << 20)) in sent:
                break
            page.wait_for_timeout(50)
        assert page.get_by_role("progressbar").first.evaluate("bar => bar.value") > 0.7
        page.reload()
        gone.append(True)
        before = len(sent)
        page.get_by_label("Your answer").fill(ANSWER)
        page.get_by_label("Files").set_input_files([large, small])
        page.get_by_role("button", name="Send the answer").click()
        page.get_by_text("Answered, waits for an officer").wait_for()
    assert [offset for method, offset in sent[before:] if method == "PATCH"] == [str(8 << 20)]
    assert ("PATCH", "0") not in sent[1 + sent.index(("PATCH", "0")) :]
    supplied = case_of(stage.world, case).supplied
    assert set(supplied) == {Digest.sha256(one.read_bytes()) for one in (large, small)}


@pytest.mark.parametrize("packed", [False, True])
def test_large_artifacts_of_a_bundle_go_up_before_it(stage: Stage, tmp_path: Path, packed: bool) -> None:
    large = Random(0).randbytes(3 << 20)
    scan = Artifact(Digest.sha256(large), "scan.log", "document", "Scan", "all of it")
    made = services.bundle(
        23 + packed, lambda one: msgspec.structs.replace(one, artifacts=(*one.artifacts, scan)), large
    )
    bundle = tmp_path / "bundle.tar"
    bundle.write_bytes(write_tar_gz(made) if packed else write_tar(made))
    ways: list[str] = []
    with stage.context(Role.PROVIDER_ADMIN) as context:
        page = context.new_page()
        page.on("request", lambda request: ways.append(f"{request.method} {request.url.removeprefix(URL)}"))
        page.goto(f"{URL}/submit")
        page.get_by_label("Bundle").set_input_files(bundle)
        page.get_by_role("button", name="Submit").click()
        page.wait_for_url("**/cases/*")
        case = page.url.rpartition("/")[2]
    assert ways.count("POST /api/v1/uploads") == 1
    assert ways.count("POST /submit") == 1
    submission = stage.world.service.office.ledger.submission(case_of(stage.world, case).payload)
    assert submission is not None
    assert set(submission.artifacts) == set(made.artifacts)


def test_what_cannot_be_sent_is_said_on_the_page(stage: Stage, tmp_path: Path) -> None:
    large = tmp_path / "log.bin"
    large.write_bytes(b"log " * (1 << 19))
    with stage.context(Role.PROVIDER_ADMIN) as context:
        page = context.new_page()
        refused = {"status": 413, "content_type": "application/problem+json", "body": '{"detail": "no room"}'}
        page.route("**/api/v1/uploads**", lambda route: route.fulfill(**refused))
        page.goto(f"{URL}/cases/{stage.cases['notice']}")
        page.get_by_label("Files").set_input_files(large)
        page.get_by_role("button", name="Send the answer").click()
        page.get_by_text("Not sent: no room").wait_for()
        assert page.get_by_role("button", name="Send the answer").is_enabled()


def test_an_officer_decides_without_script(stage: Stage) -> None:
    case = answered(stage.world, 21).payload.value
    with stage.context(*OFFICER, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{URL}/queue")
        page.locator(f"a[href='/cases/{case}']").click()
        page.get_by_label("Your judgement").select_option("not_satisfied")
        page.get_by_label("Because").fill("I read the file.")
        page.get_by_label("What the office makes of the provider's answer").fill("It came too late.")
        page.get_by_role("button", name="Final determination").click()
        stage.world.tick()
        page.goto(f"{URL}/results/{case}")
        assert "I read the file." in page.inner_text("main")
    assert case_of(stage.world, case).stage == "published"


def device(context: BrowserContext, page: Page) -> None:
    """An authenticator that says yes."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_somebody_comes_in_by_a_link_confirms_and_comes_back(stage: Stage) -> None:
    invited = invite(
        stage.world.identity,
        Caller.console(stage.world.service.now()),
        AUTHORITY_ORG,
        name="Ada",
        mail="ada@people.test",
        roles=frozenset({Role.ADMINISTRATOR, Role.OFFICER}),
    )
    with stage.context() as context:
        page = context.new_page()
        device(context, page)
        page.goto(address(URL, invited.link))
        page.get_by_role("button", name="Make the passkey").click()
        page.wait_for_url(f"{URL}/queue")
        page.goto(f"{URL}/account")
        page.get_by_role("button", name="Log out").click()
        page.goto(f"{URL}/queue")
        assert "/login?next=/queue" in page.url
        page.get_by_role("button", name="Log in with a passkey").click()
        page.wait_for_url(f"{URL}/queue")
        clock: Any = stage.world.service.office.clock
        clock.moment += timedelta(minutes=20)
        page.goto(f"{URL}/account")
        page.get_by_label("Name of another passkey").fill("key")
        page.get_by_role(
            "button", name="Add a passkey"
        ).click()  # it is asked to confirm, and then finds its own
        page.get_by_text("This device has a passkey for this account already.").wait_for()
        clock.moment += timedelta(minutes=20)
        page.goto(f"{URL}/organisations")
        page.locator("#name").fill("A new one")
        page.get_by_role("button", name="Add").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Confirm that it is you"
        page.get_by_role("button", name="Confirm with your passkey").click()
        page.wait_for_url("**/organisations/*")
        assert page.get_by_role("heading", level=1).inner_text() == "A new one"


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(250, 248, 244)"), ("dark", "rgb(20, 23, 28)")])
def test_both_schemes(stage: Stage, scheme: Literal["light", "dark"], ground: str) -> None:
    with stage.context(color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(URL)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
