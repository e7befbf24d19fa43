"""The customer list through the commands: to a table and back, and a broken table that leaves nothing behind."""

from pathlib import Path

from tests.scenario.conftest import Assay

TABLE = "name,contact,products\nHarbour Authority,desk@harbour.example,lantern\nGuild,,\n"


def test_to_a_table_and_back(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "typed.csv").write_text(TABLE)
    first = assay_here("customers", "import", "typed.csv", "-o", "customers.json", "--json")
    assert first.code == 0
    assert first.json()["rows"] == 2
    assert (tmp_path / "customers.json").stat().st_mode & 0o077 == 0
    assert assay_here("customers", "export", ".", "-o", "table.csv").code == 0
    again = assay_here("customers", "import", "table.csv", "-o", "again.json", "--json")
    assert again.json()["commitment"] == first.json()["commitment"]
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "customers.json").read_bytes()


def test_every_broken_line_is_told_and_nothing_is_written(assay_here: Assay, tmp_path: Path) -> None:
    (tmp_path / "typed.csv").write_bytes(TABLE.encode() + b",nobody@harbour.example,\nFerry\nPilots,\xff,\n")
    ran = assay_here("customers", "import", "typed.csv", "-o", "customers.json")
    assert (ran.code, ran.out) == (2, "")
    assert [line.split(": ")[1:3] for line in ran.err.splitlines()[1:]] == [
        ["line 4", "has no name"],
        ["line 5", "has 1 cells, expected 3 as the first row has"],
        ["line 6", "is not UTF-8"],
    ]
    assert "harbour.example" not in ran.err
    assert not (tmp_path / "customers.json").exists()
