"""Renew the golden results (tests/golden): the verdicts of this engine on bundles that never change.

    python tools/golden.py             judge the bundles again and write the verdicts
    python tools/golden.py --check     exit 1 when a verdict is not what is recorded
    python tools/golden.py --bundles   make the bundles anew as well (only when the format of a submission changed)

A changed verdict stands in CHANGELOG.md with the reason.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.scenario.honesty import documents, honest, office  # noqa: E402 - the path is set above
from tests.scenario.honesty.falsehood import Falsehood, attesting  # noqa: E402
from tests.scenario.honesty.falsehoods import FALSEHOODS  # noqa: E402
from tests.scenario.honesty.workspace import Project, Workspace  # noqa: E402
from tests.support import archives, golden, offices  # noqa: E402

from assay.formats.bundle import Bundle, from_files, to_files, write_tar_gz  # noqa: E402
from assay.validation.history import History  # noqa: E402

CONTRADICTED = (
    "hidden-copy", "changed-file", "lock-without-hash", "old-bill", "unaccepted-builder", "failed-tests-passed", "open-finding",
    "no-triage", "unpinned-action", "write-all", "words-of-strangers", "expired-policy", "too-few-covered",
)  # fmt: skip
"""Each leaves the ones before it as they are."""
INCOMPLETE = ("edited-report", "undated-statement", "silent-item", "one-signature", "no-customers")
LOCK = b"wick==3.1 \\\n    --hash=sha256:" + b"ab" * 32 + b"\n"
PYPROJECT = b'[project]\nname = "lantern"\nversion = "2.1.0"\ndependencies = ["wick>=3"]\n'


def main(arguments: Sequence[str]) -> int:
    if "--bundles" in arguments:
        _make()
    different = []
    for name in golden.names():
        text, file = golden.pretty(golden.judged(name)), golden.verdict_file(name)
        if not file.exists() or file.read_text() != text:
            different.append(name)
            if "--check" not in arguments:
                file.write_text(text)
        print(f"{name}: {'changed' if name in different else 'the same'}")
    return 1 if different and "--check" in arguments else 0


def _make() -> None:
    golden.OFFICE.mkdir(parents=True, exist_ok=True)
    for name, data in {
        "trust": office.trust().pretty(),
        "policy": office.POLICY.encode(),
        "history": History().encode(),
        "malicious-packages": documents.snapshot(offices.NOW),
    }.items():
        (golden.OFFICE / f"{name}.json").write_bytes(data)
    wheel = archives.wheel({"lantern/light.py": b"ON = True\n"})
    lantern = Project(
        name="lantern", version="2.1.0", filename="lantern-2.1.0-py3-none-any.whl", wheel=wheel,
        sources={"pyproject.toml": PYPROJECT, "requirements.txt": LOCK}, lock="requirements.txt",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for name, ids in {"honest": (), "contradicted": CONTRADICTED, "incomplete": INCOMPLETE}.items():
            workspace = Workspace.honest(Path(folder) / name, lantern, honest.declared())
            lies = [next(one for one in FALSEHOODS if one.id == id_) for id_ in ids]
            bundle = _told(workspace, lies)
            (golden.FOLDER / f"{name}{golden.BUNDLE}").write_bytes(write_tar_gz(bundle))


def _told(workspace: Workspace, lies: Sequence[Falsehood]) -> Bundle:
    """All of *lies* in one attestation."""
    for lie in lies:
        if lie.source:
            lie.source(workspace)
    workspace.settle()
    for lie in lies:
        if lie.evidence:
            lie.evidence(workspace)
    prepared = workspace.prepare()
    for lie in lies:
        if lie.attestation:
            prepared = attesting(prepared, lie.attestation(prepared.attestation, workspace))
    sign = next((lie.sign for lie in lies if lie.sign), office.signed)
    files = to_files(sign(prepared))
    for lie in lies:
        if lie.files:
            lie.files(files)
    return from_files(files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
