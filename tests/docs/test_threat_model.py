"""What the threat model calls shown is shown by a test that is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/threat-model.md").read_text()


def test_every_test_that_it_names_is_there() -> None:
    named = re.findall(r"`(tests/[a-z0-9_/.]+)`", TEXT)
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert len(set(named)) > 40


def test_every_row_has_its_columns() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
    wide = [line for line in rows if re.match(r"\| [STRIDE ]{1,5} \|", line)]
    assert [line for line in wide if line.count("|") != 6] == []
    assert len(wide) > 30
