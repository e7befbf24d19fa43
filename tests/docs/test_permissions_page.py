"""docs/permissions.md prints the table that the office goes by."""

import re
from pathlib import Path

from assay.office.permission_table import ROLES, RULES, Role, Rule, Scope

PAGE = (Path(__file__).parents[2] / "docs/permissions.md").read_text()


def row(rule: Rule) -> str:
    cells = [", ".join(sorted(rule.grants.get(role, ()))) for role in ROLES]
    return f"| `{rule.action}` | {rule.says} | {' | '.join(cells)} | {rule.asks} |"


def table() -> str:
    heads = ["action", "what it is", *ROLES, "asks"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *map(row, RULES.values())]
    return re.sub(r" +\|", " |", "\n".join(lines))


def test_the_page_has_the_table() -> None:
    found = "\n".join(
        line for line in PAGE.splitlines() if line.startswith(("| `", "| action", "| ---", "|-"))
    )
    assert found == table()


def test_the_page_explains_every_word_of_the_table() -> None:
    asked = {rule.asks for rule in RULES.values()} - {""}
    for word in (*Role, *Scope, *asked):
        assert re.search(rf"^\* `{re.escape(word)}`", PAGE, re.MULTILINE), word
