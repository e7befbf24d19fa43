"""The pages in Chromium: quiet, inert, readable, and usable with a keyboard and on a phone."""

from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import PAGES, Open
from tests.scenario.conftest import Assay, assay, project

pytestmark = pytest.mark.browser
__all__ = ["assay", "project"]

EVERY = pytest.mark.parametrize("name", list(PAGES))
OPEN_ALL = "document.querySelectorAll('details').forEach(item => { item.open = true })"


@EVERY
def test_a_page_asks_for_nothing_but_itself_and_complains_of_nothing(
    base: str, open_page: Open, name: str
) -> None:
    page, seen = open_page(f"{base}/{PAGES[name]}", until="networkidle")
    assert seen.requests == [f"{base}/{PAGES[name]}"]
    assert seen.quiet, seen
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 50
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"


def test_the_policy_stops_what_it_should(folder: Path, served: str, open_page: Open) -> None:
    """The harness would have seen a violation, and nothing that gets into a page could run or load."""
    source = (folder / PAGES["contradicted"]).read_text()
    evil = (
        "<script>document.title = 'taken over'</script><img src='https://elsewhere.example/x.png'>"
        "<style>body { margin: 99px }</style><p style='color: red' onclick='alert(1)'>p</p>"
        "<iframe src='https://elsewhere.example/'></iframe><link rel=stylesheet href='../../own.css'>"
    )
    (folder / "evil.html").write_text(source.replace('<main id="main">', f'<main id="main">{evil}'))
    page, seen = open_page(f"{served}/evil.html", until="networkidle")
    assert page.title().startswith("lantern 2.1.0: Contradicted")
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"
    assert not [address for address in seen.requests if "elsewhere" in address and seen.console == []]
    for part in ("script", "img-src", "style-src", "frame"):
        assert any(part in line and "violates" in line for line in seen.console), (part, seen.console)


@EVERY
def test_hostile_text_is_inert(served: str, open_page: Open, name: str) -> None:
    page, seen = open_page(f"{served}/{PAGES[name]}")
    page.evaluate(OPEN_ALL)
    assert page.locator("script, img, iframe, object, embed, form, input, base, marquee").count() == 0
    assert page.locator("style").count() == 1
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.name)).filter(n => /^on|^style$/.test(n))"
    )
    assert handlers == []
    links = page.evaluate("[...document.links].map(a => a.protocol)")
    assert set(links) <= {"http:"}
    assert seen.quiet


def test_hostile_text_is_there_to_be_read(served: str, open_page: Open) -> None:
    page, _ = open_page(f"{served}/{PAGES['hostile']}")
    text = page.locator("main").inner_text()
    assert "</title></style></script><script>alert(1)</script>" in text
    assert "\u0628\u0631\u0646\u0627\u0645\u062c" in text
    assert "\u202e" not in text


SIDEWAYS = """[...document.querySelectorAll('main *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.right > innerWidth + 1 && !e.closest('.scroll, pre');
}).map(e => e.outerHTML.slice(0, 120))"""


@EVERY
def test_no_page_scrolls_sideways(served: str, open_page: Open, name: str) -> None:
    page, _ = open_page(f"{served}/{PAGES[name]}")
    page.evaluate(OPEN_ALL)
    for width in (320, 360, 760, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SIDEWAYS) == [], width


def test_tables_scroll_inside_and_can_be_reached(served: str, open_page: Open) -> None:
    page, _ = open_page(f"{served}/{PAGES['contradicted']}", width=360)
    boxes = page.locator(".scroll")
    assert boxes.count() >= 2
    assert page.evaluate("[...document.querySelectorAll('.scroll')].some(e => e.scrollWidth > e.clientWidth)")
    for box in boxes.all():
        assert box.get_attribute("tabindex") == "0"
        assert box.get_attribute("role") == "region"


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(250, 248, 244)"), ("dark", "rgb(20, 23, 28)")])
def test_both_schemes_are_applied(
    served: str, open_page: Open, scheme: Literal["light", "dark"], ground: str
) -> None:
    page, _ = open_page(f"{served}/{PAGES['contradicted']}", scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground


CONTRAST = """() => {
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
      if (colour[3] > 0) throw new Error("a ground that shines through: " + e.outerHTML.slice(0, 80));
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    if (!node.data.trim() || !node.parentElement.getClientRects().length) continue;
    const [low, high] = [parse(getComputedStyle(node.parentElement).color), ground(node.parentElement)]
        .map(light).sort((a, b) => a - b);
    found.push([(high + 0.05) / (low + 0.05), node.data.trim().slice(0, 60)]);
  }
  return found;
}"""


@EVERY
def test_all_text_stands_out_from_its_ground(served: str, open_page: Open, name: str) -> None:
    """WCAG 2.2, 1.4.3, on what the browser computed."""
    page, _ = open_page(f"{served}/{PAGES[name]}")
    page.evaluate(OPEN_ALL)
    light = page.evaluate(CONTRAST)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(CONTRAST)
    assert len(light) == len(dark) > 10
    assert [item for item in light + dark if item[0] < 4.5] == []
    assert [item[0] for item in light] != [item[0] for item in dark]


STRUCTURE = """() => {
  const all = selector => [...document.querySelectorAll(selector)];
  const text = e => (e.innerText || e.textContent || "").trim();
  return {
    lang: document.documentElement.lang,
    title: document.title,
    headings: all("h1, h2, h3, h4, h5, h6").map(e => Number(e.tagName[1])),
    empty_headings: all("h1, h2, h3").filter(e => !text(e)).length,
    main: all("main").length,
    banner: all("body > header").length,
    footer: all("body > footer").length,
    unnamed_navs: all("nav").filter(e => !e.getAttribute("aria-label")).length,
    unnamed_regions: all("[role=region], section").filter(
      e => !e.getAttribute("aria-label") && !document.getElementById(e.getAttribute("aria-labelledby") || "-")).length,
    links_without_text: all("a").filter(e => !text(e)).map(e => e.outerHTML.slice(0, 100)),
    pictures_without_name: all("svg, img").filter(
      e => e.getAttribute("aria-hidden") !== "true" && !(e.getAttribute("role") === "img" && e.getAttribute("aria-label"))
    ).length,
    cells_without_scope: all("th").filter(e => !["row", "col"].includes(e.getAttribute("scope"))).length,
    tables_without_head: all("table").filter(e => !e.querySelector("th")).length,
    summaries_without_text: all("details").filter(e => !e.querySelector("summary") || !text(e.querySelector("summary"))).length,
    doubled_ids: all("[id]").map(e => e.id).filter((id, at, ids) => ids.indexOf(id) !== at),
    positive_tabindex: all("[tabindex]").filter(e => e.tabIndex > 0).length,
    list_items_astray: all("li").filter(e => !["UL", "OL"].includes(e.parentElement.tagName)).length,
    lists_with_strangers: all("ul, ol").filter(e => [...e.children].some(c => c.tagName !== "LI")).length,
    nested_links: all("a a, summary a").length,
    badges_without_words: all(".badge").filter(e => !text(e)).length,
  };
}"""


@EVERY
def test_the_structure_is_accessible(served: str, open_page: Open, name: str) -> None:
    page, _ = open_page(f"{served}/{PAGES[name]}")
    page.evaluate(OPEN_ALL)
    found: dict[str, Any] = page.evaluate(STRUCTURE)
    levels = found.pop("headings")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert found.pop("lang") == "en"
    assert len(found.pop("title")) > 8
    assert (found.pop("main"), found.pop("banner"), found.pop("footer")) == (1, 1, 1)
    assert {what: count for what, count in found.items() if count} == {}


def focused(page: Page) -> Any:
    return page.evaluate("""() => {
      const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
      return {tag: e.tagName, text: e.innerText, outline: style.outlineStyle, width: parseFloat(style.outlineWidth),
              seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth};
    }""")


def test_a_keyboard_alone_opens_a_requirement(base: str, open_page: Open) -> None:
    page, _ = open_page(f"{base}/{PAGES['contradicted']}")
    page.keyboard.press("Tab")
    first = focused(page)
    assert first["text"] == "Skip to the result"
    assert first["seen"]
    row = page.locator("details.row").nth(0)
    summary = row.locator("summary")
    assert row.get_attribute("open") is None
    for _ in range(60):
        page.keyboard.press("Tab")
        now = focused(page)
        assert now["outline"] != "none", now
        assert now["width"] >= 2, now
        assert now["seen"], now
        if summary.evaluate("item => item === document.activeElement"):
            break
    else:
        pytest.fail("sixty tabs did not reach the first requirement")
    page.keyboard.press("Enter")
    assert row.get_attribute("open") is not None
    assert row.locator(".inside").is_visible()
    page.keyboard.press("Space")
    assert row.get_attribute("open") is None


def test_the_skip_link_skips(served: str, open_page: Open) -> None:
    page, _ = open_page(f"{served}/{PAGES['contradicted']}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_link_to_a_check_opens_it(base: str, open_page: Open) -> None:
    page, seen = open_page(f"{base}/{PAGES['contradicted']}")
    asked = page.locator("details.row[open] .answers a").first
    target = page.locator(f"[id='{(asked.get_attribute('href') or '')[1:]}']")
    assert not target.is_visible()
    asked.focus()
    page.keyboard.press("Enter")
    target.wait_for(state="visible")
    assert page.evaluate("(e => { const b = e.getBoundingClientRect(); return b.top >= 0 && b.top < innerHeight })"
                         "(document.querySelector(':target'))")  # fmt: skip
    assert seen.quiet


def test_from_the_index_to_a_result_and_back(base: str, open_page: Open) -> None:
    page, seen = open_page(f"{base}/index.html")
    page.get_by_role("link", name="lantern 2.1.0").last.click()
    assert page.get_by_role("heading", level=1).inner_text() == "lantern 2.1.0"
    page.get_by_role("link", name="All results").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Results"
    assert seen.quiet


def test_paper_shows_what_is_folded_on_the_screen(served: str, open_page: Open) -> None:
    page, _ = open_page(f"{served}/{PAGES['contradicted']}")
    folded = page.locator("details:not([open]) .inside").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.evaluate("item => item.getBoundingClientRect().height") > 10
    assert not page.locator("nav.contents").is_visible()


def test_contradictions_that_nobody_claims_are_quieter(served: str, open_page: Open) -> None:
    def ground(name: str) -> str:
        page, _ = open_page(f"{served}/{PAGES[name]}")
        badge = page.locator(".row .badge", has_text="contradicted").first
        return str(badge.evaluate("item => getComputedStyle(item).backgroundColor"))

    assert ground("contradicted") == "rgb(251, 230, 228)"
    assert ground("draft") == "rgba(0, 0, 0, 0)"


def test_the_page_of_a_trial(assay: Assay, project: Path, open_page: Open) -> None:
    said = assay("trial", project, "--json").json()
    page, seen = open_page(Path(said["pages"]).as_uri())
    assert seen.quiet, seen
    assert page.title().startswith("lantern 2.1.0: Incomplete (draft) – ")
    assert Path(said["pages"]).stat().st_size < 300_000
    page.evaluate(OPEN_ALL)
    assert page.locator("details.row:not(.check)").count() == len(said["claims"])
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
