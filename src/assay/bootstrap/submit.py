"""``assay submit``: a bundle into an office on this machine."""

from pathlib import Path

from assay.adapters import bundles
from assay.adapters.home import Home
from assay.bootstrap.office import embedded
from assay.bootstrap.trial import Done, Steps, tell, tell_resumed, write_done
from assay.office.advance import advance, resume
from assay.office.submit import submit


def submit_bundle(path: Path, office_folder: Path, steps: Steps) -> Done:
    """Submit the bundle at *path*; whatever an earlier process left unfinished is finished first."""
    bundle = bundles.read(path)
    home = Home(office_folder)
    with embedded(home) as office:
        tell_resumed(resume(office), steps)
        submission = submit(office, bundle)
        steps("submit", f"recorded as entry {submission.entry} of {office.origin}")
        final = advance(office, submission, lambda state: tell(office, state, steps))
        return write_done(office, final, bundle, home, home.folder / "results" / final.payload.short, steps)
