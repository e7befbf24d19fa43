"""The embedded office: SQLite and a folder of blobs, keys made at its first start, one process at a time."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import msgspec

from assay.adapters.engine import this_engine
from assay.adapters.filesystem import FolderBlobs, write_whole
from assay.adapters.home import Home
from assay.adapters.http_client import HttpClient
from assay.adapters.keystore import SUFFIX
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.sigstore import OfflineSigstore
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.system import SystemEntropy
from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.witness_client import side_by_side, witnesses
from assay.bootstrap import clock, exploited, now, restored
from assay.collect.files import read_plain
from assay.crypto.keyfile import Secrets
from assay.crypto.keys import Algorithm
from assay.errors import Malformed, Refused, Unavailable
from assay.formats import text
from assay.formats.note import check_name
from assay.office.log import check_keys, found
from assay.office.office import Office
from assay.office.rotate import resume, rotate
from assay.office.sequencer import Sequencer
from assay.office.witness import ask
from assay.packs import shipped
from assay.provider import signers
from assay.register.identity import LogKeys, LogSecrets
from assay.register.quorum import Quorum
from assay.tlog.witnessing import Witnessing
from assay.trust.root import Log
from assay.validation.policy import LIMIT as MAX_POLICY
from assay.validation.policy import Policy
from assay.validation.snapshot import malicious

LOG_ALGORITHMS: tuple[Algorithm, ...] = ("ed25519", "ml-dsa-44", "ed25519")
"""Of the register's keyfile: checkpoint, checkpoint, entry."""
OFFICE_KEY = "trial-office"
LOG_KEY = "trial-register"
NEXT = "-next"
"""Behind the name of the register's keyfile, while its keys are being replaced."""
SNAPSHOT = "malicious-packages.json"
EXPLOITED = "known-exploited.json"
MAX_SNAPSHOT = 1 << 30
DATABASE = "office.sqlite"
ORIGIN = "origin"
TRIAL_HOST = "trial.assay.example"
REGISTER = "register"
"""The folder of tiles; any static server may serve it."""
WITNESSES = "witnesses.policy"
"""Whom the office asks to cosign its checkpoints (c2sp.org/tlog-policy, with URLs)."""
MAX_WITNESSES = 64 * 1024
OPENINGS = "openings"
"""The folder of openings; nobody may serve it."""


@contextmanager
def embedded(home: Home, *, name: str = "Trial office (on this machine)") -> Iterator[Office]:
    """The office in ``home.office``, founded if it is not there; held for this process until the end."""
    with _opened(home, name) as (office, _):
        yield office


def rotate_register(home: Home) -> tuple[str, int]:
    """Replace the keys of the register in ``home.office``; its origin, and the size at which both sign."""
    with _opened(home, "") as (office, register):
        change_keys(home, office, register, trial_passphrase(home), LOG_KEY)
        return office.origin, register.size()


def change_keys(home: Home, office: Office, register: Sequencer, secret: bytes, name: str) -> Office:
    """Replace the register's keys, which the keyfile *name* holds."""
    following, trial = name + NEXT, name == LOG_KEY
    new = signers.make(following, "log", SystemEntropy().bytes, now(), trial=trial, algorithms=LOG_ALGORITHMS)
    home.keys.save(new, secret, SystemEntropy(), replace=True)
    # A crash from here on leaves the next keys beside the old ones: see changed_keys.
    done = rotate(office, register, log_secrets(home, following, secret))
    _settle_keys(home, done, secret, name)
    return done


@contextmanager
def _opened(home: Home, name: str) -> Iterator[tuple[Office, Sequencer]]:
    with home.locked():
        restored.must_be_settled(home)
        _check_whole(home)
        secret = trial_passphrase(home)
        if not home.keys.has(LOG_KEY):
            made = signers.make(
                LOG_KEY, "log", SystemEntropy().bytes, now(), trial=True, algorithms=LOG_ALGORITHMS
            )
            home.keys.save(made, secret, SystemEntropy())
        # A crash between this and genesis leaves keys, or an origin, of a register without entries: it is gone on with.
        log = log_secrets(home, LOG_KEY, secret)
        signing = signer(home, OFFICE_KEY, "office", secret)
        origin = origin_of(home, TRIAL_HOST)
        keys = trust_register(home, log.public(origin))
        ledger = SqlLedger.sqlite(home.office / DATABASE)
        try:
            register = Sequencer(
                ledger,
                FolderTiles.make(home.office / REGISTER),
                log,
                origin,
                clock(),
                FolderOpenings.make(home.office / OPENINGS),
            )
            office = Office(
                name=name,
                origin=origin,
                blobs=FolderBlobs(home.office / "blobs"),
                ledger=ledger,
                register=register,
                clock=clock(),
                entropy=SystemEntropy(),
                log=log,
                keys=keys,
                signing=signing.keys,
                trust=home.trust().encode(),
                policy=policy_of(home).encode(),
                packs=tuple((ref, shipped.data(ref)) for ref in shipped.refs()),
                snapshot=_snapshot(home),
                exploited=_exploited(home),
                engine=this_engine(),
                sigstore=OfflineSigstore(),
                trial=True,
            )
            office = changed_keys(home, office, register, secret, LOG_KEY)
            found(office)
            check_keys(office)
            ask_witnesses(home, office)
            restored.record_loss(home, office)
            yield office, register
        finally:
            ledger.close()


def _check_whole(home: Home) -> None:
    """What was lost is brought back: made anew, it would be of another register, and be trusted for this one."""
    key = home.keys.folder / f"{LOG_KEY}{SUFFIX}"
    made = (home.trial_passphrase_file, key, home.office / ORIGIN, home.office / DATABASE)  # in this order
    for earlier, later in pairwise(made):
        if later.exists() and not earlier.exists():
            raise Unavailable(f"{earlier} is missing, though {later} is there: bring it back")


def ask_witnesses(home: Home, office: Office) -> Witnessing | None:
    """Publish, and ask the witnesses that the office's policy names, if it has one.

    Who does not answer costs a signature and is told; Unavailable when one knows entries that this register lacks.
    """
    path = home.office / WITNESSES
    if not path.exists() or not isinstance(office.register, Sequencer):
        return None
    quorum = Quorum.parse(read_plain(path, limit=MAX_WITNESSES), what=str(path))
    with closing(HttpClient()) as client:
        return ask(office.register, quorum, witnesses(quorum, client), together=side_by_side)


def changed_keys(home: Home, office: Office, register: Sequencer, secret: bytes, name: str) -> Office:
    """Finish a change of the register's keys that an earlier process began."""
    following = name + NEXT
    if not home.keys.has(following):
        return office
    new = log_secrets(home, following, secret)
    if new.public(office.origin) == office.log.public(office.origin):
        home.keys.remove(following)
        return office
    done = resume(office, register, new) if register.size() else None
    if done is None:
        home.keys.remove(following)  # the change was never recorded
        return office
    _settle_keys(home, done, secret, name)
    return done


def _settle_keys(home: Home, office: Office, secret: bytes, name: str) -> None:
    """The next keys become the register's own. A crash in between leaves both files with the same keys."""
    trust_register(home, office.log.public(office.origin))
    # A crash here leaves the next keys trusted, and the change to be finished again.
    new = home.keys.open(name + NEXT, secret)
    home.keys.save(msgspec.structs.replace(new, name=name), secret, SystemEntropy(), replace=True)
    home.keys.remove(name + NEXT)


def signer(
    home: Home, name: str, purpose: str, secret: bytes, providers: tuple[str, ...] = (), *, trial: bool = True
) -> Secrets:
    """A signer of this home: made, and trusted in this home alone, the first time it is asked for."""
    entropy = SystemEntropy()
    if not home.keys.has(name):
        made = signers.make(name, signers.purpose_of(purpose), entropy.bytes, now(), trial=trial)
        home.keys.save(made, secret, entropy)
    secrets = home.keys.open(name, secret)
    root = home.trust()
    known = root.signer(name)
    record = signers.record(secrets.header(), providers, authority=bool(providers))
    if known is None:
        root = signers.trusting(root, record)
    elif not {key.public for key in record.keys} <= {key.public for key in known.keys}:
        raise Refused(
            f"{home.trust_file} knows {name!r} by other keys than its keyfile in {home.keys.folder}; "
            "bring back the file that is older"
        )
    elif set(providers) - set(known.providers):
        root = signers.granted(root, [name], sorted({*known.providers, *providers}), authority=True)
    home.save_trust(root)
    return secrets


def trial_passphrase(home: Home) -> bytes:
    """The random passphrase of this home's trial keys; it lies beside them, so they are worth nothing elsewhere."""
    home.prepare()
    return kept_passphrase(home.trial_passphrase_file, "this home's trial keys")


def kept_passphrase(path: Path, of: str) -> bytes:
    """The random passphrase of keys *of* whom, in a file that is made where it is not there."""
    if not path.exists():
        write_whole(path, SystemEntropy().bytes(32).hex().encode() + b"\n", mode=0o600)
    return read_passphrase(path, of)


def read_passphrase(path: Path, of: str) -> bytes:
    """Malformed when it is empty."""
    secret = read_plain(path, limit=4096).strip()
    if not secret:
        raise Malformed(f"{path} is empty, expected the passphrase of {of}")
    return secret


def log_secrets(home: Home, name: str, secret: bytes) -> LogSecrets:
    keys = home.keys.open(name, secret).keys
    found = tuple(key.public.algorithm for key in keys)
    if found != LOG_ALGORITHMS:
        raise Malformed(
            f"the keyfile {name!r} in {home.keys.folder} holds {', '.join(found)}, expected {', '.join(LOG_ALGORITHMS)}"
        )
    ed25519, ml_dsa_44, entry = keys
    return LogSecrets(ed25519=ed25519, ml_dsa_44=ml_dsa_44, entry=entry)


def origin_of(home: Home, host: str) -> str:
    """The register's name: *host* and eight random bytes, so that a recreated register is another one."""
    path = home.office / ORIGIN
    if not path.exists():
        write_whole(path, f"{host}/{SystemEntropy().bytes(8).hex()}\n".encode())
    origin = text.decode(read_plain(path, limit=1024), what=str(path)).strip()
    try:
        check_name(origin)
    except Malformed as error:
        raise Malformed(f"{path}: {error}") from error
    return origin


def trust_register(home: Home, keys: LogKeys) -> LogKeys:
    """Trust the register by *keys* too; all its keys that are trusted here."""
    root = home.trust()
    known = root.log(keys.origin)
    if known is None:
        log = Log(keys.origin, keys.vkeys)
        home.save_trust(msgspec.structs.replace(root, logs=(*root.logs, log)))
        return keys
    joined = known.keys.joined(keys)
    if joined != known.keys:
        log = msgspec.structs.replace(known, vkeys=joined.vkeys)
        logs = tuple(log if one == known else one for one in root.logs)
        home.save_trust(msgspec.structs.replace(root, logs=logs))
    return joined


def policy_of(home: Home) -> Policy:
    """``policy.json`` of the office, else the defaults."""
    path = home.office / "policy.json"
    return (
        Policy.parse(read_plain(path, limit=MAX_POLICY), what=str(path))
        if path.exists()
        else Policy(name="trial")
    )


def _snapshot(home: Home) -> bytes | None:
    """``malicious-packages.json`` of the office; without it nothing is said about malicious packages."""
    path = home.office / SNAPSHOT
    if not path.exists():
        return None
    data = read_plain(path, limit=MAX_SNAPSHOT)
    malicious(data, what=str(path))  # before anything is recorded that it would keep from being judged
    return data


def _exploited(home: Home) -> bytes | None:
    """``known-exploited.json`` of the office."""
    path = home.office / EXPLOITED
    return exploited.data(path) if path.exists() else None
