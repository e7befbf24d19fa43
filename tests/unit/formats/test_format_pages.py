"""The pages of the formats name everything they must, and their examples run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from tests.support import pages as cases
from tests.support.verdicts import VERDICT

from assay.formats import customers, inventory
from assay.formats.attestation import ArtifactKind
from assay.formats.cdxa_properties import ARTIFACT, ATTESTATION, RELEASE, RESULT
from assay.formats.common_form_fields import OPTIONS, TARGETS, parse_map
from assay.formats.customers import Customer, CustomerId, CustomerList
from assay.formats.package import File, FileKind, Manifest, Withheld
from assay.formats.verdict import ClaimVerdict, FindingRow, ResultToken, VerdictDocument
from assay.office.portfolio import HOW
from assay.web.feed import feed
from assay.web.tables import RESULTS

FORMATS = Path(__file__).resolve().parents[3] / "docs" / "formats"


def page(name: str) -> str:
    return (FORMATS / f"{name}.md").read_text()


def test_the_list_of_formats_is_whole() -> None:
    pages = {path.stem for path in FORMATS.glob("*.md")} - {"README"}
    assert len(pages) > 20
    assert sorted(name for name in pages if f"]({name}.md)" not in page("README")) == []


@pytest.mark.parametrize("name", sorted({*ATTESTATION, *RELEASE, *ARTIFACT, *RESULT}))
def test_every_property_has_its_row(name: str) -> None:
    assert f"\n| `{name}` | " in page("attestation")


def test_no_property_is_listed_that_does_not_exist() -> None:
    listed = re.findall(r"^\| `(assay:[a-z:-]+)` \|", page("attestation"), re.MULTILINE)
    assert sorted(listed) == sorted({*ATTESTATION, *RELEASE, *ARTIFACT, *RESULT})


@pytest.mark.parametrize("kind", get_args(ArtifactKind))
def test_every_kind_of_artifact_has_its_row(kind: str) -> None:
    assert f"\n| `{kind}` | " in page("submission")


@pytest.mark.parametrize("kind", [VerdictDocument, ClaimVerdict, FindingRow])
def test_every_field_of_a_verdict_is_named(kind: type[msgspec.Struct]) -> None:
    missing = [name for name in kind.__struct_fields__ if f"`{name}" not in page("result")]
    assert missing == []


@pytest.mark.parametrize("token", get_args(ResultToken))
def test_every_result_is_named(token: str) -> None:
    assert f"`{token}`" in page("result")


def test_every_member_of_the_feed_is_named() -> None:
    made = feed("Office", [cases.published(VERDICT)])
    (item,) = made["items"]
    members = {*made, *item, *item["_assay"], *item["attachments"][0], *item["_assay"]["inputs"][0]}
    assert len(members) > 30
    assert [name for name in sorted(members) if f"`{name}`" not in page("feed")] == []


def test_every_column_of_the_results_is_named() -> None:
    assert [name for name in RESULTS if f"`{name}`" not in page("feed")] == []


@pytest.mark.parametrize("part", [Manifest, File, Withheld])
def test_every_member_of_a_package_is_named(part: type[msgspec.Struct]) -> None:
    assert [name for name in part.__struct_fields__ if f"`{name}`" not in page("referral")] == []


@pytest.mark.parametrize("kind", get_args(FileKind))
def test_every_kind_of_file_in_a_package_is_named(kind: str) -> None:
    assert f"`{kind}`" in page("referral")


@pytest.mark.parametrize("target", TARGETS)
def test_every_field_of_the_common_form_has_its_row(target: str) -> None:
    row = re.search(
        rf"^\| `{re.escape(target)}` \| ([^|]+) \| ([^|]*) \|$", page("common-form"), re.MULTILINE
    )
    assert row
    assert row[2] == ", ".join(TARGETS[target].spellings)
    assert ("rows" in row[1]) == TARGETS[target].rows


def test_every_choice_of_the_common_form_has_its_row() -> None:
    words = {token: others for tokens in OPTIONS.values() for token, others in tokens.items()}
    assert [
        one
        for one, others in words.items()
        if f"\n| `{one}` | {', '.join(others)} |\n" not in page("common-form")
    ] == []


def test_the_map_on_the_page_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", page("common-form"), re.DOTALL)
    assert len(parse_map(example.encode(), what="map")) == 5


@pytest.mark.parametrize("how", HOW)
def test_every_way_of_matching_is_named(how: str) -> None:
    assert f"\n| `{how}` | " in page("inventory")


@pytest.mark.parametrize("column", inventory.COLUMNS)
def test_every_column_of_an_inventory_is_named(column: str) -> None:
    listed = ", ".join(inventory.COLUMNS[column])
    assert f"\n| `{column}` | {listed} | " in page("inventory")


@pytest.mark.parametrize(
    "name", ["attestation", "bundle", "customers", "feed", "referral", "result", "submission"]
)
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page(name))
    assert links
    assert [link for link in links if not (FORMATS / link).exists()] == []


def test_the_commitment_by_hand_is_ours(tmp_path: Path) -> None:
    rows = CustomerList(
        customers=(
            Customer(
                name="Harbour Authority", id=CustomerId(scheme="domain", value="h.example"), salt="01" * 32
            ),
            Customer(name="Fähre", salt="02" * 32),
            Customer(name="Guild", salt="03" * 32),
        )
    )
    sparse = [{"name": row.name, "salt": row.salt} for row in rows.customers]
    sparse[0] = msgspec.to_builtins(rows.customers[0])
    (tmp_path / "customers.json").write_text(json.dumps({"customers": sparse}))
    (code,) = re.findall(r"```python\n(.*?)```", page("customers"), re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, env=os.environ
    )  # fmt: skip
    assert ran.stdout.strip() == str(customers.commitment(rows))
