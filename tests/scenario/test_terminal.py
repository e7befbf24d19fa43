"""What asks on a terminal, and only there."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenario.conftest import NOW, Assay

Talk = Callable[..., tuple[int, str]]
PATIENCE_S = 60


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """``talk(arguments, {prompt: answer})``: run the program on a terminal of its own; exit code and what stood there."""

    def run(arguments: list[str], answers: dict[str, str]) -> tuple[int, str]:
        ours, theirs = os.openpty()

        clean = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
        with subprocess.Popen(
            [sys.executable, "-m", "assay", *arguments], cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs,
            env={**clean, "ASSAY_NOW": NOW, "TERM": "dumb"}, start_new_session=True,
        ) as process:  # fmt: skip
            os.close(theirs)
            said = _converse(ours, dict(answers))
            code = process.wait(PATIENCE_S)
        os.close(ours)
        return code, said

    return run


def _converse(terminal: int, answers: dict[str, str]) -> str:
    """Answer each prompt when it stands there; all that was written, until the other side closes."""
    said, seen, end = "", 0, time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux says so when nobody has the other side open any more
            break
        said += piece.decode(errors="replace")
        for prompt in [prompt for prompt in answers if prompt in said[seen:]]:
            seen = said.index(prompt, seen) + len(prompt)
            os.write(terminal, f"{answers.pop(prompt)}\n".encode())
    assert not answers, (answers, said)
    return said


def test_init_asks_for_the_names(talk: Talk, project: Path) -> None:
    code, said = talk(
        ["init", str(project)],
        {"Provider": "Lighthouse Works (fictional)", "Primary contact": "Desk", "Contact e-mail": "desk@lighthouse.example", "Product [lantern]": ""},
    )  # fmt: skip
    assert code == 0, said
    text = (project / "assay.toml").read_text()
    assert 'name = "Lighthouse Works (fictional)"' in text
    assert 'email = "desk@lighthouse.example"' in text
    assert 'name = "lantern"' in text


def test_init_in_a_pipe_asks_nothing(assay: Assay, project: Path) -> None:
    ran = assay("init", project)
    assert (ran.code, "Provider" in ran.out) == (0, False)
    assert 'name = "lantern"' in (project / "assay.toml").read_text()


def test_an_empty_customer_list_is_one_line_of_the_template(assay: Assay, project: Path) -> None:
    assert assay("init", project).code == 0
    assert "C15" in {row["rule"] for row in assay("trial", project, "--json").json()["missing"]}
    settings = project / "assay.toml"
    settings.write_text(settings.read_text().replace("# customers = []", "customers = []"))
    assert "C15" not in {row["rule"] for row in assay("trial", project, "--json").json()["missing"]}


def test_a_passphrase_is_asked_for_and_never_shown(talk: Talk, assay: Assay, project: Path) -> None:
    secret = {"New passphrase of lighthouse: ": "correct horse", "Once more: ": "correct horse"}
    code, said = talk(["key", "new", "lighthouse"], secret)
    assert (code, "correct horse" in said) == (0, False), said
    attest = ["attest", str(project), "--key", "lighthouse", "-o", "bundle"]
    code, said = talk(attest, {"Passphrase of lighthouse: ": "battery staple"})
    assert (code, "the passphrase does not open the keyfile" in said) == (2, True), said
    code, said = talk(attest, {"Passphrase of lighthouse: ": "correct horse"})
    assert (code, "correct horse" in said) == (0, False), said
    assert assay("verify", "bundle").code == 0


def test_two_different_passphrases_make_no_key(talk: Talk, assay: Assay) -> None:
    code, said = talk(
        ["key", "new", "lighthouse"], {"New passphrase": "correct horse", "Once more: ": "corect horse"}
    )
    assert (code, "the two passphrases differ" in said) == (2, True), said
    assert "no keys here" in assay("key", "list").out


def test_without_a_terminal_a_passphrase_is_not_guessed(assay: Assay) -> None:
    ran = assay("key", "new", "lighthouse")
    assert ran.code == 3
    assert (
        "set ASSAY_PASSPHRASE_FILE, give systemd the credential assay-passphrase, or use a terminal"
        in ran.err
    )
