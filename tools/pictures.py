"""Renew the pictures of the documentation (docs/pictures) from a real trial of a fictional project, and from an office. Needs Chromium.

    python tools/pictures.py

The project claims what it can show, but hands in the bill of materials of its last release.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import ARGUMENTS, NAMES  # noqa: E402 - the path is set above
from tests.browser.test_office_pages import PAGES, staged  # noqa: E402
from tests.support import archives, bills, services  # noqa: E402
from tests.support.desks import URL  # noqa: E402
from tests.support.office_pages import answered  # noqa: E402

from assay.formats.attestation import Attestation  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
NOW = "2026-11-01T12:00:00Z"
WIDTH, HEIGHT = 1200, 1260
COLUMNS = 104
OFFICE = {
    "answer.png": ("answer", 390, 1100),
    "case.png": ("decide", 1100, 1180),
    "customers.png": ("customers", 1000, 900),
    "home.png": ("home", 1100, 900),
    "overview.png": ("overview", 1100, 900),
    "portfolio.png": ("portfolio", 1000, 900),
    "queue.png": ("queue", 1100, 860),
}
"""Which page, and how large, in CSS pixels."""
DARK = "answer.png"
WAITING = (("harbour-pilot", 11), ("foghorn", 6), ("tide-table", 2), ("binnacle", 0))
"""Cases that wait for an officer, and the days that pass after each."""

TOPICS = {
    "separation": "build machines are on a network of their own and start from a fixed image",
    "logging": "all sign-ins and changes of rights are logged; two people look at them every week",
    "multi_factor": "every account that can change source or builds has a second factor",
    "conditional_access": "administration only from managed devices",
    "minimised_tools": "only listed tools are on the build image; the list is reviewed every quarter",
    "encryption": "credentials are kept in a vault, encrypted, and rotate every thirty days",
    "monitoring": "alerts go to a rota that answers within an hour; the last exercise was in September",
}
DECLARED = """
customers = []
[provider]
name = "Lighthouse Works (fictional)"
address = "1 Pier"
city = "Seaside"
country = "Nowhere"
website = "https://lighthouse.example"
[contact]
name = "Desk (fictional)"
title = "product security"
address = "1 Pier"
phone = "+00 0"
email = "desk@lighthouse.example"
[submission]
kind = "new"
scope = "individual_product"
notify = true
[[products]]
name = "lantern"
version = "2.1.0"
released = 2026-10-20
[claims]
"cisa-form@2024-03" = ["1.a", "1.b", "1.c", "1.d", "1.e", "1.f", "2", "3", "4.c"]
[signatory]
name = "A. Keeper (fictional)"
title = "chief executive"
authority = "chief_executive"
signed = 2026-10-30
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _project(root / "lantern")
        told = _trial(root)
        page = next((root / "out" / "pages" / "results").glob("*/index.html"))
        _terminal(told, root)
        with sync_playwright() as playwright:
            executable = next(filter(None, map(shutil.which, NAMES)), None)
            browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
            _result(browser, page)
            browser.close()
    _office()
    for picture in ("result.png", "terminal.svg", *OFFICE):
        print(f"{picture}: {(PICTURES / picture).stat().st_size:,} bytes")
    return 0


def _project(folder: Path) -> None:
    (folder / "dist").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "lantern"\nversion = "2.1.0"\ndependencies = ["wick>=1"]\n'
    )
    (folder / "dist" / "lantern-2.1.0-py3-none-any.whl").write_bytes(archives.wheel())
    (folder / "requirements.txt").write_text(f"wick==1.4.0 --hash=sha256:{bills.SHA}\n")
    (folder / "SECURITY.md").write_text(
        "# Security policy\n\n## Reporting a vulnerability\n\nPlease report to security@lighthouse.example. "
        "You get a first answer within five working days.\n\n## Supported versions\n\nThe newest release.\n"
    )
    old = json.dumps(bills.cyclonedx()).replace("2.1.0", "2.0.3").replace("2026-10-20", "2026-10-21")
    (folder / "bom.cdx.json").write_text(old)
    facts = "".join(
        f'[[environment]]\ntopic = "{topic}"\nstatement = "{text}"\nstated = 2026-10-25\nrole = "head of security"\n'
        + ("covered = 12\ntotal = 12\n" if topic == "multi_factor" else "")
        for topic, text in TOPICS.items()
    )
    plans = "".join(
        f'[[milestones]]\nrequirement = "cisa-form@2024-03#{id_}"\nweakness = "not shown yet"\n'
        'action = "gather the evidence"\nowner = "head of engineering"\ndue = 2027-03-31\n'
        for id_ in ("4", "4.a", "4.b")
    )
    (folder / "assay.toml").write_text(DECLARED + facts + plans)


def _trial(root: Path) -> str:
    """Run it as a user does; what it printed, with its colours."""
    command = [sys.executable, "-m", "assay", "trial", "lantern", "--pack", "cisa-form", "--out", "out"]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "ASSAY_NOW": NOW, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1"},
    )  # fmt: skip
    if done.returncode != 1:
        sys.exit(f"expected a contradicted result (exit code 1), got {done.returncode}: {done.stderr}")
    return done.stderr + done.stdout


def _result(browser: Browser, page: Path) -> None:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    shown = context.new_page()
    shown.goto(page.as_uri())
    shown.screenshot(path=PICTURES / "result.png")
    context.close()


def _of(product: str, attestation: Attestation) -> Attestation:
    made = services.contradicted(attestation)
    releases = [msgspec.structs.replace(one, name=product, purl="") for one in made.releases]
    return msgspec.structs.replace(made, releases=tuple(releases))


def _office() -> None:
    """Pages of an office with a case of each kind."""
    with staged() as stage:
        for number, (product, days) in enumerate(WAITING):
            answered(stage.world, 30 + number, partial(_of, product))
            stage.world.tick(timedelta(days=days))
        for picture, (name, width, height) in OFFICE.items():
            path, roles = PAGES[name]
            dark = picture == DARK
            with stage.context(
                *roles, viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
            ) as context:
                shown = context.new_page()
                shown.goto(URL + path.format(**stage.cases), wait_until="networkidle")
                shown.screenshot(path=PICTURES / picture)


def _terminal(told: str, root: Path) -> None:
    """The terminal, drawn by Rich without the fonts that it would fetch."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    lines = told.replace(f"{root}/", "~/").partition("Next:")[0].rstrip()
    console.print(Text("$ assay trial lantern --pack cisa-form", style="bold"))
    console.print(Text.from_ansi(lines))
    drawing = console.export_svg(title="assay trial", unique_id="terminal")
    drawing = re.sub(r"@font-face \{.*?\}\s*", "", drawing, flags=re.DOTALL)
    (PICTURES / "terminal.svg").write_text(re.sub(r"[ \t]+$", "", drawing, flags=re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main())
