"""The pages of packs and of these checks are there, current and whole."""

import pytest
from tests.support.shared import ROOT
from tools.pack_pages import page, path

from assay.packs import shipped

SECTIONS = (
    "What it reads", "Satisfied when", "Contradicted when", "Unknown when", "What it does not prove", "How to fix", "Parameters",
)  # fmt: skip
MINE = (
    "evidence-fresh",
    "evidence-belongs-to-release",
    "environment-statement-complete",
    "multi-factor-coverage",
    "milestones-dated-and-owned",
    "signer-has-authority",
    "keys-not-revoked",
    "customer-list-matches",
    "third-party-assessment-present",
)


@pytest.mark.parametrize("ref", shipped.refs())
def test_the_page_of_a_pack_is_current(ref: str) -> None:
    pack, _ = shipped.load(ref)
    text = path(pack).read_text(encoding="utf-8")
    assert text == page(pack), f"run tools/pack_pages.py: docs/packs/{path(pack).name} is not what it writes"
    for requirement in pack.requirements:
        assert f"# {requirement.id}: {requirement.title}\n" in text


def test_the_format_page_names_every_pack() -> None:
    text = (ROOT / "docs" / "packs" / "format.md").read_text(encoding="utf-8")
    for ref in shipped.refs():
        assert f"[{ref}]({ref.partition('@')[0]}.md)" in text


@pytest.mark.parametrize("check", MINE)
def test_the_page_of_a_check_has_its_sections(check: str) -> None:
    module = __import__(f"assay.checks.{check.replace('-', '_')}", fromlist=["CHECK"])
    assert module.CHECK.id == check
    text = (ROOT / "docs" / "checks" / f"{check}.md").read_text(encoding="utf-8")
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert text.startswith(f"# {check}\n\n")
    assert headings == list(SECTIONS)
    for parameter in module.CHECK.parameters:
        assert f"`{parameter}`" in text
