"""The static pages: what stands on them, where they stand, and that nothing from outside gets out of its place."""

import hashlib
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import PurePosixPath

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import pages as cases
from tests.support.pages import ANSWER, DRAFT, ENGINE, HOSTILE, NOTHING, OFFICE, PUBLISHED, TRUST, VALIDATED
from tests.support.verdicts import SBOM, VERDICT, verdicts

from assay.formats.verdict import ClaimVerdict, FindingRow, Input, ReleaseRef, ResultToken, VerdictDocument
from assay.packs import shipped
from assay.web import words
from assay.web.pages import preview, site, style, style_source
from assay.web.published import Published

VOID = {"meta", "link", "br", "rect", "path", "use"}
"""Of these only some are void in HTML; the templates close the others with "/>"."""


class Page(HTMLParser):
    """Elements, attributes and text of a page, and that every element is closed in its turn."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            return
        self.text.append(data)
        if self.headings and any(re.fullmatch("h[1-6]", tag) for tag in self._open):
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def page_of(verdict: VerdictDocument, **more: str) -> Page:
    published = cases.published(verdict, **more)  # type: ignore[arg-type]
    return Page(site(OFFICE, ENGINE, [published], TRUST)[f"results/{published.id}/index.html"])


ALL = [pytest.param(item, id=name) for item, name in zip(
    PUBLISHED, ("validated", "contradicted", "draft", "nothing", "hostile"), strict=True
)]  # fmt: skip


def test_the_same_results_give_the_same_bytes_in_any_order() -> None:
    one = site(OFFICE, ENGINE, PUBLISHED, TRUST)
    assert site(OFFICE, ENGINE, PUBLISHED[::-1], TRUST) == one
    assert list(site(OFFICE, ENGINE, PUBLISHED[::-1], TRUST)) == list(one)


def test_files_of_the_site() -> None:
    item = PUBLISHED[0]
    made = site(OFFICE, ENGINE, [item], TRUST)
    folder = f"results/{item.id}/"
    assert set(made) == {
        "index.html",
        "feed.json",
        "feed.atom",
        "results.csv",
        "results.json",
        "trust.json",
        *(folder + name for name in ("index.html", "result.dsse.json", "receipt.json", "verdict.json")),
    }
    assert made["trust.json"] == TRUST
    assert made[folder + "result.dsse.json"] == item.result
    assert made[folder + "receipt.json"] == item.receipt


def test_paths_stay_inside_the_site() -> None:
    for path in site(OFFICE, ENGINE, PUBLISHED, TRUST):
        assert re.fullmatch(r"[a-z0-9./]+", path)
        assert not PurePosixPath(path).is_absolute()
        assert ".." not in path


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("../" * 21 + "x", id="climbs"),
        pytest.param("AB" * 32, id="upper case"),
        pytest.param("a" * 63, id="too short"),
        pytest.param("a" * 64 + "\n", id="ends in a line"),
        pytest.param("", id="empty"),
    ],
)
def test_an_id_that_is_no_digest_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="expected 64 lower-case hex digits"):
        msgspec.structs.replace(PUBLISHED[0], id=bad)


def test_two_results_cannot_share_a_place() -> None:
    with pytest.raises(ValueError, match="two results have the id"):
        site(OFFICE, ENGINE, [PUBLISHED[0], msgspec.structs.replace(PUBLISHED[1], id=PUBLISHED[0].id)], TRUST)


@pytest.mark.parametrize("item", ALL)
def test_a_result_page_says_everything(item: Published) -> None:
    page = Page(site(OFFICE, ENGINE, [item], TRUST)[f"results/{item.id}/index.html"])
    said, verdict = page.words, item.verdict
    assert words.RESULTS[verdict.result] in said
    assert words.MEANINGS[verdict.result] in said
    for heading in (
        "What was checked", "What was not checked", "Release", "Verify it yourself", "Inputs", "Result"
    ):  # fmt: skip
        assert heading in [text for _, text in page.headings]
    assert ("Completeness" in [text for _, text in page.headings]) is bool(verdict.missing)
    assert ("Complete: every rule" in said) is not bool(verdict.missing)
    assert item.origin in said
    assert f"entry {item.index} of {item.size}" in said
    assert item.root in said
    assert verdict.attestation in said
    assert {"result.dsse.json", "receipt.json", "verdict.json", "../../trust.json"} <= {
        attributes.get("href") for attributes in page.all("a")
    }
    assert "assay verify result.dsse.json receipt.json --trust trust.json" in said


def test_provider_product_version_requirements_reasons_and_inputs() -> None:
    said = page_of(VERDICT).words
    for text in (
        VERDICT.provider,
        "lantern 2.1.0",
        "lantern-2.1.0.tar.gz",
        "a package has no hash",
        "no Scorecard result among the artifacts",
        "branch protection",
        "3 claimed: 1 satisfied, 1 contradicted, 1 unknown",
        "1 not claimed: 1 does not apply",
        "exactly these 4; 3 of them are public",
        "bill.cdx.json yes",
        "attestation.dsse.json no",
        "To fix it: add one",
    ):
        assert text in said


@pytest.mark.parametrize("result", list(words.RESULTS))
def test_the_title_says_product_version_and_result(result: ResultToken) -> None:
    said = page_of(msgspec.structs.replace(VERDICT, result=result)).words
    assert said.startswith(f"lantern 2.1.0: {words.RESULTS[result]} – {OFFICE}")


@pytest.mark.parametrize("result", sorted(words.UNFAVOURABLE))
def test_beside_a_failure_stands_the_response_or_its_absence(result: ResultToken) -> None:
    failed = msgspec.structs.replace(VERDICT, result=result)
    assert "The provider's response None was given." in page_of(failed).words
    answered = page_of(failed, response=ANSWER).words
    assert "The provider's response We have rebuilt the release. Version 2.1.1 is out." in answered


def test_a_validated_result_has_a_response_only_when_there_is_one() -> None:
    assert "response" not in page_of(VALIDATED).words
    assert "We have rebuilt" in page_of(VALIDATED, response=ANSWER).words


def test_what_nobody_claims_is_never_called_contradicted() -> None:
    page = page_of(DRAFT)
    badges = [item["class"] for item in page.all("span") if "badge" in item.get("class", "")]
    assert len(badges) == 1 + 4 + 3
    rows = [item["class"] for item in page.all("details") if item["class"].startswith("row")]
    assert rows.count("row quiet") == 4
    assert "would be contradicted" in page.words
    assert not re.search(r"(?<!would be )contradicted", page.words)
    assert "A draft. Nobody claims anything" in page.words


def test_only_claimed_contradictions_stand_open() -> None:
    def opened(verdict: VerdictDocument) -> int:
        return sum("open" in item for item in page_of(verdict).all("details"))

    assert opened(VERDICT) == 1
    assert opened(DRAFT) == 0


def test_a_finding_stands_once_however_many_requirements_it_bears_on() -> None:
    finding = FindingRow(
        "release-no-secrets", "not_satisfied", "a-very-peculiar-finding", "k.pem", (), "take it out"
    )
    rows = tuple(
        ClaimVerdict(
            f"one@1#{at}", True, "not_satisfied", "why", findings=(finding,), changes=("x: take it out",)
        )
        for at in range(60)
    )
    page = page_of(msgspec.structs.replace(VERDICT, claims=rows))
    assert page.words.count("To fix it: take it out") == 1
    asked = page.words.partition("Check release-no-secrets , asked by ")[2].partition(" .")[0]
    assert asked.split(" , ") == [f"one {at}" for at in range(60)]


def test_each_change_stands_once_with_what_it_turns_contradictions_first() -> None:
    def row(at: int, verdict: str, *changes: str, claimed: bool = True) -> ClaimVerdict:
        return ClaimVerdict(f"one@1#{at}", claimed, verdict, "why", changes=changes)  # type: ignore[arg-type]

    rows = (row(1, "unknown", "a", "b"), row(2, "unknown", "b"), row(3, "not_satisfied", "c"),
            row(4, "unknown", "d", claimed=False))  # fmt: skip
    said = page_of(msgspec.structs.replace(VERDICT, claims=rows)).words
    changes = said.partition("every claim that is not shown.")[2]
    assert changes.strip().startswith(
        "c for one 3 b for one 1 , one 2 a for one 1 For what is not claimed: 1 change d for one 4"
    )


def test_a_change_without_a_remedy_says_what_to_show() -> None:
    finding = FindingRow("release-no-secrets", "unknown", "there is no release")
    row = ClaimVerdict(
        "one@1#1",
        True,
        "unknown",
        "why",
        findings=(finding,),
        changes=("release-no-secrets: there is no release",),
    )
    said = page_of(msgspec.structs.replace(VERDICT, claims=(row,))).words
    assert (
        "show that the release carries no private key and no access token there is no release for one 1"
        in said
    )


def test_wordings_only_of_the_very_pack_that_the_verdict_names() -> None:
    ref = "cisa-form@2024-03"
    pack, content = shipped.load(ref)
    named = Input(f"pack:{ref}", f"sha256:{hashlib.sha256(content).hexdigest()}", public=True)
    same = msgspec.structs.replace(VERDICT, inputs=(named,))
    wording = next(item.wording for item in pack.requirements if item.id == "3")
    assert wording in page_of(same).words
    assert pack.title in page_of(same).words
    assert wording not in page_of(VERDICT).words


def test_every_inner_link_has_its_place() -> None:
    for item in PUBLISHED:
        page = Page(site(OFFICE, ENGINE, [item], TRUST)[f"results/{item.id}/index.html"])
        places = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(places) == len(set(places))
        inner = {a["href"][1:] for a in page.all("a") if a.get("href", "").startswith("#")}
        inner |= {use["href"][1:] for use in page.all("use")}
        assert inner <= set(places)
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", place) for place in places)


@pytest.mark.parametrize("item", ALL)
def test_headings_are_in_order(item: Published) -> None:
    for page in (
        Page(data) for path, data in site(OFFICE, ENGINE, [item], TRUST).items() if path.endswith("html")
    ):
        levels = [level for level, _ in page.headings]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert all(text.strip() for _, text in page.headings)


ALLOWED = {
    "a": {"href", "class", "title", "aria-current"}, "bdi": {"class"}, "meta": {"charset", "name", "content", "http-equiv"},
    "link": {"rel", "href", "type", "title"}, "svg": {"class", "aria-hidden", "width", "height", "viewbox", "role", "aria-label", "preserveaspectratio"},
    "symbol": {"id", "viewbox"}, "path": {"d", "class"}, "use": {"href"}, "rect": {"class", "x", "y", "width", "height"},
    "html": {"lang"}, "head": set(), "title": set(), "style": set(), "body": set(), "header": {"class"}, "strong": set(),
    "nav": {"class", "aria-label"}, "main": {"id"}, "footer": set(), "p": {"class"}, "code": {"title"}, "h1": set(), "h2": {"id"},
    "h3": {"id"}, "span": {"class"}, "b": set(), "i": set(), "br": set(), "time": {"datetime"}, "section": {"class", "aria-labelledby"},
    "ul": {"class"}, "ol": {"class", "start"}, "li": {"class"}, "details": {"class", "open"}, "summary": set(), "div": {"class", "id", "tabindex", "role", "aria-label", "aria-labelledby"},
    "table": set(), "thead": set(), "tbody": set(), "tr": {"id"}, "th": {"scope"}, "td": set(), "pre": {"tabindex", "aria-label"},
    "dl": {"class"}, "dt": set(), "dd": set(),
}  # fmt: skip


def escapes(made: Mapping[str, bytes]) -> None:
    """Nothing but our own elements, attributes and links stands in the pages, and no character that hides or turns text."""
    for path, data in made.items():
        if not path.endswith(".html"):
            continue
        page = Page(data)
        for tag, attributes in page.elements:
            assert attributes.keys() <= ALLOWED[tag], (tag, attributes)
            for name in ("href", "class", "id"):
                assert re.fullmatch(
                    r"data:image/svg\+xml,[^\"<> ]+|(results/[0-9a-f]{64}/)?[#A-Za-z0-9_. /-]*",
                    attributes.get(name, ""),
                ), attributes
        text = data.decode()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]", text)


def test_hostile_text_stays_text() -> None:
    made = site(OFFICE, ENGINE, [cases.PUBLISHED[-1]], TRUST)
    escapes(made)
    page = Page(made[f"results/{PUBLISHED[-1].id}/index.html"])
    assert "</title></style></script><script>alert(1)</script>" in page.words
    assert "{{ 7*7 }}{% raw %}<svg/onload=alert(4)>" in page.words


@settings(max_examples=25)
@given(verdicts, st.text(max_size=20), st.text(max_size=20))
def test_no_text_gets_out_of_its_place(verdict: VerdictDocument, office: str, response: str) -> None:
    escapes(site(office, ENGINE, [cases.published(verdict, response=response)], TRUST))
    escapes(preview(office, verdict, {item.digest: response for item in verdict.inputs}))


def test_a_result_on_both_packs_is_small() -> None:
    """Every check that the packs bind says something long about every requirement that asks it."""
    rows = []
    for pack, _ in map(shipped.load, shipped.refs()):
        for requirement in pack.requirements:
            findings = tuple(
                FindingRow(
                    binding.check, "unknown", "m" * 120, "a" * 40, (SBOM,), "r" * 60, role=binding.role
                )
                for binding in requirement.bindings
            )
            full = pack.full(requirement)
            rows.append(ClaimVerdict(full, True, "unknown", "r" * 150, requirement.title, findings=findings))
    item = cases.published(msgspec.structs.replace(VERDICT, claims=tuple(rows)))
    made = site(OFFICE, ENGINE, [item], TRUST)
    assert len(rows) >= 58
    assert len(made[f"results/{item.id}/index.html"]) < 250_000


def test_findings_beyond_the_limit_are_counted() -> None:
    findings = tuple(FindingRow("release-no-secrets", "not_satisfied", f"number {at}") for at in range(1_000))
    row = ClaimVerdict("one@1#1", True, "not_satisfied", "why", findings=findings)
    said = page_of(msgspec.structs.replace(VERDICT, claims=(row,))).words
    assert "number 249" in said
    assert "number 250 " not in said
    assert "and 750 more in verdict.json" in said


def test_the_policy_allows_nothing_but_our_own_style() -> None:
    made = site(OFFICE, ENGINE, PUBLISHED, TRUST)
    for data in (data for path, data in made.items() if path.endswith(".html")):
        page = Page(data)
        policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
        assert policy == (
            f"default-src 'none'; style-src {style_source()}; img-src data:; base-uri 'none'; form-action 'none'"
        )
        assert data.decode().count(f"<style>{style()}</style>") == 1
        assert b"style=" not in data
        assert not page.all("script")


def test_the_index_is_newest_first_and_says_what_absence_means() -> None:
    made = site(OFFICE, ENGINE, PUBLISHED, TRUST)
    page = Page(made["index.html"])
    listed = [a["href"] for a in page.all("a") if a["href"].startswith("results/")]
    newest = sorted(PUBLISHED, key=lambda item: -item.index)
    assert listed == [f"results/{item.id}/index.html" for item in newest]
    assert "nothing was published about it, not that it failed" in page.words
    for word in ("Validated", "Contradicted", "Incomplete", "Insufficient evidence"):
        assert word in page.words
    assert "1 of 3 claims satisfied · the provider answered" in page.words
    assert "a draft · a trial" in page.words


def test_an_office_without_results() -> None:
    assert "Nothing has been published yet." in Page(site(OFFICE, ENGINE, [], TRUST)["index.html"]).words


def test_a_preview_is_whole_by_itself_and_claims_no_office() -> None:
    made = preview("Preview", VERDICT, {})
    assert set(made) == {"index.html", "verdict.json"}
    page = Page(made["index.html"])
    assert "A preview. Nothing was submitted, recorded or signed by an office." in page.words
    assert not [a for a in page.all("a") if "receipt" in a["href"] or ".." in a["href"]]
    assert not page.all("nav")[1:]


def test_whole_companies_and_many_releases_have_a_name() -> None:
    assert (
        "<h1><bdi>Lighthouse Works (fictional)</bdi></h1>" in preview("P", NOTHING, {})["index.html"].decode()
    )
    four = tuple(ReleaseRef(name, version) for name in ("lantern", "wick") for version in ("1", "2"))
    page = preview("P", msgspec.structs.replace(VERDICT, releases=four), {})["index.html"].decode()
    assert '<h1><bdi>lantern and 1 more</bdi> <bdi class="version">1, 2</bdi></h1>' in page
    assert '<bdi class="version">4 versions</bdi>' in preview("P", HOSTILE, {})["index.html"].decode()


def test_of_many_contradictions_only_the_first_stand_open() -> None:
    rows = tuple(ClaimVerdict(f"one@1#{at}", True, "not_satisfied", "why") for at in range(30))
    page = page_of(msgspec.structs.replace(VERDICT, claims=rows))
    assert sum("open" in item for item in page.all("details")) == 5


def test_one_finding_in_two_roles_is_one_finding() -> None:
    finding = FindingRow("release-no-secrets", "not_satisfied", "k.pem holds a key")
    rows = tuple(
        ClaimVerdict(
            f"one@1#{role}", False, "unknown", "why", findings=(msgspec.structs.replace(finding, role=role),)
        )
        for role in ("decides", "notes")
    )
    said = page_of(msgspec.structs.replace(VERDICT, claims=rows)).words
    assert said.count("against: k.pem holds a key") == 1


def test_what_is_missing_is_a_reason_once() -> None:
    said = page_of(DRAFT).words
    assert "Why 2 things are missing nothing is claimed, so nothing can be validated" in said
    assert said.count("the kind is not set") == 1
