"""``assay trial``: every step of the regime, one after the other, in an embedded office."""

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from assay.adapters import bundles
from assay.adapters.filesystem import write_whole
from assay.adapters.home import Home
from assay.bootstrap import home as home_of
from assay.bootstrap.office import ask_witnesses, embedded, signer, trial_passphrase
from assay.bootstrap.provide import Prepared, prepare
from assay.bootstrap.site import published
from assay.bootstrap.verify import verify_files
from assay.errors import Unavailable
from assay.formats.bundle import Bundle
from assay.formats.verdict import VerdictDocument
from assay.office.advance import Resumed, advance, resume
from assay.office.log import receipt
from assay.office.office import Office
from assay.office.ports import Submission
from assay.office.publish import passing, result_of
from assay.office.submit import submit
from assay.office.validate import verdict_of
from assay.tlog.witnessing import Witnessing
from assay.web.pages import site

PROVIDER_KEY = "trial-provider"
Steps = Callable[[str, str], None]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial left behind."""

    verdict: VerdictDocument
    result: Path
    receipt: Path
    page: Path
    next_steps: tuple[str, ...]


def run_trial(
    folder: Path, releases: Sequence[Path], packs: Sequence[str], output: Path | None, steps: Steps
) -> Done:
    if not folder.is_dir():
        raise Unavailable(f"{folder} is not a folder")
    home = home_of(folder)
    home.prepare()
    prepared = prepare(folder, releases, packs)
    _tell_collected(prepared, steps)
    bundle = _sign(home, prepared, steps)
    with embedded(home) as office:
        tell_resumed(resume(office), steps)
        submission = submit(office, bundle)
        steps("submit", f"recorded as entry {submission.entry} of {office.origin}")
        final = advance(office, submission, lambda state: tell(office, state, steps))
        output = output or home.folder / "trial" / final.payload.short
        done = write_done(office, final, bundle, home, output, steps, project=folder)
    answers = verify_files([done.result, done.receipt, done.result.parent / "bundle"], home.trust_file)
    for answer in answers:
        if not answer.holds:
            raise Unavailable(f"what was just published does not verify: {answer.path}: {answer.reason}")
    steps("verify", "bundle, result and receipt verified offline from the files alone")
    return done


def _tell_collected(prepared: Prepared, steps: Steps) -> None:
    gathered, attestation = prepared.gathered, prepared.attestation
    kinds: dict[str, int] = {}
    for found in gathered.artifacts:
        kinds[found.kind] = kinds.get(found.kind, 0) + 1
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    steps("collect", f"{len(gathered.artifacts)} artifacts: {counted}")
    for name in gathered.generated:
        steps("", f"no SBOM was found, so {name} was generated")
    for item in gathered.skipped:
        steps("", f"left out {item.name}: {item.reason}")
    named = ", ".join(f"{release.name} {release.version}".strip() for release in attestation.releases)
    claimed = sum(claim.claimed for claim in attestation.claims)
    said = f"{claimed} of {len(attestation.claims)} requirements claimed"
    steps(
        "attest",
        f"{named}: "
        + ("a draft, because there is no assay.toml: nothing is claimed" if attestation.draft else said),
    )


def _sign(home: Home, prepared: Prepared, steps: Steps) -> Bundle:
    provider = prepared.attestation.provider.name
    with home.locked():
        secrets = signer(
            home, PROVIDER_KEY, "provider", trial_passphrase(home), (provider,) if provider else ()
        )
    steps("sign", "with Ed25519 and ML-DSA-65, by a trial key that is worth nothing elsewhere")
    return prepared.signed_by(secrets)


def tell_resumed(resumed: Resumed, steps: Steps) -> None:
    if resumed.finished:
        steps("resume", f"finished {resumed.finished} submission(s) that an earlier process left")
    for reason in resumed.stuck:
        steps("resume", f"could not finish {reason}")


def tell_witnessed(told: Witnessing | None, steps: Steps) -> None:
    if told is not None:
        steps("witness", told.reason)
        for failure in told.failed:
            steps("", f"{failure.witness}: {failure.reason}")


def tell(office: Office, state: Submission, steps: Steps) -> None:
    if state.state in ("complete", "incomplete"):
        _, verdict = verdict_of(office, state)
        missing = f"incomplete, {len(verdict.missing)} things are missing" if verdict.missing else "complete"
        steps("complete", missing)
        steps("validate", f"{len(verdict.claims)} requirements judged by {len(verdict.checked)} checks")
    elif state.state == "published":
        steps("publish", f"result recorded as entry {state.publication}")


def write_done(
    office: Office,
    state: Submission,
    bundle: Bundle,
    home: Home,
    output: Path,
    steps: Steps,
    *,
    project: Path = Path(),
) -> Done:
    """Write what the provider takes home, and the office's site; what an earlier trial left in *output* is replaced."""
    if state.publication is None:
        raise Unavailable(f"submission {state.payload} stopped at {state.state!r}")
    # Before any receipt is handed out, so that none outlives the register.
    office.register.publish()
    tell_witnessed(ask_witnesses(home, office), steps)
    _, verdict = verdict_of(office, state)
    write_whole(output / "result.dsse.json", result_of(office, state).encode())
    if (svr := passing(office, state)) is not None:
        write_whole(output / "svr.dsse.json", svr.encode())
    else:
        (output / "svr.dsse.json").unlink(missing_ok=True)
    write_whole(output / "receipt.json", receipt(office, state.publication).encode())
    write_whole(output / "submission-receipt.json", receipt(office, state.entry).encode())
    write_whole(output / "trust.json", home.trust().pretty())
    bundles.replace(output / "bundle", bundle)
    shown = published(office)
    for reason in shown.left_out:
        steps("publish", f"left out {reason}")
    for name, data in site(office.name, office.engine, shown.results, home.trust().pretty()).items():
        write_whole(output / "pages" / name, data)
    page = output / "pages" / "results" / state.payload.value / "index.html"
    return Done(
        verdict=verdict,
        result=(output / "result.dsse.json").resolve(),
        receipt=(output / "receipt.json").resolve(),
        page=page.resolve(),
        next_steps=_next(verdict, output, project),
    )


def _next(verdict: VerdictDocument, output: Path, project: Path) -> tuple[str, ...]:
    result, program = output / "result.dsse.json", _program()
    lines = [
        f"{program} explain {result}",
        "    the proof of each verdict, and the smallest set of changes that would turn it",
    ]
    lines += [f"{program} replay {result}", "    compute the verdict again from its inputs, and compare"]
    if verdict.draft:
        init = f"{program} init" if project == Path() else f"{program} init {project}"
        lines = [init, "    write an assay.toml: until then nobody claims anything", *lines]
    elif verdict.missing:
        lines = ["fill in assay.toml: what is missing stands above", *lines]
    return ("Next:", *(f"  {line}" for line in lines))


def _program() -> str:
    """How to call this program again: by its name where that finds it, else by its path."""
    called = Path(sys.argv[0])
    found = shutil.which("assay")
    return "assay" if called.name != "assay" or (found and Path(found).samefile(called)) else str(called)
