"""``assay check``: the verdict on a bundle, with nothing submitted."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from assay.adapters import bundles
from assay.adapters.engine import this_engine
from assay.adapters.filesystem import FolderBlobs, write_whole
from assay.adapters.sigstore import OfflineSigstore
from assay.bootstrap import home, now, trusting
from assay.bootstrap.provide import chosen_packs
from assay.formats import verdict
from assay.formats.verdict import VerdictDocument
from assay.packs import shipped
from assay.validation.examine import Inputs, examine
from assay.validation.history import History
from assay.validation.opened import open_attestation
from assay.validation.policy import Policy
from assay.web.pages import preview


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    verdict: VerdictDocument
    file: Path
    page: Path
    trust: str


def check_bundle(path: Path, packs: Sequence[str], trust: Path | None) -> Checked:
    """Judge the bundle at *path*; the verdict, its inputs and its page are kept in ``.assay/check``."""
    bundle = bundles.read(path)
    found = trusting.find(trust, path)
    moment = now()
    opened = open_attestation(bundle, found.root, moment)
    chosen = chosen_packs(None, packs or opened.attestation.packs)
    inputs = Inputs(
        bundle=bundle,
        packs=tuple((ref, shipped.data(ref)) for ref in chosen),
        policy=Policy(name="check").encode(),
        trust=found.root.encode(),
        history=History().encode(),
        now=moment,
        engine=this_engine(),
    )
    judged = examine(inputs, OfflineSigstore())
    here = _keep(inputs)
    folder = here / opened.envelope.identity.short
    names = {str(artifact.digest): artifact.name for artifact in opened.attestation.artifacts}
    for name, data in preview("Preview", judged, names).items():
        write_whole(folder / "pages" / name, data)
    write_whole(folder / "verdict.json", verdict.encode(judged))
    return Checked(
        verdict=judged,
        file=(folder / "verdict.json").resolve(),
        page=(folder / "pages" / "index.html").resolve(),
        trust=found.where,
    )


def _keep(inputs: Inputs) -> Path:
    """Keep what a replay needs; the folder that checks go into."""
    here = home()
    here.prepare()
    folder = here.folder / "check"
    blobs = FolderBlobs(folder / "blobs")
    bundle = inputs.bundle
    for data in (
        bundle.envelope,
        bundle.customers,
        inputs.policy,
        inputs.trust,
        inputs.history,
        *bundle.artifacts.values(),
    ):
        if data is not None:
            blobs.put(data)
    return folder
