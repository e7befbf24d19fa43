"""`assay import`: the filled form becomes settings that `assay attest` takes, or nothing is written."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from pypdf.generic import DictionaryObject
from tests.scenario.conftest import Assay
from tests.support import filled_forms
from tests.support.filled_forms import CSV, PAIRS
from tests.support.pdfs import RADIO, Put, form, plain

from assay import config
from assay.adapters.new_folder import write_new
from assay.bootstrap import importing
from assay.formats.attestation_statement import parse
from assay.formats.dsse import Envelope

PDF = form(
    *(Put(name, value) for name, value in PAIRS.items() if not name.startswith(("Item", "Submission type"))),
    *(Put(name, "1" if value == "Yes" else None, "/Btn", page=2) for name, value in PAIRS.items() if name.startswith("Item")),
    Put("Submission type", "New Attestation", "/Btn", RADIO, states=("New Attestation", "Revised Attestation")),
    Put("Signature of CEO", None, "/Sig", page=2, more={"/V": DictionaryObject()}),
    Put("Address_2", "1 Pier"),
    pages=2,
)  # fmt: skip
TABLE = "Company Name,Product Name,Version\n" + "".join(f"Works,lantern,{number}\n" for number in range(40))


def settings(path: Path) -> config.Project:
    return config.parse(path.read_bytes())


@pytest.mark.parametrize(
    ("name", "data"), [("form.pdf", PDF), ("form.csv", CSV.encode())], ids=["PDF", "CSV"]
)
def test_a_form_becomes_settings(assay_here: Assay, tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    ran = assay_here("import", name, "--json")
    assert (ran.code, ran.err) == (0, "")
    said = ran.json()
    assert (said["missing"], said["unread"]) == ([], [])
    assert len(said["found"]) == len(PAIRS)
    found = settings(tmp_path / "assay.toml")
    assert found.provider == filled_forms.PROVIDER
    assert found.contact == filled_forms.CONTACT
    assert [product.version for product in found.products] == ["2.1.0", "7"]
    assert len(found.claims["cisa-form@2024-03"]) == 11
    assert (found.submission.kind, found.submission.notify) == ("new", True)
    assert found.milestones[0].requirement == "cisa-form@2024-03#1.c"
    if name == "form.pdf":
        assert said["signatures"] == ["page 2, field 'Signature of CEO'"]
        assert said["unknown"] == ["page 1, field 'Address_2'"]


def test_attest_takes_it(assay: Assay, project: Path) -> None:
    only = {
        name: value
        for name, value in PAIRS.items()
        if not name.endswith("Row 2") and name != "Type of attestation"
    }
    lines = [*(f'{name},"{value}"' for name, value in only.items()), "Scope,individual product"]
    (project / "form.csv").write_text("Field,Value\n" + "\n".join(lines))
    assert assay("import", "form.csv", cwd=project).code == 0
    ran = assay("attest", ".", "-o", "bundle", cwd=project)
    assert ran.code == 0, ran.err
    envelope = (project / "bundle" / "attestation.dsse.json").read_bytes()
    attestation = parse(Envelope.parse(envelope, unsigned=True).payload)
    assert attestation.provider == filled_forms.PROVIDER
    assert attestation.packs == ("cisa-form@2024-03",)
    assert sum(claim.claimed for claim in attestation.claims) == 11
    assert attestation.signatory is not None
    assert attestation.signatory.authority == "chief_executive"


def test_what_cannot_be_read_is_told_and_stands_in_a_comment(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "form.csv").write_text(
        "Field,Value\nCompany name,Works\nDate signed,03/04/2026\nAddress,x\nSignature,A. Keeper\n"
    )
    ran = assay_here("import", "form.csv")
    assert ran.code == 3
    for line in (
        "provider.name  line 2, field 'Company name'",
        "line 4, field 'Address'",
        "line 5, field 'Signature'",
    ):
        assert line in ran.out
    assert "signatory.signed says '03/04/2026', which is one date in America and another" in ran.out
    text = (tmp_path / "assay.toml").read_text()
    assert "#   line 3, field 'Date signed': signatory.signed says '03/04/2026'" in text
    assert settings(tmp_path / "assay.toml").signatory is None
    again = assay_here("import", "form.csv", "--dates", "dmy", "--force", "--json")
    assert (again.code, again.json()["unread"]) == (0, [])
    signatory = settings(tmp_path / "assay.toml").signatory
    assert signatory is not None
    assert str(signatory.signed) == "2026-04-03"


def test_a_map_says_which_field_is_which(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "form.pdf").write_bytes(form(Put("Text1", "Works"), Put("Box1", "1", "/Btn")))
    ran = assay_here("import", "form.pdf")
    assert ran.code == 2
    assert (
        "has no field that is known (page 1, field 'Text1'; page 1, field 'Box1'): say with --map FILE"
        in ran.err
    )
    assert not (tmp_path / "assay.toml").exists()
    (tmp_path / "map.toml").write_text('"provider.name" = ["Text1"]\n"items.1.a" = ["Box1"]\n')
    assert assay_here("import", "form.pdf", "--map", "map.toml").code == 0
    found = settings(tmp_path / "assay.toml")
    assert (found.provider.name, found.claims) == ("Works", {"cisa-form@2024-03": ("1.a",)})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(plain(), "form.pdf has no form fields", id="a scan"),
        pytest.param(b"%PDF-1.7\nnothing", "form.pdf is a PDF that is cut off before its end", id="cut off"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "form.pdf is named as a PDF and is none", id="a picture"),
        pytest.param(b"", "form.pdf is empty", id="empty"),
    ],
)
def test_files_that_are_no_form(assay_here: Assay, tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "form.pdf").write_bytes(data)
    ran = assay_here("import", "form.pdf")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not (tmp_path / "assay.toml").exists()


def test_settings_that_are_there_stay(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "form.csv").write_text(CSV)
    (tmp_path / "assay.toml").write_text("# mine\n")
    ran = assay_here("import", "form.csv")
    assert ran.code == 2
    assert "--force replaces it" in ran.err
    assert (tmp_path / "assay.toml").read_text() == "# mine\n"


def test_all_items_is_the_users_word(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "form.csv").write_text("Field,Value\nCompany name,Works\n")
    assert assay_here("import", "form.csv", "--all-items").code == 0
    assert settings(tmp_path / "assay.toml").claims == {"cisa-form@2024-03": "all"}
    (tmp_path / "form.csv").write_text(CSV)
    ran = assay_here("import", "form.csv", "--all-items", "--force")
    assert ran.code == 2
    assert "answers an item with no" in ran.err


def test_a_table_becomes_a_folder_for_each_attestation(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    assert "say with --output FOLDER" in assay_here("import", "table.csv").err
    ran = assay_here("import", "table.csv", "-o", "out", "--json")
    assert ran.json() == {"written": str(tmp_path / "out"), "attestations": 40, "unknown": []}
    folders = sorted((tmp_path / "out").iterdir())
    assert (len(folders), folders[0].name) == (40, "0000002-lantern-0")
    assert {settings(folder / "assay.toml").products[0].version for folder in folders} == set(
        map(str, range(40))
    )
    assert "is there already and not an empty folder" in assay_here("import", "table.csv", "-o", "out").err


def test_one_broken_line_and_nothing_is_written(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(TABLE.encode() + b'Works,lantern,"40\nWorks,\xff,41\n')
    ran = assay_here("import", "table.csv", "-o", "out")
    assert (ran.code, ran.out) == (2, "")
    assert "line 42: a quote is opened here and never closed" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_table_that_changes_meanwhile_leaves_nothing(
    assay_here: Assay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "table.csv").write_text(TABLE)

    def meanwhile(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
        (tmp_path / "table.csv").write_text(TABLE.replace("lantern", "oar"))
        return write_new(folder, files)

    monkeypatch.setattr(importing, "write_new", meanwhile)
    ran = assay_here("import", "table.csv", "-o", "out")
    assert (ran.code, "table.csv changed while it was read" in ran.err) == (3, True)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_hostile_names_stay_names(assay_here: Assay, tmp_path: Path) -> None:
    rows = [
        "Company Name,Product Name",
        "W,../../etc/passwd",
        "W,\u202ex\u200b",
        'W,"a\n[[products]]"',
        f"W,{'x' * 300}",
    ]
    (tmp_path / "table.csv").write_text("\n".join(rows))
    assert assay_here("import", "table.csv", "-o", "out").code == 0
    found = {
        path.parent.name: settings(path).products[0].name for path in (tmp_path / "out").glob("*/assay.toml")
    }
    assert len(found) == 4
    assert found["0000002-etc-passwd"] == "../../etc/passwd"
    assert all(len(name) < 70 and name.isascii() for name in found)
    assert "a\n[[products]]" in found.values()
    assert json.dumps(sorted(path.name for path in tmp_path.iterdir())) == '["out", "table.csv"]'
