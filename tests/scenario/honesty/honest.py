"""The honest provider: this repository's own wheel, lock, policy and sources. Whatever it says of people and rooms is fictional."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from tests.scenario.honesty import documents
from tests.scenario.honesty.workspace import BUILT, Project, Workspace
from tests.support.shared import ROOT

import assay
from assay.packs import shipped
from assay.packs.model import Pack

LOCK = "src/assay/requirements.lock"
FORM, SSDF = "cisa-form@2024-03", "nist-ssdf@1.1"
PLANNED = f"{SSDF}#PW.1.1"
"""A task that nobody claims; the provider has a plan for it."""
_KEPT = ("pyproject.toml", "README.md", "LICENSE", "SECURITY.md", LOCK)
"""What of the sources the project folder has: nothing else there is evidence."""
_SOURCES = ("pyproject.toml", "README.md", "LICENSE", "SECURITY.md", "src")


def project(folder: Path) -> Project:
    """This repository as a project to attest; its wheel is built in *folder*."""
    copy = folder / "assay"
    copy.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in _SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, copy / name)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(BUILT.timestamp()))}
    subprocess.run(build, cwd=copy, check=True, capture_output=True, env=environment)
    (wheel,) = (folder / "dist").glob("*.whl")
    return Project(
        name="assay-office",
        version=assay.__version__,
        filename=wheel.name,
        wheel=wheel.read_bytes(),
        sources={name: (copy / name).read_bytes() for name in _KEPT},
        lock=LOCK,
    )


def workspace(folder: Path, found: Project) -> Workspace:
    return Workspace.honest(folder, found, declared())


def declared() -> Mapping[str, Any]:
    """The sections of ``assay.toml`` that do not depend on the release."""
    return {
        "packs": [FORM, SSDF],
        "provider": {
            "name": documents.PROVIDER,
            "address": "1 Pier",
            "city": "Harbour",
            "country": "XX",
            "website": "https://lighthouse.example/",
        },
        "contact": {
            "name": "Security desk (fictional)",
            "title": "Duty officer",
            "address": "2 Pier",
            "phone": "+00 1",
            "email": "desk@lighthouse.example",
        },
        "submission": {"kind": "new", "scope": "individual_product", "notify": True},
        "claims": {FORM: "all", SSDF: list(machine_checkable(shipped.load(SSDF)[0]))},
        "signatory": {
            "name": "A. Keeper (fictional)",
            "title": "Chief executive",
            "authority": "chief_executive",
            "signed": date(2026, 10, 21),
        },
        "milestones": [
            {
                "requirement": PLANNED,
                "weakness": "There is no written threat model.",
                "action": "Write one for the release after this",
                "owner": "Head of engineering (fictional)",
                "due": date(2027, 3, 31),
            }
        ],
        "customers": [
            {"name": "Harbour Office (fictional)", "contact": "it@harbour.example"},
            {"name": "Ferry Line (fictional)", "products": ["assay-office"]},
        ],
        "environment": documents.facts(),
    }


def machine_checkable(pack: Pack) -> tuple[str, ...]:
    """Requirements that checks can answer; the others wait for a person."""
    return tuple(
        requirement.id
        for requirement in pack.requirements
        if requirement.grounds and requirement.answered_by == "claim"
    )
