"""Golden results: bundles that never change, and the verdict that this engine gives on each.

``tests/golden/<name>.bundle.tar.gz`` with what the office knew in ``tests/golden/office``; packs are those that ship. The
engine in the verdict is a placeholder, since its digest changes with every line of code.
"""

import json
from pathlib import Path

from tests.support.offices import ENGINE, NOW
from tests.support.shared import ROOT

from assay.evidence.memory import Memory
from assay.formats.bundle import read_tar
from assay.formats.verdict import VerdictDocument, encode
from assay.packs import shipped
from assay.validation.examine import Inputs, examine

FOLDER = ROOT / "tests" / "golden"
OFFICE = FOLDER / "office"
PACKS = ("cisa-form@2024-03", "nist-ssdf@1.1")
BUNDLE = ".bundle.tar.gz"
VERDICT = ".verdict.json"


def names() -> list[str]:
    return sorted(path.name.removesuffix(BUNDLE) for path in FOLDER.glob(f"*{BUNDLE}"))


def inputs(name: str) -> Inputs:
    """The bundle, and what the office knew."""
    return Inputs(
        bundle=read_tar((FOLDER / f"{name}{BUNDLE}").read_bytes(), what=name),
        packs=tuple((ref, shipped.data(ref)) for ref in PACKS),
        policy=(OFFICE / "policy.json").read_bytes(),
        trust=(OFFICE / "trust.json").read_bytes(),
        history=(OFFICE / "history.json").read_bytes(),
        snapshot=(OFFICE / "malicious-packages.json").read_bytes(),
        now=NOW,
        engine=ENGINE,
    )


def judged(name: str, memory: Memory | None = None) -> VerdictDocument:
    """What this engine says of the bundle."""
    return examine(inputs(name), None, memory)


def verdict_file(name: str) -> Path:
    return FOLDER / f"{name}{VERDICT}"


def pretty(verdict: VerdictDocument) -> str:
    """The verdict laid out for people and for differences line by line."""
    return json.dumps(json.loads(encode(verdict)), indent=1, ensure_ascii=False) + "\n"
