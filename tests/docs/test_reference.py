"""The reference names every command, option, check, pack, rule and setting that there is."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from assay import config
from assay.checks.catalogue import CHECKS
from assay.checks.completeness.rules import RULES
from assay.cli.app import app
from assay.evidence.environment import Fact
from assay.formats.attestation import Contact, Milestone, Provider
from assay.packs import shipped

TABLES = (Provider, Contact, Milestone, Fact)
ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs/commands.md").read_text()
SETTINGS = (ROOT / "docs/settings.md").read_text()


def commands() -> dict[str, Any]:
    """Full name -> command, groups opened."""
    found: dict[str, Any] = {}
    top: Any = typer.main.get_command(app)
    for name, command in top.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {sub}": one for sub, one in inner.items()} if inner else {name: command}
    return found


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {heading!r}"
    return found[1]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_documented(name: str) -> None:
    text = section(COMMANDS, f"assay {name}")
    for parameter in commands()[name].params:
        options = [option for option in parameter.opts if option.startswith("--")]
        if options and options[0] not in ("--help", "--json"):
            assert options[0] in text, f"docs/commands.md, assay {name}: {options[0]}"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_prints_json_and_helps(name: str) -> None:
    command = commands()[name]
    assert any("--json" in parameter.opts for parameter in command.params)
    assert command.help


def test_no_command_is_documented_that_is_not_there() -> None:
    assert set(re.findall(r"^## assay (.+)$", COMMANDS, re.MULTILINE)) == set(commands())


@pytest.mark.parametrize("table", config.Project.__struct_fields__)
def test_every_table_is_documented(table: str) -> None:
    assert f"### {table}\n" in SETTINGS


def test_every_key_is_documented() -> None:
    structs = [
        value
        for value in vars(config).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and (value.__module__ == config.__name__ or value in TABLES)
    ]
    keys = {
        field for struct in structs if struct is not config.Environment for field in struct.__struct_fields__
    }
    assert len(keys) > 30
    assert [
        key for key in sorted(keys) if f"`{key}`" not in SETTINGS and f"### {key}\n" not in SETTINGS
    ] == []


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_every_check_has_its_page(check: str) -> None:
    page = (ROOT / f"docs/checks/{check}.md").read_text()
    assert page.startswith(f"# {check}\n")
    for heading in (
        "What it reads",
        "Satisfied when",
        "Contradicted when",
        "Unknown when",
        "What it does not prove",
        "How to fix",
        "Parameters",
    ):
        assert f"## {heading}\n" in page, heading


def test_the_list_of_checks_is_whole() -> None:
    text = (ROOT / "docs/checks/README.md").read_text()
    assert [check for check in CHECKS if f"({check}.md)" not in text] == []


def test_no_page_of_a_check_that_is_not_there() -> None:
    assert {path.stem for path in (ROOT / "docs/checks").glob("*.md")} == set(CHECKS) | {"README"}


@pytest.mark.parametrize("ref", shipped.refs())
def test_every_requirement_has_its_heading(ref: str) -> None:
    pack, _ = shipped.load(ref)
    text = (ROOT / f"docs/packs/{pack.id}.md").read_text()
    assert [
        item.id
        for item in pack.requirements
        if not re.search(rf"^#+ .*{re.escape(item.id)}\b", text, re.MULTILINE)
    ] == []


def test_every_rule_is_documented() -> None:
    text = (ROOT / "docs/completeness.md").read_text()
    assert [rule.id for rule in RULES if not re.search(rf"^#+ {rule.id}\b", text, re.MULTILINE)] == []


def test_links_inside_the_documentation_resolve() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
    ]
    assert len(links) > 20
    assert [
        f"{page.relative_to(ROOT)}: {target}" for page, target in links if not (page.parent / target).exists()
    ] == []
