"""``assay replay``: find the inputs that a verdict names, compute it again, compare byte for byte."""

import json
import subprocess
import sysconfig
import tempfile
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from assay.adapters.engine import LOCK, Wheel, open_wheel, this_engine
from assay.adapters.filesystem import FolderBlobs, write_whole
from assay.adapters.sigstore import OfflineSigstore
from assay.bootstrap import home
from assay.bootstrap.results import read_rederivation, read_verdict
from assay.collect.files import read_plain
from assay.errors import Unavailable
from assay.formats import rederivation
from assay.formats import verdict as verdicts
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.rederivation import Rederivation
from assay.formats.verdict import Engine, Input, VerdictDocument
from assay.packs import shipped
from assay.validation.examine import Inputs, examine
from assay.validation.rederive import Deep, rederive

MAX_WHEEL = 64 * 1024 * 1024
MAX_SCANNED = 64 * 1024 * 1024
MAX_FILES = 20_000
TIMEOUT_S = 1800
Recorded = VerdictDocument | Rederivation


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    state: str
    """``identical``, ``different``, ``other engine``, ``inputs missing``."""
    expected: str
    found: str = ""
    differences: tuple[str, ...] = ()
    reason: str = ""


def replay_result(path: Path, folders: Sequence[Path], wheel: Path | None) -> Replayed:
    """Of a result, a verdict, or what was derived again of a drawn submission."""
    recorded = read_rederivation(path) or read_verdict(path)
    expected = str(_digest(recorded))
    other = open_wheel(read_plain(wheel, limit=MAX_WHEEL), what=str(wheel)) if wheel else None
    engine = other.engine if other else this_engine()
    if not _same(engine, recorded.engine):
        reason = f"the verdict was computed by {_name(recorded.engine)}, this is {_name(engine)}; replay with --engine WHEEL"
        return Replayed(state="other engine", expected=expected, reason=reason)
    if other is not None:
        return _elsewhere(path, folders, other)
    try:
        again = _again(recorded, _Store([*folders, *_near(path)]))
    except Unavailable as error:
        return Replayed(state="inputs missing", expected=expected, reason=str(error))
    found = str(_digest(again))
    if found == expected:
        return Replayed(state="identical", expected=expected, found=found)
    return Replayed(
        state="different",
        expected=expected,
        found=found,
        differences=tuple(_differences(recorded, again)),
        reason=f"computed again it is {found}, recorded is {expected}",
    )


def _digest(recorded: Recorded) -> Digest:
    return (
        verdicts.digest(recorded) if isinstance(recorded, VerdictDocument) else rederivation.digest(recorded)
    )


def _again(recorded: Recorded, store: "_Store") -> Recorded:
    if isinstance(recorded, VerdictDocument):
        return examine(_inputs(recorded, store), OfflineSigstore())
    named = [item for item in recorded.inputs if item.name.startswith("supplied:")]
    deep = Deep(recorded.salt, tuple(store.get(item) for item in named))
    return rederivation.parse(rederive(_inputs(recorded, store), deep, OfflineSigstore()).document)


def _same(one: Engine, other: Engine) -> bool:
    return (one.code, one.lock) == (other.code, other.lock)


def _name(engine: Engine) -> str:
    return f"{engine.name} {engine.version} (code {engine.code[7:19]}, lock {engine.lock[7:19]})"


class _Store:
    """Blobs by digest from folders of any layout: blob folders, bundles, loose files; and the packs that ship."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._blobs = [FolderBlobs(folder) for folder in folders]
        self._folders = folders
        self._scanned: dict[str, Path] | None = None
        self._packs = {str(Digest.sha256(shipped.data(ref))): shipped.data(ref) for ref in shipped.refs()}

    def get(self, item: Input) -> bytes:
        digest = Digest.parse(item.digest)
        if item.digest in self._packs:
            return self._packs[item.digest]
        for blobs in self._blobs:
            if blobs.has(digest):
                return blobs.get(digest)
        if self._scanned is None:
            self._scanned = dict(self._scan())
        if item.digest in self._scanned:
            return read_plain(self._scanned[item.digest], limit=MAX_SCANNED)
        looked = ", ".join(str(folder) for folder in self._folders) or "nowhere"
        raise Unavailable(
            f"input {item.name} ({item.digest}) is not to be found in {looked}; give its folder with --inputs"
        )

    def _scan(self) -> Iterator[tuple[str, Path]]:
        seen = 0
        for folder in self._folders:
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_SCANNED:
                    seen += 1
                    if seen > MAX_FILES:
                        return
                    yield str(Digest.sha256(read_plain(path, limit=MAX_SCANNED))), path


def _near(path: Path) -> list[Path]:
    """Where a trial, a check and an office on this machine keep what they judged."""
    folders = [path.parent / "bundle"]
    for at in (home().folder, *(parent for parent in path.resolve().parents if parent.name == ".assay")):
        folders += [at / "office" / "blobs", at / "check" / "blobs"]
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def _inputs(recorded: Recorded, store: _Store) -> Inputs:
    """What a verdict was computed from; a re-derivation goes by fewer of them."""
    judges = isinstance(recorded, VerdictDocument)
    named = {item.name: item for item in recorded.inputs}

    def get(name: str) -> bytes | None:
        return store.get(named[name]) if name in named else None

    def need(name: str) -> bytes:
        data = get(name)
        if data is None:
            raise Unavailable(f"the verdict names no input {name!r}")
        return data

    artifacts = [item for item in recorded.inputs if item.name.startswith("artifact:")]
    packs = [item for item in recorded.inputs if item.name.startswith("pack:")]
    return Inputs(
        bundle=Bundle(
            need("attestation.dsse.json"),
            get("customers.json"),
            {Digest.parse(item.digest): store.get(item) for item in artifacts},
        ),
        packs=tuple((item.name.removeprefix("pack:"), store.get(item)) for item in packs),
        policy=need("policy") if judges else b"",
        trust=need("trust"),
        history=need("history") if judges else b"",
        snapshot=get("malicious-packages"),
        exploited=get("known-exploited"),
        now=recorded.judged if isinstance(recorded, VerdictDocument) else recorded.made,
        engine=recorded.engine,
    )


def _differences(recorded: Recorded, again: Recorded) -> Iterator[str]:
    for field in recorded.__struct_fields__:
        before, after = getattr(recorded, field), getattr(again, field)
        if field != "claims" and before != after:
            yield f"{field}: recorded {str(before)[:200]!r}, now {str(after)[:200]!r}"
    if not (isinstance(recorded, VerdictDocument) and isinstance(again, VerdictDocument)):
        return
    now = {row.requirement: row for row in again.claims}
    for row in recorded.claims:
        other = now.get(row.requirement)
        if other != row:
            yield f"{row.requirement}: recorded {row.verdict}, now {other.verdict if other else 'absent'}"


def _elsewhere(path: Path, folders: Sequence[Path], wheel: Wheel) -> Replayed:
    """Put the engine, with its own lock, into a fresh environment, and let it replay.

    The files are those that the digest was taken over; an installer would also take what else is in the wheel.
    """
    with tempfile.TemporaryDirectory(prefix="assay-replay-") as temporary:
        place = Path(temporary)
        python = _environment(place, wheel)
        places = [*folders, *_near(path)]
        looked = [part for folder in places for part in ("--inputs", str(folder.resolve()))]
        answer = _run(
            [str(python), "-I", "-m", "assay", "replay", str(path.resolve()), *looked, "--json"],
            codes=(0, 1, 3),
        )
    try:
        return msgspec.convert(
            {name: value for name, value in json.loads(answer).items() if name != "result"}, Replayed
        )
    except (ValueError, msgspec.ValidationError) as error:
        raise Unavailable(f"{_name(wheel.engine)} gave no answer: {answer[:300]!r}") from error


def _environment(place: Path, wheel: Wheel) -> Path:
    """A virtual environment in *place* with the engine and what its lock names; its interpreter."""
    python = place / "venv" / "bin" / "python"
    try:
        venv.create(place / "venv", with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"cannot make a virtual environment in {place}: {error}") from error
    write_whole(place / LOCK, wheel.lock)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    _run([*pip, "--require-hashes", "-r", str(place / LOCK)])
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(place / "venv")}))
    for name, data in wheel.files.items():
        write_whole(packages / "assay" / name, data)
    return python


def _run(command: list[str], codes: tuple[int, ...] = (0,)) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and wheel, no shell
            command, capture_output=True, timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{Path(command[0]).name}: {error}") from error
    if done.returncode not in codes:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unavailable(f"{' '.join(command[:4])} failed: {said[-1] if said else 'no reason given'}")
    return done.stdout.decode(errors="replace")
