"""The embedded office: SQLite and a folder of blobs, keys made at its first start, one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from assay.adapters.engine import this_engine
from assay.adapters.filesystem import FolderBlobs, write_whole
from assay.adapters.home import Home
from assay.adapters.sigstore import OfflineSigstore
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.system import SystemEntropy
from assay.adapters.tiles.folder import FolderTiles
from assay.bootstrap import clock, now
from assay.collect.files import read_plain
from assay.crypto.keyfile import Secrets
from assay.crypto.keys import Algorithm
from assay.errors import Malformed, Refused
from assay.formats import text
from assay.formats.note import check_name
from assay.office.log import found
from assay.office.office import Office
from assay.office.sequencer import Sequencer
from assay.packs import shipped
from assay.provider import signers
from assay.register.identity import LogSecrets
from assay.trust.root import Log
from assay.validation.policy import LIMIT as MAX_POLICY
from assay.validation.policy import Policy
from assay.validation.snapshot import malicious

LOG_ALGORITHMS: tuple[Algorithm, ...] = ("ed25519", "ml-dsa-44", "ed25519")
"""Of the register's keyfile: checkpoint, checkpoint, entry."""
OFFICE_KEY = "trial-office"
LOG_KEY = "trial-register"
SNAPSHOT = "malicious-packages.json"
MAX_SNAPSHOT = 1 << 30
REGISTER = "register"
"""The folder of tiles; any static server may serve it."""


@contextmanager
def embedded(home: Home, *, name: str = "Trial office (on this machine)") -> Iterator[Office]:
    """The office in ``home.office``, founded if it is not there; held for this process until the end."""
    with home.locked():
        secret = trial_passphrase(home)
        log = _log_secrets(home, secret)
        signing = signer(home, OFFICE_KEY, "office", secret)
        origin = _origin(home)
        _trust_register(home, Log(origin, log.public(origin).vkeys))
        ledger = SqlLedger.sqlite(home.office / "office.sqlite")
        try:
            office = Office(
                name=name,
                origin=origin,
                blobs=FolderBlobs(home.office / "blobs"),
                ledger=ledger,
                register=Sequencer(ledger, FolderTiles.make(home.office / REGISTER), log, origin, clock()),
                clock=clock(),
                entropy=SystemEntropy(),
                log=log,
                signing=signing.keys,
                trust=home.trust().encode(),
                policy=_policy(home).encode(),
                packs=tuple((ref, shipped.data(ref)) for ref in shipped.refs()),
                snapshot=_snapshot(home),
                engine=this_engine(),
                sigstore=OfflineSigstore(),
                trial=True,
            )
            found(office)
            yield office
        finally:
            ledger.close()


def signer(home: Home, name: str, purpose: str, secret: bytes, providers: tuple[str, ...] = ()) -> Secrets:
    """A trial's signer: made, and trusted in this home alone, the first time it is asked for."""
    entropy = SystemEntropy()
    if not home.keys.has(name):
        made = signers.make(name, signers.purpose_of(purpose), entropy.bytes, now(), trial=True)
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
    path = home.trial_passphrase_file
    home.prepare()
    if not path.exists():
        write_whole(path, SystemEntropy().bytes(32).hex().encode() + b"\n", mode=0o600)
    secret = read_plain(path, limit=4096).strip()
    if not secret:
        raise Malformed(f"{path} is empty, expected the passphrase of this home's trial keys")
    return secret


def _log_secrets(home: Home, secret: bytes) -> LogSecrets:
    entropy = SystemEntropy()
    if not home.keys.has(LOG_KEY):
        made = signers.make(LOG_KEY, "log", entropy.bytes, now(), trial=True, algorithms=LOG_ALGORITHMS)
        home.keys.save(made, secret, entropy)
    keys = home.keys.open(LOG_KEY, secret).keys
    found = tuple(key.public.algorithm for key in keys)
    if found != LOG_ALGORITHMS:
        raise Malformed(
            f"the keyfile {LOG_KEY!r} in {home.keys.folder} holds {', '.join(found)}, expected {', '.join(LOG_ALGORITHMS)}"
        )
    ed25519, ml_dsa_44, entry = keys
    return LogSecrets(ed25519=ed25519, ml_dsa_44=ml_dsa_44, entry=entry)


def _origin(home: Home) -> str:
    """The register's name, with a random identifier: a recreated register is another one."""
    path = home.office / "origin"
    if not path.exists():
        write_whole(path, f"trial.assay.example/{SystemEntropy().bytes(8).hex()}\n".encode())
    origin = text.decode(read_plain(path, limit=1024), what=str(path)).strip()
    try:
        check_name(origin)
    except Malformed as error:
        raise Malformed(f"{path}: {error}") from error
    return origin


def _trust_register(home: Home, log: Log) -> None:
    root = home.trust()
    if root.log(log.origin) is None:
        home.save_trust(msgspec.structs.replace(root, logs=(*root.logs, log)))


def _policy(home: Home) -> Policy:
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
