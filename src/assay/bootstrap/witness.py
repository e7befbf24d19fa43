"""``assay witness``: a key, a state, the logs it knows, and a server around them."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec

from assay import bootstrap
from assay.adapters.filesystem import read_whole, write_whole
from assay.adapters.system import SystemEntropy
from assay.adapters.tiles.http import HttpTiles
from assay.adapters.witness_client import side_by_side
from assay.adapters.witness_state import SqliteWitnessState
from assay.bootstrap.verify import read_policy
from assay.collect.files import read_plain
from assay.crypto import keyfile
from assay.crypto.keyfile import Secrets
from assay.crypto.keys import SEED_BYTES, Algorithm, PrivateKey
from assay.errors import AssayError, Malformed, Refused, Unavailable
from assay.formats import text
from assay.formats.note import Vkey, check_name
from assay.register.cosignature import Cosigner
from assay.register.identity import LogKeys
from assay.tlog.ports import CHECKPOINT
from assay.tlog.read import MAX_CHECKPOINT
from assay.tlog.witness import Witness
from assay.trust.root import TrustRoot
from assay.web import serving
from assay.web.serving import Address

KEYFILE = "witness.key.json"
STATE = "state.sqlite"
ALGORITHMS: tuple[Algorithm, ...] = ("ed25519", "ml-dsa-44")
MAX_LOGS_FILE = 16 * 1024 * 1024
MAX_LOGS = 10_000
LOOK_S = 5.0
"""For each log that is looked at before serving."""


class Started(msgspec.Struct, frozen=True):
    url: str
    name: str
    vkeys: tuple[str, ...]
    logs: tuple[str, ...]


def identity(folder: Path, name: str) -> tuple[str, tuple[str, ...]]:
    """Name and verifier keys of the witness in *folder*, which is made when *name* is given and there is none."""
    secrets = _opened(folder, name)
    return secrets.name, _vkeys(secrets)


def run(
    folder: Path,
    name: str,
    listen: Address,
    *,
    logs: Sequence[Path],
    policy: Path | None,
    ready: Callable[[Started], None],
    tell: Callable[[str], None],
) -> None:
    """Serve until the process is told to stop."""
    serving.require()
    from assay.web import witness as pages  # noqa: PLC0415 - needs the extra

    known = known_logs(logs, policy)
    if not known:
        raise Refused("no log is given: --log FILE with its verifier keys, or --policy FILE with log lines")
    secrets = _opened(folder, name)
    clock = bootstrap.clock()
    with closing(SqliteWitnessState(folder / STATE)) as state:
        one = Witness(secrets.name, secrets.keys, known, state, lambda: int(clock.now().timestamp()))
        look_at_published(one, policy, tell)
        serving.serve(
            pages.app(one, tell),
            listen,
            ready=lambda url: ready(Started(url, one.name, _vkeys(secrets), tuple(sorted(known)))),
            limits=pages.LIMITS,
        )


def look_at_published(one: Witness, policy: Path | None, tell: Callable[[str], None]) -> None:
    """Read what the logs with a URL publish: a cosignature of ours there that the state lacks means an older copy of it."""
    logs = read_policy(policy).policy.logs if policy is not None else ()

    def look(url: str) -> str:
        try:
            with closing(HttpTiles(url, timeout_s=LOOK_S)) as files:
                note = files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
            if note is not None:
                one.look_at(note)
        except AssayError as error:
            return f"{url}: {error}"
        return ""

    urls = dict.fromkeys(log.url for log in logs if log.url)
    for line in side_by_side([partial(look, url) for url in urls]):
        if line:
            tell(line)


def known_logs(files: Sequence[Path], policy: Path | None) -> dict[str, LogKeys]:
    """The logs in *files* (verifier keys one a line, or a trust root) and in the log lines of *policy*, by origin."""
    found: dict[str, LogKeys] = {}
    for path in files:
        for keys in read_logs(read_whole(path, limit=MAX_LOGS_FILE), what=str(path)):
            _add(found, keys, str(path))
    if policy is not None:
        quorum = read_policy(policy)
        for origin in dict.fromkeys(log.vkey.name for log in quorum.policy.logs):
            keys_ = quorum.log_keys(origin)
            if keys_ is not None:
                _add(found, keys_, str(policy))
    return found


def read_logs(data: bytes, *, what: str) -> tuple[LogKeys, ...]:
    """A trust root's registers, or those of a list of verifier keys with empty and ``#`` lines between."""
    if data.lstrip().startswith(b"{"):
        return tuple(log.keys for log in TrustRoot.parse(data, what=what).logs)
    by_name: dict[str, list[Vkey]] = {}
    for number, line in enumerate(text.decode(data, what=what, limit=MAX_LOGS_FILE).splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            vkey = _vkey(line.strip(), f"{what} line {number}")
            by_name.setdefault(vkey.name, []).append(vkey)
    entries = {name for name in by_name if name.endswith("/entry") and name.removesuffix("/entry") in by_name}
    return tuple(LogKeys.from_vkeys(name, vkeys) for name, vkeys in by_name.items() if name not in entries)


def _vkey(line: str, what: str) -> Vkey:
    try:
        return Vkey.parse(line)
    except Malformed as error:
        raise type(error)(f"{what}: {error}") from error


def _add(found: dict[str, LogKeys], keys: LogKeys, what: str) -> None:
    if found.get(keys.origin, keys) != keys:
        raise Refused(f"{what}: log {keys.origin!r} is given with other keys before")
    if len(found) >= MAX_LOGS:
        raise Refused(f"{what}: over {MAX_LOGS} logs")
    found[keys.origin] = keys


def _opened(folder: Path, name: str) -> Secrets:
    path = folder / KEYFILE
    if not path.is_file():
        if not name:
            raise Refused(f"there is no witness in {folder} yet: give its --name, such as witness.example/w1")
        return _made(folder, name)
    data = read_plain(path, limit=keyfile.MAX_BYTES)
    header = keyfile.read_header(data)
    if name not in {"", header.name}:
        raise Refused(f"the witness in {folder} is {header.name!r}, not {name!r}")
    return keyfile.open_(data, bootstrap.passphrase(bootstrap.home(), header.name))


def _made(folder: Path, name: str) -> Secrets:
    check_name(name)
    secret, entropy = bootstrap.new_passphrase(name), SystemEntropy()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unavailable(f"cannot make {folder}: {error.strerror or error}") from error
    # The state comes first: a crash here leaves a state without a key, which has signed nothing.
    SqliteWitnessState(folder / STATE, create=True).close()
    secrets = Secrets(
        name=name,
        purposes=("witness",),
        created=bootstrap.now(),
        trial=False,
        keys=tuple(PrivateKey.from_seed(one, entropy.bytes(SEED_BYTES)) for one in ALGORITHMS),
    )
    salt, nonce = entropy.bytes(keyfile.SALT_BYTES), entropy.bytes(keyfile.NONCE_BYTES)
    write_whole(folder / KEYFILE, keyfile.seal(secrets, secret, salt, nonce), mode=0o600)
    return secrets


def _vkeys(secrets: Secrets) -> tuple[str, ...]:
    return tuple(Cosigner(secrets.name, key.public).vkey.encode() for key in secrets.keys)
