"""What a verdict looks like on a terminal, in a pipe and in an odd terminal."""

import io
import re

import msgspec
import pytest
from hypothesis import given, settings
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from tests.support.pages import DRAFT, HOSTILE, NOTHING, VALIDATED
from tests.support.verdicts import SBOM, VERDICT, verdicts

from assay.cli import output
from assay.cli.output import Rows
from assay.cli.verdict_view import explain, headline, paths, show
from assay.formats.verdict import ClaimVerdict, VerdictDocument


def console(width: int = 100, *, terminal: bool = False) -> Console:
    return output._Console(
        file=io.StringIO(), width=width, force_terminal=terminal, color_system="standard" if terminal else None,
        legacy_windows=False, markup=False, emoji=False, highlight=False,
    )  # fmt: skip


def said(made: Console) -> str:
    stream = made.file
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def shown(verdict: VerdictDocument, width: int = 100) -> str:
    made = console(width)
    show(made, verdict)
    return said(made)


def explained(row: ClaimVerdict, names: dict[str, str] | None = None, width: int = 100) -> str:
    made = console(width)
    explain(made, row, names or {})
    return said(made)


def test_what_is_claimed_leads_and_the_result_ends() -> None:
    text = shown(VERDICT)
    order = [
        text.index(part) for part in ("lantern 2.1.0", "Claimed, cisa-form@2024-03", "Not claimed", "Result")
    ]
    assert order == sorted(order)
    assert text.rstrip().splitlines()[-2:] == [
        "Result   ✗ contradicted   exit code 1",
        "         The evidence contradicts at least one claim.",
    ]


def test_every_claim_has_verdict_and_reason_under_named_columns() -> None:
    lines = [line.split() for line in shown(VERDICT).splitlines()]
    assert ["requirement", "verdict", "reason"] in lines
    assert ["3", "✓", "satisfied", "the", "bill", "names", "every", "component"] in lines
    assert ["4", "✗", "contradicted", "a", "package", "has", "no", "hash"] in lines
    assert ["1.a", "?", "unknown", "nobody", "looked"] in lines


def test_what_nobody_claims_is_counted_not_told() -> None:
    rows = tuple(
        ClaimVerdict(f"big@1#{at}", False, "unknown", "a long reason", judged_by="person")
        for at in range(400)
    )
    text = shown(msgspec.structs.replace(VERDICT, claims=VERDICT.claims[:3] + rows))
    assert "? for a person to judge  400 of big@1" in text
    assert "a long reason" not in text
    assert len(text.splitlines()) < 30


def test_a_draft_shows_what_the_evidence_speaks_to_and_calls_nothing_contradicted() -> None:
    text = shown(DRAFT)
    assert "A draft: nobody claims anything." in text
    assert re.search(r"4 +✗ would be contradicted +a package has no hash", text)
    assert not re.search(r"(?<!would be )contradicted", text)
    assert "Claimed," not in text.replace("Not claimed,", "")
    assert "exit code 1" in text
    assert re.search(r"C1 +the kind is not set", text)


@pytest.mark.parametrize(("result", "code"), [
    pytest.param("validated", 0, id="validated"),
    pytest.param("validated_with_findings", 0, id="with findings"),
    pytest.param("insufficient_evidence", 3, id="insufficient"),
    pytest.param("incomplete", 1, id="incomplete"),
])  # fmt: skip
def test_the_exit_code_is_told(result: str, code: int) -> None:
    assert f"exit code {code}" in shown(
        msgspec.convert({**msgspec.to_builtins(VERDICT), "result": result}, VerdictDocument)
    )


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("verdict", [
    pytest.param(VERDICT, id="contradicted"), pytest.param(DRAFT, id="draft"), pytest.param(VALIDATED, id="validated"),
    pytest.param(NOTHING, id="nothing"), pytest.param(HOSTILE, id="hostile"),
])  # fmt: skip
def test_no_line_is_wider_than_the_terminal_or_ends_in_blanks(verdict: VerdictDocument, width: int) -> None:
    for line in shown(verdict, width).splitlines():
        assert cell_len(line) <= width, line
        assert line == line.rstrip()


def steers(text: str) -> bool:
    return bool(re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text))


@settings(max_examples=25)
@given(verdicts)
def test_nothing_from_a_verdict_steers_the_terminal(verdict: VerdictDocument) -> None:
    assert not steers(shown(verdict))
    for row in verdict.claims:
        assert not steers(explained(row))


def test_hostile_text_is_shown_and_steers_nothing() -> None:
    text = shown(HOSTILE) + "".join(explained(row) for row in HOSTILE.claims)
    assert not steers(text)
    assert "<script>alert(1)</script>" in text


def test_plain_strings_lose_what_steers_and_keep_their_brackets() -> None:
    made = console(terminal=True)
    made.print("left out [red]a\x1b]0;owned\x07b[/red]: \u202ereason", soft_wrap=True)
    assert said(made) == "left out [red]a]0;ownedb[/red]: reason\n"


def test_colour_is_never_alone() -> None:
    made = console(terminal=True)
    show(made, VERDICT)
    coloured, plain = said(made), shown(VERDICT)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_explain_tells_the_worst_first_and_where_in_the_evidence() -> None:
    text = explained(VERDICT.claims[0], {SBOM: "bill.cdx.json"}, 140)
    assert text.index("sbom-fresh") < text.index("sbom-minimum-elements")
    assert re.search(r"for  all 17 fields  at /components \[\d\]", text)
    assert re.search(rf"^    \[\d\] {SBOM}  bill\.cdx\.json$", text, re.MULTILINE)


def test_explain_numbers_the_changes() -> None:
    row = msgspec.structs.replace(VERDICT.claims[1], changes=("lockfile-pins: add one", "other: do that"))
    assert "1.  lockfile-pins: add one\n    2.  other: do that\n" in explained(row)


def test_digests_and_paths_stay_on_one_line(tmp_path: object) -> None:
    assert f"] {SBOM}" in explained(VERDICT.claims[0], width=40)
    from pathlib import Path

    made = console(40)
    paths(made, (("Page", Path("/a" * 60)),))
    assert said(made) == f"Page     {'/a' * 60}\n"


def test_the_headline_has_product_version_and_result() -> None:
    assert headline(VERDICT).plain == "lantern 2.1.0: ✗ contradicted"


def test_rows_wrap_below_their_last_cell() -> None:
    made = console(40)
    made.print(Rows([("a", Text("bb"), "word " * 12)], ("x", "y", "z")))
    assert said(made) == (
        "  x  y   z\n  a  bb  word word word word word word\n         word word word word word word\n"
    )


def test_no_rows_no_head() -> None:
    made = console()
    made.print(Rows([], ("x", "y")))
    assert said(made).strip() == ""
