"""Reference data that lies beside the repository, never inside it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def shared(*parts: str) -> Path:
    """Path of a shared file or folder (``ASSAY_SHARED``, else ``../shared``); skips the test where it is absent."""
    base = Path(os.environ.get("ASSAY_SHARED") or ROOT.parent / "shared")
    path = base.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared data is absent: {Path(*parts)} (set ASSAY_SHARED to its folder)")
    return path
